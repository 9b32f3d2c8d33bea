//! The memory that hostile hosts can fill is limited, in bytes of the heap.
//!
//! In:  floods of well-formed responses and queries from always new sources, in virtual time.
//! Out: how many bytes the agent holds while it receives them.
#![allow(
    unsafe_code,
    reason = "counting bytes takes a global allocator, and the trait that makes one is unsafe"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use cooee_proto::dnssd::{HostSpec, ServiceSpec};
use cooee_proto::link::{LinkAddress, LinkChange, LinkId, LinkInfo};
use cooee_proto::time::{Duration, Instant};
use cooee_proto::transmit::Datagram;
use cooee_proto::transmit::Delivery;
use cooee_proto::wire::{
    Class, Flags, MessageBuilder, Name, RData, RecordFields, RecordType, Section, Srv, Ttl, TxtData,
};
use cooee_proto::{Agent, BrowseOptions, Config, Limits};

struct Counting;

thread_local! {
    /// Bytes allocated on this thread and not freed; no work here is shared between threads.
    static HELD: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is passed on unchanged to the system's allocator. The count is kept
// separately, in a cell that needs neither allocation nor destructor.
unsafe impl GlobalAlloc for Counting {
    // SAFETY: the caller promises what the trait requires, and gets what the system returns.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.set(HELD.get().wrapping_add(layout.size()));
        // SAFETY: the caller keeps the promises that the system's allocator requires.
        unsafe { System.alloc(layout) }
    }

    // SAFETY: as for `alloc`.
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.set(HELD.get().wrapping_sub(layout.size()));
        // SAFETY: as above, and the pointer came from the system's allocator.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const LINK: LinkId = LinkId(2);

/// A record from another host: name, cache-flush bit, TTL, data.
type Said = (Name, bool, u32, RData);

/// An agent that browses, and the memory that it holds.
struct Victim {
    agent: Agent,
    now: Instant,
    held_before: usize,
    held_max: usize,
}

impl Victim {
    fn browsing(resolve: bool) -> Self {
        Self::with(Config::default(), resolve)
    }

    fn with(config: Config, resolve: bool) -> Self {
        let held_before = HELD.get();
        let now = Instant::ZERO;
        let mut agent = Agent::new(config, 1, now);
        let ip = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
        let info = LinkInfo {
            addresses: vec![LinkAddress { ip, prefix_len: 8 }],
            mtu: 1_500,
        };
        agent.handle_link(now, LinkChange::Up { link: LINK, info });
        let options = BrowseOptions {
            resolve,
            ..BrowseOptions::default()
        };
        agent.browse(now, &"_x._tcp".parse().expect("a type"), options);
        Self {
            agent,
            now,
            held_before,
            held_max: 0,
        }
    }

    /// Handles a packet a tenth of a millisecond after the one before, and does what is due.
    fn hear(&mut self, from: u32, bytes: &[u8]) {
        self.now = self.now + Duration::from_micros(100);
        let source = Ipv4Addr::from(u32::from(Ipv4Addr::new(10, 0, 0, 2)) + from);
        let datagram = Datagram {
            link: LINK,
            source: SocketAddr::from((source, 5_353)),
            destination: IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251)),
            bytes,
        };
        let _ = self.agent.handle_datagram(self.now, datagram);
        if self.due().is_some_and(|due| due <= self.now) {
            self.agent.handle_timeout(self.now);
        }
        self.flush();
    }

    /// Lets time pass in which nothing is received.
    fn wait(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(due) = self.due().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.agent.handle_timeout(self.now);
            self.flush();
        }
        self.now = end;
    }

    fn due(&self) -> Option<Instant> {
        self.agent.poll_timeout().map(|due| due.at)
    }

    /// Sends and reports what is ready, and measures what is left.
    fn flush(&mut self) {
        let mut buffer = Vec::new();
        while let Some(transmit) = self.agent.poll_transmit(self.now, &mut buffer) {
            self.agent
                .handle_transmit(self.now, transmit, Delivery::LEFT);
        }
        while self.agent.poll_event().is_some() {}
        drop(buffer);
        self.held_max = self.held_max.max(self.held());
    }

    fn held(&self) -> usize {
        HELD.get().wrapping_sub(self.held_before)
    }

    /// Handles records that one host sends, ten in a packet, and what follows in two seconds.
    fn hear_all(&mut self, records: &[Said]) {
        for records in records.chunks(10) {
            self.hear(1, &response(records));
        }
        self.wait(Duration::from_secs(2));
    }

    /// Handles forged pointers, services and addresses, and questions, from ever new sources.
    fn flood(&mut self, count: u32) {
        for n in 0..count {
            let bytes = match n % 4 {
                0 => response(&[pointer(n)]),
                1 => response(&service(n)),
                2 => response(&strays(n)),
                _ => query(),
            };
            self.hear(n * 7_919 % 65_536, &bytes);
        }
    }
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn response(records: &[Said]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::RESPONSE, 1_452);
    for (name, cache_flush, ttl, data) in records {
        let fields = RecordFields {
            name,
            class: Class::IN,
            cache_flush: *cache_flush,
            ttl: Ttl(*ttl),
            data,
        };
        builder.record(Section::Answer, fields).expect("it fits");
    }
    builder.finish();
    bytes
}

