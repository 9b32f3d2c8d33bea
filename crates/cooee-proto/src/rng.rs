//! The engine's random numbers: everything random comes from one seed.
//!
//! In:  a seed.
//! Out: delays and jitters; the same seed gives the same ones.

use crate::time::Duration;

/// A seeded source of random delays.
#[derive(Clone, Debug)]
pub(crate) struct Rng(fastrand::Rng);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// Returns a number for seeding something else.
    pub(crate) fn seed(&mut self) -> u64 {
        self.0.u64(..)
    }

    /// Returns a number drawn uniformly from those below `end`; 0 if there are none.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        match end {
            0 => 0,
            end => self.0.u64(..end),
        }
    }

    /// Returns a delay drawn uniformly from `min` to `max`, both included, to the nanosecond.
    pub(crate) fn delay(&mut self, min: Duration, max: Duration) -> Duration {
        let span = u64::try_from(max.saturating_sub(min).as_nanos()).unwrap_or(u64::MAX);
        min.saturating_add(Duration::from_nanos(self.0.u64(..=span)))
    }
}
