//! Each rule has a message that breaks it, and messages that do not.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use cooee_wire::{
    Class, DecodeErrorKind, Flags, MessageBuilder, Name, RData, Record, RecordType, Section, Srv,
    Ttl,
};

use super::limits::{CLAIMS_MAX, HOSTS_MAX, QUESTIONS_MAX};
use super::{Breach, MessageKind, Observation, Observer, Sighting};

/// A packet to observe, by default a multicast from port 5353 with all in order.
#[derive(Clone)]
struct Packet {
    ms: u64,
    interface: u32,
    source: SocketAddr,
    destination: SocketAddr,
    hop_limit: Option<u8>,
    bytes: Vec<u8>,
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn packet(bytes: Vec<u8>) -> Packet {
    Packet {
        ms: 0,
        interface: 2,
        source: address("10.0.0.9:5353"),
        destination: address("224.0.0.251:5353"),
        hop_limit: Some(255),
        bytes,
    }
}

impl Packet {
    fn at(mut self, ms: u64) -> Self {
        self.ms = ms;
        self
    }

    fn on(mut self, interface: u32) -> Self {
        self.interface = interface;
        self
    }

    fn from(mut self, source: &str) -> Self {
        self.source = address(source);
        self
    }

    fn to(mut self, destination: &str) -> Self {
        self.destination = address(destination);
        self
    }

    /// Sets the identifier and the flags.
    fn header(mut self, id: u16, flags: u16) -> Self {
        self.bytes[..2].copy_from_slice(&id.to_be_bytes());
        self.bytes[2..4].copy_from_slice(&flags.to_be_bytes());
        self
    }

    fn seen_by(&self, observer: &mut Observer) -> Observation {
        observer.observe(&Sighting {
            at: SystemTime::UNIX_EPOCH + Duration::from_millis(1_000_000 + self.ms),
            source: self.source,
            destination: self.destination,
            interface: self.interface,
            hop_limit: self.hop_limit,
            bytes: &self.bytes,
        })
    }

    fn seen(&self) -> Observation {
        self.seen_by(&mut Observer::new())
    }

    /// Returns the sections of the rules that it breaks on its own.
    fn sections(&self) -> Vec<&'static str> {
        sections(&self.seen())
    }
}

fn sections(seen: &Observation) -> Vec<&'static str> {
    seen.breaches.iter().map(Breach::section).collect()
}

fn message(
    flags: Flags,
    questions: &[(&str, RecordType)],
    records: &[(Section, Record)],
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, flags, 9_000);
    for (owner, rtype) in questions {
        let asked = builder.question(&name(owner), *rtype, Class::IN, false);
        asked.expect("it fits");
    }
    for (section, record) in records {
        builder.record(*section, record.into()).expect("it fits");
    }
    builder.finish();
    bytes
}

fn record(owner: &str, cache_flush: bool, secs: u32, data: RData) -> Record {
    Record {
        name: name(owner),
        class: Class::IN,
        ttl: Ttl(secs),
        cache_flush,
        data,
    }
}

fn pointer(cache_flush: bool, secs: u32) -> Record {
    let data = RData::Ptr(name("web._http._tcp.local"));
    record("_http._tcp.local", cache_flush, secs, data)
}

fn host(last: u8) -> Record {
    record("web.local", true, 120, RData::A([10, 0, 0, last].into()))
}

fn question() -> Packet {
    let asked = [("_http._tcp.local", RecordType::PTR)];
    packet(message(Flags::QUERY, &asked, &[]))
}

fn response(records: &[Record]) -> Packet {
    let answers: Vec<_> = records
        .iter()
        .map(|one| (Section::Answer, one.clone()))
        .collect();
    packet(message(Flags::RESPONSE, &[], &answers))
}

fn probe(records: &[(Section, Record)]) -> Packet {
    packet(message(
        Flags::QUERY,
        &[("web.local", RecordType::ANY)],
        records,
    ))
}

