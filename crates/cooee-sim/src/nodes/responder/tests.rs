//! A foreign host answers, holds back, denies and leaves as RFC 6762 says.

use cooee_proto::link::LinkId;
use cooee_wire::{Class, Flags, MessageBuilder, RData, Section};

use super::*;
use crate::{Babble, Babbler, Kind, Sent, World, seed};

/// Returns a query with known answers; `tc` says that more follow.
fn query(questions: &[(&str, RecordType, bool)], known: &[Record], tc: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let flags = Flags::QUERY.with_truncated(tc);
    let mut builder = MessageBuilder::new(&mut bytes, 0, flags, 1_440);
    for (name, rtype, unicast) in questions {
        let name = name.parse().expect("a name");
        builder
            .question(&name, *rtype, Class::IN, *unicast)
            .expect("room");
    }
    for record in known {
        builder
            .record(Section::Answer, record.into())
            .expect("room");
    }
    builder.finish();
    bytes
}

const PTR: [(&str, RecordType, bool); 1] = [("_http._tcp.local", RecordType::PTR, false)];

/// Returns a printer, and an asker who says these messages one second after another.
fn world(messages: Vec<Vec<u8>>, after: Duration, policy: Policy) -> World {
    let mut world = World::new(seed!());
    world.link("lan");
    let service = |setup: Setup<'_>| {
        let name = setup.name.to_owned();
        Responder::new(setup)
            .with_policy(policy)
            .service(&name, "_http._tcp")
    };
    world.host("printer", service).on("lan");
    let mut left = messages.into_iter();
    let script = move |_: &mut Rng| {
        let bytes = left.next()?;
        Some(Babble {
            after,
            to: Destination::Multicast,
            bytes,
        })
    };
    world.host("asker", Babbler::following(script)).on("lan");
    world
}

fn types(sent: &Sent<'_>, section: Section) -> Vec<RecordType> {
    sent.records(section).iter().map(Record::rtype).collect()
}

#[test]
fn a_browse_is_answered_after_20_to_120_ms_with_all_that_belongs_to_it() {
    let mut world = world(vec![query(&PTR, &[], false)], secs(1), Policy::default());
    world.run_for(secs(10));
    let sent = world.sent("printer");
    assert_eq!(sent.kinds(), [Kind::Answer]);
    assert!(
        (ms(1_020)..=ms(1_122)).contains(&sent.times()[0]),
        "{:?}",
        sent.times()
    );
    assert_eq!(types(&sent, Section::Answer), [RecordType::PTR]);
    let mut additionals = types(&sent, Section::Additional);
    additionals.sort();
    let expected = [
        RecordType::A,
        RecordType::TXT,
        RecordType::AAAA,
        RecordType::SRV,
    ];
    assert_eq!(additionals, expected);
    assert_eq!(
        world.node::<Responder>("printer").heard().len(),
        2,
        "once per family"
    );
}

#[test]
fn without_additionals_only_the_answer_comes() {
    let policy = Policy {
        additionals: false,
        ..Policy::default()
    };
    let mut world = world(vec![query(&PTR, &[], false)], secs(1), policy);
    world.run_for(secs(10));
    assert_eq!(types(&world.sent("printer"), Section::Additional), []);
    assert_eq!(world.sent("printer").count(), 1);
}

#[test]
fn a_known_answer_is_not_repeated_and_one_about_to_expire_is() {
    let ptr = |ttl| {
        let host = catalogue::local("printer");
        let service = ServiceRecords::new("printer", "_http._tcp", &host);
        let mut records = service.records(&Policy::default());
        records.retain(|record| record.name == service.type_name());
        records[0].ttl = Ttl(ttl);
        records
    };
    let messages = vec![
        query(&PTR, &ptr(2_250), false),
        query(&PTR, &ptr(2_249), false),
    ];
    let mut world = world(messages, secs(5), Policy::default());
    world.run_for(ms(9_999));
    assert_eq!(world.sent("printer").count(), 0);
    world.run_for(secs(1));
    assert_eq!(world.sent("printer").count(), 1);
}

