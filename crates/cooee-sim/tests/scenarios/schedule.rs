//! When questions are asked: delays, back-off, refreshes.

use std::time::Duration;

use cooee_sim::stats::{CHI_SQUARE_15, chi_square_uniform};
use cooee_sim::{Responder, World, hours, ms, secs, seed};
use cooee_wire::{RecordType, Ttl};

use crate::*;

//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//= type=test
//# To
//# avoid accidental synchronization when, for some reason, multiple
//# clients begin querying at exactly the same moment (e.g., because of
//# some common external trigger event), a Multicast DNS querier SHOULD
//# also delay the first query of the series by a randomly chosen amount
//# in the range 20-120 ms.
#[test]
fn the_first_query_comes_after_a_uniformly_random_20_to_120_ms() {
    let first = seed!().number();
    let delays: Vec<Duration> = (0..1_600)
        .map(|n| {
            let mut world = alone(first.wrapping_add(n));
            world.run_for(secs(5));
            let asked = world.age();
            query(&mut world, "me", HTTP, RecordType::PTR);
            world.run_for(secs(1));
            world.sent("me").questions_for(HTTP, RecordType::PTR)[0].at - asked
        })
        .collect();
    let statistic = chi_square_uniform(&delays, ms(20), ms(120), 16);
    assert!(statistic < CHI_SQUARE_15, "{statistic}: not uniform");
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//= type=test
//# Therefore, when retransmitting Multicast DNS queries to implement
//# this kind of continuous monitoring, the interval between the first
//# two queries MUST be at least one second, the intervals between
//# successive queries MUST increase by at least a factor of two, and the
//# querier MUST implement Known-Answer Suppression, as described below
//# in Section 7.1.
#[test]
fn an_unanswered_question_is_repeated_after_1_s_and_doubling_up_to_an_hour() {
    let mut world = alone(seed!());
    query(&mut world, "me", HTTP, RecordType::PTR);
    world.run_for(hours(24));
    let sent = world.sent("me");
    assert_eq!(
        sent.questions().len(),
        sent.questions_for(HTTP, RecordType::PTR).len()
    );
    let gaps = sent.gaps();
    assert!((secs(1)..=ms(1_020)).contains(&gaps[0]), "{gaps:?}");
    for pair in gaps.windows(2) {
        let least = (pair[0] * 2).min(hours(1));
        assert!(pair[1] >= least, "{pair:?} in {gaps:?}");
        assert!(pair[1] <= least.mul_f64(1.021), "{pair:?} in {gaps:?}");
    }
    assert!(*gaps.last().expect("gaps") >= hours(1));
}

/// Returns how often one question may be asked in this time at most: at once, then 1, 2, 4 ... 2048
/// s apart, then every hour.
pub(crate) fn back_off_bound(span: Duration) -> usize {
    let (mut at, mut interval, mut count) = (Duration::ZERO, secs(1), 0);
    while at <= span {
        count += 1;
        at += interval;
        interval = (interval * 2).min(hours(1));
    }
    count
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//= type=test
//# When the interval between queries reaches or exceeds 60 minutes, a
//# querier MAY cap the interval to a maximum of 60 minutes, and perform
//# subsequent queries at a steady-state rate of one query per hour.
#[test]
fn queries_in_silence_stay_under_the_back_off_bound() {
    assert_eq!(back_off_bound(hours(1)), 12);
    assert_eq!(back_off_bound(hours(24)), 35);
    let mut world = alone(seed!());
    for kind in ["_http._tcp", "_ipp._tcp", "_ssh._tcp"] {
        query(&mut world, "me", &format!("{kind}.local"), RecordType::PTR);
    }
    for span in [hours(1), hours(23), hours(144)] {
        world.run_for(span);
        let bound = 3 * back_off_bound(world.age());
        let asked = world.sent("me").questions().len();
        assert!(
            asked <= bound,
            "{asked} questions in {:?}, bound {bound}",
            world.age()
        );
        let messages = world.sent("me").count();
        assert!(
            messages <= back_off_bound(world.age()),
            "{messages}: three could share a packet"
        );
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//= type=test
//# a random variation of 2% of
//# the record TTL should be added, so that queries are scheduled to be
//# performed at 80-82%, 85-87%, 90-92%, and then 95-97% of the TTL.
//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//= type=test
//# After this interval has passed, the answer will no longer be valid
//# and SHOULD be deleted from the cache.
//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//= type=test
//# Before the record expiry time
//# is reached, a Multicast DNS querier that has local clients with an
//# active interest in the state of that record (e.g., a network browsing
//# window displaying a list of discovered services to the user) SHOULD
//# reissue its query to determine whether the record is still valid.
//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//= type=test
//# To perform this cache maintenance, a Multicast DNS querier should
//# plan to retransmit its query after at least 50% of the record
//# lifetime has elapsed.
//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//= type=test
//# The querier should plan to issue a query at 80% of the record
//# lifetime, and then if no answer is received, at 85%, 90%, and 95%.
//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//= type=test
//# To avoid the case where multiple Multicast DNS queriers on a network
//# all issue their queries simultaneously, a random variation of 2% of
//# the record TTL should be added, so that queries are scheduled to be
//# performed at 80-82%, 85-87%, 90-92%, and then 95-97% of the TTL.
#[test]
fn a_record_asked_about_is_refreshed_at_80_85_90_and_95_percent_then_expires() {
    let mut world = with_printer(seed!());
    let id = query(&mut world, "me", "printer.local", RecordType::A);
    world.run_for(secs(1));
    let learned = learned_at(&world, "printer.local", RecordType::A);
    world.with("printer", |printer: &mut Responder, _| {
        printer.policy().mute = true
    });
    let before = world.sent("me").count();
    world.run_for(secs(300));
    let asked = world
        .sent("me")
        .after(before)
        .questions_for("printer.local", RecordType::A);
    let percents = [80, 85, 90, 95].map(|percent| secs(120) * percent / 100);
    for (asked, percent) in asked.iter().zip(percents) {
        let age = asked.at - learned;
        assert!(
            (percent..=percent + ms(2_400)).contains(&age),
            "at {age:?}, not {percent:?}"
        );
    }
    let gone = removed_at(&world, "me", id);
    assert!(asked.len() >= 4, "{asked:?}");
    let late = gone.saturating_sub(learned + secs(120));
    assert!(late <= ms(10), "{late:?} past its TTL");
    assert_eq!(asked.iter().filter(|asked| asked.at < gone).count(), 4);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//= type=test
//# A Multicast DNS querier MUST NOT
//# perform this cache maintenance for records for which it has no local
//# clients with an active interest.
#[test]
fn nothing_is_refreshed_that_nobody_asks_about_any_more() {
    let mut world = with_printer(seed!());
    let id = query(&mut world, "me", HTTP, RecordType::PTR);
    world.run_for(secs(30));
    assert_eq!(listener(&world, "me").records(id).len(), 1);
    stop(&mut world, "me", id);
    world.assert_host_silent_for("me", hours(3));
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//= type=test
//# In this case, the Multicast DNS querier SHOULD plan to
//# issue its next query for this record at 80-82% of the record's TTL,
//# as described above.
//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//= type=test
//# An additional efficiency optimization SHOULD be performed when a
//# Multicast DNS response is received containing a unique answer (as
//# indicated by the cache-flush bit being set, described in Section
//# 10.2, "Announcements to Flush Outdated Cache Entries").
#[test]
fn a_unique_answer_ends_the_stream_of_questions_until_80_percent_of_its_ttl() {
    let mut world = with_printer(seed!());
    query(&mut world, "me", "printer.local", RecordType::A);
    world.run_for(secs(1));
    let learned = learned_at(&world, "printer.local", RecordType::A);
    world.run_for(secs(1_000));
    let asked = world
        .sent("me")
        .questions_for("printer.local", RecordType::A);
    let first_refresh = asked
        .iter()
        .find(|asked| asked.at > learned)
        .expect("a refresh")
        .at;
    let age = first_refresh - learned;
    assert!((ms(96_000)..=ms(98_400)).contains(&age), "{age:?}");
    // Each refresh is answered at once, so each lifetime has one question.
    assert!(asked.len() <= 2 + 1_000 / 96, "{}", asked.len());
}

#[test]
fn a_ttl_of_one_second_neither_spins_nor_floods() {
    let mut world = with_printer(seed!());
    world.with("printer", |printer: &mut Responder, _| {
        printer.policy().ttl_host = Ttl(1);
        printer.policy().gap = Duration::ZERO;
    });
    query(&mut world, "me", "printer.local", RecordType::A);
    world.run_for(secs(100));
    let asked = world.sent("me").count();
    assert!(asked <= 500, "{asked} messages in 100 s");
}

/// Returns when the last multicast of a record before now was sent, since the world began.
fn learned_at(world: &World, name: &str, rtype: RecordType) -> Duration {
    let name = name.parse().expect("a name");
    let responses = world
        .recording()
        .all()
        .only(|t| t.host.as_deref() != Some("me"));
    let holds = |t: &cooee_sim::Transmission| {
        let message = cooee_wire::Message::parse(t.bytes()).expect("a message");
        message
            .records()
            .flatten()
            .any(|(_, r)| r.rtype == rtype && r.name.matches(&name))
    };
    *responses.only(holds).times().last().expect("an answer")
}

fn removed_at(world: &World, host: &str, id: RequestId) -> Duration {
    listener(world, host)
        .removal(id)
        .expect("a removal")
        .0
        .saturating_since(world.began())
}
