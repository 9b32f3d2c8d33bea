//! Maps whose hashing takes its key from the engine's seed.
//!
//! Ids are made here, never by another host, so a cheap mixer is sufficient. Names are hashed with
//! `Name::fold_hash` under the engine's own key (`names`).

use core::hash::{BuildHasher, Hasher};

/// A map keyed by small ids.
pub(crate) type IdMap<K, V> = hashbrown::HashMap<K, V, IdHash>;

/// A list that is nearly always short: the first `N` elements need no allocation.
pub(crate) type SmallList<T, const N: usize> = smallvec::SmallVec<[T; N]>;

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
