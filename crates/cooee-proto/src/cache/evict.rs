//! Making room: the cache stays within its limits whatever the network says.
//!
//! In:  the limits.
//! Out: removals; what nobody asks about goes first, soonest expiry first.

use super::Cache;
use crate::event::Removal;
use crate::names::Names;

impl Cache {
    /// Removes records until the cache is within its limits.
    ///
    /// The order of `deadlines` is the order of eviction: records that nobody asks about come
    /// first there, and their deadline is their expiry.
    pub(super) fn make_room(&mut self, names: &mut Names) {
        while self.entries.len() > self.limits.cache_records_max
            || self.bytes > self.limits.cache_bytes_max
        {
            let Some(&(_, _, id)) = self.deadlines.first() else {
                return;
            };
            self.evicted = self.evicted.saturating_add(1);
            self.remove(id, Removal::Evicted, names);
        }
    }
}
