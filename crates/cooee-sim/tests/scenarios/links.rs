//! Links that come, go and change; hosts that sleep; rough weather.

use cooee_proto::Removal;
use cooee_sim::{Addressing, Kind, Loss, Policy, Responder, Weather, World, hours, ms, secs, seed};
use cooee_wire::{RecordType, Ttl};

use crate::*;

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.3
//= type=test
//# For example, a host may choose to
//# immediately flush all cache records received on a particular
//# interface when that cable is disconnected.
//= https://www.rfc-editor.org/rfc/rfc6762#section-10.3
//= type=test
//# If the hardware on a given host is able to indicate physical changes
//# of connectivity, then when the hardware indicates such a change, the
//# host should take this information into account in its Multicast DNS
//# cache management strategy.
#[test]
fn a_cable_pulled_removes_what_it_told_and_back_in_asks_within_a_second() {
    let mut world = with_printer(seed!());
    let id = query(&mut world, "me", "printer.local", RecordType::A);
    world.run_for(secs(5));
    world.unplug("me", "lan");
    assert!(listener(&world, "me").records(id).is_empty());
    assert_eq!(
        listener(&world, "me").removal(id).expect("removed").1,
        Removal::InterfaceGone
    );
    world.assert_host_silent_for("me", secs(10));
    let plugged = world.age();
    world.plug("me", "lan");
    world.run_for(secs(1));
    let asked = world
        .sent("me")
        .questions_for("printer.local", RecordType::A);
    assert!(asked.last().expect("asked").at >= plugged);
    assert_eq!(listener(&world, "me").records(id).len(), 1);
}

