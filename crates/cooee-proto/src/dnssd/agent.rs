//! The agent: DNS-SD requests on top of the engine, with the engine's methods.
//!
//! In:  the engine's inputs, and requests of the user.
//! Out: the engine's outputs; its events in terms of services, hosts and types. RFC 6763 sections 4
//!      (browsing), 5 and 6 (resolving), 9 (type enumeration).

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

use cooee_wire::{Name, RData, RecordType};

use super::asker::{Querying, Role};
#[cfg(doc)]
use super::event::DiscoveryEvent;
use super::event::{AgentEvent, News, PublicationEvent, RequestId};
use super::host::{AddressFamilies, HostLookups};
use super::host_users::HostUser;
use super::ids::{HostId, ServiceId};
use super::instance_name::InstanceName;
use super::name_map::Presence;
use super::nfc;
use super::publish::Publisher;
use super::request::{Browse, BrowseOptions, Instances, Listed, Request, Requests, reverse_name};
use super::resolve::Services;
use super::service_type::{ServiceType, service_types};
use super::srv_choice::SourceId;
use crate::collections::{Queue, SmallList};
use crate::config::Config;
use crate::engine::Engine;
use crate::event::{CachedAnswer, Notice, Query, Removal};
use crate::link::{LinkChange, LinkId};
use crate::ordered::{OrderedMap, OrderedSet};
use crate::queries::Types;
use crate::rng::Rng;
use crate::stats::Stats;
use crate::time::{Duration, Instant};
use crate::transmit::{Datagram, Deadline, Delivery, Transmit, Verdict};

/// The DNS-SD engine: browses, resolves and looks up, on top of an [`Engine`].
///
/// Every request runs until [`stop`](Self::stop); its results come from
/// [`poll_event`](Self::poll_event). The driver treats it like the engine.
pub struct Agent {
    pub(super) asker: Querying,
    pub(super) requests: Requests,
    /// The requests that publish something, or did until its name was lost.
    pub(super) publishing: BTreeSet<RequestId>,
    pub(super) services: Services,
    pub(super) hosts: HostLookups,
    pub(super) publisher: Publisher,
    pub(super) events: Queue<AgentEvent>,
    next_request: u64,
    key: u64,
    pub(super) instances_max: usize,
    /// Browses that again have room for instances that were left out.
    pub(super) with_room: Vec<RequestId>,
    /// Hosts whose users have to hear of a change, and why an address was last removed.
    pub(super) changed_hosts: OrderedMap<HostId, Option<Removal>>,
    /// Requests for the names of an address that have to hear of a change.
    pub(super) changed_names: OrderedSet<RequestId>,
}

/// Shows the engine's settings and counters, not the tables.
impl fmt::Debug for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Agent")
            .field("engine", &self.asker.engine)
            .field("requests", &self.requests.len())
            .field("publishing", &self.publishing.len())
            .finish_non_exhaustive()
    }
}

impl Agent {
    /// Creates an agent. The same seed and the same inputs give the same packets and events.
    pub fn new(config: Config, seed: u64, now: Instant) -> Self {
        let mut rng = Rng::new(seed);
        let key = rng.seed();
        let instances_max = config.limits.instances_per_browse_max;
        Self {
            asker: Querying::new(Engine::new(config, rng.seed(), now)),
            requests: Requests::default(),
            publishing: BTreeSet::new(),
            services: Services::new(key, rng.seed()),
            hosts: HostLookups::new(key),
            publisher: Publisher::default(),
            events: Queue::default(),
            next_request: 0,
            key,
            instances_max,
            with_room: Vec::new(),
            changed_hosts: OrderedMap::default(),
            changed_names: OrderedSet::default(),
        }
    }

    /// Handles a datagram that a socket has received.
    pub fn handle_datagram(&mut self, now: Instant, datagram: Datagram<'_>) -> Verdict {
        self.handle_late_datagram(now, Duration::ZERO, datagram)
    }

    /// Handles a datagram that has waited to be read; see [`Engine::handle_late_datagram`].
    pub fn handle_late_datagram(
        &mut self,
        now: Instant,
        age: Duration,
        datagram: Datagram<'_>,
    ) -> Verdict {
        let engine = &mut self.asker.engine;
        let verdict = engine.handle_late_datagram(now, age, datagram);
        self.services.heard_from = SourceId::of(datagram.source.ip());
        self.settle(now);
        self.services.heard_from = SourceId::default();
        verdict
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.asker.engine.handle_timeout(now);
        self.publisher.catch_up(now, &mut self.asker.engine);
        self.settle(now);
        for (request, news) in self.publisher.on_timeout(now) {
            self.tell(request, news);
        }
    }

