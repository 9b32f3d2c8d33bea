//! Aliases: followed to their end, in every arrangement.

use cooee_proto::Removal;
use cooee_sim::{Foreign, Policy, Responder, World, ms, secs, seed};
use cooee_wire::{Class, Flags, MessageBuilder, RData, Record, RecordType, Section, Ttl};

use crate::*;

fn cname(owner: &str, target: &str, ttl_secs: u32) -> Record {
    let data = RData::Cname(name(target));
    Record {
        name: name(owner),
        class: Class::IN,
        ttl: Ttl(ttl_secs),
        cache_flush: true,
        data,
    }
}

/// `me`, and `h0`, which holds these records besides its address.
fn with_aliases(seed: impl Into<Seed>, records: Vec<Record>) -> World {
    let mut world = with_hosts(seed, 1, Policy::default());
    world.with("h0", |h0: &mut Responder, _| h0.add(records));
    // A responder answers a question for an alias with the alias, whatever type was asked for.
    world.with("h0", |h0: &mut Responder, _| {
        h0.policy().follow_aliases = true
    });
    world
}

fn addresses_of(world: &World, id: RequestId) -> usize {
    listener(world, "me")
        .records(id)
        .iter()
        .filter(|data| matches!(data, RData::A(_)))
        .count()
}

#[test]
fn an_alias_is_followed_to_the_address() {
    for length in 1..=4 {
        let links = (0..length).map(|n| {
            let target = if n + 1 == length {
                "h0.local".into()
            } else {
                format!("c{}.local", n + 1)
            };
            cname(&format!("c{n}.local"), &target, 120)
        });
        let mut world = with_aliases(100 + length, links.collect());
        let id = query(&mut world, "me", "c0.local", RecordType::A);
        world.run_for(secs(5));
        assert_eq!(addresses_of(&world, id), 1, "over {length} aliases");
    }
}

#[test]
fn aliases_to_themselves_and_in_rings_end_quietly() {
    let rings: [&[(&str, &str)]; 3] = [
        &[("a.local", "a.local")],
        &[("a.local", "b.local"), ("b.local", "a.local")],
        &[
            ("a.local", "b.local"),
            ("b.local", "c.local"),
            ("c.local", "a.local"),
        ],
    ];
    for ring in rings {
        let records = ring.iter().map(|(from, to)| cname(from, to, 120)).collect();
        let mut world = with_aliases(seed!(), records);
        let id = query(&mut world, "me", "a.local", RecordType::A);
        world.run_for(secs(600));
        assert_eq!(addresses_of(&world, id), 0);
        // Each name of the ring: refreshes of its alias every 96 s, and the back-off at first.
        let sent = world.sent("me").count();
        assert!(sent <= 3 * 20, "{sent} messages in ten minutes");
        stop(&mut world, "me", id);
        world.assert_host_silent_for("me", secs(600));
    }
}

#[test]
fn a_diamond_of_aliases_gives_each_address_once() {
    let two_ways = vec![
        cname("top.local", "left.local", 120),
        cname("top.local", "right.local", 120),
        cname("left.local", "h0.local", 120),
        cname("right.local", "h0.local", 120),
    ];
    let mut world = with_aliases(seed!(), two_ways);
    let id = query(&mut world, "me", "top.local", RecordType::A);
    world.run_for(secs(5));
    assert_eq!(addresses_of(&world, id), 1);
}

#[test]
fn ten_thousand_aliases_in_a_row_are_given_up_early() {
    let mut world = alone(seed!());
    let id = query(&mut world, "me", "c0.local", RecordType::A);
    world.run_for(ms(500));
    let records: Vec<Record> = (0..10_000)
        .map(|n| cname(&format!("c{n}.local"), &format!("c{}.local", n + 1), 120))
        .collect();
    for chunk in records.chunks(250) {
        let mut bytes = Vec::new();
        let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::RESPONSE, 9_000);
        // The first record makes the packet relevant.
        builder
            .record(Section::Answer, (&records[0]).into())
            .expect("room");
        for record in chunk {
            builder
                .record(Section::Additional, record.into())
                .expect("room");
        }
        builder.finish();
        let source = "10.1.77.7:5353".parse().expect("an address");
        let destination = "224.0.0.251".parse().expect("an address");
        world.inject(
            "lan",
            &Foreign {
                source,
                destination,
                bytes: &bytes,
            },
        );
        world.run_for(ms(5));
    }
    world.run_for(secs(30));
    let stats = listener(&world, "me").stats();
    assert!(stats.open_questions <= 10, "{stats:?}");
    assert!(
        world.sent("me").count() < 40,
        "{}",
        world.sent("me").count()
    );
    stop(&mut world, "me", id);
    assert_eq!(listener(&world, "me").stats().open_questions, 0);
}

