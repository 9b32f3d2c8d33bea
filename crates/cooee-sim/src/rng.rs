//! Random numbers of the virtual world: one seed in, the same numbers out, on every machine.
//!
//! In:  a 64-bit seed.
//! Out: uniform numbers, durations and coin tosses; child seeds for nodes.

use core::time::Duration;

/// Yields a reproducible stream of numbers from a seed (SplitMix64).
#[derive(Clone, Debug)]
pub struct Rng {
    state: u64,
}

impl Rng {
    /// Returns a generator whose whole stream follows from `seed`.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Returns 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number in `0..bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.bits()) * u128::from(bound);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// Returns true with probability `p` (0 never, 1 always).
    pub fn chance(&mut self, p: f64) -> bool {
        if p <= 0.0 {
            return false;
        }
        // 53 bits are all an f64 can hold exactly.
        let unit = (self.bits() >> 11) as f64 / (1u64 << 53) as f64;
        unit < p
    }

    /// Returns a duration uniform in `low..=high`, to the nanosecond.
    pub fn between(&mut self, low: Duration, high: Duration) -> Duration {
        let span = u64::try_from(high.saturating_sub(low).as_nanos()).unwrap_or(u64::MAX - 1);
        low + Duration::from_nanos(self.below(span.saturating_add(1)))
    }

    /// Returns a seed for a child, so that children do not disturb each other's streams.
    pub fn fork(&mut self) -> u64 {
        self.bits()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_give_equal_streams_and_others_differ() {
        let stream = |seed| {
            let mut rng = Rng::new(seed);
            (0..100).map(move |_| rng.bits()).collect::<Vec<_>>()
        };
        assert_eq!(stream(7), stream(7));
        assert_ne!(stream(7), stream(8));
    }

    #[test]
    fn below_stays_below_and_reaches_both_ends() {
        let mut rng = Rng::new(1);
        let drawn: Vec<u64> = (0..1000).map(|_| rng.below(4)).collect();
        assert!(drawn.iter().all(|&n| n < 4));
        assert!((0..4).all(|n| drawn.contains(&n)));
        assert_eq!(rng.below(0), 0);
    }

    #[test]
    fn chance_is_never_certain_always_and_fair() {
        let mut rng = Rng::new(2);
        assert!((0..1000).all(|_| !rng.chance(0.0)));
        assert!((0..1000).all(|_| rng.chance(1.0)));
        let heads = (0..10_000).filter(|_| rng.chance(0.2)).count();
        assert!((1_800..2_200).contains(&heads), "{heads}");
    }

    #[test]
    fn between_includes_both_bounds() {
        let mut rng = Rng::new(3);
        let (low, high) = (Duration::from_nanos(5), Duration::from_nanos(7));
        let drawn: Vec<_> = (0..200).map(|_| rng.between(low, high)).collect();
        assert!(drawn.contains(&low) && drawn.contains(&high));
        assert!(drawn.iter().all(|d| (low..=high).contains(d)));
    }
}
