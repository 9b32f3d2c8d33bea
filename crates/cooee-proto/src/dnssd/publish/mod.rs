//! Publishing: services and hosts of this device, under names that are free.
//!
//! In:  what the user wants published; claims established, disputed and lost.
//! Out: registrations of the engine; [`PublicationEvent`]s of the names that were won.
//! RFC 6762 sections 8, 9 and 10; RFC 6763 sections 4 to 7.

mod announced;
mod content;
mod contest;
mod error;
pub(crate) mod fit;
mod hosts;
pub(crate) mod naming;
mod pace;
mod records;
pub(crate) mod spec;
mod update;
mod waiting;
mod withdrawal;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use cooee_wire::Name;

use self::announced::Announcements;
use self::content::Content;
use self::contest::Contests;
pub use self::error::PublishError;
use self::hosts::{Loss, PublishedHosts, SystemRename};
use self::naming::{OnConflict, claim_free, next_instance_label};
use self::pace::Pace;
use self::records::Records;
use self::spec::{HostSpec, ServiceSpec, Ttls};
use super::event::{PublicationEvent, RequestId};
use super::instance_name::InstanceName;
use crate::collections::lengthen;
use crate::engine::{ClaimChange, ClaimEvent, Engine};
use crate::registrations::{RecordSet, RegistrationId, WithdrawalId};
use crate::time::Instant;
use crate::transmit::{Deadline, Wakeup};

/// Everything that is published.
#[derive(Default)]
pub(super) struct Publisher {
    /// Boxed, because the tree has room for about twice as many values as there are.
    services: BTreeMap<RequestId, Box<PublishedService>>,
    hosts: PublishedHosts,
    /// The service of each registration, by its slot.
    by_slot: Vec<Option<RequestId>>,
    records: Records,
    contests: Contests,
    pace: Pace,
    unannounced: Announcements,
    /// Which request each withdrawal belongs to.
    withdrawals: BTreeMap<WithdrawalId, RequestId>,
}

struct PublishedService {
    content: Content,
    instance: InstanceName,
    host: RegistrationId,
    registration: RegistrationId,
    attempt: u32,
    reported: bool,
    /// Whether it is not changed until its host has a name again.
    is_held_back: bool,
}

/// The publisher's events.
pub(super) type PublisherEvents = Vec<(RequestId, PublicationEvent)>;

impl Publisher {
    /// Publishes a service, and its host unless that is already published.
    pub(super) fn add_service(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        request: RequestId,
        mut spec: ServiceSpec,
    ) -> Result<Option<Name>, PublishError> {
        spec.check_type()?;
        if let Some(known) = engine.stored(spec.service_type.name()) {
            spec.service_type.share(known);
        }
        InstanceName::new(&spec.label, &spec.service_type)?;
        let host = self
            .hosts
            .acquire(now, engine, request, &spec.host, spec.ttls)?;
        let host_name = self.hosts.name(host).unwrap_or(&spec.host.name).clone();
        let may_rename = spec.on_conflict != OnConflict::GiveUp;
        let start_as = spec.start_as.clone().filter(|_| may_rename);
        let first = start_as.unwrap_or_else(|| spec.label.clone());
        let mut attempt = 0;
        let policy = &spec.on_conflict;
        let added = claim_free(policy, &mut attempt, first, next_instance_label, |label| {
            let (instance, set) = spec.records(label, &host_name)?;
            Ok((instance, engine.register(now, &set)?))
        });
        let (instance, registration) = match added {
            Ok(added) => added,
            Err(error) => {
                self.release_host(now, engine, host, request, None);
                return Err(error);
            }
        };
        let slot = registration.slot as usize;
        lengthen(&mut self.by_slot, slot.saturating_add(1), || None);
        if let Some(at) = self.by_slot.get_mut(slot) {
            *at = Some(request);
        }
        let service = PublishedService {
            content: Content::of(spec),
            instance,
            host,
            registration,
            attempt,
            reported: false,
            is_held_back: false,
        };
        self.services.insert(request, Box::new(service));
        self.unannounced.begin(request);
        Ok(self.won_name(host))
    }

    /// Publishes a host. Returns its name if that was claimed before, for another request.
    pub(super) fn add_host(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        request: RequestId,
        spec: &HostSpec,
    ) -> Result<Option<Name>, PublishError> {
        let ttls = Ttls::default();
        let id = self.hosts.acquire(now, engine, request, spec, ttls)?;
        self.hosts.note_request(request, id);
        self.unannounced.begin(request);
        Ok(self.won_name(id))
    }

    /// The name of a host, if it was won before.
    fn won_name(&self, host: RegistrationId) -> Option<Name> {
        let is_won = self.hosts.is_reported(host);
        self.hosts.name(host).filter(|_| is_won).cloned()
    }

    /// Publishes records as they are.
    pub(super) fn add_records(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        request: RequestId,
        set: &RecordSet,
    ) -> Result<(), PublishError> {
        let registration = engine.register(now, set)?;
        self.records.add(request, registration, set.claim.clone());
        self.unannounced.begin(request);
        Ok(())
    }