#[test]
fn a_flapping_link_costs_few_questions_and_loses_nothing() {
    let mut world = with_printer(seed!());
    let id = query(&mut world, "me", "printer.local", RecordType::A);
    world.run_for(secs(5));
    let before = world.sent("me").count();
    for _ in 0..20 {
        world.unplug("me", "lan");
        world.run_for(ms(50));
        world.plug("me", "lan");
        world.run_for(ms(50));
    }
    world.run_for(secs(5));
    assert_eq!(listener(&world, "me").records(id).len(), 1);
    let asked = world.sent("me").after(before).count();
    assert!(asked <= 25, "{asked}");
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-5.4
//= type=test
//# A
//# Multicast DNS querier sending its initial batch of questions
//# immediately on wake from sleep or interface activation SHOULD set the
//# unicast-response bit in those questions.
//= https://www.rfc-editor.org/rfc/rfc6762#section-10.3
//= type=test
//# Likewise, when a host reboots, wakes from sleep, or undergoes some
//# other similar discontinuous state change, the cache management
//# strategy should take that information into account.
#[test]
fn after_sleep_everything_is_asked_anew_within_a_second_first_by_unicast() {
    let mut world = with_printer(seed!());
    let id = query(&mut world, "me", "printer.local", RecordType::A);
    query(&mut world, "me", HTTP, RecordType::PTR);
    world.run_for(secs(5));
    world.sleep("me");
    world.run_for(hours(8));
    world.crash("printer");
    let woken = world.age();
    let before = world.sent("me").count();
    world.wake("me");
    world.run_for(secs(1));
    let sent = world.sent("me").after(before);
    for (of, rtype) in [("printer.local", RecordType::A), (HTTP, RecordType::PTR)] {
        let asked = sent.questions_for(of, rtype);
        assert!(asked[0].unicast, "{of}");
        assert!(asked[0].at - woken <= ms(121), "{of}");
    }
    assert!(
        listener(&world, "me").records(id).is_empty(),
        "eight hours are more than its TTL"
    );
    assert_eq!(
        listener(&world, "me").removal(id).expect("removed").1,
        Removal::Expired
    );
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-5.4
//= type=test
//# When a question is retransmitted (as described in Section 5.2), the
//# unicast-response bit SHOULD NOT be set in subsequent retransmissions
//# of that question.
//= https://www.rfc-editor.org/rfc/rfc6762#section-5.4
//= type=test
//# New questions created by
//# local clients afterwards should be treated as normal "QM" questions
//# and SHOULD NOT have the unicast-response bit set on the first
//# question of the series.
//= https://www.rfc-editor.org/rfc/rfc6762#section-5.4
//= type=test
//# Subsequent retransmissions SHOULD be usual "QM"
//# questions.
//= https://www.rfc-editor.org/rfc/rfc6762#section-5.4
//= type=test
//# In addition, the unicast-response bit SHOULD be set
//# only for questions that are active and ready to be sent the moment of
//# wake from sleep or interface activation.
#[test]
fn only_the_first_question_after_a_link_came_up_asks_for_unicast() {
    let mut world = World::new(seed!());
    world.link("lan");
    listening(&mut world, "me");
    query(&mut world, "me", HTTP, RecordType::PTR);
    world.attach("me", "lan", &Addressing::Dual);
    world.run_for(secs(10));
    query(&mut world, "me", "_ipp._tcp.local", RecordType::PTR);
    world.run_for(secs(10));
    let unicast: Vec<bool> = world
        .sent("me")
        .questions_for(HTTP, RecordType::PTR)
        .iter()
        .map(|asked| asked.unicast)
        .collect();
    assert!(unicast[0]);
    assert!(
        unicast.len() >= 3 && unicast[1..].iter().all(|unicast| !unicast),
        "{unicast:?}"
    );
    let later = world
        .sent("me")
        .questions_for("_ipp._tcp.local", RecordType::PTR);
    assert!(later.len() >= 3 && later.iter().all(|asked| !asked.unicast));
}

#[test]
fn unicast_answers_are_taken_after_a_link_came_up() {
    let mut world = World::new(seed!());
    world.link("lan");
    world
        .host("printer", Responder::serving("_http._tcp"))
        .on("lan");
    listening(&mut world, "me");
    let id = query(&mut world, "me", "printer.local", RecordType::A);
    world.attach("me", "lan", &Addressing::Dual);
    world.run_for(secs(1));
    assert_eq!(listener(&world, "me").records(id).len(), 1);
    assert!(
        world
            .sent("printer")
            .messages()
            .iter()
            .all(|t| !t.is_multicast())
    );
}

#[test]
fn where_port_5353_is_shared_no_question_asks_for_unicast() {
    let mut world = World::new(seed!());
    world.link("lan");
    world.host("me", |setup| {
        let mut config = cooee_proto::Config::default();
        config.unicast_responses = false;
        Listener::with(setup, config)
    });
    query(&mut world, "me", HTTP, RecordType::PTR);
    world.attach("me", "lan", &Addressing::Dual);
    world.run_for(secs(10));
    let asked = world.sent("me").questions();
    assert!(asked.len() >= 3 && asked.iter().all(|asked| !asked.unicast));
}

#[test]
fn a_sleep_of_ten_years_is_survived() {
    let mut world = with_printer(seed!());
    let id = query(&mut world, "me", "printer.local", RecordType::A);
    world.run_for(secs(5));
    world.sleep("me");
    world.run_for(hours(24 * 3_652));
    world.wake("me");
    world.run_for(secs(5));
    assert_eq!(listener(&world, "me").records(id).len(), 1);
}

#[test]
fn new_addresses_of_our_own_lose_nothing() {
    let mut world = with_printer(seed!());
    let id = query(&mut world, "me", "printer.local", RecordType::A);
    world.run_for(secs(5));
    world.readdress("me", "lan", &Addressing::V6);
    world.run_for(secs(120));
    world.readdress("me", "lan", &Addressing::V4);
    world.run_for(secs(120));
    assert_eq!(listener(&world, "me").records(id).len(), 1);
    assert!(listener(&world, "me").removal(id).is_none());
    assert_eq!(world.misdirected(), []);
}

#[test]
fn a_host_of_the_other_family_is_heard() {
    for addressing in [Addressing::V4, Addressing::V6] {
        let mut world = World::new(seed!());
        world.link("lan");
        listening(&mut world, "me").on_with("lan", addressing.clone());
        world
            .host("printer", Responder::serving("_http._tcp"))
            .on("lan");
        let both = [RecordType::A, RecordType::AAAA];
        let ids = both.map(|rtype| query(&mut world, "me", "printer.local", rtype));
        world.run_for(secs(2));
        for id in ids {
            assert_eq!(
                listener(&world, "me").records(id).len(),
                1,
                "{addressing:?}"
            );
        }
    }
}

#[test]
fn a_partition_that_heals_is_caught_up_with() {
    let policy = Policy {
        ttl_host: Ttl(60),
        ttl_other: Ttl(60),
        ..Policy::default()
    };
    let mut world = with_hosts(seed!(), 6, policy);
    let id = query(&mut world, "me", HTTP, RecordType::PTR);
    world.run_for(secs(5));
    world.partition("lan", &["me"], &["h0", "h1", "h2"]);
    world.run_for(secs(70));
    assert_eq!(listener(&world, "me").records(id).len(), 3);
    world.heal("lan");
    for host in ["h0", "h1", "h2"] {
        world.with(host, Responder::announce);
    }
    world.run_for(secs(2));
    assert_eq!(listener(&world, "me").records(id).len(), 6);
}

#[test]
fn a_one_way_link_still_learns_from_what_others_ask() {
    let mut world = with_printer(seed!());
    listening(&mut world, "other").on("lan");
    world.block("lan", "me", "printer");
    let id = query(&mut world, "me", "printer.local", RecordType::A);
    world.run_for(secs(3));
    assert!(listener(&world, "me").records(id).is_empty());
    query(&mut world, "other", "printer.local", RecordType::A);
    world.run_for(secs(5));
    assert_eq!(listener(&world, "me").records(id).len(), 1);
}

#[test]
fn rough_weather_hides_nothing_for_long() {
    let mut world = with_hosts(seed!(), 50, Policy::default());
    let loss = Loss::Burst {
        worsens: 0.05,
        betters: 0.2,
        loss_good: 0.1,
        loss_bad: 0.9,
    };
    let weather = Weather::rough()
        .with_loss(loss)
        .reordering(0.3, ms(200))
        .doubling(0.2);
    world.weather("lan", weather);
    let id = query(&mut world, "me", HTTP, RecordType::PTR);
    // Eleven questions, the last after 1023 s: one in 30,000 hosts misses them all.
    world.run_for(secs(1_100));
    let found = listener(&world, "me").records(id).len();
    assert_eq!(found, 50);
    assert_eq!(world.sent("me").of_kind(Kind::Unreadable).count(), 0);
}

#[test]
fn one_seed_gives_one_history_and_another_seed_another() {
    let run = |seed: u64| {
        let mut world = with_hosts(
            seed,
            30,
            Policy {
                nsec: true,
                ..Policy::default()
            },
        );
        world.weather("lan", Weather::rough());
        query(&mut world, "me", HTTP, RecordType::PTR);
        query(&mut world, "me", "h3.local", RecordType::ANY);
        listening(&mut world, "late").on("lan");
        world.run_for(secs(30));
        query(&mut world, "late", HTTP, RecordType::PTR);
        world.crash("h5");
        world.unplug("me", "lan");
        world.run_for(secs(10));
        world.plug("me", "lan");
        world.run_for(secs(300));
        world.recording().clone()
    };
    let (first, again, other) = (run(1), run(1), run(2));
    assert!(first.transmissions().len() > 100);
    assert_eq!(first, again);
    assert_eq!(first.text(), again.text());
    assert_ne!(first.text(), other.text());
}

#[test]
fn nothing_is_ever_sent_off_the_link_or_to_a_link_that_is_down() {
    let mut world = with_printer(seed!());
    world.link("wifi");
    world.attach("me", "wifi", &Addressing::V6);
    query(&mut world, "me", "printer.local", RecordType::A);
    query(&mut world, "me", HTTP, RecordType::PTR);
    for _ in 0..5 {
        world.run_for(secs(7));
        world.unplug("me", "wifi");
        world.run_for(secs(7));
        world.plug("me", "wifi");
    }
    assert!(
        world
            .recording()
            .transmissions()
            .iter()
            .all(|t| !t.off_link)
    );
    assert_eq!(world.misdirected(), []);
}