#[test]
fn a_truncated_query_waits_for_the_rest_of_its_known_answers() {
    let host = catalogue::local("printer");
    let known = ServiceRecords::new("printer", "_http._tcp", &host).records(&Policy::default());
    let first = query(&PTR, &[], true);
    let reported = vec![first.clone(), query(&[], &known, false)];
    let mut silent = world(reported, ms(150), Policy::default());
    silent.run_for(secs(5));
    assert_eq!(silent.sent("printer").count(), 0);
    let mut unreported = world(vec![first], ms(150), Policy::default());
    unreported.run_for(secs(5));
    let at = unreported.sent("printer").times()[0];
    assert!((ms(550)..=ms(652)).contains(&at), "{at:?}");
}

#[test]
fn a_unicast_answer_goes_to_the_asker_where_preferred() {
    let asked = [
        ("printer.local", RecordType::A, true),
        ("printer.local", RecordType::AAAA, false),
    ];
    let mut world = world(vec![query(&asked, &[], false)], secs(1), Policy::default());
    world.run_for(secs(10));
    let sent = world.sent("printer");
    let unicast = sent.clone().only(|t| !t.is_multicast());
    assert_eq!(
        types(&unicast, Section::Answer),
        [RecordType::A, RecordType::A]
    );
    let multicast = sent.only(|t| t.is_multicast());
    assert_eq!(types(&multicast, Section::Answer), [RecordType::AAAA]);
}

#[test]
fn what_it_has_not_is_denied_by_one_with_nsec_only() {
    for nsec in [true, false] {
        let asked = [("printer.local", RecordType::HINFO, false)];
        let policy = Policy {
            nsec,
            ..Policy::default()
        };
        let mut world = world(vec![query(&asked, &[], false)], secs(1), policy);
        world.run_for(secs(10));
        let answers = world.sent("printer").answers();
        assert_eq!(answers.len(), usize::from(nsec));
        let denies = |record: &Record| {
            let RData::Nsec(nsec) = &record.data else {
                return false;
            };
            nsec.types.contains(RecordType::A) && !nsec.types.contains(RecordType::HINFO)
        };
        assert!(answers.iter().all(denies));
    }
}

#[test]
fn two_hundred_services_take_several_packets_and_lose_none() {
    let mut world = world(vec![query(&PTR, &[], false)], secs(1), Policy::default());
    world.with("printer", |printer: &mut Responder, _| {
        let host = printer.host().clone();
        for n in 0..200 {
            let service = ServiceRecords::new(&format!("s{n}"), "_http._tcp", &host);
            printer.add(service.records(&Policy::default()));
        }
    });
    world.run_for(secs(10));
    let sent = world.sent("printer");
    assert!(sent.count() > 10, "{}", sent.count());
    assert!(sent.messages().iter().all(|t| t.bytes().len() <= 1_440));
    assert_eq!(types(&sent, Section::Answer).len(), 201);
    let srv = |kind: &RecordType| *kind == RecordType::SRV;
    assert_eq!(
        types(&sent, Section::Additional)
            .into_iter()
            .filter(srv)
            .count(),
        201
    );
}

#[test]
fn it_says_goodbye_and_is_then_silent() {
    let messages = vec![query(&PTR, &[], false), query(&PTR, &[], false)];
    let mut world = world(messages, secs(2), Policy::default());
    world.run_for(secs(3));
    world.with("printer", Responder::goodbye);
    assert_eq!(world.sent("printer").kinds(), [Kind::Answer, Kind::Goodbye]);
    world.assert_host_silent_for("printer", secs(60));
}

#[test]
fn an_announcement_is_told_from_an_answer() {
    let mut world = world(vec![], secs(1), Policy::default());
    world.with("printer", Responder::announce);
    assert_eq!(world.sent("printer").kinds(), [Kind::Announcement]);
    let link: LinkId = world.link_id("printer", "lan");
    let held = world.node::<Responder>("printer").address_records(link);
    assert_eq!(held.len(), 2);
}
