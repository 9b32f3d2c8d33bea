//! What the reflector takes from the wire: whom it hears, and what of a message.
//!
//! In:  datagrams.
//! Out: what crosses because of them.

use alloc::vec;
use alloc::vec::Vec;

use cooee_wire::{Class, Flags, Message, MessageBuilder, Name, RecordType};

use super::{Reflector, Rule, ServiceFilter};
use crate::config::SourceCheck;
use crate::link::{LinkAddress, LinkChange, LinkId, LinkInfo};
use crate::time::Instant;
use crate::transmit::Datagram;

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
