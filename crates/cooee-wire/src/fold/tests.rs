//! Tests of folding and hashing.

use alloc::vec;
use alloc::vec::Vec;

use super::*;

#[test]
fn a_word_is_folded_like_its_bytes() {
    for byte in 0..=255_u8 {
        for place in 0..8 {
            let mut bytes = [b'@', b'[', b'`', b'{', b'A', b'z', 0x80, 0xff];
            bytes[place] = byte;
            let folded = fold_word(u64::from_le_bytes(bytes)).to_le_bytes();
            assert_eq!(folded, bytes.map(|byte| byte.to_ascii_lowercase()));
        }
    }
}

#[test]
fn loading_takes_up_to_eight_bytes_in_order() {
    let bytes = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    for len in 0..=9 {
        let mut padded = [0; 8];
        let taken = len.min(8);
        padded[..taken].copy_from_slice(&bytes[..taken]);
        assert_eq!(
            load(&bytes[..len]),
            u64::from_le_bytes(padded),
            "{len} bytes"
        );
    }
}

#[test]
fn length_tells_strings_apart_that_differ_in_zeros() {
    let hash = |bytes: &[u8]| {
        let mut hasher = FoldHasher::new(0);
        hasher.bytes(bytes);
        hasher.finish()
    };
    assert_ne!(hash(b"a"), hash(b"a\0"));
    assert_ne!(hash(b""), hash(b"\0"));
}

/// Hashes words as the documentation of [`FoldHasher`] says, in arithmetic of its own.
fn hash_of(seed: u64, words: &[u64]) -> u64 {
    let mixed = |a: u64, b: u64| {
        let product = u128::from(a) * u128::from(b);
        let bytes = product.to_le_bytes();
        let (low, high) = bytes.split_at(8);
        let half = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().unwrap());
        half(low) ^ half(high)
    };
    let key = match mixed(seed ^ SEED_A, SEED_B) {
        even if even % 2 == 0 => even + 1,
        odd => odd,
    };
    let start = seed.rotate_left(32) ^ SEED_C;
    let state = words
        .iter()
        .fold(start, |state, word| mixed(state ^ word, key));
    mixed(state ^ SEED_B, key ^ SEED_C)
}

#[test]
fn a_hash_mixes_each_word_with_the_key_by_a_wide_multiplication() {
    for seed in [0, 1, 2, 3, 0x0123_4567_89ab_cdef, u64::MAX] {
        let hash = |add: fn(&mut FoldHasher)| {
            let mut hasher = FoldHasher::new(seed);
            add(&mut hasher);
            hasher.finish()
        };
        assert_eq!(hash(|_| ()), hash_of(seed, &[]));
        assert_eq!(hash(|hasher| hasher.word(9)), hash_of(seed, &[9]));
        let words = [9, u64::from_le_bytes(*b"Abcdefgh"), u64::from(b'i')];
        assert_eq!(
            hash(|hasher| hasher.bytes(b"Abcdefghi")),
            hash_of(seed, &words)
        );
    }
}

#[test]
fn a_label_is_hashed_folded_and_without_what_follows_it() {
    for len in 0..=63_u8 {
        let mut label = vec![len];
        label.extend((0..len).map(|at| b'A' + at % 26));
        let words: Vec<u64> = label
            .chunks(8)
            .map(|chunk| load(&chunk.to_ascii_lowercase()))
            .collect();
        for rest in [&b""[..], b"\0", b"after the label"] {
            let whole = [&label, rest].concat();
            let mut hasher = FoldHasher::new(5);
            hasher.label(&whole);
            assert_eq!(hasher.finish(), hash_of(5, &words), "{len} bytes");
        }
    }
}
