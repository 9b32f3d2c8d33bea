//! Durations in few letters.
//!
//! In:  whole milliseconds, seconds or hours.
//! Out: a `Duration`.

use std::time::Duration;

/// Returns a duration of whole milliseconds.
pub const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Returns a duration of whole seconds.
pub const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// Returns a duration of whole hours.
pub const fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3_600)
}
