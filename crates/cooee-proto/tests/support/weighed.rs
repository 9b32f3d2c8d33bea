//! Hosts whose services are weighed: one that browses, one that publishes.
//!
//! In:  how many services.
//! Out: a host that knows or has announced them, and packets for it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use cooee_proto::dnssd::event::{AgentEvent, DiscoveryEvent, News, PublicationEvent};
use cooee_proto::dnssd::txt::Txt;
use cooee_proto::dnssd::{HostSpec, ServiceSpec};
use cooee_proto::link::{LinkAddress, LinkChange, LinkId, LinkInfo};
use cooee_proto::time::{Duration, Instant};
use cooee_proto::transmit::{Datagram, Delivery};
use cooee_proto::wire::{
    Class, Flags, MessageBuilder, Name, RData, RecordFields, RecordType, Section, Srv, Ttl, TxtData,
};
use cooee_proto::{Agent, BrowseOptions, Config};

const LINK: LinkId = LinkId(2);
/// How far apart packets are: so far that the cache has a place for each new service.
const GAP: Duration = Duration::from_millis(20);
/// Time for probes, two announcements, and what is remembered of them for a while.
const ANNOUNCED_AFTER: Duration = Duration::from_secs(600);
/// A host that has no service.
const ANOTHER: usize = 60_000;
/// So long that nothing is asked again while the cache is filled.
const TTL: Ttl = Ttl(4_500);

/// An agent, and what it has reported.
pub(crate) struct Host {
    agent: Agent,
    now: Instant,
    buffer: Vec<u8>,
    pub(crate) added: usize,
    pub(crate) announced: usize,
    /// How many packets it has sent.
    pub(crate) sent: usize,
}

impl Host {
    fn new() -> Self {
        let now = Instant::ZERO;
        let mut config = Config::default();
        config.rate_limit = None;
        let mut agent = Agent::new(config, 1, now);
        let ip = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
        let info = LinkInfo {
            addresses: vec![LinkAddress { ip, prefix_len: 8 }],
            mtu: 1_500,
        };
        agent.handle_link(now, LinkChange::Up { link: LINK, info });
        Self {
            agent,
            now,
            buffer: Vec::with_capacity(9_000),
            added: 0,
            announced: 0,
            sent: 0,
        }
    }

    /// Returns a host that has found and resolved so many services, each on a host of its own.
    pub(crate) fn that_browses(count: usize) -> Self {
        let mut host = Self::new();
        let options = BrowseOptions {
            resolve: true,
            ..BrowseOptions::default()
        };
        host.agent
            .browse(host.now, &"_weigh._tcp".parse().expect("a type"), options);
        for n in 0..count {
            host.hear(n, &service(n));
        }
        host
    }

    /// Returns a host that has announced so many services.
    pub(crate) fn that_publishes(count: usize) -> Self {
        let mut host = Self::new();
        for n in 0..count {
            let service_type = "_weigh._tcp".parse().expect("a type");
            let own = HostSpec::own(name("device.local"));
            let mut service = ServiceSpec::new(&label(n), service_type, 80, own);
            service.txt = Txt::from_data(attributes());
            let published = host.agent.publish_service(host.now, service);
            published.expect("it fits the limits");
        }
        host.wait_until(host.now + ANNOUNCED_AFTER);
        host
    }

