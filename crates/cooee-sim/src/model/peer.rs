//! A host that runs the agent: it browses, and publishes services under names it has to claim.
//!
//! In:  requests of its user; a flaw, in tests that show that flaws are found.
//! Out: what it knows, and which names it holds since when.

use std::collections::BTreeMap;
use std::sync::Arc;

use cooee_proto::dnssd::event::{AgentEvent, News, PublicationEvent, RequestId};
use cooee_proto::dnssd::instance_name::InstanceName;
use cooee_proto::dnssd::service::Service;
use cooee_proto::dnssd::txt::Txt;
use cooee_proto::dnssd::{HostSpec, ServiceSpec};
use cooee_proto::link::LinkChange;
use cooee_proto::time::Instant;
use cooee_proto::transmit::{Datagram, Delivery, Route, Transmit};
use cooee_proto::{Config, Limits};
use cooee_wire::{Name, Ttl};

use crate::node::Outgoing;
use crate::nodes::Listener;
use crate::{Node, Setup};

/// An agent with its user's view of what it publishes.
pub(super) struct Peer {
    pub(super) listener: Listener,
    /// The names of services that are won, and since when.
    pub(super) services: BTreeMap<RequestId, (InstanceName, Instant)>,
    /// The host name, once it is won.
    pub(super) host: Option<(Name, Instant)>,
    seen: usize,
    flaw: Option<Box<dyn Flaw>>,
}

/// Code between an agent and the world that spoils something: a broken engine.
pub(super) trait Flaw {
    /// Spoils the limits that the agent keeps to.
    fn limits(&self, _limits: &mut Limits) {}

    /// Returns whether a datagram reaches the agent.
    fn hears(&mut self, _now: Instant, _datagram: &Datagram<'_>) -> bool {
        true
    }

    /// Returns whether a message of the agent is dropped, although the agent gets the report that
    /// it left.
    fn keeps(&mut self, _now: Instant, _bytes: &[u8]) -> bool {
        false
    }

    /// Changes the reported result of a message.
    fn reports(&self, delivery: Delivery) -> Delivery {
        delivery
    }

    /// Inspects what the agent sends, and may change its destination.
    fn says(&mut self, _now: Instant, _route: &mut Route, _bytes: &[u8]) {}

    /// Sends something that the agent does not.
    fn adds(&mut self, _now: Instant) -> Option<(Route, Vec<u8>)> {
        None
    }

    /// Returns when it wants to be woken.
    fn wakes(&self) -> Option<Instant> {
        None
    }

    /// Returns whether a change of attributes reaches the agent.
    fn updates(&self) -> bool {
        true
    }

    /// Looks at the services that a user is shown, and may change them.
    fn shows(&self, _services: &mut [Arc<Service>]) {}

    /// Manipulates the agent before each datagram.
    fn meddles(&mut self, _now: Instant, _listener: &mut Listener) {}
}

impl Peer {
    pub(super) fn new(setup: Setup<'_>, flaw: Option<Box<dyn Flaw>>) -> Self {
        let mut config = Config::default();
        config.limits = limits();
        if let Some(flaw) = &flaw {
            flaw.limits(&mut config.limits);
        }
        Self {
            listener: Listener::with(setup, config),
            services: BTreeMap::new(),
            host: None,
            seen: 0,
            flaw,
        }
    }

    pub(super) fn publish(&mut self, now: Instant, spec: ServiceSpec) -> RequestId {
        let published = self.listener.agent().publish_service(now, spec);
        published.expect("a renamed service always finds a name")
    }

    pub(super) fn retext(&mut self, now: Instant, request: RequestId, txt: Txt) {
        if self.flaw.as_ref().is_none_or(|flaw| flaw.updates()) {
            let updated = self.listener.agent().update_txt(now, request, txt);
            updated.expect("it is published");
        }
    }

    pub(super) fn report(&mut self, now: Instant, request: RequestId, port: u16) {
        let agent = self.listener.agent();
        let updated = agent.update_service(now, request, |spec| spec.port = port);
        updated.expect("it is published");
    }

    /// Returns the services that a search shows.
    pub(super) fn services(&self, browse: RequestId) -> Vec<Arc<Service>> {
        let mut services = self.listener.services(browse);
        if let Some(flaw) = &self.flaw {
            flaw.shows(&mut services);
        }
        services
    }

