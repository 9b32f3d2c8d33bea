//! Replays a capture to an agent that browses for everything and publishes, in virtual time.
//!
//! In:  a [`Capture`].
//! Out: a [`Report`] of what could not be read, the verdict on each datagram, and what was found; a
//!      panic if the agent contradicts itself, sends what no host should, or exceeds a table's
//!      limit.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV6};
use std::time::Duration;

use cooee_proto::dnssd::event::{DiscoveryEvent, News};
use cooee_proto::dnssd::service_type::ServiceType;
use cooee_proto::dnssd::{HostSpec, ServiceSpec};
use cooee_proto::link::{LinkAddress, LinkChange, LinkId, LinkInfo};
use cooee_proto::time::Instant;
use cooee_proto::transmit::{Datagram, Destination, Route, Verdict};
use cooee_proto::{BrowseOptions, Config};
use cooee_wire::DecodeError;

use crate::capture::{Capture, Captured};
use crate::nodes::Listener;
use crate::single::{read_whole, send_all};
use crate::{Node, Setup};

/// The result of a replay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many datagrams there were.
    pub datagrams: usize,
    /// How many of these went to one host, and so were read but not replayed.
    pub unicast: usize,
    /// The datagrams that cannot be read to their end: number, time, first fault.
    pub faults: Vec<(usize, Duration, DecodeError)>,
    /// How often the agent returned each verdict, by its name.
    pub verdicts: BTreeMap<String, usize>,
    /// The types that were found, whether or not they were lost again.
    pub types: BTreeSet<String>,
    /// The services that were found complete: name, then the last host, port and addresses.
    pub services: BTreeMap<String, String>,
    /// The services whose name was found, but not the rest.
    pub unresolved: BTreeSet<String>,
    /// How many packets the agent sent.
    pub sent: usize,
    /// The most records its cache held.
    pub cache_peak: usize,
}

impl Report {
    /// Replays a capture to an agent that is seeded with `seed`.
    ///
    /// # Panics
    /// Panics if the agent does what it must not.
    pub fn of(capture: &Capture, seed: u64) -> Self {
        let mut player = Player::new(capture, seed);
        for (number, datagram) in capture.datagrams.iter().enumerate() {
            player.report.read(number, datagram);
            player.wait_until(EPOCH + LEAD + datagram.at);
            player.hear(datagram);
        }
        player.wait_until(player.now + TAIL);
        player.finish()
    }

    /// Returns what does not depend on the agent's timing: faults, types, services, one per line.
    pub fn findings(&self) -> String {
        let faults = self.faults.iter();
        let faults = faults
            .map(|(number, at, fault)| format!("fault     datagram {number} at {at:?}: {fault}\n"));
        let types = self.types.iter().map(|one| format!("type      {one}\n"));
        let services = self.services.iter();
        let services = services.map(|(name, rest)| format!("service   {name}  {rest}\n"));
        let unresolved = self.unresolved.iter();
        let unresolved = unresolved.map(|name| format!("instance  {name}\n"));
        faults
            .chain(types)
            .chain(services)
            .chain(unresolved)
            .collect()
    }

    /// Reads a datagram to its end, apart from the agent.
    fn read(&mut self, number: usize, datagram: &Captured) {
        self.datagrams += 1;
        if let Err(fault) = read_whole(&datagram.bytes) {
            self.faults.push((number, datagram.at, fault));
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{} datagrams, {} of them to one host; {} cannot be read to their end; {} packets sent; \
             at most {} records cached",
            self.datagrams,
            self.unicast,
            self.faults.len(),
            self.sent,
            self.cache_peak
        )?;
        for (verdict, count) in &self.verdicts {
            writeln!(formatter, "verdict   {count} {verdict}")?;
        }
        formatter.write_str(&self.findings())
    }
}

/// An agent on a link where a capture is played.
struct Player {
    node: Listener,
    now: Instant,
    info: LinkInfo,
    browsed: BTreeSet<ServiceType>,
    news_seen: usize,
    report: Report,
}

