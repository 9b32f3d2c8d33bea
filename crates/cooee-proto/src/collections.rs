//! Maps whose hashing takes its key from the engine's seed.
//!
//! Ids are made here, never by another host, so a cheap mixer is sufficient. Names are hashed with
//! `Name::fold_hash` under the engine's own key (`names`).

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::hash::{BuildHasher, Hasher};
use core::ops::Deref;

use slab::Slab;

/// A map keyed by small ids.
pub(crate) type IdMap<K, V> = hashbrown::HashMap<K, V, IdHash>;

/// A list that is nearly always short: the first `N` elements need no allocation.
pub(crate) type SmallList<T, const N: usize> = smallvec::SmallVec<[T; N]>;

/// Gives back the room of a short list of which most is gone.
pub(crate) fn shrink_small<T, const N: usize>(list: &mut SmallList<T, N>) {
    if list.spilled() && list.len() < list.capacity() / SHRINK_PART {
        list.shrink_to_fit();
    }
}

/// A list of ids that nearly always has one or two elements, and takes as much room as two words.
#[derive(Clone, Debug, Default)]
pub(crate) enum Few<T> {
    #[default]
    None,
    One([T; 1]),
    Two([T; 2]),
    #[expect(
        clippy::box_collection,
        reason = "rare, and a vector is three times as large as its box"
    )]
    Many(Box<Vec<T>>),
}

impl<T: Copy> Few<T> {
    pub(crate) fn as_slice(&self) -> &[T] {
        match self {
            Self::None => &[],
            Self::One(ids) => ids,
            Self::Two(ids) => ids,
            Self::Many(ids) => ids,
        }
    }

    pub(crate) fn push(&mut self, id: T) {
        match self {
            Self::Many(ids) => ids.push(id),
            Self::None | Self::One(_) | Self::Two(_) => {
                *self = self.as_slice().iter().copied().chain([id]).collect();
            }
        }
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        if let Self::Many(many) = self {
            many.retain(&keep);
            shrink(many);
            if many.len() > 2 {
                return;
            }
        }
        let kept = self.as_slice().iter().copied().filter(keep);
        *self = kept.collect();
    }
}

impl<T: Copy> FromIterator<T> for Few<T> {
    fn from_iter<I: IntoIterator<Item = T>>(ids: I) -> Self {
        let ids: SmallList<T, 4> = ids.into_iter().collect();
        match *ids.as_slice() {
            [] => Self::None,
            [one] => Self::One([one]),
            [one, two] => Self::Two([one, two]),
            ref many => Self::Many(Box::new(many.to_vec())),
        }
    }
}

/// A list of long ids that nearly always has one element, and takes as much room as two words.
#[derive(Debug, Default)]
pub(crate) enum OneOrMore<T> {
    #[default]
    None,
    One([T; 1]),
    #[expect(
        clippy::box_collection,
        reason = "rare, and a vector is three times as large as its box"
    )]
    Many(Box<Vec<T>>),
}

impl<T: Copy + PartialEq> OneOrMore<T> {
    pub(crate) fn push(&mut self, id: T) {
        *self = match core::mem::take(self) {
            Self::None => Self::One([id]),
            Self::One([first]) => Self::Many(Box::new([first, id].to_vec())),
            Self::Many(mut ids) => {
                ids.push(id);
                Self::Many(ids)
            }
        };
    }

    /// Removes an id. Returns whether it was there.
    pub(crate) fn remove(&mut self, id: T) -> bool {
        let before = self.len();
        match self {
            Self::One([one]) if *one == id => *self = Self::None,
            Self::None | Self::One(_) => {}
            Self::Many(ids) => {
                ids.retain(|other| *other != id);
                shrink(ids);
                match ids[..] {
                    [] => *self = Self::None,
                    [one] => *self = Self::One([one]),
                    _ => {}
                }
            }
        }
        self.len() < before
    }
}

impl<T> Deref for OneOrMore<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::None => &[],
            Self::One(one) => one,
            Self::Many(ids) => ids,
        }
    }
}

/// A queue that gives back its room after a burst.
#[derive(Debug)]
pub(crate) struct Queue<T>(VecDeque<T>);

impl<T> Queue<T> {
    pub(crate) fn push_back(&mut self, element: T) {
        self.0.push_back(element);
    }

    #[inline]
    pub(crate) fn pop_front(&mut self) -> Option<T> {
        if self.0.capacity() > QUEUE_ROOM_KEPT {
            return self.pop_of_many();
        }
        self.0.pop_front()
    }

    #[cold]
    fn pop_of_many(&mut self) -> Option<T> {
        let element = self.0.pop_front();
        self.shrink();
        element
    }

