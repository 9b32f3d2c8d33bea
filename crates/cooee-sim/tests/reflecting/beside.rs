//! Beside other reflectors on the same links: packets do not multiply, and all traffic ends.

use cooee_sim::{AvahiReflector, Repeater, ms, secs};
use cooee_wire::{RData, Section};

use super::asking::{asking, query};
use super::loops::packets;
use super::*;

/// What else joins the links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Companion {
    Ours,
    Avahi,
    Verbatim,
}

/// A world in which every reflector joins all links.
struct House {
    world: World,
    links: &'static [&'static str],
    companions: &'static [Companion],
    /// The reflectors under test.
    ours: Vec<String>,
    hosts: Vec<String>,
}

impl House {
    fn new(
        seed: impl Into<cooee_sim::Seed>,
        links: usize,
        companions: &'static [Companion],
    ) -> Self {
        let mut world = World::new(seed);
        let links = &LINKS[..links];
        for link in links {
            world.link(link);
        }
        let mut house = Self {
            world,
            links,
            companions,
            ours: Vec::new(),
            hosts: Vec::new(),
        };
        for (n, companion) in companions.iter().enumerate() {
            house.join(&format!("router{n}"), *companion);
        }
        for link in links {
            let host = format!("web-{link}");
            serving(
                &mut house.world,
                &host,
                "_http._tcp",
                link,
                Policy::default(),
            );
            house.hosts.push(host);
        }
        house
    }

    fn join(&mut self, host: &str, companion: Companion) {
        let setup = match companion {
            Companion::Ours => self.world.host(host, Reflecting::new),
            Companion::Avahi => self.world.host(host, AvahiReflector::new),
            Companion::Verbatim => self.world.host(host, Repeater::new),
        };
        self.links.iter().fold(setup, |setup, link| setup.on(link));
        if companion != Companion::Ours {
            return;
        }
        let pairs = self.links.iter().flat_map(|from| {
            let others = self.links.iter().filter(move |to| *to != from);
            others.map(move |to| (from, to))
        });
        let rules =
            pairs.map(|(from, to)| rule(&self.world, host, from, to, types(["_http._tcp"])));
        let rules = rules.collect();
        set_rules(&mut self.world, host, rules);
        self.ours.push(host.to_owned());
    }

    /// Lets services be asked for, change and go on all links, until nobody asks any more.
    fn live(&mut self) {
        let is_alone = !self.companions.contains(&Companion::Avahi);
        let world = &mut self.world;
        let mut browses = Vec::new();
        for link in self.links {
            let me = format!("me-{link}");
            browses.push((browsing(world, &me, "_http._tcp", link), me));
        }
        asking(world, "old", 40_000, query(7, false));
        world.run_for(secs(3));
        let all: Vec<&str> = self.hosts.iter().map(String::as_str).collect();
        for (browse, me) in &browses {
            let found = found(world, me, *browse);
            assert!(
                all.iter().all(|host| found.contains(&(*host).to_owned())),
                "{me}: {found:?}"
            );
        }
        for _ in 0..3 {
            for host in &self.hosts {
                world.with(host, |web: &mut Responder, now| web.announce(now));
            }
            world.run_for(ms(1_700));
        }
        for host in &self.hosts {
            world.with(host, |web: &mut Responder, now| web.goodbye(now));
        }
        world.run_for(secs(5));
        for (browse, me) in &browses {
            // Avahi may answer from its cache in the second after a goodbye.
            if is_alone {
                assert_eq!(found(world, me, *browse), [""; 0], "{me}");
            }
            world.with(me, |me: &mut Listener, now| me.stop(now, *browse));
        }
    }

    /// Checks that no reflector under test sends more than a packet to each other link for what the
    /// hosts send, once by each of those that join the links.
    fn check(&self) {
        let mut hosts: Vec<String> = self.links.iter().map(|link| format!("me-{link}")).collect();
        hosts.extend(self.hosts.iter().cloned());
        let sent = |host: &String| packets(&self.world.sent(host));
        let heard: usize = hosts.iter().map(sent).sum();
        let each = hosts.len() * HOST_PACKETS_MAX;
        assert!(heard <= each, "hosts are made to send {heard} packets");
        let others = self.links.len() - 1;
        for host in &self.ours {
            let mine = sent(host);
            let limit = heard * others * self.companions.len();
            assert!(mine <= limit, "{host}: {mine} for {heard}");
            let most = self.world.node::<Reflecting>(host).most_for_one();
            assert!(most <= others as u64, "{host}: {most} for one");
        }
    }
}

/// How many packets a host sends at most to ask, to answer and to announce what it has.
const HOST_PACKETS_MAX: usize = 40;

const LINKS: [&str; 4] = ["home", "lab", "shop", "attic"];

#[test]
fn beside_other_reflectors_packets_do_not_multiply_and_all_traffic_ends() {
    use Companion::{Avahi, Ours, Verbatim};
    for companions in [
        &[Ours][..],
        &[Ours, Avahi],
        &[Ours, Verbatim],
        &[Ours, Ours, Avahi],
        &[Ours, Avahi, Avahi],
        &[Ours, Avahi, Verbatim],
    ] {
        for links in 2..=LINKS.len() {
            let mut house = House::new(seed!(), links, companions);
            house.live();
            house.check();
            house.world.run_for(secs(5));
            house.world.assert_silent_for(secs(120));
        }
    }
}

#[test]
fn the_model_of_avahi_shows_the_services_of_all_links_and_their_end() {
    for links in 2..=LINKS.len() {
        let mut house = House::new(seed!(), links, &[Companion::Avahi]);
        house.live();
        let sent = house.world.sent("router0");
        let records = sent.records(Section::Answer);
        let has = |wanted: fn(&RData) -> bool| records.iter().any(|one| wanted(&one.data));
        assert!(has(|data| matches!(data, RData::Srv(_))));
        let answers = sent.only(|message| message.bytes()[2] & 0x80 != 0);
        let answers = answers.records(Section::Answer);
        let link_local = answers
            .iter()
            .filter(|one| matches!(one.data, RData::Aaaa(_)));
        assert_eq!(link_local.count(), 0);
        house.world.run_for(secs(5));
        house.world.assert_silent_for(secs(120));
    }
}
