//! The names that the engine knows: one look-up tells whether a name concerns anybody here.
//!
//! In:  names from packets and from users.
//! Out: a [`NameId`], shared by the cache and the querier. A name is kept as long as somebody holds
//!      it. RFC 6762 section 16 and RFC 4343: comparison of names ignores ASCII case.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::num::NonZeroU32;

use cooee_wire::{DecodeError, Name, NameRef};
use hashbrown::HashTable;
use slab::Slab;

use crate::collections::{insert, lengthen, shrink};
use crate::ordered::keys;

mod shared;

/// A name that somebody holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NameId(NonZeroU32);

keys! {
    NameId: u32 |bits| NameId(NonZeroU32::new(bits).unwrap_or(NonZeroU32::MIN)), NameId::index;
}

impl NameId {
    /// Not more than any other.
    pub(crate) const FIRST: Self = Self(NonZeroU32::MIN);
    /// Not less than any other.
    pub(crate) const LAST: Self = Self(NonZeroU32::MAX);

    /// Returns a number for hashing.
    pub(crate) fn index(self) -> u32 {
        self.0.get()
    }

    /// Returns one more than the position, so that an `Option` takes no more room.
    fn of_slot(slot: u32) -> Self {
        Self(NonZeroU32::MIN.saturating_add(slot))
    }

    fn slot(self) -> usize {
        (self.0.get() as usize).saturating_sub(1)
    }
}

/// A few ids for each name, for components that hold names and find their data by them.
pub(crate) struct PerName<T> {
    pairs: Vec<[T; 2]>,
    /// The ids of the names that have more than two.
    lists: Slab<Vec<T>>,
}

/// An id that is kept for a name.
pub(crate) trait PerNameId: Copy + PartialEq {
    /// No id.
    const NONE: Self;

    /// Writes the position of a list in place of an id.
    fn of_list(position: u32) -> Self;

    /// Returns the position of the list that is written here.
    fn list(self) -> u32;

    /// Returns whether it is no id.
    fn is_none(self) -> bool {
        self.list() == Self::NONE.list()
    }
}

impl PerNameId for u32 {
    const NONE: Self = Self::MAX;

    fn of_list(position: u32) -> Self {
        position
    }

    fn list(self) -> u32 {
        self
    }
}

impl<T: PerNameId> PerName<T> {
    /// Returns the ids of a name.
    #[inline]
    pub(crate) fn get(&self, name: NameId) -> &[T] {
        match self.pairs.get(name.slot()) {
            None => &[],
            Some(pair @ [first, _]) if first.is_none() => self.list_of(*pair),
            Some(pair) => Self::ids_in(pair),
        }
    }

    /// Returns the ids of a pair that has none itself.
    fn list_of(&self, pair: [T; 2]) -> &[T] {
        let list = Self::list_in(pair).and_then(|at| self.lists.get(at as usize));
        list.map_or(&[], Vec::as_slice)
    }

    /// Adds an id to a name, which has to be held from now on.
    pub(crate) fn push(&mut self, name: NameId, id: T) {
        let slot = name.slot();
        lengthen(&mut self.pairs, slot.saturating_add(1), || [T::NONE; 2]);
        let Some(pair) = self.pairs.get_mut(slot) else {
            return;
        };
        if let Some(at) = Self::list_in(*pair) {
            let list = self.lists.get_mut(at as usize);
            list.into_iter().for_each(|list| list.push(id));
            return;
        }
        match pair {
            [first, _] if *first == T::NONE => *first = id,
            [_, second] if *second == T::NONE => *second = id,
            [first, second] => {
                let list = [*first, *second, id].to_vec();
                let at = insert(&mut self.lists, list);
                *pair = [T::NONE, T::of_list(at)];
            }
        }
    }

    /// Removes an id from a name.
    pub(crate) fn remove(&mut self, name: NameId, id: T) {
        let Some(pair) = self.pairs.get_mut(name.slot()) else {
            return;
        };
        let Some(at) = Self::list_in(*pair) else {
            *pair = Self::pair_without(Self::ids_in(pair), id);
            return;
        };
        let Some(list) = self.lists.get_mut(at as usize) else {
            return;
        };
        list.retain(|other| *other != id);
        shrink(list);
        if list.len() <= 2 {
            *pair = Self::pair_without(list, id);
            self.lists.try_remove(at as usize);
        }
    }

