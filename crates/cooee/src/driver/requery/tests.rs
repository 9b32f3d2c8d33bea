//! Asking again, not too soon and not too often.

use std::time::Duration;

use cooee_proto::link::LinkId;
use cooee_proto::time::Instant;

use super::{CAP, Requery, SETTLE};

const KEY: usize = 6;
const LINK: LinkId = LinkId(3);

fn at(millis: u64) -> Instant {
    Instant::since_epoch(Duration::from_millis(millis))
}

#[test]
fn what_was_dropped_is_made_up_for_once_when_no_more_is() {
    let mut missed = Requery::new();
    missed.note(at(0), KEY, LINK, 0);
    assert_eq!(missed.deadline(), None);
    missed.note(at(0), KEY, LINK, 7);
    missed.note(at(600), KEY, LINK, 9);
    missed.note(at(900), KEY, LINK, 9);
    let due = at(600) + SETTLE;
    assert_eq!(missed.deadline(), Some(due));
    assert_eq!(missed.take(due - Duration::from_millis(1)), []);
    assert_eq!(missed.take(due), [LINK]);
    assert_eq!(missed.deadline(), None);
    missed.note(at(5_000), KEY, LINK, 9);
    assert_eq!(missed.take(at(60_000)), []);
}

#[test]
fn a_flood_without_end_is_not_waited_for_and_not_asked_into_all_the_time() {
    let mut missed = Requery::new();
    let mut asked = Vec::new();
    for step in 1..=600_u32 {
        let now = at(100 * u64::from(step));
        missed.note(now, KEY, LINK, u64::from(step));
        if !missed.take(now).is_empty() {
            asked.push(now);
        }
    }
    assert_eq!(asked.len(), 5, "{asked:?}");
    for pair in asked.windows(2) {
        assert!(pair[1].saturating_since(pair[0]) >= CAP, "{asked:?}");
    }
}

#[test]
fn a_socket_opened_anew_counts_from_zero() {
    let mut missed = Requery::new();
    missed.note(at(0), KEY, LINK, 100);
    assert_eq!(missed.take(at(2_000)), [LINK]);
    missed.note(at(3_000), KEY, LINK, 0);
    assert_eq!(missed.deadline(), None);
    missed.note(at(3_000), KEY, LINK, 1);
    assert_eq!(missed.take(at(5_000)), [LINK]);
}
