//! Time in the engine: points on the driver's clock.
//!
//! In:  nanoseconds since an epoch that the driver chose, on a clock that counts suspend.
//! Out: [`Instant`], with saturating arithmetic: no input can make it wrap or panic.

use core::fmt;
use core::num::NonZeroU64;
use core::ops::{Add, Sub};

pub use core::time::Duration;

/// A point on the driver's clock, in nanoseconds since an epoch of the driver's choice.
///
/// The driver's clock counts suspend, so that a TTL runs while the machine sleeps. Arithmetic
/// saturates at both ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    /// One more than the nanoseconds, so that an `Option` of an instant takes no more room.
    next: NonZeroU64,
}

impl Instant {
    /// The first instant.
    pub const ZERO: Self = Self::from_nanos(0);

    /// Creates an instant from nanoseconds since the driver's epoch. The largest value is treated
    /// as the one before it.
    pub const fn from_nanos(nanos: u64) -> Self {
        let next = match NonZeroU64::new(nanos.saturating_add(1)) {
            Some(next) => next,
            None => NonZeroU64::MIN,
        };
        Self { next }
    }

    /// Creates an instant from the time since the driver's epoch.
    ///
    /// Saturates after 584 years.
    pub fn since_epoch(elapsed: Duration) -> Self {
        Self::from_nanos(nanos(elapsed))
    }

    /// Returns the nanoseconds since the driver's epoch.
    pub const fn as_nanos(self) -> u64 {
        self.next.get() - 1
    }

    /// Returns the time from `earlier` to this instant; zero if `earlier` is later.
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.as_nanos().saturating_sub(earlier.as_nanos()))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self::from_nanos(self.as_nanos().saturating_add(nanos(duration)))
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self::from_nanos(self.as_nanos().saturating_sub(nanos(duration)))
    }
}

impl Default for Instant {
    fn default() -> Self {
        Self::ZERO
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Instant").field(&self.as_nanos()).finish()
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.{:06}s",
            self.as_nanos() / NANOS_PER_SEC,
            self.as_nanos() % NANOS_PER_SEC / 1_000
        )
    }
}

/// Returns one of `parts` equal parts of a duration; with zero parts, the whole.
pub(crate) fn part_of(duration: Duration, parts: u32) -> Duration {
    duration.checked_div(parts).unwrap_or(duration)
}

/// Returns a duration in nanoseconds, at most 584 years.
pub(crate) fn nanos(duration: Duration) -> u64 {
    let whole = duration.as_secs().saturating_mul(NANOS_PER_SEC);
    whole.saturating_add(u64::from(duration.subsec_nanos()))
}

const NANOS_PER_SEC: u64 = 1_000_000_000;
pub(crate) const NANOS_PER_MILLI: u64 = 1_000_000;
