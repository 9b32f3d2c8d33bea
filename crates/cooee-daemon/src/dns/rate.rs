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

    /// Returns until when it is paid for, if it may be done now. Some may pay further ahead than
    /// others.
    fn pay(self, before: Option<Paid>, now: Instant, ahead_max: Duration) -> Option<Paid> {
        let from = before.map_or(now, |Paid(until)| until.max(now));
        let until = from.checked_add(self.interval)?;
        let ahead = until.saturating_duration_since(now);
        (ahead <= ahead_max.max(self.interval)).then_some(Paid(until))
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
        self.allows_ahead(now, AHEAD_MAX)
    }

    fn allows_ahead(&mut self, now: Instant, ahead_max: Duration) -> bool {
        let paid = self.rate.pay(self.paid, now, ahead_max);
        self.paid = paid.or(self.paid);
        paid.is_some()
    }

    /// Returns whether it may be done now, without counting it.
    fn has_some(&self, now: Instant) -> bool {
        self.rate.pay(self.paid, now, AHEAD_MAX).is_some()
    }
}

/// What all together may do, with a part that nobody can take alone.
#[derive(Debug)]
pub(super) struct Fair {
    all: Shared,
    each: PerSource,
}

impl Fair {
    /// Allows so many per second. Half of them are kept for those who have had less than half.
    pub(super) fn per_second(count: u32) -> Self {
        let each = Rate::per_second(count.div_ceil(2));
        Self {
            all: Shared::new(Rate::per_second(count)),
            each: PerSource::new(each),
        }
    }

    /// Returns whether a source may do it now, and counts it if so.
    pub(super) fn allows(&mut self, source: IpAddr, now: Instant) -> bool {
        if !self.all.has_some(now) {
            return false;
        }
        let ahead_max = match self.each.allows(source, now) {
            true => AHEAD_MAX,
            false => HALF_AHEAD_MAX,
        };
        self.all.allows_ahead(now, ahead_max)
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
        let source = one_source(source);
        let before = self.sources.get(&source).copied();
        if before.is_none() && !self.has_room(now) {
            return self.others.allows(now);
        }
        let Some(paid) = self.rate.pay(before, now, AHEAD_MAX) else {
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
pub(super) fn one_source(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.into(),
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
    }
}

/// How far ahead of time one may be: a second's worth may be done at once.
const AHEAD_MAX: Duration = Duration::from_secs(1);

/// How far ahead of time somebody may be who has had half of what all may do.
const HALF_AHEAD_MAX: Duration = Duration::from_millis(500);

/// How many sources are remembered. All others share what one may do.
const SOURCES_MAX: usize = 4_096;

#[cfg(test)]
mod tests {
    use super::{Fair, PerSource, Rate, SOURCES_MAX};
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
    async fn one_who_takes_all_that_there_is_leaves_half_to_others() {
        let mut fair = Fair::per_second(100);
        let mut greedy = 0;
        for _ in 0..100 {
            greedy += (0..1_000)
                .filter(|_| fair.allows(ip(1), Instant::now()))
                .count();
            advance(Duration::from_millis(100)).await;
        }
        // The whole rate is there for one alone.
        assert!((1_000..=1_100).contains(&greedy), "{greedy}");
        let others = (0..50).filter(|_| fair.allows(ip(2), Instant::now()));
        assert_eq!(others.count(), 50);
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
