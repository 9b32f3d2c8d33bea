//! A turn's reading ends by number or by time, whichever comes first.

use std::time::Duration;

use cooee_proto::time::Instant;

use super::{Budget, DATAGRAMS_MAX, TIME_MAX};

#[test]
fn reading_ends_after_so_many_datagrams() {
    let start = Instant::from_nanos(5);
    let mut budget = Budget::new(start);
    budget.spend(DATAGRAMS_MAX - 1);
    assert!(!budget.is_spent(start));
    budget.spend(64);
    assert!(budget.is_spent(start));
}

#[test]
fn reading_ends_after_so_much_time() {
    let start = Instant::from_nanos(5);
    let budget = Budget::new(start);
    assert!(!budget.is_spent(start + (TIME_MAX - Duration::from_nanos(1))));
    assert!(budget.is_spent(start + TIME_MAX));
}