#[test]
fn an_alias_that_leaves_takes_with_it_what_it_led_to() {
    let mut world = with_aliases(seed!(), vec![cname("www.local", "h0.local", 120)]);
    let id = query(&mut world, "me", "www.local", RecordType::A);
    world.run_for(secs(5));
    assert_eq!(addresses_of(&world, id), 1);
    world.with("h0", |h0: &mut Responder, now| {
        h0.withdraw(now, |record| record.rtype() == RecordType::CNAME);
    });
    world.run_for(secs(3));
    assert_eq!(addresses_of(&world, id), 0);
    assert_eq!(
        listener(&world, "me").removal(id).expect("it is gone").1,
        Removal::Goodbye
    );
    assert_eq!(listener(&world, "me").stats().open_questions, 1);
}

#[test]
fn an_alias_that_expires_while_asked_is_asked_for_again_and_found_again() {
    let mut world = with_aliases(seed!(), vec![cname("www.local", "h0.local", 10)]);
    let id = query(&mut world, "me", "www.local", RecordType::A);
    world.run_for(secs(5));
    world.with("h0", |h0: &mut Responder, _| h0.policy().mute = true);
    world.run_for(secs(20));
    assert_eq!(addresses_of(&world, id), 0);
    world.with("h0", |h0: &mut Responder, _| h0.policy().mute = false);
    world.run_for(secs(40));
    assert_eq!(addresses_of(&world, id), 1);
}

#[test]
fn an_alias_over_records_of_ttl_zero_and_one_neither_spins_nor_panics() {
    for ttl_secs in [0, 1] {
        let records = vec![cname("www.local", "far.local", ttl_secs), {
            let mut record = a_record("far.local", "10.1.3.3", ttl_secs);
            record.cache_flush = true;
            record
        }];
        let mut world = with_aliases(seed!(), records);
        query(&mut world, "me", "www.local", RecordType::A);
        world.run_for(secs(60));
        let sent = world.sent("me").count();
        assert!(
            sent <= 600,
            "{sent} messages in a minute with a TTL of {ttl_secs} s"
        );
    }
}

#[test]
fn an_alias_that_changes_its_target_leads_to_the_new_one() {
    let mut world = with_aliases(seed!(), vec![cname("www.local", "h0.local", 120)]);
    world.with("h0", |h0: &mut Responder, _| {
        h0.add([a_record("new.local", "10.1.5.5", 120)])
    });
    let id = query(&mut world, "me", "www.local", RecordType::A);
    world.run_for(secs(5));
    world.with("h0", |h0: &mut Responder, now| {
        h0.replace(now, &[cname("www.local", "new.local", 120)]);
    });
    world.run_for(secs(5));
    let addresses: Vec<RData> = listener(&world, "me").records(id);
    let addresses: Vec<&RData> = addresses
        .iter()
        .filter(|data| matches!(data, RData::A(_)))
        .collect();
    assert_eq!(addresses, [&a_record("new.local", "10.1.5.5", 120).data]);
}

#[test]
fn an_alias_that_two_links_tell_holds_while_one_of_them_does() {
    let mut world = World::new(seed!());
    world.link("lan").link("wifi");
    listening(&mut world, "me").on("lan").on("wifi");
    world.host("h0", Responder::new).on("lan").on("wifi");
    world.with("h0", |h0: &mut Responder, _| {
        h0.policy().follow_aliases = true;
        h0.add([cname("www.local", "h0.local", 120)]);
    });
    let id = query(&mut world, "me", "www.local", RecordType::A);
    world.run_for(secs(5));
    assert_eq!(addresses_of(&world, id), 2);
    let lan = world.link_id("h0", "lan");
    let goodbye = cname("www.local", "h0.local", 0);
    world.with("h0", |h0: &mut Responder, now| {
        h0.send(now, lan, &[goodbye])
    });
    world.run_for(ms(1_050));
    assert_eq!(addresses_of(&world, id), 2);
}

#[test]
fn an_alias_and_its_target_in_one_packet_are_told_once_to_each_who_asks() {
    let mut world = with_hosts(
        seed!(),
        1,
        Policy {
            mute: true,
            ..Policy::default()
        },
    );
    let by_alias = query(&mut world, "me", "www.local", RecordType::A);
    let by_name = query(&mut world, "me", "far.local", RecordType::A);
    world.run_for(ms(500));
    let records = [
        cname("www.local", "far.local", 1),
        a_record("far.local", "10.1.3.3", 1),
    ];
    // Again and again, as the records of before are about to end or have just ended.
    for n in 0..40 {
        world.with("h0", |h0: &mut Responder, now| h0.say(now, &records));
        world.run_for(ms(25 * n));
    }
    world.run_for(secs(3));
    for id in [by_alias, by_name] {
        assert_eq!(addresses_of(&world, id), 0);
    }
}
