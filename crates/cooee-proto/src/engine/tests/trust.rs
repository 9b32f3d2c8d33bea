//! Which packets are believed, and for how long: whatever hostile hosts send, the questions
//! continue.

use super::lan::*;
use crate::event::AnswerChange;

const HTTP: &str = "_http._tcp.local";

/// Returns the bytes that a text of hexadecimal digits stands for.
fn hex(text: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(byte).collect()
}

/// A packet of another host on the link.
fn hear_from(lan: &mut Lan, host: u8, bytes: &[u8]) {
    let source = alloc::format!("10.0.0.{host}:5353");
    let _ = lan.hear(&source, "224.0.0.251", bytes);
}

fn response(records: &[OwnedRecord]) -> Vec<u8> {
    message(0, Flags::RESPONSE, &[], Section::Answer, records)
}

fn pointer(owner: &str, target: &str, ttl: u32) -> OwnedRecord {
    record(owner, ttl, false, RData::Ptr(name(target)))
}

/// Returns when a question was asked, in milliseconds.
fn asked(lan: &Lan, owner: &str, rtype: RecordType) -> Vec<u64> {
    let asks = |sent: &&Sent| {
        let message = Message::parse(&sent.bytes).unwrap();
        let mut questions = message.questions().map(Result::unwrap);
        !message.header().flags.is_response()
            && questions.any(|question| {
                question.rtype == rtype && question.name.to_name() == Ok(name(owner))
            })
    };
    let sent = lan.sent.iter().filter(asks);
    sent.map(|sent| sent.at.as_nanos() / 1_000_000).collect()
}

fn reported(lan: &mut Lan) -> Vec<AnswerChange> {
    let engine = &mut lan.hosts[0];
    core::iter::from_fn(|| engine.poll_event())
        .map(|event| event.change)
        .collect()
}

/// A pointer of a type, of a subtype and of the list of types, each with the cache-flush bit.
const FLUSHING: &str = "000084000000000300000000055f68747470045f746370056c6f63616c00000c80010000119400040142c00c\
                        035f6161045f737562c00c000c8001000011940002c028\
                        095f7365727669636573075f646e732d7364045f756470c017000c8001000011940005025f62c012";
/// A denial of every pointer of a type.
const DENYING: &str = "000084000000000100000000055f68747470045f746370056c6f63616c00002f8001000000780007c00c0003000080";

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
//= type=test
//# The cache-flush bit MUST NOT ever be set in any shared resource
//# record.  To do so would cause all the other shared versions of this
//# resource record with different rdata from different responders to be
//# immediately deleted from all the caches on the network.
#[test]
fn a_cache_flush_bit_at_a_shared_name_ends_nothing_and_answers_nothing() {
    let names = [
        HTTP,
        "_aa._sub._http._tcp.local",
        "_services._dns-sd._udp.local",
    ];
    for owner in names {
        let mut lan = Lan::new(1);
        lan.register(0, &service_set("web", 80, "a=1"));
        lan.ask_for(0, owner, RecordType::PTR);
        lan.run_until(at_ms(2_000));
        let other = pointer(owner, "other._http._tcp.local", 4_500);
        hear_from(&mut lan, 7, &response(&[other]));
        lan.run_until(at_ms(5_000));
        let before = reported(&mut lan).len();
        hear_from(&mut lan, 8, &hex(FLUSHING));
        lan.run_until(at_ms(70_000));
        let changes = reported(&mut lan);
        let [AnswerChange::Added(answer)] = &changes[..] else {
            panic!("{owner}: {changes:?}");
        };
        assert!(!answer.unique, "{owner}");
        assert_eq!(before, if owner == HTTP { 2 } else { 1 }, "{owner}");
        let gaps: Vec<u64> = asked(&lan, owner, RecordType::PTR)
            .windows(2)
            .map(|pair| pair[1] - pair[0])
            .collect();
        assert_eq!(
            gaps,
            [1_000, 2_000, 4_000, 8_000, 16_000, 32_000],
            "{owner}"
        );
    }
}

