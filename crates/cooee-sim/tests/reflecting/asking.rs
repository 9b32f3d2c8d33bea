//! Questions across: known answers, unicast answers, resolvers that know no Multicast DNS.

use std::net::{IpAddr, SocketAddr};

use cooee_proto::transmit::Destination;
use cooee_sim::{Babble, Babbler, Foreign, Rng, Weather, ms, secs};
use cooee_wire::{Class, Flags, Message, MessageBuilder, RecordType, Section};

use super::*;

/// Returns a query for the HTTP services.
pub(super) fn query(id: u16, unicast: bool) -> Vec<u8> {
    query_of(id, "_http._tcp.local", unicast)
}

fn query_of(id: u16, asked: &str, unicast: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, id, Flags::QUERY, 500);
    builder
        .question(&name(asked), RecordType::PTR, Class::IN, unicast)
        .expect("room");
    builder.finish();
    bytes
}

/// Attaches a host that multicasts one message after a second, from a port.
pub(super) fn asking(world: &mut World, host: &str, port: u16, bytes: Vec<u8>) {
    let mut once = Some(bytes);
    let script = move |_: &mut Rng| {
        let bytes = once.take()?;
        Some(Babble {
            after: secs(1),
            to: Destination::Multicast,
            bytes,
        })
    };
    let make = |setup: Setup<'_>| Babbler::following(script)(setup).from_port(port);
    world.host(host, make).on("home");
}

/// Returns what the router has sent to single hosts, with their addresses.
fn replies(world: &World) -> Vec<(SocketAddr, Vec<u8>)> {
    let sent = world.sent("router").on("home");
    let packets = sent.messages().iter().flat_map(|message| &message.packets);
    let to_one = packets.filter(|packet| !packet.destination.ip().is_multicast());
    to_one
        .map(|packet| (packet.destination, packet.bytes.to_vec()))
        .collect()
}

#[test]
fn a_resolver_without_multicast_dns_gets_a_reply_of_conventional_dns() {
    let mut world = two_links(seed!());
    serving(&mut world, "web", "_http._tcp", "lab", Policy::default());
    asking(&mut world, "old", 40_000, query(7, false));
    world.run_for(secs(2));
    let replies = replies(&world);
    assert_eq!(replies.len(), 2, "one over each family");
    for (to, bytes) in replies {
        assert_eq!(to.port(), 40_000);
        let message = Message::parse(&bytes).expect("a message");
        assert_eq!(message.header().id, 7);
        let question = message.questions().next().expect("it is repeated");
        assert!(
            question
                .expect("whole")
                .name
                .matches(&name("_http._tcp.local"))
        );
        let records: Vec<_> = message.records().map(|one| one.expect("whole").1).collect();
        assert!(records.len() >= 4);
        assert!(records.iter().all(|record| record.ttl.as_secs() <= 10));
        assert!(!records.iter().any(|record| record.cache_flush));
    }
}

#[test]
fn who_prefers_a_unicast_answer_gets_one() {
    let mut world = two_links(seed!());
    serving(&mut world, "web", "_http._tcp", "lab", Policy::default());
    // So it is no news.
    for _ in 0..2 {
        world.with("web", |web: &mut Responder, now| web.announce(now));
        world.run_for(secs(2));
    }
    asking(&mut world, "me", 5_353, query(0, true));
    world.run_for(secs(1));
    let multicasts = world.sent("router").on("home").count() - replies(&world).len();
    world.run_for(secs(2));
    let answers = replies(&world);
    assert_eq!(answers.len(), 2, "one over each family");
    let all = world.sent("router").on("home").count();
    assert_eq!(all - answers.len(), multicasts, "none for everybody");
}

#[test]
fn known_answers_cross_and_what_is_known_is_not_answered() {
    let mut world = two_links(seed!());
    serving(&mut world, "web", "_http._tcp", "lab", Policy::default());
    let browse = browsing(&mut world, "me", "_http._tcp", "home");
    world.run_for(secs(60));
    assert_eq!(found(&world, "me", browse), ["web"]);
    let asked = world.sent("router").on("lab");
    assert!(asked.questions().len() >= 6);
    assert!(asked.answers().len() >= 4, "known answers");
    let pointers = world.sent("web").on("lab").answers();
    let pointers = pointers.iter().filter(|one| one.rtype() == RecordType::PTR);
    assert_eq!(pointers.count(), 2, "answered once over each family");
}

#[test]
fn known_answers_in_several_packets_cross_together() {
    let mut world = two_links(seed!());
    // Where they are asked for, packets overtake each other; where they are answered, they do not.
    let orderly = Weather {
        jitter: ms(0),
        ..Weather::calm()
    };
    world.weather("lab", orderly);
    for n in 0..300 {
        let host = format!("a web server with a long name and number {n}");
        serving(&mut world, &host, "_http._tcp", "lab", Policy::default());
    }
    let browse = browsing(&mut world, "me", "_http._tcp", "home");
    world.run_for(secs(30));
    assert_eq!(found(&world, "me", browse).len(), 300);
    let pointers = |world: &World| {
        let answers = world.sent("router").on("home").answers();
        let pointers = answers.iter().filter(|one| one.rtype() == RecordType::PTR);
        pointers.count()
    };
    let before = pointers(&world);
    // Another one asks, and lists nearly all as known when it asks again.
    let other = browsing(&mut world, "you", "_http._tcp", "home");
    world.run_for(secs(8));
    assert_eq!(found(&world, "you", other).len(), 300);
    let once = pointers(&world) - before;
    world.run_for(secs(120));
    let later = pointers(&world) - before - once;
    assert!(later < 100, "{later} answers although they are known");
}

