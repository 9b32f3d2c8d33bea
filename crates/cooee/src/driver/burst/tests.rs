//! Pauses come within bursts of answers and nowhere else.

use std::time::Duration;

use cooee_proto::time::Instant;
use cooee_proto::transmit::{Ignored, Verdict};

use super::{Burst, GAP, PAUSE_MAX, PAUSE_MIN, SMALL};

/// Returns a turn these verdicts. Returns whether a pause follows.
fn turn(burst: &mut Burst, at: Duration, heard: &[Verdict]) -> bool {
    burst.begin();
    heard.iter().for_each(|verdict| burst.hear(*verdict));
    burst.pause(Instant::since_epoch(at)).is_some()
}

const ANSWER: &[Verdict] = &[Verdict::Response];
const QUERY: &[Verdict] = &[Verdict::Query];
const ECHO: &[Verdict] = &[Verdict::Ignored(Ignored::OwnEcho)];

#[test]
fn the_first_answer_is_dealt_with_at_once_and_those_that_follow_together() {
    let mut burst = Burst::default();
    let ms = Duration::from_millis;
    assert!(!turn(&mut burst, ms(100), ANSWER));
    assert!(turn(&mut burst, ms(101), ANSWER));
    assert!(turn(&mut burst, ms(102), ANSWER));
    assert!(
        !turn(&mut burst, ms(102) + GAP, ANSWER),
        "the burst is over"
    );
}

#[test]
fn a_query_is_never_kept_waiting_for_the_sake_of_a_burst() {
    let mut burst = Burst::default();
    for millis in 100..110 {
        assert!(!turn(&mut burst, Duration::from_millis(millis), QUERY));
    }
}

#[test]
fn a_turn_for_something_else_neither_pauses_nor_ends_a_burst() {
    let mut burst = Burst::default();
    let ms = Duration::from_millis;
    assert!(!turn(&mut burst, ms(100), ANSWER));
    assert!(!turn(&mut burst, ms(101), &[]));
    assert!(turn(&mut burst, ms(102), ANSWER));
}

#[test]
fn a_query_between_own_answers_is_not_kept_waiting() {
    let mut burst = Burst::default();
    for at in 100..110 {
        let heard = if at % 2 == 0 { QUERY } else { ECHO };
        assert!(!turn(&mut burst, Duration::from_millis(at), heard));
    }
}

#[test]
fn a_query_between_answers_of_others_is_not_kept_waiting() {
    let mut burst = Burst::default();
    for at in 100..110 {
        let heard = if at % 2 == 0 { QUERY } else { ANSWER };
        assert!(!turn(&mut burst, Duration::from_millis(at), heard));
    }
}

#[test]
fn what_is_left_unread_is_read_without_a_pause() {
    let mut burst = Burst::default();
    for at in 100..110 {
        burst.begin();
        burst.hear(Verdict::Response);
        burst.cut_short();
        let pause = burst.pause(Instant::since_epoch(Duration::from_millis(at)));
        assert_eq!(pause, None);
    }
}

#[test]
fn the_pause_is_longer_while_little_is_heard() {
    for (heard, pause) in [
        (1, PAUSE_MAX),
        (SMALL - 1, PAUSE_MAX),
        (SMALL, PAUSE_MIN),
        (900, PAUSE_MIN),
    ] {
        let mut burst = Burst::default();
        for millis in [100, 101] {
            burst.begin();
            (0..heard).for_each(|_| burst.hear(Verdict::Response));
            let reported = burst.pause(Instant::since_epoch(Duration::from_millis(millis)));
            assert_eq!(reported, (millis > 100).then_some(pause), "{heard} heard");
        }
    }
}
