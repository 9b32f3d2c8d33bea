//! The demo on a simulated link: the same engine, virtual hosts, at the speed of the real clock.
//!
//! In:  the steps of the script.
//! Out: the events of the hosts' agents, when as much time has passed there as here.

use std::collections::VecDeque;
use std::thread;
use std::time::{Duration, Instant};

use cooee::Ttl;
use cooee_proto::dnssd::event::{DiscoveryEvent, News, PublicationEvent, RequestId};
use cooee_proto::dnssd::service_type::ServiceType;
use cooee_proto::dnssd::{BrowseOptions, HostSpec, ServiceSpec, Ttls};
use cooee_sim::World;

use super::{Actor, DemoEvent, SERVICE_PORT, SERVICE_TYPE, Stage};
use crate::failure::Failure;
use crate::output::Named;
use crate::virtual_host::{Listener, VirtualHost};

/// A world with one link, and the hosts on it.
pub(super) struct Simulated {
    world: World,
    begun: Instant,
    service_type: ServiceType,
    /// The hosts, each with what it publishes.
    on_stage: Vec<(&'static str, Option<RequestId>)>,
    heard: VecDeque<DemoEvent>,
}

type Player = VirtualHost<VecDeque<DemoEvent>>;

impl Simulated {
    /// Opens it with a listener.
    pub(super) fn open() -> Result<Self, Failure> {
        let service_type: ServiceType = SERVICE_TYPE
            .parse()
            .map_err(|error: cooee::ServiceTypeError| Failure::Argument(error.to_string()))?;
        let mut world = World::new(SEED);
        world.link(LINK);
        world.host(LISTENER, Player::new).on(LINK);
        world.with(LISTENER, |host: &mut Player, now| {
            let options = BrowseOptions {
                resolve: true,
                ..BrowseOptions::default()
            };
            host.agent.browse(now, &service_type, options);
        });
        Ok(Self {
            world,
            begun: Instant::now(),
            service_type,
            on_stage: vec![(LISTENER, None)],
            heard: VecDeque::new(),
        })
    }

    /// Lets as much time pass there as has passed here.
    fn keep_pace(&mut self) {
        let behind = self.begun.elapsed().saturating_sub(self.world.age());
        self.world.run_for(behind);
        for (host, _) in &self.on_stage {
            let news = |host: &mut Player, _| std::mem::take(&mut host.heard);
            self.heard.extend(self.world.with(host, news));
        }
    }
}

impl Stage for Simulated {
    fn enter(&mut self, actor: &Actor) -> Result<(), Failure> {
        self.keep_pace();
        let name = format!("{}.local", actor.host);
        let name = name
            .parse()
            .map_err(|error: cooee::NameError| Failure::Argument(error.to_string()))?;
        let (service_type, host) = (self.service_type.clone(), HostSpec::own(name));
        let mut spec = ServiceSpec::new(actor.service, service_type, SERVICE_PORT, host);
        let ttl = Ttl(actor.ttl_secs);
        spec.ttls = Ttls {
            host: ttl,
            other: ttl,
        };
        self.world.host(actor.host, Player::new).on(LINK);
        let publish = |host: &mut Player, now| host.agent.publish_service(now, spec);
        let published = self.world.with(actor.host, publish);
        let published = published.map_err(|error| Failure::Argument(error.to_string()))?;
        self.on_stage.push((actor.host, Some(published)));
        Ok(())
    }

    fn kill(&mut self, actor: &Actor) {
        self.keep_pace();
        self.on_stage.retain(|(host, _)| *host != actor.host);
        self.world.crash(actor.host);
    }

    fn leave(&mut self, actor: &Actor) -> bool {
        self.keep_pace();
        let before = self.world.sent(actor.host).count();
        let mut on_stage = self.on_stage.iter_mut();
        let left = on_stage.find(|(host, _)| *host == actor.host);
        if let Some(published) = left.and_then(|(_, published)| published.take()) {
            let stop = |host: &mut Player, now| host.agent.stop(now, published);
            self.world.with(actor.host, stop);
        }
        self.world.sent(actor.host).count() > before
    }

    fn next(&mut self, end: Instant) -> Option<DemoEvent> {
        loop {
            if let Some(heard) = self.heard.pop_front() {
                return Some(heard);
            }
            if Instant::now() >= end {
                return None;
            }
            thread::sleep(STEP);
            self.keep_pace();
        }
    }
}

impl Listener for VecDeque<DemoEvent> {
    fn news(&mut self, news: News) {
        self.extend(heard(news));
    }
}

/// Returns the events that the script is about; the rest is dropped.
fn heard(news: News) -> Option<DemoEvent> {
    match news {
        News::Discovery(news) => found(&news),
        News::Publication(news) => published(&news),
    }
}

fn found(news: &DiscoveryEvent) -> Option<DemoEvent> {
    match news {
        DiscoveryEvent::Added(service) => Some(DemoEvent::Seen {
            service: service.instance.label().into_owned(),
            host: Named::new(&service.host).name,
            port: service.port,
        }),
        DiscoveryEvent::Removed(service, why) => {
            let service = service.instance.label().into_owned();
            Some(DemoEvent::Gone { service, why: *why })
        }
        DiscoveryEvent::Found(_)
        | DiscoveryEvent::Lost(..)
        | DiscoveryEvent::Updated(..)
        | DiscoveryEvent::Unavailable(_)
        | DiscoveryEvent::Host(_)
        | DiscoveryEvent::TypeFound(_)
        | DiscoveryEvent::TypeLost(_)
        | DiscoveryEvent::HostNames(_)
        | DiscoveryEvent::RecordAdded(..)
        | DiscoveryEvent::RecordRemoved(..)
        | DiscoveryEvent::Denied(..) => None,
    }
}

fn published(news: &PublicationEvent) -> Option<DemoEvent> {
    match news {
        PublicationEvent::Renamed { old, new } => {
            let (old, new) = (old.label().into_owned(), new.label().into_owned());
            Some(DemoEvent::Renamed { old, new })
        }
        PublicationEvent::Registered(_)
        | PublicationEvent::HostRegistered(_)
        | PublicationEvent::HostRenamed { .. }
        | PublicationEvent::UpdateDelayed { .. }
        | PublicationEvent::Waiting { .. }
        | PublicationEvent::WaitingOver { .. }
        | PublicationEvent::Announced
        | PublicationEvent::Withdrawn(_)
        | PublicationEvent::RecordsRegistered
        | PublicationEvent::Nameless(_)
        | PublicationEvent::NameTaken(_) => None,
    }
}

const LINK: &str = "demo";
const LISTENER: &str = "listener";

/// The seed of everything random here.
const SEED: u64 = 6_762;

/// How often the world is checked.
const STEP: Duration = Duration::from_millis(20);