/// Observes packets in turn, and returns what was seen of the last.
fn last(packets: impl IntoIterator<Item = Packet>) -> Observation {
    let mut observer = Observer::new();
    let seen = packets
        .into_iter()
        .map(|packet| packet.seen_by(&mut observer));
    seen.last().expect("a packet")
}

#[test]
fn messages_that_keep_the_rules_have_their_kind_and_no_breach() {
    let cases = [
        (question(), MessageKind::Query),
        (probe(&[(Section::Authority, host(9))]), MessageKind::Probe),
        (
            response(&[pointer(false, 4_500), host(9)]),
            MessageKind::Announcement,
        ),
        (response(&[pointer(false, 0)]), MessageKind::Goodbye),
        (
            response(&[host(9)]).to("10.0.0.2:5353"),
            MessageKind::Response,
        ),
        (
            question().from("10.0.0.9:40000").header(7, 0x0120),
            MessageKind::LegacyQuery,
        ),
    ];
    for (packet, kind) in cases {
        let seen = packet.seen();
        assert_eq!((seen.kind, seen.fault, seen.breaches), (kind, None, vec![]));
        assert!(MessageKind::NAMES.contains(&kind.as_str()), "{kind}");
    }
}

#[test]
fn a_response_that_somebody_asked_for_is_no_announcement() {
    let asked = |source: &str, ms| {
        let answer = response(&[pointer(false, 4_500)]).at(ms);
        last([question().from(source), answer]).kind
    };
    assert_eq!(asked("10.0.0.2:5353", 100), MessageKind::Response);
    assert_eq!(asked("10.0.0.2:5353", 3_000), MessageKind::Announcement);
    // Its own question does not ask itself.
    assert_eq!(asked("10.0.0.9:5353", 100), MessageKind::Announcement);
}

#[test]
fn bytes_that_are_no_message_are_malformed_with_the_offset() {
    let seen = packet(vec![0; 11]).seen();
    let MessageKind::Malformed(error) = seen.kind else {
        panic!("{seen:?}");
    };
    assert_eq!(
        (error.offset, error.kind),
        (0, DecodeErrorKind::HeaderTruncated)
    );
    assert!(MessageKind::NAMES.contains(&seen.kind.as_str()));
    let mut cut = response(&[host(9)]);
    cut.bytes.truncate(30);
    let seen = cut.seen();
    assert!(matches!(seen.kind, MessageKind::Malformed(_)), "{seen:?}");
    assert_eq!(
        seen.kind,
        MessageKind::Malformed(seen.fault.expect("a fault"))
    );
}

#[test]
fn bad_data_of_one_record_is_a_fault_and_the_kind_remains() {
    let mut bad = response(&[host(9)]);
    let length = bad.bytes.len();
    // Three bytes of address.
    bad.bytes[length - 5] = 3;
    bad.bytes.truncate(length - 1);
    let seen = bad.seen();
    assert_eq!(seen.kind, MessageKind::Announcement);
    assert_eq!(
        seen.fault.expect("a fault").kind,
        DecodeErrorKind::RdataLength
    );
}

#[test]
fn a_question_repeated_within_a_second_is_too_soon() {
    let gap = |ms| sections(&last([question(), question().at(ms)]));
    assert_eq!(gap(500), ["5.2"]);
    assert_eq!(gap(1_000), [""; 0]);
    assert_eq!(gap(950), [""; 0], "the delays of packets differ");
    let other = question().at(500).from("10.0.0.2:5353");
    assert_eq!(sections(&last([question(), other])), [""; 0]);
}

#[test]
fn one_copy_of_a_question_is_no_repetition_and_a_flood_is() {
    assert_eq!(sections(&last([question(), question().at(2)])), [""; 0]);
    let flood = (0..4).map(|ms| question().at(ms));
    assert_eq!(sections(&last(flood)), ["5.2"]);
}

