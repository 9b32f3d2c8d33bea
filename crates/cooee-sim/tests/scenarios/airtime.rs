//! What a browse of a crowded link costs, and how soon it finds everyone.

use cooee_proto::link::{Family, LinkChange, LinkId};
use cooee_proto::time::Instant;
use cooee_proto::transmit::{Datagram, Route};
use cooee_sim::{Addressing, Node, Outgoing, Responder, Weather, World, ms, secs, seed};
use cooee_wire::{Message, RecordRef, RecordType, Section};

use crate::*;

/// Many hosts in one node, each with one service, which only answer. Each hears and is heard by
/// itself.
struct Crowd {
    rng: Rng,
    loss: f64,
    link: Option<LinkId>,
    families: Vec<Family>,
    /// When each answers.
    due: Vec<Option<Instant>>,
    ready: Vec<(Destination, Vec<u8>)>,
}

impl Crowd {
    fn of(count: usize, loss: f64, families: &[Family]) -> impl FnOnce(Setup<'_>) -> Self {
        let families = Vec::from(families);
        move |setup| Self {
            rng: Rng::new(setup.seed),
            loss,
            link: None,
            families,
            due: vec![None; count],
            ready: Vec::new(),
        }
    }
}

impl Node for Crowd {
    fn handle_datagram(&mut self, now: Instant, datagram: Datagram<'_>) {
        let message = Message::parse(datagram.bytes).expect("a message");
        let flags = message.header().flags;
        let asks = message.questions().flatten().next().is_some();
        let listed: Vec<usize> = message.answers().flatten().filter_map(number_of).collect();
        for n in 0..self.due.len() {
            if flags.is_response() || self.rng.chance(self.loss) {
                continue;
            }
            let is_pending = self.due[n].is_some();
            if asks && !is_pending || flags.truncated() && is_pending {
                let (least, most) = match flags.truncated() {
                    true => (ms(400), ms(500)),
                    false => (ms(20), ms(120)),
                };
                self.due[n] = Some(now + self.rng.between(least, most));
            }
            if listed.contains(&n) {
                self.due[n] = None;
            }
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        for n in 0..self.due.len() {
            if self.due[n].take_if(|at| *at <= now).is_none() {
                continue;
            }
            for &family in &self.families {
                if !self.rng.chance(self.loss) {
                    self.ready
                        .push((Destination::MulticastBy(family), answer_of(n)));
                }
            }
        }
    }

    fn handle_link(&mut self, _: Instant, change: LinkChange) {
        if let LinkChange::Up { link, .. } = change {
            self.link = Some(link);
        }
    }

    fn poll_transmit(&mut self, _: Instant, buf: &mut Vec<u8>) -> Option<Outgoing> {
        let (destination, bytes) = self.ready.pop()?;
        buf.extend(bytes);
        let link = self.link?;
        Some(Route { link, destination }.into())
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.due.iter().flatten().min().copied()
    }

    fn drain_events(&mut self, _: Instant, _: &mut dyn FnMut(String)) {}
}

/// Returns the number in an instance name such as `Printer 12`.
fn number_of(record: RecordRef<'_>) -> Option<usize> {
    let RData::Ptr(target) = record.to_record().ok()?.data else {
        return None;
    };
    let label = std::str::from_utf8(target.first_label()?).ok()?;
    label.strip_prefix("Printer ")?.parse().ok()
}

fn answer_of(n: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let record = ptr_record(HTTP, name(&format!("Printer {n}.{HTTP}")), 4_500);
    let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::RESPONSE, 500);
    builder
        .record(Section::Answer, (&record).into())
        .expect("room");
    builder.finish();
    bytes
}

/// Who is on the link, and what is asked.
struct Scene {
    services: usize,
    addressing: Addressing,
    loss: f64,
    resolve: bool,
}

impl Scene {
    /// Returns a calm link with this many services, which nobody announces.
    fn of(services: usize) -> Self {
        Self {
            services,
            addressing: Addressing::Dual,
            loss: 0.0,
            resolve: false,
        }
    }

