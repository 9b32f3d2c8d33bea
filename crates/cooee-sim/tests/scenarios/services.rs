//! What a user of DNS-SD sees: services that appear, change and disappear; types, hosts, addresses.

use std::net::IpAddr;

use cooee_proto::dnssd::event::{DiscoveryEvent, News};
use cooee_proto::dnssd::service_type::Subtype;
use cooee_proto::{BrowseOptions, Removal};
use cooee_sim::{
    Addressing, Policy, Repeater, Responder, ServiceRecords, Weather, World, hours, ms, secs, seed,
};
use cooee_wire::{Class, RData, Record, RecordType, Ttl};

use crate::schedule::back_off_bound;
use crate::*;

#[test]
fn a_service_is_found_with_host_port_attributes_and_the_addresses_of_its_link() {
    let mut world = with_printer(seed!());
    let id = browse(&mut world, "me", "_http._tcp");
    world.run_for(secs(1));
    let services = listener(&world, "me").services(id);
    let [service] = &services[..] else {
        panic!("{services:?}")
    };
    assert_eq!(service.instance.label(), "printer");
    assert_eq!(service.host, name("printer.local"));
    assert_eq!(service.port, 80);
    assert_eq!(service.txt.get("path"), Some("/"));
    let link = world.link_id("me", "lan");
    let mut found: Vec<IpAddr> = service.addresses.iter().map(|address| address.ip).collect();
    assert!(service.addresses.iter().all(|address| address.link == link));
    let mut expected: Vec<IpAddr> = world
        .addresses("printer", "lan")
        .iter()
        .map(|address| address.ip)
        .collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(
        listener(&world, "me").news().len(),
        2,
        "found and added, once each"
    );
}

#[test]
fn a_thousand_hosts_that_answer_at_once_under_20_percent_loss_are_all_found() {
    let mut world = with_hosts(seed!(), 1_000, Policy::default());
    world.weather("lan", Weather::calm().losing(0.2));
    let id = browse(&mut world, "me", "_http._tcp");
    let all = |world: &World| listener(world, "me").service_count(id) == 1_000;
    let done = world.run_until(secs(60), all);
    assert!(done, "{} of 1000", listener(&world, "me").service_count(id));
    let took = world.age();
    assert!(took <= secs(20), "{took:?}");
    let asked = world.sent("me").questions_for(HTTP, RecordType::PTR).len();
    assert!(asked <= 6, "{asked} questions in {took:?}");
}

#[test]
fn a_thousand_hosts_that_answer_at_once_are_found_in_a_quarter_of_a_second() {
    let mut world = with_hosts(seed!(), 1_000, Policy::default());
    let id = browse(&mut world, "me", "_http._tcp");
    let all = |world: &World| listener(world, "me").service_count(id) == 1_000;
    assert!(
        world.run_until(ms(250), all),
        "{}",
        listener(&world, "me").service_count(id)
    );
    assert_eq!(world.sent("me").count(), 1);
}

#[test]
fn whatever_order_the_records_come_in_a_service_is_told_once_and_complete() {
    // SRV, TXT, A and PTR, each alone in its packet, in each of the 24 orders.
    let mut orders: Vec<Vec<usize>> = Vec::new();
    for code in 0..256 {
        let order: Vec<usize> = (0..4).map(|place| code >> (2 * place) & 3).collect();
        if (0..4).all(|n| order.contains(&n)) {
            orders.push(order);
        }
    }
    assert_eq!(orders.len(), 24);
    for order in orders {
        let mut world = with_hosts(
            seed!(),
            1,
            Policy {
                mute: true,
                ..Policy::default()
            },
        );
        let id = browse(&mut world, "me", "_http._tcp");
        world.run_for(ms(500));
        let host = world.node::<Responder>("h0").host().clone();
        let service = ServiceRecords::new("h0", "_http._tcp", &host);
        let parts = [
            ptr_record(HTTP, service.name(), 4_500),
            service.srv_record(Ttl(120)),
            service.txt_record(Ttl(4_500)),
            a_record("h0.local", "10.1.0.2", 120),
        ];
        // A record that nobody asked about yet is not stored: each name leads to the next, round by
        // round.
        for part in order.iter().cycle().take(12) {
            let record = parts[*part].clone();
            world.with("h0", |h0: &mut Responder, now| h0.say(now, &[record]));
            world.run_for(ms(300));
        }
        assert_eq!(labels(&world, "me", id), ["h0"], "in the order {order:?}");
        assert_eq!(
            listener(&world, "me").updates(id),
            0,
            "in the order {order:?}"
        );
    }
}