#[test]
fn intervals_that_do_not_double_are_marked_and_those_that_do_are_not() {
    let mut observer = Observer::new();
    let steady: Vec<_> = (0..8)
        .map(|number| question().at(number * 2_000).seen_by(&mut observer))
        .collect();
    let last = steady.last().expect("some");
    assert!(matches!(
        last.breaches[..],
        [Breach::QueryNotSlowing { .. }]
    ));
    assert!(steady[..6].iter().all(|seen| seen.breaches.is_empty()));

    let mut observer = Observer::new();
    let mut ms = 0;
    for exponent in 0..12 {
        let seen = question().at(ms).seen_by(&mut observer);
        assert_eq!(seen.breaches, []);
        ms += 1_000 << exponent;
    }
}

#[test]
fn a_probe_without_the_proposed_records_is_marked_when_it_is_repeated() {
    let bare = probe(&[]);
    assert_eq!(
        bare.sections(),
        [""; 0],
        "one may be a query for all records"
    );
    let seen = last([bare.clone(), bare.clone().at(250)]);
    assert_eq!(
        (seen.kind, sections(&seen)),
        (MessageKind::Probe, vec!["8.2"])
    );
    let right = probe(&[(Section::Authority, host(9))]);
    let seen = last([right.clone(), right.at(250)]);
    assert_eq!(sections(&seen), [""; 0]);
}

#[test]
fn a_response_from_another_port_or_with_a_question_breaks_section_6() {
    let answer = response(&[host(9)]);
    assert_eq!(answer.clone().from("10.0.0.9:5454").sections(), ["6"]);
    let asked = [("web.local", RecordType::A)];
    let echoing = packet(message(
        Flags::RESPONSE,
        &asked,
        &[(Section::Answer, host(9))],
    ));
    assert_eq!(echoing.sections(), ["6"]);
}

#[test]
fn a_legacy_response_may_repeat_the_question_but_neither_flush_nor_last() {
    let asked = [("web.local", RecordType::A)];
    let legacy = |flush, secs| {
        let data = RData::A([10, 0, 0, 9].into());
        let answer = (Section::Answer, record("web.local", flush, secs, data));
        packet(message(Flags::RESPONSE, &asked, &[answer])).to("10.0.0.2:40000")
    };
    assert_eq!(legacy(false, 10).sections(), [""; 0]);
    assert_eq!(legacy(false, 120).sections(), ["6.7"]);
    assert_eq!(legacy(true, 10).sections(), ["10.2"]);
}

#[test]
fn cache_flush_at_a_shared_record_or_a_known_answer_breaks_section_10_2() {
    assert_eq!(response(&[pointer(true, 4_500)]).sections(), ["10.2"]);
    let reverse = RData::Ptr(name("web.local"));
    let reverse = record("9.0.0.10.in-addr.arpa", true, 120, reverse);
    assert_eq!(response(&[reverse]).sections(), [""; 0]);
    let asked = [("web.local", RecordType::A)];
    let known = packet(message(Flags::QUERY, &asked, &[(Section::Answer, host(9))]));
    assert_eq!(known.sections(), ["10.2"]);
}

#[test]
fn a_ttl_of_more_than_a_day_is_marked_once() {
    assert_eq!(response(&[pointer(false, 86_400)]).sections(), [""; 0]);
    let long = pointer(false, 86_401);
    assert_eq!(response(&[long.clone(), long]).sections(), ["10"]);
}

#[test]
fn a_response_with_another_hop_limit_is_marked_if_it_is_known() {
    let mut answer = response(&[host(9)]);
    for (hop_limit, expected) in [(Some(64), &["11"][..]), (Some(255), &[]), (None, &[])] {
        answer.hop_limit = hop_limit;
        assert_eq!(answer.sections(), expected);
    }
    let mut query = question();
    query.hop_limit = Some(1);
    assert_eq!(query.sections(), [""; 0]);
}

