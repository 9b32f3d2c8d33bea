//! TXT attributes: order, case, key-only against empty, binary values, and what is refused.

use alloc::vec;
use alloc::vec::Vec;

use super::*;

fn txt(strings: &[&str]) -> Txt {
    Txt::from_strings(strings.iter().map(|string| string.as_bytes())).unwrap()
}

#[test]
fn key_only_differs_from_an_empty_value_and_from_absence() {
    let txt = txt(&["flag", "empty=", "full=a=b"]);
    assert_eq!(txt.value("flag"), Some(TxtValue::KeyOnly));
    assert_eq!(txt.value("empty"), Some(TxtValue::Bytes(b"")));
    assert_eq!(txt.value("full"), Some(TxtValue::Bytes(b"a=b")));
    assert_eq!(txt.value("other"), None);
    assert_eq!(
        (txt.text("flag"), txt.text("empty"), txt.text("full")),
        (None, Some(""), Some("a=b"))
    );
}

//= https://www.rfc-editor.org/rfc/rfc6763#section-6.4
//= type=test
//# If a client receives a TXT record containing the same key more than
//# once, then the client MUST silently ignore all but the first
//# occurrence of that attribute.
#[test]
fn keys_compare_without_case_and_the_first_wins() {
    let txt = txt(&["Path=/one", "path=/two"]);
    assert_eq!(txt.text("PATH"), Some("/one"));
}

//= https://www.rfc-editor.org/rfc/rfc6763#section-6.4
//= type=test
//# DNS-SD TXT record strings beginning with an '=' character
//# (i.e., the key is missing) MUST be silently ignored.
#[test]
fn strings_without_a_key_are_passed_over_when_received() {
    let data = TxtData::from_wire(b"\x02=a\x03b=c\x00").unwrap();
    let keys: Vec<_> = Txt::from_data(data)
        .iter()
        .map(|(key, _)| key.into_owned())
        .collect();
    assert_eq!(keys, vec!["b"]);
}

#[test]
fn values_are_bytes() {
    let strings: [&[u8]; 1] = [b"bin=\x00\xff="];
    let txt = Txt::from_strings(strings).unwrap();
    assert_eq!(txt.value("bin"), Some(TxtValue::Bytes(b"\x00\xff=")));
    assert_eq!(txt.text("bin"), None);
}

#[test]
fn what_cannot_be_sent_is_refused_with_its_key() {
    let refused = |string: &[u8]| Txt::from_strings([string]).unwrap_err();
    assert_eq!(refused(b""), TxtError::EmptyKey);
    assert_eq!(refused(b"=x"), TxtError::EmptyKey);
    assert!(matches!(refused("clé=1".as_bytes()), TxtError::Key { .. }));
    assert!(matches!(
        refused(&[b'a'; 256]),
        TxtError::TooLong { len: 256, .. }
    ));
    assert!(Txt::from_strings([&[b'a'; 255][..]]).is_ok());
    let many = vec![&[b'a'; 255][..]; 40];
    assert!(matches!(
        Txt::from_strings(many),
        Err(TxtError::Full { len: 10_240 })
    ));
}

#[test]
fn no_attributes_is_one_empty_string_on_the_wire() {
    let none: [&[u8]; 0] = [];
    assert_eq!(Txt::from_strings(none).unwrap(), Txt::empty());
    assert_eq!(Txt::empty().data().as_bytes(), b"\0");
    assert!(Txt::empty().is_empty());
}