#[test]
fn two_links_that_show_one_service_give_one_service_with_two_paths() {
    let mut world = World::new(seed!());
    world.link("lan").link("wifi");
    listening(&mut world, "me").on("lan").on("wifi");
    world
        .host("printer", Responder::serving("_http._tcp"))
        .on("lan")
        .on("wifi");
    let id = browse(&mut world, "me", "_http._tcp");
    world.run_for(secs(2));
    let services = listener(&world, "me").services(id);
    let [service] = &services[..] else {
        panic!("{services:?}")
    };
    assert_eq!(service.addresses.len(), 4);
    let lan = world.link_id("me", "lan");
    assert_eq!(
        service
            .addresses
            .iter()
            .filter(|address| address.link == lan)
            .count(),
        2
    );

    let host = world.node::<Responder>("printer").host().clone();
    let mut records =
        ServiceRecords::new("printer", "_http._tcp", &host).records(&Policy::default());
    for record in &mut records {
        record.ttl = Ttl::ZERO;
    }
    let there = world.link_id("printer", "lan");
    world.with("printer", |printer: &mut Responder, _| {
        printer.policy().mute = true
    });
    world.with("printer", |printer: &mut Responder, now| {
        printer.send(now, there, &records)
    });
    world.run_for(ms(1_050));
    let services = listener(&world, "me").services(id);
    let [service] = &services[..] else {
        panic!("the other path is still there: {services:?}")
    };
    assert!(
        service.addresses.iter().all(|address| address.link != lan),
        "{service:?}"
    );
    assert_eq!(service.addresses.len(), 2);
    assert!(listener(&world, "me").removal(id).is_none());
}

#[test]
fn a_reflected_service_is_one_service() {
    let mut world = World::new(seed!());
    world.link("lan").link("wifi");
    listening(&mut world, "me").on("lan").on("wifi");
    world.host("mirror", Repeater::new).on("lan").on("wifi");
    world
        .host("printer", Responder::serving("_http._tcp"))
        .on("lan");
    let id = browse(&mut world, "me", "_http._tcp");
    world.run_for(secs(100));
    assert_eq!(labels(&world, "me", id), ["printer"]);
    assert!(listener(&world, "me").removal(id).is_none());
}

#[test]
fn a_link_that_goes_takes_its_services_with_it_and_brings_them_back() {
    let mut world = with_printer(seed!());
    let id = browse(&mut world, "me", "_http._tcp");
    world.run_for(secs(2));
    world.unplug("me", "lan");
    let (_, why) = listener(&world, "me").removal(id).expect("removed at once");
    assert_eq!(why, Removal::InterfaceGone);
    assert!(labels(&world, "me", id).is_empty());
    world.run_for(secs(10));
    world.plug("me", "lan");
    world.run_for(secs(1));
    assert_eq!(labels(&world, "me", id), ["printer"]);
}

#[test]
fn a_resolve_tries_for_life() {
    let mut world = alone(seed!());
    let id = world.with("me", |me: &mut Listener, now| {
        me.resolve(now, "late", "_http._tcp")
    });
    world.run_for(hours(3));
    assert!(listener(&world, "me").services(id).is_empty());
    world
        .host("late", Responder::serving("_http._tcp"))
        .on("lan");
    // It never announces itself: only our own question finds it, within an hour at most.
    world.run_for(hours(1) + secs(80));
    assert_eq!(labels(&world, "me", id), ["late"]);
}

