//! Tests of names inside a message.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::*;

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// Returns the bytes of a message with a header of zeros, and the offset of what follows it.
fn message(body: &[u8]) -> (Vec<u8>, usize) {
    let mut bytes = vec![0; HEADER_LEN];
    bytes.extend_from_slice(body);
    (bytes, HEADER_LEN)
}

/// Why the name at the start of a body cannot be read, and where.
fn fault(body: &[u8]) -> (DecodeErrorKind, usize) {
    let (bytes, at) = message(body);
    let name = NameRef::new(&bytes, at);
    let error = name.to_name().unwrap_err();
    assert_eq!(name.fold_hash(3), Err(error));
    assert!(!name.matches(&Name::root()) && !name.is_root());
    (error.kind, error.offset - at)
}

//= https://www.rfc-editor.org/rfc/rfc1035#section-4.1.4
//= type=test
//# In this
//# scheme, an entire domain name or a list of labels at
//# the end of a domain name is replaced with a pointer to a prior occurance
//# of the same name.
#[test]
fn a_compressed_name_equals_and_hashes_like_the_whole_one() {
    for len in 1..=63 {
        // `local` first, then a label of every length that ends in a pointer to it.
        let mut body = b"\x05local\0".to_vec();
        let start = HEADER_LEN + body.len();
        body.push(len);
        body.extend((0..len).map(|at| b'A' + at % 26));
        body.extend_from_slice(&[0xc0, HEADER_LEN as u8, 0xff, 0xff]);
        let (bytes, local) = message(&body);
        let label: String = (0..len).map(|at| char::from(b'a' + at % 26)).collect();
        let whole = name(&format!("{label}.LOCAL"));
        let found = NameRef::new(&bytes, start);
        assert_eq!(found.to_name().unwrap(), whole);
        assert_eq!(found.fold_hash(7), Ok(whole.fold_hash(7)));
        assert_ne!(found.fold_hash(7), found.fold_hash(8));
        assert!(found.matches(&whole) && !found.is_spelt_as(&whole));
        assert!(found.is_spelt_as(&found.to_name().unwrap()));
        assert!(!found.matches(&name("local")) && !found.matches(&name(&label)));
        assert!(!found.matches(&name(&format!("{label}.locas"))));
        assert!(!found.matches(&name(&format!("{label}.local.x"))));
        let local = NameRef::new(&bytes, local);
        assert!(found.matches_ref(&found) && local.matches_ref(&local));
        assert!(!found.matches_ref(&local) && !local.matches_ref(&found));
    }
}

#[test]
fn names_of_two_messages_are_equal_without_regard_to_case() {
    let (ours, at) = message(b"\x01a\x05LOCAL\0");
    let (theirs, _) = message(b"\x01A\x05local\0");
    let (others, _) = message(b"\x01b\x05local\0");
    let (shorter, _) = message(b"\x01a\0");
    let (broken, _) = message(b"\x01a\x05local");
    let ours = NameRef::new(&ours, at);
    assert!(ours.matches_ref(&NameRef::new(&theirs, at)));
    for other in [&others, &shorter, &broken] {
        let other = NameRef::new(other, at);
        assert!(!ours.matches_ref(&other) && !other.matches_ref(&ours));
    }
    let broken = NameRef::new(&broken, at);
    assert!(!broken.matches_ref(&broken), "a malformed name equals none");
    assert!(!broken.matches(&name("a.local")));
}

#[test]
fn the_root_is_the_name_without_labels() {
    let (bytes, at) = message(b"\0\x01a\0");
    assert!(NameRef::new(&bytes, at).is_root());
    assert!(!NameRef::new(&bytes, at + 1).is_root());
    assert_eq!(format!("{:?}", NameRef::new(&bytes, at + 1)), "NameRef(a)");
}

