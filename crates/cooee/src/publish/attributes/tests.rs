//! Attributes as they become strings of a record.

use std::collections::{BTreeMap, HashMap};

use super::{Attributes, IntoTxt, Txt, TxtError};

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
    let given = "=x".to_owned();
    assert_eq!(
        txt(|all| ("", "x").add_to(all)),
        Err(TxtError::EmptyKey { given })
    );
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

fn strings(given: impl IntoTxt) -> Vec<String> {
    let made = txt(|all| given.add_to(all)).expect("right attributes");
    let text = |string: &[u8]| String::from_utf8_lossy(string).into_owned();
    made.strings().map(text).collect()
}

#[test]
fn arrays_slices_vectors_and_maps_are_taken_by_value_and_by_reference() {
    let pairs = [("a", "1"), ("b", "2")];
    let owned: Vec<(String, String)> = pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    let sorted: BTreeMap<&str, &str> = pairs.into_iter().collect();
    let hashed: HashMap<String, Vec<u8>> = [("b", b"2"), ("a", b"1")]
        .map(|(key, value)| (key.to_owned(), value.to_vec()))
        .into();
    let slice: &[(&str, &str); 2] = &pairs;
    let all = [
        strings(slice),
        strings(pairs.as_slice()),
        strings(pairs),
        strings(&owned),
        strings(owned),
        strings(&sorted),
        strings(sorted),
        strings(&hashed),
        strings(hashed),
    ];
    for one in all {
        assert_eq!(one, ["a=1", "b=2"]);
    }
    let keys = ["flag", "other"];
    let owned = keys.map(str::to_owned);
    for one in [
        strings(keys.as_slice()),
        strings(keys),
        strings(&owned),
        strings(owned),
    ] {
        assert_eq!(one, ["flag", "other"]);
    }
}