#[test]
fn two_that_ask_the_same_within_a_second_make_one_query() {
    let mut world = two_links(seed!());
    serving(&mut world, "web", "_http._tcp", "lab", Policy::default());
    asking(&mut world, "me", 5_353, query(0, false));
    asking(&mut world, "you", 5_353, query(0, false));
    world.run_for(secs(3));
    assert_eq!(world.sent("router").on("lab").count(), 2, "one per family");
}

#[test]
fn a_question_about_a_host_of_no_service_that_crosses_stays() {
    let mut world = two_links(seed!());
    serving(&mut world, "printer", "_ipp._tcp", "lab", Policy::default());
    world.host("me", Listener::new).on("home");
    world.with("me", |me: &mut Listener, now| {
        me.lookup_host(now, &name("printer.local"))
    });
    world.run_for(secs(10));
    assert_eq!(world.sent("router").count(), 0);
    assert!(stats(&world, "router").refused(Refusal::Host) > 0);
}

#[test]
fn malformed_and_foreign_packets_are_harmless() {
    let mut world = two_links(seed!());
    serving(&mut world, "web", "_http._tcp", "lab", Policy::default());
    let mut whole = query(0, false);
    whole[5] = 9; // nine questions, of which one is there
    let group = "224.0.0.251".parse().expect("an address");
    let spoofed: SocketAddr = "10.1.0.77:5353".parse().expect("an address");
    for len in 0..whole.len() {
        world.inject(
            "home",
            &Foreign {
                source: spoofed,
                destination: group,
                bytes: &whole[..len],
            },
        );
    }
    world.run_for(ms(500));
    assert_eq!(
        world
            .sent("router")
            .on("home")
            .records(Section::Answer)
            .len(),
        0
    );
}

/// Multicasts a query on `home` from an address and a port.
fn ask_from(world: &mut World, source: &str, bytes: &[u8]) {
    let source: SocketAddr = source.parse().expect("an address");
    let destination: IpAddr = "224.0.0.251".parse().expect("an address");
    let query = Foreign {
        source,
        destination,
        bytes,
    };
    world.inject("home", &query);
}

#[test]
fn no_reply_leaves_the_link_on_which_was_asked() {
    let mut world = two_links(seed!());
    serving(&mut world, "web", "_http._tcp", "lab", Policy::default());
    world.run_for(secs(1));
    ask_from(&mut world, "198.51.100.7:5353", &query(0, true));
    ask_from(&mut world, "198.51.100.7:40000", &query(7, false));
    world.run_for(secs(2));
    assert_eq!(replies(&world), []);
}

#[test]
fn a_flood_of_questions_leaves_room_for_answers() {
    let mut world = two_links(seed!());
    let mut slow = rule(&world, "router", "lab", "home", types(["_http._tcp"]));
    slow.rate = cooee_proto::Rate::new(1, 2);
    set_rules(&mut world, "router", vec![slow]);
    serving(&mut world, "web", "_http._tcp", "lab", Policy::default());
    for n in 0..20 {
        let subtype = format!("_s{n}._sub._http._tcp.local");
        ask_from(
            &mut world,
            "169.254.7.7:5353",
            &query_of(0, &subtype, false),
        );
    }
    world.with("web", |web: &mut Responder, now| web.announce(now));
    world.run_for(ms(500));
    assert!(stats(&world, "router").over_rate > 0);
    assert_ne!(stats(&world, "router").answers, 0);
}

#[test]
fn the_host_of_a_forged_service_is_not_asked_about_for_ever() {
    let mut world = two_links(seed!());
    let forged = RData::Srv(cooee_wire::Srv {
        priority: 0,
        weight: 0,
        port: 80,
        target: name("nas.local"),
    });
    let forged = unique("x._http._tcp.local", 100_000_000, forged);
    serving(&mut world, "nas", "_ipp._tcp", "lab", Policy::default());
    world.host("rogue", Responder::new).on("lab");
    world.with("rogue", |rogue: &mut Responder, now| {
        rogue.say(now, &[forged]);
    });
    world.host("me", Listener::new).on("home");
    for (waits, crosses) in [(1, true), (2 * 3_600, false)] {
        world.run_for(secs(waits));
        let before = world.sent("router").on("lab").count();
        let lookup = world.with("me", |me: &mut Listener, now| {
            me.lookup_host(now, &name("nas.local"))
        });
        world.run_for(secs(1));
        world.with("me", |me: &mut Listener, now| me.stop(now, lookup));
        let asked = world.sent("router").on("lab").count() - before;
        assert_eq!(asked > 0, crosses, "after {waits} s");
    }
}

#[test]
fn many_that_want_replies_take_no_answer_from_those_that_want_a_multicast() {
    let mut world = two_links(seed!());
    serving(&mut world, "web", "_http._tcp", "lab", Policy::default());
    // So it is no news.
    for _ in 0..2 {
        world.with("web", |web: &mut Responder, now| web.announce(now));
        world.run_for(secs(2));
    }
    let multicasts = |world: &World| world.sent("router").on("home").count() - replies(world).len();
    let before = multicasts(&world);
    for port in 40_000..40_040 {
        ask_from(&mut world, &format!("169.254.7.7:{port}"), &query(7, false));
    }
    ask_from(&mut world, "169.254.7.8:5353", &query(0, false));
    world.run_for(secs(2));
    assert!(multicasts(&world) > before);
    assert!(replies(&world).len() <= 32);
}