fn query() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::QUERY, 500);
    builder
        .question(&name("_x._tcp.local"), RecordType::PTR, Class::IN, true)
        .expect("it fits");
    builder.finish();
    bytes
}

fn instance(n: u32) -> Name {
    name(&format!("Flood {n:016x}._x._tcp.local"))
}

fn pointer(n: u32) -> Said {
    let data = RData::Ptr(instance(n));
    (name("_x._tcp.local"), false, 4_500, data)
}

fn address(n: u32) -> Said {
    let host = name(&format!("flood-{n:016x}.local"));
    (host, true, 120, RData::A(Ipv4Addr::new(10, 0, 0, 5)))
}

/// Returns all that belongs to a service.
fn service(n: u32) -> [Said; 4] {
    let address = address(n);
    let srv = Srv {
        priority: 0,
        weight: 0,
        port: 80,
        target: address.0.clone(),
    };
    let txt = TxtData::from_strings([b"flood=1".as_slice()]).expect("a short string");
    [
        pointer(n),
        (instance(n), true, 120, RData::Srv(srv)),
        (instance(n), true, 4_500, RData::Txt(txt)),
        address,
    ]
}

/// Returns the SRV record that moves a service to a host.
fn moved(n: u32, host: u32) -> Said {
    let srv = Srv {
        priority: 0,
        weight: 0,
        port: 80,
        target: address(host).0,
    };
    (instance(n), true, 4_500, RData::Srv(srv))
}

/// Returns goodbyes for the records of a service that is on a host.
fn goodbyes(n: u32, host: u32) -> [Said; 4] {
    let [pointer, _, txt, address] = service(n);
    let all = [pointer, moved(n, host), txt, address];
    all.map(|(name, cache_flush, _, data)| (name, cache_flush, 0, data))
}

/// A pointer that is known, and addresses that nobody asks about.
fn strays(n: u32) -> Vec<Said> {
    let strays = (0..20).map(|i| address(1_000_000 + n * 20 + i));
    core::iter::once(pointer(n % 16)).chain(strays).collect()
}

#[test]
fn a_flood_of_forgeries_is_remembered_in_less_than_13_mb() {
    let mut victim = Victim::browsing(true);
    victim.flood(80_000);
    let stats = victim.agent.stats();
    assert!(stats.refused > 10_000 && stats.evicted > 10_000);
    assert_eq!(stats.sources, 12_288);
    println!("{} bytes at the most; {stats:?}", victim.held_max);
    assert!(victim.held_max < 13_000_000, "{} bytes", victim.held_max);
}

#[test]
fn what_is_known_of_a_service_is_small() {
    for (resolve, each_max) in [(false, 700), (true, 4_000)] {
        let mut victim = Victim::browsing(resolve);
        for n in 0..5_000 {
            let bytes = match resolve {
                true => response(&service(n)),
                false => response(&[pointer(n)]),
            };
            victim.hear(n, &bytes);
        }
        let each = victim.held_max / 5_000;
        println!("{each} bytes, resolved: {resolve}");
        assert!((300..each_max).contains(&each), "{each} bytes: {resolve}");
    }
}

#[test]
fn with_the_small_limits_an_agent_that_publishes_and_browses_stays_below_56_kib() {
    let mut config = Config::default();
    config.limits = Limits::small();
    let mut victim = Victim::with(config, true);
    for n in 0..4 {
        let host = HostSpec::own(name("device.local"));
        let service_type = "_x._tcp".parse().expect("a type");
        let service = ServiceSpec::new(&format!("Sensor {n}"), service_type, 80, host);
        let published = victim.agent.publish_service(victim.now, service);
        published.expect("it fits the limits");
    }
    for n in 0..20 {
        victim.hear(n, &response(&service(n)));
    }
    victim.flood(20_000);
    let stats = victim.agent.stats();
    println!("{} bytes at the most; {stats:?}", victim.held_max);
    assert!(stats.refused > 1_000, "{stats:?}");
    assert!(victim.held_max < 56 << 10, "{} bytes", victim.held_max);
}

#[test]
fn services_that_move_from_host_to_host_leave_nothing_behind() {
    const SERVICES: u32 = 2_000;
    const HOSTS: u32 = 20;
    let mut victim = Victim::browsing(true);
    let (mut moving, mut left) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let all: Vec<Said> = (0..SERVICES).flat_map(service).collect();
        victim.hear_all(&all);
        for host in 0..HOSTS {
            // Two services stay on each host, so that it is still used.
            let moves = (host * 2..SERVICES).map(|n| moved(n, host));
            let records: Vec<Said> = core::iter::once(address(host)).chain(moves).collect();
            victim.hear_all(&records);
            moving.push(victim.held());
        }
        let last = |n: u32| (n / 2).min(HOSTS - 1);
        let ends: Vec<Said> = (0..SERVICES).flat_map(|n| goodbyes(n, last(n))).collect();
        victim.hear_all(&ends);
        assert_eq!(victim.agent.stats().cache_records, 0);
        left.push(victim.held());
    }
    for held in [moving, left] {
        let most = held.iter().max().expect("a figure");
        println!("{held:?}");
        assert!(*most < held[0] + held[0] / 10, "{held:?}");
    }
}