    /// Returns the world a moment after the browse began.
    fn begin(&self, seed: impl Into<Seed>) -> (World, RequestId) {
        let mut world = World::new(seed);
        world.link("lan");
        // The packets of a burst stay in order.
        let weather = Weather {
            jitter: Duration::ZERO,
            ..Weather::calm()
        };
        world.weather("lan", weather);
        world
            .host("me", Listener::new)
            .on_with("lan", self.addressing.clone());
        if self.resolve {
            let per_host = self.services.div_ceil(10);
            for host in 0..10 {
                serving(&mut world, host, per_host, &self.addressing);
            }
        } else {
            let families = match self.addressing {
                Addressing::V4 => vec![Family::V4],
                Addressing::V6 | Addressing::Dual | Addressing::Exactly(_) => {
                    vec![Family::V4, Family::V6]
                }
            };
            world
                .host("crowd", Crowd::of(self.services, self.loss, &families))
                .on_with("lan", self.addressing.clone());
        }
        let id = match self.resolve {
            true => browse(&mut world, "me", "_http._tcp"),
            false => query(&mut world, "me", HTTP, RecordType::PTR),
        };
        (world, id)
    }

    fn found(&self, world: &World, id: RequestId) -> usize {
        match self.resolve {
            true => listener(world, "me").service_count(id),
            false => listener(world, "me").records(id).len(),
        }
    }
}

fn serving(world: &mut World, host: usize, services: usize, addressing: &Addressing) {
    let make = move |setup: Setup<'_>| {
        let first = host * services;
        let numbers = first..first + services;
        numbers.fold(Responder::new(setup), |host, n| {
            host.service(&format!("Printer {n}"), "_http._tcp")
        })
    };
    let name = format!("h{host}");
    world.host(&name, make).on_with("lan", addressing.clone());
}

/// Returns packets and bytes that a host has sent between two moments of the world.
fn cost(world: &World, host: &str, from: Duration, to: Duration) -> (usize, usize) {
    let span = world.began() + from..world.began() + to;
    let sent = world.sent(host).only(|t| span.contains(&t.at));
    let bytes = sent.messages().iter().map(|t| t.bytes().len()).sum();
    (sent.count(), bytes)
}

/// Returns when the last of the services was found.
fn found_all(scene: &Scene, world: &mut World, id: RequestId, within: Duration) -> Option<f64> {
    while scene.found(world, id) < scene.services {
        if world.age() > within {
            return None;
        }
        world.run_for(ms(100));
    }
    Some(world.age().as_secs_f64())
}

/// Returns when `me` asked for services.
fn asked(world: &World) -> Vec<Duration> {
    let asked = world.sent("me").questions_for(HTTP, RecordType::PTR);
    asked.iter().map(|asked| asked.at).collect()
}

#[test]
fn a_browse_of_a_thousand_services_asks_once_and_repeats_once_then_seldom() {
    let scene = Scene::of(1_000);
    let (mut world, id) = scene.begin(seed!());
    // After an hour, at 80 % of their TTL, the records are refreshed.
    world.run_for(secs(3_600));
    assert_eq!(scene.found(&world, id), 1_000);
    let (packets, _) = cost(&world, "me", Duration::ZERO, secs(15));
    assert!(packets <= 20, "{packets} packets in the first 15 s");
    let (packets, _) = cost(&world, "me", secs(15), secs(3_600));
    assert!(packets <= 72, "{packets} packets in the rest of the hour");
}

#[test]
fn of_five_thousand_hosts_nearly_all_answer_a_browse_once() {
    let scene = Scene {
        addressing: Addressing::V4,
        ..Scene::of(5_000)
    };
    let (mut world, id) = scene.begin(seed!());
    world.run_for(secs(15));
    let (packets, _) = cost(&world, "me", Duration::ZERO, secs(15));
    let (answers, _) = cost(&world, "crowd", Duration::ZERO, secs(15));
    assert_eq!(scene.found(&world, id), 5_000);
    assert!(packets + answers <= 6_000, "{packets}, {answers} answers");
    world.run_for(secs(3_600));
    let (packets, _) = cost(&world, "me", secs(15), secs(3_615));
    let (answers, _) = cost(&world, "crowd", secs(15), secs(3_615));
    assert!(packets + answers <= 5_500, "{packets}, {answers} answers");
}

