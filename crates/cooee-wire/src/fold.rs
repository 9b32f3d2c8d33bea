//! ASCII case folding and seeded hashing that ignores case.
//!
//! In:  labels and bytes, eight at a time, and a seed.
//! Out: folded words and a hash that is the same for names that are equal.
//! RFC 4343 section 3, RFC 6762 section 16.

/// Converts the ASCII letters among the eight bytes of a word to lower case; other bytes stay.
//= https://www.rfc-editor.org/rfc/rfc6762#section-16
//# The simple rules for case-insensitivity in Unicast DNS [RFC1034]
//# [RFC1035] also apply in Multicast DNS; that is to say, in name
//# comparisons, the lowercase letters "a" to "z" (0x61 to 0x7A) match
//# their uppercase equivalents "A" to "Z" (0x41 to 0x5A).
#[inline]
pub(crate) const fn fold_word(word: u64) -> u64 {
    let low_bits = word & (0x7f * ONES);
    let from_a = low_bits.wrapping_add(TO_A);
    let past_z = low_bits.wrapping_add(PAST_Z);
    let upper = from_a & !past_z & !word & (0x80 * ONES);
    word | (upper >> 2)
}

/// Returns whether two names without pointers are equal in wire form, ignoring ASCII case.
///
/// Length bytes are at most 63, below every letter, so the whole wire form can be folded.
#[inline]
pub(crate) fn eq_folded(one: &[u8], other: &[u8]) -> bool {
    // The case is nearly always the same, and an exact comparison is much faster.
    one == other || one.eq_ignore_ascii_case(other)
}

/// Loads up to eight bytes as a little-endian word, with zeros above.
#[inline]
pub(crate) fn load(bytes: &[u8]) -> u64 {
    if let Some(eight) = bytes.first_chunk() {
        return u64::from_le_bytes(*eight);
    }
    if let (Some(low), Some(high)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let shift = (bytes.len() as u32 & 3) << 3;
        return u64::from(u32::from_le_bytes(*low))
            | (u64::from(u32::from_le_bytes(*high)) << shift);
    }
    bytes
        .iter()
        .rev()
        .fold(0, |word, &byte| (word << 8) | u64::from(byte))
}

/// A seeded hasher over whole labels and byte strings.
///
/// Each word is mixed by a 64 by 64 to 128 bit multiplication with a key drawn from the seed. So
/// nobody can choose names that collide without knowing the seed.
#[derive(Clone, Copy)]
pub(crate) struct FoldHasher {
    state: u64,
    key: u64,
}

impl FoldHasher {
    #[inline]
    pub(crate) const fn new(seed: u64) -> Self {
        let key = multiply_fold(seed ^ SEED_A, SEED_B) | 1;
        Self {
            state: seed.rotate_left(32) ^ SEED_C,
            key,
        }
    }

    #[inline]
    pub(crate) const fn word(&mut self, word: u64) {
        self.state = multiply_fold(self.state ^ word, self.key);
    }

    /// Adds the label whose length byte is the first one here, eight bytes per word. Bytes after
    /// the label do not count, but make loading faster.
    #[inline]
    pub(crate) fn label(&mut self, from_len: &[u8]) {
        let mut rest = from_len;
        let mut left = usize::from(rest.first().copied().unwrap_or_default()).saturating_add(1);
        while left > 8 {
            self.word(fold_word(load(rest)));
            rest = rest.get(8..).unwrap_or_default();
            left = left.saturating_sub(8);
        }
        // The length byte is always left or was in a word before: 1 to 8 bytes.
        let spare = 8_usize.saturating_sub(left) as u32;
        let mask = u64::MAX.wrapping_shr(spare << 3);
        self.word(fold_word(load(rest) & mask));
    }

    /// Adds bytes unchanged, after their length.
    #[inline]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        for chunk in bytes.chunks(8) {
            self.word(load(chunk));
        }
    }

    #[inline]
    pub(crate) const fn finish(&self) -> u64 {
        multiply_fold(self.state ^ SEED_B, self.key ^ SEED_C)
    }
}

#[inline]
const fn multiply_fold(a: u64, b: u64) -> u64 {
    let product = (a as u128).wrapping_mul(b as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

const ONES: u64 = 0x0101_0101_0101_0101;

/// Added to a byte, sets its high bit if its low bits are "A" or above.
const TO_A: u64 = (0x80 - b'A' as u64) * ONES;

/// Added to a byte, sets its high bit if its low bits are above "Z".
const PAST_Z: u64 = (0x80 - b'Z' as u64 - 1) * ONES;

// The first digits of pi, e and the golden ratio, so that nothing can be hidden in them.
const SEED_A: u64 = 0x243f_6a88_85a3_08d3;
const SEED_B: u64 = 0xb7e1_5162_8aed_2a6b;
const SEED_C: u64 = 0x9e37_79b9_7f4a_7c15;

#[cfg(test)]
mod tests;
