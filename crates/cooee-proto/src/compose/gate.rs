//! Which links may be used now, and how long a packet may be.
//!
//! In:  the state of the links, by way of the engine.
//! Out: what is needed to compose a packet for a link.

use crate::link::LinkId;
use crate::time::Instant;

/// The links that packets are composed for.
pub(crate) trait Ways {
    /// Returns whether a link accepts packets now, as far as is known.
    fn is_open(&self, now: Instant, link: LinkId) -> bool;

    /// Returns the maximum length of a message on a link.
    fn budget(&self, link: LinkId) -> usize;
}

/// The links at one moment.
pub(crate) struct Gate<'a, W> {
    pub(crate) now: Instant,
    pub(crate) ways: &'a W,
}

impl<W> Clone for Gate<'_, W> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<W> Copy for Gate<'_, W> {}

impl<W: Ways> Gate<'_, W> {
    /// Returns whether a link accepts packets now, as far as is known.
    pub(crate) fn is_open(self, link: LinkId) -> bool {
        self.ways.is_open(self.now, link)
    }

    /// Returns the maximum length of a message on a link.
    pub(crate) fn budget(self, link: LinkId) -> usize {
        self.ways.budget(link)
    }
}