    /// Handles a change of the host's links.
    pub fn handle_link(&mut self, now: Instant, change: LinkChange) {
        let came_up = match &change {
            LinkChange::Up { link, .. } => Some(*link),
            LinkChange::Down { .. } | LinkChange::Missed { .. } | LinkChange::Resumed => None,
        };
        self.asker.engine.handle_link(now, change);
        for (request, news) in self.publisher.on_links_changed(now, &mut self.asker.engine) {
            self.tell(request, news);
        }
        self.settle(now);
        if let Some(link) = came_up {
            self.resolve_on(now, link);
            self.settle(now);
        }
    }

    /// Looks for the instances of a service type.
    ///
    /// Tells [`DiscoveryEvent::Found`] and [`DiscoveryEvent::Lost`]; with [`BrowseOptions::resolve`] also
    /// [`DiscoveryEvent::Added`], [`DiscoveryEvent::Updated`] and [`DiscoveryEvent::Removed`].
    pub fn browse(
        &mut self,
        now: Instant,
        service_type: &ServiceType,
        options: BrowseOptions,
    ) -> RequestId {
        let request = self.request();
        let name = match &options.subtype {
            Some(subtype) => service_type.subtype_name(&nfc::subtype(subtype)),
            None => service_type.name().clone(),
        };
        let role = Role::Instances(request);
        let query = self
            .asker
            .ask(now, &name, Types::one(RecordType::PTR), options.link, role);
        let browse = Browse {
            name,
            service_type: service_type.clone(),
            resolve: options.resolve,
            only: options.link,
            query,
            found: match options.resolve {
                true => Instances::Resolved(0),
                false => Instances::Named(Presence::new(self.key)),
            },
            passed_over: false,
        };
        self.start(now, request, Request::Browse(Box::new(browse)))
    }

    /// Resolves one instance, and follows it: by its name as it is, and with its accents joined to
    /// their letters or apart from them, where those are other names.
    ///
    /// Tells [`DiscoveryEvent::Added`], [`DiscoveryEvent::Updated`] and [`DiscoveryEvent::Removed`].
    pub fn resolve(
        &mut self,
        now: Instant,
        instance: &InstanceName,
        link: Option<LinkId>,
    ) -> RequestId {
        let request = self.request();
        let forms = nfc::forms(instance.name());
        let instances = forms.iter().filter_map(InstanceName::from_name);
        let services: SmallList<ServiceId, 1> = instances
            .map(|form| self.services.join(&form, link, request))
            .collect();
        for up in self.links(link) {
            for &service in &services {
                self.services
                    .hold_path(now, &mut self.asker, service, up, request);
            }
        }
        let resolve = Request::Resolve {
            services,
            only: link,
        };
        self.start(now, request, resolve)
    }

    /// Looks for the addresses of a host, and follows them. Tells [`DiscoveryEvent::Host`]. The name is asked
    /// for as an instance's is by [`resolve`](Self::resolve).
    pub fn lookup_host(
        &mut self,
        now: Instant,
        name: &Name,
        families: AddressFamilies,
        link: Option<LinkId>,
    ) -> RequestId {
        let request = self.request();
        let user = HostUser::Lookup(request);
        let forms = nfc::forms(name);
        let scope = (link, families);
        let hosts = forms
            .iter()
            .map(|form| self.hosts.acquire(now, &mut self.asker, form, scope, user))
            .collect();
        self.start(
            now,
            request,
            Request::Host {
                hosts,
                reported: None,
            },
        )
    }

    /// Looks for the names of an address, and follows them. Tells [`DiscoveryEvent::HostNames`].
    pub fn lookup_addr(&mut self, now: Instant, ip: IpAddr, link: Option<LinkId>) -> RequestId {
        let request = self.request();
        let role = Role::HostNames(request);
        let query = self.asker.ask(
            now,
            &reverse_name(ip),
            Types::one(RecordType::PTR),
            link,
            role,
        );
        let seen = Presence::new(self.key);
        self.start(now, request, Request::HostNames { query, seen })
    }

