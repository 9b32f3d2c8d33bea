//! The rate limit: which sources are cut off, when, and which never are.

use alloc::vec::Vec;
use core::net::{Ipv4Addr, Ipv6Addr};

use super::*;

const LINK: LinkId = LinkId(1);

fn rate() -> RateLimiter {
    let limits = Limits {
        sources_max: 10_000,
        ..Limits::default()
    };
    RateLimiter::new(Some(RateLimit::default()), &limits, 42)
}

fn host(n: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + n))
}

fn at_ms(millis: u64) -> Instant {
    Instant::from_nanos(1_000_000_000_000 + millis * 1_000_000)
}

/// Returns how many of `count` packets, evenly spread over the time, are read.
fn admitted(
    rate: &mut RateLimiter,
    ip: IpAddr,
    drawing: Drawing,
    (count, from_ms, millis): (u64, u64, u64),
) -> u64 {
    let admit = |n: &u64| rate.admit(at_ms(from_ms + n * millis / count), LINK, ip, drawing);
    (0..count).filter(admit).count() as u64
}

#[test]
fn a_thousand_queries_a_second_are_cut_to_the_rate_within_a_second() {
    let mut rate = rate();
    let first = admitted(&mut rate, host(1), Drawing::Query, (1_000, 0, 1_000));
    assert!((500..=601).contains(&first), "the burst: {first}");
    let second = admitted(&mut rate, host(1), Drawing::Query, (1_000, 1_000, 1_000));
    assert!((99..=101).contains(&second), "{second}");
    assert!(rate.admit(at_ms(2_000), LINK, host(2), Drawing::Query));
    assert!(
        rate.admit(at_ms(2_010), LINK, host(1), Drawing::Query),
        "again at once when it stops"
    );
}

#[test]
fn fifty_queries_a_second_are_never_cut() {
    let mut rate = rate();
    let read = admitted(&mut rate, host(1), Drawing::Query, (30_000, 0, 600_000));
    assert_eq!(read, 30_000);
    assert_eq!(rate.violations, 0);
    assert_eq!(rate.poll_notice(), None);
}

#[test]
fn each_kind_of_packet_has_its_own_bucket_and_each_link_its_own_hosts() {
    let mut rate = rate();
    admitted(&mut rate, host(1), Drawing::Query, (5_000, 0, 1_000));
    let now = at_ms(999);
    assert!(!rate.admit(now, LINK, host(1), Drawing::Query));
    assert!(rate.admit(now, LINK, host(1), Drawing::Response));
    assert!(rate.admit(now, LinkId(2), host(1), Drawing::Query));
    let probes = admitted(&mut rate, host(1), Drawing::Probe, (5_000, 1_000, 1_000));
    assert!((500..=601).contains(&probes), "{probes}");
    let responses = (20_000, 2_000, 1_000);
    let read = admitted(&mut rate, host(1), Drawing::Response, responses);
    assert!((10_000..=11_001).contains(&read), "{read}");
}

#[test]
fn ten_thousand_forged_sources_a_second_cost_honest_ones_nothing() {
    let mut rate = rate();
    let mut noisy = 0;
    for n in 0..50_000_u32 {
        let now = at_ms(u64::from(n) / 10);
        let forged = IpAddr::V6(Ipv6Addr::from(u128::from(n) << 64 | 7));
        assert!(rate.admit(now, LINK, forged, Drawing::Query));
        if n % 200 == 0 {
            assert!(rate.admit(now, LINK, host(1), Drawing::Query), "50/s");
        }
        if n % 5 == 0 {
            noisy += u64::from(rate.admit(now, LINK, host(2), Drawing::Query));
        }
    }
    assert_eq!(rate.len(), 10_000);
    assert_eq!(rate.evicted, 40_002);
    assert!(
        noisy <= 1_001,
        "2,000/s for 5 s, heard all the time: {noisy}"
    );
    let notices: Vec<Notice> = core::iter::from_fn(|| rate.poll_notice()).collect();
    let filling = Notice::SourcesFilling {
        tracked: 8_000,
        max: 10_000,
    };
    let limited = Notice::SourceLimited {
        link: LINK,
        source: host(2),
    };
    assert_eq!(notices, [limited, filling]);
}