#[test]
fn a_browse_asks_though_a_pointer_with_the_cache_flush_bit_is_known() {
    let mut lan = Lan::new(1);
    lan.ask_for(0, HTTP, RecordType::PTR);
    lan.run_until(at_ms(200));
    hear_from(&mut lan, 8, &hex(FLUSHING));
    for owner in ["_aa._sub._http._tcp.local", "_services._dns-sd._udp.local"] {
        lan.ask_for(0, owner, RecordType::PTR);
        lan.run_until(lan.now + Duration::from_millis(200));
        assert_eq!(asked(&lan, owner, RecordType::PTR).len(), 1, "{owner}");
    }
    lan.run_until(at_ms(60_000));
    assert_eq!(asked(&lan, HTTP, RecordType::PTR).len(), 6);
}

#[test]
fn a_denial_at_a_shared_name_denies_nothing() {
    let mut lan = Lan::new(1);
    lan.ask_for(0, HTTP, RecordType::PTR);
    lan.run_until(at_ms(200));
    hear_from(&mut lan, 8, &hex(DENYING));
    lan.run_until(at_ms(60_000));
    assert_eq!(asked(&lan, HTTP, RecordType::PTR).len(), 6);
    lan.ask_for(0, HTTP, RecordType::PTR);
    assert!(reported(&mut lan).is_empty());
    assert_eq!(lan.hosts[0].stats().cache_records, 0);
}

fn address(owner: &str, last: u8, ttl: u32) -> OwnedRecord {
    record(owner, ttl, true, RData::A(Ipv4Addr::new(10, 0, 0, last)))
}

fn denial(owner: &str, ttl: u32) -> OwnedRecord {
    let types = cooee_wire::TypeBitmap::from_types([]);
    let next = name(owner);
    record(
        owner,
        ttl,
        true,
        RData::Nsec(cooee_wire::Nsec { next, types }),
    )
}

fn unknown_types(owner: &str) -> Vec<OwnedRecord> {
    let data = |n: u16| RData::Opaque {
        rtype: RecordType(1_000 + n),
        bytes: vec![0].into(),
    };
    (0..100)
        .map(|n| record(owner, 86_400, true, data(n)))
        .collect()
}

