//! The cost of a received packet: one that concerns nobody, and one that resolves a service.
//!
//! In:  `fixtures/stranger.hex`; responses of many hosts.
//! Out: wall time for people; there is no limit here.

#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use cooee_proto::link::{LinkAddress, LinkChange, LinkId, LinkInfo};
use cooee_proto::time::{Duration, Instant};
use cooee_proto::transmit::{Datagram, Verdict};
use cooee_proto::wire::{
    Class, Flags, MessageBuilder, Name, RData, RecordFields, RecordType, Section, Srv, Ttl, TxtData,
};
use cooee_proto::{Agent, BrowseOptions, Config, Engine, OwnedRecord, Query, RecordSet};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

const LINK: LinkId = LinkId(2);
/// How far apart answers are: so far that a crowded type has a place for each new instance.
const GAP: Duration = Duration::from_millis(20);

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/../../fixtures/{name}.hex", env!("CARGO_MANIFEST_DIR"));
    let text: String = std::fs::read_to_string(path).expect("the fixture is there");
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| {
            let pair = std::str::from_utf8(pair).expect("hex digits are ASCII");
            u8::from_str_radix(pair, 16).expect("hex digits")
        })
        .collect()
}

fn agent(browses: &[String]) -> Agent {
    let mut agent = Agent::new(Config::default(), 1, Instant::ZERO);
    agent.handle_link(
        Instant::ZERO,
        LinkChange::Up {
            link: LINK,
            info: link_info(),
        },
    );
    for service_type in browses {
        let service_type = service_type.parse().expect("a service type");
        let options = BrowseOptions {
            resolve: true,
            ..BrowseOptions::default()
        };
        agent.browse(Instant::ZERO, &service_type, options);
    }
    agent
}

fn link_info() -> LinkInfo {
    let ip = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
    LinkInfo {
        addresses: vec![LinkAddress { ip, prefix_len: 16 }],
        mtu: 1_500,
    }
}

fn heard(from: usize, bytes: &[u8]) -> Datagram<'_> {
    Datagram {
        link: LINK,
        source: SocketAddr::from((address(from), 5353)),
        destination: IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251)),
        bytes,
    }
}

/// Returns the address of one of many hosts.
fn address(n: usize) -> Ipv4Addr {
    let first = u32::from(Ipv4Addr::new(10, 0, 7, 7));
    Ipv4Addr::from(first + u32::try_from(n).expect("few hosts"))
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

/// Returns what one host answers: PTR, SRV, TXT and A, 340 bytes.
fn response(n: usize) -> Vec<u8> {
    let instance = name(&format!("Instance-{n:05}._bench._tcp.local"));
    let host = name(&format!("host-{n:05}.local"));
    let text = format!("note={}", "x".repeat(200));
    let txt = TxtData::from_strings([text.as_bytes()]).expect("a short string");
    let srv = Srv {
        priority: 0,
        weight: 0,
        port: 80,
        target: host.clone(),
    };
    let ip = address(n);
    let records = [
        (
            Section::Answer,
            name("_bench._tcp.local"),
            false,
            RData::Ptr(instance.clone()),
        ),
        (Section::Additional, instance.clone(), true, RData::Srv(srv)),
        (Section::Additional, instance, true, RData::Txt(txt)),
        (Section::Additional, host, true, RData::A(ip)),
    ];
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::RESPONSE, 1_452);
    for (section, name, cache_flush, data) in &records {
        let (class, ttl) = (Class::IN, Ttl(120));
        let fields = RecordFields {
            name,
            class,
            cache_flush: *cache_flush,
            ttl,
            data,
        };
        builder.record(*section, fields).expect("it fits");
    }
    builder.finish();
    bytes
}

/// Returns an engine with 100 registrations and 20 browses, like a busy host.
fn busy_engine() -> Engine {
    let mut engine = Engine::new(Config::default(), 1, Instant::ZERO);
    engine.handle_link(
        Instant::ZERO,
        LinkChange::Up {
            link: LINK,
            info: link_info(),
        },
    );
    for n in 0..100 {
        let instance = name(&format!("Instance-{n}._service-{n}._tcp.local"));
        let srv = Srv {
            priority: 0,
            weight: 0,
            port: 80,
            target: name("host.local"),
        };
        let record = |name: &Name, unique, data| OwnedRecord {
            name: name.clone(),
            ttl: Ttl(120),
            unique,
            data,
            link: None,
        };
        let service_type = name(&format!("_service-{n}._tcp.local"));
        let records = vec![
            record(&service_type, false, RData::Ptr(instance.clone())),
            record(&instance, true, RData::Srv(srv)),
            record(&instance, true, RData::Txt(TxtData::default())),
        ];
        let set = RecordSet {
            claim: Some(instance),
            records,
            ..RecordSet::default()
        };
        engine
            .register(Instant::ZERO, &set)
            .expect("the names differ");
    }
    for n in 0..20 {
        let name = name(&format!("_browsed-{n}._tcp.local"));
        let query = Query {
            name,
            rtype: RecordType::PTR,
            link: None,
        };
        engine.start_query(Instant::ZERO, query);
    }
    engine
}

fn stranger(c: &mut Criterion) {
    let mut engine = busy_engine();
    let bytes = fixture("stranger");
    c.bench_function(
        "stranger ignored with 100 registrations and 20 browses",
        |b| {
            b.iter(|| {
                let verdict = engine.handle_datagram(Instant::ZERO, heard(0, black_box(&bytes)));
                assert!(matches!(verdict, Verdict::Ignored(_)));
            });
        },
    );
}

fn resolve(c: &mut Criterion) {
    let mut group = c.benchmark_group("resolve");
    for count in [1_000_usize, 5_000] {
        let responses: Vec<Vec<u8>> = (0..count).map(response).collect();
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(format!("{count} instances"), |b| {
            let browsing = || agent(&["_bench._tcp".to_owned()]);
            b.iter_batched(
                browsing,
                |agent| take_all(agent, &responses),
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

fn take_all(mut agent: Agent, responses: &[Vec<u8>]) -> Agent {
    let (mut now, mut events) = (Instant::ZERO, 0);
    for (n, bytes) in responses.iter().enumerate() {
        now = now + GAP;
        let verdict = agent.handle_datagram(now, heard(n, bytes));
        assert_eq!(verdict, Verdict::Response);
        while agent.poll_event().is_some() {
            events += 1;
        }
    }
    assert_eq!(events, 2 * responses.len(), "found and resolved");
    agent
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
        .without_plots();
    targets = stranger, resolve
}
criterion_main!(benches);
