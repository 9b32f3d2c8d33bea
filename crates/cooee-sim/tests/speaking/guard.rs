//! Hosts that send too much, and others beside them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use cooee_proto::dnssd::{HostSpec, ServiceSpec};
use cooee_proto::transmit::Ignored;
use cooee_sim::{Foreign, ms, secs, seed};
use cooee_wire::{Class, Flags, MessageBuilder, Name, RecordType, Section};

use super::*;

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn question(of: &str, rtype: RecordType, unicast: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::QUERY, 500);
    builder
        .question(&name(of), rtype, Class::IN, unicast)
        .expect("room");
    builder.finish();
    bytes
}

/// Returns a link with `box`, which has published the service `web`.
fn published() -> World {
    let mut world = lan(seed!());
    speaking(&mut world, "box").on("lan");
    publish(&mut world, "box", "web", "box.local");
    world.run_for(secs(5));
    world
}

/// A message that is sent many times per second, evenly spread.
#[derive(Clone, Copy)]
struct Voice<'a> {
    per_sec: u32,
    says: &'a [u8],
    /// Who sends it the nth time.
    from: &'a dyn Fn(u32) -> SocketAddr,
}

fn voice<'a>(per_sec: u32, says: &'a [u8], from: &'a dyn Fn(u32) -> SocketAddr) -> Voice<'a> {
    Voice {
        per_sec,
        says,
        from,
    }
}

/// Sends messages for some seconds, to the millisecond.
fn speak(world: &mut World, secs: u32, voices: &[Voice<'_>]) {
    for millis in 0..secs * 1_000 {
        for voice in voices {
            for n in millis * voice.per_sec / 1_000..(millis + 1) * voice.per_sec / 1_000 {
                let foreign = Foreign {
                    source: (voice.from)(n),
                    destination: IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251)),
                    bytes: voice.says,
                };
                world.inject("lan", &foreign);
            }
        }
        world.run_for(ms(1));
    }
}

fn noisy(_: u32) -> SocketAddr {
    SocketAddr::from(([10, 1, 200, 1], 5_353))
}

fn calm(_: u32) -> SocketAddr {
    SocketAddr::from(([10, 1, 200, 2], 5_353))
}

fn forged(n: u32) -> SocketAddr {
    let [_, high, middle, low] = (n * 7_919 % 65_536).to_be_bytes();
    SocketAddr::from(([10, 1 + high, middle, low | 1], 5_353))
}

fn limited(world: &World, host: &str) -> u64 {
    let stats = speaker(world, host).agent.stats();
    stats.ignored.count(Ignored::RateLimited)
}

/// Returns how many unicast answers `box` gave to a source.
fn answers_to(world: &World, source: SocketAddr) -> usize {
    let mut to = world.sent("box");
    to = to.only(|sent| {
        sent.packets
            .iter()
            .any(|packet| packet.destination == source)
    });
    to.count()
}

/// Returns how many times `box` multicast its address, with or without a question.
fn addresses_multicast(world: &World) -> usize {
    let to_all = world
        .sent("box")
        .only(cooee_sim::Transmission::is_multicast);
    let reported = [Section::Answer, Section::Additional].map(|section| to_all.records(section));
    reported
        .iter()
        .flatten()
        .filter(|record| record.data.rtype() == RecordType::A)
        .count()
}

#[test]
fn a_thousand_queries_a_second_are_limited_within_a_second_and_others_untouched() {
    let mut world = published();
    let asked = question("box.local", RecordType::A, true);
    let both = [voice(1_000, &asked, &noisy), voice(50, &asked, &calm)];
    speak(&mut world, 1, &both);
    let first = limited(&world, "box");
    assert!((390..=500).contains(&first), "{first} within a second");
    speak(&mut world, 10, &both);
    let then = limited(&world, "box") - first;
    assert!((8_990..=9_010).contains(&then), "{then} in ten seconds");
    assert_eq!(answers_to(&world, calm(0)), 550, "every one");
    world.run_for(secs(1));
    let before = answers_to(&world, noisy(0));
    speak(&mut world, 1, &[voice(10, &asked, &noisy)]);
    assert_eq!(answers_to(&world, noisy(0)) - before, 10, "heard again");
}

