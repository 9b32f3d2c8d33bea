//! Published hosts: one set of records for all who publish the same host.
//!
//! In:  requests for hosts, by themselves or of services; claims established and lost; links.
//! Out: registrations of the engine, the name that a host has now, [`PublicationEvent`]s for all its users.
//! RFC 6762 sections 8, 9 and 10.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::IpAddr;

use cooee_wire::Name;

use super::super::nfc;
use super::naming::{OnConflict, claim_free, next_host_label};
use super::spec::{ExtraRecord, Given, HostSpec, Ttls, host_records};
use super::waiting::{is_whole_link, waiting};
use super::{PublicationEvent, PublishError, PublisherEvents, RequestId};
use crate::engine::{ClaimEvent, Engine};
use crate::link::LinkId;
use crate::registrations::{RecordSet, RegisterError, RegistrationId, WithdrawalId};
use crate::time::Instant;

/// Every host that is published.
#[derive(Default)]
pub(super) struct PublishedHosts {
    all: BTreeMap<RegistrationId, PublishedHost>,
    /// The host that a request publishes by itself, without a service.
    by_request: BTreeMap<RequestId, RegistrationId>,
    /// The hosts that were requested like this; usually one.
    by_wish: BTreeMap<HostWish, BTreeSet<RegistrationId>>,
}

/// Identifies a host: the requested name, and the addresses and links if they were given.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct HostWish {
    requested: Name,
    fixed: Option<Vec<IpAddr>>,
    /// The only links; all links if empty.
    links: Vec<LinkId>,
}

struct PublishedHost {
    wish: HostWish,
    /// The name that is claimed now.
    name: Name,
    ttls: Ttls,
    /// The services that it runs, and requests for the host itself. After a conflict, each user's
    /// policy applies.
    users: BTreeMap<RequestId, Arc<UserWish>>,
    attempt: u32,
    reported: bool,
}

/// The wishes of a user of a host. Users with equal ones share them.
#[derive(PartialEq)]
struct UserWish {
    on_conflict: OnConflict,
    records: Vec<ExtraRecord>,
    /// Whether it wants the system's name, whatever that is.
    is_system: bool,
}

/// The outcome for a host that lost its name.
pub(super) enum Loss {
    /// It has another name now.
    Renamed { old: Name, new: Name },
    /// These users give it up.
    GivenUp(Vec<RequestId>),
}

/// A host that claims a new name of the system.
pub(super) struct SystemRename {
    pub(super) id: RegistrationId,
    pub(super) old: Name,
    pub(super) new: Name,
    /// Whether it had claimed the old name everywhere.
    pub(super) had_name: bool,
}

impl PublishedHosts {
    pub(super) fn contains(&self, id: RegistrationId) -> bool {
        self.all.contains_key(&id)
    }

    pub(super) fn ids(&self) -> Vec<RegistrationId> {
        self.all.keys().copied().collect()
    }

    pub(super) fn name(&self, id: RegistrationId) -> Option<&Name> {
        self.all.get(&id).map(|host| &host.name)
    }

    pub(super) fn users(&self, id: RegistrationId) -> Vec<RequestId> {
        let users = self.all.get(&id).map(|host| host.users.keys().copied());
        users.into_iter().flatten().collect()
    }

    /// Returns the host that a request publishes by itself, without a service.
    pub(super) fn of_request(&self, request: RequestId) -> Option<RegistrationId> {
        self.by_request.get(&request).copied()
    }

    /// Records that a request publishes a host by itself.
    pub(super) fn note_request(&mut self, request: RequestId, id: RegistrationId) {
        self.by_request.insert(request, id);
    }

    /// Returns a host as one of its users has it.
    pub(super) fn spec(&self, id: RegistrationId, user: RequestId) -> Option<HostSpec> {
        let host = self.all.get(&id)?;
        let user = host.users.get(&user)?;
        Some(HostSpec {
            addresses: host.wish.fixed.clone(),
            records: user.records.clone(),
            links: host.wish.links.clone(),
            on_conflict: user.on_conflict.clone(),
            is_system: user.is_system,
            ..HostSpec::own(host.wish.requested.clone())
        })
    }

    /// Returns whether a host has claimed its name and has reported it.
    pub(super) fn is_reported(&self, id: RegistrationId) -> bool {
        self.all.get(&id).is_some_and(|host| host.reported)
    }

