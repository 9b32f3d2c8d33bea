//! The schedule of one question on one link.

use alloc::vec::Vec;

use super::*;

const HOUR: Duration = Duration::from_secs(3_600);

fn at(secs: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(secs)
}

fn straight(next: Instant, _: Duration) -> Instant {
    next
}

fn begun() -> Ask {
    let mut ask = Ask::default();
    ask.begin(at(10), true);
    ask
}

#[test]
fn only_the_first_query_of_a_series_wants_unicast() {
    let mut ask = begun();
    assert!(ask.wants_unicast(at(10)));
    ask.sent(at(10), 1, HOUR, straight);
    assert_eq!(ask.due(), Some(at(11)));
    assert!(!ask.wants_unicast(at(11)));
}

#[test]
fn an_aligned_query_makes_the_next_interval_longer_not_shorter() {
    let mut ask = begun();
    ask.sent(at(10), 1, HOUR, |next, interval| next + interval / 50);
    let second = at(11) + Duration::from_millis(20);
    assert_eq!(ask.due(), Some(second));
    ask.sent(second, 1, HOUR, straight);
    assert_eq!(
        ask.due(),
        Some(second + Duration::from_millis(2_040)),
        "at least twice 1.02 s"
    );
}

#[test]
fn a_refresh_keeps_a_second_from_the_last_query_and_leaves_the_series_alone() {
    let mut ask = begun();
    ask.sent(at(10), 1, HOUR, straight);
    ask.sent(at(11), 1, HOUR, straight);
    assert_eq!(ask.due(), Some(at(13)));
    ask.refresh(at(11));
    assert_eq!(ask.due(), Some(at(12)));
    ask.sent(at(12), 1, HOUR, straight);
    assert_eq!(ask.due(), Some(at(13)), "still a second after the refresh");
    ask.sent(at(13), 1, HOUR, straight);
    assert_eq!(ask.due(), Some(at(17)));
}

#[test]
fn a_refresh_within_a_second_of_a_question_needs_no_other() {
    let mut ask = begun();
    ask.sent(at(10), 1, HOUR, straight);
    ask.settle();
    ask.maintain(at(10) + Duration::from_millis(999));
    assert_eq!(ask.due(), None);
    ask.maintain(at(11));
    assert_eq!(ask.due(), Some(at(11)));
}

#[test]
fn a_settled_question_is_asked_only_to_refresh() {
    let mut ask = begun();
    ask.sent(at(10), 1, HOUR, straight);
    ask.settle();
    assert_eq!(ask.due(), None);
    ask.refresh(at(100));
    assert_eq!(ask.due(), Some(at(100)));
    ask.sent(at(100), 1, HOUR, straight);
    assert_eq!(ask.due(), None);
}

#[test]
fn a_new_series_starts_no_sooner_than_a_second_after_the_last_query() {
    let mut ask = begun();
    ask.sent(at(10), 1, HOUR, straight);
    ask.begin(at(10), false);
    assert_eq!(ask.due(), Some(at(11)));
}

#[test]
fn others_ask_for_us_a_limited_number_of_times_in_a_row() {
    let mut ask = begun();
    assert!(ask.suppress(at(10), Duration::ZERO, 2, HOUR));
    assert_eq!(ask.due(), Some(at(11)));
    assert!(ask.suppress(at(11), Duration::ZERO, 2, HOUR));
    assert_eq!(ask.due(), Some(at(13)));
    assert!(!ask.suppress(at(12), Duration::ZERO, 2, HOUR));
    assert_eq!(ask.due(), Some(at(13)), "now we ask ourselves");
    ask.sent(at(13), 1, HOUR, straight);
    assert!(ask.suppress(at(14), Duration::ZERO, 2, HOUR));
}

/// Returns a question that was sent at 10 and 11 s, the second time with known answers in 19
/// packets.
fn postponed() -> Ask {
    let mut ask = begun();
    ask.sent(at(10), 1, HOUR, straight);
    ask.sent(at(11), 19, HOUR, straight);
    assert_eq!(ask.due(), Some(at(49)));
    ask
}

