//! Waits for a burst of changes to settle, but not for ever.
//!
//! In:  the times of changes. Out: when to act on them, once per burst.

use std::time::Duration;

/// Turns bursts of changes into single ones: acts when nothing changed for a while, and at the
/// latest some time after the first change.
///
/// Times are readings of one clock, which the caller gives.
#[derive(Debug, Clone)]
pub struct Damper {
    settle: Duration,
    cap: Duration,
    burst: Option<Burst>,
}

#[derive(Debug, Clone, Copy)]
struct Burst {
    first: Duration,
    last: Duration,
}

impl Damper {
    /// Makes a damper with the usual times.
    pub fn new() -> Self {
        Self::with(SETTLE, CAP)
    }

    /// Makes a damper that acts `settle` after the last change of a burst, at the latest `cap`
    /// after its first.
    pub fn with(settle: Duration, cap: Duration) -> Self {
        Self {
            settle,
            cap,
            burst: None,
        }
    }

    /// Notes a change.
    pub fn note(&mut self, now: Duration) {
        let first = self.burst.map_or(now, |burst| burst.first);
        self.burst = Some(Burst { first, last: now });
    }

    /// Gives the time to act, when there is something to act on.
    pub fn deadline(&self) -> Option<Duration> {
        self.burst.map(|burst| {
            let settled = burst.last.saturating_add(self.settle);
            settled.min(burst.first.saturating_add(self.cap))
        })
    }

    /// Tells, once per burst, that the time to act has come.
    pub fn take(&mut self, now: Duration) -> bool {
        let due = self.deadline().is_some_and(|deadline| deadline <= now);
        if due {
            self.burst = None;
        }
        due
    }
}

impl Default for Damper {
    fn default() -> Self {
        Self::new()
    }
}

/// An interface that comes up brings its events within this time of each other.
const SETTLE: Duration = Duration::from_millis(200);

/// An interface that flaps for longer is acted on once a second.
const CAP: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
