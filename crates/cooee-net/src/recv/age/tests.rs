//! Stamps of a clock that may be set.

use super::*;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

#[test]
fn an_age_is_what_passed_since_the_stamp() {
    let mut ages = Ages::default();
    assert_eq!(ages.of(secs(1_000)), Duration::ZERO, "nothing was read yet");
    ages.read(secs(1_000), secs(500));
    assert_eq!(ages.of(secs(990)), secs(10));
    // The process was stopped for 140 s.
    ages.read(secs(1_140), secs(640));
    assert_eq!(ages.of(secs(1_010)), secs(130));
    assert_eq!(ages.of(secs(1_141)), Duration::ZERO, "a stamp to come");
    assert_eq!(
        ages.of(secs(400)),
        Duration::ZERO,
        "before there was a clock"
    );
}

#[test]
fn what_came_before_the_wall_clock_was_set_has_no_age() {
    for wall in [secs(900), secs(1_000 + 315_360_000), secs(1_003)] {
        let mut ages = Ages::default();
        ages.read(secs(1_000), secs(500));
        ages.read(wall, secs(501));
        assert_eq!(ages.of(secs(999)), Duration::ZERO, "{wall:?}");
        // Later datagrams have an age.
        ages.read(wall + secs(60), secs(561));
        assert_eq!(ages.of(wall + secs(50)), secs(10), "{wall:?}");
        assert_eq!(ages.of(wall - secs(50)), Duration::ZERO, "{wall:?}");
    }
}

#[test]
fn a_clock_that_is_slewed_is_believed() {
    let mut ages = Ages::default();
    ages.read(secs(1_000), secs(500));
    let slewed = Duration::from_micros(500) * 140;
    ages.read(secs(1_140) + slewed, secs(640));
    assert_eq!(ages.of(secs(1_010) + slewed), secs(130));
}
