//! Bursts of answers: read together, a millisecond's worth at a time.
//!
//! In:  whether a turn has heard something, and whether any of it is urgent.
//! Out: whether to pause before the next one.
//!
//! A thousand hosts answer one question within 100 ms. To wake up for each of them, and to wake the
//! consumer each time, costs more than to deal with what they say. Queries are urgent: somebody
//! waits for the answer.

use std::time::Duration;

use cooee_proto::time::Instant;

/// What the last turn has heard.
#[derive(Debug, Default)]
pub(super) struct Burst {
    /// It has heard something.
    pub(super) heard: bool,
    /// It has heard a query, or there is more to read.
    pub(super) is_urgent: bool,
    heard_at: Option<Instant>,
}

impl Burst {
    /// Whether to pause: the second turn in a row, at the least, that has heard answers alone.
    pub(super) fn pauses(&mut self, now: Instant) -> bool {
        if !self.heard {
            return false;
        }
        let before = self.heard_at.replace(now);
        let is_soon = before.is_some_and(|before| now.saturating_since(before) < GAP);
        is_soon && !self.is_urgent
    }
}

/// How long to pause: what arrives in that time fits into the smallest of receive buffers.
pub(super) const PAUSE: Duration = Duration::from_millis(1);

/// How soon after each other turns belong to one burst: more than a pause takes on a busy machine.
const GAP: Duration = Duration::from_millis(3);

#[cfg(test)]
mod tests;
