//! Shares of a limited number of places, so that one source cannot take all of them.
//!
//! In:  sources that come and go.
//! Out: whether there is a place.

use std::collections::HashMap;
use std::net::IpAddr;

use super::rate::one_source;

/// How many places each source has taken. One source gets a quarter of them at most. What counts as
/// one is the same as for [`PerSource`](super::rate::PerSource).
#[derive(Debug)]
pub(super) struct Sources {
    each_max: usize,
    taken: HashMap<IpAddr, usize>,
}

impl Sources {
    /// Makes so many places.
    pub(super) fn new(places_max: usize) -> Self {
        Self {
            each_max: places_max.div_ceil(PART),
            taken: HashMap::new(),
        }
    }

    /// Counts one more, unless the source has its share.
    pub(super) fn enter(&mut self, source: IpAddr) -> bool {
        let count = self.taken.entry(one_source(source)).or_default();
        let has_room = *count < self.each_max;
        if has_room {
            *count = count.saturating_add(1);
        }
        has_room
    }

    /// Counts one less.
    pub(super) fn leave(&mut self, source: IpAddr) {
        let source = one_source(source);
        match self.taken.get_mut(&source) {
            Some(count) if *count > 1 => *count = count.saturating_sub(1),
            Some(_) | None => {
                self.taken.remove(&source);
            }
        }
    }
}

/// The share of one source: one of so many parts.
const PART: usize = 4;

#[cfg(test)]
mod tests {
    use super::{PART, Sources};
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    #[test]
    fn one_source_gets_a_quarter_of_the_places_and_gives_them_back() {
        let mut sources = Sources::new(128);
        let [one, other] = [1, 2].map(|last| IpAddr::from(Ipv4Addr::new(10, 0, 0, last)));
        let entered = (0..128).filter(|_| sources.enter(one)).count();
        assert_eq!(entered, 128 / PART);
        assert!(sources.enter(other));
        sources.leave(one);
        assert!(sources.enter(one) && !sources.enter(one));
        (0..128).for_each(|_| sources.leave(one));
        sources.leave(other);
        assert!(sources.taken.is_empty());
    }

    #[test]
    fn a_host_with_many_ipv6_addresses_gets_one_share() {
        let mut sources = Sources::new(128);
        let addresses = (1..=128_u128).map(|last| Ipv6Addr::from_bits((0xfd00 << 112) | last));
        let entered = addresses.filter(|address| sources.enter((*address).into()));
        assert_eq!(entered.count(), 128 / PART);
    }
}
