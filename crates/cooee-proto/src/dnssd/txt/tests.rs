//! TXT attributes: order, case, key-only against empty, binary values, and what is refused.

use alloc::string::ToString;
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
        (txt.get("flag"), txt.get("empty"), txt.get("full")),
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
    let data = TxtData::from_wire(b"\x09Path=/one\x09path=/two").unwrap();
    assert_eq!(Txt::from_data(data).get("PATH"), Some("/one"));
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

//= https://www.rfc-editor.org/rfc/rfc6763#section-6.3
//= type=test
//# If an implementation sees unknown keys
//# in a service TXT record, it MUST silently ignore them.
#[test]
fn keys_that_nobody_asks_for_are_in_nobodys_way() {
    let data = TxtData::from_wire(b"\x05a\xff\0=1\x04new!\x06path=/").unwrap();
    let txt = Txt::from_data(data);
    assert_eq!((txt.get("path"), txt.get("other")), (Some("/"), None));
}

//= https://www.rfc-editor.org/rfc/rfc6763#section-6.2
//= type=test
//# Using TXT records larger than 1300 bytes is NOT RECOMMENDED at this
//# time.
#[test]
fn more_than_1300_bytes_are_more_than_is_recommended() {
    let of_len = |len: usize| {
        let lens = core::iter::repeat_n(255, len / 256).chain([len % 256 - 1]);
        let strings = lens.enumerate().map(|(n, len)| {
            let string = alloc::format!("{n}={}", "x".repeat(len - 2));
            string.into_bytes()
        });
        let strings: Vec<_> = strings.collect();
        Txt::from_strings(strings.iter().map(Vec::as_slice)).unwrap()
    };
    assert_eq!(of_len(1_300).data().as_bytes().len(), 1_300);
    assert!(!of_len(1_300).exceeds_recommended_size());
    assert!(of_len(1_301).exceeds_recommended_size());
}

#[test]
fn values_are_bytes() {
    let strings: [&[u8]; 1] = [b"bin=\x00\xff="];
    let txt = Txt::from_strings(strings).unwrap();
    assert_eq!(txt.value("bin"), Some(TxtValue::Bytes(b"\x00\xff=")));
    assert_eq!(txt.get("bin"), None);
}

//= https://www.rfc-editor.org/rfc/rfc6763#section-6.4
//= type=test
//# The key MUST be at least one character.
//= https://www.rfc-editor.org/rfc/rfc6763#section-6.4
//= type=test
//# The characters of a key MUST be printable US-ASCII values (0x20-0x7E)
//# [RFC20], excluding '=' (0x3D).
//= https://www.rfc-editor.org/rfc/rfc6763#section-6.4
//= type=test
//# A given key SHOULD NOT appear more than once in a TXT record.
#[test]
fn what_cannot_be_sent_is_refused_with_its_key() {
    let refused = |string: &[u8]| Txt::from_strings([string]).unwrap_err();
    for (string, given) in [
        (&b""[..], ""),
        (b"=x", "=x"),
        (b"=\x1b\xff\\", r"=\027\255\\"),
    ] {
        let given = given.into();
        assert_eq!(refused(string), TxtError::EmptyKey { given });
    }
    for byte in (0..0x20).chain(0x7f..=0xff) {
        assert!(matches!(refused(&[b'a', byte, b'=']), TxtError::Key { .. }));
    }
    let printable: Vec<u8> = (0x20..0x7f).filter(|byte| *byte != b'=').collect();
    assert!(Txt::from_strings([&printable[..]]).is_ok());
    let twice = Txt::from_strings([b"path=/".as_slice(), b"a", b"Path"]);
    assert_eq!(twice, Err(TxtError::Repeated { key: "Path".into() }));
    assert!(matches!(
        refused(&[b'a'; 256]),
        TxtError::TooLong { len: 256, .. }
    ));
    assert!(Txt::from_strings([&[b'a'; 255][..]]).is_ok());
    let many: Vec<_> = (0..40)
        .map(|n| alloc::format!("{n:02}={}", "x".repeat(252)).into_bytes())
        .collect();
    assert!(matches!(
        Txt::from_strings(many.iter().map(Vec::as_slice)),
        Err(TxtError::Full { len: 10_240 })
    ));
}

