//! Waits for a burst of changes to settle, up to a limit.
//!
//! In:  the times of changes. Out: when to act on them, once per burst.

use std::time::Duration;

/// Merges bursts of changes: acts when nothing has changed for a while, and at the latest some time
/// after the first change.
///
/// Times are readings of one clock, given by the caller.
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
    /// Creates a damper with the usual times.
    pub fn new() -> Self {
        Self::with(SETTLE, CAP)
    }

    /// Creates a damper that acts `settle` after the last change of a burst, and at most `cap`
    /// after its first.
    pub fn with(settle: Duration, cap: Duration) -> Self {
        Self {
            settle,
            cap,
            burst: None,
        }
    }

    /// Records a change.
    pub fn note(&mut self, now: Duration) {
        let first = self.burst.map_or(now, |burst| burst.first);
        self.burst = Some(Burst { first, last: now });
    }

    /// Returns the time to act, if there is something to act on.
    pub fn deadline(&self) -> Option<Duration> {
        self.burst.map(|burst| {
            let settled = burst.last.saturating_add(self.settle);
            settled.min(burst.first.saturating_add(self.cap))
        })
    }

    /// Returns true, once per burst, when the time to act has come.
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

/// The events of an interface that comes up are this close together.
const SETTLE: Duration = Duration::from_millis(200);

/// An interface that flaps for longer is handled once per second.
const CAP: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
