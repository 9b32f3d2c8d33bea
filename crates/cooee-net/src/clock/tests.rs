//! The clocks go forward, and sleep is noticed.

use std::time::Duration;

use super::{Clock, ResumeDetector};

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[test]
fn both_clocks_go_forward_and_never_back() {
    let mut before = (Clock::now(), Clock::awake());
    let start = before;
    for _ in 0..100_000 {
        let now = (Clock::now(), Clock::awake());
        assert!(
            now.0 >= before.0 && now.1 >= before.1,
            "{before:?} then {now:?}"
        );
        before = now;
    }
    assert!(before.0 > start.0 && before.1 > start.1, "{start:?} still");
}

#[test]
fn an_hour_of_sleep_is_noticed_once_and_in_full() {
    let mut detector = ResumeDetector::starting_at(ms(1_000), ms(1_000));
    assert_eq!(detector.observe(ms(6_000), ms(6_000)), None);
    assert_eq!(
        detector.observe(ms(3_607_000), ms(7_000)),
        Some(ms(3_600_000))
    );
    assert_eq!(detector.observe(ms(3_608_000), ms(8_000)), None);
}

#[test]
fn the_time_between_two_readings_is_no_sleep() {
    let mut detector = ResumeDetector::starting_at(ms(0), ms(0));
    assert_eq!(detector.observe(ms(499), ms(0)), None);
    assert_eq!(detector.observe(ms(999), ms(0)), Some(ms(500)));
}

#[test]
fn clocks_that_go_back_are_no_sleep() {
    let mut detector = ResumeDetector::starting_at(ms(5_000), ms(5_000));
    assert_eq!(detector.observe(ms(4_000), ms(3_000)), None);
}