#[test]
fn a_resolve_follows_a_service_from_host_to_host() {
    let mut world = with_printer(seed!());
    world.host("other", Responder::new).on("lan");
    let id = world.with("me", |me: &mut Listener, now| {
        me.resolve(now, "printer", "_http._tcp")
    });
    world.run_for(secs(5));
    let moved = ServiceRecords::new("printer", "_http._tcp", &name("other.local"));
    world.with("printer", |printer: &mut Responder, now| {
        printer.replace(now, &[moved.srv_record(Ttl(120))]);
    });
    world.run_for(secs(5));
    let services = listener(&world, "me").services(id);
    let [service] = &services[..] else {
        panic!("{services:?}")
    };
    assert_eq!(service.host, name("other.local"));
    let expected: Vec<IpAddr> = world
        .addresses("other", "lan")
        .iter()
        .map(|address| address.ip)
        .collect();
    assert!(
        service
            .addresses
            .iter()
            .all(|address| expected.contains(&address.ip))
    );
}

#[test]
fn stopping_one_of_two_browses_leaves_the_other_whole() {
    let mut world = with_hosts(seed!(), 3, Policy::default());
    let [first, second] = [0, 1].map(|_| browse(&mut world, "me", "_http._tcp"));
    world.run_for(secs(5));
    stop(&mut world, "me", first);
    world.with("h1", Responder::goodbye);
    world.run_for(secs(5));
    assert_eq!(labels(&world, "me", second), ["h0", "h2"]);
    stop(&mut world, "me", second);
    assert_eq!(listener(&world, "me").stats().open_questions, 0);
    world.assert_host_silent_for("me", hours(2));
}

#[test]
fn browsing_in_a_storm_leaves_nothing_behind() {
    let mut world = with_hosts(seed!(), 5, Policy::default());
    for round in 0..200 {
        let id = browse(&mut world, "me", "_http._tcp");
        world.run_for(ms(round * 7 % 400));
        stop(&mut world, "me", id);
    }
    assert_eq!(listener(&world, "me").stats().open_questions, 0);
    world.assert_host_silent_for("me", hours(2));
    assert_eq!(listener(&world, "me").stats().cache_records, 0);
}

#[test]
fn a_subtype_finds_its_members_only() {
    let mut world = with_printer(seed!());
    world.host("colour", Responder::new).on("lan");
    world.with("colour", |colour: &mut Responder, _| {
        let host = colour.host().clone();
        let mut service = ServiceRecords::new("colour", "_http._tcp", &host);
        service.subtypes = vec!["_colour".into()];
        colour.add(service.records(&Policy::default()));
    });
    let id = world.with("me", |me: &mut Listener, now| {
        let subtype: Subtype = "_colour".parse().expect("a subtype");
        let options = BrowseOptions {
            subtype: Some(subtype),
            resolve: true,
            ..BrowseOptions::default()
        };
        me.agent()
            .browse(now, &"_http._tcp".parse().expect("a type"), options)
    });
    world.run_for(secs(5));
    assert_eq!(labels(&world, "me", id), ["colour"]);
}

#[test]
fn types_are_enumerated_once_each_and_leave_with_their_last_service() {
    let mut world = with_printer(seed!());
    world
        .host("web", Responder::serving("_http._tcp"))
        .on("lan");
    world
        .host("shell", Responder::serving("_ssh._tcp"))
        .on("lan");
    let id = world.with("me", |me: &mut Listener, now| me.browse_types(now));
    world.run_for(secs(5));
    let types = |world: &World| {
        let types = listener(world, "me").types(id);
        let mut types: Vec<String> = types.iter().map(ToString::to_string).collect();
        types.sort();
        types
    };
    assert_eq!(types(&world), ["_http._tcp", "_ssh._tcp"]);
    world.with("shell", Responder::goodbye);
    world.run_for(secs(5));
    assert_eq!(types(&world), ["_http._tcp"]);
}

#[test]
fn a_host_is_looked_up_and_one_without_ipv6_says_so() {
    let mut world = alone(seed!());
    let make = |setup: Setup<'_>| {
        Responder::new(setup).with_policy(Policy {
            nsec: true,
            ..Policy::default()
        })
    };
    world.host("old", make).on_with("lan", Addressing::V4);
    let id = world.with("me", |me: &mut Listener, now| {
        me.lookup_host(now, &name("old.local"))
    });
    world.run_for(secs(1));
    let state = listener(&world, "me").host(id);
    assert_eq!(state.addresses.len(), 1);
    assert!(state.v6_denied && !state.v4_denied);
}

