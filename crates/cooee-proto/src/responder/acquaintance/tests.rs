//! Strangers are let in at their rate, acquaintances always.

use core::net::{IpAddr, Ipv4Addr};

use super::Acquaintances;
use crate::link::LinkId;
use crate::time::{Duration, Instant};

const LIMITS: (u32, usize) = (50, 1_024);

fn at_ms(ms: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(ms)
}

fn host(number: u32) -> (LinkId, IpAddr) {
    (LinkId(1), Ipv4Addr::from(0x0a00_0000 + number).into())
}

#[test]
fn strangers_come_in_at_their_rate() {
    let mut known = Acquaintances::default();
    let admitted = (0..10_000_u32).filter(|&n| known.admit(at_ms(n.into()), host(n), LIMITS));
    // A second's worth at once, then 50 a second for ten seconds.
    assert_eq!(admitted.count(), 50 + 500 - 1);
    assert_eq!(known.refused, 10_000 - 549);
}

#[test]
fn who_was_answered_is_answered_again_whatever_comes_between() {
    let mut known = Acquaintances::default();
    for n in 0..60_000_u32 {
        let now = at_ms(n.into());
        if n % 1_000 == 0 {
            assert!(known.admit(now, host(0), LIMITS), "after {n} ms");
        }
        known.admit(now, host(1 + n), LIMITS);
    }
}

#[test]
fn the_memory_is_bounded_and_the_oldest_leaves() {
    let mut known = Acquaintances::default();
    for n in 0..100_u32 {
        assert!(known.admit(at_ms(u64::from(n) * 1_000), host(n), (50, 10)));
    }
    assert_eq!(known.last.len(), 10);
    assert!(known.last.contains_key(&host(99)) && !known.last.contains_key(&host(89)));
    known.drop_link(LinkId(1));
    assert!(known.last.is_empty());
}

#[test]
fn a_rate_of_zero_lets_no_stranger_in() {
    let mut known = Acquaintances::default();
    assert!(!known.admit(at_ms(0), host(1), (0, 10)));
}
