//! What the reflector takes from the wire: whom it hears, and what of a message.
//!
//! In:  datagrams.
//! Out: what crosses because of them.

use alloc::vec;
use alloc::vec::Vec;

use cooee_wire::{
    Class, Flags, Message, MessageBuilder, Name, RData, Record, RecordFields, RecordType, Section,
    Srv, Ttl,
};

use super::{Reflector, Rule, ServiceFilter};
use crate::config::SourceCheck;
use crate::link::{LinkAddress, LinkChange, LinkId, LinkInfo};
use crate::time::Instant;
use crate::timing::{MULTICAST_GAP_MIN, REFLECTED_PACKING_DELAY};
use crate::transmit::{Datagram, Delivery};

/// Returns a reflector that lets everything of link 3 be found on link 2.
fn reflector(check: SourceCheck) -> Reflector {
    let mut reflector = Reflector::new(1).with_source_check(check);
    for (link, ip) in [(LinkId(2), "10.0.2.1"), (LinkId(3), "10.0.3.1")] {
        let ip = ip.parse().expect("an address");
        let addresses = vec![LinkAddress { ip, prefix_len: 24 }];
        let info = LinkInfo {
            addresses,
            mtu: 1_500,
        };
        reflector.handle_link(LinkChange::Up { link, info });
    }
    let everything = Rule::new(LinkId(3), LinkId(2), ServiceFilter::default());
    reflector.set_rules(vec![everything]);
    reflector
}

/// Lets it hear a query on link 2, and returns what it sends.
fn crossing(reflector: &mut Reflector, source: &str, questions: &[&str]) -> Vec<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::QUERY, 1_400);
    for text in questions {
        let name: Name = text.parse().expect("a name");
        let added = builder.question(&name, RecordType::PTR, Class::IN, false);
        added.expect("room");
    }
    builder.finish();
    let now = Instant::ZERO;
    reflector.handle_datagram(
        now,
        Datagram {
            link: LinkId(2),
            source: source.parse().expect("an address"),
            destination: "224.0.0.251".parse().expect("an address"),
            bytes: &bytes,
        },
    );
    let (mut packet, mut sent) = (Vec::new(), Vec::new());
    while reflector.poll_transmit(now, &mut packet).is_some() {
        sent.push(packet.clone());
    }
    sent
}

#[test]
fn who_is_heard_is_the_users_choice() {
    for (check, source, crosses) in [
        (SourceCheck::Local, "198.51.100.7:5353", true),
        (SourceCheck::SameSubnet, "198.51.100.7:5353", false),
        (SourceCheck::SameSubnet, "10.0.2.9:5353", true),
    ] {
        let sent = crossing(&mut reflector(check), source, &["_http._tcp.local"]);
        assert_eq!(!sent.is_empty(), crosses, "{check:?} {source}");
    }
}

#[test]
fn a_question_that_is_repeated_in_its_message_crosses_once() {
    let questions = ["_http._tcp.local", "_ipp._tcp.local", "_HTTP._tcp.local"];
    let mut reflector = reflector(SourceCheck::Local);
    let sent = crossing(&mut reflector, "10.0.2.9:5353", &questions);
    let [packet] = sent.as_slice() else {
        panic!("one packet, not {}", sent.len());
    };
    let message = Message::parse(packet).expect("a message");
    assert_eq!(message.questions().count(), 2);
}

/// Lets it hear a response with one unique record on link 3.
fn respond(reflector: &mut Reflector, now: Instant, owner: &str, data: RData) {
    let record = Record {
        name: owner.parse().expect("a name"),
        class: Class::IN,
        cache_flush: true,
        ttl: Ttl(120),
        data,
    };
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::RESPONSE, 1_400);
    let added = builder.record(Section::Answer, RecordFields::from(&record));
    added.expect("room");
    builder.finish();
    reflector.handle_datagram(
        now,
        Datagram {
            link: LinkId(3),
            source: "10.0.3.9:5353".parse().expect("an address"),
            destination: "224.0.0.251".parse().expect("an address"),
            bytes: &bytes,
        },
    );
}

fn service(port: u16) -> RData {
    RData::Srv(Srv {
        priority: 0,
        weight: 0,
        port,
        target: "nas.local".parse().expect("a name"),
    })
}

/// Returns how many records there are in each packet that is due.
fn sent(reflector: &mut Reflector, now: Instant) -> Vec<usize> {
    let (mut packet, mut counts) = (Vec::new(), Vec::new());
    while let Some(reflected) = reflector.poll_transmit(now, &mut packet) {
        let message = Message::parse(&packet).expect("a message");
        counts.push(message.records().count());
        reflector.handle_transmit(now, reflected, Delivery::LEFT);
    }
    counts
}

#[test]
fn answers_of_several_messages_share_a_packet_unless_one_would_flush_the_other() {
    let mut reflector = reflector(SourceCheck::Local);
    let now = Instant::ZERO + REFLECTED_PACKING_DELAY;
    respond(&mut reflector, now, "a._http._tcp.local", service(80));
    respond(&mut reflector, now, "b._http._tcp.local", service(80));
    respond(&mut reflector, now, "a._http._tcp.local", service(80));
    respond(&mut reflector, now, "a._http._tcp.local", service(81));
    assert_eq!(sent(&mut reflector, now), [0; 0], "they wait for others");
    let due = reflector.poll_timeout().expect("something waits");
    assert_eq!(due, now + REFLECTED_PACKING_DELAY);
    assert_eq!(sent(&mut reflector, due), [2, 1]);
    assert_eq!(reflector.poll_timeout(), None);
}

#[test]
fn a_second_announcement_waits_until_it_may_be_sent_if_its_packet_is_early() {
    let mut reflector = reflector(SourceCheck::Local);
    let first = Instant::ZERO + REFLECTED_PACKING_DELAY;
    respond(&mut reflector, first, "a._http._tcp.local", service(80));
    let left = reflector.poll_timeout().expect("it waits");
    assert_eq!(sent(&mut reflector, left), [1]);

    // It shares a packet that is due sooner after it than the first one was.
    let second = first + MULTICAST_GAP_MIN;
    let before = first + (MULTICAST_GAP_MIN - REFLECTED_PACKING_DELAY / 2);
    respond(&mut reflector, before, "b._http._tcp.local", service(80));
    respond(&mut reflector, second, "a._http._tcp.local", service(80));
    let due = reflector.poll_timeout().expect("both wait");
    assert!(due < left + MULTICAST_GAP_MIN);
    assert_eq!(sent(&mut reflector, due), [0; 0]);
    assert_eq!(reflector.poll_timeout(), Some(left + MULTICAST_GAP_MIN));
    assert_eq!(sent(&mut reflector, left + MULTICAST_GAP_MIN), [2]);
    assert_eq!(reflector.poll_timeout(), None);
}

#[test]
fn a_packet_is_no_longer_than_the_link_allows_however_many_answers_wait() {
    let mut reflector = reflector(SourceCheck::Local);
    let now = Instant::ZERO + REFLECTED_PACKING_DELAY;
    for number in 0..100_u16 {
        let owner = alloc::format!("service {number}._http._tcp.local");
        respond(&mut reflector, now, &owner, service(number));
    }
    let later = now + REFLECTED_PACKING_DELAY;
    let mut packet = Vec::new();
    let mut packets = 0;
    while reflector.poll_transmit(later, &mut packet).is_some() {
        assert!(packet.len() <= 1_500 - 28, "{} bytes", packet.len());
        packets += 1;
    }
    assert!((2..=8).contains(&packets), "{packets}");
}
