//! Bursts of answers: read together, some dozens at a time.
//!
//! In:  how much a turn has heard, and whether any of it is urgent.
//! Out: how long to pause before the next one.
//!
//! A thousand hosts answer one question within 100 ms. To wake up for each of them, and to wake the
//! consumer each time, costs more than to deal with what they say. Queries are urgent: somebody
//! waits for the answer.

use std::time::Duration;

use cooee_proto::time::Instant;

/// What the last turn has heard.
#[derive(Debug, Default)]
pub(super) struct Burst {
    /// How many datagrams it has heard.
    pub(super) heard: usize,
    /// It has heard a query, or there is more to read.
    pub(super) is_urgent: bool,
    heard_at: Option<Instant>,
}

impl Burst {
    /// How long to pause: from the second turn in a row on that has heard answers alone, and the
    /// longer the fewer they were, so that a turn finds some dozens.
    pub(super) fn pause(&mut self, now: Instant) -> Option<Duration> {
        if self.heard == 0 {
            return None;
        }
        let before = self.heard_at.replace(now);
        let is_soon = before.is_some_and(|before| now.saturating_since(before) < GAP);
        if !is_soon || self.is_urgent {
            return None;
        }
        Some(if self.heard < FEW {
            PAUSE_MAX
        } else {
            PAUSE_MIN
        })
    }
}

/// The shorter pause: what arrives in that time, however fast, fits into the smallest of receive
/// buffers.
const PAUSE_MIN: Duration = Duration::from_millis(1);

/// The longer one, while little is heard.
const PAUSE_MAX: Duration = Duration::from_millis(4);

/// How many datagrams in one turn are little. Four times as many still fit into Linux's default
/// buffer of 208 KiB.
const FEW: usize = 48;

/// How soon after each other turns belong to one burst: more than a pause takes on a busy machine.
const GAP: Duration = Duration::from_millis(8);

#[cfg(test)]
mod tests;
