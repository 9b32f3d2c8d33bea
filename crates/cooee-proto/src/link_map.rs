//! A map from links to values, in the order of the links.
//!
//! In:  values, one for each link.
//! Out: the same, in order.
//!
//! A host has few links, so this is a sorted list: it takes less code than a tree, and less time.

use alloc::vec::Vec;

use crate::link::LinkId;

/// A map from links to values.
#[derive(Debug)]
pub(crate) struct LinkMap<V> {
    entries: Vec<(LinkId, V)>,
}

impl<V> Default for LinkMap<V> {
    fn default() -> Self {
        let entries = Vec::new();
        Self { entries }
    }
}

impl<V> LinkMap<V> {
    pub(crate) fn get(&self, link: LinkId) -> Option<&V> {
        let at = self.find(link).ok()?;
        self.entries.get(at).map(|(_, value)| value)
    }

    pub(crate) fn get_mut(&mut self, link: LinkId) -> Option<&mut V> {
        let at = self.find(link).ok()?;
        self.entries.get_mut(at).map(|(_, value)| value)
    }

    /// Returns the value of a link, which is made if it has none.
    #[expect(
        clippy::indexing_slicing,
        reason = "an entry is at the place that was found or made"
    )]
    pub(crate) fn or_default(&mut self, link: LinkId) -> &mut V
    where
        V: Default,
    {
        let at = self.find(link).unwrap_or_else(|at| {
            self.entries.insert(at, (link, V::default()));
            at
        });
        &mut self.entries[at].1
    }

    /// Sets the value of a link.
    pub(crate) fn insert(&mut self, link: LinkId, value: V) {
        match self.get_mut(link) {
            Some(known) => *known = value,
            None => {
                let at = self.find(link).unwrap_or_else(|at| at);
                self.entries.insert(at, (link, value));
            }
        }
    }

    pub(crate) fn remove(&mut self, link: LinkId) -> Option<V> {
        let at = self.find(link).ok()?;
        Some(self.entries.remove(at).1)
    }

    /// Keeps the entries for which `stays` says so.
    pub(crate) fn retain(&mut self, mut stays: impl FnMut(LinkId, &mut V) -> bool) {
        self.entries.retain_mut(|(link, value)| stays(*link, value));
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = LinkId> + '_ {
        self.entries.iter().map(|&(link, _)| link)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (LinkId, &V)> {
        self.entries.iter().map(|(link, value)| (*link, value))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (LinkId, &mut V)> {
        self.entries.iter_mut().map(|(link, value)| (*link, value))
    }

    /// Returns the place of a link, or the one where it would be.
    fn find(&self, link: LinkId) -> Result<usize, usize> {
        self.entries.binary_search_by_key(&link, |&(link, _)| link)
    }
}