    /// Publishes a host for one more user.
    pub(super) fn acquire(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        request: RequestId,
        spec: &HostSpec,
        ttls: Ttls,
    ) -> Result<RegistrationId, PublishError> {
        spec.check()?;
        let user = UserWish {
            on_conflict: spec.on_conflict.clone(),
            records: spec.records.clone(),
            is_system: spec.is_system,
        };
        let links: BTreeSet<LinkId> = spec.links.iter().copied().collect();
        let wish = HostWish {
            requested: spec.name.clone(),
            fixed: spec.addresses.clone(),
            links: links.into_iter().collect(),
        };
        if let Some(id) = self.to_share(&wish, &spec.on_conflict) {
            return self.join(now, engine, id, request, user);
        }
        if spec.name.label_count() != 2 || !spec.name.ends_with(&Name::LOCAL) {
            let name = spec.name.clone();
            return Err(PublishError::HostName { name });
        }
        let mut host = PublishedHost {
            wish: wish.clone(),
            name: spec.name.clone(),
            ttls,
            users: BTreeMap::from([(request, Arc::new(user))]),
            attempt: 0,
            reported: false,
        };
        let may_rename = spec.on_conflict != OnConflict::GiveUp;
        let start_as = spec.start_as.clone().filter(|_| may_rename);
        let first = start_as.unwrap_or_else(|| label_of(&spec.name));
        let id = host.claim(&spec.on_conflict, first, engine, |engine, set| {
            engine.register(now, set)
        })?;
        self.all.insert(id, host);
        self.by_wish.entry(wish).or_default().insert(id);
        Ok(id)
    }

    /// Returns the host that a further user with a wish shares. Whoever gives up rather than take
    /// another name does not share a host that has another name.
    fn to_share(&self, wish: &HostWish, on_conflict: &OnConflict) -> Option<RegistrationId> {
        let hosts = self.by_wish.get(wish)?;
        let has_name = |id: &&RegistrationId| self.name(**id) == Some(&wish.requested);
        let exact = hosts.iter().find(has_name);
        let any = hosts.first().filter(|_| *on_conflict != OnConflict::GiveUp);
        exact.or(any).copied()
    }

    fn join(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        id: RegistrationId,
        request: RequestId,
        user: UserWish,
    ) -> Result<RegistrationId, PublishError> {
        let Some(host) = self.all.get_mut(&id) else {
            return Err(PublishError::Unknown);
        };
        let brings_records = !user.records.is_empty();
        let like = host.users.values().next_back();
        let like = like.filter(|like| ***like == user).map(Arc::clone);
        host.users
            .insert(request, like.unwrap_or_else(|| Arc::new(user)));
        if brings_records {
            let updated = engine.update(now, id, &host.set(&host.name, engine));
            if let Err(error) = updated {
                host.users.remove(&request);
                return Err(error.into());
            }
        }
        Ok(id)
    }

    /// Removes a user of a host. Returns whether it was the last.
    pub(super) fn release(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        id: RegistrationId,
        request: RequestId,
        of: Option<WithdrawalId>,
    ) -> bool {
        let Some(host) = self.all.get_mut(&id) else {
            return false;
        };
        let user = host.users.remove(&request);
        self.by_request.remove(&request);
        if host.users.is_empty() {
            if let Some(host) = self.all.remove(&id) {
                forget_wish(&mut self.by_wish, &host.wish, id);
            }
            engine.unregister_for(id, of);
            return true;
        }
        if user.is_some_and(|user| !user.records.is_empty()) {
            // Fewer records than were accepted before.
            let _ = engine.update_for(now, id, &host.set(&host.name, engine), of);
        }
        false
    }

    /// Handles a change of links or their addresses, which changes the addresses of this host.
    pub(super) fn on_links_changed(&self, now: Instant, engine: &mut Engine) {
        for (&id, host) in &self.all {
            if host.wish.fixed.is_none() {
                let set = host.set(&host.name, engine);
                // The set differs only in addresses, and was accepted before.
                let _ = engine.update(now, id, &set);
            }
        }
    }

    /// Nothing leaves by a link, or that is over: tells those who have published nothing but the host.
    pub(super) fn on_waiting(&mut self, engine: &Engine, event: ClaimEvent) -> PublisherEvents {
        let id = event.registration;
        let (Some(host), Some(news)) = (self.all.get_mut(&id), waiting(event)) else {
            return PublisherEvents::new();
        };
        let users = host.users.keys();
        let mut reported: PublisherEvents = users.map(|&user| (user, news.clone())).collect();
        if is_whole_link(event) {
            if engine.is_established(id) {
                reported.extend(host.registered());
            }
            host.reported = false;
        }
        reported
    }

    /// Reports the hosts that hold their names now and have not reported it yet.
    pub(super) fn tell_established(&mut self, engine: &Engine) -> PublisherEvents {
        let ids = self.ids().into_iter();
        ids.flat_map(|id| self.on_established(engine, id)).collect()
    }

