//! Resolving: from an instance name to a host, a port, attributes and addresses.
//!
//! In:  SRV, TXT and address records that appear and disappear, on each link that shows the
//!      instance.
//! Out: [`Service`] states for the requests, only complete ones. RFC 6763 section 5 (SRV), 6 (TXT),
//!      12 (additional records).

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::iter::repeat;

use cooee_wire::{Name, RData};
use slab::Slab;

use super::address::{admit, arrange};
use super::asker::Querying;
use super::changed::Changed;
use super::event::DiscoveryEvent;
use super::host::HostLookups;
use super::host_users::HostUser;
use super::ids::{RequestId, ServiceId};
use super::instance_name::InstanceName;
use super::link_resolution::Path;
use super::name_map::NameIndex;
use super::service::{Service, ServiceDiff};
use super::srv_choice::SourceId;
use crate::collections::{OneOrMore, SmallList, id_of, insert};
use crate::engine::Engine;
use crate::event::{AnswerChange, Event, Removal};
use crate::link::LinkId;
use crate::ordered::{OrderedMap, OrderedSet};
use crate::rng::Rng;
use crate::time::Instant;
use crate::transmit::{Deadline, Wakeup};

/// All services that are being resolved; equal requests are merged.
pub(super) struct Services {
    services: Slab<Resolving>,
    by_name: NameIndex,
    /// Services whose state may have changed.
    changed: Changed,
    /// How services were spelled when they were found, where their owners spell them differently.
    found_as: OrderedMap<ServiceId, Name>,
    /// Requests that have no report about a service yet.
    newcomers: OrderedSet<(ServiceId, RequestId)>,
    rng: Rng,
    /// The sender of the present changes.
    pub(super) heard_from: SourceId,
}

/// One service and what is known about it.
struct Resolving {
    known: Identity,
    /// The only link that counts; all of them if `None`.
    only: Option<LinkId>,
    /// One for each link that shows it, ordered by link.
    paths: SmallList<Path, 1>,
    /// Whether it says that it is not available.
    unavailable: bool,
    /// Why a part of it was last removed.
    why: Removal,
    /// The requests that get its reports.
    requests: OneOrMore<RequestId>,
}

/// What is known about a service.
enum Identity {
    /// Its name, spelled as its owner spells it once a record was received.
    Name(Box<InstanceName>),
    /// The last reported state.
    State(Arc<Service>),
}

impl Identity {
    fn instance(&self) -> &InstanceName {
        match self {
            Self::Name(name) => name,
            Self::State(state) => &state.instance,
        }
    }

    fn state(&self) -> Option<&Service> {
        self.shared().map(|state| &**state)
    }

    fn shared(&self) -> Option<&Arc<Service>> {
        match self {
            Self::Name(_) => None,
            Self::State(state) => Some(state),
        }
    }
}

impl Services {
    pub(super) fn new(key: u64, seed: u64) -> Self {
        Self {
            services: Slab::new(),
            by_name: NameIndex::new(key),
            changed: Changed::default(),
            found_as: OrderedMap::default(),
            newcomers: OrderedSet::default(),
            rng: Rng::new(seed),
            heard_from: SourceId::default(),
        }
    }

    /// Adds a request for a service. What is already known is reported with the next news.
    pub(super) fn join(
        &mut self,
        instance: &InstanceName,
        only: Option<LinkId>,
        request: RequestId,
    ) -> ServiceId {
        let id = self
            .find(instance, only)
            .unwrap_or_else(|| self.make(instance, only));
        let service = self.services.get_mut(id.0 as usize);
        if let Some(service) = service.filter(|service| !service.requests.contains(&request)) {
            service.requests.push(request);
            self.newcomers.insert((id, request));
            self.changed.insert(id);
        }
        id
    }

    /// Removes a request. Returns the state that was last reported to it.
    pub(super) fn leave(&mut self, id: ServiceId, request: RequestId) -> Option<Arc<Service>> {
        let service = self.services.get_mut(id.0 as usize)?;
        if !service.requests.remove(request) {
            return None;
        }
        let is_new = self.newcomers.remove((id, request));
        let reported = service.known.shared().cloned().filter(|_| !is_new);
        if service.requests.is_empty() {
            self.remove(id);
        }
        reported
    }

