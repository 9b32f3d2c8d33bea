//! A map of limited size, which gives up what was not used for long.
//!
//! In:  keys with the time.
//! Out: their values; none for a new key if there is no room.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

/// A map with the time of the last use of each entry.
#[derive(Debug)]
pub(super) struct Recent<K, V> {
    entries: HashMap<K, (Duration, V)>,
    max: usize,
    kept: Duration,
    swept: Option<Duration>,
}

impl<K: Eq + Hash, V: Default> Recent<K, V> {
    /// Creates a map of at most `max` entries, where one not used for `kept` makes room if needed.
    pub(super) fn new(max: usize, kept: Duration) -> Self {
        Self {
            entries: HashMap::new(),
            max,
            kept,
            swept: None,
        }
    }

    /// Returns the entry of a key, new if it has none; nothing if there is no room.
    pub(super) fn entry(&mut self, now: Duration, key: K) -> Option<&mut V> {
        if self.entries.len() >= self.max && !self.entries.contains_key(&key) {
            self.sweep(now);
            if self.entries.len() >= self.max {
                return None;
            }
        }
        let (used, value) = self.entries.entry(key).or_default();
        *used = now;
        Some(value)
    }

    /// Returns the entry of a key, if it has one.
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.entries.get(key).map(|(_, value)| value)
    }

    /// Returns the entry of a key to change it, if it has one.
    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.entries.get_mut(key).map(|(_, value)| value)
    }

    /// Returns how many entries there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Iterates over all entries, in no particular order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, (_, value))| (key, value))
    }

    /// Makes room; not more often than once a second, so that a flood does not cost a pass each.
    fn sweep(&mut self, now: Duration) {
        let is_soon = |swept: Duration| now.abs_diff(swept) < SWEEP_GAP;
        if self.swept.is_some_and(is_soon) {
            return;
        }
        self.swept = Some(now);
        let kept = self.kept;
        self.entries
            .retain(|_, (used, _)| now.abs_diff(*used) < kept);
    }
}

const SWEEP_GAP: Duration = Duration::from_secs(1);
