//! One agent against hostile hosts: any datagrams from any source, any time between them.
//!
//! In:  bytes, from a fuzzer or from its corpus.
//! Out: nothing, or a panic: a contradiction, a table over its limit, a packet that no host should
//!      send, a deadline that repeats.
//!
//! No other host answers and nothing is true, so there is little to compare with. The advantage is
//! speed and closeness to the bytes. [`crate::model`] checks the truth.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use cooee_proto::dnssd::event::RequestId;
use cooee_proto::dnssd::txt::Txt;
use cooee_proto::dnssd::{HostSpec, ServiceSpec};
use cooee_proto::link::{Family, LinkAddress, LinkChange, LinkId, LinkInfo};
use cooee_proto::time::Instant;
use cooee_proto::transmit::{Datagram, Destination, Route};
use cooee_proto::{Config, Limits};
use cooee_wire::RecordType;

use crate::host::group;
use crate::nodes::Listener;
use crate::single::{read_whole, send_all};
use crate::{MDNS_PORT, Node, Setup, ms};

/// Runs one agent through the events that `bytes` encode.
///
/// # Panics
/// Panics if the agent does what it must not.
pub fn run(bytes: &[u8]) {
    let mut hostile = HostileRun::new();
    let mut rest = bytes;
    while let Some((&op, tail)) = rest.split_first() {
        rest = hostile.act(op, tail);
        hostile.drain();
        hostile.check_tables();
    }
    hostile.wait(ms(4_000));
}

struct HostileRun {
    node: Listener,
    now: Instant,
    up: [Option<LinkInfo>; LINKS],
    browses: Vec<RequestId>,
    service: Option<RequestId>,
}

impl HostileRun {
    fn new() -> Self {
        let mut config = Config::default();
        config.limits = limits();
        let setup = Setup {
            seed: 1,
            now: EPOCH,
            name: "attacked",
        };
        let mut hostile = Self {
            node: Listener::with(setup, config),
            now: EPOCH,
            up: [const { None }; LINKS],
            browses: Vec::new(),
            service: None,
        };
        hostile.plug(0, false);
        hostile.plug(1, false);
        hostile.ask();
        hostile.publish();
        // Probed and announced, so that the first datagram can contradict something.
        hostile.wait(ms(2_500));
        hostile
    }

    /// Asks for everything possible, also for names that are published here.
    fn ask(&mut self) {
        let now = self.now;
        let desk = "desk.local".parse().expect("a name");
        let browse = self.node.browse(now, TYPE);
        self.browses.push(browse);
        self.node.resolve(now, "Desk", TYPE);
        self.node.lookup_host(now, &desk);
        self.node
            .lookup_addr(now, IpAddr::V4(Ipv4Addr::new(10, 1, 0, 7)));
        self.node.browse_types(now);
        let alias = "alias.local".parse().expect("a name");
        self.node.query(now, alias, RecordType::A);
        self.node.query(now, desk, RecordType::ANY);
    }

    fn publish(&mut self) {
        let host = HostSpec::own("desk.local".parse().expect("a name"));
        let service_type = TYPE.parse().expect("a service type");
        let mut spec = ServiceSpec::new("Desk", service_type, 80, host);
        spec.subtypes.push("_printer".parse().expect("a subtype"));
        spec.txt = text(0);
        let published = self.node.agent().publish_service(self.now, spec);
        self.service = Some(published.expect("it can be published"));
    }