#[test]
fn an_answer_to_a_repetition_spares_it_and_the_next_two_the_postponement() {
    let mut ask = postponed();
    ask.learn(at(12));
    assert_eq!(ask.due(), Some(at(13)));
    ask.sent(at(13), 19, HOUR, straight);
    assert_eq!(ask.due(), Some(at(17)));
    ask.sent(at(17), 19, HOUR, straight);
    assert_eq!(ask.due(), Some(at(25)));
    ask.sent(at(25), 19, HOUR, straight);
    assert_eq!(ask.due(), Some(at(25 + 16 * 19)));
}

#[test]
fn answers_to_the_first_query_are_no_reason_to_hurry_later() {
    let mut ask = begun();
    ask.sent(at(10), 1, HOUR, straight);
    ask.learn(at(10) + Duration::from_millis(100));
    assert_eq!(ask.due(), Some(at(11)));
    ask.sent(at(11), 19, HOUR, straight);
    assert_eq!(ask.due(), Some(at(49)));
}

#[test]
fn what_comes_long_after_a_question_was_announced_and_changes_nothing() {
    let mut ask = postponed();
    ask.learn(at(14));
    assert_eq!(ask.due(), Some(at(49)));
}

#[test]
fn missed_answers_are_asked_for_at_once_and_then_as_if_nothing_had_cost_much() {
    let mut ask = postponed();
    ask.catch_up(at(21), at(21));
    assert_eq!(ask.due(), Some(at(21)));
    ask.sent(at(21), 19, HOUR, straight);
    assert_eq!(ask.due(), Some(at(31)));
    ask.sent(at(31), 19, HOUR, straight);
    assert_eq!(ask.due(), Some(at(31 + 2 * 20)));
}

#[test]
fn questions_of_others_postpone_no_query_that_is_postponed() {
    let mut ask = begun();
    ask.sent(at(10), 1, HOUR, straight);
    ask.sent(at(11), 70, HOUR, straight);
    let postponed = at(11 + 140);
    assert_eq!(ask.due(), Some(postponed));
    for asked in [12, 13, 14] {
        assert!(ask.suppress(at(asked), Duration::ZERO, 3, HOUR));
        assert_eq!(ask.due(), Some(postponed));
    }
    // What another host asked counts as the repetitions at 13, 17 and 25 s.
    ask.learn(at(15));
    assert_eq!(ask.due(), Some(at(14 + 16)));
}

#[test]
fn answers_that_end_one_by_one_bring_a_query_of_several_packets_every_eight_seconds() {
    let mut ask = begun();
    ask.sent(at(10), 70, HOUR, straight);
    let mut sent = Vec::new();
    for second in 11..60 {
        ask.revive(at(second));
        if ask.due() == Some(at(second)) {
            ask.sent(at(second), 70, HOUR, straight);
            sent.push(second);
        }
    }
    assert_eq!(sent, [18, 26, 34, 42, 50, 58]);
}

#[test]
fn a_query_of_many_packets_is_followed_by_a_rest_whatever_is_heard() {
    let mut ask = begun();
    ask.sent(at(10), 1, HOUR, straight);
    ask.sent(at(11), 40, HOUR, straight);
    ask.refresh(at(12));
    assert_eq!(ask.due(), Some(at(13)), "50 ms for each packet");
    ask.sent(at(13), 2_000, HOUR, straight);
    ask.catch_up(at(14), at(14));
    ask.learn(at(14));
    ask.revive(at(14));
    assert_eq!(ask.due(), Some(at(16)), "3 s at most");
}

#[test]
fn the_rest_after_a_query_counts_as_its_interval() {
    let mut ask = begun();
    ask.sent(at(10), 1, HOUR, straight);
    ask.sent(at(11), 40, HOUR, straight);
    ask.learn(at(12));
    assert_eq!(ask.due(), Some(at(13)));
    ask.sent(at(13), 40, HOUR, straight);
    assert_eq!(ask.due(), Some(at(17)), "twice as long");
}
