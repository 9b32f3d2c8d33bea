//! Publishing: services and hosts of this device, under names that are free.
//!
//! In:  what the user wants published; claims established, disputed and lost.
//! Out: registrations of the engine; [`News`] of the names that were won.
//! RFC 6762 sections 8, 9 and 10; RFC 6763 sections 4 to 7.

mod naming;
mod records;
pub(crate) mod spec;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use cooee_wire::Name;

use self::naming::{next_host_label, next_instance_label};
use self::records::Records;
use self::spec::{HostSpec, OnConflict, ServiceSpec, Ttls};
use super::event::{News, RequestId};
use super::instance_name::{InstanceName, InstanceNameError};
use crate::engine::{ClaimChange, ClaimEvent, Engine, RecordSet, RegisterError};
use crate::prober::RegistrationId;
use crate::time::Instant;

/// Why something cannot be published.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublishError {
    /// The instance name is none.
    Instance(InstanceNameError),
    /// The records cannot be registered.
    Register(RegisterError),
    /// The host name is not one label under `local`.
    HostName {
        /// What was given.
        name: Name,
    },
    /// There is no such request, or it publishes something else.
    Unknown,
}

/// Everything that is published.
#[derive(Default)]
pub(super) struct Publisher {
    services: BTreeMap<RequestId, PublishedService>,
    hosts: BTreeMap<RegistrationId, PublishedHost>,
    by_registration: BTreeMap<RegistrationId, RequestId>,
    records: Records,
}

struct PublishedService {
    spec: ServiceSpec,
    instance: InstanceName,
    host: RegistrationId,
    registration: RegistrationId,
    told: bool,
}

struct PublishedHost {
    spec: HostSpec,
    /// The name that is claimed now.
    name: Name,
    ttls: Ttls,
    /// The services that it runs, and requests for the host itself.
    users: Vec<RequestId>,
    told: bool,
}

/// What the publisher has to tell.
pub(super) type Told = Vec<(RequestId, News)>;

impl Publisher {
    /// Publishes a service, and its host unless that is published already.
    pub(super) fn add_service(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        request: RequestId,
        spec: ServiceSpec,
    ) -> Result<(), PublishError> {
        InstanceName::new(&spec.label, &spec.service_type)?;
        let host = self.acquire_host(now, engine, request, &spec.host, spec.ttls)?;
        let host_name = self.host_name(host, &spec.host.name);
        let added = claim_free(
            spec.on_conflict,
            spec.label.clone(),
            next_instance_label,
            |label| {
                let (instance, set) = spec.records(label, &host_name)?;
                Ok((instance, engine.register(now, &set)?))
            },
        );
        let (instance, registration) = match added {
            Ok(added) => added,
            Err(error) => {
                self.release_host(engine, host, request);
                return Err(error);
            }
        };
        self.by_registration.insert(registration, request);
        let service = PublishedService {
            spec,
            instance,
            host,
            registration,
            told: false,
        };
        self.services.insert(request, service);
        Ok(())
    }

    /// Publishes a host; gives its name if that was won before, for another request.
    pub(super) fn add_host(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        request: RequestId,
        spec: &HostSpec,
    ) -> Result<Option<Name>, PublishError> {
        let id = self.acquire_host(now, engine, request, spec, Ttls::default())?;
        let won = self.hosts.get(&id).filter(|host| host.told);
        Ok(won.map(|host| host.name.clone()))
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
        Ok(())
    }

    /// Changes a service: attributes, port, subtypes. Its name and host stay.
    pub(super) fn update_service(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        request: RequestId,
        change: impl FnOnce(&mut ServiceSpec),
    ) -> Result<(), PublishError> {
        let service = self
            .services
            .get_mut(&request)
            .ok_or(PublishError::Unknown)?;
        let mut spec = service.spec.clone();
        change(&mut spec);
        let host = self
            .hosts
            .get(&service.host)
            .map_or(&spec.host.name, |host| &host.name);
        let (_, set) = spec.records(&service.instance.label(), host)?;
        engine.update(now, service.registration, &set)?;
        service.spec = spec;
        Ok(())
    }

