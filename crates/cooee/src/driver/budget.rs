//! How much one turn may read before the other work gets its share.
//!
//! In:  how many datagrams were read, and the time.
//! Out: whether to go on.

use std::time::Duration;

use cooee_proto::time::Instant;

/// What remains of a turn's reading budget.
#[derive(Debug)]
pub(super) struct Budget {
    datagrams: usize,
    until: Instant,
}

impl Budget {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            datagrams: DATAGRAMS_MAX,
            until: now + TIME_MAX,
        }
    }

    pub(super) fn spend(&mut self, datagrams: usize) {
        self.datagrams = self.datagrams.saturating_sub(datagrams);
    }

    pub(super) fn is_spent(&self, now: Instant) -> bool {
        self.datagrams == 0 || now >= self.until
    }
}

/// A few times the largest bursts of one turn: no deadline is delayed by more than the time to read
/// these.
const DATAGRAMS_MAX: usize = 2_048;

/// Well below the 20 ms between a question and its earliest answers.
const TIME_MAX: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests;
