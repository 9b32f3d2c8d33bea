//! The registry: what this host owns, under which name, for which registration.
//!
//! In:  record sets of the user.
//! Out: records by name and by data; equal records of several registrations are merged and counted.
//!      RFC 6762 section 2 (unique and shared records).

use alloc::vec::Vec;

use cooee_wire::{RDataRef, RecordType};
use hashbrown::HashTable;
use slab::Slab;

use super::record::{OwnRecord, RecordId, Scope};
use crate::collections::{SmallList, insert, mix};
use crate::link::{Family, LinkId};
use crate::names::{NameId, Names, PerName, PerNameId};
use crate::registrations::OwnedRecord;

/// A record of a name; its type tells whether the record is relevant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owned {
    pub(crate) rtype: RecordType,
    pub(crate) id: RecordId,
}

impl PerNameId for Owned {
    const NONE: Self = Self {
        rtype: RecordType(0),
        id: RecordId(u32::MAX),
    };

    fn of_list(position: u32) -> Self {
        Self {
            rtype: RecordType(0),
            id: RecordId(position),
        }
    }

    fn list(self) -> u32 {
        self.id.0
    }
}

/// All records of this host.
pub(crate) struct Registry {
    key: u64,
    records: Slab<OwnRecord>,
    /// How many records are published over one family alone.
    limited: usize,
    by_name: PerName<Owned>,
    by_data: HashTable<RecordId>,
    stamp: u64,
}

impl Registry {
    pub(crate) fn new(key: u64) -> Self {
        Self {
            key,
            records: Slab::new(),
            limited: 0,
            by_name: PerName::default(),
            by_data: HashTable::new(),
            stamp: 0,
        }
    }

    /// Adds a registration to a record.
    pub(crate) fn hold(
        &mut self,
        record: &OwnedRecord,
        over: Option<Family>,
        names: &mut Names,
    ) -> RecordId {
        let name = names.hold(&record.name);
        names.spell(name, &record.name);
        let hash = half(record.data.fold_hash(self.key));
        let scope = Scope::of(record.link);
        let same = |other: &OwnRecord| {
            (other.scope, other.over) == (scope, over)
                && other.data == record.data
                && other.unique == record.unique
        };
        if let Some(id) = self.find_by(name, hash, same) {
            names.release(name);
            if let Some(known) = self.get_mut(id) {
                known.holders = known.holders.saturating_add(1);
                known.ttl = record.ttl;
                // The names in it may be spelled in another way.
                known.data = record.data.clone();
            }
            return id;
        }
        let own = OwnRecord {
            name,
            data: record.data.clone(),
            hash,
            ttl: record.ttl,
            unique: record.unique,
            scope,
            over,
            holders: 1,
            on_links: SmallList::new(),
            stamp: 0,
        };
        if over.is_some() {
            self.limited = self.limited.saturating_add(1);
        }
        let id = RecordId(insert(&mut self.records, own));
        let rtype = record.data.rtype();
        self.by_name.push(name, Owned { rtype, id });
        let records = &self.records;
        self.by_data
            .insert_unique(identity(name, hash), id, |other| {
                records
                    .get(other.0 as usize)
                    .map_or(0, |record| identity(record.name, record.hash))
            });
        id
    }

    /// Removes a holder of a record. The last one removes the record and returns it for its
    /// goodbye.
    pub(crate) fn release(&mut self, id: RecordId) -> Option<OwnRecord> {
        let record = self.get_mut(id)?;
        record.holders = record.holders.saturating_sub(1);
        if record.holders > 0 {
            return None;
        }
        let record = self.records.try_remove(id.0 as usize)?;
        if record.over.is_some() {
            self.limited = self.limited.saturating_sub(1);
        }
        if let Ok(found) = self
            .by_data
            .find_entry(identity(record.name, record.hash), |other| *other == id)
        {
            found.remove();
        }
        let rtype = record.data.rtype();
        self.by_name.remove(record.name, Owned { rtype, id });
        Some(record)
    }

    /// Returns whether any record is published over one family alone.
    pub(crate) fn has_limited(&self) -> bool {
        self.limited > 0
    }

    pub(crate) fn get(&self, id: RecordId) -> Option<&OwnRecord> {
        self.records.get(id.0 as usize)
    }

    pub(crate) fn get_mut(&mut self, id: RecordId) -> Option<&mut OwnRecord> {
        self.records.get_mut(id.0 as usize)
    }

    /// Returns the records of a name.
    pub(crate) fn of_name(&self, name: NameId) -> &[Owned] {
        self.by_name.get(name)
    }

    /// Returns the other members of a unique set that are published on a link.
    pub(crate) fn siblings(&self, id: RecordId, link: LinkId) -> Vec<RecordId> {
        let Some(record) = self.get(id).filter(|record| record.unique) else {
            return Vec::new();
        };
        let rtype = record.data.rtype();
        let is_sibling = |other: &&Owned| {
            other.id != id
                && other.rtype == rtype
                && self.get(other.id).is_some_and(|other| {
                    let is_beside = record.over.is_none_or(|family| other.is_over(family));
                    other.unique && is_beside && other.is_live_on(link)
                })
        };
        let siblings = self.of_name(record.name).iter().filter(is_sibling);
        siblings.map(|sibling| sibling.id).collect()
    }

    /// Returns a record that equals one received over a family, valid on any link.
    pub(crate) fn equal_to(
        &self,
        name: NameId,
        data: &RDataRef<'_>,
        family: Family,
    ) -> Option<RecordId> {
        let hash = half(data.fold_hash(self.key).ok()?);
        self.find_by(name, hash, |own| {
            own.is_over(family) && data.matches(&own.data)
        })
    }

    /// Returns a number with which no record was stamped before.
    pub(crate) fn next_stamp(&mut self) -> u64 {
        self.stamp = self.stamp.wrapping_add(1);
        self.stamp
    }

    /// Returns whether there is no record.
    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Returns every record.
    pub(crate) fn ids(&self) -> Vec<RecordId> {
        let slots = self
            .records
            .iter()
            .filter_map(|(slot, _)| u32::try_from(slot).ok());
        slots.map(RecordId).collect()
    }

    fn find_by(
        &self,
        name: NameId,
        hash: u32,
        same: impl Fn(&OwnRecord) -> bool,
    ) -> Option<RecordId> {
        let is_it = |id: &RecordId| {
            let record = self.get(*id);
            record.is_some_and(|own| own.name == name && own.hash == hash && same(own))
        };
        self.by_data.find(identity(name, hash), is_it).copied()
    }
}

fn identity(name: NameId, hash: u32) -> u64 {
    mix(u64::from(hash) << u32::BITS | u64::from(name.index()))
}

/// Returns the lower half of a hash.
fn half(hash: u64) -> u32 {
    let [a, b, c, d, ..] = hash.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}
