//! Pauses come within bursts of answers and nowhere else.

use std::time::Duration;

use cooee_proto::time::Instant;

use super::{Burst, FEW, GAP, PAUSE_MAX, PAUSE_MIN};

fn turn(burst: &mut Burst, at: Duration, heard: bool, is_urgent: bool) -> bool {
    (burst.heard, burst.is_urgent) = (usize::from(heard), is_urgent);
    burst.pause(Instant::since_epoch(at)).is_some()
}

#[test]
fn the_first_answer_is_dealt_with_at_once_and_those_that_follow_together() {
    let mut burst = Burst::default();
    let ms = Duration::from_millis;
    assert!(!turn(&mut burst, ms(100), true, false));
    assert!(turn(&mut burst, ms(101), true, false));
    assert!(turn(&mut burst, ms(102), true, false));
    assert!(
        !turn(&mut burst, ms(102) + GAP, true, false),
        "the burst is over"
    );
}

#[test]
fn a_query_is_never_kept_waiting_for_the_sake_of_a_burst() {
    let mut burst = Burst::default();
    for millis in 100..110 {
        assert!(!turn(&mut burst, Duration::from_millis(millis), true, true));
    }
}

#[test]
fn a_turn_for_something_else_neither_pauses_nor_ends_a_burst() {
    let mut burst = Burst::default();
    let ms = Duration::from_millis;
    assert!(!turn(&mut burst, ms(100), true, false));
    assert!(!turn(&mut burst, ms(101), false, false));
    assert!(turn(&mut burst, ms(102), true, false));
}

#[test]
fn the_pause_is_longer_while_little_is_heard() {
    for (heard, pause) in [
        (1, PAUSE_MAX),
        (FEW - 1, PAUSE_MAX),
        (FEW, PAUSE_MIN),
        (900, PAUSE_MIN),
    ] {
        let mut burst = Burst::default();
        for millis in [100, 101] {
            burst.heard = heard;
            let told = burst.pause(Instant::since_epoch(Duration::from_millis(millis)));
            assert_eq!(told, (millis > 100).then_some(pause), "{heard} heard");
        }
    }
}
