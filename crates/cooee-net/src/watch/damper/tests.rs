//! Bursts of changes in virtual time.

use std::time::Duration;

use super::Damper;

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[test]
fn without_a_change_there_is_nothing_to_act_on() {
    let mut damper = Damper::new();
    assert_eq!(damper.deadline(), None);
    assert!(!damper.take(ms(1_000_000)));
}

#[test]
fn one_change_is_acted_on_once_when_it_has_settled() {
    let mut damper = Damper::with(ms(200), ms(1_000));
    damper.note(ms(5_000));
    assert_eq!(damper.deadline(), Some(ms(5_200)));
    assert!(!damper.take(ms(5_199)));
    assert!(damper.take(ms(5_200)));
    assert!(!damper.take(ms(5_200)));
    assert_eq!(damper.deadline(), None);
}

#[test]
fn a_burst_is_acted_on_once_after_its_last_change() {
    let mut damper = Damper::with(ms(200), ms(1_000));
    for now in [0, 100, 250, 400] {
        damper.note(ms(now));
        assert!(!damper.take(ms(now)));
    }
    assert!(!damper.take(ms(599)));
    assert!(damper.take(ms(600)));
}

#[test]
fn an_interface_that_flaps_without_end_is_acted_on_at_the_cap() {
    let mut damper = Damper::with(ms(200), ms(1_000));
    let acted: Vec<u64> = (0..3_000)
        .step_by(50)
        .filter(|now| {
            damper.note(ms(*now));
            damper.take(ms(*now))
        })
        .collect();
    assert_eq!(acted, [1_000, 2_050]);
}

#[test]
fn the_usual_times_settle_within_a_second() {
    let mut damper = Damper::new();
    damper.note(ms(0));
    let deadline = damper.deadline().expect("a change was noted");
    assert!((ms(100)..=ms(250)).contains(&deadline), "{deadline:?}");
    damper.note(ms(999));
    assert_eq!(damper.deadline(), Some(ms(1_000)));
}