    /// Handles a packet, and does what is due.
    #[inline(never)]
    pub(crate) fn hear(&mut self, from: usize, bytes: &[u8]) {
        self.wait_until(self.now + GAP);
        let from = u32::try_from(from).expect("few hosts");
        let source = Ipv4Addr::from(u32::from(Ipv4Addr::new(10, 1, 0, 0)) + from);
        let datagram = Datagram {
            link: LINK,
            source: SocketAddr::from((source, 5_353)),
            destination: IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251)),
            bytes,
        };
        let _ = self.agent.handle_datagram(self.now, datagram);
        self.drain();
    }

    /// Lets many further records of a service come and go, from a host that does not count.
    pub(crate) fn hear_more_of(&mut self, n: usize) {
        for ttl in [TTL, Ttl(0)] {
            for packet in more_of(n, ttl) {
                self.hear(ANOTHER, &packet);
            }
            self.wait_until(self.now + Duration::from_secs(3));
        }
    }

    /// Does what is due until a moment.
    fn wait_until(&mut self, end: Instant) {
        self.drain();
        while let Some(due) = self.agent.poll_timeout().filter(|due| due.at <= end) {
            self.now = self.now.max(due.at);
            self.agent.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    fn drain(&mut self) {
        while let Some(transmit) = self.agent.poll_transmit(self.now, &mut self.buffer) {
            self.agent
                .handle_transmit(self.now, transmit, Delivery::LEFT);
            self.sent += 1;
        }
        while let Some(AgentEvent { news, .. }) = self.agent.poll_event() {
            match news {
                News::Discovery(DiscoveryEvent::Added(_)) => self.added += 1,
                News::Publication(PublicationEvent::Announced) => self.announced += 1,
                News::Discovery(_) | News::Publication(_) => {}
            }
        }
    }
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn label(n: usize) -> String {
    format!("Service number {n:05}")
}

fn attributes() -> TxtData {
    let string = [b'x'; 99];
    TxtData::from_strings([&string[..], &string[..]]).expect("short strings")
}

/// Returns a packet with all that belongs to a service: five records.
pub(crate) fn service(n: usize) -> Vec<u8> {
    let instance = name(&format!("{}._weigh._tcp.local", label(n)));
    let host = name(&format!("host-{n:05}.local"));
    let srv = Srv {
        priority: 0,
        weight: 0,
        port: 80,
        target: host.clone(),
    };
    let low = u16::try_from(n).expect("few services");
    let v4 = Ipv4Addr::from(u32::from(Ipv4Addr::new(10, 1, 0, 0)) + u32::from(low));
    let v6 = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 1, low);
    packet(&[
        (
            name("_weigh._tcp.local"),
            false,
            RData::Ptr(instance.clone()),
        ),
        (instance.clone(), true, RData::Srv(srv)),
        (instance, true, RData::Txt(attributes())),
        (host.clone(), true, RData::A(v4)),
        (host, true, RData::Aaaa(v6)),
    ])
}

/// Returns packets with sixty more SRV and TXT records of a service.
fn more_of(n: usize, ttl: Ttl) -> Vec<Vec<u8>> {
    let instance = name(&format!("{}._weigh._tcp.local", label(n)));
    let target = name(&format!("host-{n:05}.local"));
    let records = (1..=60).flat_map(|port| {
        let srv = Srv {
            priority: 1,
            weight: 0,
            port,
            target: target.clone(),
        };
        let txt = TxtData::from_strings([format!("port={port}").as_bytes()]);
        let txt = RData::Txt(txt.expect("a short string"));
        [RData::Srv(srv), txt]
    });
    let records: Vec<_> = records
        .map(|data| (instance.clone(), false, data))
        .collect();
    let packets = records.chunks(30);
    packets.map(|records| packet_with(ttl, records)).collect()
}

/// Returns a packet with a service of a type that nobody browses, which is known to nobody.
pub(crate) fn foreign_answer() -> Vec<u8> {
    let instance = name("Somebody._else._tcp.local");
    packet(&[
        (
            name("_else._tcp.local"),
            false,
            RData::Ptr(instance.clone()),
        ),
        (instance, true, RData::Txt(attributes())),
    ])
}

/// Returns a question for the SRV record of a published service.
pub(crate) fn question(n: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::QUERY, 1_452);
    let instance = name(&format!("{}._weigh._tcp.local", label(n)));
    builder
        .question(&instance, RecordType::SRV, Class::IN, false)
        .expect("it fits");
    builder.finish();
    bytes
}

fn packet(records: &[(Name, bool, RData)]) -> Vec<u8> {
    packet_with(TTL, records)
}

fn packet_with(ttl: Ttl, records: &[(Name, bool, RData)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::RESPONSE, 1_452);
    for (name, cache_flush, data) in records {
        let fields = RecordFields {
            name,
            class: Class::IN,
            cache_flush: *cache_flush,
            ttl,
            data,
        };
        builder.record(Section::Answer, fields).expect("it fits");
    }
    builder.finish();
    bytes
}
