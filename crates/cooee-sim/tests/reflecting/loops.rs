//! Several reflectors between the same links: nothing goes round.

use cooee_sim::{Repeater, Sent, ms, secs};

use super::*;

/// Returns two links joined by this many reflectors, each of which shows the HTTP services of each
/// link to the other.
fn joined(seed: impl Into<cooee_sim::Seed>, reflectors: usize) -> World {
    let mut world = World::new(seed);
    world.link("home").link("lab");
    for n in 0..reflectors {
        let host = format!("router{n}");
        world.host(&host, Reflecting::new).on("home").on("lab");
        let both = [("lab", "home"), ("home", "lab")];
        let rules = both.map(|(from, to)| rule(&world, &host, from, to, types(["_http._tcp"])));
        set_rules(&mut world, &host, rules.into());
    }
    world
}

pub(super) fn packets(sent: &Sent<'_>) -> usize {
    let messages = sent.messages().iter();
    messages.map(|message| message.packets.len()).sum()
}

/// Returns how many packets reflectors have sent to everybody, and to one host each.
fn sent(world: &World, reflectors: &[&str]) -> [usize; 2] {
    let stats = reflectors.iter().map(|host| world.node::<Reflecting>(host));
    let stats: Vec<RuleStats> = stats.flat_map(Reflecting::stats).collect();
    let count = |packets: fn(&RuleStats) -> u64| {
        let packets: u64 = stats.iter().map(packets).sum();
        usize::try_from(packets).expect("few")
    };
    [
        count(|one| one.queries + one.answers),
        count(|one| one.replies),
    ]
}

/// Lets services come, be asked for, change and go on both links. Returns how many packets the
/// hosts have sent, and how many those have that join the links.
fn live(world: &mut World, joining: &[&str]) -> (usize, usize) {
    let mut hosts = Vec::new();
    for (n, link) in ["home", "lab", "home", "lab"].into_iter().enumerate() {
        let host = format!("web{n}");
        serving(world, &host, "_http._tcp", link, Policy::default());
        hosts.push(host);
    }
    let here = browsing(world, "me", "_http._tcp", "home");
    let there = browsing(world, "you", "_http._tcp", "lab");
    world.run_for(secs(2));
    assert_eq!(found(world, "me", here).len(), 4);
    assert_eq!(found(world, "you", there).len(), 4);
    for _ in 0..3 {
        for host in &hosts {
            world.with(host, |web: &mut Responder, now| web.announce(now));
        }
        world.run_for(ms(1_700));
    }
    for host in &hosts {
        world.with(host, |web: &mut Responder, now| web.goodbye(now));
    }
    world.run_for(secs(3));
    assert_eq!(found(world, "me", here).len(), 0);
    let all = packets(&world.recording().all());
    let theirs: usize = joining.iter().map(|host| packets(&world.sent(host))).sum();
    world.run_for(secs(5));
    let later = packets(&world.recording().all()) - all;
    assert!(later <= 40, "{later} packets although nothing happens");
    (all - theirs, theirs)
}

#[test]
fn two_and_three_reflectors_between_two_links_repeat_each_packet_once_each() {
    for count in [1, 2, 3] {
        let mut world = joined(seed!(), count);
        let names: Vec<String> = (0..count).map(|n| format!("router{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (hosts, _) = live(&mut world, &names);
        // They ask each other for unicast answers, too.
        let [multicasts, replies] = sent(&world, &names);
        assert!(multicasts <= hosts * count, "{multicasts} for {hosts}");
        assert!(replies <= hosts * count, "{replies} for {hosts}");
        for host in names {
            let router = world.node::<Reflecting>(host);
            assert!(router.most_for_one() <= 1, "{}", router.most_for_one());
        }
    }
}

#[test]
fn beside_a_repeater_of_every_packet_nothing_goes_round() {
    for count in [1, 2] {
        let mut world = joined(seed!(), count);
        world.host("repeater", Repeater::new).on("home").on("lab");
        let names: Vec<String> = (0..count).map(|n| format!("router{n}")).collect();
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        names.push("repeater");
        let (hosts, others) = live(&mut world, &names);
        // The repeater repeats what the hosts and the reflectors send.
        assert!(others <= hosts * 2 * (count + 1), "{others} for {hosts}");
    }
}

#[test]
fn reflectors_in_a_ring_of_three_links_do_not_pass_anything_on_for_ever() {
    let mut world = World::new(seed!());
    world.link("a").link("b").link("c");
    for (host, one, other) in [("ab", "a", "b"), ("bc", "b", "c"), ("ca", "c", "a")] {
        world.host(host, Reflecting::new).on(one).on(other);
        let both = [(one, other), (other, one)];
        let rules = both.map(|(from, to)| rule(&world, host, from, to, types(["_http._tcp"])));
        set_rules(&mut world, host, rules.into());
    }
    serving(&mut world, "web", "_http._tcp", "a", Policy::default());
    let browse = browsing(&mut world, "me", "_http._tcp", "c");
    world.run_for(secs(2));
    assert_eq!(found(&world, "me", browse), ["web"]);
    let before = world.recording().all().count();
    world.run_for(secs(3));
    let after = world.recording().all().count() - before;
    assert!(after <= 30, "{after}");
    world.with("web", |web: &mut Responder, now| web.goodbye(now));
    world.run_for(secs(3));
    assert_eq!(found(&world, "me", browse), [""; 0]);
}
