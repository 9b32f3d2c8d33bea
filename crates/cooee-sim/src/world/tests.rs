//! Datagrams reach the hosts that can hear them, and one seed is one history.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use cooee_proto::link::{LinkChange, LinkId};
use cooee_proto::time::Instant;
use cooee_proto::transmit::{Datagram, Destination, Route};

use crate::{
    Addressing, Foreign, Loss, Node, Outgoing, Setup, Weather, World, hours, ms, secs, seed,
};

/// Sends one byte on every link at each deadline, and reports everything that it receives.
#[derive(Default)]
struct Parrot {
    links: Vec<LinkId>,
    to_say: Vec<(LinkId, Destination, u8)>,
    next: Option<Instant>,
    every: Duration,
    heard: Vec<String>,
}

impl Parrot {
    fn quiet(_: Setup<'_>) -> Self {
        Self::default()
    }

    fn every(every: Duration) -> impl FnOnce(Setup<'_>) -> Self {
        move |setup| Self {
            next: Some(setup.now + every),
            every,
            ..Self::default()
        }
    }

    fn say(&mut self, destination: Destination) {
        self.to_say
            .extend(self.links.iter().map(|&link| (link, destination, b'!')));
    }
}

impl Node for Parrot {
    fn handle_datagram(&mut self, _: Instant, d: Datagram<'_>) {
        self.heard.push(format!(
            "{} {} {} {:?}",
            d.link.0, d.source, d.destination, d.bytes
        ));
    }

    fn handle_timeout(&mut self, now: Instant) {
        if self.next.is_some_and(|next| next <= now) {
            self.next = Some(now + self.every);
            self.say(Destination::Multicast);
        }
    }

    fn handle_link(&mut self, _: Instant, change: LinkChange) {
        match change {
            LinkChange::Up { link, info } => {
                self.links.retain(|&known| known != link);
                self.links.push(link);
                self.heard
                    .push(format!("up {} {}", link.0, info.addresses.len()));
            }
            LinkChange::Down { link } => {
                self.links.retain(|&known| known != link);
                self.heard.push(format!("down {}", link.0));
            }
            LinkChange::Missed { link } => self.heard.push(format!("missed on {link}")),
            LinkChange::Resumed => self.heard.push("resumed".into()),
        }
    }

    fn poll_transmit(&mut self, _: Instant, buf: &mut Vec<u8>) -> Option<Outgoing> {
        let (link, destination, byte) = self.to_say.pop()?;
        buf.push(byte);
        Some(Route { link, destination }.into())
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.next
    }

    fn drain_events(&mut self, _: Instant, sink: &mut dyn FnMut(String)) {
        self.heard.drain(..).for_each(sink);
    }
}

fn pair() -> World {
    let mut world = World::new(seed!());
    world.link("lan");
    world.host("a", Parrot::quiet).on("lan");
    world.host("b", Parrot::quiet).on("lan");
    world
}

fn shout(world: &mut World, host: &str) {
    world.with(host, |parrot: &mut Parrot, _| {
        parrot.say(Destination::Multicast)
    });
}

fn texts(world: &World, host: &str) -> Vec<String> {
    world
        .events(host)
        .iter()
        .map(|event| event.text.clone())
        .collect()
}

#[test]
fn a_multicast_reaches_the_others_and_its_sender_once_per_family() {
    let mut world = pair();
    shout(&mut world, "a");
    world.run_for(secs(1));
    let heard = [
        "2 10.1.0.1:5353 224.0.0.251 [33]".to_owned(),
        "2 [fe80::1:1%2]:5353 ff02::fb [33]".to_owned(),
    ];
    for host in ["a", "b"] {
        let mut events = texts(&world, host);
        events.retain(|event| !event.starts_with("up"));
        events.sort();
        assert_eq!(events, heard, "on {host}");
    }
    assert_eq!(world.sent("a").count(), 1);
    assert_eq!(world.sent("a").messages()[0].packets.len(), 2);
    world.assert_silent_for(secs(60));
}

#[test]
fn a_unicast_reaches_one_host_and_only_on_its_port() {
    let mut world = pair();
    world.host("c", Parrot::quiet).on("lan");
    for port in [5353, 5354] {
        let to = SocketAddr::new(world.addresses("b", "lan")[0].ip, port);
        world.with("a", |a: &mut Parrot, _| a.say(Destination::Unicast(to)));
    }
    world.run_for(secs(1));
    assert_eq!(texts(&world, "b")[1..], ["2 10.1.0.1:5353 10.1.0.2 [33]"]);
    assert_eq!(texts(&world, "c").len(), 1);
    assert!(
        world
            .recording()
            .transmissions()
            .iter()
            .all(|t| !t.off_link)
    );
}

