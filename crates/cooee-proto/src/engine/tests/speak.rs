//! The engine speaks: hosts on one link that hear each other at once, in virtual time.

use alloc::vec;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};

use cooee_wire::{
    Class, Flags, Message, MessageBuilder, RData, RecordFields, RecordType, Section, Srv, Ttl,
    TxtData,
};

use super::super::*;
use crate::link::LinkAddress;
use crate::prober::RegistrationId;
use crate::responder::registry::OwnedRecord;
use crate::time::Duration;

const LINK: LinkId = LinkId(3);

fn at_ms(millis: u64) -> Instant {
    Instant::from_nanos(millis * 1_000_000)
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn ip(host: usize) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, 0, u8::try_from(host).unwrap() + 1)
}

/// A packet that was sent.
struct Sent {
    at: Instant,
    host: usize,
    to: Destination,
    bytes: Vec<u8>,
}

/// Hosts on one link without loss or delay.
struct Lan {
    now: Instant,
    hosts: Vec<Engine>,
    sent: Vec<Sent>,
    events: Vec<(usize, ClaimChange)>,
}

impl Lan {
    fn new(hosts: usize) -> Self {
        let host = |n: usize| {
            let mut engine = Engine::new(Config::default(), n as u64 + 1, Instant::ZERO);
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
        }
    }

