//! Resolving: from an instance name to a host, a port, attributes and addresses.
//!
//! In:  SRV, TXT and address records that come and go, on each link that shows the instance.
//! Out: [`Service`] states for those who want them: complete ones only.
//! RFC 6763 section 5 (SRV), 6 (TXT), 12 (additional records).

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;

use cooee_wire::{Name, RData, RecordType, TxtData};
use slab::Slab;

use super::asker::{Asker, Role};
use super::event::{News, RequestId};
use super::host::{AddressFamilies, HostId, HostUser, Hosts};
use super::instance_name::InstanceName;
use super::name_map::NameMap;
use super::service::{Service, ServiceDiff, rank};
use super::targets::Targets;
use super::txt::Txt;
use crate::collections::{Few, id_of};
use crate::event::{AnswerChange, Event, QueryId, Removal};
use crate::link::LinkId;
use crate::rng::Rng;
use crate::time::Instant;

/// A service that somebody wants resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ServiceId(u32);

/// All services that are being resolved; equal wishes are one.
pub(super) struct Services {
    services: Slab<Resolving>,
    by_name: NameMap<Few<ServiceId, 2>>,
    /// Services whose state may have changed.
    dirty: BTreeSet<ServiceId>,
    /// Who has been told nothing yet of a service.
    newcomers: BTreeSet<(ServiceId, RequestId)>,
    rng: Rng,
}

/// One service and what is known of it.
struct Resolving {
    instance: InstanceName,
    /// The only link that counts; all of them if `None`.
    only: Option<LinkId>,
    /// Boxed, since nearly every service has one and a map's node has room for eleven.
    paths: BTreeMap<LinkId, Box<Path>>,
    /// The state that was told last.
    told: Option<Arc<Service>>,
    /// Why a part of it was last removed.
    why: Removal,
    /// Whom it is told.
    requests: Few<RequestId, 2>,
}

/// What one link says of a service.
struct Path {
    queries: PathQueries,
    targets: Targets,
    /// Every TXT record there is; the newest counts.
    txt: Few<TxtData, 1>,
    /// The owner of the name says that there is none.
    txt_denied: bool,
    host: Option<HostId>,
    /// Who wants this path.
    holders: Few<RequestId, 2>,
}

/// What is asked about an instance on one link.
struct PathQueries {
    srv: QueryId,
    txt: QueryId,
}

impl Services {
    pub(super) fn new(key: u64, seed: u64) -> Self {
        Self {
            services: Slab::new(),
            by_name: NameMap::new(key),
            dirty: BTreeSet::new(),
            newcomers: BTreeSet::new(),
            rng: Rng::new(seed),
        }
    }