    /// Handles a new system name: hosts whose users all want the system's name claim the new one,
    /// from the label `first` on. Returns them.
    pub(super) fn rename_system(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        name: &Name,
        first: &str,
    ) -> Vec<SystemRename> {
        let mut renamed = Vec::new();
        for (&id, host) in &mut self.all {
            if host.wish.requested == *name || !host.users.values().all(|user| user.is_system) {
                continue;
            }
            let (old, had_name) = (host.name.clone(), engine.is_established(id));
            let update = |engine: &mut Engine, set: &RecordSet| engine.update(now, id, set);
            host.attempt = 0;
            let policy = OnConflict::Rename;
            // The set differs only in its names, and was accepted before.
            if host.claim(&policy, first.into(), engine, update).is_ok() {
                forget_wish(&mut self.by_wish, &host.wish, id);
                host.wish.requested = name.clone();
                let wish = host.wish.clone();
                self.by_wish.entry(wish).or_default().insert(id);
                host.reported = false;
                let new = host.name.clone();
                renamed.push(SystemRename {
                    id,
                    old,
                    new,
                    had_name,
                });
            }
        }
        renamed
    }

    /// Records that a host holds its name on one more link.
    pub(super) fn on_established(
        &mut self,
        engine: &Engine,
        id: RegistrationId,
    ) -> PublisherEvents {
        let Some(host) = self.all.get_mut(&id) else {
            return Vec::new();
        };
        if host.reported || !engine.is_established(id) {
            return Vec::new();
        }
        (host.reported, host.attempt) = (true, 0);
        host.registered()
    }

    /// Handles the loss of a host's name: it gets the next one, if its users want that.
    pub(super) fn on_lost(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        id: RegistrationId,
    ) -> Loss {
        let Some(host) = self.all.get_mut(&id) else {
            return Loss::GivenUp(Vec::new());
        };
        let quitters: Vec<RequestId> = host
            .users
            .iter()
            .filter(|(_, user)| user.on_conflict == OnConflict::GiveUp)
            .map(|(&request, _)| request)
            .collect();
        if !quitters.is_empty() {
            return Loss::GivenUp(quitters);
        }
        let policy = host
            .users
            .values()
            .next()
            .map(|user| user.on_conflict.clone());
        let policy = policy.unwrap_or_default();
        let taken = label_of(&host.name);
        let old = host.name.clone();
        let next = policy.next(&taken, &mut host.attempt, next_host_label);
        let renamed = next.and_then(|next| {
            let update = |engine: &mut Engine, set: &RecordSet| engine.update(now, id, set);
            host.claim(&policy, next, engine, update).ok()
        });
        if renamed.is_none() {
            return Loss::GivenUp(host.users.keys().copied().collect());
        }
        host.reported = false;
        Loss::Renamed {
            old,
            new: host.name.clone(),
        }
    }
}

impl PublishedHost {
    fn registered(&self) -> PublisherEvents {
        let users = self.users.keys();
        users
            .map(|&user| (user, PublicationEvent::HostRegistered(self.name.clone())))
            .collect()
    }

    /// Takes the first name that is free on this host, starting with a label.
    fn claim<T>(
        &mut self,
        policy: &OnConflict,
        first: String,
        engine: &mut Engine,
        register: impl Fn(&mut Engine, &RecordSet) -> Result<T, RegisterError>,
    ) -> Result<T, PublishError> {
        let mut attempt = self.attempt;
        let claimed = claim_free(policy, &mut attempt, first, next_host_label, |label| {
            let name = host_name(label)?;
            let claimed = register(engine, &self.set(&name, engine))?;
            Ok((name, claimed))
        });
        self.attempt = attempt;
        let (name, claimed) = claimed?;
        self.name = name;
        Ok(claimed)
    }

    fn set(&self, name: &Name, engine: &Engine) -> RecordSet {
        let extra = self.users.values().flat_map(|user| &user.records);
        let fixed = self.wish.fixed.as_deref();
        let only = &self.wish.links;
        let links = engine.links();
        let max = engine.limits().addresses_per_name_max;
        let set = host_records(
            name,
            self.ttls.host,
            fixed.map_or(Given::OfLinks(max), Given::These),
            extra,
            links.filter(|(link, _)| only.is_empty() || only.contains(link)),
        );
        RecordSet {
            links: only.clone(),
            ..set
        }
    }
}

fn forget_wish(
    by_wish: &mut BTreeMap<HostWish, BTreeSet<RegistrationId>>,
    wish: &HostWish,
    id: RegistrationId,
) {
    if let Some(hosts) = by_wish.get_mut(wish) {
        hosts.remove(&id);
        if hosts.is_empty() {
            by_wish.remove(wish);
        }
    }
}

pub(super) fn label_of(name: &Name) -> String {
    String::from_utf8_lossy(name.first_label().unwrap_or_default()).into_owned()
}

fn host_name(label: &str) -> Result<Name, PublishError> {
    Name::LOCAL
        .prepend(nfc::label(label).as_bytes())
        .map_err(|_| PublishError::HostName { name: Name::LOCAL })
}
