//! How long a datagram has waited to be read.
//!
//! In:  the kernel's stamps, which are times of the wall clock; both clocks at each reading.
//! Out: ages. A datagram that arrived before the wall clock was set has none.

use std::time::Duration;

/// The readings of two clocks, and what they reveal about stamps.
#[derive(Debug, Default)]
pub(crate) struct Ages {
    last: Option<Reading>,
    /// Stamps before this time, on the monotonic clock, are not trusted.
    trusted_from: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Reading {
    wall: Duration,
    steady: Duration,
}

impl Ages {
    /// Takes a reading of the wall clock and of the monotonic clock.
    pub(crate) fn read(&mut self, wall: Duration, steady: Duration) {
        if let Some(last) = self.last {
            let steady_passed = steady.saturating_sub(last.steady);
            let wall_passed = wall.checked_sub(last.wall);
            let is_set = wall_passed.is_none_or(|wall| wall.abs_diff(steady_passed) > STEP_MIN);
            if is_set {
                self.trusted_from = steady;
            }
        }
        self.last = Some(Reading { wall, steady });
    }

    /// Returns how long before the last reading a datagram arrived, by its stamp; zero if that is
    /// unknown.
    pub(crate) fn of(&self, stamp: Duration) -> Duration {
        let Some(Reading { wall, steady }) = self.last else {
            return Duration::ZERO;
        };
        let age = wall.saturating_sub(stamp);
        let came = steady.checked_sub(age);
        came.filter(|came| *came >= self.trusted_from)
            .map_or(Duration::ZERO, |_| age)
    }
}

/// If two clocks differ by more than this since the last reading, one of them was set. A clock that
/// is being slewed gains or loses half a millisecond per second.
const STEP_MIN: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