    /// Wants a service resolved. What is known of it by then is told with the next news.
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
            self.dirty.insert(id);
        }
        id
    }

    /// Wants it no more. Returns the state that was told to this request last.
    pub(super) fn leave(&mut self, id: ServiceId, request: RequestId) -> Option<Arc<Service>> {
        let service = self.services.get_mut(id.0 as usize)?;
        let at = service
            .requests
            .iter()
            .position(|&other| other == request)?;
        service.requests.swap_remove(at);
        let is_new = self.newcomers.remove(&(id, request));
        let told = service.told.clone().filter(|_| !is_new);
        if service.requests.is_empty() {
            self.remove(id);
        }
        told
    }

    /// The service of an instance name, if it is being resolved.
    pub(super) fn find(&self, instance: &InstanceName, only: Option<LinkId>) -> Option<ServiceId> {
        let same = |id: &&ServiceId| {
            self.services
                .get(id.0 as usize)
                .is_some_and(|service| service.only == only)
        };
        self.by_name
            .get(instance.name())?
            .iter()
            .find(same)
            .copied()
    }

    /// Looks for a service on one link, for one request more.
    //= https://www.rfc-editor.org/rfc/rfc6763#section-12
    //# Clients MUST be capable of functioning correctly with DNS servers
    //# (and Multicast DNS Responders) that fail to generate these additional
    //# records automatically, by issuing subsequent queries for any further
    //# record(s) they require.
    pub(super) fn hold_path(
        &mut self,
        now: Instant,
        asker: &mut Asker,
        id: ServiceId,
        link: LinkId,
        request: RequestId,
    ) {
        let Some(service) = self.services.get_mut(id.0 as usize) else {
            return;
        };
        let name = service.instance.name();
        let path = service.paths.entry(link).or_insert_with(|| {
            let mut ask = |rtype| asker.ask(now, name, rtype, Some(link), Role::Service(id));
            let queries = PathQueries {
                srv: ask(RecordType::SRV),
                txt: ask(RecordType::TXT),
            };
            Box::new(Path {
                queries,
                targets: Targets::default(),
                txt: Few::new(),
                txt_denied: false,
                host: None,
                holders: Few::new(),
            })
        });
        if !path.holders.contains(&request) {
            path.holders.push(request);
        }
    }

    /// One request less looks for it on a link.
    pub(super) fn release_path(
        &mut self,
        asker: &mut Asker,
        hosts: &mut Hosts,
        id: ServiceId,
        link: LinkId,
        request: RequestId,
    ) {
        let Some(service) = self.services.get_mut(id.0 as usize) else {
            return;
        };
        let Some(path) = service.paths.get_mut(&link) else {
            return;
        };
        path.holders.retain(|holder| *holder != request);
        if !path.holders.is_empty() {
            return;
        }
        if let Some(path) = service.paths.remove(&link) {
            asker.stop(path.queries.srv);
            asker.stop(path.queries.txt);
            if let Some(host) = path.host {
                hosts.release(asker, host, HostUser::Service(id));
            }
        }
        self.dirty.insert(id);
    }

    /// The links that a request looks for a service on.
    pub(super) fn paths_of(&self, id: ServiceId, request: RequestId) -> Vec<LinkId> {
        let Some(service) = self.services.get(id.0 as usize) else {
            return Vec::new();
        };
        let held = service
            .paths
            .iter()
            .filter(|(_, path)| path.holders.contains(&request));
        held.map(|(&link, _)| link).collect()
    }

    /// An SRV or TXT record came or went.
    pub(super) fn on_event(
        &mut self,
        now: Instant,
        asker: &mut Asker,
        hosts: &mut Hosts,
        id: ServiceId,
        event: &Event,
    ) {
        let Some(service) = self.services.get_mut(id.0 as usize) else {
            return;
        };
        let Some(path) = service.paths.get_mut(&event.link) else {
            return;
        };
        match &event.change {
            AnswerChange::Added(answer) => path.add(now, &answer.data, &mut self.rng),
            AnswerChange::Removed(answer, why) => {
                path.remove(now, &answer.data, &mut self.rng);
                service.why = *why;
            }
            AnswerChange::Denied => path.txt_denied |= event.query == path.queries.txt,
        }
        path.follow_host(now, asker, hosts, id, event.link);
        self.dirty.insert(id);
    }

    /// The addresses of a service's host have changed.
    pub(super) fn on_host_change(&mut self, id: ServiceId, why: Option<Removal>) {
        if let (Some(service), Some(why)) = (self.services.get_mut(id.0 as usize), why) {
            service.why = why;
        }
        self.dirty.insert(id);
    }

    /// Tells what has changed since the last call, to everyone who wants to know.
    pub(super) fn tell(&mut self, hosts: &Hosts, mut tell: impl FnMut(RequestId, News)) {
        while let Some(id) = self.dirty.pop_first() {
            let Some(service) = self.services.get_mut(id.0 as usize) else {
                continue;
            };
            let news = service.turn(hosts);
            for &request in &service.requests {
                let news = match self.newcomers.remove(&(id, request)) {
                    true => service.told.clone().map(News::Added),
                    false => news.clone(),
                };
                if let Some(news) = news {
                    tell(request, news);
                }
            }
        }
    }

    /// What a user who doubts a service doubts: its records, by link.
    pub(super) fn records(
        &self,
        hosts: &Hosts,
        instance: &InstanceName,
    ) -> Vec<(LinkId, Name, RData)> {
        let ids = self
            .by_name
            .get(instance.name())
            .map(Few::as_slice)
            .unwrap_or_default();
        let services = ids.iter().filter_map(|id| self.services.get(id.0 as usize));
        let paths = services.flat_map(|service| service.paths.iter());
        paths
            .flat_map(|(&link, path)| path.records(hosts, instance.name(), link))
            .collect()
    }

    fn make(&mut self, instance: &InstanceName, only: Option<LinkId>) -> ServiceId {
        let slot = self.services.insert(Resolving {
            instance: instance.clone(),
            only,
            paths: BTreeMap::new(),
            told: None,
            why: Removal::Expired,
            requests: Few::new(),
        });
        let id = ServiceId(id_of(slot));
        match self.by_name.get_mut(instance.name()) {
            Some(ids) => ids.push(id),
            None => self
                .by_name
                .insert(instance.name().clone(), Few::from_iter([id])),
        }
        id
    }

    /// Forgets a service that nobody wants; its paths were released before.
    fn remove(&mut self, id: ServiceId) {
        let Some(service) = self.services.try_remove(id.0 as usize) else {
            return;
        };
        let name = service.instance.name();
        if let Some(ids) = self.by_name.get_mut(name) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.by_name.remove(name);
            }
        }
        self.dirty.remove(&id);
    }
}

