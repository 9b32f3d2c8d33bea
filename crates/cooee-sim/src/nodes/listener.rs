//! The agent on a simulated host, and what its user has learned.
//!
//! In:  requests of a user.
//! Out: the agent's events, stored with their times, and the resulting state.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use cooee_proto::dnssd::event::{
    AgentEvent, DiscoveryEvent, HostState, News, PublicationEvent, RequestId,
};
use cooee_proto::dnssd::instance_name::InstanceName;
use cooee_proto::dnssd::service::Service;
use cooee_proto::dnssd::service_type::ServiceType;
use cooee_proto::link::{LinkChange, LinkId};
use cooee_proto::stats::Stats;
use cooee_proto::time::Instant;
use cooee_proto::transmit::{Datagram, Delivery, Transmit, Verdict};
use cooee_proto::{AddressFamilies, Agent, BrowseOptions, Config, Query, Removal};
use cooee_wire::{Name, RData, RecordType};

use crate::Setup;
use crate::node::{Node, Outgoing};

/// Runs an [`Agent`] and stores its events.
///
/// It panics if events contradict each other: something added that already exists, removed or
/// updated that does not, a service without an address, an event of a request that was stopped.
pub struct Listener {
    agent: Agent,
    news: Vec<(Instant, AgentEvent)>,
    learned: BTreeMap<RequestId, Learned>,
    stopped: BTreeSet<RequestId>,
    verdicts: Vec<Verdict>,
}

/// What one request has found and not lost again.
#[derive(Default)]
struct Learned {
    instances: Vec<InstanceName>,
    services: Vec<Arc<Service>>,
    types: Vec<ServiceType>,
    records: Vec<(LinkId, Name, RData)>,
    host: HostState,
    host_names: Vec<Name>,
    updates: usize,
    denials: usize,
    removal: Option<(Instant, Removal)>,
}

impl Listener {
    /// Returns a listener with the default configuration.
    pub fn new(setup: Setup<'_>) -> Self {
        Self::with(setup, Config::default())
    }

    /// Returns a listener with a configuration.
    pub fn with(setup: Setup<'_>, config: Config) -> Self {
        Self {
            agent: Agent::new(config, setup.seed, setup.now),
            news: Vec::new(),
            learned: BTreeMap::new(),
            stopped: BTreeSet::new(),
            verdicts: Vec::new(),
        }
    }

    /// Returns the agent, for what this type has no method for.
    pub fn agent(&mut self) -> &mut Agent {
        &mut self.agent
    }

    /// Browses a type such as `_http._tcp` on all links and resolves what is found.
    ///
    /// # Panics
    /// Panics if `service_type` is not a service type.
    pub fn browse(&mut self, now: Instant, service_type: &str) -> RequestId {
        let service_type: ServiceType = service_type.parse().expect("a service type");
        let options = BrowseOptions {
            resolve: true,
            ..BrowseOptions::default()
        };
        self.agent.browse(now, &service_type, options)
    }

    /// Resolves an instance of a type on all links.
    ///
    /// # Panics
    /// Panics if there can be no such instance.
    pub fn resolve(&mut self, now: Instant, instance: &str, service_type: &str) -> RequestId {
        self.agent
            .resolve(now, &instance_name(instance, service_type), None)
    }

    /// Looks up the addresses of a host on all links.
    pub fn lookup_host(&mut self, now: Instant, name: &Name) -> RequestId {
        self.agent
            .lookup_host(now, name, AddressFamilies::BOTH, None)
    }

    /// Looks up the names of an address on all links.
    pub fn lookup_addr(&mut self, now: Instant, ip: IpAddr) -> RequestId {
        self.agent.lookup_addr(now, ip, None)
    }

    /// Looks for service types on all links.
    pub fn browse_types(&mut self, now: Instant) -> RequestId {
        self.agent.browse_types(now, None)
    }

    /// Asks for records on all links.
    pub fn query(&mut self, now: Instant, name: Name, rtype: RecordType) -> RequestId {
        self.agent.query(
            now,
            Query {
                name,
                rtype,
                link: None,
            },
        )
    }

    /// Ends a request; any later event of it is a fault.
    pub fn stop(&mut self, now: Instant, request: RequestId) {
        self.agent.stop(now, request);
        self.stopped.insert(request);
    }

    /// Reconfirms a service.
    ///
    /// # Panics
    /// Panics if there can be no such instance.
    pub fn reconfirm(&mut self, now: Instant, instance: &str, service_type: &str) {
        self.agent
            .reconfirm(now, &instance_name(instance, service_type));
    }

    /// Returns every event, with its time.
    pub fn news(&self) -> &[(Instant, AgentEvent)] {
        &self.news
    }

    /// Returns the instances that a browse knows.
    pub fn instances(&self, request: RequestId) -> Vec<InstanceName> {
        self.learned(request, |learned| learned.instances.clone())
    }

    /// Returns the services that a browse or a resolve knows.
    pub fn services(&self, request: RequestId) -> Vec<Arc<Service>> {
        self.learned(request, |learned| learned.services.clone())
    }

    /// Returns how many services a browse or a resolve knows.
    pub fn service_count(&self, request: RequestId) -> usize {
        self.learned(request, |learned| learned.services.len())
    }

    /// Returns the types that an enumeration knows.
    pub fn types(&self, request: RequestId) -> Vec<ServiceType> {
        self.learned(request, |learned| learned.types.clone())
    }

    /// Returns the data of the records that a query knows, of all links and owners.
    pub fn records(&self, request: RequestId) -> Vec<RData> {
        self.learned(request, |learned| {
            learned
                .records
                .iter()
                .map(|(_, _, data)| data.clone())
                .collect()
        })
    }