    /// Returns the service of an instance name, if it is being resolved.
    pub(super) fn find(&self, instance: &InstanceName, only: Option<LinkId>) -> Option<ServiceId> {
        let mut ids = self.named(instance);
        ids.find(|(_, service)| service.only == only)
            .map(|(id, _)| id)
    }

    /// Returns the service of an instance name that a request resolves.
    pub(super) fn found_by(
        &self,
        instance: &InstanceName,
        only: Option<LinkId>,
        request: RequestId,
    ) -> Option<ServiceId> {
        let id = self.find(instance, only)?;
        let service = self.services.get(id.0 as usize)?;
        service.requests.contains(&request).then_some(id)
    }

    /// Returns the services that a request resolves.
    pub(super) fn of_request(&self, request: RequestId) -> Vec<ServiceId> {
        let services = self.services.iter();
        let of_it = services.filter(|(_, service)| service.requests.contains(&request));
        of_it.map(|(slot, _)| ServiceId(id_of(slot))).collect()
    }

    /// Returns the name of a service as it was found.
    pub(super) fn found_as(&self, id: ServiceId) -> Option<&Name> {
        let found = self.found_as.get(id);
        found.or_else(|| self.instance(id).map(InstanceName::name))
    }

    /// Notes how a service is spelled that a browse has found.
    pub(super) fn note_found(&mut self, id: ServiceId, name: &Name) {
        let known = self.found_as(id);
        if known.is_none_or(|known| known.as_wire() != name.as_wire()) {
            self.found_as.insert(id, name.clone());
        }
    }

    /// Looks for a service on one link, for one more request.
    //= https://www.rfc-editor.org/rfc/rfc6763#section-12
    //# Clients MUST be capable of functioning correctly with DNS servers
    //# (and Multicast DNS Responders) that fail to generate these additional
    //# records automatically, by issuing subsequent queries for any further
    //# record(s) they require.
    pub(super) fn hold_path(
        &mut self,
        now: Instant,
        asker: &mut Querying,
        id: ServiceId,
        link: LinkId,
        request: RequestId,
    ) {
        let Some(service) = self.services.get_mut(id.0 as usize) else {
            return;
        };
        let found = service.paths.binary_search_by_key(&link, Path::link);
        let at = found.unwrap_or_else(|at| {
            let path = Path::new(now, asker, service.known.instance().name(), link, id);
            service.paths.insert(at, path);
            at
        });
        if let Some(path) = service.paths.get_mut(at) {
            path.hold(request);
        }
    }

    /// Removes a request for a service on a link.
    pub(super) fn release_path(
        &mut self,
        asker: &mut Querying,
        hosts: &mut HostLookups,
        id: ServiceId,
        link: LinkId,
        request: RequestId,
    ) {
        let Some(service) = self.services.get_mut(id.0 as usize) else {
            return;
        };
        let Ok(at) = service.paths.binary_search_by_key(&link, Path::link) else {
            return;
        };
        if service
            .paths
            .get_mut(at)
            .is_none_or(|path| path.release(request))
        {
            return;
        }
        service
            .paths
            .remove(at)
            .stop(asker, hosts, HostUser::Service(id));
        self.changed.insert(id);
    }

    /// Returns the links on which a request looks for a service.
    pub(super) fn paths_of(&self, id: ServiceId, request: RequestId) -> Vec<LinkId> {
        let Some(service) = self.services.get(id.0 as usize) else {
            return Vec::new();
        };
        let held = service.paths.iter().filter(|path| path.is_held_by(request));
        held.map(Path::link).collect()
    }

