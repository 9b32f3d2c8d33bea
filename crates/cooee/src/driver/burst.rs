//! Bursts of answers: read together, a few dozen at a time.
//!
//! In:  the engine's verdict for each datagram that a turn reads.
//! Out: how long to pause before the next turn.
//!
//! A thousand hosts answer one question within 100 ms. Waking up for each of them, and waking the
//! consumer each time, costs more than processing their answers. Queries are urgent, because a
//! querier waits for the answer. After one query there may be more, with our own answers in
//! between; these are no burst.

use std::time::Duration;

use cooee_proto::time::Instant;
use cooee_proto::transmit::{Ignored, Verdict};

/// What the last turn received.
#[derive(Debug, Default)]
pub(super) struct Burst {
    /// How many datagrams of others it received.
    heard: usize,
    /// Whether it received a query.
    has_query: bool,
    /// Whether it left datagrams unread.
    is_cut_short: bool,
    /// When only answers were received last, with no query since.
    heard_at: Option<Instant>,
}

impl Burst {
    /// Starts a turn.
    pub(super) fn begin(&mut self) {
        (self.heard, self.has_query, self.is_cut_short) = (0, false, false);
    }

    /// Records that the turn received a datagram.
    pub(super) fn hear(&mut self, verdict: Verdict) {
        self.heard = self
            .heard
            .saturating_add(usize::from(verdict != Verdict::Ignored(Ignored::OwnEcho)));
        self.has_query |= verdict == Verdict::Query;
    }

    /// Returns whether a querier waits for an answer.
    pub(super) fn has_query(&self) -> bool {
        self.has_query
    }

    /// Records that the turn left datagrams unread.
    pub(super) fn cut_short(&mut self) {
        self.is_cut_short = true;
    }

    /// Returns how long to pause. There is a pause from the second consecutive turn with only
    /// answers. It is longer if there were fewer answers, so that a turn finds a few dozen.
    pub(super) fn pause(&mut self, now: Instant) -> Option<Duration> {
        if self.has_query || self.is_cut_short {
            self.heard_at = None;
            return None;
        }
        if self.heard == 0 {
            return None;
        }
        let before = self.heard_at.replace(now);
        before.filter(|before| now.saturating_since(*before) < GAP)?;
        Some(if self.heard < SMALL {
            PAUSE_MAX
        } else {
            PAUSE_MIN
        })
    }
}

/// The shorter pause. Even at the highest rate, the datagrams that arrive in this time fit into the
/// smallest receive buffers.
const PAUSE_MIN: Duration = Duration::from_millis(1);

/// The longer pause, for few datagrams.
const PAUSE_MAX: Duration = Duration::from_millis(4);

/// The largest number of datagrams in one turn that counts as few. Four times as many still fit
/// into Linux's default buffer of 208 KiB.
const SMALL: usize = 48;

/// How close together turns of one burst are: more than a pause takes on a busy machine.
const GAP: Duration = Duration::from_millis(8);

#[cfg(test)]
mod tests;