    /// Looks for the service types that there are. Tells [`DiscoveryEvent::TypeFound`] and
    /// [`DiscoveryEvent::TypeLost`].
    //= https://www.rfc-editor.org/rfc/rfc6763#section-9
    //# For this purpose, a special meta-query is defined.  A DNS query for
    //# PTR records with the name "_services._dns-sd._udp.<Domain>" yields a
    //# set of PTR records, where the rdata of each PTR record is the two-
    //# label <Service> name, plus the same domain, e.g.,
    //# "_http._tcp.<Domain>".
    pub fn browse_types(&mut self, now: Instant, link: Option<LinkId>) -> RequestId {
        let request = self.request();
        let name = service_types();
        let query = self.asker.ask(
            now,
            &name,
            Types::one(RecordType::PTR),
            link,
            Role::Types(request),
        );
        let types = Request::Types {
            query,
            seen: Presence::new(self.key),
            listed: Box::new(Listed::new(self.key)),
        };
        self.start(now, request, types)
    }

    /// Asks for records of any name and type. Tells [`DiscoveryEvent::RecordAdded`],
    /// [`DiscoveryEvent::RecordRemoved`] and [`DiscoveryEvent::Denied`]. The name is asked for as an instance's is by
    /// [`resolve`](Self::resolve).
    pub fn query(&mut self, now: Instant, query: Query) -> RequestId {
        let request = self.request();
        let role = Role::Records(request, query.rtype);
        let forms = nfc::forms(&query.name);
        let queries = forms
            .iter()
            .map(|form| {
                self.asker
                    .ask(now, form, Types::one(query.rtype), query.link, role)
            })
            .collect();
        self.start(now, request, Request::Records { queries })
    }

