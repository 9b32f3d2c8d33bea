//! Names that a user types are sent in form NFC; received names stay unchanged.

use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};

use cooee_wire::{Message, Name, RData, RecordType, Ttl};

use super::{forms, label, name};
use crate::dnssd::instance_name::InstanceName;
use crate::dnssd::{Agent, HostSpec, ServiceSpec};
use crate::event::Query;
use crate::link::{LinkAddress, LinkChange, LinkId, LinkInfo};
use crate::time::Instant;
use crate::{AddressFamilies, Config, OwnedRecord, RecordSet};

/// "Küche" with the dots as a separate character.
const APART: &str = "Ku\u{308}che";
const JOINED: &str = "K\u{fc}che";

#[test]
fn accents_are_joined_and_nothing_else_changes() {
    assert_eq!(label(APART), JOINED);
    // Hangul from its letters, two marks in the wrong order, a character whose decomposition is final.
    assert_eq!(label("\u{1112}\u{1161}\u{11ab}"), "\u{d55c}");
    assert_eq!(label("q\u{307}\u{323}"), "q\u{323}\u{307}");
    assert_eq!(label("\u{958}"), "\u{915}\u{93c}");
    // Compatibility forms are not changed: a ligature stays, and so does case.
    for same in ["\u{fb01}", "PRINTER", JOINED, "", "\u{feff}a\u{feff}"] {
        assert_eq!(label(same), same);
    }
    let bytes = Name::from_labels([&b"\xff\xcc\x88"[..], b"local"]).unwrap();
    assert_eq!(name(&bytes), bytes, "no text");
    let long = "\u{958}".repeat(21);
    let long = Name::from_labels([long.as_bytes(), b"local"]).unwrap();
    assert_eq!(name(&long), long, "its nfc form does not fit into a label");
}

fn agent() -> Agent {
    let mut agent = Agent::new(Config::default(), 1, Instant::ZERO);
    let ip = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
    let info = LinkInfo {
        addresses: vec![LinkAddress { ip, prefix_len: 24 }],
        mtu: 1_500,
    };
    let link = LinkId(3);
    agent.handle_link(Instant::ZERO, LinkChange::Up { link, info });
    agent
}

/// Everything that is sent within five seconds.
fn sent(agent: &mut Agent) -> Vec<Vec<u8>> {
    let (mut all, mut buf) = (Vec::new(), Vec::new());
    let end = Instant::from_nanos(5_000_000_000);
    while let Some(deadline) = agent.poll_timeout().filter(|deadline| deadline.at < end) {
        agent.handle_timeout(deadline.at);
        while agent.send_next(deadline.at, &mut buf).is_some() {
            all.push(buf.clone());
        }
    }
    all
}

fn holds(packets: &[Vec<u8>], text: &str) -> bool {
    let wanted = text.as_bytes();
    packets
        .iter()
        .any(|bytes| bytes.windows(wanted.len()).any(|window| window == wanted))
}

