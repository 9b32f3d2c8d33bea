//! What crosses: services that a rule allows, with all that they need, and nothing else.

use cooee_proto::link::Family;
use cooee_proto::reflect::Pattern;
use cooee_sim::{ms, secs};
use cooee_wire::{RData, Record, RecordType, Section, Ttl};

use super::*;

/// Returns the records of a type that a host has multicast on a link.
fn sent(world: &World, host: &str, link: &str, rtype: RecordType) -> Vec<Record> {
    let sent = world.sent(host).on(link);
    let sections = [Section::Answer, Section::Additional].map(|section| sent.records(section));
    let mut records = sections.concat();
    records.retain(|record| record.rtype() == rtype);
    records
}

#[test]
fn a_service_is_found_and_resolved_across_within_a_second_and_goes_with_its_goodbye() {
    let mut world = two_links(seed!());
    serving(&mut world, "web", "_http._tcp", "lab", Policy::default());
    let browse = browsing(&mut world, "me", "_http._tcp", "home");
    world.run_for(secs(1));
    assert_eq!(found(&world, "me", browse), ["web"]);

    world.with("web", |web: &mut Responder, now| web.goodbye(now));
    world.run_for(secs(2));
    assert_eq!(found(&world, "me", browse), [""; 0]);
}

#[test]
fn a_service_that_comes_later_is_announced_across_and_so_is_its_change() {
    let mut world = two_links(seed!());
    let browse = browsing(&mut world, "me", "_http._tcp", "home");
    world.run_for(secs(100));
    serving(&mut world, "web", "_http._tcp", "lab", Policy::default());
    world.with("web", |web: &mut Responder, now| web.announce(now));
    world.run_for(ms(200));
    assert_eq!(found(&world, "me", browse), ["web"]);

    let text = |value: &[u8]| Record {
        name: name("web._http._tcp.local"),
        class: Class::IN,
        ttl: Ttl(4_500),
        cache_flush: true,
        data: RData::parse(RecordType::TXT, value).expect("a string"),
    };
    // The old text comes back: it is news again, because another one has replaced it.
    for (value, updates) in [(b"\x01a", 1), (b"\x01b", 2), (b"\x01a", 3)] {
        world.run_for(secs(3));
        world.with("web", |web: &mut Responder, now| {
            web.replace(now, &[text(value)]);
        });
        world.run_for(secs(2));
        let listener = world.node::<Listener>("me");
        assert_eq!(listener.updates(browse), updates);
    }
}

#[test]
fn what_no_rule_allows_stays_and_is_counted() {
    let mut world = two_links(seed!());
    serving(&mut world, "web", "_http._tcp", "lab", Policy::default());
    serving(&mut world, "printer", "_ipp._tcp", "lab", Policy::default());
    serving(&mut world, "lamp", "_http._tcp", "home", Policy::default());
    let printers = browsing(&mut world, "me", "_ipp._tcp", "home");
    let back = browsing(&mut world, "you", "_http._tcp", "lab");
    for host in ["web", "printer", "lamp"] {
        world.with(host, |host: &mut Responder, now| host.announce(now));
    }
    world.run_for(secs(60));
    assert_eq!(found(&world, "me", printers), [""; 0]);
    assert_eq!(found(&world, "you", back), ["web"]);
    let answers = world.sent("router").on("home").text();
    assert!(!answers.contains("printer"), "{answers}");
    assert_eq!(world.sent("router").on("lab").questions().len(), 0);
    let stats = stats(&world, "router");
    assert!(stats.refused(Refusal::Type) > 0 && stats.refused(Refusal::Host) > 0);
    assert!(stats.answers > 0 && stats.bytes > 0);
}

#[test]
fn instances_and_hosts_are_chosen_by_patterns() {
    let mut world = two_links(seed!());
    let mut filter = types(["_http._tcp"]);
    filter.instances = Some(vec![Pattern::new("web*")]);
    filter.instances_denied = vec![Pattern::new("*3")];
    filter.hosts_denied = vec![Pattern::new("WEB2")];
    filter.hosts = vec![Pattern::new("plain")];
    let rules = vec![rule(&world, "router", "lab", "home", filter)];
    set_rules(&mut world, "router", rules);
    for host in ["web1", "web2", "web3", "other"] {
        serving(&mut world, host, "_http._tcp", "lab", Policy::default());
    }
    world.host("plain", Responder::new).on("lab");
    let browse = browsing(&mut world, "me", "_http._tcp", "home");
    let host = world.with("me", |me: &mut Listener, now| {
        me.lookup_host(now, &name("plain.local"))
    });
    let denied = world.with("me", |me: &mut Listener, now| {
        me.lookup_host(now, &name("web2.local"))
    });
    world.run_for(secs(5));
    assert_eq!(found(&world, "me", browse), ["web1"]);
    let me = world.node::<Listener>("me");
    assert_eq!(me.host(host).addresses.len(), 1);
    assert_eq!(me.host(denied).addresses.len(), 0);
}