#[test]
fn honest_hosts_are_served_beside_ten_thousand_forged_sources_a_second() {
    let mut world = published();
    let asked = question("box.local", RecordType::A, true);
    let flood = question("_http._tcp.local", RecordType::PTR, true);
    let voices = [voice(10_000, &flood, &forged), voice(50, &asked, &calm)];
    // A host that has been answered before is still answered.
    speak(&mut world, 1, &voices[1..]);
    speak(&mut world, 3, &voices);
    assert_eq!(limited(&world, "box"), 0);
    assert_eq!(answers_to(&world, calm(0)), 200, "every one");
    // A host that asks for the first time is one unknown peer of many, and is answered with all
    // others.
    let newcomer = |_| SocketAddr::from(([10, 1, 200, 3], 5_353));
    let first = [voices[0], voice(2, &asked, &newcomer)];
    let before = addresses_multicast(&world);
    speak(&mut world, 1, &first);
    assert!(addresses_multicast(&world) > before, "it hears one");
    let stats = speaker(&world, "box").agent.stats();
    assert_eq!(stats.sources, 12_288, "{stats:?}");
    assert_eq!(speaker(&world, "box").service.as_deref(), Some("web"));
}

#[test]
fn a_newcomer_that_asks_again_is_answered_beside_a_flood_of_legacy_queries() {
    let mut world = published();
    let asked = question("box.local", RecordType::A, false);
    let legacy = |n: u32| {
        let mut forged = forged(n);
        forged.set_port(40_000);
        forged
    };
    speak(&mut world, 5, &[voice(700, &asked, &legacy)]);
    // One unknown peer in fourteen is answered at once. These ask three times, a second apart.
    let newcomers: Vec<SocketAddr> = (10..30)
        .map(|n| SocketAddr::from(([10, 1, 201, n], 40_000)))
        .collect();
    let ask: Vec<_> = newcomers.iter().map(|&from| move |_: u32| from).collect();
    let others = |n: u32| legacy(n + 5 * 700);
    let mut voices = vec![voice(700, &asked, &others)];
    voices.extend(ask.iter().map(|from| voice(1, &asked, from)));
    speak(&mut world, 3, &voices);
    world.run_for(secs(1));
    let answered = newcomers.iter().filter(|&&to| answers_to(&world, to) > 0);
    assert_eq!(answered.count(), 20, "every one");
    let refused = speaker(&world, "box").agent.stats().unknown_peers_refused;
    assert!(refused > 4_000, "the flood is not: {refused}");
}

#[test]
fn hosts_that_start_together_and_one_with_many_services_are_never_limited() {
    let mut world = lan(seed!());
    for n in 0..12 {
        let host = format!("h{n}");
        speaking(&mut world, &host).on("lan");
        publish(
            &mut world,
            &host,
            &format!("web {n}"),
            &format!("{host}.local"),
        );
        world.with(&host, |me: &mut Speaker, now| me.browse(now));
    }
    world.with("h0", |me: &mut Speaker, now| {
        for n in 0..1_000 {
            let host = HostSpec::own("h0.local".parse().expect("a host name"));
            let service_type = "_http._tcp".parse().expect("a service type");
            let spec = ServiceSpec::new(&format!("many {n}"), service_type, 80, host);
            me.agent.publish_service(now, spec).expect("published");
        }
    });
    world.run_for(secs(20));
    for n in 0..12 {
        let host = format!("h{n}");
        assert_eq!(limited(&world, &host), 0, "{host}");
        assert_eq!(speaker(&world, &host).found.len(), 1_012, "{host}");
    }
}
