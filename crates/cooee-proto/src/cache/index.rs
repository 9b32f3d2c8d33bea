//! The index of the entries of large sets by their data.
//!
//! In:  entries that are added to a set and removed from it.
//! Out: the entry of a set with the same data as a record. A small set has no index: its entries are
//!      compared one by one.

use alloc::vec::Vec;

use super::entry::Entry;
use super::set::CachedSet;
use super::{Cache, EntryId, SetId};
use crate::collections::{SmallList, mix};
use crate::names::Names;

impl Cache {
    /// Returns the entry of a set that is the right one, by the hash of its data if there are many.
    pub(super) fn find_in(
        &self,
        set: SetId,
        hash: u32,
        is_it: impl Fn(&Entry) -> bool,
    ) -> Option<EntryId> {
        let same = |id: &EntryId| {
            let entry = self.entries.get(id.0 as usize);
            entry.is_some_and(|entry| entry.set == set && is_it(entry))
        };
        let record_set = self.sets.get(set.0 as usize)?;
        if record_set.is_indexed() {
            return self.by_data.find(identity(set, hash), same).copied();
        }
        record_set.entries().find(same)
    }

    /// Adds an entry of a set, with the hash of its data, if the set is large.
    pub(super) fn add_to_index(&mut self, of: SetId, id: EntryId, hash: u32, names: &Names) {
        let Some(set) = self.sets.get(of.0 as usize) else {
            return;
        };
        if set.is_indexed() {
            self.index(of, id, hash, names);
        } else if set.len() > INDEXED_FROM {
            self.index_all(of, names);
        }
    }

    /// Removes an entry of a large set, which has so many left.
    pub(super) fn take_from_index(&mut self, of: SetId, id: EntryId, left: usize, names: &Names) {
        self.unindex(of, id, names);
        if left <= INDEXED_TO {
            self.unindex_all(of, names);
        }
    }

    /// Lets the entries of a set be found by their data. It has become large.
    fn index_all(&mut self, of: SetId, names: &Names) {
        let Some(set) = self.sets.get_mut(of.0 as usize) else {
            return;
        };
        set.expand().is_indexed = true;
        let ids: Vec<EntryId> = set.entries().collect();
        for id in ids {
            let entry = self.entries.get(id.0 as usize);
            if let Some(hash) = entry.map(|entry| entry.data.hash(self.key, names)) {
                self.index(of, id, hash, names);
            }
        }
    }

    fn index(&mut self, of: SetId, id: EntryId, hash: u32, names: &Names) {
        let (entries, key) = (&self.entries, self.key);
        self.by_data
            .insert_unique(identity(of, hash), id, |other: &EntryId| {
                let entry = entries.get(other.0 as usize);
                entry.map_or(0, |entry| identity(entry.set, entry.data.hash(key, names)))
            });
    }

    fn unindex(&mut self, of: SetId, id: EntryId, names: &Names) {
        let entry = self.entries.get(id.0 as usize);
        let Some(hash) = entry.map(|entry| entry.data.hash(self.key, names)) else {
            return;
        };
        let found = self
            .by_data
            .find_entry(identity(of, hash), |&other| other == id);
        if let Ok(found) = found {
            found.remove();
        }
    }

    /// Handles a large set that has become small.
    fn unindex_all(&mut self, of: SetId, names: &Names) {
        let set = self.sets.get(of.0 as usize);
        let ids: SmallList<EntryId, 4> = set.into_iter().flat_map(CachedSet::entries).collect();
        for id in ids {
            self.unindex(of, id, names);
        }
        if let Some(set) = self.sets.get_mut(of.0 as usize) {
            set.unindexed(&mut self.entries);
        }
    }
}

fn identity(set: SetId, hash: u32) -> u64 {
    mix(u64::from(hash) << 32 ^ u64::from(set.0))
}

/// A larger set is indexed.
const INDEXED_FROM: usize = 8;
/// An indexed set stays indexed while it is larger.
const INDEXED_TO: usize = 4;
