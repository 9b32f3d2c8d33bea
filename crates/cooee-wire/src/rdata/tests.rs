//! Tests of record data.

use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::*;

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

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

fn fed(data: &RData) -> Vec<u8> {
    let mut hasher = Fed(Vec::new());
    data.hash(&mut hasher);
    hasher.0
}

fn srv(target: &str) -> RData {
    RData::Srv(Srv {
        priority: 0,
        weight: 0,
        port: 80,
        target: name(target),
    })
}

fn opaque(rtype: RecordType, bytes: &[u8]) -> RData {
    RData::Opaque {
        rtype,
        bytes: Arc::from(bytes),
    }
}

//= https://www.rfc-editor.org/rfc/rfc6763#section-6.1
//= type=test
//# DNS-SD
//# clients MUST treat the following as equivalent:
//#
//# o  A TXT record containing a single zero byte.
//#    (i.e., a single empty string.)
//#
//# o  An empty (zero-length) TXT record.
//#    (This is not strictly legal, but should one be received, it should
//#    be interpreted as the same as a single empty string.)
#[test]
fn empty_txt_data_is_one_empty_string() {
    let empty = RData::parse(RecordType::TXT, &[]).unwrap();
    assert_eq!(empty, RData::parse(RecordType::TXT, &[0]).unwrap());
    assert_eq!(empty, RData::Txt(TxtData::default()));
    assert_eq!(empty, RData::Txt(TxtData::from_strings([]).unwrap()));
    assert_eq!(empty.wire_len(), 1);
    let borrowed = RDataRef::read(&[], RecordType::TXT, 0, 0).unwrap();
    assert!(borrowed.matches(&empty));
    assert_eq!(borrowed.fold_hash(1).unwrap(), empty.fold_hash(1));
}

#[test]
fn txt_keeps_strings_in_order_whatever_they_hold() {
    let strings: [&[u8]; 5] = [b"b=1", b"a", b"a=", b"", b"\xff\0"];
    let txt = TxtData::from_strings(strings).unwrap();
    assert_eq!(txt.as_bytes(), b"\x03b=1\x01a\x02a=\0\x02\xff\0");
    assert!(txt.strings().eq(strings));
    assert_eq!(TxtData::from_wire(txt.as_bytes()), Ok(txt));
    assert_eq!(
        TxtData::from_strings([&[0; 256][..]]),
        Err(TxtError::StringTooLong)
    );
    assert_eq!(
        TxtData::from_strings(vec![&[0; 255][..]; 257]),
        Err(TxtError::TooLong)
    );
    assert_eq!(TxtData::from_wire(&[2, b'a']), Err(TxtError::StringPastEnd));
}

#[test]
fn names_in_data_compare_and_hash_without_case() {
    let mx = |exchange: &[u8]| opaque(RecordType::MX, &[&[0, 1][..], exchange].concat());
    let pairs = [
        (RData::Ptr(name("A.local")), RData::Ptr(name("a.LOCAL"))),
        (RData::Cname(name("A.local")), RData::Cname(name("a.LOCAL"))),
        (srv("Host.local"), srv("hOST.local")),
        (mx(b"\x01A\0"), mx(b"\x01a\0")),
    ];
    for (a, b) in pairs {
        assert_eq!(a, b);
        assert_eq!(a.fold_hash(3), b.fold_hash(3));
        assert_eq!(fed(&a), fed(&b));
        assert_ne!(a.canonical_cmp(&b), Ordering::Equal, "raw bytes differ");
    }
}

#[test]
fn all_but_names_compares_byte_by_byte() {
    let txt = |text: &[u8]| RData::Txt(TxtData::from_strings([text]).unwrap());
    assert_ne!(txt(b"A=1"), txt(b"a=1"));
    assert_ne!(
        opaque(RecordType(65_280), b"A"),
        opaque(RecordType(65_280), b"a")
    );
    // The preference of an MX record is not a name, even if its bytes are letters.
    assert_ne!(
        opaque(RecordType::MX, b"AA\0"),
        opaque(RecordType::MX, b"aa\0")
    );
    assert_ne!(
        opaque(RecordType(65_280), b"a"),
        opaque(RecordType(65_281), b"a")
    );
    assert_ne!(RData::Ptr(name("a")), RData::Cname(name("a")));
    assert_ne!(
        RData::Ptr(name("a")).fold_hash(1),
        RData::Cname(name("a")).fold_hash(1)
    );
    assert_ne!(fed(&RData::Ptr(name("a"))), fed(&RData::Ptr(name("b"))));
    assert_ne!(Hinfo::new(b"ab", b"c"), Hinfo::new(b"a", b"bc"));
}