impl Resolving {
    /// Compares the state with the one that was told last; what is new is told now.
    fn turn(&mut self, hosts: &Hosts) -> Option<News> {
        let state = self.state(hosts);
        let news = match (self.told.take(), state) {
            (None, None) => return None,
            (None, Some(new)) => {
                let new = Arc::new(new);
                self.told = Some(Arc::clone(&new));
                News::Added(new)
            }
            (Some(old), None) => News::Removed(old, self.why),
            (Some(old), Some(new)) => {
                let diff = ServiceDiff::between(&old, &new);
                if diff.is_empty() {
                    self.told = Some(old);
                    return None;
                }
                let new = Arc::new(new);
                self.told = Some(Arc::clone(&new));
                News::Updated(new, diff)
            }
        };
        Some(news)
    }

    /// The state that the paths add up to: the first complete one says what the service is, all
    /// complete ones add their addresses.
    fn state(&self, hosts: &Hosts) -> Option<Service> {
        let mut service: Option<Service> = None;
        for path in self.paths.values() {
            let (Some(srv), Some(txt), Some(host)) = (path.targets.chosen(), path.txt(), path.host)
            else {
                continue;
            };
            let addresses = hosts.state(host).map(|state| state.addresses.as_slice());
            let addresses = addresses.unwrap_or_default();
            match &mut service {
                _ if addresses.is_empty() => {}
                Some(service) => service.addresses.extend_from_slice(addresses),
                None => {
                    service = Some(Service {
                        instance: self.instance.clone(),
                        host: srv.target.clone(),
                        port: srv.port,
                        priority: srv.priority,
                        weight: srv.weight,
                        txt,
                        addresses: addresses.to_vec(),
                    });
                }
            }
        }
        if let Some(service) = &mut service {
            service.addresses.sort_by_key(rank);
        }
        service
    }
}

impl Path {
    fn add(&mut self, now: Instant, data: &RData, rng: &mut Rng) {
        if let RData::Srv(srv) = data {
            self.targets.add(now, srv, rng);
        } else if let RData::Txt(txt) = data {
            self.txt.push(txt.clone());
            self.txt_denied = false;
        }
    }

    fn remove(&mut self, now: Instant, data: &RData, rng: &mut Rng) {
        if let RData::Srv(srv) = data {
            self.targets.remove(now, srv, rng);
        } else if let RData::Txt(txt) = data {
            self.txt.retain(|other| other != txt);
        }
    }

    /// The attributes, if they are known: those of the newest record, or none if there is none.
    //= https://www.rfc-editor.org/rfc/rfc6763#section-6.1
    //# DNS-SD
    //# clients MUST treat the following as equivalent:
    //#
    //# o  A TXT record containing a single zero byte.
    //#    (i.e., a single empty string.)
    //#
    //# o  An empty (zero-length) TXT record.
    //#    (This is not strictly legal, but should one be received, it should
    //#    be interpreted as the same as a single empty string.)
    //#
    //# o  No TXT record.
    //#    (i.e., an NXDOMAIN or no-error-no-answer response.)
    fn txt(&self) -> Option<Txt> {
        match self.txt.last() {
            Some(txt) => Some(Txt::from_data(txt.clone())),
            None => self.txt_denied.then(Txt::empty),
        }
    }

    /// Looks up the host that the chosen SRV record names, and no other.
    fn follow_host(
        &mut self,
        now: Instant,
        asker: &mut Asker,
        hosts: &mut Hosts,
        id: ServiceId,
        link: LinkId,
    ) {
        let target = self.targets.chosen().map(|srv| &srv.target);
        let current = self.host.and_then(|host| hosts.name(host));
        if target == current {
            return;
        }
        let user = HostUser::Service(id);
        let scope = (Some(link), AddressFamilies::BOTH);
        let next = target.map(|target| hosts.acquire(now, asker, target, scope, user));
        if let Some(previous) = core::mem::replace(&mut self.host, next) {
            hosts.release(asker, previous, user);
        }
    }

    fn records(&self, hosts: &Hosts, name: &Name, link: LinkId) -> Vec<(LinkId, Name, RData)> {
        let srv = self.targets.iter().cloned().map(RData::Srv);
        let txt = self.txt.iter().cloned().map(RData::Txt);
        let own = srv.chain(txt).map(|data| (link, name.clone(), data));
        let host = self
            .host
            .and_then(|host| Some((hosts.name(host)?, hosts.state(host)?)));
        let addresses = host.into_iter().flat_map(|(name, state)| {
            state.addresses.iter().map(move |address| {
                let data = match address.ip {
                    core::net::IpAddr::V4(ip) => RData::A(ip),
                    core::net::IpAddr::V6(ip) => RData::Aaaa(ip),
                };
                (link, name.clone(), data)
            })
        });
        own.chain(addresses).collect()
    }
}
