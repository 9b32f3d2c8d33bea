//! Hosts on one link that hear each other at once, in virtual time.

pub(super) use super::super::*;
pub(super) use crate::link::{Family, LinkAddress};
pub(super) use crate::registrations::{
    GoodbyesOn, OwnedRecord, RecordSet, RegisterError, RegistrationId, Withdrawn,
};
pub(super) use crate::time::Duration;
pub(super) use crate::transmit::{Datagram, Delivery, Destination, Fate, SendFailure, Verdict};
pub(super) use alloc::vec;
pub(super) use alloc::vec::Vec;
pub(super) use cooee_wire::{
    Class, Flags, Message, MessageBuilder, RData, RecordFields, RecordType, Section, Srv, Ttl,
    TxtData,
};
pub(super) use core::net::{IpAddr, Ipv4Addr, SocketAddr};

pub(super) const LINK: LinkId = LinkId(3);

pub(super) fn at_ms(millis: u64) -> Instant {
    Instant::from_nanos(millis * 1_000_000)
}

pub(super) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

pub(super) fn ip(host: usize) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, 0, u8::try_from(host).unwrap() + 1)
}

/// A packet that was sent.
pub(super) struct Sent {
    pub(super) at: Instant,
    pub(super) host: usize,
    pub(super) to: Destination,
    pub(super) bytes: Vec<u8>,
}

/// Hosts on one link without loss or delay.
pub(super) struct Lan {
    pub(super) now: Instant,
    pub(super) hosts: Vec<Engine>,
    pub(super) sent: Vec<Sent>,
    pub(super) events: Vec<(usize, ClaimChange)>,
    pub(super) announced: Vec<(usize, RegistrationId)>,
    pub(super) withdrawn: Vec<(usize, Withdrawn)>,
    /// The result of packets to the group.
    pub(super) way_out: fn(Instant) -> Delivery,
    /// When a packet was tried to be sent to the group, and how.
    pub(super) tries: Vec<(Instant, Destination)>,
}

impl Lan {
    pub(super) fn new(hosts: usize) -> Self {
        Self::with(hosts, &Config::default())
    }

    pub(super) fn with(hosts: usize, config: &Config) -> Self {
        let host = |n: usize| {
            let mut engine = Engine::new(config.clone(), n as u64 + 1, Instant::ZERO);
            let addresses = vec![LinkAddress {
                ip: IpAddr::V4(ip(n)),
                prefix_len: 24,
            }];
            let info = LinkInfo {
                addresses,
                mtu: 1_500,
            };
            engine.handle_link(Instant::ZERO, LinkChange::Up { link: LINK, info });
            engine
        };
        Self {
            now: Instant::ZERO,
            hosts: (0..hosts).map(host).collect(),
            sent: vec![],
            events: vec![],
            announced: vec![],
            withdrawn: vec![],
            way_out: |_| Delivery::LEFT,
            tries: vec![],
        }
    }

    /// Lets a host claim the name of a set, and hold the set, from now on.
    pub(super) fn register(&mut self, host: usize, set: &RecordSet) -> RegistrationId {
        self.hosts[host].register(self.now, set).unwrap()
    }

    /// A host asks for records from now on.
    pub(super) fn ask_for(&mut self, host: usize, owner: &str, rtype: RecordType) {
        let query = Query {
            name: name(owner),
            rtype,
            link: None,
        };
        self.hosts[host].start_query(self.now, query);
    }

    pub(super) fn run_until(&mut self, end: Instant) {
        loop {
            self.transmit_all();
            let next = self
                .hosts
                .iter()
                .filter_map(|host| host.poll_timeout())
                .map(|d| d.at)
                .min();
            let Some(next) = next.filter(|next| *next <= end) else {
                break;
            };
            self.now = self.now.max(next);
            for host in &mut self.hosts {
                host.handle_timeout(self.now);
            }
        }
        self.now = end;
    }

    pub(super) fn transmit_all(&mut self) {
        let mut buf = Vec::new();
        for from in 0..self.hosts.len() {
            while let Some(transmit) = self.hosts[from].poll_transmit(self.now, &mut buf) {
                let route = transmit.route;
                let to_group = !matches!(route.destination, Destination::Unicast(_));
                let mut delivery = Delivery::LEFT;
                if to_group {
                    delivery = (self.way_out)(self.now);
                    self.tries.push((self.now, route.destination));
                }
                if let Destination::MulticastBy(only) = route.destination {
                    let fate = delivery.over(only);
                    delivery = Delivery::default();
                    delivery.note(only, fate);
                }
                self.hosts[from].handle_transmit(self.now, transmit, delivery);
                if delivery.v4 != Fate::Left && delivery.v6 != Fate::Left {
                    continue;
                }
                let sent = Sent {
                    at: self.now,
                    host: from,
                    to: route.destination,
                    bytes: buf.clone(),
                };
                self.deliver(&sent);
                self.sent.push(sent);
            }
            while let Some(withdrawn) = self.hosts[from].poll_withdrawn() {
                self.withdrawn.push((from, withdrawn));
            }
            while let Some(event) = self.hosts[from].poll_claim_event() {
                match event.change {
                    ClaimChange::Announced => self.announced.push((from, event.registration)),
                    change @ (ClaimChange::Established
                    | ClaimChange::Disputed
                    | ClaimChange::Waiting { .. }
                    | ClaimChange::WaitingOver { .. }
                    | ClaimChange::Lost) => self.events.push((from, change)),
                }
            }
        }
    }

