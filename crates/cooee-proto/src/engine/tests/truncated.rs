//! Truncated queries and the known answers that follow them: RFC 6762 section 7.2.

use super::lan::*;
use alloc::format;

const GROUP: &str = "224.0.0.251";
const GROUP_V6: &str = "ff02::fb";
const ASKER: &str = "10.0.0.200:5353";
const ASKER_V6: &str = "[fe80::c8]:5353";
const OTHER: &str = "10.0.0.201:5353";
const TYPE: &str = "_http._tcp.local";

fn instance(label: &str) -> OwnedRecord {
    record(
        TYPE,
        4_500,
        false,
        RData::Ptr(name(&format!("{label}.{TYPE}"))),
    )
}

/// Returns a host with some instances and no names of its own, a minute after it came up.
fn publishing(labels: &[&str]) -> Lan {
    let mut lan = Lan::new(1);
    for label in labels {
        let set = RecordSet {
            records: vec![instance(label)],
            ..RecordSet::default()
        };
        lan.register(0, &set);
    }
    lan.run_until(at_ms(60_000));
    lan.sent.clear();
    lan
}

/// Returns the packets of one query: the question with the first known answers, then the others.
fn packets(known: &[OwnedRecord], in_each: usize) -> Vec<Vec<u8>> {
    let question = [(TYPE, RecordType::PTR, false)];
    let count = known.len().div_ceil(in_each).max(1);
    let mut packets = Vec::new();
    for n in 0..count {
        let flags = Flags::QUERY.with_truncated(n + 1 < count);
        let question = if n == 0 { &question[..] } else { &[] };
        let part = known.chunks(in_each).nth(n).unwrap_or_default();
        packets.push(message(0, flags, question, Section::Answer, part));
    }
    packets
}

fn truncated(known: &[OwnedRecord]) -> Vec<u8> {
    let question = [(TYPE, RecordType::PTR, false)];
    let flags = Flags::QUERY.with_truncated(true);
    message(0, flags, &question, Section::Answer, known)
}