impl Player {
    fn new(capture: &Capture, seed: u64) -> Self {
        let setup = Setup {
            seed,
            now: EPOCH,
            name: "onlooker",
        };
        let mut player = Self {
            node: Listener::with(setup, Config::default()),
            now: EPOCH,
            info: info(capture),
            browsed: BTreeSet::new(),
            news_seen: 0,
            report: Report::default(),
        };
        let info = player.info.clone();
        player
            .node
            .handle_link(EPOCH, LinkChange::Up { link: LINK, info });
        player.node.browse_types(EPOCH);
        for (number, service_type) in PUBLISHED.iter().enumerate() {
            let host = HostSpec::own(HOST.parse().expect("a name"));
            let service_type = service_type.parse().expect("a service type");
            let port = u16::try_from(8_000 + number).expect("a port");
            let spec = ServiceSpec::new("Onlooker", service_type, port, host);
            let published = player.node.agent().publish_service(EPOCH, spec);
            published.expect("it can be published");
        }
        player
    }

    /// Time passes; every deadline is met to the nanosecond.
    fn wait_until(&mut self, end: Instant) {
        self.settle();
        let mut wakeups = 0;
        while let Some(at) = self.node.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.node.handle_timeout(self.now);
            self.settle();
            wakeups += 1;
            assert!(wakeups <= WAKEUPS_MAX, "{wakeups} deadlines in one wait");
        }
        self.now = self.now.max(end);
    }

    fn hear(&mut self, datagram: &Captured) {
        let destination = datagram.destination.ip();
        if !destination.is_multicast() {
            self.report.unicast += 1;
            return;
        }
        self.node.handle_datagram(
            self.now,
            Datagram {
                link: LINK,
                source: scoped(datagram.source),
                destination,
                bytes: &datagram.bytes,
            },
        );
        self.settle();
    }

    /// Sends what is due, processes events, and checks the tables.
    fn settle(&mut self) {
        loop {
            self.send();
            self.node.drain_events(self.now, &mut |_| ());
            if !self.follow() {
                break;
            }
        }
        let (stats, limits) = (self.node.stats(), Config::default().limits);
        assert!(stats.cache_records <= limits.cache_records_max, "{stats:?}");
        assert!(stats.cache_bytes <= limits.cache_bytes_max, "{stats:?}");
        // A browse, and for each of its instances SRV, TXT, A and AAAA.
        let questions = (1 + limits.instances_per_browse_max * 4) * (self.browsed.len() + 1);
        assert!(stats.open_questions <= questions, "{stats:?}");
        self.report.cache_peak = self.report.cache_peak.max(stats.cache_records);
    }

    fn send(&mut self) {
        let (info, report) = (&self.info, &mut self.report);
        let check = |route: Route, bytes: &[u8]| {
            if let Destination::Unicast(to) = route.destination {
                assert!(info.is_on_link(to.ip()), "{to} is off the link");
            }
            read_whole(bytes).expect("what is sent can be read");
            report.sent += 1;
        };
        send_all(&mut self.node, self.now, SENDS_MAX, check);
    }

    /// Processes events, and browses for new types. Returns whether there are any.
    fn follow(&mut self) -> bool {
        let mut new = Vec::new();
        for (_, event) in self.node.news().get(self.news_seen..).unwrap_or_default() {
            // Nothing is published: all is news of what was captured.
            let News::Discovery(news) = &event.news else {
                continue;
            };
            match news {
                DiscoveryEvent::TypeFound(service_type) => {
                    self.report.types.insert(service_type.to_string());
                    if self.browsed.len() < BROWSES_MAX && self.browsed.insert(service_type.clone())
                    {
                        new.push(service_type.clone());
                    }
                }
                DiscoveryEvent::Found(instance) => {
                    let name = printable(&instance.to_string());
                    if !self.report.services.contains_key(&name) {
                        self.report.unresolved.insert(name);
                    }
                }
                DiscoveryEvent::Added(service) | DiscoveryEvent::Updated(service, _) => {
                    let name = printable(&service.instance.to_string());
                    let addresses: Vec<String> = service
                        .addresses
                        .iter()
                        .map(|address| address.ip.to_string())
                        .collect();
                    let rest = format!(
                        "{}:{} {} txt={}",
                        printable(&service.host.to_string()),
                        service.port,
                        addresses.join(" "),
                        service.txt.data().strings().count()
                    );
                    self.report.unresolved.remove(&name);
                    self.report.services.insert(name, rest);
                }
                DiscoveryEvent::Lost(..)
                | DiscoveryEvent::Removed(..)
                | DiscoveryEvent::Unavailable(_)
                | DiscoveryEvent::Host(_)
                | DiscoveryEvent::TypeLost(_)
                | DiscoveryEvent::HostNames(_)
                | DiscoveryEvent::RecordAdded(..)
                | DiscoveryEvent::RecordRemoved(..)
                | DiscoveryEvent::Denied(..) => {}
            }
        }
        self.news_seen = self.node.news().len();
        for service_type in &new {
            // Not by its text: devices have types that a registration refuses.
            let options = BrowseOptions {
                resolve: true,
                ..BrowseOptions::default()
            };
            self.node.agent().browse(self.now, service_type, options);
        }
        !new.is_empty()
    }

    fn finish(mut self) -> Report {
        for verdict in self.node.verdicts() {
            let name = match verdict {
                Verdict::Response => "response".to_owned(),
                Verdict::Query => "query".to_owned(),
                Verdict::Ignored(why) => format!("ignored: {why:?}"),
            };
            *self.report.verdicts.entry(name).or_default() += 1;
        }
        self.report
    }
}