    /// Handles a change of links or their addresses, which changes the addresses of this host.
    pub(super) fn on_links_changed(
        &mut self,
        now: Instant,
        engine: &mut Engine,
    ) -> PublisherEvents {
        self.unannounced.touch_all();
        self.hosts.on_links_changed(now, engine);
        // A link for which something waited may be gone.
        let mut reported = self.hosts.tell_established(engine);
        for id in self.hosts.ids() {
            self.retarget(now, engine, id);
        }
        for (&request, service) in &mut self.services {
            if !service.reported && engine.is_established(service.registration) {
                service.reported = true;
                reported.push((
                    request,
                    PublicationEvent::Registered(service.instance.clone()),
                ));
            }
        }
        reported.extend(self.records.on_links_changed(engine));
        reported
    }

    /// Handles a new system name of this host.
    pub(super) fn rename_system_host(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        name: &Name,
        first: &str,
    ) -> PublisherEvents {
        let mut reported = PublisherEvents::new();
        for renamed in self.hosts.rename_system(now, engine, name, first) {
            let SystemRename { id, old, new, .. } = renamed;
            self.contests.end(id);
            if !renamed.had_name {
                reported.extend(self.on_host_renamed(engine, id, old, new));
                continue;
            }
            // The old name was not lost, so what names it need not be silenced. It is changed once
            // the new one is claimed, which no cache takes for a withdrawal.
            for user in self.hosts.users(id) {
                if let Some(service) = self.services.get_mut(&user) {
                    service.is_held_back = true;
                }
                let (old, new) = (old.clone(), new.clone());
                reported.push((user, PublicationEvent::HostRenamed { old, new }));
            }
        }
        reported
    }

    /// Handles a change of a claim.
    pub(super) fn on_claim(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        event: ClaimEvent,
    ) -> PublisherEvents {
        let id = event.registration;
        match event.change {
            ClaimChange::Disputed | ClaimChange::Lost => self.contests.begin(now, id),
            ClaimChange::Established if engine.is_established(id) => self.contests.end(id),
            ClaimChange::Established
            | ClaimChange::Announced
            | ClaimChange::Waiting { .. }
            | ClaimChange::WaitingOver { .. } => {}
        }
        self.follow_announcement(event);
        if let Some(request) = self.service_of(id) {
            return self.on_service_claim(now, engine, request, event);
        }
        if self.hosts.contains(id) {
            return self.on_host_claim(now, engine, event);
        }
        let reported = self.records.on_claim(engine, event);
        if matches!(reported.as_slice(), [(_, PublicationEvent::NameTaken(_))]) {
            self.contests.end(id);
        }
        reported
    }

    /// Returns when a name has been in dispute for too long, or a change has waited long enough.
    pub(super) fn next_deadline(&self) -> Option<Deadline> {
        let both = [
            (self.contests.next_deadline(), Wakeup::Nameless),
            (self.pace.next_deadline(), Wakeup::Update),
        ];
        let due = both.into_iter();
        let due = due.filter_map(|(at, reason)| Some(Deadline { at: at?, reason }));
        due.min_by_key(|deadline| deadline.at)
    }

    /// Reports the names that have been in dispute for too long.
    pub(super) fn on_timeout(&mut self, now: Instant) -> PublisherEvents {
        let mut reported = PublisherEvents::new();
        while let Some(id) = self.contests.poll_due(now) {
            if let Some(service) = self.service_of(id) {
                let tried = self.services.get(&service);
                let tried = tried.map(|held| (service, held.instance.name().clone()));
                reported.extend(
                    tried.map(|(request, name)| (request, PublicationEvent::Nameless(name))),
                );
            } else if let Some(name) = self.hosts.name(id) {
                let users = self.hosts.users(id).into_iter();
                reported.extend(users.map(|user| (user, PublicationEvent::Nameless(name.clone()))));
            } else {
                reported.extend(self.records.nameless(id));
            }
        }
        reported
    }

    fn on_service_claim(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        request: RequestId,
        event: ClaimEvent,
    ) -> PublisherEvents {
        let Some(service) = self.services.get_mut(&request) else {
            return Vec::new();
        };
        match event.change {
            ClaimChange::Disputed | ClaimChange::Announced => Vec::new(),
            ClaimChange::Waiting { .. } | ClaimChange::WaitingOver { .. } => {
                self.on_service_waiting(engine, request, event)
            }
            ClaimChange::Established => {
                if service.reported || !engine.is_established(service.registration) {
                    return Vec::new();
                }
                (service.reported, service.attempt) = (true, 0);
                Vec::from([(
                    request,
                    PublicationEvent::Registered(service.instance.clone()),
                )])
            }
            ClaimChange::Lost => {
                let old = service.instance.clone();
                let news = match self.rename_service(now, engine, request) {
                    Some(new) => PublicationEvent::Renamed { old, new },
                    None => {
                        self.remove(now, engine, request, None);
                        PublicationEvent::NameTaken(old.name().clone())
                    }
                };
                Vec::from([(request, news)])
            }
        }
    }