#[test]
fn data_put_together_by_hand_need_not_fit_its_type() {
    let odd = opaque(RecordType::MX, &[0]);
    assert_eq!(odd, odd.clone());
    assert_eq!(odd.fold_hash(1), odd.clone().fold_hash(1));
    assert_eq!(odd.to_string(), "\\# 1 00");
    let a = opaque(RecordType::A, &[1, 2, 3, 4]);
    assert_ne!(a, RData::A(Ipv4Addr::new(1, 2, 3, 4)));
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.2
//= type=test
//# The bytes of the raw uncompressed rdata are compared in turn,
//# interpreting the bytes as eight-bit UNSIGNED values, until a byte is
//# found whose value is greater than that of its counterpart (in which
//# case, the rdata whose byte has the greater value is deemed
//# lexicographically later) or one of the resource records runs out of
//# rdata (in which case, the resource record which still has remaining
//# data first is deemed lexicographically later).
#[test]
fn tie_breaks_compare_unsigned_bytes_and_then_length() {
    let bytes: [&[u8]; 6] = [b"", b"\0", b"\x7f", b"\x7f\0", b"\x80", b"\xff"];
    for (i, a) in bytes.iter().enumerate() {
        for (j, b) in bytes.iter().enumerate() {
            let (a, b) = (opaque(RecordType(999), a), opaque(RecordType(999), b));
            assert_eq!(a.canonical_cmp(&b), i.cmp(&j));
        }
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.2
//= type=test
//# In the case of resource records containing rdata that is subject to
//# name compression [RFC1035], the names MUST be uncompressed before
//# comparison.
#[test]
fn tie_breaks_compare_uncompressed_names() {
    // Compressed, the first target would start with 0xc0, later than any label.
    let message = b"............\x01z\0\0\0\0\0\0\x50\xc0\x0c";
    let compressed = RDataRef::read(message, RecordType::SRV, 15, message.len()).unwrap();
    let compressed = compressed.to_owned().unwrap();
    assert_eq!(compressed.canonical_cmp(&srv("z")), Ordering::Equal);
    assert_eq!(compressed.canonical_cmp(&srv("zz")), Ordering::Less);
    // The example of section 8.2.1 is 169.254.99.200 against 169.254.200.50.
    let a = |text: &str| RData::A(text.parse().unwrap());
    assert_eq!(
        a("169.254.99.200").canonical_cmp(&a("169.254.200.50")),
        Ordering::Less
    );
}

#[test]
fn uncompressed_data_may_not_hold_pointers() {
    // The second name of this SOA points to the root byte of the first.
    let mut soa = vec![b'.'; 12];
    soa.splice(..0, *b"\x0c");
    soa.extend_from_slice(&[0, 0xc0, 13]);
    soa.extend_from_slice(&[0; 20]);
    let kind = |rtype, bytes: &[u8]| RData::parse(rtype, bytes).map_err(|error| error.kind);
    assert_eq!(
        kind(RecordType::SOA, &soa),
        Err(DecodeErrorKind::PointerForbidden)
    );
    assert_eq!(
        kind(RecordType::PTR, &[0xc0, 12]),
        Err(DecodeErrorKind::PointerForward)
    );
    let nsec = b"\x0cxxxxxxxxxxxx\0";
    assert!(kind(RecordType::NSEC, nsec).is_ok());
}

#[test]
fn parsing_wants_all_of_the_data_and_no_more() {
    assert!(RData::parse(RecordType::A, &[1, 2, 3]).is_err());
    assert!(RData::parse(RecordType::AAAA, &[0; 16]).is_ok());
    assert!(RData::parse(RecordType::PTR, b"\x01a\0\0").is_err());
    assert!(RData::parse(RecordType::SRV, &[0; 7]).is_ok());
    assert!(RData::parse(RecordType(4711), &[]).is_ok());
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
//= type=test
//# o The Type Bit Map block number is 0.
//#
//# o The Type Bit Map block length byte is a value in the range 1-32.
#[test]
fn a_type_bitmap_is_as_short_as_it_can_be() {
    let bitmap = TypeBitmap::from_types([RecordType::SRV, RecordType::TXT, RecordType::TXT]);
    assert_eq!(bitmap.as_bytes(), [0, 5, 0, 0, 0x80, 0, 0x40]);
    let bitmap = TypeBitmap::from_types([RecordType::A, RecordType::AAAA]);
    assert_eq!(bitmap.as_bytes(), [0, 4, 0x40, 0, 0, 0x08]);
    let wide = TypeBitmap::from_types([RecordType(257), RecordType::A, RecordType(65_535)]);
    let mut expected = vec![0, 1, 0x40, 1, 1, 0x40, 255, 32];
    expected.extend_from_slice(&[0; 31]);
    expected.push(1);
    assert_eq!(wide.as_bytes(), expected);
    assert!(TypeBitmap::from_types([]).as_bytes().is_empty());
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
//= type=test
//# To help differentiate these synthesized NSEC records (generated
//# programmatically on-the-fly) from conventional Unicast DNS NSEC
//# records (which actually exist in a signed DNS zone), the synthesized
//# Multicast DNS NSEC records MUST NOT have the NSEC bit set in the Type
//# Bit Map, whereas conventional Unicast DNS NSEC records do have the
//# NSEC bit set.
#[test]
fn a_type_bitmap_never_asserts_nsec_or_pseudo_types() {
    let all = TypeBitmap::from_types((0..=u16::MAX).map(RecordType));
    assert!(!all.contains(RecordType::NSEC));
    for pseudo in [0, 41, 249, 250, 251, 252, 253, 254, 255] {
        assert!(!all.contains(RecordType(pseudo)), "{pseudo}");
    }
    assert_eq!(all.iter().count(), 65_536 - 10);
}

//= https://www.rfc-editor.org/rfc/rfc4034#section-4.1.2
//= type=test
//# Bits representing pseudo-types MUST be clear, as they do not appear
//# in zone data.  If encountered, they MUST be ignored upon being read.
#[test]
fn pseudo_types_in_a_bitmap_heard_are_ignored() {
    let full = [&[0, 32][..], &[0xff; 32]].concat();
    let bitmap = TypeBitmapRef::read(&full, 0).unwrap();
    assert!(!bitmap.contains(RecordType::ANY) && !bitmap.contains(RecordType::OPT));
    assert!(bitmap.contains(RecordType::NSEC), "a unicast zone sets it");
    assert!(bitmap.contains(RecordType::A) && !bitmap.contains(RecordType(257)));
    assert_eq!(bitmap.iter().count(), 256 - 9);
}

//= https://www.rfc-editor.org/rfc/rfc4034#section-4.1.2
//= type=test
//# Trailing zero octets not specified MUST be
//# interpreted as zero octets.
#[test]
fn types_past_the_end_of_a_window_do_not_exist() {
    let bitmap = TypeBitmapRef::read(&[0, 1, 0x40], 0).unwrap();
    let types: Vec<RecordType> = bitmap.iter().collect();
    assert_eq!(types, [RecordType::A]);
    assert!(!bitmap.contains(RecordType::SRV));
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
//= type=test
//# In Multicast DNS the
//# 'Next Domain Name' field is not currently used, but it could be used
//# in a future version of this protocol, which is why a Multicast DNS
//# implementation MUST NOT reject or ignore an NSEC record it receives
//# just because it finds an unexpected value in the 'Next Domain Name'
//# field.
#[test]
fn an_nsec_record_may_name_any_next_name() {
    let data = RData::parse(RecordType::NSEC, b"\x05other\0\0\x01\x40").unwrap();
    let RData::Nsec(nsec) = data else {
        panic!("not NSEC")
    };
    assert_eq!(nsec.next, name("other"));
    assert!(nsec.types.contains(RecordType::A));
}

#[test]
fn a_bitmap_of_every_type_is_listed_in_one_pass() {
    let window = |number: u8| [&[number, 32][..], &[0xff; 32]].concat();
    let wire: Vec<u8> = (0..=255).flat_map(window).collect();
    let bitmap = TypeBitmapRef::read(&wire, 0).unwrap();
    let types: Vec<RecordType> = bitmap.iter().collect();
    assert!(types.is_sorted() && types.len() == 65_536 - 9);
    assert!(types.iter().all(|rtype| bitmap.contains(*rtype)));
}

#[test]
fn text_is_that_of_zone_files() {
    let txt = TxtData::from_strings([&b"a=\"q\""[..], b"", "ü\\".as_bytes(), b"\xff\n"]).unwrap();
    let types = TypeBitmap::from_types([RecordType::A, RecordType(300)]);
    let cases = [
        (RData::A(Ipv4Addr::LOCALHOST), "127.0.0.1"),
        (RData::Aaaa(Ipv6Addr::LOCALHOST), "::1"),
        (RData::Ptr(name("a.b")), "a.b."),
        (srv("a.b"), "0 0 80 a.b."),
        (RData::Txt(txt), r#""a=\"q\"" "" "ü\\" "\255\010""#),
        (
            RData::Nsec(Nsec {
                next: name("a"),
                types,
            }),
            "a. A TYPE300",
        ),
        (
            RData::Hinfo(Hinfo::new(b"ARM", b"").unwrap()),
            r#""ARM" """#,
        ),
        (opaque(RecordType(999), &[0, 255]), "\\# 2 00ff"),
        (opaque(RecordType(999), &[]), "\\# 0"),
    ];
    for (data, text) in cases {
        assert_eq!(alloc::format!("{data:#}"), text);
    }
}

#[test]
fn a_name_in_text_ends_with_a_dot_only_on_request_as_an_owner_does() {
    let nsec = Nsec {
        next: name("a.b"),
        types: TypeBitmap::from_types([RecordType::A]),
    };
    for (data, plain, zone) in [
        (RData::Ptr(name("a.b")), "a.b", "a.b."),
        (RData::Cname(name("a.b")), "a.b", "a.b."),
        (srv("a.b"), "0 0 80 a.b", "0 0 80 a.b."),
        (srv("."), "0 0 80 .", "0 0 80 ."),
        (RData::Nsec(nsec), "a.b A", "a.b. A"),
    ] {
        assert_eq!(
            (data.to_string(), alloc::format!("{data:#}")),
            (plain.into(), zone.into())
        );
    }
}

/// Returns one value of each kind, and a second one that differs in each of its parts in turn.
fn all_different() -> Vec<RData> {
    let nsec = |next: &str, types: &[RecordType]| {
        RData::Nsec(Nsec {
            next: name(next),
            types: TypeBitmap::from_types(types.iter().copied()),
        })
    };
    let srv = |priority, weight, port, target: &str| {
        RData::Srv(Srv {
            priority,
            weight,
            port,
            target: name(target),
        })
    };
    let txt = |text: &[u8]| RData::Txt(TxtData::from_strings([text]).unwrap());
    let hinfo = |cpu: &[u8], os: &[u8]| RData::Hinfo(Hinfo::new(cpu, os).unwrap());
    vec![
        RData::A([10, 0, 0, 1].into()),
        RData::A([10, 0, 0, 2].into()),
        RData::Aaaa(Ipv6Addr::LOCALHOST),
        RData::Aaaa(Ipv6Addr::UNSPECIFIED),
        RData::Ptr(name("a.local")),
        RData::Ptr(name("b.local")),
        RData::Ptr(name("a.locals")),
        RData::Cname(name("a.local")),
        srv(1, 2, 3, "a.local"),
        srv(9, 2, 3, "a.local"),
        srv(1, 9, 3, "a.local"),
        srv(1, 2, 9, "a.local"),
        srv(1, 2, 3, "b.local"),
        txt(b"a"),
        txt(b"b"),
        nsec("a.local", &[RecordType::A]),
        nsec("b.local", &[RecordType::A]),
        nsec("a.local", &[RecordType::AAAA]),
        hinfo(b"cpu", b"os"),
        hinfo(b"cpu", b"so"),
        hinfo(b"upc", b"os"),
        opaque(RecordType::MX, b"\0\x01\x01a\0"),
        opaque(RecordType::MX, b"\0\x02\x01a\0"),
        opaque(RecordType::MX, b"\0\x01\x01b\0"),
        opaque(RecordType::KX, b"\0\x01\x01a\0"),
        opaque(RecordType(65_280), b"a"),
        opaque(RecordType(65_280), b"b"),
        opaque(RecordType(65_280), b"ab"),
        opaque(RecordType(65_281), b"a"),
    ]
}

#[test]
fn data_equals_itself_in_a_message_and_nothing_else() {
    let all = all_different();
    for (at, ours) in all.iter().enumerate() {
        let mut message = vec![0; 12];
        ours.write_uncompressed(&mut message);
        assert_eq!(message.len() - 12, ours.wire_len());
        let read = RDataRef::read(&message, ours.rtype(), 12, message.len()).unwrap();
        assert_eq!(&read.to_owned().unwrap(), ours);
        assert_eq!(read.rtype(), ours.rtype());
        assert_eq!(read.fold_hash(3), Ok(ours.fold_hash(3)));
        assert_ne!(read.fold_hash(3), Ok(ours.fold_hash(4)));
        for (other, theirs) in all.iter().enumerate() {
            let is_same = at == other;
            assert_eq!(ours == theirs, is_same, "{ours} and {theirs}");
            assert_eq!(read.matches(theirs), is_same, "{ours} and {theirs}");
            assert_eq!(ours.fold_hash(3) == theirs.fold_hash(3), is_same);
        }
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-18.14
//= type=test
//# In addition, implementations MUST correctly decode compressed names
//# appearing within the *rdata* of the rrtypes listed above.
#[test]
fn compressed_names_in_data_of_every_layout_are_expanded() {
    let (pointer, whole) = (&[0xc0, 12][..], &b"\x01a\0"[..]);
    let fixed = [7; 20];
    let cases: [(RecordType, &[u8], usize, &[u8]); 12] = [
        (RecordType::NS, b"", 1, b""),
        (RecordType::DNAME, b"", 1, b""),
        (RecordType::MD, b"", 1, b""),
        (RecordType::MR, b"", 1, b""),
        (RecordType::SOA, b"", 2, &fixed),
        (RecordType::MX, b"\0\x01", 1, b""),
        (RecordType::AFSDB, b"\0\x01", 1, b""),
        (RecordType::RT, b"\0\x01", 1, b""),
        (RecordType::KX, b"\0\x01", 1, b""),
        (RecordType::RP, b"", 2, b""),
        (RecordType::MINFO, b"", 2, b""),
        (RecordType::PX, b"\0\x01", 2, b""),
    ];
    for (rtype, before, names, after) in cases {
        let data = |name: &[u8]| [before, &name.repeat(names), after].concat();
        // The name that is pointed to stands right behind the header.
        let message = [&[0; 12][..], whole, &data(pointer)].concat();
        let read = RDataRef::read(&message, rtype, 15, message.len()).unwrap();
        let expanded = opaque(rtype, &data(whole));
        assert_eq!(read.to_owned().unwrap(), expanded, "{rtype}");
        assert!(read.matches(&expanded));
        assert_eq!(read.fold_hash(1), Ok(expanded.fold_hash(1)));
        for end in 15..message.len() {
            let cut = RDataRef::read(&message, rtype, 15, end);
            assert!(cut.is_err(), "{rtype} cut at {end}");
        }
        let longer = [&message[..], &[0]].concat();
        assert!(RDataRef::read(&longer, rtype, 15, longer.len()).is_err());
    }
}

#[test]
fn hinfo_is_two_strings_and_no_more() {
    let hinfo = Hinfo::new(b"ARM", b"Linux").unwrap();
    assert_eq!((hinfo.cpu(), hinfo.os()), (&b"ARM"[..], &b"Linux"[..]));
    let wire = b"\x03ARM\x05Linux";
    assert_eq!(
        RData::parse(RecordType::HINFO, wire).unwrap(),
        RData::Hinfo(hinfo)
    );
    let kind = |bytes: &[u8]| RData::parse(RecordType::HINFO, bytes).map_err(|error| error.kind);
    let cut = Err(DecodeErrorKind::StringPastEnd);
    assert_eq!(kind(b""), cut);
    assert_eq!(kind(b"\x03ARM"), cut);
    assert_eq!(kind(b"\x03ARM\x05Linu"), cut);
    let longer = b"\x03ARM\x05Linux\0";
    assert_eq!(kind(longer), Err(DecodeErrorKind::RdataLength));
    assert_eq!(Hinfo::new(&[0; 256], b""), Err(TxtError::StringTooLong));
}

//= https://www.rfc-editor.org/rfc/rfc4034#section-4.1.2
//= type=test
//# Blocks are present in the NSEC RR RDATA in increasing numerical
//# order.
#[test]
fn the_windows_of_a_type_bitmap_ascend() {
    let kind = |wire: &[u8]| {
        TypeBitmapRef::read(wire, 0)
            .map_err(|error| error.kind)
            .err()
    };
    assert_eq!(kind(&[]), None);
    assert_eq!(kind(&[0, 1, 1, 1, 1, 1, 255, 1, 1]), None);
    let order = Some(DecodeErrorKind::BitmapOrder);
    assert_eq!(kind(&[0, 1, 1, 0, 1, 1]), order);
    assert_eq!(kind(&[3, 1, 1, 3, 1, 1]), order);
    assert_eq!(kind(&[3, 1, 1, 2, 1, 1]), order);
    let length = Some(DecodeErrorKind::BitmapLength);
    assert_eq!(kind(&[0, 0]), length);
    assert_eq!(kind(&[&[0, 33][..], &[1; 33]].concat()), length);
    assert_eq!(kind(&[&[0, 32][..], &[1; 32]].concat()), None);
    let end = Some(DecodeErrorKind::BitmapPastEnd);
    assert_eq!(kind(&[0, 2, 1]), end);
    assert_eq!(kind(&[0, 1, 1, 1]), end);
}

#[test]
fn types_of_one_window_share_its_bytes() {
    let types = [1, 2, 7, 8, 15, 16, 254 + 1, 256, 257, 511, 512].map(RecordType);
    let bitmap = TypeBitmap::from_types(types);
    let held: Vec<RecordType> = bitmap.iter().collect();
    let expected: Vec<RecordType> = types
        .into_iter()
        .filter(|rtype| !rtype.is_pseudo())
        .collect();
    assert_eq!(held, expected);
    for number in 0..600 {
        let rtype = RecordType(number);
        assert_eq!(bitmap.contains(rtype), expected.contains(&rtype), "{rtype}");
    }
    let windows = bitmap.as_bytes();
    assert_eq!(windows[..2], [0, 3]);
    assert_eq!(windows[5..7], [1, 32]);
    assert_eq!(windows[39..], [2, 1, 0x80]);
}

#[test]
fn txt_data_is_as_long_as_a_record_can_state_and_no_longer() {
    let string = |len: u8| [&[len][..], &[b'a'; 255][..usize::from(len)]].concat();
    let longest = [string(255).repeat(255), string(254)].concat();
    assert_eq!(longest.len(), 65_535);
    assert!(TxtData::from_wire(&longest).is_ok());
    let longer = string(255).repeat(256);
    assert_eq!(TxtData::from_wire(&longer), Err(TxtError::TooLong));
}

#[test]
fn a_type_bitmap_in_a_log_lists_its_types() {
    let bitmap = TypeBitmap::from_types([RecordType::A, RecordType::SRV]);
    let listed = alloc::format!("{bitmap:?}");
    assert_eq!(listed, "{RecordType(1), RecordType(33)}");
    let read = TypeBitmapRef::read(bitmap.as_bytes(), 0).unwrap();
    assert_eq!(alloc::format!("{read:?}"), listed);
}
