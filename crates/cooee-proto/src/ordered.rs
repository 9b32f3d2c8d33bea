//! Ordered sets and maps whose code exists once, whatever they hold.
//!
//! In:  keys that can be written as numbers of the same order; values.
//! Out: the same, in the order of the keys.
//!
//! The trees of the standard library are compiled anew for each type, and take some ten kilobytes
//! of instructions each. Here all sets and maps share one tree, of numbers. Values stand in slabs.

use alloc::collections::{BTreeSet, btree_set};
use core::fmt;
use core::marker::PhantomData;
use core::ops::RangeInclusive;

use cooee_wire::RecordType;
use slab::Slab;

use crate::collections::insert;
use crate::link::LinkId;
use crate::time::Instant;

/// A key that can be written as a number. The numbers have the order of the keys.
pub(crate) trait Key: Copy {
    /// How many bits the number has: at most 128 for a set, and 64 for a map.
    const BITS: u32;

    fn to_bits(self) -> u128;

    /// Returns the key of a number; higher bits are ignored.
    fn from_bits(bits: u128) -> Self;

    /// Returns the key that is not more than any other.
    fn first() -> Self {
        Self::from_bits(0)
    }

    /// Returns the key that is not less than any other.
    fn last() -> Self {
        Self::from_bits(u128::MAX)
    }
}

/// A set of keys, in their order.
pub(crate) struct OrderedSet<K> {
    numbers: Numbers,
    keys: PhantomData<K>,
}

/// A map from keys to keys, in their order.
pub(crate) struct KeyMap<K, V> {
    /// A key in the upper half, its value in the lower.
    pairs: Numbers,
    keys: PhantomData<(K, V)>,
}

/// A map from keys to values, in the order of the keys.
pub(crate) struct OrderedMap<K, V> {
    slots: KeyMap<K, u32>,
    values: Slab<V>,
}

impl<K> Default for OrderedSet<K> {
    fn default() -> Self {
        Self {
            numbers: Numbers::default(),
            keys: PhantomData,
        }
    }
}

impl<K: Key> OrderedSet<K> {
    /// Adds a key. Returns whether it is new.
    pub(crate) fn insert(&mut self, key: K) -> bool {
        const { assert!(K::BITS <= u128::BITS) };
        self.numbers.insert(key.to_bits())
    }

    /// Removes a key. Returns whether it was there.
    pub(crate) fn remove(&mut self, key: K) -> bool {
        self.numbers.remove(key.to_bits())
    }

    pub(crate) fn first(&self) -> Option<K> {
        self.numbers.first().map(K::from_bits)
    }

    /// Returns the first key that is not less than this one.
    pub(crate) fn from(&self, key: K) -> Option<K> {
        self.numbers.first_from(key.to_bits()).map(K::from_bits)
    }

    /// Returns the first key that is more than this one.
    pub(crate) fn after(&self, key: K) -> Option<K> {
        let next = key.to_bits().checked_add(1)?;
        self.numbers.first_from(next).map(K::from_bits)
    }

    pub(crate) fn pop_first(&mut self) -> Option<K> {
        self.numbers.pop_first().map(K::from_bits)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.numbers.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.numbers.0.len()
    }

    /// Returns the keys from one to another.
    pub(crate) fn range(&self, keys: RangeInclusive<K>) -> impl Iterator<Item = K> + '_ {
        let (from, to) = (keys.start().to_bits(), keys.end().to_bits());
        self.numbers.range(from, to).map(K::from_bits)
    }

    /// Returns every key.
    pub(crate) fn iter(&self) -> impl Iterator<Item = K> + '_ {
        self.numbers.range(0, u128::MAX).map(K::from_bits)
    }

    /// Keeps the keys for which `stays` says so.
    pub(crate) fn retain(&mut self, mut stays: impl FnMut(K) -> bool) {
        self.numbers.retain(&mut |bits| stays(K::from_bits(bits)));
    }
}

impl<K> Clone for OrderedSet<K> {
    fn clone(&self) -> Self {
        Self {
            numbers: self.numbers.clone(),
            keys: PhantomData,
        }
    }
}

impl<K> fmt::Debug for OrderedSet<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.numbers.0.fmt(f)
    }
}

impl<K, V> Default for KeyMap<K, V> {
    fn default() -> Self {
        Self {
            pairs: Numbers::default(),
            keys: PhantomData,
        }
    }
}

impl<K: Key, V: Key> KeyMap<K, V> {
    pub(crate) fn get(&self, key: K) -> Option<V> {
        let from = key.to_bits() << HALF;
        let found = self.pairs.first_from(from)?;
        (found >> HALF == key.to_bits()).then(|| V::from_bits(found))
    }

    /// Sets the value of a key. Returns the one that it had.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        const { assert!(K::BITS <= HALF && V::BITS <= HALF) };
        let before = self.remove(key);
        self.pairs.insert(key.to_bits() << HALF | value.to_bits());
        before
    }

    /// Removes a key. Returns the value that it had.
    pub(crate) fn remove(&mut self, key: K) -> Option<V> {
        let value = self.get(key)?;
        self.pairs.remove(key.to_bits() << HALF | value.to_bits());
        Some(value)
    }

    pub(crate) fn first(&self) -> Option<(K, V)> {
        let bits = self.pairs.first()?;
        Some((K::from_bits(bits >> HALF), V::from_bits(bits)))
    }

    pub(crate) fn len(&self) -> usize {
        self.pairs.0.len()
    }

    /// Returns every key with its value.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (K, V)> + '_ {
        let pairs = self.pairs.range(0, u128::MAX);
        pairs.map(|bits| (K::from_bits(bits >> HALF), V::from_bits(bits)))
    }
}