/// Returns text that is safe to show: printed names must not control a terminal.
fn printable(text: &str) -> String {
    assert!(
        !text.chars().any(char::is_control),
        "a name prints control characters: {text:?}"
    );
    text.to_owned()
}

/// Returns the addresses of a host that fits into the network of the capture.
fn info(capture: &Capture) -> LinkInfo {
    let sources = capture
        .datagrams
        .iter()
        .map(|datagram| datagram.source.ip());
    let taken: BTreeSet<IpAddr> = sources.clone().collect();
    let first = sources.into_iter().find_map(|source| match source {
        IpAddr::V4(v4) if !v4.is_unspecified() => Some(v4.octets()),
        IpAddr::V4(_) | IpAddr::V6(_) => None,
    });
    let [a, b, c, _] = first.unwrap_or([192, 0, 2, 0]);
    let candidates = (1..=254).rev().map(|last| Ipv4Addr::new(a, b, c, last));
    let free = candidates
        .into_iter()
        .find(|one| !taken.contains(&IpAddr::V4(*one)));
    let v4 = free.unwrap_or(Ipv4Addr::new(192, 0, 2, 254));
    let v6 = "fe80::c00e:e".parse().expect("an address");
    LinkInfo {
        addresses: vec![
            LinkAddress {
                ip: v4.into(),
                prefix_len: 24,
            },
            LinkAddress {
                ip: v6,
                prefix_len: 64,
            },
        ],
        mtu: 1_500,
    }
}

/// Returns an address as a host on the link sees it: link-local ones with their scope.
fn scoped(source: SocketAddr) -> SocketAddr {
    match source {
        SocketAddr::V6(v6) if v6.ip().is_unicast_link_local() => {
            SocketAddrV6::new(*v6.ip(), v6.port(), 0, LINK.0).into()
        }
        SocketAddr::V4(_) | SocketAddr::V6(_) => source,
    }
}

const LINK: LinkId = LinkId(2);
const HOST: &str = "onlooker.local";
/// What the observer publishes.
const PUBLISHED: [&str; 3] = ["_http._tcp", "_ipp._tcp", "_onlooker._udp"];
const EPOCH: Instant = Instant::from_nanos(86_400 * 1_000_000_000);
/// How long before the first datagram it begins, so that it has claimed its names by then.
const LEAD: Duration = Duration::from_millis(2_500);
/// How long it goes on after the last one.
const TAIL: Duration = Duration::from_secs(10);
const BROWSES_MAX: usize = 256;
/// The most deadlines between two datagrams, which may be hours apart.
const WAKEUPS_MAX: u32 = 1_000_000;
/// The most messages at one go.
const SENDS_MAX: u32 = 1_000;
