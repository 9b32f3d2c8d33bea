//! A map keyed by names, and which names are shown on which links.
//!
//! The hash is keyed by the engine's seed; nothing visible depends on its order.

use alloc::vec::Vec;

use cooee_wire::Name;
use hashbrown::HashTable;

use crate::collections::Few;
use crate::link::LinkId;

/// A map from names to values, ignoring ASCII case.
pub(super) struct NameMap<V> {
    key: u64,
    table: HashTable<(Name, V)>,
}

impl<V> NameMap<V> {
    pub(super) fn new(key: u64) -> Self {
        Self {
            key,
            table: HashTable::new(),
        }
    }

    pub(super) fn get(&self, name: &Name) -> Option<&V> {
        self.table
            .find(name.fold_hash(self.key), |(other, _)| other == name)
            .map(|(_, value)| value)
    }

    /// Returns a name in the case in which it was added.
    pub(super) fn key(&self, name: &Name) -> Option<&Name> {
        self.table
            .find(name.fold_hash(self.key), |(other, _)| other == name)
            .map(|(key, _)| key)
    }

    pub(super) fn get_mut(&mut self, name: &Name) -> Option<&mut V> {
        let hash = name.fold_hash(self.key);
        self.table
            .find_mut(hash, |(other, _)| other == name)
            .map(|(_, value)| value)
    }

    /// Adds an entry for a name that has none.
    pub(super) fn insert(&mut self, name: Name, value: V) {
        let key = self.key;
        let hash = name.fold_hash(key);
        self.table
            .insert_unique(hash, (name, value), |(other, _)| other.fold_hash(key));
    }

    pub(super) fn remove(&mut self, name: &Name) -> Option<V> {
        let hash = name.fold_hash(self.key);
        let entry = self
            .table
            .find_entry(hash, |(other, _)| other == name)
            .ok()?;
        Some(entry.remove().0.1)
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    /// Returns every entry, ordered by name.
    pub(super) fn sorted(&self) -> Vec<(&Name, &V)> {
        let mut entries: Vec<_> = self
            .table
            .iter()
            .map(|(name, value)| (name, value))
            .collect();
        entries.sort_by_key(|(name, _)| *name);
        entries
    }
}

/// Finds the elements of a slab by their names; the elements hold the only copy.
pub(super) struct NameIndex {
    key: u64,
    table: HashTable<u32>,
}

impl NameIndex {
    pub(super) fn new(key: u64) -> Self {
        Self {
            key,
            table: HashTable::new(),
        }
    }

    /// Returns the elements that may have this name, and few others.
    pub(super) fn candidates(&self, name: &Name) -> impl Iterator<Item = u32> + '_ {
        self.table.iter_hash(name.fold_hash(self.key)).copied()
    }

    /// Adds an element. `name_of` returns the names of existing ones.
    pub(super) fn insert<'n>(
        &mut self,
        name: &Name,
        id: u32,
        name_of: impl Fn(u32) -> Option<&'n Name>,
    ) {
        let key = self.key;
        let hash = |name: &Name| name.fold_hash(key);
        self.table
            .insert_unique(hash(name), id, |&other| name_of(other).map_or(0, hash));
    }

    pub(super) fn remove(&mut self, name: &Name, id: u32) {
        let hash = name.fold_hash(self.key);
        if let Ok(entry) = self.table.find_entry(hash, |&other| other == id) {
            entry.remove();
        }
    }
}

/// The names that exist, each with the links that show it.
pub(super) struct Presence(NameMap<Few<LinkId>>);

/// What a change on one link means for all links together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// It appeared or disappeared on this link, and no other link shows it.
    Turned,
    /// Another link also shows it.
    OneOfMany,
    /// Nothing has changed.
    Nothing,
}

impl Seen {
    /// Returns what it means that a link shows a name from now on, or not any more. Until now these
    /// links have shown it.
    pub(super) fn on(links: &[LinkId], link: LinkId, is_shown: bool) -> Self {
        match (links.contains(&link) == is_shown, links.len()) {
            (true, _) => Self::Nothing,
            (false, 0) => Self::Turned,
            (false, 1) if !is_shown => Self::Turned,
            (false, _) => Self::OneOfMany,
        }
    }
}

impl Presence {
    pub(super) fn new(key: u64) -> Self {
        Self(NameMap::new(key))
    }

    pub(super) fn appear(&mut self, name: &Name, link: LinkId) -> Seen {
        match self.0.get_mut(name) {
            Some(links) if links.as_slice().contains(&link) => Seen::Nothing,
            Some(links) => {
                links.push(link);
                Seen::OneOfMany
            }
            None => {
                self.0.insert(name.clone(), Few::One([link]));
                Seen::Turned
            }
        }
    }

    pub(super) fn vanish(&mut self, name: &Name, link: LinkId) -> Seen {
        let Some(links) = self.0.get_mut(name) else {
            return Seen::Nothing;
        };
        if !links.as_slice().contains(&link) {
            return Seen::Nothing;
        }
        links.retain(|other| *other != link);
        if !links.as_slice().is_empty() {
            return Seen::OneOfMany;
        }
        self.0.remove(name);
        Seen::Turned
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn contains(&self, name: &Name) -> bool {
        self.0.get(name).is_some()
    }

    /// Returns a name in the case in which it appeared.
    pub(super) fn spelling(&self, name: &Name) -> Option<&Name> {
        self.0.key(name)
    }

    /// Returns every name with its links, ordered by name.
    pub(super) fn sorted(&self) -> Vec<(&Name, &Few<LinkId>)> {
        self.0.sorted()
    }
}

#[cfg(test)]
mod tests;