    /// Performs the action of one byte, with as many of the bytes after it as it needs.
    fn act<'b>(&mut self, op: u8, rest: &'b [u8]) -> &'b [u8] {
        let number = usize::from(op & 0x1f);
        match op >> 5 {
            0 => self.wait(ms(1 << (number % 23))),
            1 => self.change(number),
            2..=4 => return self.hear(op, rest, 1),
            _ => return self.hear(op, rest, 2),
        }
        rest
    }

    /// Something changes on this host.
    fn change(&mut self, number: usize) {
        let now = self.now;
        let link = number % LINKS;
        match number / LINKS {
            0 => {
                self.up[link] = None;
                let link = link_id(link);
                self.node.handle_link(now, LinkChange::Down { link });
            }
            1 | 2 => self.plug(link, number / LINKS == 2),
            3 if link == 0 => self.node.handle_link(now, LinkChange::Resumed),
            3 => {
                let link = link_id(link);
                self.node.handle_link(now, LinkChange::Missed { link });
            }
            4 if link == 0 => {
                if let Some(browse) = self.browses.pop() {
                    self.node.stop(now, browse);
                }
            }
            4 if self.browses.len() < 2 => {
                let browse = self.node.browse(now, TYPE);
                self.browses.push(browse);
            }
            5 if link == 0 => {
                if let Some(service) = self.service.take() {
                    self.node.stop(now, service);
                }
            }
            5 if self.service.is_none() => self.publish(),
            6 => self.node.reconfirm(now, "Desk", TYPE),
            number => {
                if let Some(service) = self.service {
                    let updated = self.node.agent().update_txt(now, service, text(number));
                    updated.expect("it is published");
                }
            }
        }
    }

    fn plug(&mut self, link: usize, moved: bool) {
        let info = info(link, moved);
        self.up[link] = Some(info.clone());
        let link = link_id(link);
        self.node
            .handle_link(self.now, LinkChange::Up { link, info });
    }

    /// Delivers a datagram: its length precedes it, in one byte or two.
    fn hear<'b>(&mut self, op: u8, rest: &'b [u8], len_bytes: usize) -> &'b [u8] {
        let (len, rest) = rest.split_at(len_bytes.min(rest.len()));
        let len = len
            .iter()
            .fold(0, |len, &byte| len << 8 | usize::from(byte));
        let (bytes, rest) = rest.split_at(len.min(rest.len()));
        let link = usize::from(op & 1);
        let [low, high] = u16::try_from(link).unwrap_or(0).to_le_bytes();
        let near = SocketAddr::from(([10, low + 1, high, 9], MDNS_PORT));
        let ours = info(link, false).addresses;
        let (source, destination) = match op >> 1 & 0xf {
            0..=4 => (near, group(Family::V4)),
            5 | 6 => (fe80(9, MDNS_PORT), group(Family::V6)),
            7 => (SocketAddr::new(near.ip(), 40_000), group(Family::V4)),
            8 => (SocketAddr::new(ours[0].ip, MDNS_PORT), group(Family::V4)),
            9 => (SocketAddr::new(ours[0].ip, 40_000), group(Family::V4)),
            10 => (near, ours[0].ip),
            11 => (fe80(9, 40_000), ours[1].ip),
            12 => (FAR, group(Family::V4)),
            13 => (FAR, ours[0].ip),
            14 => (SocketAddr::new(FAR.ip(), 53), ours[0].ip),
            _ => (SocketAddr::new(near.ip(), 0), group(Family::V4)),
        };
        let datagram = Datagram {
            link: link_id(link),
            source,
            destination,
            bytes,
        };
        self.node.handle_datagram(self.now, datagram);
        rest
    }

    /// Time passes; every deadline is met to the nanosecond.
    fn wait(&mut self, span: Duration) {
        let end = self.now + span;
        let mut wakeups = 0;
        self.drain();
        while let Some(at) = self.node.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.node.handle_timeout(self.now);
            self.drain();
            wakeups += 1;
            assert!(wakeups <= WAKEUPS_MAX, "{wakeups} deadlines in {span:?}");
        }
        self.now = end;
    }

    fn drain(&mut self) {
        let up = &self.up;
        let check = |route: Route, bytes: &[u8]| check_packet(up, route, bytes);
        send_all(&mut self.node, self.now, SENDS_MAX, check);
        self.node.drain_events(self.now, &mut |_| ());
    }

    fn check_tables(&self) {
        let (stats, limits) = (self.node.stats(), limits());
        assert!(stats.cache_records <= limits.cache_records_max, "{stats:?}");
        assert!(stats.cache_bytes <= limits.cache_bytes_max, "{stats:?}");
        // Of each instance followed SRV, TXT and two families on each link, and what was asked.
        let questions = 20 + limits.instances_per_browse_max * LINKS * 4 * 2;
        assert!(stats.open_questions <= questions, "{stats:?}");
    }
}

/// Checks that a packet is whole, small enough, and stays on its link.
fn check_packet(up: &[Option<LinkInfo>; LINKS], route: Route, bytes: &[u8]) {
    let link = (0..LINKS).find(|link| link_id(*link) == route.link);
    let info = link.and_then(|link| up[link].as_ref());
    let info = info.expect("the link is up");
    if let Destination::Unicast(to) = route.destination {
        assert!(info.is_on_link(to.ip()), "{to} is off the link");
    }
    assert!(bytes.len() <= PACKET_MAX, "{} bytes", bytes.len());
    let counts = read_whole(bytes).expect("a message").header().counts;
    assert!(
        counts.questions > 0 || counts.answers > 0,
        "a message of nothing"
    );
}

/// Tables so small that hostile hosts fill them.
fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.cache_records_max = 64;
    limits.cache_bytes_max = 4_096;
    limits.types_per_name_max = 8;
    limits.alias_depth_max = 4;
    limits.instances_per_browse_max = 16;
    limits.replies_max = 8;
    limits.truncated_queries_max = 4;
    limits
}

fn info(link: usize, moved: bool) -> LinkInfo {
    let number = u8::try_from(link + 1).unwrap_or(u8::MAX);
    let last = if moved { 8 } else { 7 };
    let v4 = LinkAddress {
        ip: IpAddr::V4(Ipv4Addr::new(10, number, 0, last)),
        prefix_len: 16,
    };
    let v6 = LinkAddress {
        ip: fe80(u16::from(last), 0).ip(),
        prefix_len: 64,
    };
    LinkInfo {
        addresses: vec![v4, v6],
        mtu: 1_500,
    }
}

fn fe80(last: u16, port: u16) -> SocketAddr {
    let ip = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, last);
    SocketAddr::new(IpAddr::V6(ip), port)
}

fn link_id(link: usize) -> LinkId {
    LinkId(u32::try_from(link + 2).unwrap_or(u32::MAX))
}

fn text(number: usize) -> Txt {
    Txt::from_strings([format!("v={number}").as_bytes()]).expect("one attribute")
}

const TYPE: &str = "_http._tcp";
const LINKS: usize = 2;
const EPOCH: Instant = Instant::from_nanos(86_400 * 1_000_000_000);
/// A host of another network.
const FAR: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1)), MDNS_PORT);
/// What an Ethernet packet leaves after IPv6 and UDP headers, in bytes.
const PACKET_MAX: usize = 1_500 - 48;
/// The most deadlines in one wait, which is 70 minutes at most: 64 records that are refreshed four
/// times each and expire, and the questions for them.
const WAKEUPS_MAX: u32 = 3_000;
/// The most messages at one go.
const SENDS_MAX: u32 = 200;

#[cfg(test)]
mod tests;
