//! The work that is measured: an engine with many services, and the answer to one question.
//!
//! Shared by the wall-clock benchmark and the instruction counts, so that both speak of the same.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use cooee_proto::link::{LinkAddress, LinkChange, LinkId, LinkInfo};
use cooee_proto::time::{Duration, Instant};
use cooee_proto::transmit::{Datagram, Delivery, Route};
use cooee_proto::wire::{Class, Flags, MessageBuilder, Name, RData, RecordType, Srv, Ttl, TxtData};
use cooee_proto::{Config, Engine, OwnedRecord, RecordSet};

const LINK: LinkId = LinkId(2);

/// Reads a name.
pub(crate) fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

/// Returns an engine with one link, which answers everybody.
pub(crate) fn engine() -> Engine {
    let mut config = Config::default();
    config.rate_limit = None;
    let mut engine = Engine::new(config, 1, Instant::ZERO);
    let ip = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
    let info = LinkInfo {
        addresses: vec![LinkAddress { ip, prefix_len: 16 }],
        mtu: 1_500,
    };
    engine.handle_link(Instant::ZERO, LinkChange::Up { link: LINK, info });
    engine
}

fn record(name: &Name, unique: bool, data: RData) -> OwnedRecord {
    OwnedRecord {
        name: name.clone(),
        ttl: Ttl(120),
        unique,
        data,
        link: None,
    }
}

fn host() -> RecordSet {
    let name = name("host.local");
    let records = vec![record(&name, true, RData::A(Ipv4Addr::new(10, 0, 0, 1)))];
    RecordSet {
        claim: Some(name),
        records,
        ..RecordSet::default()
    }
}

/// Returns the name of one of the services.
pub(crate) fn instance(n: usize) -> Name {
    name(&format!("Instance-{n:05}._bench._tcp.local"))
}

fn service(n: usize) -> RecordSet {
    let instance = instance(n);
    let srv = Srv {
        priority: 0,
        weight: 0,
        port: 80,
        target: name("host.local"),
    };
    let txt = TxtData::from_strings([b"path=/".as_slice()]).expect("a short string");
    let records = vec![
        record(
            &name("_bench._tcp.local"),
            false,
            RData::Ptr(instance.clone()),
        ),
        record(&instance, true, RData::Srv(srv)),
        record(&instance, true, RData::Txt(txt)),
    ];
    RecordSet {
        claim: Some(instance),
        records,
        ..RecordSet::default()
    }
}

/// Registers services and lets the time pass until they are announced. Returns the packets sent.
pub(crate) fn announced(engine: &mut Engine, sets: &[RecordSet]) -> usize {
    for set in sets {
        engine
            .register(Instant::ZERO, set)
            .expect("the names differ");
    }
    let end = Instant::ZERO + Duration::from_secs(4);
    let (mut packets, mut buf) = (0, Vec::new());
    while let Some(deadline) = engine.poll_timeout().filter(|deadline| deadline.at <= end) {
        engine.handle_timeout(deadline.at);
        while sent(engine, deadline.at, &mut buf).is_some() {
            packets += 1;
        }
    }
    while engine.poll_claim_event().is_some() {}
    packets
}

/// Returns a host and its services, ready to be registered.
pub(crate) fn sets(count: usize) -> Vec<RecordSet> {
    std::iter::once(host())
        .chain((0..count).map(service))
        .collect()
}

/// Returns a query with one question.
pub(crate) fn query(question: &Name, rtype: RecordType) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 7, Flags::QUERY, 512);
    builder
        .question(question, rtype, Class::IN, false)
        .expect("it fits");
    builder.finish();
    bytes
}

/// Has a query from a port answered; returns where the answer goes.
#[inline(never)]
pub(crate) fn answered(
    engine: &mut Engine,
    (now, port): (Instant, u16),
    bytes: &[u8],
    buf: &mut Vec<u8>,
) -> Route {
    let datagram = Datagram {
        link: LINK,
        source: SocketAddr::from(([10, 0, 7, 7], port)),
        destination: IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251)),
        bytes,
    };
    let _ = engine.handle_datagram(now, datagram);
    sent(engine, now, buf).expect("an answer")
}

/// Polls the next packet, and reports it as sent.
fn sent(engine: &mut Engine, now: Instant, buf: &mut Vec<u8>) -> Option<Route> {
    let transmit = engine.poll_transmit(now, buf)?;
    let route = transmit.route;
    engine.handle_transmit(now, transmit, Delivery::LEFT);
    Some(route)
}
