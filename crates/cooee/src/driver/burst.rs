//! Bursts of answers: read together, some dozens at a time.
//!
//! In:  what the engine makes of each datagram that a turn reads.
//! Out: how long to pause before the next one.
//!
//! A thousand hosts answer one question within 100 ms. To wake up for each of them, and to wake the
//! consumer each time, costs more than to deal with what they say. Queries are urgent: somebody
//! waits for the answer. Where there was one there may be more, with our own answers coming back
//! in between, which are no burst.

use std::time::Duration;

use cooee_proto::time::Instant;
use cooee_proto::transmit::{Ignored, Verdict};

/// What the last turn has heard.
#[derive(Debug, Default)]
pub(super) struct Burst {
    /// How many datagrams of others it has heard.
    heard: usize,
    /// It has heard a query, or there is more to read.
    is_urgent: bool,
    /// When answers alone were heard last, and no query since.
    heard_at: Option<Instant>,
}

impl Burst {
    /// A turn begins.
    pub(super) fn begin(&mut self) {
        (self.heard, self.is_urgent) = (0, false);
    }

    /// The turn has heard a datagram.
    pub(super) fn hear(&mut self, verdict: Verdict) {
        self.heard = self
            .heard
            .saturating_add(usize::from(verdict != Verdict::Ignored(Ignored::OwnEcho)));
        self.is_urgent |= verdict == Verdict::Query;
    }

    /// Whether somebody waits for an answer.
    pub(super) fn is_urgent(&self) -> bool {
        self.is_urgent
    }

    /// The turn leaves datagrams unread.
    pub(super) fn cut_short(&mut self) {
        self.is_urgent = true;
    }

    /// How long to pause: from the second turn in a row on that has heard answers alone, and the
    /// longer the fewer they were, so that a turn finds some dozens.
    pub(super) fn pause(&mut self, now: Instant) -> Option<Duration> {
        if self.is_urgent {
            self.heard_at = None;
            return None;
        }
        if self.heard == 0 {
            return None;
        }
        let before = self.heard_at.replace(now);
        before.filter(|before| now.saturating_since(*before) < GAP)?;
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
