//! Makes room: the cache stays within its limits, whatever is received.
//!
//! In:  the limits.
//! Out: removals of records that nobody asks about, soonest expiry first among those of the host
//!      that sent the most; refusals if that is not enough.

use super::{Cache, EntryId, SetId};
use crate::due_order::DueOrder;
use crate::event::Removal;
use crate::names::Names;
use crate::time::Instant;

/// The number and size of some records.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TypeLoad {
    pub(super) records: usize,
    pub(super) bytes: usize,
}

impl TypeLoad {
    pub(super) fn add(&mut self, bytes: u16) {
        self.records = self.records.saturating_add(1);
        self.bytes = self.bytes.saturating_add(usize::from(bytes));
    }

    pub(super) fn take(&mut self, bytes: u16) {
        self.records = self.records.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(usize::from(bytes));
    }
}

/// When something is due for each entry.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    asked: DueOrder,
    idle: DueOrder,
}

impl Deadlines {
    /// Returns what is due first, of the records that somebody asks about or of the others.
    pub(super) fn first(&self, asked: bool) -> Option<(Instant, EntryId)> {
        let order = if asked { &self.asked } else { &self.idle };
        order.first().map(|(at, id)| (at, EntryId(id)))
    }

    fn of(&mut self, asked: bool) -> &mut DueOrder {
        if asked {
            &mut self.asked
        } else {
            &mut self.idle
        }
    }
}

impl Cache {
    /// Returns whether a further record may come into a set: there is room in the set, and in the
    /// cache after records that nobody asks about have been removed.
    ///
    /// Known records stay: a flood of new records displaces nothing that somebody asks about.
    pub(super) fn admits(
        &mut self,
        now: Instant,
        set: SetId,
        bytes: u16,
        names: &mut Names,
    ) -> bool {
        let has_place = self.has_place(now, set, names);
        let record_set = self.sets.get(set.0 as usize);
        let Some((asked, held)) = record_set.map(|set| (set.asked, set.len())) else {
            return false;
        };
        let admitted = has_place && (!asked || self.clear(bytes, names));
        if !admitted && held == 0 {
            self.remove_set(set, names);
        }
        admitted
    }

    /// Removes records that nobody asks about until the cache is within its limits.
    pub(super) fn make_room(&mut self, names: &mut Names) {
        while self.is_over(0, 0) && self.evict_idle(names) {}
    }

    /// Adds an entry to the indexes.
    pub(super) fn enlist(&mut self, asked: bool, id: EntryId) {
        let Some(entry) = self.entries.get(id.0 as usize) else {
            return;
        };
        let at = entry.deadline(asked, self.phase, self.ttl_max());
        let source = entry.source;
        self.deadlines.of(asked).add(&mut self.entries, at, id.0);
        if !asked {
            self.shares.add(source, at, id);
        }
    }

    /// Removes an entry from the indexes.
    pub(super) fn strike(&mut self, asked: bool, id: EntryId) {
        let Some(at) = self.deadlines.of(asked).remove(&mut self.entries, id.0) else {
            return;
        };
        let source = self.entries.get(id.0 as usize).map(|entry| entry.source);
        if let Some(source) = source.filter(|_| !asked) {
            self.shares.take(source, at, id);
        }
    }

    /// Returns the load of the records that somebody asks about, or of the others.
    pub(super) fn load_mut(&mut self, asked: bool) -> &mut TypeLoad {
        if asked {
            &mut self.asked
        } else {
            &mut self.idle
        }
    }

    /// Makes room for a record that somebody asks about. Returns whether there is any.
    fn clear(&mut self, bytes: u16, names: &mut Names) -> bool {
        while self.is_over(1, usize::from(bytes)) {
            if !self.evict_idle(names) {
                return false;
            }
        }
        true
    }

    /// Removes a record that nobody asks about: of the host that has sent the most of them, the one
    /// that ends soonest.
    fn evict_idle(&mut self, names: &mut Names) -> bool {
        let Some(id) = self.shares.first_to_go() else {
            return false;
        };
        self.evicted = self.evicted.saturating_add(1);
        self.remove(id, Removal::Evicted, names);
        true
    }

    /// Returns whether the cache would be over its limits with this much more in it.
    fn is_over(&self, more_records: usize, more_bytes: usize) -> bool {
        let (records, bytes) = self.size();
        records.saturating_add(more_records) > self.limits.cache_records_max
            || bytes.saturating_add(more_bytes) > self.limits.cache_bytes_max
            || self.idle.records > self.limits.cache_idle_records_max
            || self.idle.bytes > self.limits.cache_idle_bytes_max
    }
}