#[test]
fn a_unicast_out_of_the_link_is_marked() {
    let mut world = pair();
    let to = "192.0.2.1:5353".parse().expect("an address");
    world.with("a", |a: &mut Parrot, _| a.say(Destination::Unicast(to)));
    assert!(world.recording().transmissions()[0].off_link);
}

#[test]
fn a_host_of_one_family_neither_sends_nor_hears_the_other() {
    let mut world = pair();
    world
        .host("c", Parrot::quiet)
        .on_with("lan", Addressing::V6);
    shout(&mut world, "a");
    shout(&mut world, "c");
    world.run_for(secs(1));
    assert_eq!(world.sent("c").messages()[0].packets.len(), 1);
    assert!(
        texts(&world, "c")[1..]
            .iter()
            .all(|event| event.contains("ff02::fb"))
    );
    assert_eq!(texts(&world, "c").len(), 3);
}

#[test]
fn links_do_not_hear_each_other_and_two_cards_on_one_link_do() {
    let mut world = pair();
    world.link("wifi");
    world.host("c", Parrot::quiet).on("wifi");
    world.attach("b", "lan", &Addressing::V4);
    shout(&mut world, "b");
    world.run_for(secs(1));
    assert_eq!(texts(&world, "c").len(), 1);
    let crossed =
        |event: &String| event.starts_with("3 10.1.0.2") || event.starts_with("2 10.1.0.3");
    assert_eq!(
        texts(&world, "b")
            .iter()
            .filter(|&event| crossed(event))
            .count(),
        2
    );
}

#[test]
fn a_block_is_one_way_and_healing_ends_it() {
    let mut world = pair();
    world.block("lan", "a", "b");
    shout(&mut world, "a");
    shout(&mut world, "b");
    world.run_for(secs(1));
    assert_eq!(texts(&world, "b").len(), 1 + 2, "its own echo only");
    assert_eq!(texts(&world, "a").len(), 1 + 4);
    world.heal("lan");
    shout(&mut world, "a");
    world.run_for(secs(1));
    assert_eq!(texts(&world, "b").len(), 1 + 4);
    world.partition("lan", &["a"], &["b"]);
    shout(&mut world, "b");
    world.run_for(secs(1));
    assert_eq!(texts(&world, "a").len(), 1 + 6);
}

#[test]
fn an_unplugged_host_is_told_and_deaf_until_plugged_back_in() {
    let mut world = pair();
    shout(&mut world, "a");
    world.unplug("b", "lan");
    world.run_for(secs(1));
    world.plug("b", "lan");
    shout(&mut world, "a");
    world.run_for(secs(1));
    let events = texts(&world, "b");
    assert_eq!(events[..3], ["up 2 2", "down 2", "up 2 2"]);
    assert_eq!(
        events.len(),
        5,
        "what was on its way when the cable was pulled is lost"
    );
}

#[test]
fn a_new_address_is_told_and_used() {
    let mut world = pair();
    let mut other = world.addresses("a", "lan").to_vec();
    other.truncate(1);
    other[0].ip = "10.1.9.9".parse().expect("an address");
    world.readdress("a", "lan", &Addressing::Exactly(other));
    shout(&mut world, "a");
    world.run_for(secs(1));
    assert_eq!(texts(&world, "a")[1], "up 2 1");
    assert_eq!(
        texts(&world, "b")[1..],
        ["2 10.1.9.9:5353 224.0.0.251 [33]"]
    );
}

#[test]
fn a_sleeping_host_misses_everything_and_learns_that_it_resumed() {
    let mut world = World::new(seed!());
    world.link("lan");
    world.host("a", Parrot::every(secs(1))).on("lan");
    world.run_for(ms(3_500));
    assert_eq!(world.sent("a").gaps(), [secs(1), secs(1)]);
    world.sleep("a");
    world.assert_silent_for(hours(8));
    world.wake("a");
    world.run_for(Duration::ZERO);
    assert!(texts(&world, "a").contains(&"resumed".to_owned()));
    assert_eq!(
        world.sent("a").count(),
        4,
        "the deadline long past is served at once"
    );
}