    /// Withdraws what a request has published.
    pub(super) fn remove(&mut self, engine: &mut Engine, request: RequestId) {
        if let Some(registration) = self.records.remove(request) {
            engine.unregister(registration);
            return;
        }
        if let Some(service) = self.services.remove(&request) {
            self.by_registration.remove(&service.registration);
            engine.unregister(service.registration);
            self.release_host(engine, service.host, request);
            return;
        }
        let used = |host: &PublishedHost| host.users.contains(&request);
        let host = self
            .hosts
            .iter()
            .find(|(_, host)| used(host))
            .map(|(&id, _)| id);
        if let Some(host) = host {
            self.release_host(engine, host, request);
        }
    }

    /// The links or their addresses have changed: so have the addresses of this host.
    pub(super) fn on_links_changed(&mut self, now: Instant, engine: &mut Engine) {
        for (&id, host) in &self.hosts {
            if host.spec.addresses.is_none() {
                let set = host.set(engine);
                // The set differs in addresses only; what was accepted once is accepted again.
                let _ = engine.update(now, id, &set);
            }
        }
    }

    /// Something has become of a claim.
    pub(super) fn on_claim(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        event: ClaimEvent,
    ) -> Told {
        if let Some(&request) = self.by_registration.get(&event.registration) {
            return self.on_service_claim(now, engine, request, event.change);
        }
        if self.hosts.contains_key(&event.registration) {
            return self.on_host_claim(now, engine, event.registration, event.change);
        }
        let told = self.records.on_claim(engine, event);
        told.into_iter().collect()
    }

    fn on_service_claim(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        request: RequestId,
        change: ClaimChange,
    ) -> Told {
        let Some(service) = self.services.get_mut(&request) else {
            return Vec::new();
        };
        match change {
            ClaimChange::Disputed => Vec::new(),
            ClaimChange::Established => {
                if service.told || !engine.is_established(service.registration) {
                    return Vec::new();
                }
                service.told = true;
                Vec::from([(request, News::Registered(service.instance.clone()))])
            }
            ClaimChange::Lost => match service.spec.on_conflict {
                OnConflict::Rename => self.rename_service(now, engine, request),
                OnConflict::GiveUp => {
                    let taken = service.instance.name().clone();
                    self.remove(engine, request);
                    Vec::from([(request, News::NameTaken(taken))])
                }
            },
        }
    }

    fn rename_service(&mut self, now: Instant, engine: &mut Engine, request: RequestId) -> Told {
        let Some(service) = self.services.get_mut(&request) else {
            return Vec::new();
        };
        let host = self.hosts.get(&service.host).map(|host| host.name.clone());
        let host = host.unwrap_or_else(|| service.spec.host.name.clone());
        let next = next_instance_label(&service.instance.label());
        let renamed = claim_free(OnConflict::Rename, next, next_instance_label, |label| {
            let (instance, set) = service.spec.records(label, &host)?;
            engine.update(now, service.registration, &set)?;
            Ok(instance)
        });
        let Ok(instance) = renamed else {
            return Vec::new();
        };
        let old = core::mem::replace(&mut service.instance, instance.clone());
        service.told = false;
        Vec::from([(request, News::Renamed { old, new: instance })])
    }

    fn on_host_claim(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        id: RegistrationId,
        change: ClaimChange,
    ) -> Told {
        let Some(host) = self.hosts.get_mut(&id) else {
            return Vec::new();
        };
        match change {
            ClaimChange::Disputed => Vec::new(),
            ClaimChange::Established => {
                if host.told || !engine.is_established(id) {
                    return Vec::new();
                }
                host.told = true;
                let news = News::HostRegistered(host.name.clone());
                host.users
                    .iter()
                    .map(|&user| (user, news.clone()))
                    .collect()
            }
            ClaimChange::Lost => match host.spec.on_conflict {
                OnConflict::Rename => self.rename_host(now, engine, id),
                OnConflict::GiveUp => {
                    let (name, users) = (host.name.clone(), host.users.clone());
                    users.iter().for_each(|&user| self.remove(engine, user));
                    users
                        .into_iter()
                        .map(|user| (user, News::NameTaken(name.clone())))
                        .collect()
                }
            },
        }
    }