    /// Handles an SRV or TXT record that appeared or disappeared.
    pub(super) fn on_event(
        &mut self,
        now: Instant,
        asker: &mut Querying,
        hosts: &mut HostLookups,
        id: ServiceId,
        event: &Event,
    ) {
        let Some(service) = self.services.get_mut(id.0 as usize) else {
            return;
        };
        let Ok(at) = service.paths.binary_search_by_key(&event.link, Path::link) else {
            return;
        };
        let Some(path) = service.paths.get_mut(at) else {
            return;
        };
        path.expand(service.known.state());
        match &event.change {
            AnswerChange::Added(answer) => {
                path.add(now, self.heard_from, &answer.data, &mut self.rng);
                if let Identity::Name(name) = &mut service.known {
                    let before = name.spell(&answer.name);
                    if let Some(before) = before.filter(|_| !self.found_as.contains(id)) {
                        self.found_as.insert(id, before);
                    }
                }
            }
            AnswerChange::Removed(answer, why) => {
                path.remove(now, &answer.data, &mut self.rng);
                service.why = *why;
            }
            AnswerChange::Denied => path.deny(event.rtype),
            AnswerChange::AlsoHeard(_) | AnswerChange::Unanswered => return,
        }
        path.follow_host(now, asker, hosts, HostUser::Service(id));
        self.changed.insert(id);
    }

    /// Returns the instance of a service.
    pub(super) fn instance(&self, id: ServiceId) -> Option<&InstanceName> {
        let service = self.services.get(id.0 as usize);
        service.map(|service| service.known.instance())
    }

    /// Handles a change of the addresses of a service's host.
    pub(super) fn on_host_change(&mut self, id: ServiceId, why: Option<Removal>) {
        if let (Some(service), Some(why)) = (self.services.get_mut(id.0 as usize), why) {
            service.why = why;
        }
        self.changed.insert(id);
    }

    /// Returns whether services wait to be looked at.
    pub(super) fn is_behind(&self, now: Instant) -> bool {
        self.changed.is_behind(now)
    }

    /// Returns when to report further changes.
    pub(super) fn next_deadline(&self) -> Option<Deadline> {
        let at = self.changed.next_deadline()?;
        let reason = Wakeup::Report;
        Some(Deadline { at, reason })
    }

    /// Reports what has changed since the last call to all requests concerned. If very much has, the
    /// rest is reported a little later.
    pub(super) fn tell(
        &mut self,
        now: Instant,
        hosts: &HostLookups,
        engine: &Engine,
        mut tell: impl FnMut(RequestId, DiscoveryEvent),
    ) {
        for id in self.changed.take(now, hosts.has_waiting()) {
            let Some(service) = self.services.get_mut(id.0 as usize) else {
                continue;
            };
            let news = service.turn(hosts, engine);
            for &request in service.requests.iter() {
                let news = match self.newcomers.remove((id, request)) {
                    true => service.known(),
                    false => news.clone(),
                };
                if let Some(news) = news {
                    tell(request, news);
                }
            }
        }
    }

    /// Returns the records to reconfirm when a user reports a service, by link.
    pub(super) fn records(
        &self,
        hosts: &HostLookups,
        engine: &Engine,
        instance: &InstanceName,
    ) -> Vec<(LinkId, Name, RData)> {
        let name = instance.name();
        let services = self.named(instance);
        services
            .flat_map(|(_, service)| service.paths.iter().zip(repeat(service)))
            .flat_map(|(path, service)| {
                let reported = service.known.state();
                path.records(hosts, engine, (name, reported))
            })
            .collect()
    }

    fn make(&mut self, instance: &InstanceName, only: Option<LinkId>) -> ServiceId {
        let resolving = Resolving {
            known: Identity::Name(Box::new(instance.clone())),
            only,
            paths: SmallList::new(),
            unavailable: false,
            why: Removal::Expired,
            requests: OneOrMore::default(),
        };
        let id = ServiceId(insert(&mut self.services, resolving));
        let services = &self.services;
        self.by_name.insert(instance.name(), id.0, |other| {
            let service = services.get(other as usize);
            service.map(|service| service.known.instance().name())
        });
        id
    }

