//! A clock that counts the time a machine sleeps, and a way to detect that it slept.
//!
//! In:  the operating system's clocks.
//! Out: [`Clock::now`], which never goes backwards and does not follow clock changes;
//!      [`ResumeDetector`].

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::time::Duration;

#[cfg(unix)]
use unix as os;
#[cfg(windows)]
use windows as os;

/// The clock of Multicast DNS. It counts suspend, so that a TTL runs while a laptop sleeps.
#[derive(Debug, Clone, Copy)]
pub struct Clock;

impl Clock {
    /// Returns the time since an arbitrary point (usually the start of the machine), with suspend.
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the one place that reads clocks"
    )]
    pub fn now() -> Duration {
        os::with_suspend()
    }

    /// Returns the time since 1970, by a clock that may be set at any moment.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(crate) fn wall() -> Duration {
        os::wall()
    }

    /// Returns the time the machine was awake, since an arbitrary point.
    pub fn awake() -> Duration {
        os::without_suspend()
    }
}

/// Detects that the machine slept, by comparing a clock that counts sleep with one that does not.
///
/// On systems where both clocks are the same (FreeBSD, Wine) it never reports anything.
#[derive(Debug, Clone)]
pub struct ResumeDetector {
    with_suspend: Duration,
    without_suspend: Duration,
}

impl ResumeDetector {
    /// Starts to compare from the current time.
    pub fn new() -> Self {
        Self::starting_at(Clock::now(), Clock::awake())
    }

    /// Starts to compare from two given readings.
    pub fn starting_at(with_suspend: Duration, without_suspend: Duration) -> Self {
        Self {
            with_suspend,
            without_suspend,
        }
    }

    /// Reads the clocks. Returns how long the machine slept since the last call, if it did.
    pub fn check(&mut self) -> Option<Duration> {
        self.observe(Clock::now(), Clock::awake())
    }

    /// Compares two given readings with the ones before. Returns how long the machine slept.
    pub fn observe(
        &mut self,
        with_suspend: Duration,
        without_suspend: Duration,
    ) -> Option<Duration> {
        let passed = with_suspend.saturating_sub(self.with_suspend);
        let awake = without_suspend.saturating_sub(self.without_suspend);
        self.with_suspend = with_suspend;
        self.without_suspend = without_suspend;
        let slept = passed.saturating_sub(awake);
        (slept >= SLEEP_MIN).then_some(slept)
    }
}

impl Default for ResumeDetector {
    fn default() -> Self {
        Self::new()
    }
}

/// Differences below this are the time between two clock readings, not sleep.
const SLEEP_MIN: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests;