    /// Returns the records that a query knows, each with its link.
    pub fn linked_records(&self, request: RequestId) -> Vec<(LinkId, RData)> {
        self.learned(request, |learned| {
            learned
                .records
                .iter()
                .map(|(link, _, data)| (*link, data.clone()))
                .collect()
        })
    }

    /// Returns what a host look-up knows.
    pub fn host(&self, request: RequestId) -> HostState {
        self.learned(request, |learned| learned.host.clone())
    }

    /// Returns what a reverse look-up knows.
    pub fn host_names(&self, request: RequestId) -> Vec<Name> {
        self.learned(request, |learned| learned.host_names.clone())
    }

    /// Returns how many updates of services a request received.
    pub fn updates(&self, request: RequestId) -> usize {
        self.learned(request, |learned| learned.updates)
    }

    /// Returns how many denials a query received.
    pub fn denials(&self, request: RequestId) -> usize {
        self.learned(request, |learned| learned.denials)
    }

    /// Returns when and why a request last lost a record or a service, if ever.
    pub fn removal(&self, request: RequestId) -> Option<(Instant, Removal)> {
        self.learned(request, |learned| learned.removal)
    }

    /// Returns the verdict on each datagram heard.
    pub fn verdicts(&self) -> &[Verdict] {
        &self.verdicts
    }

    /// Returns the agent's counters.
    pub fn stats(&self) -> Stats {
        self.agent.stats()
    }

    fn learned<T: Default>(&self, request: RequestId, pick: impl FnOnce(&Learned) -> T) -> T {
        self.learned.get(&request).map(pick).unwrap_or_default()
    }
}

impl Learned {
    fn learn(&mut self, now: Instant, news: &DiscoveryEvent) {
        match news {
            DiscoveryEvent::Found(instance) => add(&mut self.instances, instance.clone()),
            DiscoveryEvent::Lost(instance, _) => {
                take(&mut self.instances, |known| known == instance)
            }
            DiscoveryEvent::Added(service) => {
                let same = |known: &Arc<Service>| known.instance == service.instance;
                assert!(!self.services.iter().any(same), "{service:?} added twice");
                assert!(
                    !service.addresses.is_empty(),
                    "{service:?} without an address"
                );
                self.services.push(Arc::clone(service));
            }
            DiscoveryEvent::Updated(service, diff) => {
                assert!(!diff.is_empty(), "an update of nothing");
                assert!(
                    !service.addresses.is_empty(),
                    "{service:?} without an address"
                );
                take(&mut self.services, |known| {
                    known.instance == service.instance
                });
                self.services.push(Arc::clone(service));
                self.updates += 1;
            }
            DiscoveryEvent::Removed(service, why) => {
                take(&mut self.services, |known| known == service);
                self.removal = Some((now, *why));
            }
            DiscoveryEvent::Host(state) => self.host = state.clone(),
            DiscoveryEvent::TypeFound(service_type) => add(&mut self.types, service_type.clone()),
            DiscoveryEvent::TypeLost(service_type) => {
                take(&mut self.types, |known| known == service_type)
            }
            DiscoveryEvent::HostNames(names) => self.host_names.clone_from(names),
            DiscoveryEvent::RecordAdded(link, answer) => {
                add(
                    &mut self.records,
                    (*link, answer.name.clone(), answer.data.clone()),
                );
            }
            DiscoveryEvent::RecordRemoved(link, answer, why) => {
                let gone = (*link, answer.name.clone(), answer.data.clone());
                take(&mut self.records, |known| *known == gone);
                self.removal = Some((now, *why));
            }
            DiscoveryEvent::Denied(..) => self.denials += 1,
            DiscoveryEvent::Unavailable(_) => {}
        }
    }
}

impl Node for Listener {
    fn handle_datagram(&mut self, now: Instant, datagram: Datagram<'_>) {
        let verdict = self.agent.handle_datagram(now, datagram);
        self.verdicts.push(verdict);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.agent.handle_timeout(now);
    }

    fn handle_link(&mut self, now: Instant, change: LinkChange) {
        self.agent.handle_link(now, change);
    }

    fn poll_transmit(&mut self, now: Instant, buf: &mut Vec<u8>) -> Option<Outgoing> {
        self.agent.poll_transmit(now, buf).map(Outgoing::from)
    }

    fn handle_transmit(&mut self, now: Instant, transmit: Transmit, delivery: Delivery) {
        self.agent.handle_transmit(now, transmit, delivery);
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.agent.poll_timeout().map(|deadline| deadline.at)
    }

    fn drain_events(&mut self, now: Instant, sink: &mut dyn FnMut(String)) {
        while let Some(event) = self.agent.poll_event() {
            let request = event.request;
            // What was sent for a withdrawal is known only after it.
            let is_last = matches!(
                event.news,
                News::Publication(PublicationEvent::Withdrawn(_))
            );
            assert!(
                is_last || !self.stopped.contains(&request),
                "{event:?} of a request that was stopped"
            );
            if let News::Discovery(news) = &event.news {
                self.learned.entry(request).or_default().learn(now, news);
            }
            sink(format!("{request:?} {:?}", event.news));
            self.news.push((now, event));
        }
    }
}

fn instance_name(instance: &str, service_type: &str) -> InstanceName {
    let service_type = service_type.parse().expect("a service type");
    InstanceName::new(instance, &service_type).expect("an instance name")
}

fn add<T: PartialEq + std::fmt::Debug>(known: &mut Vec<T>, new: T) {
    assert!(!known.contains(&new), "{new:?} added twice");
    known.push(new);
}

fn take<T: std::fmt::Debug>(known: &mut Vec<T>, which: impl Fn(&T) -> bool) {
    let at = known.iter().position(which);
    let at = at.unwrap_or_else(|| panic!("removed or updated what is not among {known:?}"));
    known.remove(at);
}