    pub(super) fn deliver(&mut self, sent: &Sent) {
        let source = SocketAddr::new(IpAddr::V4(ip(sent.host)), 5353);
        for (n, host) in self.hosts.iter_mut().enumerate() {
            let destination = match sent.to {
                Destination::Multicast | Destination::MulticastBy(Family::V4) => {
                    IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251))
                }
                Destination::Unicast(to) if to.ip() == IpAddr::V4(ip(n)) => to.ip(),
                Destination::MulticastBy(Family::V6) | Destination::Unicast(_) => continue,
            };
            let _ = host.handle_datagram(
                self.now,
                Datagram {
                    link: LINK,
                    source,
                    destination,
                    bytes: &sent.bytes,
                },
            );
        }
    }

    /// Sends a query from a host outside the simulation; `port` is 5353 or a legacy one.
    pub(super) fn ask(
        &mut self,
        port: u16,
        questions: &[(&str, RecordType, bool)],
        known: &[OwnedRecord],
    ) {
        let bytes = query(questions, known);
        let source = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 200)), port);
        let destination = IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251));
        for host in &mut self.hosts {
            let datagram = Datagram {
                link: LINK,
                source,
                destination,
                bytes: &bytes,
            };
            let _ = host.handle_datagram(self.now, datagram);
        }
    }

    /// Delivers a packet from a host outside the simulation.
    pub(super) fn hear(&mut self, source: &str, destination: &str, bytes: &[u8]) -> Verdict {
        let source = source.parse().unwrap();
        let destination = destination.parse().unwrap();
        let datagram = Datagram {
            link: LINK,
            source,
            destination,
            bytes,
        };
        self.hosts[0].handle_datagram(self.now, datagram)
    }

    /// Returns when each packet was sent, in milliseconds.
    pub(super) fn times(&self) -> Vec<u64> {
        self.sent
            .iter()
            .map(|sent| sent.at.as_nanos() / 1_000_000)
            .collect()
    }

    /// Forgets what was sent. Returns the records of all its answers.
    pub(super) fn take_answers(&mut self) -> Vec<(u64, RecordType, Section)> {
        let mut records = Vec::new();
        for sent in core::mem::take(&mut self.sent) {
            let message = Message::parse(&sent.bytes).unwrap();
            for record in message.records() {
                let (section, record) = record.unwrap();
                records.push((sent.at.as_nanos() / 1_000_000, record.rtype, section));
            }
        }
        records
    }
}

/// Returns a query with known answers.
pub(super) fn query(questions: &[(&str, RecordType, bool)], known: &[OwnedRecord]) -> Vec<u8> {
    message(77, Flags::QUERY, questions, Section::Answer, known)
}

/// Returns a message with records in one section.
pub(super) fn message(
    id: u16,
    flags: Flags,
    questions: &[(&str, RecordType, bool)],
    section: Section,
    records: &[OwnedRecord],
) -> Vec<u8> {
    let known = records;
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, id, flags, 9_000);
    for (owner, rtype, unicast) in questions {
        builder
            .question(&name(owner), *rtype, Class::IN, *unicast)
            .unwrap();
    }
    for record in known {
        let fields = RecordFields {
            name: &record.name,
            class: Class::IN,
            cache_flush: flags.is_response() && record.unique,
            ttl: record.ttl,
            data: &record.data,
        };
        builder.record(section, fields).unwrap();
    }
    builder.finish();
    bytes
}

pub(super) fn record(owner: &str, ttl: u32, unique: bool, data: RData) -> OwnedRecord {
    OwnedRecord {
        name: name(owner),
        ttl: Ttl(ttl),
        unique,
        data,
        link: None,
    }
}

pub(super) fn host_set(owner: &str, host: usize) -> RecordSet {
    let records = vec![record(owner, 120, true, RData::A(ip(host)))];
    RecordSet {
        claim: Some(name(owner)),
        records,
        ..RecordSet::default()
    }
}

pub(super) fn service_set(label: &str, port: u16, text: &str) -> RecordSet {
    let instance = alloc::format!("{label}._http._tcp.local");
    let srv = Srv {
        priority: 0,
        weight: 0,
        port,
        target: name("host.local"),
    };
    let records = vec![
        record(
            "_http._tcp.local",
            4_500,
            false,
            RData::Ptr(name(&instance)),
        ),
        record(&instance, 120, true, RData::Srv(srv)),
        record(
            &instance,
            4_500,
            true,
            RData::Txt(TxtData::from_strings([text.as_bytes()]).unwrap()),
        ),
    ];
    RecordSet {
        claim: Some(name(&instance)),
        records,
        ..RecordSet::default()
    }
}

pub(super) fn established(lan: &Lan) -> usize {
    lan.events
        .iter()
        .filter(|(_, change)| *change == ClaimChange::Established)
        .count()
}

/// Returns one host with a host name and a service, a minute after it came up.
pub(super) fn settled() -> (Lan, RegistrationId) {
    let mut lan = Lan::new(1);
    lan.register(0, &host_set("host.local", 0));
    let id = lan.register(0, &service_set("web", 80, "a=1"));
    lan.run_until(at_ms(60_000));
    lan.sent.clear();
    (lan, id)
}