impl<K, V> Default for OrderedMap<K, V> {
    fn default() -> Self {
        Self {
            slots: KeyMap::default(),
            values: Slab::new(),
        }
    }
}

impl<K: Key, V> OrderedMap<K, V> {
    pub(crate) fn get(&self, key: K) -> Option<&V> {
        self.values.get(self.slots.get(key)? as usize)
    }

    pub(crate) fn get_mut(&mut self, key: K) -> Option<&mut V> {
        self.values.get_mut(self.slots.get(key)? as usize)
    }

    /// Returns the value of a key, which is made if it has none.
    #[expect(clippy::indexing_slicing, reason = "the slot was found or made")]
    pub(crate) fn or_default(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        let slot = self.slots.get(key).unwrap_or_else(|| {
            let slot = insert(&mut self.values, V::default());
            self.slots.insert(key, slot);
            slot
        });
        &mut self.values[slot as usize]
    }

    /// Sets the value of a key. Returns the one that it had.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        if let Some(known) = self.get_mut(key) {
            return Some(core::mem::replace(known, value));
        }
        let slot = insert(&mut self.values, value);
        self.slots.insert(key, slot);
        None
    }

    pub(crate) fn remove(&mut self, key: K) -> Option<V> {
        let slot = self.slots.remove(key)?;
        self.values.try_remove(slot as usize)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Takes the first key and its value.
    pub(crate) fn pop_first(&mut self) -> Option<(K, V)> {
        let (key, slot) = self.slots.first()?;
        self.slots.remove(key);
        Some((key, self.values.try_remove(slot as usize)?))
    }

    pub(crate) fn contains(&self, key: K) -> bool {
        self.slots.get(key).is_some()
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Returns the keys and their values, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (K, &V)> + '_ {
        let value = |(key, slot)| Some((key, self.values.get(slot as usize)?));
        self.slots.iter().filter_map(value)
    }

    /// Calls a function for each key and its value, in order.
    pub(crate) fn for_each_mut(&mut self, mut call: impl FnMut(K, &mut V)) {
        for (key, slot) in self.slots.iter() {
            if let Some(value) = self.values.get_mut(slot as usize) {
                call(key, value);
            }
        }
    }
}

/// The numbers of a set.
#[derive(Clone, Default)]
struct Numbers(BTreeSet<u128>);

/// Numbers of a span.
struct NumbersIn<'a>(btree_set::Range<'a, u128>);

impl Numbers {
    #[inline(never)]
    fn insert(&mut self, bits: u128) -> bool {
        self.0.insert(bits)
    }

    #[inline(never)]
    fn remove(&mut self, bits: u128) -> bool {
        self.0.remove(&bits)
    }

    #[inline(never)]
    fn first(&self) -> Option<u128> {
        self.0.first().copied()
    }

    /// Returns the first number that is not less than this one.
    #[inline(never)]
    fn first_from(&self, from: u128) -> Option<u128> {
        self.0.range(from..).next().copied()
    }

    #[inline(never)]
    fn pop_first(&mut self) -> Option<u128> {
        self.0.pop_first()
    }

    #[inline(never)]
    fn range(&self, from: u128, to: u128) -> NumbersIn<'_> {
        NumbersIn(self.0.range(from..=to.max(from)))
    }

    #[inline(never)]
    fn retain(&mut self, stays: &mut dyn FnMut(u128) -> bool) {
        self.0.retain(|bits| stays(*bits));
    }
}

impl Iterator for NumbersIn<'_> {
    type Item = u128;

    #[inline(never)]
    fn next(&mut self) -> Option<u128> {
        self.0.next().copied()
    }
}

macro_rules! keys {
    ($($key:ty: $bits:ident $from:expr, $to:expr;)+) => {
        $(
            impl $crate::ordered::Key for $key {
                const BITS: u32 = $bits::BITS;

                fn to_bits(self) -> u128 {
                    let to: fn(Self) -> $bits = $to;
                    to(self).into()
                }

                fn from_bits(bits: u128) -> Self {
                    let from: fn($bits) -> Self = $from;
                    from(bits as $bits)
                }
            }
        )+
    };
}
pub(crate) use keys;

keys! {
    bool: u8 |bits| bits & 1 != 0, u8::from;
    u8: u8 |bits| bits, |key| key;
    u32: u32 |bits| bits, |key| key;
    u64: u64 |bits| bits, |key| key;
    RecordType: u16 RecordType, |rtype| rtype.0;
    Instant: u64 Instant::from_nanos, Instant::as_nanos;
    LinkId: u32 LinkId, |link| link.0;
}

impl<A: Key, B: Key> Key for (A, B) {
    const BITS: u32 = A::BITS + B::BITS;

    fn to_bits(self) -> u128 {
        self.0.to_bits() << B::BITS | self.1.to_bits()
    }

    fn from_bits(bits: u128) -> Self {
        (A::from_bits(bits >> B::BITS), B::from_bits(bits))
    }
}

impl<A: Key, B: Key, C: Key> Key for (A, B, C) {
    const BITS: u32 = A::BITS + B::BITS + C::BITS;

    fn to_bits(self) -> u128 {
        (self.0, (self.1, self.2)).to_bits()
    }

    fn from_bits(bits: u128) -> Self {
        let (first, (second, third)) = Key::from_bits(bits);
        (first, second, third)
    }
}

/// Where the key stands in a pair.
const HALF: u32 = u64::BITS;

#[cfg(test)]
mod tests;