#[test]
fn who_is_silent_for_a_minute_is_forgotten_and_a_filled_table_is_told_again() {
    let mut rate = rate();
    for round in 0..3 {
        for n in 0..9_000 {
            let newcomer = host(round * 10_000 + n);
            let now = at_ms(u64::from(round) * 61_000);
            assert!(rate.admit(now, LINK, newcomer, Drawing::Query));
        }
        assert_eq!(rate.len(), 9_000);
        let notice = rate.poll_notice();
        assert!(matches!(notice, Some(Notice::SourcesFilling { .. })));
        assert_eq!(rate.poll_notice(), None);
    }
    assert_eq!(rate.evicted, 0);
}

#[test]
fn a_violation_is_told_once_until_the_source_has_calmed_down() {
    let mut rate = rate();
    for start in [0, 100_000, 200_000] {
        admitted(&mut rate, host(1), Drawing::Query, (2_000, start, 1_000));
        assert!(rate.poll_notice().is_some());
        assert_eq!(rate.poll_notice(), None);
    }
    assert_eq!(rate.violations, 3);
}

#[test]
fn a_cool_down_silences_a_source_and_leaves_it_its_probes() {
    let limit = RateLimit {
        cool_down: Some(Duration::from_secs(60)),
        ..RateLimit::default()
    };
    let mut rate = RateLimiter::new(Some(limit), &Limits::default(), 42);
    let first = admitted(&mut rate, host(1), Drawing::Query, (1_000, 0, 0));
    assert_eq!(first, 500);
    for millis in [1_000, 30_000, 59_999] {
        assert!(!rate.admit(at_ms(millis), LINK, host(1), Drawing::Query));
        assert!(!rate.admit(at_ms(millis), LINK, host(1), Drawing::Response));
        assert!(rate.admit(at_ms(millis), LINK, host(1), Drawing::Probe));
    }
    assert!(rate.admit(at_ms(60_000), LINK, host(1), Drawing::Query));
}

#[test]
fn without_a_limit_nobody_is_remembered() {
    let mut rate = RateLimiter::new(None, &Limits::default(), 42);
    let read = admitted(&mut rate, host(1), Drawing::Query, (5_000, 0, 1));
    assert_eq!((read, rate.len()), (5_000, 0));
}

#[test]
fn only_so_many_notices_come_at_once_and_then_one_a_second() {
    let mut rate = rate();
    let reported = |rate: &mut RateLimiter| core::iter::from_fn(|| rate.poll_notice()).count();
    let mut count = 0;
    for n in 0..100 {
        admitted(&mut rate, host(n), Drawing::Query, (1_000, 0, 1));
        count += reported(&mut rate);
    }
    assert_eq!((count, rate.notices_dropped), (16, 84));
    for n in 100..200 {
        admitted(&mut rate, host(n), Drawing::Query, (1_000, 3_000, 1));
    }
    assert_eq!((reported(&mut rate), rate.violations), (3, 200));
}

#[test]
fn half_of_all_answers_is_reserved_for_short_lists_and_each_one_taken_back_is_granted_again() {
    let limit = RateLimit {
        all_answers: Rate::new(1, 400),
        ..RateLimit::default()
    };
    let mut rate = RateLimiter::new(Some(limit), &Limits::default(), 42);
    let mut granted = |n, count| rate.grant_answers(at_ms(0), (LINK, host(n)), count);
    assert_eq!([granted(1, 150), granted(2, 150)], [150, 50]);
    assert_eq!(granted(3, FEW_ANSWERS_MAX + 1), 0);
    assert_eq!(granted(4, FEW_ANSWERS_MAX), FEW_ANSWERS_MAX);
    for _ in 0..FEW_ANSWERS_MAX + 3 {
        rate.take_back_answer();
    }
    assert_eq!(rate.grant_answers(at_ms(0), (LINK, host(5)), 150), 3);
}

#[test]
fn notices_that_nobody_polls_are_dropped_beyond_the_limit() {
    let mut rate = rate();
    for n in 0..20 {
        let at = u64::from(n) * 10_000;
        admitted(&mut rate, host(n), Drawing::Query, (1_000, at, 1));
    }
    let waiting = core::iter::from_fn(|| rate.poll_notice()).count();
    assert_eq!((waiting, rate.notices_dropped), (16, 4));
}

#[test]
fn a_silent_source_is_remembered_for_a_whole_minute() {
    let mut rate = rate();
    for (millis, newcomer, remembered) in [(0, 1, 1), (60_000, 2, 2), (60_001, 3, 2)] {
        assert!(rate.admit(at_ms(millis), LINK, host(newcomer), Drawing::Query));
        assert_eq!(rate.len(), remembered, "at {millis} ms");
    }
}