    /// Returns the records of a name and type that are in the cache, each with its age; see
    /// [`Engine::cached`].
    pub fn cached(
        &self,
        now: Instant,
        name: &Name,
        rtype: RecordType,
    ) -> impl Iterator<Item = CachedAnswer> + '_ {
        self.asker.engine.cached(now, name, rtype)
    }

    /// Ends a request. Events of it that were not polled yet are dropped. What it publishes is
    /// withdrawn, which [`PublicationEvent::Withdrawn`] tells of.
    pub fn stop(&mut self, now: Instant, request: RequestId) {
        if self.publishing.contains(&request) {
            self.withdraw(now, &[request]);
            return;
        }
        let Some(ended) = self.requests.remove(request) else {
            return;
        };
        match ended {
            Request::Browse(browse) => self.stop_browse(request, &browse),
            Request::Resolve { services, .. } => {
                for service in services {
                    self.stop_resolve(request, service);
                }
            }
            Request::Host { hosts, .. } => {
                for host in hosts {
                    self.hosts
                        .release(&mut self.asker, host, HostUser::Lookup(request));
                }
            }
            Request::HostNames { query, .. } | Request::Types { query, .. } => {
                self.asker.stop(query);
            }
            Request::Records { queries } => {
                queries.into_iter().for_each(|query| self.asker.stop(query))
            }
        }
        self.settle(now);
    }

    /// Withdraws what several requests publish, together: each ends, and [`PublicationEvent::Withdrawn`] tells
    /// of the first what was sent for all of them.
    pub fn withdraw(&mut self, now: Instant, requests: &[RequestId]) {
        for request in requests {
            self.publishing.remove(request);
        }
        let engine = &mut self.asker.engine;
        self.publisher.withdraw(now, engine, requests);
        self.settle(now);
    }

    /// Re-verifies a service that its user could not reach. Its records are asked for, and removed
    /// if nobody confirms them within 10 s.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-10.4
    //# The software implementing the Multicast DNS resource record cache
    //# should provide a mechanism so that clients detecting stale rdata can
    //# inform the cache.
    pub fn reconfirm(&mut self, now: Instant, instance: &InstanceName) {
        let known = self
            .services
            .records(&self.hosts, &self.asker.engine, instance);
        for (link, name, data) in known {
            self.asker.engine.reconfirm(now, link, &name, &data);
        }
        let links = self.links(None);
        for link in links {
            self.doubt_instance(now, link, instance);
        }
        self.settle(now);
    }

    /// Returns the engine's counters.
    pub fn stats(&self) -> Stats {
        self.asker.engine.stats()
    }

    /// Returns the next event.
    pub fn poll_event(&mut self) -> Option<AgentEvent> {
        while let Some(event) = self.events.pop_front() {
            let is_last = matches!(
                event.news,
                News::Publication(PublicationEvent::Withdrawn(_))
            );
            let runs =
                self.requests.contains(event.request) || self.publishing.contains(&event.request);
            if is_last || runs {
                return Some(event);
            }
        }
        let request = self.publisher.poll_announced(&mut self.asker.engine)?;
        let news = PublicationEvent::Announced.into();
        Some(AgentEvent { request, news })
    }

    /// Returns the next notice for the log.
    pub fn poll_notice(&mut self) -> Option<Notice> {
        self.asker.engine.poll_notice()
    }

    /// Writes the next packet to send into `buf`, and returns its destination.
    pub fn poll_transmit(&mut self, now: Instant, buf: &mut Vec<u8>) -> Option<Transmit> {
        self.asker.engine.poll_transmit(now, buf)
    }

    /// Takes the result of sending a packet; see [`Engine::handle_transmit`].
    pub fn handle_transmit(&mut self, now: Instant, transmit: Transmit, delivery: Delivery) {
        self.asker.engine.handle_transmit(now, transmit, delivery);
        if self.asker.engine.has_events() {
            self.settle(now);
        }
        if self.asker.engine.has_claim_event() {
            self.settle(now);
        }
    }

    /// Returns when to call [`handle_timeout`](Self::handle_timeout). Then drain
    /// [`poll_transmit`](Self::poll_transmit) and [`poll_event`](Self::poll_event). What is due to
    /// be sent stays due until it is drained.
    pub fn poll_timeout(&self) -> Option<Deadline> {
        let all = [
            self.asker.engine.poll_timeout(),
            self.publisher.next_deadline(),
            self.services.next_deadline(),
        ];
        all.into_iter().flatten().min_by_key(|deadline| deadline.at)
    }

    pub(super) fn tell(&mut self, request: RequestId, news: impl Into<News>) {
        let news = news.into();
        self.events.push_back(AgentEvent { request, news });
    }

    /// Reconfirms the PTR records by which browses know an instance.
    pub(super) fn doubt_instance(&mut self, now: Instant, link: LinkId, instance: &InstanceName) {
        let data = RData::Ptr(instance.name().clone());
        for (id, request) in self.requests.iter() {
            let Request::Browse(browse) = request else {
                continue;
            };
            let is_found = match &browse.found {
                Instances::Named(names) => names.contains(instance.name()),
                Instances::Resolved(_) => {
                    let service = self.services.found_by(instance, browse.only, id);
                    service.is_some()
                }
            };
            if is_found {
                self.asker.engine.reconfirm(now, link, &browse.name, &data);
            }
        }
    }

    pub(super) fn request(&mut self) -> RequestId {
        self.next_request = self.next_request.wrapping_add(1);
        RequestId(self.next_request)
    }

    pub(super) fn start(&mut self, now: Instant, id: RequestId, request: Request) -> RequestId {
        self.requests.insert(id, request);
        self.settle(now);
        self.tell_host(id);
        id
    }

    fn links(&self, only: Option<LinkId>) -> Vec<LinkId> {
        let all = self.asker.engine.links().map(|(link, _)| link);
        all.filter(|link| only.is_none_or(|only| only == *link))
            .collect()
    }

    /// Looks on a link that came up for the services that are resolved without browsing.
    fn resolve_on(&mut self, now: Instant, link: LinkId) {
        for (id, request) in self.requests.iter() {
            if let Request::Resolve { services, only } = request {
                let wanted = only.is_none_or(|only| only == link);
                for &service in services.iter().filter(|_| wanted) {
                    self.services
                        .hold_path(now, &mut self.asker, service, link, id);
                }
            }
        }
    }

    fn stop_resolve(&mut self, request: RequestId, service: ServiceId) {
        for link in self.services.paths_of(service, request) {
            let hosts = &mut self.hosts;
            self.services
                .release_path(&mut self.asker, hosts, service, link, request);
        }
        self.services.leave(service, request);
    }

    fn stop_browse(&mut self, request: RequestId, browse: &Browse) {
        self.asker.stop(browse.query);
        for service in self.services.of_request(request) {
            self.stop_resolve(request, service);
        }
    }
}

#[cfg(test)]
mod tests;
