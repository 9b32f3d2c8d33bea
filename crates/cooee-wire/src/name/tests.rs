//! Tests of names.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::*;

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-16
//= type=test
//# Hence, if a
//# querier issues a query for an address record with the name
//# "myprinter.local.", then a responder having an address record with
//# the name "MyPrinter.local." should issue a response.
#[test]
fn case_of_ascii_letters_does_not_matter() {
    assert_eq!(name("myprinter.local."), name("MyPrinter.local."));
    assert_eq!(
        name("myprinter.local").fold_hash(5),
        name("MYPRINTER.LOCAL").fold_hash(5)
    );
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-16
//= type=test
//# No other
//# automatic equivalences should be assumed.
#[test]
fn nothing_but_ascii_letters_is_folded() {
    assert_ne!(name("é.local"), name("É.local"));
    assert_ne!(name("e.local"), name("é.local"));
    // The characters next to the letters differ in the same bit and are not letters.
    for (low, high) in [
        ("`", "@"),
        ("{", "["),
        ("|", "\\\\"),
        ("}", "]"),
        ("~", "^"),
    ] {
        assert_ne!(name(low), name(high));
    }
    //= https://www.rfc-editor.org/rfc/rfc4343#section-3
    //= type=test
    //# For example, the octets 0xDD (\221)
    //# and 0xFD (\253) do NOT match
    assert_ne!(name("\\221"), name("\\253"));
    assert_ne!(name("\\221").fold_hash(0), name("\\253").fold_hash(0));
}

#[test]
fn every_byte_is_folded_as_the_rule_says_wherever_it_stands() {
    for byte in 0..=255_u8 {
        for len in 1..=20 {
            let mut label = vec![b'-'; len];
            label[len - 1] = byte;
            let plain = Name::from_labels([&label[..]]).unwrap();
            let folded = Name::from_labels([&label.to_ascii_lowercase()[..]]).unwrap();
            assert_eq!(plain, folded);
            assert_eq!(plain.fold_hash(1), folded.fold_hash(1));
            label[len - 1] = byte ^ 0x20;
            let other = Name::from_labels([&label[..]]).unwrap();
            let same = byte.is_ascii_alphabetic();
            assert_eq!(plain == other, same, "{byte}");
            assert_eq!(plain.fold_hash(1) == other.fold_hash(1), same, "{byte}");
        }
    }
}

#[test]
fn order_is_by_label_from_the_first() {
    let sorted = [".", "a", "a.b", "A.C", "a-b", "aa", "b", "B.a", "ba"];
    let mut names: Vec<Name> = sorted.iter().rev().map(|text| name(text)).collect();
    names.sort();
    let texts: Vec<String> = names.iter().map(Name::to_string).collect();
    assert_eq!(texts, sorted);
}

#[test]
fn the_hash_depends_on_seed_and_label_boundaries() {
    let names = ["ab.c", "a.bc", "abc", "a.b.c", "c.ab", "ab", "."];
    let mut hashes: Vec<u64> = names.iter().map(|text| name(text).fold_hash(1)).collect();
    hashes.extend(names.iter().map(|text| name(text).fold_hash(2)));
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), 2 * names.len());
}

#[test]
fn hashes_of_like_names_fill_their_buckets_evenly() {
    let mut low = [0_u32; 64];
    let mut high = [0_u32; 64];
    for index in 0..6400 {
        let hash = name(&format!("host-{index}.local")).fold_hash(42);
        low[(hash & 63) as usize] += 1;
        high[(hash >> 58) as usize] += 1;
    }
    // 100 are expected in each; the deviation of a fair draw is 10.
    assert!(
        low.iter()
            .chain(&high)
            .all(|count| (50..150).contains(count)),
        "{low:?} {high:?}"
    );
}

//= https://www.rfc-editor.org/rfc/rfc4343#section-2.2
//= type=test
//# The first example below shows embedded spaces and a period (".")
//# within a label.  The second one shows a 5-octet label where the
//# second octet has all bits zero, the third is a backslash, and the
//# fourth octet has all bits one.
#[test]
fn escapes_of_the_clarified_examples_are_read() {
    let first = name("Donald\\032E\\.\\032Eastlake\\0323rd.example.");
    assert_eq!(first.as_wire(), b"\x16Donald E. Eastlake 3rd\x07example\0");
    let second = name("a\\000\\\\\\255z.example.");
    assert_eq!(second.as_wire(), b"\x05a\0\\\xffz\x07example\0");
    assert_eq!(first.to_string(), "Donald E\\. Eastlake 3rd.example");
    assert_eq!(second.to_string(), "a\\000\\\\\\255z.example");
}

