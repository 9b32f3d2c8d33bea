//! Shares: no one host fills the room there is for what nobody asks about.
//!
//! In:  records that nobody asks about, each with a number of the host that brought it.
//! Out: the one to make room: of the host with the most of them, the one to end soonest.
//!
//! Hosts are told apart by eight bits of a keyed hash: a record keeps a byte, and a flood from many
//! addresses takes from the others what their neighbours in the hash leave them, no more.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;

use super::EntryId;
use crate::time::Instant;

/// Records that nobody asks about, by who brought them.
pub(super) struct Shares {
    counts: Box<[u32; 256]>,
    /// By host, then by when they end.
    order: BTreeSet<(u8, Instant, EntryId)>,
}

impl Default for Shares {
    fn default() -> Self {
        Self {
            counts: Box::new([0; 256]),
            order: BTreeSet::new(),
        }
    }
}

impl Shares {
    pub(super) fn add(&mut self, source: u8, deadline: Instant, id: EntryId) {
        if self.order.insert((source, deadline, id)) {
            if let Some(count) = self.counts.get_mut(usize::from(source)) {
                *count = count.saturating_add(1);
            }
        }
    }

    pub(super) fn take(&mut self, source: u8, deadline: Instant, id: EntryId) {
        if self.order.remove(&(source, deadline, id)) {
            if let Some(count) = self.counts.get_mut(usize::from(source)) {
                *count = count.saturating_sub(1);
            }
        }
    }

    /// The record that makes room for another one.
    pub(super) fn first_to_go(&self) -> Option<EntryId> {
        let counts = (0..=u8::MAX).zip(self.counts.iter());
        let (largest, _) = counts.max_by_key(|&(_, count)| count)?;
        let from = (largest, Instant::ZERO, EntryId(0));
        self.order.range(from..).next().map(|&(_, _, id)| id)
    }
}
