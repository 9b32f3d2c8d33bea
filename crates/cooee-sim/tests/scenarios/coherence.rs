//! How the cache stays true: goodbye, flush, expiry, reconfirmation, denial.

use cooee_proto::event::Removal;
use cooee_sim::{Policy, Responder, ServiceRecords, World, ms, secs, seed};
use cooee_wire::{Class, Nsec, RData, Record, RecordType, Ttl, TypeBitmap};

use crate::*;

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.1
//= type=test
//# Queriers receiving a Multicast DNS response with a TTL of zero SHOULD
//# NOT immediately delete the record from the cache, but instead record
//# a TTL of 1 and then delete the record one second later.
#[test]
fn a_goodbye_removes_a_service_one_second_later() {
    let mut world = with_printer(seed!());
    let id = query(&mut world, "me", HTTP, RecordType::PTR);
    world.run_for(secs(5));
    let said = world.now();
    world.with("printer", Responder::goodbye);
    world.run_for(ms(990));
    assert_eq!(listener(&world, "me").records(id).len(), 1);
    world.run_for(secs(5));
    let (at, why) = listener(&world, "me").removal(id).expect("it is gone");
    let after = at.saturating_since(said);
    assert!((secs(1)..=ms(1_010)).contains(&after), "{after:?}");
    assert_eq!(why, Removal::Goodbye);
    assert_eq!(listener(&world, "me").records(id).len(), 0);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.1
//= type=test
//# if one of the responders shuts down and
//# incorrectly sends goodbye packets for its records, it gives the other
//# cooperating responders one second to send out their own response to
//# "rescue" the records before they expire and are deleted.
#[test]
fn a_record_rescued_within_the_second_stays() {
    let mut world = with_printer(seed!());
    let id = query(&mut world, "me", HTTP, RecordType::PTR);
    world.run_for(secs(5));
    let held = held_by_printer(&world);
    world.with("printer", Responder::goodbye);
    world.run_for(ms(800));
    world.with("printer", |printer: &mut Responder, now| {
        printer.add(held.clone());
        printer.say(now, &held);
    });
    world.run_for(secs(60));
    assert_eq!(listener(&world, "me").records(id).len(), 1);
    assert!(listener(&world, "me").removal(id).is_none());
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
//= type=test
//# When receiving records with the cache-flush bit set, all
//# records older than one second are marked to be deleted one second in
//# the future.
//= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
//= type=test
//# Instead of merging this new record additively
//# into the cache in addition to any previous records with the same
//# name, rrtype, and rrclass, all old records with that name, rrtype,
//# and rrclass that were received more than one second ago are declared
//# invalid, and marked to expire from the cache in one second.
#[test]
fn a_unique_record_replaced_leaves_one_second_after_its_successor_came() {
    let mut world = with_printer(seed!());
    let id = query(&mut world, "me", "printer.local", RecordType::A);
    world.run_for(secs(5));
    let said = world.now();
    let new = a_record("printer.local", "10.1.9.9", 120);
    world.with("printer", |printer: &mut Responder, now| {
        printer.say(now, std::slice::from_ref(&new))
    });
    world.run_for(ms(900));
    assert_eq!(
        listener(&world, "me").records(id).len(),
        2,
        "the old one has a second's grace"
    );
    world.run_for(secs(5));
    let (at, why) = listener(&world, "me")
        .removal(id)
        .expect("the old one is gone");
    let after = at.saturating_since(said);
    assert!((secs(1)..=ms(1_010)).contains(&after), "{after:?}");
    assert_eq!(why, Removal::Replaced);
    assert_eq!(listener(&world, "me").records(id), [new.data]);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
//= type=test
//# only cache records that are more than one second old are
//# flushed.
#[test]
fn a_unique_set_sent_in_several_packets_within_a_second_stays_whole() {
    let mut world = with_hosts(
        seed!(),
        1,
        Policy {
            mute: true,
            ..Policy::default()
        },
    );
    let id = query(&mut world, "me", "printer.local", RecordType::A);
    world.run_for(secs(1));
    for last in 1..=5 {
        let record = a_record("printer.local", &format!("10.1.9.{last}"), 120);
        world.with("h0", |h0: &mut Responder, now| h0.say(now, &[record]));
        world.run_for(ms(180));
    }
    world.run_for(secs(30));
    assert_eq!(listener(&world, "me").records(id).len(), 5);
    assert!(listener(&world, "me").removal(id).is_none());
}

#[test]
fn a_flush_on_one_link_leaves_what_another_link_told() {
    let mut world = World::new(seed!());
    world.link("lan").link("wifi");
    listening(&mut world, "me").on("lan").on("wifi");
    world
        .host("printer", Responder::serving("_http._tcp"))
        .on("lan")
        .on("wifi");
    let id = query(&mut world, "me", "printer.local", RecordType::A);
    world.run_for(secs(5));
    assert_eq!(listener(&world, "me").records(id).len(), 2);
    let lan = world.link_id("printer", "lan");
    let new = a_record("printer.local", "10.1.9.9", 120);
    world.with("printer", |printer: &mut Responder, now| {
        printer.send(now, lan, std::slice::from_ref(&new))
    });
    // No longer: the owner, which does not know the new record, is asked after a second or two.
    world.run_for(ms(1_050));
    let wifi = world.addresses("printer", "wifi")[0].ip.to_string();
    let mut known = listener(&world, "me").records(id);
    known.sort_by_key(|data| format!("{data:?}"));
    let mut expected = vec![new.data, a_record("printer.local", &wifi, 120).data];
    expected.sort_by_key(|data| format!("{data:?}"));
    assert_eq!(known, expected);
}

#[test]
fn a_crashed_host_leaves_when_its_records_end() {
    let policy = Policy {
        ttl_other: Ttl(60),
        ttl_host: Ttl(60),
        ..Policy::default()
    };
    let mut world = with_hosts(seed!(), 1, policy);
    let id = query(&mut world, "me", HTTP, RecordType::PTR);
    world.run_for(secs(5));
    world.crash("h0");
    world.run_for(secs(50));
    assert_eq!(listener(&world, "me").records(id).len(), 1);
    world.run_for(secs(20));
    assert_eq!(listener(&world, "me").records(id).len(), 0);
    let (_, why) = listener(&world, "me").removal(id).expect("a removal");
    assert_eq!(why, Removal::Expired);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.4
//= type=test
//# it MUST issue two or more queries for the resource record in
//# dispute.  If no response is received within ten seconds, then, even
//# though its TTL may indicate that it is not yet due to expire, that
//# record SHOULD be promptly flushed from the cache.
//= https://www.rfc-editor.org/rfc/rfc6762#section-10.4
//= type=test
//# The software implementing the Multicast DNS resource record cache
//# should provide a mechanism so that clients detecting stale rdata can
//# inform the cache.
#[test]
fn a_doubted_record_is_asked_for_twice_and_gone_within_ten_seconds() {
    let mut world = with_printer(seed!());
    let id = browse(&mut world, "me", "_http._tcp");
    world.run_for(secs(5));
    world.crash("printer");
    let (doubted, count) = (world.now(), world.sent("me").count());
    world.with("me", |me: &mut Listener, now| {
        me.reconfirm(now, "printer", "_http._tcp")
    });
    world.run_for(secs(30));
    let (at, why) = listener(&world, "me").removal(id).expect("it is gone");
    assert!(
        at.saturating_since(doubted) <= ms(10_010),
        "{:?}",
        at.saturating_since(doubted)
    );
    assert_eq!(why, Removal::Unconfirmed);
    let asked = world.sent("me").after(count).only(|t| t.at <= at);
    assert!(
        asked
            .questions_for("printer._http._tcp.local", RecordType::SRV)
            .len()
            >= 2,
        "{}",
        asked.text()
    );
}

#[test]
fn a_doubted_record_that_is_confirmed_stays_without_an_event() {
    let mut world = with_printer(seed!());
    browse(&mut world, "me", "_http._tcp");
    world.run_for(secs(5));
    let before = listener(&world, "me").news().len();
    world.with("me", |me: &mut Listener, now| {
        me.reconfirm(now, "printer", "_http._tcp")
    });
    world.run_for(secs(60));
    assert_eq!(listener(&world, "me").news().len(), before);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.5
//= type=test
//# After seeing two or more of these queries, and seeing no multicast
//# response containing the expected answer within ten seconds, then even
//# though its TTL may indicate that it is not yet due to expire, that
//# record SHOULD be flushed from the cache.
#[test]
fn what_others_ask_for_in_vain_is_asked_for_once_more_and_gone() {
    let mut world = with_printer(seed!());
    let id = query(&mut world, "me", "printer.local", RecordType::A);
    world.run_for(secs(5));
    world.crash("printer");
    listening(&mut world, "other").on("lan");
    query(&mut world, "other", "printer.local", RecordType::A);
    let began = world.now();
    let asked_before = world.sent("me").count();
    world.run_for(secs(25));
    let (at, why) = listener(&world, "me").removal(id).expect("it is gone");
    assert_eq!(why, Removal::Unanswered);
    let after = at.saturating_since(began);
    assert!((secs(20)..=ms(21_300)).contains(&after), "{after:?}");
    assert!(world.sent("me").count() >= asked_before + 2);
}

#[test]
fn a_question_heard_over_both_families_is_one_question() {
    let mut world = with_printer(seed!());
    let id = query(&mut world, "me", "printer.local", RecordType::A);
    world.run_for(secs(5));
    world.crash("printer");
    asker(
        &mut world,
        "other",
        "printer.local",
        RecordType::A,
        &[secs(1)],
    );
    world.run_for(secs(30));
    assert_eq!(world.sent("other").messages()[0].packets.len(), 2);
    assert!(listener(&world, "me").removal(id).is_none());
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# a Multicast DNS responder MUST NOT
//# (except in the one special case of answering probe queries) multicast
//# a record on a given interface until at least one second has elapsed
//# since the last time that record was multicast on that particular
//# interface.
#[test]
fn a_question_within_a_second_of_the_record_is_not_one_in_vain() {
    let mut world = with_printer(seed!());
    let id = query(&mut world, "me", "printer.local", RecordType::A);
    world.run_for(secs(5));
    world.with("printer", Responder::announce);
    world.crash("printer");
    asker(
        &mut world,
        "other",
        "printer.local",
        RecordType::A,
        &[ms(300), secs(5)],
    );
    world.run_for(secs(30));
    assert!(
        listener(&world, "me").removal(id).is_none(),
        "one question in vain is not two"
    );
}

#[test]
fn what_others_ask_for_and_get_stays() {
    let mut world = with_printer(seed!());
    let id = query(&mut world, "me", "printer.local", RecordType::A);
    world.run_for(secs(5));
    listening(&mut world, "other").on("lan");
    query(&mut world, "other", "printer.local", RecordType::A);
    world.run_for(secs(60));
    assert!(listener(&world, "me").removal(id).is_none());
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
//= type=test
//# In this case, the responding host
//# knows it currently has exclusive ownership of that name, and it knows
//# that it currently does not have any IPv6 addresses, so an explicit
//# negative response is preferable to the querier having to retransmit
//# its query multiple times
#[test]
fn a_denial_answers_at_once_and_ends_the_questions_for_a_minute() {
    let policy = Policy {
        nsec: true,
        ..Policy::default()
    };
    let mut world = with_hosts(seed!(), 1, policy);
    let id = query(&mut world, "me", "h0.local", RecordType::HINFO);
    world.run_for(secs(1));
    assert_eq!(listener(&world, "me").denials(id), 1);
    world.assert_host_silent_for("me", secs(55));
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
//= type=test
//# If a Multicast DNS implementation receives an NSEC record where the
//# 'Next Domain Name' field is not the record's own name, then the
//# implementation SHOULD ignore the 'Next Domain Name' field and process
//# the remainder of the NSEC record as usual.
#[test]
fn a_denial_counts_whatever_its_next_name_is() {
    let mut world = with_hosts(
        seed!(),
        1,
        Policy {
            mute: true,
            ..Policy::default()
        },
    );
    let id = query(&mut world, "me", "h0.local", RecordType::HINFO);
    world.run_for(ms(500));
    let next = "elsewhere.local".parse().expect("a name");
    let types = TypeBitmap::from_types([RecordType::A]);
    let name = "h0.local".parse().expect("a name");
    let data = RData::Nsec(Nsec { next, types });
    let nsec = Record {
        name,
        class: Class::IN,
        ttl: Ttl(120),
        cache_flush: true,
        data,
    };
    world.with("h0", |h0: &mut Responder, now| h0.say(now, &[nsec]));
    world.run_for(secs(1));
    assert_eq!(listener(&world, "me").denials(id), 1);
}

fn held_by_printer(world: &World) -> Vec<Record> {
    let host = world.node::<Responder>("printer").host().clone();
    ServiceRecords::new("printer", "_http._tcp", &host).records(&Policy::default())
}