    /// Removes a service without requests; its paths were released before.
    fn remove(&mut self, id: ServiceId) {
        let Some(service) = self.services.try_remove(id.0 as usize) else {
            return;
        };
        self.by_name.remove(service.known.instance().name(), id.0);
        self.changed.remove(id);
        self.found_as.remove(id);
    }

    /// Returns the services of an instance name: one for each choice of links.
    fn named(&self, instance: &InstanceName) -> impl Iterator<Item = (ServiceId, &Resolving)> {
        let ids = self.by_name.candidates(instance.name());
        let services = ids.filter_map(|id| Some((ServiceId(id), self.services.get(id as usize)?)));
        services.filter(move |(_, service)| service.known.instance().name() == instance.name())
    }
}

impl Resolving {
    /// Compares the state with the last reported one. Returns the report of a change.
    fn turn(&mut self, hosts: &HostLookups, engine: &Engine) -> Option<DiscoveryEvent> {
        let state = self.state(hosts, engine);
        let is_unavailable = state.is_none() && self.paths.iter().any(Path::is_unavailable);
        let was_unavailable = core::mem::replace(&mut self.unavailable, is_unavailable);
        let differs = |old: &Service| {
            let new = state.as_ref();
            new.is_none_or(|new| ServiceDiff::between(old, new).endpoint || old.txt != new.txt)
        };
        let old = self.known.shared().cloned();
        if let Some(old) = old.as_deref().filter(|old| differs(old)) {
            let paths = self.paths.iter_mut();
            paths.for_each(|path| path.expand(Some(old)));
        }
        let news = match (old, state) {
            (None, None) if is_unavailable && !was_unavailable => {
                DiscoveryEvent::Unavailable(self.known.instance().clone())
            }
            (None, None) => return None,
            (Some(old), None) => {
                self.known = Identity::Name(Box::new(old.instance.clone()));
                let why = match is_unavailable {
                    true => Removal::Unavailable,
                    false => self.why,
                };
                DiscoveryEvent::Removed(old, why)
            }
            (None, Some(new)) => DiscoveryEvent::Added(self.report(new)),
            (Some(old), Some(new)) => {
                let diff = ServiceDiff::between(&old, &new);
                if diff.is_empty() {
                    self.share(&old);
                    return None;
                }
                DiscoveryEvent::Updated(self.report(new), diff)
            }
        };
        Some(news)
    }

    /// Keeps a state that is reported, in place of the records that say the same.
    fn report(&mut self, state: Service) -> Arc<Service> {
        self.share(&state);
        let state = Arc::new(state);
        self.known = Identity::State(Arc::clone(&state));
        state
    }

    /// Keeps no records that say the same as a state that is kept.
    fn share(&mut self, state: &Service) {
        self.paths.iter_mut().for_each(|path| path.share(state));
    }

    /// Returns the report for a request that has none yet.
    fn known(&self) -> Option<DiscoveryEvent> {
        if self.unavailable {
            let instance = self.known.instance().clone();
            return Some(DiscoveryEvent::Unavailable(instance));
        }
        self.known.shared().cloned().map(DiscoveryEvent::Added)
    }

    /// Returns the state that results from the paths: the first complete one determines the
    /// service, and all complete ones add their addresses.
    fn state(&self, hosts: &HostLookups, engine: &Engine) -> Option<Service> {
        let reported = self.known.state();
        let mut service: Option<Service> = None;
        for path in &self.paths {
            let (srv, txt) = (path.target(reported), path.txt(reported));
            let (Some(srv), Some(txt), Some(host)) = (srv, txt, path.host()) else {
                continue;
            };
            let mut addresses = Vec::new();
            admit(&mut addresses, hosts.addresses(host, engine), engine);
            match &mut service {
                _ if addresses.is_empty() => {}
                Some(service) => service.addresses.append(&mut addresses),
                None => {
                    service = Some(Service {
                        instance: self.known.instance().clone(),
                        host: srv.target,
                        port: srv.port,
                        priority: srv.priority,
                        weight: srv.weight,
                        txt,
                        addresses,
                    });
                }
            }
        }
        if let Some(service) = &mut service {
            arrange(&mut service.addresses, engine);
        }
        service
    }
}