//= https://www.rfc-editor.org/rfc/rfc6763#section-4.3
//= type=test
//# This document RECOMMENDS that if concatenating the three portions of
//# a Service Instance Name, any dots in the <Instance> portion be
//# escaped following the customary DNS convention for text files
#[test]
fn text_keeps_utf8_and_escapes_what_it_must() {
    let cases: [(&[u8], &str); 9] = [
        (b"Dr. Who", "Dr\\. Who"),
        (b"back\\slash", "back\\\\slash"),
        ("Büro ☕".as_bytes(), "Büro ☕"),
        (b"tab\there", "tab\\009here"),
        (b"del\x7f", "del\\127"),
        ("next\u{85}line".as_bytes(), "next\\194\\133line"),
        (b"half \xc3", "half \\195"),
        ("x\u{202e}y".as_bytes(), "x\\226\\128\\174y"),
        (
            "\u{1f469}\u{200d}\u{1f4bb}".as_bytes(),
            "\u{1f469}\u{200d}\u{1f4bb}",
        ),
    ];
    for (label, text) in cases {
        let name = Name::from_labels([label]).unwrap();
        assert_eq!(name.to_string(), text);
        assert_eq!(text.parse::<Name>().unwrap().as_wire(), name.as_wire());
    }
}

#[test]
fn one_label_is_plain_where_that_can_be_read_back_and_escaped_where_not() {
    let cases: [(&[u8], &str); 12] = [
        (b"Dr. Who", "Dr. Who"),
        // A joiner joins what stands on both of its sides, and nothing else does.
        ("\u{200d}\u{628}".as_bytes(), "\\226\\128\\141\u{628}"),
        ("\u{628}\u{200d}a".as_bytes(), "\u{628}\\226\\128\\141a"),
        (
            "\u{628}\u{200e}\u{628}".as_bytes(),
            "\u{628}\\226\\128\\142\u{628}",
        ),
        (b"DESK\\tom", "DESK\\tom"),
        (b"ends in \\", "ends in \\"),
        (b"a\\032b", "a\\\\032b"),
        (b"a\\.b.", "a\\\\.b."),
        (b"a\\\\b\\c", "a\\\\\\\\b\\\\c"),
        (b"\x1b[2J.", "\\027[2J."),
        (b"caf\xc8\\x", "caf\\200\\\\x"),
        (
            "a\u{200d}\u{2066}".as_bytes(),
            "a\\226\\128\\141\\226\\129\\166",
        ),
    ];
    for (label, text) in cases {
        assert_eq!(label_to_text(label), text);
        assert_eq!(*label_from_text(text), *label, "{text}");
    }
    // Text that nobody writes has a meaning, too.
    for (text, label) in [
        ("Dr\\. Who", &b"Dr. Who"[..]),
        ("a\\300\\12", b"a\\300\\12"),
        ("caf\\195\\169", "caf\u{e9}".as_bytes()),
    ] {
        assert_eq!(*label_from_text(text), *label, "{text}");
    }
}

#[test]
fn a_name_in_a_log_is_marked_as_one() {
    assert_eq!(format!("{:?}", name("a.local")), "Name(a.local)");
}

#[test]
fn one_dot_at_the_end_is_optional() {
    assert_eq!(name("a.local."), name("a.local"));
    assert_eq!(format!("{:#}", name("a.local")), "a.local.");
    assert_eq!(name("."), Name::root());
    assert_eq!(Name::root().to_string(), ".");
    assert_eq!(format!("{:#}", Name::root()), ".");
    // An escaped dot at the end belongs to the label.
    assert_eq!(name("a\\.").first_label(), Some(&b"a."[..]));
    assert_eq!(name("a\\..").first_label(), Some(&b"a."[..]));
}

#[test]
fn text_that_is_no_name_is_refused() {
    let label = "x".repeat(64);
    let long = [&label[1..]; 4].join(".");
    let cases = [
        ("", NameError::EmptyLabel),
        ("..", NameError::EmptyLabel),
        (".a", NameError::EmptyLabel),
        ("a..b", NameError::EmptyLabel),
        ("a..", NameError::EmptyLabel),
        ("a\\", NameError::BadEscape),
        ("a\\1", NameError::BadEscape),
        ("a\\12.b", NameError::BadEscape),
        ("a\\256", NameError::BadEscape),
        ("a\\999", NameError::BadEscape),
        (&label, NameError::LabelTooLong),
        (&long, NameError::NameTooLong),
    ];
    for (text, error) in cases {
        assert_eq!(text.parse::<Name>(), Err(error), "{text}");
    }
}

//= https://www.rfc-editor.org/rfc/rfc4343#section-2.1
//= type=test
//# A back-slash followed by four decimal digits produces two octets
#[test]
fn a_fourth_digit_after_an_escape_stands_for_itself() {
    assert_eq!(name("\\0323").as_wire(), b"\x02 3\0");
}

#[test]
fn sizes_are_limited() {
    assert!(Name::from_labels([&[b'x'; 63][..]]).is_ok());
    assert_eq!(
        Name::from_labels([&[b'x'; 64][..]]),
        Err(NameError::LabelTooLong)
    );
    assert_eq!(Name::from_labels([&b""[..]]), Err(NameError::EmptyLabel));
    let longest = [&[b'x'; 63][..], &[b'x'; 63], &[b'x'; 63], &[b'x'; 62]];
    let longest = Name::from_labels(longest).unwrap();
    assert_eq!(longest.wire_len(), 256);
    assert_eq!(longest.prepend(b"x"), Err(NameError::NameTooLong));
    assert_eq!(longest.concat(&Name::LOCAL), Err(NameError::NameTooLong));
    assert_eq!(longest.concat(&Name::root()).unwrap(), longest);
    let most = Name::from_labels([&b"x"[..]; 127]).unwrap();
    assert_eq!((most.label_count(), most.wire_len()), (127, 255));
}

