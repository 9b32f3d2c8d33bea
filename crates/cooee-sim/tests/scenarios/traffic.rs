//! How little is asked: known answers, shared questions, few packets.

use cooee_sim::{Kind, Policy, Responder, World, ms, secs, seed};
use cooee_wire::{Message, RecordType, Section, Ttl};

use crate::*;

//= https://www.rfc-editor.org/rfc/rfc6762#section-7.1
//= type=test
//# When a Multicast DNS querier sends a query to which it already knows
//# some answers, it populates the Answer Section of the DNS query
//# message with those answers.
#[test]
fn a_repeated_question_lists_what_is_known_and_is_not_answered_again() {
    let mut world = with_printer(seed!());
    query(&mut world, "me", HTTP, RecordType::PTR);
    world.run_for(secs(20));
    let queries = world.sent("me").of_kind(Kind::Query);
    let asked = |t: &cooee_sim::Transmission| asks(t, HTTP, RecordType::PTR);
    let browses = queries.only(asked);
    assert!(browses.count() >= 4, "{}", browses.text());
    let first = browses.clone().only(|t| t.at == browses.messages()[0].at);
    assert_eq!(first.answers().len(), 0);
    let known = browses.clone().after(1).answers();
    let known = known
        .iter()
        .filter(|record| record.rtype() == RecordType::PTR)
        .count();
    assert_eq!(known, browses.count() - 1);
    let answered = world.sent("printer").answers();
    let pointers = answered
        .iter()
        .filter(|record| record.rtype() == RecordType::PTR);
    assert_eq!(pointers.count(), 1, "{}", world.recording().text());
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-7.1
//= type=test
//# Therefore, a Multicast DNS querier SHOULD NOT include
//# records in the Known-Answer list whose remaining TTL is less than
//# half of their original TTL.
#[test]
fn what_has_lived_half_its_time_is_not_listed() {
    let policy = Policy {
        ttl_other: Ttl(100),
        mute: false,
        ..Policy::default()
    };
    let mut world = with_hosts(seed!(), 1, policy);
    query(&mut world, "me", HTTP, RecordType::PTR);
    world.run_for(secs(1));
    world.with("h0", |h0: &mut Responder, _| h0.policy().mute = true);
    world.run_for(secs(98));
    let learned = world.sent("h0").times()[0];
    for query in world.sent("me").after(1).messages() {
        let age = world.recording().age(query.at) - learned;
        let message = Message::parse(query.bytes()).expect("a query");
        let listed: Vec<u32> = message
            .answers()
            .flatten()
            .map(|record| record.ttl.as_secs())
            .collect();
        if age < secs(50) {
            assert_eq!(listed.len(), 1, "at {age:?}");
            let left = 100.0 - age.as_secs_f64();
            assert!(
                (f64::from(listed[0]) - left).abs() <= 1.0,
                "{listed:?} at {age:?}"
            );
        } else {
            assert!(listed.is_empty(), "{listed:?} at {age:?}");
        }
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-7.2
//= type=test
//# It MUST then set the TC
//# (Truncated) bit in the header before sending the query.  It MUST
//# immediately follow the packet with another query packet containing no
//# questions and as many more Known-Answer records as will fit.
//= https://www.rfc-editor.org/rfc/rfc6762#section-7.2
//= type=test
//# In this
//# case, it should issue a Multicast DNS query containing a question and
//# as many Known-Answer records as will fit.
#[test]
fn known_answers_beyond_a_packet_continue_in_the_next_one() {
    let mut world = with_hosts(
        seed!(),
        1,
        Policy {
            mute: true,
            ..Policy::default()
        },
    );
    query(&mut world, "me", HTTP, RecordType::PTR);
    world.run_for(ms(500));
    let records = shared_ptrs(300);
    world.with("h0", |h0: &mut Responder, now| h0.say(now, &records));
    let before = world.sent("me").count();
    world.run_for(secs(2));
    let sent = world.sent("me").after(before);
    let (first, last) = (sent.messages()[0], sent.count() - 1);
    assert!(last >= 3, "{}", sent.count());
    assert_eq!(sent.kinds()[0], Kind::Query);
    assert!(
        sent.kinds()[1..]
            .iter()
            .all(|&kind| kind == Kind::KnownAnswers),
        "{:?}",
        sent.kinds()
    );
    assert!(
        sent.gaps().iter().all(|gap| gap.is_zero()),
        "{:?}",
        sent.gaps()
    );
    for (n, message) in sent.messages().iter().enumerate() {
        let flags = Message::parse(message.bytes())
            .expect("a query")
            .header()
            .flags;
        assert_eq!(flags.truncated(), n < last, "message {n} of {last}");
        assert!(message.bytes().len() <= 1_452, "{}", message.bytes().len());
        assert_eq!(message.at, first.at);
    }
    let listed = sent.records(Section::Answer);
    assert_eq!(listed.len(), 300);
    assert!(
        records
            .iter()
            .all(|record| listed.iter().any(|l| l.data == record.data))
    );
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
//= type=test
//# The cache-flush bit MUST NOT be set in any resource records in the
//# Known-Answer list of any query message.
#[test]
fn no_known_answer_carries_the_cache_flush_bit() {
    let mut world = with_hosts(seed!(), 20, Policy::default());
    query(&mut world, "me", HTTP, RecordType::PTR);
    query(&mut world, "me", "h0.local", RecordType::ANY);
    world.run_for(secs(200));
    let known = world.sent("me").answers();
    assert!(known.len() > 20);
    assert!(known.iter().all(|record| !record.cache_flush));
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-7.3
//= type=test
//# If a host is planning to transmit (or retransmit) a query, and it
//# sees another host on the network send a query containing the same
//# "QM" question, and the Known-Answer Section of that query does not
//# contain any records that this host would not also put in its own
//# Known-Answer Section, then this host SHOULD treat its own query as
//# having been sent.
#[test]
fn ten_hosts_that_ask_the_same_share_the_work() {
    let mut world = World::new(seed!());
    world.link("lan");
    let names: Vec<String> = (0..10).map(|n| format!("me{n}")).collect();
    for name in &names {
        listening(&mut world, name).on("lan");
        query(&mut world, name, HTTP, RecordType::PTR);
    }
    world.run_for(secs(300));
    // Alone each would ask 9 times in 300 s: at 0, 1, 3, 7, 15, 31, 63, 127 and 255 s.
    let all = world
        .recording()
        .all()
        .questions_for(HTTP, RecordType::PTR)
        .len();
    assert!(all <= 30, "{all} questions of at most 90");
    for name in &names {
        let asked = world.sent(name).questions_for(HTTP, RecordType::PTR).len();
        assert!(asked <= 9, "{asked}");
    }
}

#[test]
fn a_duplicate_heard_over_both_families_counts_once() {
    let mut world = alone(seed!());
    query(&mut world, "me", HTTP, RecordType::PTR);
    asker(&mut world, "other", HTTP, RecordType::PTR, &[secs(5)]);
    world.run_for(secs(25));
    // Ours are sent at 0, 1 and 3 s; the other's at 5 s replaces ours at 7 s; then 8 s later.
    let asked = world.sent("me").questions_for(HTTP, RecordType::PTR);
    let times: Vec<Duration> = asked.iter().map(|asked| asked.at).collect();
    assert_eq!(times.len(), 4, "{times:?}");
    assert!((secs(13)..=ms(13_200)).contains(&times[3]), "{times:?}");
}

#[test]
fn another_host_that_knows_more_does_not_ask_for_us() {
    let mut world = with_hosts(seed!(), 3, Policy::default());
    query(&mut world, "me", HTTP, RecordType::PTR);
    world.run_for(secs(40));
    listening(&mut world, "late").on("lan");
    world.block("lan", "h2", "late");
    let id = query(&mut world, "late", HTTP, RecordType::PTR);
    world.run_for(secs(100));
    assert_eq!(listener(&world, "late").records(id).len(), 2);
    let asked = world.sent("late").questions_for(HTTP, RecordType::PTR);
    assert!(
        asked.len() >= 2,
        "me lists h2 as known, so late must ask for itself"
    );
}

#[test]
fn a_host_that_asks_without_end_does_not_silence_us() {
    let mut world = alone(seed!());
    let times: Vec<Duration> = (1..5_000).map(|n| ms(700 * n)).collect();
    asker(&mut world, "pest", HTTP, RecordType::PTR, &times);
    query(&mut world, "me", HTTP, RecordType::PTR);
    world.run_for(secs(3_600));
    assert!(world.sent("me").questions_for(HTTP, RecordType::PTR).len() >= 2);
}

fn asks(transmission: &cooee_sim::Transmission, name: &str, rtype: RecordType) -> bool {
    let name = name.parse().expect("a name");
    let message = Message::parse(transmission.bytes()).expect("a message");
    message
        .questions()
        .flatten()
        .any(|q| q.rtype == rtype && q.name.matches(&name))
}