#[test]
fn a_label_ends_inside_the_message() {
    let (bytes, at) = message(b"\x03abc");
    let labels: Vec<_> = NameRef::new(&bytes, at).labels().collect();
    let end = DecodeError::new(DecodeErrorKind::NameTruncated, at + 4);
    assert_eq!(labels, [Ok(&b"abc"[..]), Err(end)]);
    assert_eq!(fault(b"\x04abc"), (DecodeErrorKind::NameTruncated, 0));
    assert_eq!(fault(b"\xc0"), (DecodeErrorKind::NameTruncated, 0));
    assert_eq!(fault(b"\x01a\x40"), (DecodeErrorKind::LabelType, 2));
}

#[test]
fn a_pointer_goes_back_to_a_place_after_the_header() {
    let own = HEADER_LEN as u8;
    assert_eq!(fault(&[0xc0, own]), (DecodeErrorKind::PointerForward, 0));
    assert_eq!(fault(&[0xc1, own]), (DecodeErrorKind::PointerForward, 0));
    // Into the label that it ends: the run of labels began there.
    assert_eq!(
        fault(&[1, b'a', 0xc0, own]),
        (DecodeErrorKind::PointerForward, 2)
    );
    assert_eq!(
        fault(&[0xc0, own - 1]),
        (DecodeErrorKind::PointerIntoHeader, 0)
    );
}

#[test]
fn a_pointer_reaches_beyond_the_first_256_bytes() {
    let mut bytes = vec![0; 0x2345];
    bytes[0x1234] = 1;
    bytes[0x1235] = b'x';
    bytes.extend_from_slice(&[0xd2, 0x34]);
    assert!(NameRef::new(&bytes, 0x2345).matches(&name("x")));
}

#[test]
fn as_many_pointers_are_followed_as_the_limit_says() {
    let pointers = usize::from(POINTERS_MAX);
    let mut bytes = vec![0; HEADER_LEN];
    bytes.push(0);
    for hop in 0..=pointers {
        let target = if hop == 0 {
            HEADER_LEN
        } else {
            bytes.len() - 2
        };
        let target = u16::try_from(target).unwrap() | 0xc000;
        bytes.extend_from_slice(&target.to_be_bytes());
    }
    let last = bytes.len() - 2;
    assert!(NameRef::new(&bytes, last - 2).is_root());
    let error = NameRef::new(&bytes, last).to_name().unwrap_err();
    assert_eq!(error.kind, DecodeErrorKind::PointerChain);
}

#[test]
fn a_name_has_at_most_256_bytes_with_its_root() {
    let labels = |last: u8| {
        let mut body = Vec::new();
        for len in [63, 63, 63, last] {
            body.push(len);
            body.extend((0..len).map(|_| b'a'));
        }
        body.push(0);
        body
    };
    let (longest, at) = message(&labels(62));
    let longest = NameRef::new(&longest, at);
    assert_eq!(longest.to_name().unwrap().wire_len(), NAME_LEN_MAX);
    assert!(longest.matches_ref(&longest) && longest.fold_hash(0).is_ok());
    assert_eq!(fault(&labels(63)).0, DecodeErrorKind::NameTooLong);
}

#[test]
fn the_end_of_a_name_is_found_without_reading_it() {
    assert_eq!(skip_name(b"\0", 0), Ok(1));
    assert_eq!(skip_name(b"\x01a\x02bc\0..", 0), Ok(6));
    assert_eq!(skip_name(b"..\x01a\xc0\x00", 2), Ok(6));
    let truncated = |offset| DecodeError::new(DecodeErrorKind::NameTruncated, offset);
    assert_eq!(skip_name(b"\x01a\xc0", 0), Err(truncated(0)));
    assert_eq!(skip_name(b".\x01a", 1), Err(truncated(1)));
    assert_eq!(skip_name(b"\x05a", 0), Err(truncated(0)));
    for first in [64, 128, 191] {
        let error = DecodeError::new(DecodeErrorKind::LabelType, 2);
        assert_eq!(skip_name(&[1, b'a', first, 0], 0), Err(error));
    }
}