#[test]
fn what_is_asked_for_has_its_place_beside_any_number_of_unknown_types() {
    let asked_types = [RecordType::A, RecordType(2_000)];
    let answers = [
        address("printer.local", 9, 120),
        record(
            "printer.local",
            120,
            true,
            RData::Opaque {
                rtype: RecordType(2_000),
                bytes: vec![7].into(),
            },
        ),
    ];
    for (rtype, answer) in asked_types.into_iter().zip(answers) {
        let mut lan = Lan::new(1);
        lan.ask_for(0, "printer.local", rtype);
        lan.run_until(at_ms(200));
        hear_from(&mut lan, 66, &response(&unknown_types("printer.local")));
        let stats = lan.hosts[0].stats();
        assert_eq!((stats.cache_records, stats.refused), (64, 36));
        hear_from(&mut lan, 9, &response(&[answer]));
        assert!(matches!(reported(&mut lan)[..], [AnswerChange::Added(_)]));
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
//= type=test
//# Since pseudo-RRs
//# should never go into the Multicast DNS cache, the concept of a cache-
//# flush bit for these types is not applicable.
#[test]
fn pseudo_records_are_neither_cached_nor_reported() {
    let heard = |rtype| {
        let mut lan = Lan::new(1);
        lan.ask_for(0, "printer.local", RecordType::ANY);
        lan.run_until(at_ms(200));
        let bytes = vec![0].into();
        let data = RData::Opaque { rtype, bytes };
        hear_from(
            &mut lan,
            66,
            &response(&[record("printer.local", 120, true, data)]),
        );
        (reported(&mut lan).len(), lan.hosts[0].stats().cache_records)
    };
    for rtype in [0, 41, 249, 250, 251, 252, 253, 254, 255] {
        assert_eq!(heard(RecordType(rtype)), (0, 0), "{rtype}");
    }
    for rtype in [1_000, 248, 256] {
        assert_eq!(heard(RecordType(rtype)), (1, 1), "{rtype}");
    }
}

#[test]
fn questions_of_strangers_remove_nothing_that_its_owner_says_again() {
    let mut lan = Lan::new(1);
    lan.ask_for(0, HTTP, RecordType::PTR);
    lan.run_until(at_ms(500));
    let live = response(&[pointer(HTTP, "live._http._tcp.local", 4_500)]);
    hear_from(&mut lan, 7, &live);
    reported(&mut lan);
    // Two questions that the owner does not hear.
    let question = query(&[(HTTP, RecordType::PTR, false)], &[]);
    for at in [20_000, 21_000] {
        lan.run_until(at_ms(at));
        hear_from(&mut lan, 66, &question);
    }
    lan.sent.clear();
    lan.run_until(at_ms(31_000));
    assert_eq!(asked(&lan, HTTP, RecordType::PTR), [31_000]);
    let message = Message::parse(&lan.sent[0].bytes).unwrap();
    assert_eq!(message.answers().count(), 0, "its owner shall answer");
    hear_from(&mut lan, 7, &live);
    lan.run_until(at_ms(600_000));
    assert!(reported(&mut lan).is_empty());
}

#[test]
fn questions_of_strangers_never_keep_us_silent_for_longer_than_the_longest_interval() {
    let question = query(&[(HTTP, RecordType::PTR, false)], &[]);
    let missing = query(&[("host.local", RecordType::A, false)], &[]);
    let mut lan = Lan::new(1);
    lan.ask_for(0, HTTP, RecordType::PTR);
    lan.ask_for(0, "host.local", RecordType::A);
    for step in 1..=8_000 {
        lan.run_until(at_ms(step * 2_000));
        hear_from(&mut lan, 66, &question);
        hear_from(&mut lan, 66, &missing);
    }
    for (owner, rtype, longest) in [
        (HTTP, RecordType::PTR, 3_600_000),
        ("host.local", RecordType::A, 60_000),
    ] {
        let asked = asked(&lan, owner, rtype);
        let mut gaps = asked.windows(2).map(|pair| pair[1] - pair[0]);
        // Whole packets of questions are merged, at most a fiftieth of an interval late.
        assert!(gaps.all(|gap| gap <= longest + longest / 50), "{asked:?}");
    }
}

#[test]
fn what_somebody_waits_for_is_asked_for_every_minute_while_it_is_missing() {
    let mut lan = Lan::new(1);
    lan.ask_for(0, "host.local", RecordType::AAAA);
    lan.run_until(at_ms(600_000));
    let gaps = |lan: &Lan| -> Vec<u64> {
        let asked = asked(lan, "host.local", RecordType::AAAA);
        asked
            .windows(2)
            .map(|pair| (pair[1] - pair[0]) / 1_000)
            .collect()
    };
    assert_eq!(gaps(&lan)[..8], [1, 2, 4, 8, 16, 32, 60, 60]);
    // A host that has an address of the other family is there.
    lan.sent.clear();
    lan.ask_for(0, "host.local", RecordType::A);
    hear_from(&mut lan, 9, &response(&[address("host.local", 9, 80_000)]));
    lan.run_until(at_ms(3_000_000));
    let later = gaps(&lan);
    assert!(later[1..].iter().all(|gap| *gap >= 120), "{later:?}");
}

#[test]
fn a_denial_that_nobody_asked_for_denies_nothing() {
    let mut lan = Lan::new(1);
    lan.ask_for(0, HTTP, RecordType::PTR);
    lan.run_until(at_ms(5_000));
    let said = [
        pointer(HTTP, "a._http._tcp.local", 120),
        denial("host.local", 86_400),
    ];
    hear_from(&mut lan, 66, &response(&said));
    reported(&mut lan);
    lan.ask_for(0, "host.local", RecordType::A);
    assert!(reported(&mut lan).is_empty());
    lan.run_until(at_ms(5_200));
    assert_eq!(asked(&lan, "host.local", RecordType::A).len(), 1);
    // An answer to the question is believed.
    hear_from(&mut lan, 66, &response(&[denial("host.local", 86_400)]));
    assert!(matches!(reported(&mut lan)[..], [AnswerChange::Denied]));
    // It is received again: no event. A minute later the question is asked again.
    hear_from(&mut lan, 66, &response(&[denial("host.local", 86_400)]));
    lan.run_until(at_ms(65_000));
    assert!(reported(&mut lan).is_empty());
    assert_eq!(asked(&lan, "host.local", RecordType::A).len(), 1);
    lan.run_until(at_ms(65_201));
    assert_eq!(asked(&lan, "host.local", RecordType::A).len(), 2);
    hear_from(&mut lan, 9, &response(&[address("host.local", 9, 120)]));
    assert!(matches!(reported(&mut lan)[..], [AnswerChange::Added(_)]));
}

#[test]
fn a_forged_goodbye_and_a_denial_stop_no_question() {
    let mut lan = Lan::new(1);
    let owner = "web._http._tcp.local";
    let srv = service_set("web", 80, "").records[1].clone();
    lan.ask_for(0, owner, RecordType::SRV);
    lan.run_until(at_ms(200));
    hear_from(&mut lan, 9, &response(core::slice::from_ref(&srv)));
    lan.run_until(at_ms(10_000));
    lan.sent.clear();
    let goodbye = OwnedRecord {
        ttl: Ttl(0),
        ..srv.clone()
    };
    hear_from(&mut lan, 66, &response(&[goodbye, denial(owner, 86_400)]));
    lan.run_until(at_ms(12_000));
    assert_eq!(asked(&lan, owner, RecordType::SRV).len(), 1);
}

/// How soon after its goodbye a record is asked for.
fn asked_after_goodbye(unique: bool, others: usize) -> u64 {
    let mut lan = Lan::new(1);
    let owner = if unique { "host.local" } else { HTTP };
    let of = |n: usize| match unique {
        true => address(owner, u8::try_from(n).unwrap() + 9, 4_500),
        false => pointer(owner, &alloc::format!("i{n}._http._tcp.local"), 4_500),
    };
    let rtype = of(0).data.rtype();
    lan.ask_for(0, owner, rtype);
    lan.run_until(at_ms(200));
    let records: Vec<_> = (0..=others).map(of).collect();
    hear_from(&mut lan, 9, &response(&records));
    lan.run_until(at_ms(200_000));
    lan.sent.clear();
    let goodbye = OwnedRecord {
        ttl: Ttl(0),
        ..of(0)
    };
    hear_from(&mut lan, 9, &response(&[goodbye]));
    lan.run_until(at_ms(210_000));
    asked(&lan, owner, rtype)[0] - 200_000
}

#[test]
fn after_a_goodbye_the_rest_is_asked_for_with_and_without_the_cache_flush_bit() {
    for (unique, others) in [(true, 0), (false, 0), (false, 3)] {
        let after = asked_after_goodbye(unique, others);
        assert!(
            (1_000..1_200).contains(&after),
            "{unique} {others}: {after}"
        );
    }
}

#[test]
fn records_that_go_one_by_one_have_no_more_asked_than_every_few_seconds() {
    let mut lan = Lan::new(1);
    lan.ask_for(0, HTTP, RecordType::PTR);
    for second in 1..600 {
        lan.run_until(at_ms(second * 1_000));
        let target = alloc::format!("i{second}._http._tcp.local");
        for ttl in [4_500, 0] {
            hear_from(&mut lan, 66, &response(&[pointer(HTTP, &target, ttl)]));
        }
    }
    let asked = asked(&lan, HTTP, RecordType::PTR).len();
    assert!((100..=220).contains(&asked), "{asked}");
}

#[test]
fn a_forged_record_that_replaces_a_true_one_is_verified_with_its_owner() {
    // The true one is known, or comes a moment later.
    for before in [10_000, 100] {
        let mut lan = Lan::new(1);
        lan.ask_for(0, "host.local", RecordType::A);
        lan.run_until(at_ms(200));
        let truth = response(&[address("host.local", 9, 120)]);
        hear_from(&mut lan, 9, &truth);
        lan.run_until(at_ms(200 + before));
        lan.sent.clear();
        hear_from(
            &mut lan,
            66,
            &response(&[address("host.local", 66, 86_400)]),
        );
        lan.run_until(lan.now + Duration::from_millis(2_200));
        let times = asked(&lan, "host.local", RecordType::A);
        assert_eq!(times.len(), 1, "{times:?}");
        // The older record has ended then, and the hosts of the link do not all ask at once.
        let after = times[0] - (200 + before);
        assert!((1_100..=2_100).contains(&after), "{after} ms");
        hear_from(&mut lan, 9, &truth);
        lan.run_until(lan.now + Duration::from_millis(1_100));
        let known = lan.hosts[0].stats().cache_records;
        assert_eq!(known, 1, "the forged one is gone");
    }
}

/// A hostile host that repeats a record replaces what the owner has sent in between.
#[test]
fn a_forged_record_that_is_said_again_is_verified_again() {
    let mut lan = Lan::new(1);
    lan.ask_for(0, "host.local", RecordType::A);
    lan.run_until(at_ms(200));
    let truth = response(&[address("host.local", 9, 120)]);
    let forged = response(&[address("host.local", 66, 86_400)]);
    hear_from(&mut lan, 9, &truth);
    lan.run_until(at_ms(10_000));
    hear_from(&mut lan, 66, &forged);
    lan.run_until(at_ms(13_000));
    hear_from(&mut lan, 9, &truth);
    lan.run_until(at_ms(13_500));
    hear_from(&mut lan, 66, &forged);
    lan.run_until(at_ms(15_000));
    lan.sent.clear();
    hear_from(&mut lan, 66, &forged);
    lan.run_until(at_ms(17_200));
    assert_eq!(asked(&lan, "host.local", RecordType::A).len(), 1);
}

/// `0.0.0.0`, loopback, a group, broadcast of the link and of all.
#[test]
fn an_address_that_no_host_can_have_ends_no_question_and_replaces_none() {
    let nowhere = [
        [0; 4],
        [127, 0, 0, 1],
        [224, 0, 0, 1],
        [10, 0, 0, 255],
        [255; 4],
    ];
    let nowhere = nowhere.map(|ip| record("host.local", 86_400, true, RData::A(ip.into())));
    let nowhere = response(&nowhere);
    let mut lan = Lan::new(1);
    lan.ask_for(0, "host.local", RecordType::A);
    lan.run_until(at_ms(200));
    hear_from(&mut lan, 66, &nowhere);
    lan.run_until(at_ms(250_000));
    let times = asked(&lan, "host.local", RecordType::A);
    let mut gaps = times.windows(2).map(|pair| pair[1] - pair[0]);
    assert!(
        times.len() >= 9 && gaps.all(|gap| gap <= 61_200),
        "{times:?}"
    );
    hear_from(&mut lan, 9, &response(&[address("host.local", 9, 120)]));
    lan.run_until(at_ms(260_000));
    reported(&mut lan);
    hear_from(&mut lan, 66, &nowhere);
    lan.run_until(at_ms(270_000));
    let changes = reported(&mut lan);
    let removed = changes
        .iter()
        .any(|change| matches!(change, AnswerChange::Removed(..)));
    assert!(!removed, "{changes:?}");
}

#[test]
fn a_forged_alias_ends_no_question() {
    let mut lan = Lan::new(1);
    lan.ask_for(0, "host.local", RecordType::A);
    lan.run_until(at_ms(200));
    let alias = RData::Cname(name("nowhere.local"));
    hear_from(
        &mut lan,
        66,
        &response(&[record("host.local", 86_400, true, alias)]),
    );
    lan.sent.clear();
    lan.run_until(at_ms(600_000));
    let asked = asked(&lan, "host.local", RecordType::A);
    assert!(
        asked.windows(2).all(|pair| pair[1] - pair[0] <= 61_200),
        "{asked:?}"
    );
    assert!(asked.len() >= 12);
}

/// The known answers of the last query that was sent.
fn known_answers(lan: &Lan) -> Vec<u32> {
    let message = Message::parse(&lan.sent.last().unwrap().bytes).unwrap();
    message
        .answers()
        .map(|known| known.unwrap().ttl.as_secs())
        .collect()
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-7.1
//= type=test
//# Therefore, a Multicast DNS querier SHOULD NOT include
//# records in the Known-Answer list whose remaining TTL is less than
//# half of their original TTL.
#[test]
fn a_known_answer_is_judged_by_the_ttl_that_is_written() {
    for (ttl, expected) in [
        (1, None),
        (3, None),
        (4, Some(2)),
        (5, Some(3)),
        (200_000, Some(199_998)),
    ] {
        let mut lan = Lan::new(1);
        lan.ask_for(0, HTTP, RecordType::PTR);
        lan.run_until(at_ms(1_200));
        let target = "a._http._tcp.local";
        hear_from(&mut lan, 9, &response(&[pointer(HTTP, target, ttl)]));
        let first = asked(&lan, HTTP, RecordType::PTR)[0];
        if ttl == 1 {
            lan.run_until(at_ms(2_300));
        }
        lan.run_until(at_ms(first + 3_001));
        let expected: Vec<u32> = expected.into_iter().collect();
        assert_eq!(known_answers(&lan), expected, "{ttl}");
    }
}

/// A question that lists the record as known would have no answer.
#[test]
fn what_is_believed_for_less_than_its_ttl_is_not_known_to_the_question_that_refreshes_it() {
    let mut lan = Lan::new(1);
    lan.ask_for(0, HTTP, RecordType::PTR);
    lan.run_until(at_ms(1_200));
    let pointer = pointer(HTTP, "a._http._tcp.local", 86_400);
    hear_from(&mut lan, 9, &response(&[pointer]));
    lan.run_until(at_ms(2_200_000));
    assert_eq!(known_answers(&lan).len(), 1, "in the first half");
    lan.sent.clear();
    lan.run_until(at_ms(3_700_000));
    assert!(!asked(&lan, HTTP, RecordType::PTR).is_empty());
    assert!(known_answers(&lan).is_empty());
}

#[test]
fn a_ttl_is_told_as_it_was_received_and_believed_for_75_minutes() {
    let mut lan = Lan::new(1);
    lan.ask_for(0, "host.local", RecordType::A);
    lan.run_until(at_ms(200));
    hear_from(&mut lan, 9, &response(&[address("host.local", 9, 86_400)]));
    let changes = reported(&mut lan);
    let [AnswerChange::Added(answer)] = &changes[..] else {
        panic!("{changes:?}");
    };
    assert_eq!(answer.ttl, Ttl(86_400));
    lan.sent.clear();
    lan.run_until(at_ms(4_500_000));
    assert_eq!(asked(&lan, "host.local", RecordType::A).len(), 4);
    assert!(reported(&mut lan).is_empty());
    lan.run_until(at_ms(4_500_201));
    assert!(matches!(
        reported(&mut lan)[..],
        [AnswerChange::Removed(..)]
    ));
}

#[test]
fn a_query_that_is_cut_off_does_not_ask_for_us_and_is_counted() {
    let known = pointer(HTTP, "a._http._tcp.local", 4_500);
    let whole = query(&[(HTTP, RecordType::PTR, false)], &[known]);
    let cut = &whole[..whole.len() - 3];
    for (bytes, suppressed, malformed) in [(&whole[..], 0, 0), (cut, 0, 1)] {
        let mut lan = Lan::new(1);
        lan.ask_for(0, HTTP, RecordType::PTR);
        lan.run_until(at_ms(500));
        hear_from(&mut lan, 66, bytes);
        let stats = lan.hosts[0].stats();
        assert_eq!(
            (stats.suppressed, stats.malformed_records),
            (suppressed, malformed)
        );
        assert_eq!(stats.queries, 1, "its question is one all the same");
    }
}

/// Hears so many pointers, twenty in a packet, from ten hosts.
fn hear_pointers(lan: &mut Lan, count: usize) {
    for first in (0..count).step_by(20) {
        let target = |n| alloc::format!("{n}.{HTTP}");
        let pointers = (first..first + 20).map(|n| pointer(HTTP, &target(n), 4_500));
        let host = u8::try_from(first / 20 % 10).unwrap();
        hear_from(lan, 20 + host, &response(&pointers.collect::<Vec<_>>()));
    }
}

/// Without a limit, each of these pointers would make us list all others twice.
#[test]
fn pointers_that_end_soon_make_a_question_take_a_bounded_number_of_packets_per_second() {
    let mut lan = Lan::new(1);
    lan.ask_for(0, HTTP, RecordType::PTR);
    lan.run_until(at_ms(1_200));
    hear_pointers(&mut lan, 4_000);
    for n in 0..120 {
        lan.run_until(at_ms(2_000 + n * 500));
        let forged = pointer(HTTP, &alloc::format!("forged-{n}.{HTTP}"), 10);
        hear_from(&mut lan, 66, &response(&[forged]));
    }
    let packets = lan.sent.len();
    assert!((500..=1_800).contains(&packets), "{packets} packets");
}

#[test]
fn answers_that_could_not_be_listed_postpone_the_next_question() {
    for (listed_max, wait) in [(10_240, 2_000 * 24), (1_990, 2_000 * (24 + 10))] {
        let mut config = Config::default();
        config.limits.known_answers_max = listed_max;
        let mut lan = Lan::with(1, &config);
        lan.ask_for(0, HTTP, RecordType::PTR);
        lan.run_until(at_ms(500));
        hear_pointers(&mut lan, 2_000);
        lan.run_until(at_ms(80_000));
        let asked = asked(&lan, HTTP, RecordType::PTR);
        assert_eq!(asked[2] - asked[1], wait, "{asked:?}");
    }
}

/// The query before took over 200 packets, after which the question rests longest.
#[test]
fn a_record_that_is_reconfirmed_while_its_question_rests_is_asked_for_before_it_ends() {
    let mut lan = Lan::new(1);
    lan.ask_for(0, HTTP, RecordType::PTR);
    lan.run_until(at_ms(1_200));
    let target = |n| alloc::format!("{n}-{}.{HTTP}", "x".repeat(50));
    for first in (0..4_000).step_by(20) {
        let pointers = (first..first + 20).map(|n| pointer(HTTP, &target(n), 4_500));
        let host = u8::try_from(first / 20 % 10).unwrap();
        hear_from(
            &mut lan,
            20 + host,
            &response(&pointers.collect::<Vec<_>>()),
        );
    }
    reported(&mut lan);
    lan.run_until(at_ms(3_500));
    assert!(lan.sent.len() > 200, "{} packets", lan.sent.len());
    let doubted = RData::Ptr(name(&target(7)));
    let now = lan.now;
    assert!(lan.hosts[0].reconfirm(now, LINK, &name(HTTP), &doubted));
    lan.sent.clear();
    let mut asked_before = 0;
    while reported(&mut lan).is_empty() && lan.now < at_ms(60_000) {
        asked_before = asked(&lan, HTTP, RecordType::PTR).len();
        let next = lan.now + Duration::from_millis(500);
        lan.run_until(next);
    }
    assert!(asked_before >= 2, "{asked_before} until {:?}", lan.now);
}