#[test]
fn each_field_of_the_header_has_its_section() {
    let answer = response(&[host(9)]);
    for (flags, expected) in [
        (0x8000, "18.4"),
        (0x8600, "18.5"),
        (0x8500, "18.6"),
        (0x8480, "18.7"),
        (0x8440, "18.8"),
        (0x8420, "18.9"),
        (0x8410, "18.10"),
        (0xac00, "18.3"),
        (0x8403, "18.11"),
    ] {
        let packet = answer.clone().header(0, flags);
        assert_eq!(packet.sections(), [expected], "{flags:04x}");
    }
    assert_eq!(answer.header(7, 0x8400).sections(), ["18.1"]);
    assert_eq!(
        question().header(0, 0x0200).sections(),
        [""; 0],
        "more known answers follow"
    );
    assert_eq!(question().header(0, 0x0400).sections(), ["18.4"]);
}

#[test]
fn two_hosts_with_one_name_and_different_data_are_in_conflict() {
    let one = response(&[host(9)]);
    let other = response(&[host(77)]).from("10.0.0.8:5353");
    let mut observer = Observer::new();
    one.seen_by(&mut observer);
    let seen = other.clone().at(500).seen_by(&mut observer);
    assert_eq!(sections(&seen), ["9"]);
    assert_eq!(
        seen.breaches[0].to_string(),
        "claims web.local A, as 10.0.0.9 does with other data"
    );
    let conflicts: Vec<u64> = observer
        .hosts()
        .iter()
        .map(|(_, stats)| stats.conflicts)
        .collect();
    assert_eq!(conflicts, [1, 1]);

    let later = [one.clone(), other.clone().at(9_000)];
    assert_eq!(
        sections(&last(later.clone())),
        [""; 0],
        "one host may have moved"
    );
    let back = later.into_iter().chain([one.clone().at(18_000)]);
    assert_eq!(
        sections(&last(back)),
        ["9"],
        "but then it does not come back"
    );
    let same = response(&[host(9)]).from("10.0.0.8:5353");
    assert_eq!(
        sections(&last([one, same])),
        [""; 0],
        "a proxy gives the same data"
    );
}

fn server(target: &str, port: u16) -> Record {
    let srv = Srv {
        priority: 0,
        weight: 0,
        port,
        target: name(target),
    };
    record("web._http._tcp.local", true, 120, RData::Srv(srv))
}

#[test]
fn one_host_with_two_interfaces_on_a_link_is_in_no_conflict() {
    let other = "10.0.0.8:5353";
    let both = || response(&[host(9), host(8)]);
    for (what, packets) in [
        (
            "each interface has its own address",
            vec![response(&[host(9)]), response(&[host(8)]).from(other)],
        ),
        (
            "both interfaces have all addresses",
            vec![both(), both().from(other)],
        ),
        (
            "one interface has the addresses of both",
            vec![both(), response(&[host(8)]).from(other)],
        ),
        (
            "the host changes a service",
            vec![
                response(&[host(9)]),
                response(&[host(8)]).from(other),
                response(&[server("web.local", 80)]),
                response(&[server("web.local", 81)]).from(other),
            ],
        ),
    ] {
        let mut observer = Observer::new();
        for (place, packet) in packets.iter().enumerate() {
            let ms = u64::try_from(place).expect("few");
            let seen = packet.clone().at(ms).seen_by(&mut observer);
            assert_eq!(sections(&seen), [""; 0], "{what}");
            assert_eq!(seen.repeats, None, "{what}");
        }
    }
}

#[test]
fn one_host_with_two_addresses_of_ipv6_that_are_not_link_local_is_in_no_conflict() {
    let address = |last: u16| {
        let ip = std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last);
        record("web.local", true, 120, RData::Aaaa(ip))
    };
    let one = response(&[address(9)]).from("[fe80::9]:5353");
    let other = response(&[address(8)]).from("[fe80::8]:5353");
    assert_eq!(sections(&last([one.clone(), other])), [""; 0]);
    let link_local = record(
        "web.local",
        true,
        120,
        RData::Aaaa("fe80::7".parse().expect("it")),
    );
    let other = response(&[link_local]).from("[fe80::8]:5353");
    assert_eq!(sections(&last([one, other])), ["9"]);
}