    /// Returns the position of the list that a pair stands for, if it does.
    fn list_in([first, second]: [T; 2]) -> Option<u32> {
        (first.is_none() && !second.is_none()).then(|| second.list())
    }

    /// Returns the ids in a pair that stands for no list.
    fn ids_in(pair: &[T; 2]) -> &[T] {
        match pair {
            [first, _] if first.is_none() => &[],
            [first, second] if second.is_none() => core::slice::from_ref(first),
            both => both,
        }
    }

    fn pair_without(ids: &[T], gone: T) -> [T; 2] {
        let mut left = ids.iter().copied().filter(|id| *id != gone);
        [(); 2].map(|()| left.next().unwrap_or(T::NONE))
    }
}

impl<T> Default for PerName<T> {
    fn default() -> Self {
        Self {
            pairs: Vec::new(),
            lists: Slab::new(),
        }
    }
}

/// The table of names. The hash is keyed, so that nobody can make names collide.
pub(crate) struct Names {
    key: u64,
    table: HashTable<NameId>,
    slots: Slab<Slot>,
    /// How our users spell names that another host spelled first, and differently.
    ours: BTreeMap<NameId, Name>,
}

struct Slot {
    /// As whoever held or mentioned it first spells it.
    name: Name,
    holders: Holders,
    mentions: Mentions,
}

/// In the data of how many records a name is, and one more: so an empty place of the table takes no
/// more room.
#[derive(Clone, Copy)]
struct Mentions(NonZeroU32);

impl Mentions {
    const NONE: Self = Self(NonZeroU32::MIN);

    fn add(&mut self) {
        self.0 = self.0.saturating_add(1);
    }

    fn take(&mut self) {
        let less = self.0.get().saturating_sub(1);
        self.0 = NonZeroU32::new(less).unwrap_or(NonZeroU32::MIN);
    }

    fn is_none(self) -> bool {
        self.0 == NonZeroU32::MIN
    }
}

/// How many hold a name; the upper bit is set if several hosts share it.
#[derive(Clone, Copy)]
struct Holders(u32);

impl Holders {
    const SHARED: u32 = 1 << 31;

    fn none(is_shared: bool) -> Self {
        Self(if is_shared { Self::SHARED } else { 0 })
    }

    fn add(&mut self) {
        self.0 = self.0.saturating_add(1);
    }

    fn take(&mut self) {
        if !self.is_none() {
            self.0 = self.0.saturating_sub(1);
        }
    }

    fn is_none(self) -> bool {
        self.0 & !Self::SHARED == 0
    }

    fn is_shared(self) -> bool {
        self.0 & Self::SHARED != 0
    }
}

impl Names {
    pub(crate) fn new(key: u64) -> Self {
        Self {
            key,
            table: HashTable::new(),
            slots: Slab::new(),
            ours: BTreeMap::new(),
        }
    }

    /// Returns the id of a name in a packet, if it is held; a malformed name never is.
    pub(crate) fn find(&self, name: &NameRef<'_>) -> Option<NameId> {
        let hash = name.fold_hash(self.key).ok()?;
        let found = self.find_hashed(hash, |known| name.matches(known));
        found.filter(|id| self.is_held(*id))
    }

    /// Returns the id of a name, if it is held.
    pub(crate) fn find_name(&self, name: &Name) -> Option<NameId> {
        let found = self.find_hashed(name.fold_hash(self.key), |known| name == known);
        found.filter(|id| self.is_held(*id))
    }

    /// Holds a name of a packet, which [`find`](Self::find) has found or not.
    pub(crate) fn hold_found(
        &mut self,
        found: Option<NameId>,
        name: &NameRef<'_>,
    ) -> Result<NameId, DecodeError> {
        match found {
            Some(id) => {
                self.hold_again(id);
                Ok(id)
            }
            None => {
                let hash = name.fold_hash(self.key)?;
                let mentioned = self.find_hashed(hash, |known| name.matches(known));
                let id = match mentioned {
                    Some(id) => id,
                    None => self.add(name.to_name()?, hash),
                };
                self.hold_again(id);
                Ok(id)
            }
        }
    }

    /// Holds a name.
    pub(crate) fn hold(&mut self, name: &Name) -> NameId {
        let hash = name.fold_hash(self.key);
        let found = self.find_hashed(hash, |known| name == known);
        let id = found.unwrap_or_else(|| self.add(name.clone(), hash));
        self.hold_again(id);
        id
    }