#[test]
fn wire_form_is_one_whole_name_or_refused() {
    let good: [&[u8]; 3] = [b"\0", b"\x01a\0", b"\x05local\0"];
    for wire in good {
        assert_eq!(Name::from_wire(wire).unwrap().as_wire(), wire);
    }
    let bad: [&[u8]; 8] = [
        b"",
        b"\x01a",
        b"\x01",
        b"\0\0",
        b"\x01a\0\0",
        b"\xc0\x0c",
        b"\x01a\xc0\0",
        b"\x40",
    ];
    for wire in bad {
        assert_eq!(Name::from_wire(wire), Err(NameError::NotWire));
    }
    assert!(Name::from_wire(&[&[1, b'x'].repeat(127)[..], &[0]].concat()).is_ok());
    assert!(Name::from_wire(&[&[1, b'x'].repeat(128)[..], &[0]].concat()).is_err());
}

#[test]
fn parts_and_parents() {
    let service = name("_http._tcp.local");
    assert_eq!(service.label_count(), 3);
    assert_eq!(service.first_label(), Some(&b"_http"[..]));
    assert_eq!(service.parent(), Some(name("_tcp.local")));
    assert_eq!(Name::root().parent(), None);
    assert_eq!(Name::root().first_label(), None);
    assert_eq!(
        service.prepend(b"a.b").unwrap(),
        name("a\\.b._http._tcp.local")
    );
    assert_eq!(name("a.b").concat(&name("c")).unwrap(), name("a.b.c"));
    assert!(service.ends_with(&Name::LOCAL) && service.ends_with(&name("_TCP.LOCAL")));
    assert!(service.ends_with(&service) && service.ends_with(&Name::root()));
    assert!(!service.ends_with(&name("cal")) && !Name::LOCAL.ends_with(&service));
    // The bytes match where no label starts.
    assert!(!name("a\\005local.").ends_with(&Name::LOCAL));
}

#[test]
fn constants_need_no_allocation_and_equal_parsed_names() {
    const TCP: Name = Name::from_static(&(b"\x04_tcp\x05local\0" as &[u8]));
    assert_eq!(TCP, name("_tcp.local"));
    assert_eq!(Name::LOCAL.to_string(), "local");
    assert!(Name::root().is_root() && !Name::LOCAL.is_root());
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-16
//= type=test
//# Any occurrence of the Unicode character U+FEFF at
//# the start or anywhere else in a Multicast DNS name MUST be
//# interpreted as being an actual intended part of the name,
//# representing (just as for any other legal unicode value) an actual
//# literal instance of that character (in this case a zero-width non-
//# breaking space character).
#[test]
fn a_byte_order_mark_is_part_of_the_name() {
    let marked = name("\u{feff}printer.lo\u{feff}cal");
    assert_eq!(
        marked.as_wire(),
        b"\x0a\xef\xbb\xbfprinter\x08lo\xef\xbb\xbfcal\0"
    );
    let text = marked.to_string();
    assert_eq!(text, "\\239\\187\\191printer.lo\\239\\187\\191cal");
    assert_eq!(name(&text).as_wire(), marked.as_wire());
    assert_ne!(marked, name("printer.local"));
}

#[test]
fn a_name_whose_text_is_four_times_as_long_is_read_back() {
    let label = [1; 63];
    let last = [1; 61];
    let labels = [&label[..], &label, &label, &last];
    let name = Name::from_labels(labels).unwrap();
    assert_eq!(name.wire_len(), 255);
    let text = name.to_string();
    assert_eq!(text.len(), 4 * (3 * 63 + 61) + 3);
    assert_eq!(text.parse::<Name>(), Ok(name));
}

#[test]
fn equal_names_are_one_key_of_a_table() {
    /// A hasher that stores its input.
    struct Fed(Vec<u8>);
    impl Hasher for Fed {
        fn write(&mut self, bytes: &[u8]) {
            self.0.extend_from_slice(bytes);
        }
        fn finish(&self) -> u64 {
            unreachable!("the bytes are compared")
        }
    }
    let fed = |text: &str| {
        let mut hasher = Fed(Vec::new());
        name(text).hash(&mut hasher);
        hasher.0
    };
    assert_eq!(fed("Printer.local"), fed("pRINTER.LOCAL"));
    assert_ne!(fed("printer.local"), fed("printes.local"));
    assert_ne!(
        fed("a-label-of-17-byt.local"),
        fed("a-label-of-17-byu.local")
    );
    assert_ne!(fed("."), fed("a"));
}

#[test]
fn a_name_takes_two_words() {
    assert_eq!(size_of::<Name>(), 2 * size_of::<usize>());
}