    /// Gives a host the next name, and tells its services' SRV records.
    fn rename_host(&mut self, now: Instant, engine: &mut Engine, id: RegistrationId) -> Told {
        let Some(host) = self.hosts.get_mut(&id) else {
            return Vec::new();
        };
        let next = next_host_label(&label_of(&host.name));
        let renamed = claim_free(OnConflict::Rename, next, next_host_label, |label| {
            let name = host_name(label)?;
            let set = host.spec.records(&name, host.ttls.host, engine.links());
            engine.update(now, id, &set)?;
            Ok(name)
        });
        let Ok(name) = renamed else { return Vec::new() };
        let old = core::mem::replace(&mut host.name, name.clone());
        host.told = false;
        let users = host.users.clone();
        for user in &users {
            let Some(service) = self.services.get(user) else {
                continue;
            };
            if let Ok((_, set)) = service.spec.records(&service.instance.label(), &name) {
                // The name stays; only the SRV record's target changes.
                let _ = engine.update(now, service.registration, &set);
            }
        }
        let news = News::HostRenamed { old, new: name };
        users.into_iter().map(|user| (user, news.clone())).collect()
    }

    fn acquire_host(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        request: RequestId,
        spec: &HostSpec,
        ttls: Ttls,
    ) -> Result<RegistrationId, PublishError> {
        let same = |host: &PublishedHost| host.spec == *spec;
        let known = self
            .hosts
            .iter_mut()
            .find(|(_, host)| same(host))
            .map(|(id, host)| (*id, host));
        if let Some((id, host)) = known {
            host.users.push(request);
            return Ok(id);
        }
        if spec.name.label_count() != 2 || !spec.name.ends_with(&super::local()) {
            return Err(PublishError::HostName {
                name: spec.name.clone(),
            });
        }
        let label = label_of(&spec.name);
        let (name, id) = claim_free(spec.on_conflict, label, next_host_label, |label| {
            let name = host_name(label)?;
            let set = spec.records(&name, ttls.host, engine.links());
            Ok((name, engine.register(now, &set)?))
        })?;
        let users = Vec::from([request]);
        let host = PublishedHost {
            spec: spec.clone(),
            name,
            ttls,
            users,
            told: false,
        };
        self.hosts.insert(id, host);
        Ok(id)
    }

    fn release_host(&mut self, engine: &mut Engine, id: RegistrationId, request: RequestId) {
        let Some(host) = self.hosts.get_mut(&id) else {
            return;
        };
        if let Some(at) = host.users.iter().position(|&user| user == request) {
            host.users.swap_remove(at);
        }
        if host.users.is_empty() {
            self.hosts.remove(&id);
            engine.unregister(id);
        }
    }

    fn host_name(&self, id: RegistrationId, fallback: &Name) -> Name {
        self.hosts
            .get(&id)
            .map_or_else(|| fallback.clone(), |host| host.name.clone())
    }
}

impl PublishedHost {
    fn set(&self, engine: &Engine) -> RecordSet {
        self.spec
            .records(&self.name, self.ttls.host, engine.links())
    }
}

/// Tries one name after another until one is free on this host.
fn claim_free<T>(
    on_conflict: OnConflict,
    first: String,
    next: impl Fn(&str) -> String,
    mut claim: impl FnMut(&str) -> Result<T, PublishError>,
) -> Result<T, PublishError> {
    let mut label = first;
    loop {
        match claim(&label) {
            Err(PublishError::Register(RegisterError::NameTaken { .. }))
                if on_conflict == OnConflict::Rename =>
            {
                label = next(&label);
            }
            result => return result,
        }
    }
}

fn label_of(name: &Name) -> String {
    String::from_utf8_lossy(name.first_label().unwrap_or_default()).into_owned()
}

fn host_name(label: &str) -> Result<Name, PublishError> {
    let local = super::local();
    local
        .prepend(label.as_bytes())
        .map_err(|_| PublishError::HostName { name: local })
}

impl From<InstanceNameError> for PublishError {
    fn from(error: InstanceNameError) -> Self {
        Self::Instance(error)
    }
}

impl From<RegisterError> for PublishError {
    fn from(error: RegisterError) -> Self {
        Self::Register(error)
    }
}

impl core::fmt::Display for PublishError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Instance(error) => core::fmt::Display::fmt(error, f),
            Self::Register(error) => core::fmt::Display::fmt(error, f),
            Self::HostName { name } => {
                write!(
                    f,
                    "`{name}` is not a host name: expected one label, as in `printer.local`"
                )
            }
            Self::Unknown => f.write_str("nothing is published by this request any more"),
        }
    }
}

impl core::error::Error for PublishError {}

#[cfg(test)]
mod tests;