    /// Spells a held name as a user of ours does; the last spelling counts. Case is preserved,
    /// although comparison ignores it (RFC 4343 section 4).
    pub(crate) fn spell(&mut self, id: NameId, name: &Name) {
        if self.name(id).as_wire() != name.as_wire() {
            self.ours.insert(id, name.clone());
        } else if !self.ours.is_empty() {
            self.ours.remove(&id);
        }
    }

    /// Notes that the data of a record mentions a name, which keeps it without holding it. Returns
    /// `None` if the table spells it in another way.
    pub(crate) fn mention(&mut self, name: &NameRef<'_>) -> Result<Option<NameId>, DecodeError> {
        let hash = name.fold_hash(self.key)?;
        let id = match self.find_hashed(hash, |known| name.matches(known)) {
            Some(id) if !name.is_spelt_as(self.name(id)) => return Ok(None),
            Some(id) => id,
            None => self.add(name.to_name()?, hash),
        };
        let slot = self.slot_mut(id);
        slot.mentions.add();
        Ok(Some(id))
    }

    /// Takes a mention back; where nobody holds the name, the last one frees it.
    pub(crate) fn forget(&mut self, id: NameId) {
        let slot = self.slot_mut(id);
        slot.mentions.take();
        self.free_unused(id);
    }

    /// Holds a name that is already held once more.
    pub(crate) fn hold_again(&mut self, id: NameId) {
        let slot = self.slot_mut(id);
        slot.holders.add();
    }

    /// Releases a name; the last release frees it, unless records mention it.
    pub(crate) fn release(&mut self, id: NameId) {
        let slot = self.slot_mut(id);
        slot.holders.take();
        self.free_unused(id);
    }

    fn free_unused(&mut self, id: NameId) {
        let slot = self.slot_mut(id);
        if !slot.holders.is_none() || !slot.mentions.is_none() {
            return;
        }
        let hash = self.name(id).fold_hash(self.key);
        if let Ok(entry) = self.table.find_entry(hash, |&candidate| candidate == id) {
            entry.remove();
        }
        self.slots.remove(id.slot());
        if !self.ours.is_empty() {
            self.ours.remove(&id);
        }
    }

    /// Returns the name as a user of ours spells it: for packets of ours.
    pub(crate) fn ours(&self, id: NameId) -> &Name {
        let is_respelled = !self.ours.is_empty();
        let ours = is_respelled.then(|| self.ours.get(&id)).flatten();
        ours.unwrap_or_else(|| self.name(id))
    }

    /// The name, as whoever held or mentioned it first spells it.
    #[expect(
        clippy::expect_used,
        reason = "there is no name to give for one that was let go of"
    )]
    pub(crate) fn name(&self, id: NameId) -> &Name {
        let slot = self.slots.get(id.slot());
        &slot.expect("a name id lives while it is held").name
    }

    /// Returns whether several hosts may have records of this name, whatever one of them claims.
    pub(crate) fn is_shared(&self, id: NameId) -> bool {
        let slot = self.slots.get(id.slot());
        slot.is_some_and(|slot| slot.holders.is_shared())
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    #[expect(
        clippy::expect_used,
        reason = "who counts holders of a name that was let go of has lost count"
    )]
    fn slot_mut(&mut self, id: NameId) -> &mut Slot {
        let slot = self.slots.get_mut(id.slot());
        slot.expect("a name id lives while it is held")
    }

    fn is_held(&self, id: NameId) -> bool {
        let slot = self.slots.get(id.slot());
        slot.is_some_and(|slot| !slot.holders.is_none())
    }

    /// Returns the id of a name that is held or mentioned.
    fn find_hashed(&self, hash: u64, is_it: impl Fn(&Name) -> bool) -> Option<NameId> {
        self.table.find(hash, |&id| is_it(self.name(id))).copied()
    }

    /// Adds a name that nobody holds or mentions yet.
    fn add(&mut self, name: Name, hash: u64) -> NameId {
        let holders = Holders::none(shared::is_shared(&name));
        let slot = Slot {
            name,
            holders,
            mentions: Mentions::NONE,
        };
        let id = NameId::of_slot(insert(&mut self.slots, slot));
        let (slots, key) = (&self.slots, self.key);
        self.table.insert_unique(hash, id, |other| {
            let slot = slots.get(other.slot());
            slot.map_or(0, |slot| slot.name.fold_hash(key))
        });
        id
    }
}

#[cfg(test)]
mod tests;