    pub(crate) fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        self.0.retain(keep);
        self.shrink();
    }

    /// Returns for how many elements it has room.
    #[cfg(test)]
    pub(crate) fn room(&self) -> usize {
        self.0.capacity()
    }

    fn shrink(&mut self) {
        let room = self.0.capacity();
        if room > QUEUE_ROOM_KEPT && self.0.len() < room / SHRINK_PART {
            self.0.shrink_to_fit();
        }
    }
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Deref for Queue<T> {
    type Target = VecDeque<T>;

    fn deref(&self) -> &VecDeque<T> {
        &self.0
    }
}

/// Hashes ids.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct IdHash;

/// The state of [`IdHash`].
#[derive(Debug, Default)]
pub(crate) struct IdHasher(u64);

impl BuildHasher for IdHash {
    type Hasher = IdHasher;

    fn build_hasher(&self) -> IdHasher {
        IdHasher(0)
    }
}

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u16(&mut self, value: u16) {
        self.write_u64(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = mix(self.0 ^ value);
    }
}

/// Gives back the room of a list of which most is gone.
pub(crate) fn shrink<T>(list: &mut Vec<T>) {
    if list.len() < list.capacity() / SHRINK_PART {
        list.shrink_to_fit();
    }
}

/// Adds an element to a slab. Returns its id.
pub(crate) fn insert<T>(slab: &mut Slab<T>, element: T) -> u32 {
    make_room(slab);
    id_of(slab.insert(element))
}

/// Makes room in a slab for one more element.
pub(crate) fn make_room<T>(slab: &mut Slab<T>) {
    if slab.len() == slab.capacity() {
        slab.reserve_exact(growth(slab.len()));
    }
}

/// Makes a list at least so long, with elements from `fill`.
pub(crate) fn lengthen<T>(list: &mut Vec<T>, len: usize, fill: impl FnMut() -> T) {
    let more = len.saturating_sub(list.len());
    if list.capacity().saturating_sub(list.len()) < more {
        list.reserve_exact(more.max(growth(list.len())));
    }
    if more > 0 {
        list.resize_with(len, fill);
    }
}

/// Returns by how many elements a full table grows: a small one to twice its size, a large one by
/// little, because what it does not fill is wasted.
fn growth(len: usize) -> usize {
    match len {
        0..DOUBLED_MAX => len.max(GROWTH_MIN),
        _ => len.div_ceil(GROWTH_PART),
    }
}

/// The room that a queue keeps in any case, in elements.
const QUEUE_ROOM_KEPT: usize = 64;
/// The part of its room that a list must fill to keep it.
const SHRINK_PART: usize = 4;
/// How many elements a table first has room for.
const GROWTH_MIN: usize = 4;
/// The size from which on a table is not doubled any more.
const DOUBLED_MAX: usize = 1_024;
/// The part by which it grows then.
const GROWTH_PART: usize = 8;

/// Returns the id of a slot in a slab.
#[expect(
    clippy::expect_used,
    reason = "each thing takes more than a byte, and memory is finite"
)]
pub(crate) fn id_of(slot: usize) -> u32 {
    u32::try_from(slot).expect("fewer than 2^32 things fit into memory")
}

/// Spreads the bits of a number over all 64 bits.
pub(crate) fn mix(value: u64) -> u64 {
    let folded = u128::from(value ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xa076_1d64_78bd_642f);
    let bytes = folded.to_le_bytes();
    let (low, high) = bytes.split_at(8);
    let half = |part: &[u8]| part.try_into().map_or(0, u64::from_le_bytes);
    half(low) ^ half(high)
}

#[cfg(test)]
mod tests {
    use super::{OneOrMore, Queue};

    #[test]
    fn ids_come_and_go_in_any_number() {
        let mut ids = OneOrMore::default();
        assert!(!ids.remove(1_u64) && ids.is_empty());
        (1..=3).for_each(|id| ids.push(id));
        assert_eq!(*ids, [1, 2, 3]);
        assert!(!ids.remove(4) && ids.remove(2));
        assert_eq!(*ids, [1, 3]);
        assert!(ids.remove(1) && matches!(ids, OneOrMore::One([3])));
        assert!(ids.remove(3) && ids.is_empty());
    }

    #[test]
    fn a_queue_gives_back_the_room_of_a_burst_while_it_empties_and_when_it_is_sieved() {
        let mut queue = Queue::default();
        (0..10_000).for_each(|n| queue.push_back(n));
        assert_eq!(queue.iter().copied().sum::<u32>(), 49_995_000);
        (0..9_900).for_each(|n| assert_eq!(queue.pop_front(), Some(n)));
        assert!(queue.room() <= 400, "{}", queue.room());
        (9_900..10_000).for_each(|n| assert_eq!(queue.pop_front(), Some(n)));
        assert_eq!(queue.pop_front(), None);
        assert!(queue.room() <= 64, "{}", queue.room());
        (0..10_000).for_each(|n| queue.push_back(n));
        queue.retain(|n| n % 1_000 == 7);
        assert_eq!(queue.len(), 10);
        assert!(queue.room() <= 64, "{}", queue.room());
    }
}
