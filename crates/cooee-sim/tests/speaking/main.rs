//! The engine's publishing half on virtual links: names claimed, kept and given up.

use std::collections::BTreeSet;

use cooee_proto::dnssd::event::{DiscoveryEvent, News, PublicationEvent, RequestId};
use cooee_proto::dnssd::service_type::ServiceType;
use cooee_proto::dnssd::txt::Txt;
use cooee_proto::dnssd::{Agent, HostSpec, ServiceSpec};
use cooee_proto::link::LinkChange;
use cooee_proto::time::Instant;
use cooee_proto::transmit::{Datagram, Delivery, Transmit};
use cooee_proto::{BrowseOptions, Config};
use cooee_sim::{HostSetup, Node, Outgoing, Seed, Setup, World};

mod guard;
mod names;
mod registering;
mod sending;
mod still;

/// An agent that publishes one service and its host, and what its user knows.
struct Speaker {
    agent: Agent,
    published: Option<RequestId>,
    found: BTreeSet<String>,
    /// The service name it holds, while it holds one.
    service: Option<String>,
    host: Option<String>,
    renames: usize,
    /// How many services were registered.
    registered: usize,
}

impl Speaker {
    fn new(setup: Setup<'_>) -> Self {
        Self {
            agent: Agent::new(Config::default(), setup.seed, setup.now),
            published: None,
            found: BTreeSet::new(),
            service: None,
            host: None,
            renames: 0,
            registered: 0,
        }
    }

    fn publish(&mut self, now: Instant, label: &str, host: &str) {
        let host = HostSpec::own(host.parse().expect("a host name"));
        let service_type = "_http._tcp".parse().expect("a service type");
        let mut spec = ServiceSpec::new(label, service_type, 8080, host);
        spec.txt = text("v=1");
        self.published = Some(
            self.agent
                .publish_service(now, spec)
                .expect("it can be published"),
        );
    }

    fn update(&mut self, now: Instant, string: &str) {
        let request = self.published.expect("something is published");
        self.agent
            .update_txt(now, request, text(string))
            .expect("it can be updated");
    }

    fn withdraw(&mut self, now: Instant) {
        if let Some(request) = self.published.take() {
            self.agent.stop(now, request);
        }
    }

    fn browse(&mut self, now: Instant) {
        let options = BrowseOptions {
            resolve: true,
            ..BrowseOptions::default()
        };
        let service_type = "_http._tcp".parse().expect("a service type");
        self.agent.browse(now, &service_type, options);
    }

    fn hear(&mut self, news: &News) {
        match news {
            News::Publication(PublicationEvent::Registered(name)) => {
                self.service = Some(name.label().into_owned());
                self.registered += 1;
            }
            News::Publication(PublicationEvent::HostRegistered(name)) => {
                self.host = Some(name.to_string());
            }
            News::Publication(PublicationEvent::Renamed { .. }) => {
                self.renames += 1;
                self.service = None;
            }
            News::Publication(PublicationEvent::HostRenamed { .. }) => {
                self.renames += 1;
                self.host = None;
            }
            News::Discovery(DiscoveryEvent::Added(service)) => {
                self.found.insert(service.instance.label().into_owned());
            }
            News::Discovery(DiscoveryEvent::Removed(service, _)) => {
                self.found.remove(service.instance.label().as_ref());
            }
            News::Discovery(_) | News::Publication(_) => {}
        }
    }
}

impl Node for Speaker {
    fn handle_datagram(&mut self, now: Instant, datagram: Datagram<'_>) {
        let _ = self.agent.handle_datagram(now, datagram);
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

    fn drain_events(&mut self, _now: Instant, sink: &mut dyn FnMut(String)) {
        while let Some(event) = self.agent.poll_event() {
            self.hear(&event.news);
            sink(format!("{:?}", event.news));
        }
    }
}

fn text(string: &str) -> Txt {
    Txt::from_strings([string.as_bytes()]).expect("one attribute")
}

/// Returns a world with one link.
fn lan(seed: impl Into<Seed>) -> World {
    let mut world = World::new(seed);
    world.link("lan");
    world
}

fn speaking<'w>(world: &'w mut World, host: &str) -> HostSetup<'w> {
    world.host(host, Speaker::new)
}

fn publish(world: &mut World, host: &str, label: &str, host_name: &str) {
    world.with(host, |me: &mut Speaker, now| {
        me.publish(now, label, host_name)
    });
}

fn speaker<'w>(world: &'w World, host: &str) -> &'w Speaker {
    world.node(host)
}