#[test]
fn an_error_shows_what_was_given_safely_and_no_more_than_is_needed_to_find_it() {
    let refused = |string: &[u8]| Txt::from_strings([string]).unwrap_err().to_string();
    for (error, shown) in [
        (refused(b"=bad"), "`=bad` needs a key"),
        (refused(b"a\nb=1"), r"the TXT key `a\010b` may hold"),
        (refused(b"caf\xc8=1"), r"the TXT key `caf\200` may hold"),
        (
            refused(&[b"=".as_slice(), &[b'x'; 300]].concat()),
            "...` needs a key",
        ),
        (refused(&[b'k'; 300]), "...` has 300 bytes"),
        (
            refused(&[b"k=\x07".as_slice(), &[b'v'; 300]].concat()),
            r"the TXT attribute `k=\007vvv",
        ),
        (
            Txt::exactly([&[b'='; 256][..]]).unwrap_err().to_string(),
            "the TXT attribute `====",
        ),
    ] {
        assert!(error.contains(shown), "{error}");
        assert!(error.len() < 120, "{error}");
    }
}

//= https://www.rfc-editor.org/rfc/rfc6763#section-6.1
//= type=test
//# DNS-SD implementations MUST NOT emit empty TXT records.
#[test]
fn no_attributes_is_one_empty_string_on_the_wire() {
    let none: [&[u8]; 0] = [];
    assert_eq!(Txt::from_strings(none).unwrap(), Txt::empty());
    assert_eq!(Txt::empty().data().as_bytes(), b"\0");
    assert!(Txt::empty().is_empty());
}

#[test]
fn a_record_of_exactly_these_strings_can_hold_what_devices_send() {
    let strings: [&[u8]; 6] = [b"a=1", b"a=2", b"=x", b"", b"\x01\xff", b"A"];
    let txt = Txt::exactly(strings).unwrap();
    assert_eq!(
        txt.data().as_bytes(),
        b"\x03a=1\x03a=2\x02=x\x00\x02\x01\xff\x01A"
    );
    assert!(txt.exact_strings().eq(strings));
    let received = Txt::from_data(txt.data().clone());
    assert_eq!(Txt::exactly(received.exact_strings()), Ok(txt));
    assert_eq!(Txt::empty().exact_strings().count(), 0);
    assert_eq!(Txt::exactly([]), Ok(Txt::empty()));
}

#[test]
fn a_record_of_exactly_these_strings_is_bounded_all_the_same() {
    let long: &[u8] = &[b'a'; 256];
    assert!(matches!(
        Txt::exactly([long]),
        Err(TxtError::TooLong { len: 256, .. })
    ));
    let many = core::iter::repeat_n(&[b'a'; 255][..], 33);
    assert_eq!(Txt::exactly(many), Err(TxtError::Full { len: 8_448 }));
}

#[test]
fn strings_as_they_are_do_not_loosen_the_rules_for_attributes() {
    let mut builder = TxtBuilder::default();
    builder.string(b"a=1").attribute(b"a=2").string(b"a=3");
    let txt = builder.clone().finish().unwrap();
    assert!(txt.exact_strings().eq([b"a=1", b"a=2", b"a=3"]));
    builder.attribute(b"A=4");
    assert_eq!(
        builder.finish(),
        Err(TxtError::Repeated { key: "A".into() })
    );
}

#[test]
fn attributes_are_shown_as_in_a_zone_file() {
    let txt = Txt::from_strings([b"path=/".as_slice(), b"flag"]).expect("two attributes");
    assert_eq!(txt.to_string(), r#""path=/" "flag""#);
}

#[test]
fn one_attribute_is_set_in_its_place_or_at_the_end_or_removed() {
    let all = txt(&["a=1", "flag", "B=2"]);
    let shown = |txt: Txt| txt.to_string();
    let set = |key, value: &[u8]| all.with(key, value).map(shown);
    assert_eq!(set("b", b"3").unwrap(), r#""a=1" "flag" "b=3""#);
    assert_eq!(set("c", b"").unwrap(), r#""a=1" "flag" "B=2" "c=""#);
    assert_eq!(shown(all.without("FLAG")), r#""a=1" "B=2""#);
    assert_eq!(shown(txt(&["a=1"]).without("a")), shown(Txt::empty()));
    assert!(matches!(set("a=b", b""), Err(TxtError::Key { .. })));
    let given = "=1".into();
    assert_eq!(set("", b"1"), Err(TxtError::EmptyKey { given }));
    assert!(matches!(set("a", &[0; 254]), Err(TxtError::TooLong { .. })));
}