#[test]
fn records_keep_their_order_ttl_and_flush_bit() {
    let mut world = two_links(seed!());
    serving(&mut world, "web", "_http._tcp", "lab", Policy::default());
    browsing(&mut world, "me", "_http._tcp", "home");
    world.run_for(secs(1));
    let shapes = |records: Vec<Record>| -> Vec<_> {
        let crossing = records.into_iter().filter(|record| {
            !matches!(record.data, RData::Aaaa(_)) // a link-local one
        });
        crossing
            .map(|record| (record.rtype(), record.ttl, record.cache_flush))
            .collect()
    };
    let of = |host: &str, link: &str| {
        let sent = world.sent(host).on(link);
        let first = sent.only(|message| message.packets[0].destination.is_ipv4());
        let records = [Section::Answer, Section::Additional].map(|section| first.records(section));
        shapes(records.concat())
    };
    let original = of("web", "lab");
    assert!(original.len() >= 4, "{original:?}");
    assert_eq!(of("router", "home"), original);
}

#[test]
fn link_local_addresses_never_cross_and_no_denial_of_their_host_does() {
    let mut world = two_links(seed!());
    let policy = Policy {
        nsec: true,
        ..Policy::default()
    };
    serving(&mut world, "web", "_http._tcp", "lab", policy);
    browsing(&mut world, "me", "_http._tcp", "home");
    world.with("web", |web: &mut Responder, now| web.announce(now));
    world.run_for(secs(30));
    assert_ne!(sent(&world, "web", "lab", RecordType::AAAA).len(), 0);
    assert_eq!(sent(&world, "router", "home", RecordType::AAAA).len(), 0);
    assert_ne!(sent(&world, "router", "home", RecordType::A).len(), 0);
    let of_host = |record: &Record| record.name == name("web.local");
    let denials = sent(&world, "router", "home", RecordType::NSEC);
    assert!(!denials.iter().any(of_host), "{denials:?}");
    assert!(stats(&world, "router").refused(Refusal::LinkLocal) > 0);
}

#[test]
fn a_question_with_none_but_link_local_answers_crosses_no_more_until_there_are_others() {
    let mut world = two_links(seed!());
    serving(&mut world, "web", "_http._tcp", "lab", Policy::default());
    let browse = browsing(&mut world, "me", "_http._tcp", "home");
    world.run_for(secs(5));
    assert_eq!(found(&world, "me", browse), ["web"]);
    let asked = |world: &World| {
        let asked = world.sent("router").on("lab").questions();
        let of_type = asked.iter().filter(|one| one.rtype == RecordType::AAAA);
        of_type.count()
    };
    let before = asked(&world);
    world.host("you", Listener::new).on("home");
    for _ in 0..10 {
        world.with("you", |you: &mut Listener, now| {
            let query = you.query(now, name("web.local"), RecordType::AAAA);
            you.stop(now, query);
            you.query(now, name("web.local"), RecordType::AAAA)
        });
        world.run_for(secs(10));
    }
    assert_eq!(asked(&world), before);

    let global = RData::Aaaa("2001:db8::7".parse().expect("an address"));
    let address = unique("web.local", 120, global);
    world.with("web", |web: &mut Responder, now| {
        web.add([address]);
        web.announce(now);
    });
    world.run_for(secs(2));
    assert_ne!(sent(&world, "router", "home", RecordType::AAAA).len(), 0);
    world.run_for(secs(100));
    assert_ne!(asked(&world), before, "and it is asked for again");
}

