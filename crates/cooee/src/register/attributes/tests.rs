//! Attributes as they become strings of a record.

use super::sealed::Sealed;
use super::{Attributes, Txt, TxtError};

fn txt(fill: impl FnOnce(&mut Attributes)) -> Result<Txt, TxtError> {
    let mut attributes = Attributes::default();
    fill(&mut attributes);
    attributes.finish()
}

#[test]
fn pairs_keys_and_records_keep_their_order() {
    let whole = Txt::from_strings([b"a=1".as_slice(), b"b"]).unwrap();
    let made = txt(|all| {
        ("path", "/").add_to(all);
        "flag".add_to(all);
        (&whole).add_to(all);
        ("raw", [0_u8, 255]).add_to(all);
        ("empty", "").add_to(all);
    });
    let strings: Vec<Vec<u8>> = made.unwrap().strings().map(<[u8]>::to_vec).collect();
    assert_eq!(
        strings,
        [
            b"path=/".to_vec(),
            b"flag".to_vec(),
            b"a=1".to_vec(),
            b"b".to_vec(),
            b"raw=\0\xff".to_vec(),
            b"empty=".to_vec()
        ]
    );
}

#[test]
fn a_key_with_an_equals_sign_is_an_error_that_names_it() {
    let key = "a=b".to_owned();
    assert_eq!(
        txt(|all| ("a=b", "c").add_to(all)),
        Err(TxtError::Key { key: key.clone() })
    );
    assert_eq!(txt(|all| "a=b".add_to(all)), Err(TxtError::Key { key }));
}

#[test]
fn what_does_not_fit_is_an_error() {
    let long = "x".repeat(255);
    assert!(matches!(
        txt(|all| ("a", &long).add_to(all)),
        Err(TxtError::TooLong { len: 257, .. })
    ));
    assert_eq!(txt(|all| ("", "x").add_to(all)), Err(TxtError::EmptyKey));
}

#[test]
fn a_record_that_was_received_is_taken_as_it_was_and_a_pair_is_not() {
    let strings: [&[u8]; 4] = [b"a=1", b"a=2", b"=x", b""];
    let received = Txt::exactly(strings).unwrap();
    let again = txt(|all| received.clone().add_to(all));
    assert_eq!(again, Ok(received));
    let pairs = txt(|all| {
        ("a", "1").add_to(all);
        ("A", "2").add_to(all);
    });
    assert_eq!(
        pairs,
        Err(TxtError::Repeated {
            key: "A".to_owned()
        })
    );
}