#[test]
fn a_browse_whose_known_answers_fit_into_one_packet_keeps_the_usual_series() {
    let scene = Scene::of(40);
    let (mut world, _) = scene.begin(seed!());
    world.run_for(secs(2_100));
    let asked = asked(&world);
    assert_eq!(asked.len(), 12, "{asked:?}");
    for pair in asked.windows(3) {
        let (before, after) = (pair[1] - pair[0], pair[2] - pair[1]);
        let doubled = before * 2..=(before * 2).mul_f64(1.021);
        assert!(doubled.contains(&after), "{asked:?}");
    }
}

#[test]
fn all_of_a_thousand_hosts_are_found_in_20_s_though_one_packet_in_five_is_lost() {
    let scene = Scene {
        loss: 0.2,
        ..Scene::of(1_000)
    };
    let (mut world, id) = scene.begin(seed!());
    let found = found_all(&scene, &mut world, id, secs(100));
    assert!(found.is_some_and(|at| at <= 20.0), "{found:?}");
}

#[test]
fn a_host_that_was_not_announced_brings_the_usual_growth_back() {
    let scene = Scene::of(1_000);
    let (mut world, id) = scene.begin(seed!());
    world.run_for(secs(20));
    serving(&mut world, 1_000, 1, &scene.addressing);
    world.run_for(secs(180));
    assert_eq!(scene.found(&world, id), 1_001);
    let asked = asked(&world);
    let [_, _, third, fourth] = asked[..] else {
        panic!("{asked:?}");
    };
    assert!((secs(30)..secs(45)).contains(&third), "{asked:?}");
    assert!(fourth - third < secs(85), "{asked:?}");
}

#[test]
#[ignore = "prints a table"]
#[allow(clippy::print_stdout, reason = "it is a measurement")]
fn table_of_costs() {
    println!("services resolve | 15 s: packets KiB | hour after: packets KiB | rounds");
    for services in [10, 100, 1_000, 5_000] {
        for resolve in [false, true] {
            let scene = Scene {
                resolve,
                ..Scene::of(services)
            };
            let (mut world, id) = scene.begin(1);
            world.run_for(secs(3_615));
            assert_eq!(scene.found(&world, id), services);
            let (packets, bytes) = cost(&world, "me", Duration::ZERO, secs(15));
            let (later, later_bytes) = cost(&world, "me", secs(15), secs(3_615));
            let asked: Vec<u64> = asked(&world).iter().map(Duration::as_secs).collect();
            println!(
                "{services:5} {resolve:5} | {packets:4} {:5} | {later:5} {:6} | {asked:?}",
                bytes / 1_024,
                later_bytes / 1_024
            );
        }
    }
}

#[test]
#[ignore = "prints a table"]
#[allow(clippy::print_stdout, reason = "it is a measurement")]
fn table_of_finding() {
    println!("last of 1,000 found, s, by seed; packets in the first 20 s");
    for addressing in [Addressing::Dual, Addressing::V4] {
        for loss in [0.0, 0.05, 0.2] {
            let scene = Scene {
                loss,
                addressing: addressing.clone(),
                ..Scene::of(1_000)
            };
            let mut found = Vec::new();
            let mut packets = Vec::new();
            for seed in 1..=10 {
                let (mut world, id) = scene.begin(seed);
                let at = found_all(&scene, &mut world, id, secs(5_000));
                found.push(at.map(|at| (at * 10.0).round() / 10.0));
                packets.push(cost(&world, "me", Duration::ZERO, secs(20)).0);
            }
            println!("{addressing:?} loss {loss}: {found:?}; {packets:?}");
        }
    }
}

#[test]
#[ignore = "prints a table"]
#[allow(clippy::print_stdout, reason = "it is a measurement")]
fn table_of_newcomers() {
    println!("a host that comes later and is not heard to announce: found after, s");
    for services in [10, 1_000] {
        for comes in [30, 120, 600, 1_800, 3_000] {
            let scene = Scene::of(services);
            let (mut world, id) = scene.begin(1);
            world.run_for(secs(comes));
            serving(&mut world, services, 1, &scene.addressing);
            while scene.found(&world, id) == services && world.age() < secs(9_000) {
                world.run_for(ms(500));
            }
            let waited = world.age() - secs(comes);
            let asked: Vec<u64> = asked(&world).iter().map(Duration::as_secs).collect();
            println!("{services} services, comes at {comes} s: {waited:?} {asked:?}");
        }
    }
}
