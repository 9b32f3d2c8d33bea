//! Names on both links: one owner where they are one zone, and peace where they are not.

use cooee_proto::dnssd::event::{News, PublicationEvent};
use cooee_proto::dnssd::{HostSpec, ServiceSpec};
use cooee_proto::reflect::Rule;
use cooee_sim::{Rng, Seed, ms, secs};

use super::*;

/// Joins `home` and `lab` in both directions, as one zone or as two.
fn both_ways(world: &mut World, one_zone: bool) {
    let rules = [("lab", "home"), ("home", "lab")].map(|(from, to)| {
        let mut rule: Rule = rule(world, "router", from, to, types(["_http._tcp"]));
        rule.one_zone = one_zone;
        rule
    });
    set_rules(world, "router", rules.into());
}

/// Attaches an agent that publishes a service of a name on a host of a name.
fn publishing(world: &mut World, host: &str, link: &str, label: &str, host_name: &str) {
    world.host(host, Listener::new).on(link);
    let host_name = HostSpec::own(host_name.parse().expect("a host name"));
    let service_type = "_http._tcp".parse().expect("a type");
    let spec = ServiceSpec::new(label, service_type, 80, host_name);
    world.with(host, |me: &mut Listener, now| {
        me.agent().publish_service(now, spec).expect("it can be");
    });
}

/// Returns the names that an agent has now: its service, then its host.
fn names(world: &World, host: &str) -> [String; 2] {
    let mut names = [String::new(), String::new()];
    for (_, event) in world.node::<Listener>(host).news() {
        match &event.news {
            News::Publication(PublicationEvent::Registered(name)) => {
                names[0] = name.label().into_owned();
            }
            News::Publication(PublicationEvent::HostRegistered(name)) => {
                names[1] = name.to_string();
            }
            News::Publication(_) | News::Discovery(_) => {}
        }
    }
    names
}

#[test]
fn in_one_zone_a_name_has_one_owner_whoever_comes_second() {
    for at_once in [false, true] {
        let mut world = two_links(seed!());
        both_ways(&mut world, true);
        publishing(&mut world, "one", "lab", "Web", "desk.local");
        if !at_once {
            world.run_for(secs(10));
        }
        publishing(&mut world, "two", "home", "Web", "desk.local");
        let browse = browsing(&mut world, "me", "_http._tcp", "home");
        world.run_for(secs(20));
        let (one, two) = (names(&world, "one"), names(&world, "two"));
        assert_ne!(one[0], two[0], "at once: {at_once}");
        assert_ne!(one[1], two[1], "at once: {at_once}");
        assert_eq!(found(&world, "me", browse).len(), 2);
    }
}

#[test]
fn without_one_zone_a_name_may_be_on_both_links_and_each_keeps_its_own() {
    for at_once in [false, true] {
        let mut world = two_links(seed!());
        both_ways(&mut world, false);
        publishing(&mut world, "one", "lab", "Web", "desk.local");
        if !at_once {
            world.run_for(secs(10));
        }
        publishing(&mut world, "two", "home", "Web", "desk.local");
        let here = browsing(&mut world, "me", "_http._tcp", "home");
        let there = browsing(&mut world, "you", "_http._tcp", "lab");
        world.run_for(secs(60));
        for host in ["one", "two"] {
            assert_eq!(names(&world, host), ["Web", "desk.local"], "{at_once}");
        }
        assert_eq!(found(&world, "me", here), ["Web"]);
        assert_eq!(found(&world, "you", there), ["Web"]);
        let stats = world.node::<Reflecting>("router").stats();
        assert!(stats.iter().any(|rule| rule.refused(Refusal::Taken) > 0));
    }
}

#[test]
fn a_host_on_both_links_keeps_its_name_and_its_addresses() {
    let mut world = two_links(seed!());
    both_ways(&mut world, false);
    publishing(&mut world, "one", "lab", "Web", "desk.local");
    world.attach("one", "home", &cooee_sim::Addressing::Dual);
    let here = browsing(&mut world, "me", "_http._tcp", "home");
    world.run_for(secs(60));
    assert_eq!(names(&world, "one"), ["Web", "desk.local"]);
    assert_eq!(found(&world, "me", here), ["Web"]);
}

/// Hosts come in any order on links that one or two reflectors join to one zone, and all want the
/// same two names.
#[test]
fn in_one_zone_of_any_shape_no_two_hosts_keep_a_name() {
    let first = seed!();
    for n in 0..30 {
        let mut world = World::new(Seed::of(first.number().wrapping_add(n)));
        let mut rng = Rng::new(world.fork_seed());
        let links = ["a", "b", "c"];
        for link in links {
            world.link(link);
        }
        let reflectors = 1 + n % 2;
        for reflector in 0..reflectors {
            let router = format!("router{reflector}");
            let mut setup = world.host(&router, Reflecting::new);
            for link in links {
                setup = setup.on(link);
            }
            let pairs = links.map(|from| links.map(|to| (from, to))).concat();
            let apart = pairs.into_iter().filter(|(from, to)| from != to);
            let rules = apart.map(|(from, to)| {
                let mut rule = rule(&world, &router, from, to, types(["_http._tcp"]));
                rule.one_zone = true;
                rule
            });
            let rules = rules.collect();
            set_rules(&mut world, &router, rules);
        }
        let hosts = ["h0", "h1", "h2", "h3"];
        for host in hosts {
            let link = links[usize::try_from(rng.below(3)).expect("few")];
            publishing(&mut world, host, link, "Web", "desk.local");
            world.run_for(ms(rng.below(1_500)));
        }
        world.run_for(secs(30));
        let all = hosts.map(|host| names(&world, host));
        for which in [0, 1] {
            let mut of = all.clone().map(|names| names[which].clone());
            of.sort();
            assert!(of.windows(2).all(|pair| pair[0] != pair[1]), "{n}: {all:?}");
            assert!(of.iter().all(|name| !name.is_empty()), "{n}: {of:?}");
        }
    }
}