#[test]
fn an_address_is_looked_up_in_reverse() {
    let mut world = with_printer(seed!());
    let ip = world.addresses("printer", "lan")[0].ip;
    let reverse = cooee_proto::dnssd::reverse_name(ip);
    world.with("printer", |printer: &mut Responder, _| {
        let data = RData::Ptr(printer.host().clone());
        let record = Record {
            name: reverse,
            class: Class::IN,
            ttl: Ttl(120),
            cache_flush: true,
            data,
        };
        printer.add([record]);
    });
    let id = world.with("me", |me: &mut Listener, now| me.lookup_addr(now, ip));
    world.run_for(secs(1));
    assert_eq!(
        listener(&world, "me").host_names(id),
        [name("printer.local")]
    );
}

#[test]
fn names_with_dots_spaces_and_umlauts_come_through() {
    let labels_given = [
        "Büro (2. Stock)",
        "a.b.c",
        "\\back\\",
        "日本語プリンタ",
        "tab\there",
        "0",
    ];
    let mut world = alone(seed!());
    world.host("h0", Responder::new).on("lan");
    world.with("h0", |h0: &mut Responder, _| {
        let host = h0.host().clone();
        for label in labels_given {
            let service = ServiceRecords::new(label, "_http._tcp", &host);
            h0.add(service.records(&Policy::default()));
        }
    });
    let id = browse(&mut world, "me", "_http._tcp");
    world.run_for(secs(3));
    let mut expected: Vec<String> = labels_given.iter().map(ToString::to_string).collect();
    expected.sort();
    assert_eq!(labels(&world, "me", id), expected);
}

#[test]
fn a_service_never_shows_without_an_address() {
    let mut world = alone(seed!());
    world.host("h0", Responder::new).on("lan");
    world.with("h0", |h0: &mut Responder, _| {
        let service = ServiceRecords::new("ghost", "_http._tcp", &name("nobody.local"));
        h0.add(service.records(&Policy::default()));
    });
    let id = browse(&mut world, "me", "_http._tcp");
    world.run_for(secs(60));
    assert!(listener(&world, "me").services(id).is_empty());
    assert_eq!(
        listener(&world, "me").instances(id).len(),
        1,
        "its instance is known though"
    );
    let asked = world
        .sent("me")
        .questions_for("nobody.local", RecordType::A)
        .len();
    assert!((3..=8).contains(&asked), "{asked}");
}