    fn run_until(&mut self, end: Instant) {
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

    fn transmit_all(&mut self) {
        let mut buf = Vec::new();
        for from in 0..self.hosts.len() {
            while let Some(transmit) = self.hosts[from].poll_transmit(self.now, &mut buf) {
                let sent = Sent {
                    at: self.now,
                    host: from,
                    to: transmit.destination,
                    bytes: buf.clone(),
                };
                self.deliver(&sent);
                self.sent.push(sent);
            }
            while let Some(event) = self.hosts[from].poll_claim_event() {
                self.events.push((from, event.change));
            }
        }
    }

    fn deliver(&mut self, sent: &Sent) {
        let source = SocketAddr::new(IpAddr::V4(ip(sent.host)), 5353);
        for (n, host) in self.hosts.iter_mut().enumerate() {
            let destination = match sent.to {
                Destination::Multicast => IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251)),
                Destination::Unicast(to) if to.ip() == IpAddr::V4(ip(n)) => to.ip(),
                Destination::Unicast(_) => continue,
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

    /// A query from a host that is no part of the simulation; `port` 5353 or a legacy one.
    fn ask(&mut self, port: u16, questions: &[(&str, RecordType, bool)], known: &[OwnedRecord]) {
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

    /// Forgets what was sent; returns the records of the answers of all of it.
    fn take_answers(&mut self) -> Vec<(u64, RecordType, Section)> {
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

fn query(questions: &[(&str, RecordType, bool)], known: &[OwnedRecord]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 77, Flags::QUERY, 9_000);
    for (owner, rtype, unicast) in questions {
        builder
            .question(&name(owner), *rtype, Class::IN, *unicast)
            .unwrap();
    }
    for record in known {
        let fields = RecordFields {
            name: &record.name,
            class: Class::IN,
            cache_flush: false,
            ttl: record.ttl,
            data: &record.data,
        };
        builder.record(Section::Answer, fields).unwrap();
    }
    builder.finish();
    bytes
}

fn record(owner: &str, ttl: u32, unique: bool, data: RData) -> OwnedRecord {
    OwnedRecord {
        name: name(owner),
        ttl: Ttl(ttl),
        unique,
        data,
        link: None,
    }
}

fn host_set(owner: &str, host: usize) -> RecordSet {
    let records = vec![record(owner, 120, true, RData::A(ip(host)))];
    RecordSet {
        claim: Some(name(owner)),
        records,
    }
}

fn service_set(label: &str, port: u16, text: &str) -> RecordSet {
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
    }
}

fn established(lan: &Lan) -> usize {
    lan.events
        .iter()
        .filter(|(_, change)| *change == ClaimChange::Established)
        .count()
}

/// One host with a host name and a service, a minute after it came up.
fn settled() -> (Lan, RegistrationId) {
    let mut lan = Lan::new(1);
    lan.hosts[0]
        .register(Instant::ZERO, &host_set("host.local", 0))
        .unwrap();
    let id = lan.hosts[0]
        .register(Instant::ZERO, &service_set("web", 80, "a=1"))
        .unwrap();
    lan.run_until(at_ms(60_000));
    lan.sent.clear();
    (lan, id)
}

#[test]
fn three_probes_250_ms_apart_then_two_announcements_a_second_apart_then_silence() {
    let mut lan = Lan::new(1);
    lan.hosts[0]
        .register(Instant::ZERO, &host_set("host.local", 0))
        .unwrap();
    lan.hosts[0]
        .register(Instant::ZERO, &service_set("web", 80, "a=1"))
        .unwrap();
    lan.run_until(at_ms(3_600_000));
    let first = lan.sent[0].at;
    assert!(first <= at_ms(250));
    let offsets: Vec<_> = lan
        .sent
        .iter()
        .map(|sent| sent.at.saturating_since(first).as_millis())
        .collect();
    assert_eq!(offsets, [0, 250, 500, 750, 1_750]);
    let counts = |n: usize| Message::parse(&lan.sent[n].bytes).unwrap().header().counts;
    assert_eq!((counts(0).questions, counts(0).authorities), (2, 3));
    assert_eq!((counts(3).questions, counts(3).answers), (0, 4));
    assert_eq!(established(&lan), 2);
}

#[test]
fn a_unique_answer_comes_at_once_and_a_shared_one_after_20_to_120_ms_with_what_is_wanted_next() {
    let (mut lan, _) = settled();
    lan.ask(5353, &[("host.local", RecordType::A, false)], &[]);
    lan.run_until(at_ms(60_500));
    let answers = lan.take_answers();
    assert_eq!(
        answers,
        [
            (60_000, RecordType::A, Section::Answer),
            (60_000, RecordType::NSEC, Section::Additional)
        ]
    );
    lan.run_until(at_ms(62_000));
    lan.ask(5353, &[("_http._tcp.local", RecordType::PTR, false)], &[]);
    lan.run_until(at_ms(63_000));
    let answers = lan.take_answers();
    assert!((62_020..=62_120).contains(&answers[0].0), "{answers:?}");
    let types: Vec<_> = answers.iter().map(|(_, rtype, _)| *rtype).collect();
    let expected = [
        RecordType::PTR,
        RecordType::SRV,
        RecordType::TXT,
        RecordType::A,
        RecordType::NSEC,
    ];
    assert_eq!(types, expected);
}

#[test]
fn a_record_is_multicast_at_most_once_a_second_delayed_not_dropped() {
    let (mut lan, _) = settled();
    for ms in [60_000, 60_300, 60_600] {
        lan.run_until(at_ms(ms));
        lan.ask(5353, &[("host.local", RecordType::A, false)], &[]);
    }
    lan.run_until(at_ms(63_000));
    let times: Vec<_> = lan
        .sent
        .iter()
        .map(|sent| sent.at.as_nanos() / 1_000_000)
        .collect();
    assert_eq!(times, [60_000, 61_000]);
}

#[test]
fn what_does_not_exist_is_denied_and_what_is_not_ours_is_not_answered() {
    let (mut lan, _) = settled();
    lan.ask(5353, &[("host.local", RecordType::AAAA, false)], &[]);
    lan.run_until(at_ms(60_010));
    assert_eq!(
        lan.take_answers(),
        [(60_000, RecordType::NSEC, Section::Answer)]
    );
    lan.ask(5353, &[("other.local", RecordType::A, false)], &[]);
    lan.ask(5353, &[("_http._tcp.local", RecordType::TXT, false)], &[]);
    lan.run_until(at_ms(62_000));
    assert_eq!(lan.take_answers(), []);
}

#[test]
fn known_answers_with_half_the_ttl_are_not_repeated() {
    let (mut lan, _) = settled();
    let known = |ttl| {
        [record(
            "_http._tcp.local",
            ttl,
            false,
            RData::Ptr(name("web._http._tcp.local")),
        )]
    };
    lan.ask(
        5353,
        &[("_http._tcp.local", RecordType::PTR, false)],
        &known(2_250),
    );
    lan.run_until(at_ms(62_000));
    assert_eq!(lan.take_answers(), []);
    lan.ask(
        5353,
        &[("_http._tcp.local", RecordType::PTR, false)],
        &known(2_249),
    );
    lan.run_until(at_ms(64_000));
    assert_eq!(lan.take_answers().len(), 5);
}

#[test]
fn a_legacy_query_gets_its_id_its_question_and_ten_seconds() {
    let (mut lan, _) = settled();
    lan.ask(40_000, &[("host.local", RecordType::A, false)], &[]);
    lan.run_until(at_ms(60_100));
    let [sent] = &lan.sent[..] else {
        panic!("one reply")
    };
    assert_eq!(
        sent.to,
        Destination::Unicast("10.0.0.200:40000".parse().unwrap())
    );
    let message = Message::parse(&sent.bytes).unwrap();
    assert_eq!(
        (message.header().id, message.header().counts.questions),
        (77, 1)
    );
    for record in message.records() {
        let (_, record) = record.unwrap();
        assert!(!record.cache_flush);
        assert!(record.ttl.as_secs() <= 10);
    }
}

#[test]
fn a_question_for_unicast_is_answered_so_while_the_last_multicast_is_fresh() {
    let (mut lan, _) = settled();
    lan.ask(5353, &[("host.local", RecordType::A, true)], &[]);
    lan.run_until(at_ms(60_010));
    assert_eq!(
        lan.sent.last().unwrap().to,
        Destination::Multicast,
        "a quarter of 120 s has passed"
    );
    lan.ask(5353, &[("host.local", RecordType::A, true)], &[]);
    lan.run_until(at_ms(61_000));
    let to = Destination::Unicast("10.0.0.200:5353".parse().unwrap());
    assert_eq!(lan.sent.last().unwrap().to, to);
}

#[test]
fn unregistering_says_goodbye_for_what_was_sent_and_keeps_the_host() {
    let (mut lan, id) = settled();
    lan.hosts[0].unregister(id);
    lan.run_until(at_ms(61_000));
    let [sent] = &lan.sent[..] else {
        panic!("one goodbye")
    };
    let message = Message::parse(&sent.bytes).unwrap();
    let ttls: Vec<_> = message
        .answers()
        .map(|record| record.unwrap().ttl)
        .collect();
    assert_eq!(ttls, [Ttl::ZERO; 3]);
    lan.ask(5353, &[("host.local", RecordType::A, false)], &[]);
    lan.run_until(at_ms(62_000));
    assert_eq!(lan.sent.len(), 2);
}

#[test]
fn a_registration_that_was_never_sent_leaves_in_silence() {
    let mut lan = Lan::new(1);
    let id = lan.hosts[0]
        .register(Instant::ZERO, &service_set("web", 80, "a=1"))
        .unwrap();
    lan.run_until(at_ms(600));
    lan.sent.clear();
    lan.hosts[0].unregister(id);
    lan.run_until(at_ms(60_000));
    assert_eq!(lan.sent.len(), 0);
}

#[test]
fn a_changed_txt_is_announced_twice_without_probing_again() {
    let (mut lan, id) = settled();
    lan.hosts[0]
        .update(at_ms(60_000), id, &service_set("web", 80, "a=2"))
        .unwrap();
    lan.run_until(at_ms(70_000));
    let types = |sent: &Sent| {
        let message = Message::parse(&sent.bytes).unwrap();
        let records = message.records().map(|record| record.unwrap().1.rtype);
        (sent.at.as_nanos() / 1_000_000, records.collect::<Vec<_>>())
    };
    let sent: Vec<_> = lan.sent.iter().map(types).collect();
    assert_eq!(
        sent,
        [
            (60_000, vec![RecordType::TXT]),
            (61_000, vec![RecordType::TXT])
        ]
    );
}

#[test]
fn of_two_hosts_that_want_one_name_at_once_exactly_one_gets_it() {
    let mut lan = Lan::new(2);
    for host in 0..2 {
        lan.hosts[host]
            .register(Instant::ZERO, &host_set("host.local", host))
            .unwrap();
    }
    lan.run_until(at_ms(30_000));
    let established: Vec<_> = lan
        .events
        .iter()
        .filter(|(_, change)| *change == ClaimChange::Established)
        .map(|(host, _)| *host)
        .collect();
    assert_eq!(established.len(), 1, "{:?}", lan.events);
    let lost = lan
        .events
        .iter()
        .filter(|(_, change)| *change == ClaimChange::Lost)
        .count();
    assert_eq!(lost, 1, "{:?}", lan.events);
}

#[test]
fn a_held_name_is_defended_against_a_newcomer() {
    let mut lan = Lan::new(2);
    lan.hosts[0]
        .register(Instant::ZERO, &host_set("host.local", 0))
        .unwrap();
    lan.run_until(at_ms(10_000));
    lan.hosts[1]
        .register(at_ms(10_000), &host_set("host.local", 1))
        .unwrap();
    lan.run_until(at_ms(20_000));
    assert_eq!(
        lan.events,
        [(0, ClaimChange::Established), (1, ClaimChange::Lost)]
    );
}

#[test]
fn equal_records_of_two_hosts_are_no_conflict() {
    let mut lan = Lan::new(2);
    for host in 0..2 {
        lan.hosts[host]
            .register(Instant::ZERO, &host_set("host.local", 0))
            .unwrap();
    }
    lan.run_until(at_ms(30_000));
    assert_eq!(established(&lan), 2);
    assert_eq!(lan.events.len(), 2, "{:?}", lan.events);
}

#[test]
fn two_holders_that_meet_both_probe_again_and_one_keeps_the_name() {
    let mut lan = Lan::new(2);
    let mut apart = core::mem::take(&mut lan.hosts);
    for (n, host) in apart.drain(..).enumerate() {
        let mut alone = Lan {
            now: Instant::ZERO,
            hosts: vec![host],
            sent: vec![],
            events: vec![],
        };
        alone.hosts[0]
            .register(Instant::ZERO, &host_set("host.local", n))
            .unwrap();
        alone.run_until(at_ms(10_000));
        assert_eq!(established(&alone), 1);
        lan.hosts.push(alone.hosts.remove(0));
    }
    lan.now = at_ms(10_000);
    lan.ask(5353, &[("host.local", RecordType::A, false)], &[]);
    lan.run_until(at_ms(40_000));
    let lost = lan
        .events
        .iter()
        .filter(|(_, change)| *change == ClaimChange::Lost)
        .count();
    assert_eq!(lost, 1, "{:?}", lan.events);
    lan.sent.clear();
    lan.ask(5353, &[("host.local", RecordType::A, false)], &[]);
    lan.run_until(at_ms(41_000));
    let answers = lan.take_answers();
    let addresses = answers
        .iter()
        .filter(|(_, rtype, _)| *rtype == RecordType::A);
    assert_eq!(addresses.count(), 1, "{answers:?}");
}

#[test]
fn a_low_ttl_or_a_goodbye_of_another_host_for_our_record_is_corrected() {
    let (mut lan, _) = settled();
    for (at, ttl) in [(60_000, 59), (63_000, 0)] {
        lan.run_until(at_ms(at));
        let mut bytes = Vec::new();
        let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::RESPONSE, 1_452);
        let data = RData::A(ip(0));
        let owner = name("host.local");
        let fields = RecordFields {
            name: &owner,
            class: Class::IN,
            cache_flush: true,
            ttl: Ttl(ttl),
            data: &data,
        };
        builder.record(Section::Answer, fields).unwrap();
        builder.finish();
        lan.sent.clear();
        let source = "10.0.0.99:5353".parse().unwrap();
        let destination = "224.0.0.251".parse().unwrap();
        let datagram = Datagram {
            link: LINK,
            source,
            destination,
            bytes: &bytes,
        };
        let _ = lan.hosts[0].handle_datagram(lan.now, datagram);
        lan.run_until(lan.now + Duration::from_secs(2));
        assert_eq!(lan.take_answers()[0].1, RecordType::A, "TTL {ttl}");
    }
}

#[test]
fn ten_thousand_services_need_few_packets_and_every_answer_is_there() {
    let mut lan = Lan::new(1);
    lan.hosts[0]
        .register(Instant::ZERO, &host_set("host.local", 0))
        .unwrap();
    for n in 0..10_000 {
        let set = service_set(
            &alloc::format!("Service {n:05}").replace(' ', "-"),
            80,
            "a=1",
        );
        lan.hosts[0].register(Instant::ZERO, &set).unwrap();
    }
    lan.run_until(at_ms(3_500));
    assert_eq!(established(&lan), 10_001);
    assert!(lan.sent.len() <= 6_000, "{}", lan.sent.len());
}