#[test]
fn two_hosts_that_know_their_own_names_are_in_conflict_about_a_third() {
    let own = |last: u8, text: &str| {
        let data = RData::A([10, 0, 0, last].into());
        record(text, true, 120, data)
    };
    let packets = [
        response(&[own(9, "nine.local"), server("nine.local", 80)]),
        response(&[own(8, "eight.local"), server("eight.local", 80)]).from("10.0.0.8:5353"),
    ];
    assert_eq!(sections(&last(packets)), ["9"]);
}

#[test]
fn a_response_that_comes_again_from_another_host_is_a_repetition() {
    let one = response(&[host(9)]);
    let repeats = |ms, source: &str| last([one.clone(), one.clone().at(ms).from(source)]).repeats;
    let mirror = "10.0.0.7:5353";
    assert_eq!(repeats(100, mirror), Some(address("10.0.0.9:0").ip()));
    assert_eq!(repeats(2_001, mirror), None);
    assert_eq!(
        repeats(100, "10.0.0.9:5353"),
        None,
        "a host may repeat itself"
    );
    let shared = response(&[pointer(false, 4_500)]);
    let seen = last([shared.clone(), shared.from(mirror)]);
    assert_eq!(seen.repeats, None, "shared records are the same everywhere");
    // The mirror does not claim what it repeats.
    let moved = response(&[host(77)]).at(300);
    let seen = last([one.clone(), one.clone().at(100).from(mirror), moved]);
    assert_eq!(sections(&seen), [""; 0]);
}

#[test]
fn records_that_come_on_another_link_are_brought_across() {
    let one = response(&[host(9), server("nine.local", 80)]);
    // Other records go along, and some stay.
    let part = response(&[server("nine.local", 80), server("ten.local", 80)]);
    let reflects = |other: Packet| last([one.clone(), other]).reflects;
    let router = "10.1.0.1:5353";
    let across = || part.clone().at(100).from(router).on(3);
    assert_eq!(reflects(across()), Some(address("10.0.0.9:0").ip()));
    assert_eq!(reflects(across().at(2_001)), None);
    assert_eq!(reflects(across().on(2)), None, "the same link");
    // A host with an interface on each link has one name for both.
    let own = RData::A([10, 1, 0, 9].into());
    let both = [
        record("web.local", true, 120, own),
        server("nine.local", 80),
    ];
    let both = response(&both).at(100).from("10.1.0.9:5353").on(3);
    assert_eq!(reflects(both), None);
}

#[test]
fn the_conflicts_of_a_message_come_in_the_order_of_its_records() {
    let claims = |last: u8| {
        let numbered = |number: u8| {
            let data = RData::A([10, 0, 0, last].into());
            record(&format!("h{number}.local"), true, 120, data)
        };
        (0..9).map(numbered).collect::<Vec<Record>>()
    };
    let other = response(&claims(77)).from("10.0.0.8:5353");
    let names: Vec<String> = last([response(&claims(9)), other])
        .breaches
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(names.len(), 9);
    assert!(names.is_sorted(), "{names:?}");
}

#[test]
fn names_that_break_a_rule_are_marked_with_its_rfc() {
    let listed = |owner: &str, target: &str| {
        let data = RData::Ptr(name(target));
        response(&[record(owner, false, 120, data)]).seen()
    };
    let rules = |seen: Observation| {
        let breaches = seen.breaches.iter();
        breaches
            .map(|breach| (breach.rfc(), breach.section(), breach.to_string()))
            .collect::<Vec<_>>()
    };
    for (owner, target) in [
        ("_http._tcp.local", "Front Door._http._tcp.local"),
        ("_printer._sub._http._tcp.local", "a._http._tcp.local"),
        ("_services._dns-sd._udp.local", "_http._tcp.local"),
        ("9.0.0.10.in-addr.arpa", "web.local"),
        ("lb._dns-sd._udp.local", "local"),
    ] {
        assert_eq!(rules(listed(owner, target)), [], "{owner}");
    }
    let long = "_androidtvremote2._tcp.local";
    assert_eq!(
        rules(listed("_services._dns-sd._udp.local", long)),
        [(
            6335,
            "5.1",
            format!("{long} must have 1 to 15 characters after the underscore")
        )]
    );
    let sctp = "_x._sctp.local";
    let expected = (6763, "4.1.2", format!("{sctp} is neither _tcp nor _udp"));
    assert_eq!(rules(listed(sctp, "a._x._sctp.local")), [expected]);
    for bad in ["a\\200", "a\\027b"] {
        let bad = format!("{bad}._http._tcp.local");
        let [(6763, "4.1.1", _)] = &rules(listed("_http._tcp.local", &bad))[..] else {
            panic!("{bad}");
        };
    }
}

