//! Tests of folding and hashing.

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
