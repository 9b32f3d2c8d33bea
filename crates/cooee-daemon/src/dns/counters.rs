//! What the DNS server has done.
//!
//! In:  each question and what became of it.
//! Out: counts since the start of the daemon.

use std::cell::Cell;

/// Counts of questions and of what became of them.
#[derive(Debug, Default)]
pub(crate) struct DnsCounters {
    /// Datagrams and messages that were read.
    pub(crate) received: Count,
    /// Questions answered with records.
    pub(crate) answered: Count,
    /// Questions for names or types that do not exist, answered with nothing.
    pub(crate) negative: Count,
    /// Of these, those for which nobody on the links answered in time.
    pub(crate) timed_out: Count,
    /// Questions that were refused: from other networks, or for other domains.
    pub(crate) refused: Count,
    /// Questions that were dropped because their source asked too often.
    pub(crate) rate_limited: Count,
    /// Questions that could not be passed on to the links, or that were too many at once.
    pub(crate) failed: Count,
    /// Messages that are no questions.
    pub(crate) malformed: Count,
    /// Questions that run on the links now.
    pub(crate) on_links: Cell<usize>,
}

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Count(Cell<u64>);

impl Count {
    /// Returns the number.
    pub(crate) fn get(&self) -> u64 {
        self.0.get()
    }

    /// Counts one more.
    pub(super) fn add(&self) {
        self.0.set(self.0.get().saturating_add(1));
    }
}
