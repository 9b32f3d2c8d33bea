//! Values grouped by their keys, in the order in which both came.
//!
//! In:  pairs of a key and a value.
//! Out: each key once, with each of its values once. The work grows with the number of pairs, not
//!      with its square.

use std::collections::{BTreeMap, BTreeSet};

/// The groups so far.
#[derive(Debug)]
pub(super) struct Grouped<K, V> {
    groups: Vec<(K, Vec<V>)>,
    /// Where the group of a key is, and what is in it.
    places: BTreeMap<K, (usize, BTreeSet<V>)>,
}

impl<K: Clone + Ord, V: Clone + Ord> Grouped<K, V> {
    /// Adds a value, unless it is there.
    pub(super) fn add(&mut self, key: K, value: V) {
        let next = self.groups.len();
        let (place, known) = self
            .places
            .entry(key.clone())
            .or_insert_with(|| (next, BTreeSet::new()));
        if !known.insert(value.clone()) {
            return;
        }
        match self.groups.get_mut(*place) {
            Some((_, values)) => values.push(value),
            None => self.groups.push((key, vec![value])),
        }
    }

    /// Returns the groups.
    pub(super) fn into_groups(self) -> Vec<(K, Vec<V>)> {
        self.groups
    }
}

impl<K, V> Default for Grouped<K, V> {
    fn default() -> Self {
        Self {
            groups: Vec::new(),
            places: BTreeMap::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Grouped;
    use std::cell::Cell;
    use std::cmp::Ordering;

    thread_local! {
        static COMPARISONS: Cell<usize> = const { Cell::new(0) };
    }

    /// A number that counts how often two of its kind are compared.
    #[derive(Clone, Copy, Debug)]
    struct Counted(usize);

    impl Ord for Counted {
        fn cmp(&self, other: &Self) -> Ordering {
            COMPARISONS.set(COMPARISONS.get() + 1);
            self.0.cmp(&other.0)
        }
    }

    impl PartialOrd for Counted {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }

    impl PartialEq for Counted {
        fn eq(&self, other: &Self) -> bool {
            self.cmp(other) == Ordering::Equal
        }
    }

    impl Eq for Counted {}

    #[test]
    fn keys_and_values_keep_their_order_and_stand_once() {
        let mut grouped = Grouped::default();
        for (key, value) in [("b", 2), ("a", 9), ("b", 1), ("b", 2), ("a", 9)] {
            grouped.add(key, value);
        }
        assert_eq!(grouped.into_groups(), [("b", vec![2, 1]), ("a", vec![9])]);
    }

    #[test]
    fn many_keys_and_many_values_of_one_key_cost_few_comparisons_each() {
        let count = 10_000;
        for (keys, values) in [(count, 1), (1, count)] {
            COMPARISONS.set(0);
            let mut grouped = Grouped::default();
            for number in 0..count {
                grouped.add(Counted(number % keys), Counted(number % values));
            }
            assert_eq!(grouped.into_groups().len(), keys);
            assert!(COMPARISONS.get() < 100 * count, "{}", COMPARISONS.get());
        }
    }
}