    /// Returns the next name for a service; none if it gives up.
    fn rename_service(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        request: RequestId,
    ) -> Option<InstanceName> {
        let service = self.services.get_mut(&request)?;
        let host = self.hosts.name(service.host)?;
        let policy = &service.content.on_conflict();
        let spec = HostSpec::own(host.clone());
        let spec = service.content.spec(&service.instance, spec);
        let (registration, attempt) = (service.registration, &mut service.attempt);
        let next = policy.next(&service.instance.label(), attempt, next_instance_label)?;
        let renamed = claim_free(policy, attempt, next, next_instance_label, |label| {
            let (instance, set) = spec.records(label, host)?;
            engine.update(now, registration, &set)?;
            Ok(instance)
        });
        let instance = renamed.ok()?;
        service.instance = instance.clone();
        service.reported = false;
        Some(instance)
    }

    fn on_host_claim(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        event: ClaimEvent,
    ) -> PublisherEvents {
        let id = event.registration;
        match event.change {
            ClaimChange::Disputed | ClaimChange::Announced => Vec::new(),
            ClaimChange::Waiting { .. } | ClaimChange::WaitingOver { .. } => {
                let reported = self.on_host_waiting(engine, event);
                self.retarget(now, engine, id);
                reported
            }
            ClaimChange::Established => {
                let reported = self.hosts.on_established(engine, id);
                self.retarget(now, engine, id);
                reported
            }
            ClaimChange::Lost => self.on_host_lost(now, engine, id),
        }
    }

    /// Handles the loss of a host's name: some users give it up, the others are informed of the
    /// next one.
    fn on_host_lost(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        id: RegistrationId,
    ) -> PublisherEvents {
        let mut reported = PublisherEvents::new();
        while let Some(taken) = self.hosts.name(id).cloned() {
            match self.hosts.on_lost(now, engine, id) {
                //= https://www.rfc-editor.org/rfc/rfc6762#section-3
                //# If this happens, the
                //# computer (or its human user) MUST cease using the name, and SHOULD
                //# attempt to allocate a new unique name for use on that link.
                //= https://www.rfc-editor.org/rfc/rfc6762#section-9
                //# The protocol used in
                //# the Probing phase will determine a winner and a loser, and the loser
                //# MUST cease using the name, and reconfigure.
                Loss::Renamed { old, new } => {
                    reported.extend(self.on_host_renamed(engine, id, old, new));
                    return reported;
                }
                Loss::GivenUp(users) => {
                    for user in users {
                        self.remove(now, engine, user, None);
                        reported.push((user, PublicationEvent::NameTaken(taken.clone())));
                    }
                }
            }
        }
        reported
    }

    fn on_host_renamed(
        &mut self,
        engine: &mut Engine,
        id: RegistrationId,
        old: Name,
        new: Name,
    ) -> PublisherEvents {
        let users = self.hosts.users(id);
        self.hold_back(engine, &users);
        let news = PublicationEvent::HostRenamed { old, new };
        users.into_iter().map(|user| (user, news.clone())).collect()
    }

    /// Holds back services whose host has lost its name. Their records about it are no longer true,
    /// and no record may contain a name that is not claimed: a host that disputes one name after
    /// another would cause all of them to be announced each time.
    fn hold_back(&mut self, engine: &mut Engine, users: &[RequestId]) {
        for user in users {
            if let Some(service) = self.services.get_mut(user) {
                service.is_held_back = true;
                engine.hold_back(service.registration);
            }
        }
    }

    /// Updates the services of a host if it has a name again. That can be so after every change of
    /// its claim or of the links: a link on which it waited may accept nothing, or be gone.
    fn retarget(&mut self, now: Instant, engine: &mut Engine, id: RegistrationId) {
        if !self.hosts.contains(id) || !engine.is_established(id) {
            return;
        }
        for user in self.hosts.users(id) {
            let Some(service) = self.services.get_mut(&user) else {
                continue;
            };
            if !core::mem::take(&mut service.is_held_back) {
                continue;
            }
            let Some(service) = self.services.get(&user) else {
                continue;
            };
            if let Ok(set) = self.records(service, &service.content) {
                // The name stays; only the SRV record's target changes.
                let _ = engine.update(now, service.registration, &set);
            }
        }
    }

    fn release_host(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        id: RegistrationId,
        request: RequestId,
        of: Option<WithdrawalId>,
    ) {
        if self.hosts.release(now, engine, id, request, of) {
            self.contests.end(id);
        }
    }

    /// Returns the service with a registration.
    fn service_of(&self, id: RegistrationId) -> Option<RequestId> {
        let request = self.by_slot.get(id.slot as usize).copied().flatten()?;
        let service = self.services.get(&request)?;
        (service.registration == id).then_some(request)
    }

    /// Returns the records of a service with some content, under its present name and that of its
    /// host.
    fn records(
        &self,
        service: &PublishedService,
        content: &Content,
    ) -> Result<RecordSet, PublishError> {
        let host = self.hosts.name(service.host);
        let host = host.ok_or(PublishError::Unknown)?;
        let spec = content.spec(&service.instance, HostSpec::own(host.clone()));
        let (_, set) = spec.records(&service.instance.label(), host)?;
        Ok(set)
    }
}

#[cfg(test)]
mod tests;
