//! How intervals grow.

use alloc::vec::Vec;

use super::*;

const HOUR: Duration = Duration::from_secs(3_600);

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn at(since: u64) -> Instant {
    Instant::ZERO + secs(since)
}

fn straight(next: Instant, _: Duration) -> Instant {
    next
}

/// Returns the intervals, in seconds, of a series of silent queries of so many packets.
fn intervals(packets: u32, count: usize) -> Vec<u64> {
    let mut interval = Duration::ZERO;
    let next = |_| {
        interval = interval_after(interval, packets, false, HOUR);
        interval.as_secs()
    };
    (0..count).map(next).collect()
}

#[test]
fn one_packet_doubles_the_interval_up_to_an_hour() {
    let doubling = [
        1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 3_600, 3_600,
    ];
    assert_eq!(intervals(1, 14), doubling);
    assert_eq!(intervals(0, 14), doubling);
}

#[test]
fn several_packets_lengthen_the_interval_up_to_six_minutes_and_then_it_doubles() {
    let two = [2, 8, 32, 128, 360, 720, 1_440, 2_880, 3_600];
    assert_eq!(intervals(2, 9), two);
    assert_eq!(intervals(19, 6), [19, 360, 720, 1_440, 2_880, 3_600]);
    assert_eq!(intervals(u32::MAX, 4), [360, 720, 1_440, 2_880]);
}

#[test]
fn an_interval_at_least_doubles_and_news_make_it_just_double() {
    for before in (0..3_700).map(secs) {
        let doubled = (before * 2).max(secs(1)).min(HOUR);
        for packets in [0, 1, 2, 19, 70] {
            assert!(interval_after(before, packets, false, HOUR) >= doubled);
            assert_eq!(interval_after(before, packets, true, HOUR), doubled);
        }
    }
}

#[test]
fn no_cost_exceeds_the_longest_interval_of_a_question() {
    assert_eq!(interval_after(secs(8), 70, false, secs(60)), secs(60));
}

#[test]
fn news_in_time_bring_the_next_query_back_to_where_it_would_have_been() {
    let mut series = Series::new(at(10), false);
    series.advance(at(10), 1, HOUR, straight);
    series.advance(at(11), 19, HOUR, straight);
    assert_eq!(series.next, at(11) + secs(38));
    series.hasten(at(12));
    assert_eq!(series.next, at(13));
    series.advance(at(13), 1, HOUR, straight);
    assert_eq!(series.next, at(17), "the interval counts as the normal one");
}

#[test]
fn late_news_bring_it_forward_but_the_interval_still_doubles() {
    let mut series = Series::new(at(10), false);
    series.advance(at(10), 1, HOUR, straight);
    series.advance(at(11), 19, HOUR, straight);
    series.hasten(at(21));
    assert_eq!(series.next, at(31), "ten seconds have passed, and ten more");
    let mut series = Series::new(at(10), false);
    series.advance(at(10), 1, HOUR, straight);
    series.advance(at(11), 19, HOUR, straight);
    series.hasten(at(40));
    assert_eq!(series.next, at(49), "never later than planned");
}

#[test]
fn a_series_that_was_not_postponed_is_not_hastened() {
    let mut series = Series::new(at(10), false);
    series.advance(at(10), 1, HOUR, straight);
    series.advance(at(11), 1, HOUR, straight);
    series.hasten(at(12));
    assert_eq!(series.next, at(13));
}

#[test]
fn an_aligned_query_keeps_its_postponement() {
    let mut series = Series::new(at(10), false);
    series.advance(at(10), 1, HOUR, straight);
    series.advance(at(11), 19, HOUR, |next, interval| next + interval / 50);
    assert_eq!(series.next, at(11) + Duration::from_millis(38_760));
    series.hasten(at(11));
    assert_eq!(series.next, at(11) + Duration::from_millis(2_760));
}