#[test]
fn pointers_to_other_types_and_to_nowhere_are_no_instances() {
    let mut world = with_hosts(
        seed!(),
        1,
        Policy {
            mute: true,
            ..Policy::default()
        },
    );
    let id = browse(&mut world, "me", "_http._tcp");
    world.run_for(ms(500));
    let targets = [
        "x._ipp._tcp.local",
        "_http._tcp.local",
        "local",
        ".",
        "x._http._udp.local",
        "x.com",
    ];
    for target in targets {
        let record = ptr_record(HTTP, name(target), 120);
        world.with("h0", |h0: &mut Responder, now| h0.say(now, &[record]));
        world.run_for(ms(10));
    }
    assert!(listener(&world, "me").instances(id).is_empty());
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.4
//= type=test
//# The rdata in a DNS-SD PTR record can be determined to be incorrect if
//# attempts to look up the SRV record it references are not successful.
#[test]
fn a_dead_host_s_instance_leaves_with_its_srv_record_long_before_its_pointer_ends() {
    let mut world = with_printer(seed!());
    let id = browse(&mut world, "me", "_http._tcp");
    world.run_for(secs(5));
    world.crash("printer");
    world.run_for(secs(140));
    assert!(listener(&world, "me").services(id).is_empty());
    assert!(
        listener(&world, "me").instances(id).is_empty(),
        "the PTR lives 4500 s if believed"
    );
}

#[test]
fn a_service_that_flickers_is_told_of_each_time_it_changes_and_no_more() {
    let mut world = with_printer(seed!());
    let id = browse(&mut world, "me", "_http._tcp");
    world.run_for(secs(2));
    let host = world.node::<Responder>("printer").host().clone();
    let service = ServiceRecords::new("printer", "_http._tcp", &host);
    for _ in 0..5 {
        world.with("printer", Responder::goodbye);
        world.run_for(secs(3));
        world.with("printer", |printer: &mut Responder, now| {
            printer.add(service.records(&Policy::default()));
            printer.announce(now);
        });
        world.run_for(secs(3));
    }
    let news = listener(&world, "me").news();
    let added = news
        .iter()
        .filter(|(_, event)| matches!(event.news, News::Discovery(DiscoveryEvent::Added(_))))
        .count();
    let removed = news
        .iter()
        .filter(|(_, event)| matches!(event.news, News::Discovery(DiscoveryEvent::Removed(..))))
        .count();
    assert_eq!((added, removed), (6, 5));
    assert_eq!(labels(&world, "me", id), ["printer"]);
}

#[test]
fn a_user_who_sleeps_sees_what_is_there_when_it_wakes() {
    let mut world = with_hosts(seed!(), 4, Policy::default());
    let id = browse(&mut world, "me", "_http._tcp");
    world.run_for(secs(5));
    world.sleep("me");
    world.run_for(hours(2));
    world.crash("h0");
    world
        .host("new", Responder::serving("_http._tcp"))
        .on("lan");
    world.run_for(secs(10));
    world.wake("me");
    world.run_for(secs(2));
    assert_eq!(labels(&world, "me", id), ["h1", "h2", "h3", "new"]);
}

#[test]
fn rough_weather_hides_no_service_for_long() {
    let mut world = with_hosts(seed!(), 40, Policy::default());
    world.weather("lan", Weather::rough());
    let id = browse(&mut world, "me", "_http._tcp");
    world.run_for(secs(70));
    assert_eq!(labels(&world, "me", id).len(), 40);
    // In this hour refreshes are lost and doubled, and still no service is reported as gone.
    world.weather("lan", Weather::calm().losing(0.05).doubling(0.1));
    world.run_for(hours(1));
    assert_eq!(labels(&world, "me", id).len(), 40);
}

#[test]
fn a_service_that_stays_costs_no_more_than_its_refreshes() {
    let mut world = with_printer(seed!());
    let id = browse(&mut world, "me", "_http._tcp");
    world.run_for(hours(10));
    assert_eq!(listener(&world, "me").service_count(id), 1);
    let events = listener(&world, "me").news().len();
    assert_eq!(
        events, 2,
        "one service that stays is found once and added once"
    );
    // The browse and TXT: back-off, then one refresh per hour. SRV, A and AAAA: one question for
    // each 80 % of 120 s, whether it shares its packet or not.
    let lifetimes = usize::try_from(hours(10).as_secs() / 96).expect("small");
    let bound = 2 * (back_off_bound(hours(10)) + 10) + 3 * (lifetimes + 1);
    let questions = world.sent("me").questions().len();
    assert!(questions <= bound, "{questions} questions, bound {bound}");
}

#[test]
fn a_changed_txt_is_one_update_and_an_unchanged_one_is_none() {
    let mut world = with_printer(seed!());
    let id = browse(&mut world, "me", "_http._tcp");
    world.run_for(secs(5));
    let before = listener(&world, "me").news().len();
    let host = world.node::<Responder>("printer").host().clone();
    let mut service = ServiceRecords::new("printer", "_http._tcp", &host);
    world.with("printer", |p: &mut Responder, now| {
        p.replace(now, &[service.txt_record(Ttl(4_500))])
    });
    world.run_for(secs(5));
    assert_eq!(
        listener(&world, "me").news().len(),
        before,
        "the same again is no news"
    );
    service.txt = vec!["path=/new".into()];
    world.with("printer", |p: &mut Responder, now| {
        p.replace(now, &[service.txt_record(Ttl(4_500))])
    });
    world.run_for(secs(5));
    let listener = listener(&world, "me");
    let services = listener.services(id);
    assert_eq!(services.len(), 1);
    assert_eq!(services[0].txt.get("path"), Some("/new"));
    assert_eq!(listener.updates(id), 1);
    assert!(listener.removal(id).is_none());
}

#[test]
fn a_service_that_comes_back_after_a_crash_is_found_again() {
    let policy = Policy {
        ttl_other: Ttl(60),
        ttl_host: Ttl(60),
        ..Policy::default()
    };
    let mut world = with_hosts(seed!(), 1, policy);
    let id = browse(&mut world, "me", "_http._tcp");
    world.run_for(secs(5));
    world.crash("h0");
    world.run_for(secs(100));
    assert_eq!(listener(&world, "me").service_count(id), 0);
    world.restart("h0", Responder::serving("_http._tcp"));
    world.with("h0", Responder::announce);
    world.run_for(secs(2));
    assert_eq!(labels(&world, "me", id), ["h0"]);
    assert_eq!(
        world.sent("h0").questions_for(HTTP, RecordType::PTR).len(),
        0
    );
}

#[test]
fn two_browses_of_one_type_share_their_questions_and_both_learn_all() {
    let traffic = |browses: usize| {
        let mut world = with_hosts(17, 5, Policy::default());
        let ids: Vec<_> = (0..browses)
            .map(|_| browse(&mut world, "me", "_http._tcp"))
            .collect();
        world.run_for(secs(100));
        for id in ids {
            assert_eq!(listener(&world, "me").service_count(id), 5);
        }
        world.sent("me").text()
    };
    assert_eq!(traffic(1), traffic(2));
}

#[test]
fn a_second_browse_is_served_from_the_cache_without_a_question() {
    let mut world = with_hosts(seed!(), 5, Policy::default());
    browse(&mut world, "me", "_http._tcp");
    world.run_for(ms(40_000));
    let before = world.sent("me").count();
    let second = browse(&mut world, "me", "_http._tcp");
    assert_eq!(listener(&world, "me").services(second).len(), 5, "at once");
    world.run_for(secs(10));
    assert_eq!(world.sent("me").count(), before);
    stop(&mut world, "me", second);
    world.run_for(secs(10));
}

//= https://www.rfc-editor.org/rfc/rfc6763#section-12
//= type=test
//# Clients MUST be capable of functioning correctly with DNS servers
//# (and Multicast DNS Responders) that fail to generate these additional
//# records automatically, by issuing subsequent queries for any further
//# record(s) they require.
#[test]
fn a_thousand_resolves_go_out_in_few_packets() {
    let policy = Policy {
        additionals: false,
        ..Policy::default()
    };
    let mut world = with_hosts(seed!(), 200, policy);
    world.weather("lan", Weather::calm());
    let id = browse(&mut world, "me", "_http._tcp");
    let done = world.run_until(secs(10), |world| {
        listener(world, "me").service_count(id) == 200
    });
    assert!(done, "{} of 200", listener(&world, "me").service_count(id));
    let age = world.age();
    assert!(age <= secs(2), "{age:?}");
    let questions = world.sent("me").questions().len();
    let packets = world.sent("me").count();
    assert!(questions >= 400, "{questions}");
    assert!(
        packets * 10 <= questions,
        "{packets} packets for {questions} questions"
    );
}

#[test]
fn a_service_with_another_host_s_name_needs_one_more_question() {
    let mut world = World::new(seed!());
    world.link("lan");
    listening(&mut world, "me").on("lan");
    world.host("server", Responder::new).on("lan");
    world.host("printer", Responder::new).on("lan");
    world.with("printer", |printer: &mut Responder, _| {
        let host = "server.local".parse().expect("a name");
        let service = ServiceRecords::new("proxied", "_http._tcp", &host);
        printer.add(service.records(&Policy::default()));
    });
    let id = browse(&mut world, "me", "_http._tcp");
    world.run_for(secs(5));
    let services = listener(&world, "me").services(id);
    assert_eq!(services.len(), 1);
    assert_eq!(services[0].host, "server.local".parse().expect("a name"));
}
