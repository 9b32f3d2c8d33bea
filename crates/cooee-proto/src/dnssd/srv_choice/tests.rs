//! Which of several SRV records counts: by priority, by weight, by age.

use alloc::vec::Vec;

use super::*;
use crate::time::Duration;

fn at_ms(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

/// Returns a record of a priority and a weight; the port identifies it.
fn srv(priority: u16, weight: u16, port: u16) -> Srv {
    Srv {
        priority,
        weight,
        port,
        target: "host.local".parse().unwrap(),
    }
}

fn targets(records: &[Srv], rng: &mut Rng) -> Targets {
    let mut targets = Targets::default();
    for record in records {
        targets.add(Instant::ZERO, SourceId::default(), record, rng);
    }
    targets
}

fn port(targets: &Targets) -> Option<u16> {
    targets.chosen().map(|srv| srv.port)
}

/// Returns how often each of the records is chosen when they come together.
fn shares(records: &[Srv]) -> Vec<u32> {
    let mut counts = alloc::vec![0; records.len()];
    let mut rng = Rng::new(7);
    for _ in 0..10_000 {
        let chosen = port(&targets(records, &mut rng));
        let at = records
            .iter()
            .position(|record| Some(record.port) == chosen);
        counts[at.unwrap()] += 1;
    }
    counts
}

//= https://www.rfc-editor.org/rfc/rfc6763#section-5
//= type=test
//# In the event that more than one SRV is returned, clients MUST
//# correctly interpret the priority and weight fields -- i.e., lower-
//# numbered priority servers should be used in preference to higher-
//# numbered priority servers, and servers with equal priority should be
//# selected randomly in proportion to their relative weights.
#[test]
fn the_lowest_priority_is_chosen_and_among_equals_the_weights_decide() {
    assert_eq!(
        shares(&[srv(1, 900, 1), srv(0, 1, 2), srv(7, 9, 3)]),
        [0, 10_000, 0]
    );
    let counts = shares(&[srv(0, 10, 1), srv(0, 30, 2), srv(0, 60, 3), srv(0, 0, 4)]);
    assert!((900..1_100).contains(&counts[0]), "{counts:?}");
    assert!((2_800..3_200).contains(&counts[1]), "{counts:?}");
    assert!((5_800..6_200).contains(&counts[2]), "{counts:?}");
    assert!(counts[3] < 10, "{counts:?}");
    let counts = shares(&[srv(0, 0, 1), srv(0, 0, 2)]);
    assert!((4_800..5_200).contains(&counts[0]), "{counts:?}");
}

#[test]
fn whoever_leaves_is_succeeded_by_the_next_best() {
    let records = [srv(0, 0, 1), srv(1, 0, 2), srv(2, 0, 3)];
    let mut rng = Rng::new(1);
    let mut targets = targets(&records, &mut rng);
    let left = records.iter().map(|record| {
        let before = port(&targets);
        targets.remove(at_ms(5_000), record, &mut rng);
        before
    });
    assert_eq!(left.collect::<Vec<_>>(), [Some(1), Some(2), Some(3)]);
    assert_eq!(port(&targets), None);
}

#[test]
fn a_choice_stays_until_there_is_a_better_one() {
    let mut rng = Rng::new(1);
    let records = [srv(1, 9, 1), srv(1, 9, 2)];
    let mut targets = targets(&records, &mut rng);
    let first = port(&targets);
    targets.add(Instant::ZERO, SourceId::default(), &srv(2, 0, 3), &mut rng);
    targets.remove(at_ms(9_000), &srv(2, 0, 3), &mut rng);
    assert_eq!(port(&targets), first);
    targets.add(at_ms(9_000), SourceId::default(), &srv(0, 0, 4), &mut rng);
    assert_eq!(port(&targets), Some(4));
}

#[test]
fn the_draw_is_repeated_among_those_that_are_left() {
    let mut counts = [0; 2];
    let mut rng = Rng::new(3);
    for _ in 0..1_000 {
        let records = [srv(0, 0, 1), srv(1, 10, 2), srv(1, 30, 3)];
        let mut targets = targets(&records, &mut rng);
        targets.remove(at_ms(5_000), &records[0], &mut rng);
        counts[usize::from(port(&targets) == Some(3))] += 1;
    }
    assert!((700..800).contains(&counts[1]), "{counts:?}");
}

#[test]
fn a_later_record_stands_in_for_what_it_probably_replaces() {
    let mut rng = Rng::new(1);
    let old = srv(0, 0, 1);
    let mut targets = targets(core::slice::from_ref(&old), &mut rng);
    targets.add(at_ms(5_000), SourceId::default(), &srv(3, 0, 2), &mut rng);
    assert_eq!(port(&targets), Some(2), "even if its priority is worse");
    targets.remove(at_ms(6_000), &old, &mut rng);
    assert_eq!(port(&targets), Some(2));
}

#[test]
fn what_outlives_the_second_after_a_newer_record_counts_again() {
    let mut rng = Rng::new(1);
    let mut targets = targets(&[srv(0, 0, 1)], &mut rng);
    targets.add(at_ms(5_000), SourceId::default(), &srv(3, 0, 2), &mut rng);
    let third = srv(4, 0, 3);
    targets.add(at_ms(5_500), SourceId::default(), &third, &mut rng);
    assert_eq!(port(&targets), Some(2));
    targets.remove(at_ms(7_000), &third, &mut rng);
    assert_eq!(port(&targets), Some(1));
}