/// Returns the data of all answers, each with the time since the first minute.
fn answers(lan: &mut Lan) -> Vec<(u64, RData)> {
    let mut all = Vec::new();
    for sent in core::mem::take(&mut lan.sent) {
        let after = sent.at.as_nanos() / 1_000_000 - 60_000;
        for record in Message::parse(&sent.bytes).unwrap().answers() {
            all.push((after, record.unwrap().to_record().unwrap().data));
        }
    }
    all
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-7.2
//= type=test
//# If the responder sees any of its answers listed in the
//# Known-Answer lists of subsequent packets from the querying host, it
//# MUST delete that answer from the list of answers it is planning to
//# give (provided that no other host on the network has also issued a
//# query for that record and is waiting to receive an answer).
#[test]
fn a_host_that_asks_over_both_families_gets_nothing_that_it_lists_over_both() {
    for order in ["qqkk", "qkqk"] {
        let mut lan = publishing(&["A", "B"]);
        let (mut asked, mut listed) = (0, 0);
        for packet in order.chars() {
            let is_question = packet == 'q';
            let (bytes, count) = match is_question {
                true => (truncated(&[instance("A")]), &mut asked),
                false => (query(&[], &[instance("B")]), &mut listed),
            };
            let ways = [(ASKER, GROUP), (ASKER_V6, GROUP_V6)];
            let (source, group) = ways[*count];
            *count += 1;
            let _ = lan.hear(source, group, &bytes);
        }
        lan.run_until(at_ms(65_000));
        assert_eq!(answers(&mut lan), [], "{order}");
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-7.2
//= type=test
//# A Multicast DNS responder seeing a Multicast DNS query with the TC
//# bit set defers its response for a time period randomly selected in
//# the interval 400-500 ms.
#[test]
fn a_host_that_knows_100_instances_gets_none_of_them_again() {
    let labels: Vec<_> = (0..100).map(|n| format!("instance {n}")).collect();
    let labels: Vec<&str> = labels.iter().map(|label| label.as_str()).collect();
    let known: Vec<OwnedRecord> = labels.iter().map(|label| instance(label)).collect();
    for unlisted in [0, 1] {
        let mut lan = publishing(&labels);
        for (n, bytes) in packets(&known[unlisted..], 20).iter().enumerate() {
            lan.run_until(at_ms(60_000 + 10 * n as u64));
            let _ = lan.hear(ASKER, GROUP, bytes);
            let _ = lan.hear(ASKER_V6, GROUP_V6, bytes);
        }
        lan.run_until(at_ms(65_000));
        let said: Vec<RData> = answers(&mut lan)
            .into_iter()
            .map(|(_, data)| data)
            .collect();
        let wanted: Vec<RData> = known[..unlisted].iter().map(|r| r.data.clone()).collect();
        assert_eq!(said, wanted);
    }
}

#[test]
fn an_answer_is_given_when_the_last_of_its_askers_that_does_not_list_it_has_said_all() {
    let known = query(&[], &[instance("A")]);
    // Which hosts list the record in the end, and when it is sent for the other.
    let cases: [(&[&str], Option<u64>); 4] = [
        (&[], Some(400)),
        (&[ASKER], Some(700)),
        (&[OTHER], Some(400)),
        (&[ASKER, OTHER], None),
    ];
    for (listing, from) in cases {
        let mut lan = publishing(&["A"]);
        let _ = lan.hear(ASKER, GROUP, &truncated(&[]));
        lan.run_until(at_ms(60_300));
        let _ = lan.hear(OTHER, GROUP, &truncated(&[]));
        for source in listing {
            let _ = lan.hear(source, GROUP, &known);
        }
        lan.run_until(at_ms(65_000));
        let times: Vec<u64> = answers(&mut lan).into_iter().map(|(at, _)| at).collect();
        assert_eq!(times.len(), usize::from(from.is_some()), "{listing:?}");
        let is_due = |at: &u64| (from.unwrap_or(0)..=from.unwrap_or(0) + 100).contains(at);
        assert!(times.iter().all(is_due), "{listing:?}: {times:?}");
    }
}

#[test]
fn one_who_has_said_all_it_knows_is_answered_whatever_others_list() {
    let mut lan = publishing(&["A"]);
    let _ = lan.hear(ASKER, GROUP, &truncated(&[]));
    let _ = lan.hear(OTHER, GROUP, &query(&[(TYPE, RecordType::PTR, false)], &[]));
    let _ = lan.hear(ASKER, GROUP, &query(&[], &[instance("A")]));
    let _ = lan.hear(OTHER, GROUP, &query(&[], &[instance("A")]));
    lan.run_until(at_ms(65_000));
    let times: Vec<u64> = answers(&mut lan).into_iter().map(|(at, _)| at).collect();
    assert!(matches!(times[..], [20..=120]), "{times:?}");
}

#[test]
fn truncated_packets_without_end_delay_an_answer_for_two_seconds_at_most() {
    // A forger of the querier's address may ask again, too.
    for (unicast, asks) in [(false, false), (true, false), (false, true), (true, true)] {
        let mut lan = publishing(&["A"]);
        let question = [(TYPE, RecordType::PTR, unicast)];
        let flags = Flags::QUERY.with_truncated(true);
        let asked = message(0, flags, &question, Section::Answer, &[]);
        let more = message(0, flags, &[], Section::Answer, &[instance("x")]);
        let _ = lan.hear(ASKER, GROUP, &asked);
        for n in 1..=20 {
            lan.run_until(at_ms(60_000 + 350 * n));
            let bytes = if asks && n % 4 == 0 { &asked } else { &more };
            let _ = lan.hear(ASKER, GROUP, bytes);
        }
        let first = answers(&mut lan).into_iter().map(|(at, _)| at).next();
        assert!(matches!(first, Some(1_500..=2_010)), "{unicast}: {first:?}");
    }
}

#[test]
fn of_many_truncated_queries_of_one_host_only_some_are_told_apart() {
    let mut lan = publishing(&["A"]);
    for _ in 0..100 {
        let _ = lan.hear(ASKER, GROUP, &truncated(&[]));
    }
    let kept = lan.hosts[0].responder.truncated_queries();
    assert_eq!(kept, crate::limits::TRUNCATED_PER_HOST_MAX);
    let _ = lan.hear(ASKER, GROUP, &query(&[], &[instance("A")]));
    lan.run_until(at_ms(65_000));
    assert_eq!(answers(&mut lan), []);
}

#[test]
fn a_record_that_waits_for_known_answers_is_an_additional_record_of_another_answer() {
    let (mut lan, _) = settled();
    let flags = Flags::QUERY.with_truncated(true);
    let question = [("web._http._tcp.local", RecordType::SRV, false)];
    let waiting = message(0, flags, &question, Section::Answer, &[]);
    let _ = lan.hear(ASKER, GROUP, &waiting);
    // The pointer is announced at once, because another host gives it a short life.
    let pointer = record(TYPE, 100, false, instance("web").data);
    let short = message(0, Flags::RESPONSE, &[], Section::Answer, &[pointer]);
    let _ = lan.hear(OTHER, GROUP, &short);
    lan.run_until(at_ms(60_001));
    let answers = lan.take_answers();
    let section_of = |wanted| {
        let mut answers = answers.iter();
        let found = answers.find(|(_, rtype, _)| *rtype == wanted);
        found.map(|&(_, _, section)| section)
    };
    assert_eq!(section_of(RecordType::PTR), Some(Section::Answer));
    assert_eq!(section_of(RecordType::SRV), Some(Section::Additional));
}

#[test]
fn a_reply_that_is_due_at_once_does_not_join_one_that_waits_for_known_answers() {
    let mut lan = Lan::new(1);
    lan.register(0, &service_set("web", 80, "a=1"));
    lan.run_until(at_ms(10_000));
    lan.sent.clear();
    let flags = Flags::QUERY.with_truncated(true);
    let pointer = [(TYPE, RecordType::PTR, true)];
    let _ = lan.hear(
        ASKER,
        GROUP,
        &message(0, flags, &pointer, Section::Answer, &[]),
    );
    let service = [("web._http._tcp.local", RecordType::TXT, true)];
    let _ = lan.hear(ASKER, GROUP, &query(&service, &[]));
    lan.run_until(at_ms(12_000));
    let times = lan.times();
    assert_eq!(times.len(), 2, "{times:?}");
    assert_eq!(times[0], 10_000);
    assert!(times[1] >= 10_400, "{times:?}");
}

#[test]
fn a_unicast_reply_leaves_out_what_its_querier_lists_in_a_further_packet() {
    let mut lan = publishing(&["A", "B"]);
    let flags = Flags::QUERY.with_truncated(true);
    let question = [(TYPE, RecordType::PTR, true)];
    let first = message(0, flags, &question, Section::Answer, &[]);
    let _ = lan.hear(ASKER, GROUP, &first);
    let _ = lan.hear(ASKER, GROUP, &query(&[], &[instance("A")]));
    lan.run_until(at_ms(65_000));
    let to: Vec<_> = lan.sent.iter().map(|sent| sent.to).collect();
    assert_eq!(to, [Destination::Unicast(ASKER.parse().unwrap())]);
    let data: Vec<_> = answers(&mut lan)
        .into_iter()
        .map(|(_, data)| data)
        .collect();
    assert_eq!(data, [instance("B").data]);
}
