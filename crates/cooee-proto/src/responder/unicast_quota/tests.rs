//! Unknown peers are admitted at their rate, recent peers always, those that ask again before
//! others.

use core::net::{IpAddr, Ipv4Addr};

use super::UnicastQuota;
use crate::limits::Limits;
use crate::link::LinkId;
use crate::time::{Duration, Instant};

fn at_ms(ms: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(ms)
}

fn host(number: u32) -> (LinkId, IpAddr) {
    (LinkId(1), Ipv4Addr::from(0x0a00_0000 + number).into())
}

fn limits(unknown_peers_per_second_max: u32, recent_peers_max: usize) -> Limits {
    Limits {
        unknown_peers_per_second_max,
        recent_peers_max,
        ..Limits::default()
    }
}

#[test]
fn strangers_come_in_at_their_rate() {
    let mut known = UnicastQuota::new(7);
    let limits = limits(50, 1_024);
    let admitted = (0..10_000_u32).filter(|&n| known.admit(at_ms(n.into()), host(n), &limits));
    // Half a second's worth at once, then 50 per second for ten seconds.
    assert_eq!(admitted.count(), 25 + 500 - 1);
    assert_eq!(known.refusals, 10_000 - 524);
}

#[test]
fn who_was_answered_is_answered_again_whatever_comes_between() {
    let mut known = UnicastQuota::new(7);
    let limits = limits(50, 1_024);
    for n in 0..60_000_u32 {
        let now = at_ms(n.into());
        if n % 1_000 == 0 {
            assert!(known.admit(now, host(0), &limits), "after {n} ms");
        }
        known.admit(now, host(1 + n), &limits);
    }
}

#[test]
fn who_asks_again_is_answered_before_those_who_have_not_asked_yet() {
    let mut known = UnicastQuota::new(7);
    let limits = limits(50, 1_024);
    for n in 0..900 {
        known.admit(at_ms(1), host(n), &limits);
    }
    assert!(!known.admit(at_ms(2), host(1_000), &limits), "once");
    assert!(!known.admit(at_ms(3), host(1_000), &limits), "a copy");
    let mut flood = 2_000..;
    for ms in 4..1_002 {
        let stranger = flood.next().expect("there is no end of them");
        known.admit(at_ms(ms), host(stranger), &limits);
    }
    assert!(known.admit(at_ms(1_002), host(1_000), &limits), "again");
    // Those that ask again are not many more than those that may: the rate holds for them, too.
    let again = (100..900).filter(|&n| known.admit(at_ms(1_003), host(n), &limits));
    assert_eq!(again.count(), 24);
}

#[test]
fn the_memory_is_bounded_and_the_oldest_leaves() {
    let mut known = UnicastQuota::new(7);
    let mut limits = limits(50, 10);
    for n in 0..100_u32 {
        assert!(known.admit(at_ms(u64::from(n) * 1_000), host(n), &limits));
    }
    assert_eq!(known.answered.len(), 10);
    assert!(known.answered.get(host(99)).is_some() && known.answered.get(host(89)).is_none());
    limits.unknown_peers_refused_max = 20;
    for n in 200..1_000_u32 {
        known.admit(at_ms(100_000), host(n), &limits);
    }
    assert_eq!(known.refused.len(), 20);
    assert!(known.refused.get(host(999)).is_some() && known.refused.get(host(979)).is_none());
    assert_eq!(known.len(), 30);
    known.drop_link(LinkId(1));
    assert_eq!(known.len(), 0);
}

#[test]
fn a_rate_of_zero_lets_no_stranger_in() {
    let mut known = UnicastQuota::new(7);
    for ms in 0..3_000 {
        assert!(!known.admit(at_ms(ms), host(1), &limits(0, 10)));
    }
}

#[test]
fn a_rate_of_one_lets_strangers_in() {
    let mut known = UnicastQuota::new(7);
    let limits = limits(1, 10);
    let admitted = (0..10).filter(|&n| known.admit(at_ms(u64::from(n) * 500), host(n), &limits));
    assert_eq!(admitted.count(), 5);
}
