//! So many at a time, in rotation, and none is forgotten.

use super::*;

fn at_ms(millis: u64) -> Instant {
    Instant::from_nanos(millis * 1_000_000)
}

fn changed(count: usize) -> Changed {
    let mut changed = Changed::default();
    for n in 0..count {
        changed.insert(ServiceId(u32::try_from(n).unwrap()));
    }
    changed
}

#[test]
fn few_services_are_looked_at_at_once() {
    let mut changed = changed(SERVICES_REPORTED_MAX);
    assert_eq!(changed.take(at_ms(1), false).len(), SERVICES_REPORTED_MAX);
    assert_eq!(changed.next_deadline(), None);
}

#[test]
fn of_many_services_so_many_are_looked_at_at_a_time() {
    let mut changed = changed(2 * SERVICES_REPORTED_MAX + 1);
    let pause = SERVICES_REPORTED_PAUSE;
    assert_eq!(changed.take(at_ms(1), false).len(), SERVICES_REPORTED_MAX);
    assert_eq!(changed.next_deadline(), Some(at_ms(1) + pause));
    assert_eq!(
        changed.take(at_ms(2), false).len(),
        0,
        "further packets change nothing"
    );
    assert_eq!(
        changed.take(at_ms(1) + pause, false).len(),
        SERVICES_REPORTED_MAX
    );
    assert_eq!(changed.take(at_ms(1) + pause + pause, false).len(), 1);
    assert_eq!(changed.next_deadline(), None);
}

#[test]
fn services_that_change_all_the_time_keep_no_others_waiting() {
    let mut changed = changed(SERVICES_REPORTED_MAX + 1);
    let first = changed.take(at_ms(1), false);
    for id in first {
        changed.insert(id);
    }
    let next = changed.take(at_ms(1) + SERVICES_REPORTED_PAUSE, false);
    assert_eq!(
        next.first(),
        Some(&ServiceId(u32::try_from(SERVICES_REPORTED_MAX).unwrap()))
    );
}

#[test]
fn a_service_that_is_gone_is_not_looked_at() {
    let mut changed = changed(2);
    changed.remove(ServiceId(0));
    assert_eq!(changed.take(at_ms(1), false), [ServiceId(1)]);
}

#[test]
fn when_none_waits_others_follow_after_a_pause() {
    let mut changed = changed(SERVICES_REPORTED_MAX + 1);
    assert!(!changed.is_behind(at_ms(1)));
    changed.take(at_ms(1), false);
    assert!(changed.is_behind(at_ms(1)));
    let then = at_ms(1) + SERVICES_REPORTED_PAUSE;
    assert_eq!(changed.take(then, true).len(), 1);
    assert!(changed.is_behind(then));
    assert_eq!(
        changed.next_deadline(),
        Some(then + SERVICES_REPORTED_PAUSE)
    );
    assert!(!changed.is_behind(then + SERVICES_REPORTED_PAUSE));
    changed.take(then + SERVICES_REPORTED_PAUSE, false);
    assert_eq!(changed.next_deadline(), None);
}