#[test]
fn a_crashed_host_says_no_more_and_a_restarted_one_begins_anew() {
    let mut world = World::new(seed!());
    world.link("lan");
    world.host("a", Parrot::every(secs(1))).on("lan");
    world.run_for(ms(1_500));
    world.crash("a");
    world.assert_silent_for(secs(60));
    world.restart("a", Parrot::every(secs(2)));
    world.run_for(ms(2_500));
    assert_eq!(world.sent("a").count(), 2);
}

#[test]
fn an_echoing_switch_returns_a_multicast_on_top_of_the_loopback() {
    let mut world = pair();
    world.weather("lan", Weather::calm().echoing());
    shout(&mut world, "a");
    world.run_for(secs(1));
    assert_eq!(texts(&world, "a").len(), 1 + 4);
    assert_eq!(texts(&world, "b").len(), 1 + 2);
}

#[test]
fn each_receiver_meets_its_own_fate() {
    let mut world = World::new(seed!());
    world
        .link("lan")
        .weather("lan", Weather::calm().losing(0.5));
    for n in 0..200 {
        world
            .host(&format!("h{n}"), Parrot::quiet)
            .on_with("lan", Addressing::V4);
    }
    shout(&mut world, "h0");
    world.run_for(secs(1));
    let heard = (1..200)
        .filter(|n| texts(&world, &format!("h{n}")).len() == 2)
        .count();
    assert!((60..140).contains(&heard), "{heard}");
    assert_eq!(texts(&world, "h0").len(), 2, "the loopback is not lost");
}

#[test]
fn an_injected_packet_may_claim_any_source() {
    let mut world = pair();
    let source = "203.0.113.7:53".parse().expect("an address");
    let group = "224.0.0.251".parse().expect("an address");
    world.inject(
        "lan",
        &Foreign {
            source,
            destination: group,
            bytes: b"x",
        },
    );
    let destination: IpAddr = world.addresses("b", "lan")[0].ip;
    world.inject(
        "lan",
        &Foreign {
            source,
            destination,
            bytes: b"y",
        },
    );
    world.run_for(secs(1));
    assert_eq!(
        texts(&world, "a")[1..],
        ["2 203.0.113.7:53 224.0.0.251 [120]"]
    );
    assert_eq!(texts(&world, "b")[2..], ["2 203.0.113.7:53 10.1.0.2 [121]"]);
}

#[test]
fn one_seed_is_one_history_and_another_seed_another() {
    let run = |seed: u64| {
        let mut world = World::new(seed);
        let loss = Loss::Burst {
            worsens: 0.1,
            betters: 0.3,
            loss_good: 0.1,
            loss_bad: 0.9,
        };
        world
            .link("lan")
            .weather("lan", Weather::rough().with_loss(loss));
        for n in 0..10 {
            world
                .host(&format!("h{n}"), Parrot::every(ms(700 + n)))
                .on("lan");
        }
        world.run_for(secs(30));
        world.recording().clone()
    };
    let (first, again, other) = (run(1), run(1), run(2));
    assert!(first.events().len() > 1_000);
    assert_eq!(first, again);
    assert_eq!(first.text(), again.text());
    assert_eq!(first.pcapng(), again.pcapng());
    assert_ne!(first.events(), other.events());
}

#[test]
#[should_panic(expected = "asks for one instant again and again")]
fn a_node_that_spins_is_caught() {
    let mut world = World::new(seed!());
    world.link("lan");
    world.host("a", Parrot::every(Duration::ZERO));
    world.run_for(secs(1));
}

#[test]
#[should_panic(expected = "expected silence")]
fn silence_that_is_broken_fails() {
    let mut world = World::new(seed!());
    world.link("lan");
    world.host("a", Parrot::every(secs(1))).on("lan");
    world.assert_silent_for(secs(2));
}

#[test]
fn a_message_for_a_link_that_is_down_goes_nowhere_and_is_counted() {
    let mut world = pair();
    world.with("a", |a: &mut Parrot, _| {
        a.to_say.push((LinkId(9), Destination::Multicast, b'?'));
    });
    assert_eq!(world.misdirected().len(), 1);
    world.assert_silent_for(secs(1));
}

#[test]
fn a_host_learns_when_it_wakes_what_changed_while_it_slept() {
    let mut world = pair();
    world.sleep("b");
    world.unplug("b", "lan");
    world.run_for(secs(1));
    assert_eq!(texts(&world, "b"), ["up 2 2"]);
    world.wake("b");
    assert_eq!(texts(&world, "b"), ["up 2 2", "down 2", "resumed"]);
}
