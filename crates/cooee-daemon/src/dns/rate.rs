//! How often something may happen.
//!
//! In:  a number per second, and who does it.
//! Out: whether it may be done now. A second's worth may be done at once.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use tokio::time::Instant;

/// How often one may do something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    interval: Duration,
}

/// Until when what was done is paid for.
#[derive(Clone, Copy, Debug)]
struct Paid(Instant);

impl Rate {
    /// Allows so many per second.
    pub(super) fn per_second(count: u32) -> Self {
        let interval = Duration::from_secs(1).checked_div(count);
        Self {
            interval: interval.unwrap_or(Duration::from_secs(1)),
        }
    }

    /// Returns until when it is paid for, if it may be done now.
    fn pay(self, before: Option<Paid>, now: Instant) -> Option<Paid> {
        let from = before.map_or(now, |Paid(until)| until.max(now));
        let until = from.checked_add(self.interval)?;
        let ahead = until.saturating_duration_since(now);
        (ahead <= Duration::from_secs(1)).then_some(Paid(until))
    }
}

/// What all together may do.
#[derive(Debug)]
pub(super) struct Shared {
    rate: Rate,
    paid: Option<Paid>,
}

impl Shared {
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, paid: None }
    }

    /// Returns whether it may be done now, and counts it if so.
    pub(super) fn allows(&mut self, now: Instant) -> bool {
        let paid = self.rate.pay(self.paid, now);
        self.paid = paid.or(self.paid);
        paid.is_some()
    }
}

/// What each source may do.
#[derive(Debug)]
pub(super) struct PerSource {
    rate: Rate,
    sources: HashMap<IpAddr, Paid>,
    /// All for which there is no room.
    others: Shared,
}

impl PerSource {
    pub(super) fn new(rate: Rate) -> Self {
        Self {
            rate,
            sources: HashMap::new(),
            others: Shared::new(rate),
        }
    }

    /// Returns whether a source may do it now, and counts it if so.
    pub(super) fn allows(&mut self, source: IpAddr, now: Instant) -> bool {
        let source = network(source);
        let before = self.sources.get(&source).copied();
        if before.is_none() && !self.has_room(now) {
            return self.others.allows(now);
        }
        let Some(paid) = self.rate.pay(before, now) else {
            return false;
        };
        self.sources.insert(source, paid);
        true
    }

    /// Makes room, if there is none, by forgetting who has asked for nothing lately.
    fn has_room(&mut self, now: Instant) -> bool {
        if self.sources.len() >= SOURCES_MAX {
            self.sources.retain(|_, Paid(until)| *until > now);
        }
        self.sources.len() < SOURCES_MAX
    }
}

/// Returns what counts as one source: an IPv4 address, or an IPv6 network of one link.
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.into(),
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
    }
}

/// How many sources are remembered. All others share what one may do.
const SOURCES_MAX: usize = 4_096;

#[cfg(test)]
mod tests {
    use super::{PerSource, Rate, SOURCES_MAX};
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::Duration;
    use tokio::time::{Instant, advance};

    fn ip(number: usize) -> IpAddr {
        Ipv4Addr::from_bits(u32::try_from(number).unwrap()).into()
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_may_ask_a_seconds_worth_at_once_and_others_are_not_affected() {
        let mut rates = PerSource::new(Rate::per_second(10));
        let allowed = |rates: &mut PerSource, source| {
            (0..100)
                .filter(|_| rates.allows(ip(source), Instant::now()))
                .count()
        };
        assert_eq!(allowed(&mut rates, 1), 10);
        assert_eq!(allowed(&mut rates, 2), 10);
        advance(Duration::from_millis(500)).await;
        assert_eq!(allowed(&mut rates, 1), 5);
        advance(Duration::from_secs(60)).await;
        assert_eq!(allowed(&mut rates, 1), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn sources_without_a_place_share_one_and_places_become_free() {
        let mut rates = PerSource::new(Rate::per_second(10));
        let now = Instant::now();
        let allowed = (0..SOURCES_MAX + 100).filter(|number| rates.allows(ip(*number), now));
        assert_eq!(allowed.count(), SOURCES_MAX + 10);
        assert_eq!(rates.sources.len(), SOURCES_MAX);
        advance(Duration::from_secs(2)).await;
        assert!(rates.allows(ip(SOURCES_MAX + 1), Instant::now()));
        assert_eq!(rates.sources.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_addresses_of_one_ipv6_network_are_one_source() {
        let mut rates = PerSource::new(Rate::per_second(2));
        let now = Instant::now();
        let mut allows = |text: &str| rates.allows(text.parse().unwrap(), now);
        assert!(allows("fd00::1") && allows("fd00::2") && !allows("fd00::3"));
        assert!(allows("fd00:0:0:1::1"));
    }
}