fn host_name() -> Name {
    Name::from_labels([APART.as_bytes(), b"local"]).unwrap()
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-16
//= type=test
//# Accordingly,
//# it adopts the simple obvious elegant solution: all names in Multicast
//# DNS MUST be encoded as precomposed UTF-8 [RFC3629] "Net-Unicode"
//# [RFC5198] text.
//= https://www.rfc-editor.org/rfc/rfc6762#section-16
//= type=test
//# Multicast DNS implementations MUST NOT use any other encodings apart
//# from precomposed UTF-8 (US-ASCII being considered a compatible subset
//# of UTF-8).
//= https://www.rfc-editor.org/rfc/rfc6762#section-16
//= type=test
//# Multicast DNS names MUST NOT contain a
//# "Byte Order Mark".
#[test]
fn whatever_is_published_is_sent_precomposed_and_without_a_mark() {
    let http = || "_http._tcp".parse().unwrap();
    type Act = fn(&mut Agent, ServiceSpec);
    let acts: [Act; 3] = [
        |agent, spec| {
            agent.publish_service(Instant::ZERO, spec).unwrap();
        },
        |agent, spec| {
            agent.publish_host(Instant::ZERO, &spec.host).unwrap();
        },
        |agent, _| {
            let record = OwnedRecord {
                name: host_name(),
                ttl: Ttl(120),
                unique: true,
                data: RData::Cname(host_name().prepend(b"a").unwrap()),
                link: None,
            };
            let set = RecordSet {
                claim: Some(host_name()),
                records: vec![record],
                ..RecordSet::default()
            };
            agent.publish_records(Instant::ZERO, &set).unwrap();
        },
    ];
    for (n, act) in acts.into_iter().enumerate() {
        let mut agent = agent();
        let host = HostSpec::own(host_name());
        let mut spec = ServiceSpec::new(APART, http(), 80, host);
        spec.subtypes = vec![APART.parse().unwrap()];
        act(&mut agent, spec);
        let packets = sent(&mut agent);
        assert!(holds(&packets, JOINED), "{n}");
        assert!(
            !holds(&packets, "\u{308}") && !holds(&packets, "\u{feff}"),
            "{n}"
        );
    }
}

#[test]
fn whatever_is_asked_for_is_asked_for_in_both_forms_and_as_it_was_given() {
    type Act = fn(&mut Agent, &str);
    let host = |label: &str| Name::LOCAL.prepend(label.as_bytes()).unwrap();
    let acts: [Act; 3] = [
        |agent, label| {
            let http = "_http._tcp".parse().unwrap();
            let instance = InstanceName::to_ask_for(label, &http).unwrap();
            agent.resolve(Instant::ZERO, &instance, None);
        },
        |agent, label| {
            let name = Name::LOCAL.prepend(label.as_bytes()).unwrap();
            agent.lookup_host(Instant::ZERO, &name, AddressFamilies::BOTH, None);
        },
        |agent, label| {
            let query = Query {
                name: Name::LOCAL.prepend(label.as_bytes()).unwrap(),
                rtype: RecordType::HINFO,
                link: None,
            };
            agent.query(Instant::ZERO, query);
        },
    ];
    assert_ne!(host(APART), host(JOINED));
    for (n, act) in acts.into_iter().enumerate() {
        let mut apart = agent();
        act(&mut apart, APART);
        let packets = sent(&mut apart);
        assert!(holds(&packets, JOINED) && holds(&packets, APART), "{n}");
        let mut joined = agent();
        act(&mut joined, JOINED);
        let packets = sent(&mut joined);
        assert!(holds(&packets, JOINED) && holds(&packets, APART), "{n}");
        let mut mixed = agent();
        act(&mut mixed, "Ku\u{308}che \u{fc}");
        let packets = sent(&mut mixed);
        for form in [
            "Ku\u{308}che \u{fc}",
            "K\u{fc}che \u{fc}",
            "Ku\u{308}che u\u{308}",
        ] {
            assert!(holds(&packets, form), "{n}: {form}");
        }
    }
}

#[test]
fn a_form_that_does_not_fit_into_a_label_is_not_asked_for() {
    let long = "\u{fc}".repeat(31);
    let long = Name::LOCAL.prepend(long.as_bytes()).unwrap();
    assert_eq!(forms(&long).as_slice(), [long]);
    let plain: Name = "printer.local".parse().unwrap();
    assert_eq!(forms(&plain).as_slice(), [plain]);
}

#[test]
fn a_name_that_was_received_is_asked_for_as_it_came() {
    let mut agent = agent();
    let full = Name::from_labels([APART.as_bytes(), b"_http", b"_tcp", b"local"]).unwrap();
    let instance = InstanceName::from_name(&full).unwrap();
    assert_eq!(instance.label(), APART);
    agent.resolve(Instant::ZERO, &instance, None);
    let packets = sent(&mut agent);
    let asked = Message::parse(&packets[0]).unwrap();
    let question = asked.questions().next().unwrap().unwrap();
    assert_eq!(question.name.to_string(), full.to_string());
}
