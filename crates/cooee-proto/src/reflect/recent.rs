//! A table of bounded size that forgets what was used longest ago.
//!
//! In:  keys that are already hashes, with a value for each.
//! Out: the value of a key that was used lately.

use core::mem;

use crate::collections::IdMap;

/// Values by key. Of `max` values, those that were not used lately are forgotten, up to half of
/// them at once; so a call costs two look-ups at most, for any input.
pub(super) struct Recent<V> {
    young: IdMap<u64, V>,
    old: IdMap<u64, V>,
    max: usize,
}

impl<V: Default> Recent<V> {
    pub(super) fn new(max: usize) -> Self {
        Self {
            young: IdMap::default(),
            old: IdMap::default(),
            max: max.max(2),
        }
    }

    /// Returns the value of a key.
    pub(super) fn get(&self, key: u64) -> Option<&V> {
        self.young.get(&key).or_else(|| self.old.get(&key))
    }

    /// Returns the value of a key, a new one if there is none. It counts as used.
    pub(super) fn entry(&mut self, key: u64) -> &mut V {
        let known = self.old.remove(&key);
        if self.young.len() >= self.max / 2 && !self.young.contains_key(&key) {
            self.put_aside();
        }
        let value = self.young.entry(key).or_default();
        if let Some(known) = known {
            *value = known;
        }
        value
    }

    /// Forgets what was not used since the last time, and puts the rest in its place.
    pub(super) fn put_aside(&mut self) {
        self.old = mem::take(&mut self.young);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.young.len().saturating_add(self.old.len())
    }
}

#[cfg(test)]
mod tests {
    use super::Recent;

    #[test]
    fn what_was_used_longest_ago_is_forgotten_and_there_are_never_more_than_allowed() {
        let mut table = Recent::new(100);
        for key in 0..1_000_u64 {
            *table.entry(key) = key;
            *table.entry(7) = 7;
            assert!(table.len() <= 101, "{}", table.len());
        }
        assert_eq!(table.get(7), Some(&7));
        assert_eq!(table.get(999), Some(&999));
        assert_eq!(table.get(800), None);
    }
}