#[test]
fn a_rule_for_one_family_leaves_the_other_alone() {
    let mut world = two_links(seed!());
    let mut only_v4 = rule(&world, "router", "lab", "home", types(["_http._tcp"]));
    only_v4.families = cooee_proto::link::Families::one(Family::V4);
    set_rules(&mut world, "router", vec![only_v4]);
    serving(&mut world, "web", "_http._tcp", "lab", Policy::default());
    let browse = browsing(&mut world, "me", "_http._tcp", "home");
    world.run_for(secs(5));
    assert_eq!(found(&world, "me", browse), ["web"]);
    let sent = world.sent("router");
    let mut packets = sent.messages().iter().flat_map(|message| &message.packets);
    assert!(packets.all(|packet| packet.destination.is_ipv4()));
}

#[test]
fn the_list_of_types_shows_those_that_cross() {
    let mut world = two_links(seed!());
    serving(&mut world, "web", "_http._tcp", "lab", Policy::default());
    serving(&mut world, "printer", "_ipp._tcp", "lab", Policy::default());
    world.host("me", Listener::new).on("home");
    let list = world.with("me", |me: &mut Listener, now| me.browse_types(now));
    world.run_for(secs(5));
    let listed = world.node::<Listener>("me").types(list);
    assert_eq!(listed, ["_http._tcp".parse().expect("a type")]);
}

#[test]
fn chatter_on_the_link_of_the_services_does_not_cross_again() {
    let mut world = two_links(seed!());
    serving(&mut world, "web", "_http._tcp", "lab", Policy::default());
    for _ in 0..2 {
        world.with("web", |web: &mut Responder, now| web.announce(now));
        world.run_for(secs(2));
    }
    let before = world.sent("router").on("home").count();
    // Others on the link of the services ask for them again and again.
    for n in 0..20 {
        browsing(&mut world, &format!("you{n}"), "_http._tcp", "lab");
        world.run_for(secs(2));
    }
    let more = world.sent("router").on("home").count() - before;
    assert_eq!(more, 0);
}

#[test]
fn a_rule_sends_no_more_packets_than_its_rate_allows() {
    let mut world = two_links(seed!());
    let mut slow = rule(&world, "router", "lab", "home", types(["_http._tcp"]));
    slow.rate = cooee_proto::Rate::new(2, 4);
    set_rules(&mut world, "router", vec![slow]);
    for n in 0..100 {
        let host = format!("web{n}");
        serving(&mut world, &host, "_http._tcp", "lab", Policy::default());
    }
    browsing(&mut world, "me", "_http._tcp", "home");
    world.run_for(secs(10));
    let stats = stats(&world, "router");
    // Of each kind.
    for sent in [stats.queries, stats.answers, stats.replies] {
        assert!(sent <= 24, "{stats:?}");
    }
    assert!(stats.answers >= 10, "{stats:?}");
    assert!(stats.over_rate > 0);
}

#[test]
fn what_was_asked_for_and_sent_to_this_host_alone_is_told_once() {
    let mut world = two_links(seed!());
    let policy = Policy {
        gap: ms(0),
        ..Policy::default()
    };
    serving(&mut world, "web", "_http._tcp", "lab", policy);
    let browse = browsing(&mut world, "me", "_http._tcp", "home");
    world.run_for(secs(30));
    assert_eq!(found(&world, "me", browse), ["web"]);
    let multicasts = |world: &World| stats(world, "router").answers;
    let before = multicasts(&world);
    // Somebody on the link of the services makes it a multicast.
    browsing(&mut world, "you", "_http._tcp", "lab");
    world.run_for(secs(5));
    assert_eq!(multicasts(&world), before);
}

#[test]
fn many_that_come_and_go_at_once_share_packets_and_all_are_told() {
    let mut world = two_links(seed!());
    let hosts: Vec<String> = (0..600).map(|n| format!("web{n}")).collect();
    for host in &hosts {
        serving(&mut world, host, "_http._tcp", "lab", Policy::default());
    }
    let browse = browsing(&mut world, "me", "_http._tcp", "home");
    world.run_for(secs(30));
    assert_eq!(found(&world, "me", browse).len(), hosts.len());
    let before = stats(&world, "router").answers;
    for host in &hosts {
        world.with(host, |web: &mut Responder, now| web.goodbye(now));
    }
    world.run_for(secs(3));
    assert_eq!(found(&world, "me", browse), [""; 0]);
    let goodbyes = stats(&world, "router").answers - before;
    // Over both families.
    assert!(goodbyes <= 600, "{goodbyes} packets");
    assert_eq!(stats(&world, "router").over_rate, 0);
}