#[test]
fn a_name_that_was_withdrawn_is_free_for_another_host() {
    let goodbye = record("web.local", true, 0, RData::A([10, 0, 0, 9].into()));
    let packets = [
        response(&[host(9)]),
        response(&[goodbye]).at(100),
        response(&[host(8)]).from("10.0.0.8:5353").at(200),
    ];
    assert_eq!(sections(&last(packets)), [""; 0]);
}

#[test]
fn hosts_are_counted_with_their_names_chattiest_first() {
    let mut observer = Observer::new();
    response(&[server("web.local", 80), host(9)]).seen_by(&mut observer);
    for ms in [0, 1_000, 3_000] {
        question()
            .from("10.0.0.7:5353")
            .at(ms)
            .seen_by(&mut observer);
    }
    packet(vec![1, 2]).seen_by(&mut observer);
    let hosts = observer.hosts();
    let rows: Vec<_> = hosts
        .iter()
        .map(|(host, it)| {
            (
                host.to_string(),
                it.packets,
                it.questions,
                it.answers,
                it.malformed,
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("10.0.0.7".to_owned(), 3, 3, 0, 0),
            ("10.0.0.9".to_owned(), 2, 0, 2, 1),
        ]
    );
    assert_eq!(hosts[1].1.name, Some(name("web.local")));
    let bytes = hosts.iter().map(|(_, stats)| stats.bytes).sum::<u64>();
    assert!(bytes > 100, "{bytes}");
    assert!(hosts[0].1.first < hosts[0].1.last);
}

#[test]
fn a_flood_of_hosts_questions_and_names_takes_bounded_memory() {
    let mut observer = Observer::new();
    let count = u32::try_from(3 * CLAIMS_MAX).expect("few");
    for number in 0..count {
        let [_, a, b, c] = number.to_be_bytes();
        let source = format!("10.{a}.{b}.{c}:5353");
        let owner = format!("h{number}.local");
        let asked = message(Flags::QUERY, &[(&owner, RecordType::A)], &[]);
        packet(asked).from(&source).seen_by(&mut observer);
        let claimed = record(&owner, true, 120, RData::A([10, a, b, c].into()));
        response(&[claimed]).from(&source).seen_by(&mut observer);
    }
    assert_eq!(observer.hosts().len(), HOSTS_MAX);
    let others = observer.other_hosts().packets;
    assert_eq!(others, 2 * (u64::from(count) - HOSTS_MAX as u64));
    assert!(observer.questions.len() <= QUESTIONS_MAX);
    assert!(observer.askers.len() <= QUESTIONS_MAX);
    assert!(observer.claims.len() <= CLAIMS_MAX);
    // Ten minutes later there is room again.
    let packet = question().at(700_000).from("10.9.9.9:5353");
    packet.seen_by(&mut observer);
    assert_eq!(observer.hosts().len(), 1);
}

#[test]
fn no_bytes_and_no_order_of_times_harm_the_observer() {
    let mut observer = Observer::new();
    let whole = response(&[pointer(true, 90_000), host(9)]).bytes;
    let asking = question().bytes;
    for bytes in [whole, asking] {
        for at in 0..bytes.len() * 8 {
            let mut turned = bytes.clone();
            turned[at / 8] ^= 1 << (at % 8);
            let ms = u64::try_from(at * 7_919 % 50_000).expect("small");
            packet(turned).at(ms).seen_by(&mut observer);
        }
    }
    assert_eq!(observer.hosts().len(), 1);
}