    /// Withdraws a service; with the last one the host goes.
    pub(super) fn withdraw(&mut self, now: Instant, request: RequestId, is_last: bool) {
        self.listener.agent().stop(now, request);
        self.services.remove(&request);
        if is_last {
            self.host = None;
        }
    }

    fn hear(&mut self, at: Instant, event: &AgentEvent) {
        // What is heard of others is the listener's business.
        let News::Publication(news) = &event.news else {
            return;
        };
        match news {
            PublicationEvent::Registered(name) => {
                self.services.insert(event.request, (name.clone(), at));
            }
            PublicationEvent::Renamed { .. } => {
                self.services.remove(&event.request);
            }
            PublicationEvent::HostRegistered(name) => self.host = Some((name.clone(), at)),
            PublicationEvent::HostRenamed { .. } => self.host = None,
            PublicationEvent::UpdateDelayed { .. }
            | PublicationEvent::Waiting { .. }
            | PublicationEvent::WaitingOver { .. }
            | PublicationEvent::Announced
            | PublicationEvent::Withdrawn(_)
            | PublicationEvent::RecordsRegistered
            | PublicationEvent::Nameless(_)
            | PublicationEvent::NameTaken(_) => {}
        }
    }
}

impl Node for Peer {
    fn handle_datagram(&mut self, now: Instant, datagram: Datagram<'_>) {
        if let Some(flaw) = &mut self.flaw {
            if !flaw.hears(now, &datagram) {
                return;
            }
            flaw.meddles(now, &mut self.listener);
        }
        self.listener.handle_datagram(now, datagram);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.listener.handle_timeout(now);
    }

    fn handle_link(&mut self, now: Instant, change: LinkChange) {
        self.listener.handle_link(now, change);
    }

    fn poll_transmit(&mut self, now: Instant, buf: &mut Vec<u8>) -> Option<Outgoing> {
        let Some(flaw) = &mut self.flaw else {
            return self.listener.poll_transmit(now, buf);
        };
        while let Some(mut outgoing) = self.listener.poll_transmit(now, buf) {
            if !flaw.keeps(now, buf.as_slice()) {
                flaw.says(now, &mut outgoing.route, buf.as_slice());
                return Some(outgoing);
            }
            if let Some(report) = outgoing.report {
                self.listener.handle_transmit(now, report, Delivery::LEFT);
            }
            buf.clear();
        }
        let (route, bytes) = flaw.adds(now)?;
        buf.extend(bytes);
        Some(route.into())
    }

    fn handle_transmit(&mut self, now: Instant, transmit: Transmit, delivery: Delivery) {
        let delivery = self
            .flaw
            .as_ref()
            .map_or(delivery, |flaw| flaw.reports(delivery));
        self.listener.handle_transmit(now, transmit, delivery);
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let own = self.listener.poll_timeout();
        let Some(flaw) = &self.flaw else {
            return own;
        };
        [own, flaw.wakes()].into_iter().flatten().min()
    }

    fn drain_events(&mut self, now: Instant, sink: &mut dyn FnMut(String)) {
        self.listener.drain_events(now, sink);
        let new = self.listener.news()[self.seen..].to_vec();
        self.seen += new.len();
        for (at, event) in new {
            self.hear(at, &event);
        }
    }
}

/// Returns a port that no other service has: equal records would be no conflict.
pub(super) fn port_of(peer: usize, port: u16) -> u16 {
    let first = u16::try_from(peer).unwrap_or(0) << 14;
    first | (port % (1 << 14))
}

/// Returns a service of a peer, before it has won a name.
pub(super) fn spec(label: &str, host: &str, port: u16, txt: u8) -> ServiceSpec {
    let host = HostSpec::own(host.parse().expect("a host name"));
    let service_type = super::TYPE.parse().expect("a service type");
    let mut spec = ServiceSpec::new(label, service_type, port, host);
    spec.txt = text(txt);
    spec.ttls.host = super::TTL_HOST;
    spec.ttls.other = super::TTL_OTHER;
    spec
}

pub(super) fn text(number: u8) -> Txt {
    Txt::from_strings([format!("v={number}").as_bytes()]).expect("one attribute")
}

/// Small tables; and no lie outlives the hour after which everything is right again.
pub(super) fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.cache_records_max = 400;
    limits.cache_bytes_max = 40_000;
    limits.instances_per_browse_max = 64;
    limits.ttl_secs_max = TTL_MAX.as_secs();
    limits
}

/// The longest TTL that is believed.
pub(super) const TTL_MAX: Ttl = Ttl(300);
