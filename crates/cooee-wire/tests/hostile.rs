//! Input that no correct sender makes: each fault is refused by name, at a limited cost.
//!
//! RFC 9267 lists the mistakes that implementations made with such input: pointers that loop or
//! leave the message, names without end, and counts and lengths that are believed.
#![allow(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

mod support;

use cooee_wire::DecodeErrorKind::{self, *};
use cooee_wire::{DecodeError, Message, Name, RDataRef, RecordRef, RecordType, Section};
use support::checks;

/// Returns a message with the given counts (questions, answers, authorities, additionals) and body.
fn message(counts: [u16; 4], body: &[&[u8]]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 0x84, 0];
    counts
        .iter()
        .for_each(|count| bytes.extend_from_slice(&count.to_be_bytes()));
    bytes.extend_from_slice(&body.concat());
    bytes
}

/// Returns a record with the root as its owner.
fn record(rtype: RecordType, data: &[u8]) -> Vec<u8> {
    owned(&[0], rtype, data.len() as u16, data)
}

/// Returns a record with any owner and any claim about the length of its data.
fn owned(owner: &[u8], rtype: RecordType, len: u16, data: &[u8]) -> Vec<u8> {
    let [t0, t1] = rtype.0.to_be_bytes();
    let [l0, l1] = len.to_be_bytes();
    [owner, &[t0, t1, 0, 1, 0, 0, 0, 120, l0, l1], data].concat()
}

/// Returns a correct address record: four bytes 1.2.3.4.
fn honest() -> Vec<u8> {
    record(RecordType::A, &[1, 2, 3, 4])
}

fn only_record(bytes: &[u8]) -> RecordRef<'_> {
    let message = Message::parse(bytes).unwrap();
    message.records().next().unwrap().unwrap().1
}

/// Returns the fault of the data of the first record; the record after it must be unharmed.
#[track_caller]
fn data_fault(rtype: RecordType, data: &[u8]) -> Option<DecodeErrorKind> {
    let bytes = message([0, 2, 0, 0], &[&record(rtype, data), &honest()]);
    checks::decode(&bytes);
    checks::roundtrip(&bytes);
    let message = Message::parse(&bytes).unwrap();
    let records: Vec<_> = message.records().map(|record| record.unwrap().1).collect();
    assert_eq!(records.len(), 2);
    assert!(
        matches!(records[1].data(), Ok(RDataRef::A(address)) if address.octets() == [1, 2, 3, 4])
    );
    let read = records[0].data().and_then(|data| data.to_owned());
    read.err().map(|error: DecodeError| error.kind)
}

/// Returns the fault of a name at byte 12, the owner of the only record.
fn name_fault(name: &[u8]) -> Option<DecodeErrorKind> {
    let bytes = message(
        [0, 1, 0, 0],
        &[&owned(name, RecordType::A, 4, &[1, 2, 3, 4])],
    );
    checks::decode(&bytes);
    checks::roundtrip(&bytes);
    let message = Message::parse(&bytes).unwrap();
    match message.records().next().unwrap() {
        Ok((_, record)) => record.name.to_name().err().map(|error| error.kind),
        Err(error) => Some(error.kind),
    }
}

/// Returns the fault that ends the iteration over records.
fn framing_fault(bytes: &[u8]) -> Option<(usize, DecodeErrorKind)> {
    checks::decode(bytes);
    checks::roundtrip(bytes);
    let message = Message::parse(bytes).unwrap();
    let mut records = message.records();
    let whole = records.by_ref().take_while(Result::is_ok).count();
    assert!(records.next().is_none(), "nothing comes after the fault");
    let fault = message.records().find_map(Result::err)?;
    Some((whole, fault.kind))
}

fn labels(count: usize, len: u8) -> Vec<u8> {
    let label = [vec![len], vec![b'x'; usize::from(len)]].concat();
    label.repeat(count)
}

#[test]
fn a_datagram_shorter_than_a_header_is_refused() {
    for len in 0..12 {
        let error = Message::parse(&[0xff; 12][..len]).unwrap_err();
        assert_eq!(
            (error.kind, error.offset),
            (HeaderTruncated, 0),
            "{len} bytes"
        );
    }
    assert!(Message::parse(&[0; 12]).unwrap().records().next().is_none());
}

#[test]
fn counts_are_not_believed() {
    let empty = message([0, 0xffff, 0xffff, 0xffff], &[]);
    assert_eq!(framing_fault(&empty), Some((0, NameTruncated)));
    let one = message([0, 0xffff, 0xffff, 0xffff], &[&honest()]);
    assert_eq!(framing_fault(&one), Some((1, NameTruncated)));
    let questions = message([0xffff, 1, 0, 0], &[&[0, 0, 1, 0, 1]]);
    assert_eq!(framing_fault(&questions), Some((0, NameTruncated)));
    assert_eq!(Message::parse(&questions).unwrap().questions().count(), 2);
}

#[test]
fn a_question_cut_short_is_one_fault() {
    for cut in 1..4 {
        let bytes = message([2, 0, 0, 0], &[&[0, 0, 1, 0, 1][..5 - cut]]);
        let faults: Vec<_> = Message::parse(&bytes).unwrap().questions().collect();
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].unwrap_err().kind, QuestionTruncated);
    }
}

#[test]
fn a_record_cut_short_ends_the_message_there() {
    let whole = message([0, 2, 0, 0], &[&honest(), &honest()]);
    for cut in 1..=4 {
        assert_eq!(
            framing_fault(&whole[..whole.len() - cut]),
            Some((1, RdataPastEnd))
        );
    }
    for cut in 5..15 {
        assert_eq!(
            framing_fault(&whole[..whole.len() - cut]),
            Some((1, RecordTruncated))
        );
    }
    assert_eq!(
        framing_fault(&whole[..whole.len() - 15]),
        Some((1, NameTruncated))
    );
}

#[test]
fn a_data_length_past_the_end_ends_the_message_there() {
    for len in [5, 1000, 0xffff] {
        let bytes = message(
            [0, 1, 0, 0],
            &[&owned(&[0], RecordType::A, len, &[1, 2, 3, 4])],
        );
        assert_eq!(framing_fault(&bytes), Some((0, RdataPastEnd)));
    }
}

#[test]
fn more_than_nine_thousand_bytes_are_read_without_fault() {
    let many = vec![honest(); 4000].concat();
    let bytes = message([0, 4000, 0, 0], &[&many]);
    assert!(bytes.len() > 9000);
    checks::decode(&bytes);
    let records = Message::parse(&bytes).unwrap().records();
    assert_eq!(records.filter(Result::is_ok).count(), 4000);
}

#[test]
fn labels_may_have_63_bytes_and_no_more() {
    assert_eq!(name_fault(&[labels(1, 63), vec![0]].concat()), None);
    // The first byte of a longer label is one of the reserved kinds.
    //= https://www.rfc-editor.org/rfc/rfc1035#section-4.1.4
    //= type=test
    //# (The 10 and 01 combinations
    //# are reserved for future use.)
    for reserved in [64, 65, 0x80, 0xbf] {
        assert_eq!(
            name_fault(&[&[reserved][..], &[b'x'; 191], &[0]].concat()),
            Some(LabelType)
        );
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#appendix-C
//= type=test
//# Compliant Multicast DNS implementations MUST support names up to 255
//# bytes plus a terminating zero, i.e., 256 bytes total.
#[test]
fn names_may_have_255_bytes_and_a_terminating_zero_and_no_more() {
    let longest = [labels(3, 63), labels(1, 62), vec![0]].concat();
    assert_eq!(longest.len(), 256);
    assert_eq!(name_fault(&longest), None);
    let too_long = [labels(3, 63), labels(1, 63), vec![0]].concat();
    assert_eq!(name_fault(&too_long), Some(NameTooLong));
    assert_eq!(name_fault(&[labels(127, 1), vec![0]].concat()), None);
    assert_eq!(
        name_fault(&[labels(128, 1), vec![0]].concat()),
        Some(NameTooLong)
    );
}

#[test]
fn a_name_too_long_by_way_of_a_pointer_is_refused() {
    let tail = [labels(3, 63), vec![0]].concat();
    for (len, fault) in [(62, None), (63, Some(NameTooLong))] {
        let owner = [labels(1, len), vec![0xc0, 12]].concat();
        let first = owned(&tail, RecordType::A, 4, &[0; 4]);
        let bytes = message(
            [0, 2, 0, 0],
            &[&first, &owned(&owner, RecordType::A, 4, &[0; 4])],
        );
        checks::decode(&bytes);
        let last = Message::parse(&bytes)
            .unwrap()
            .records()
            .last()
            .unwrap()
            .unwrap()
            .1;
        assert_eq!(last.name.to_name().err().map(|error| error.kind), fault);
    }
}

//= https://www.rfc-editor.org/rfc/rfc1035#section-4.1.4
//= type=test
//# In this
//# scheme, an entire domain name or a list of labels at
//# the end of a domain name is replaced with a pointer to a prior occurance
//# of the same name.
#[test]
fn pointers_must_go_to_an_earlier_place() {
    assert_eq!(name_fault(&[0xc0, 12]), Some(PointerForward), "to itself");
    assert_eq!(name_fault(&[0xc0, 13]), Some(PointerForward), "into itself");
    assert_eq!(name_fault(&[0xc0, 14]), Some(PointerForward), "forward");
    assert_eq!(
        name_fault(&[0xff, 0xff]),
        Some(PointerForward),
        "past the end"
    );
    assert_eq!(
        name_fault(&[1, b'a', 0xc0, 12]),
        Some(PointerForward),
        "to its own start"
    );
    assert_eq!(
        name_fault(&[1, b'a', 0xc0, 14]),
        Some(PointerForward),
        "to itself, later"
    );
    for target in 0..12 {
        assert_eq!(
            name_fault(&[0xc0, target]),
            Some(PointerIntoHeader),
            "to byte {target}"
        );
    }
}

#[test]
fn two_names_that_point_at_each_other_are_refused() {
    // The first record owns a name at 12 that points to 26, the second one at 26 points to 12.
    let first = owned(&[0xc0, 28], RecordType::A, 4, &[0; 4]);
    let second = owned(&[0xc0, 12], RecordType::A, 4, &[0; 4]);
    let bytes = message([0, 2, 0, 0], &[&first, &second]);
    assert_eq!(12 + first.len(), 28);
    checks::decode(&bytes);
    for record in Message::parse(&bytes).unwrap().records() {
        assert_eq!(
            record.unwrap().1.name.to_name().unwrap_err().kind,
            PointerForward
        );
    }
}

/// Returns a name at the end of a chain of this many pointers, as data of the last record.
fn chain(pointers: u16) -> Vec<u8> {
    let mut data = vec![1, b'a', 0];
    let start = 12 + 11;
    for index in 0..pointers {
        let before = if index == 0 {
            start
        } else {
            start + 3 + (index - 1) * 2
        };
        data.extend_from_slice(&(0xc000 | before).to_be_bytes());
    }
    let last = start + 3 + (pointers - 1) * 2;
    let blob = record(RecordType(65_280), &data);
    let pointer = record(RecordType::PTR, &(0xc000 | last).to_be_bytes());
    message([0, 2, 0, 0], &[&blob, &pointer])
}

#[test]
fn a_chain_of_pointers_is_followed_so_far_and_no_further() {
    for (pointers, fault) in [
        (1, None),
        (126, None),
        (127, Some(PointerChain)),
        (900, Some(PointerChain)),
    ] {
        let bytes = chain(pointers);
        checks::decode(&bytes);
        checks::roundtrip(&bytes);
        let record = Message::parse(&bytes)
            .unwrap()
            .records()
            .last()
            .unwrap()
            .unwrap()
            .1;
        let read = record.data().unwrap().to_owned();
        assert_eq!(
            read.err().map(|error| error.kind),
            fault,
            "{pointers} pointers"
        );
    }
}

#[test]
fn a_pointer_cut_in_half_is_refused() {
    let bytes = message([0, 1, 0, 0], &[&[0xc0]]);
    assert_eq!(framing_fault(&bytes), Some((0, NameTruncated)));
    assert_eq!(data_fault(RecordType::PTR, &[0xc0]), Some(NameTruncated));
}

#[test]
fn a_pointer_into_bytes_that_are_no_name_is_refused() {
    // The pointer leads to data whose labels run to the end of the message and past it.
    let blob = record(RecordType(65_280), &[63, b'x', b'y']);
    let pointer = record(RecordType::PTR, &[0xc0, 23]);
    let bytes = message([0, 2, 0, 0], &[&blob, &pointer]);
    checks::decode(&bytes);
    let last = Message::parse(&bytes)
        .unwrap()
        .records()
        .last()
        .unwrap()
        .unwrap()
        .1;
    assert_eq!(
        last.data().unwrap().to_owned().unwrap_err().kind,
        NameTruncated
    );
}

#[test]
fn data_of_the_wrong_length_costs_that_record_only() {
    for len in [0, 3, 5, 16] {
        assert_eq!(
            data_fault(RecordType::A, &vec![0; len]),
            Some(RdataLength),
            "A, {len}"
        );
    }
    for len in [0, 4, 15, 17] {
        assert_eq!(
            data_fault(RecordType::AAAA, &vec![0; len]),
            Some(RdataLength),
            "AAAA, {len}"
        );
    }
    for len in 0..6 {
        assert_eq!(
            data_fault(RecordType::SRV, &vec![0; len]),
            Some(RdataLength),
            "SRV, {len}"
        );
    }
    assert_eq!(data_fault(RecordType::SRV, &[0; 6]), Some(NameTruncated));
    assert_eq!(data_fault(RecordType::SRV, &[0; 7]), None);
    assert_eq!(data_fault(RecordType::SRV, &[0; 8]), Some(RdataLength));
    assert_eq!(data_fault(RecordType::PTR, &[]), Some(NameTruncated));
    assert_eq!(data_fault(RecordType::PTR, &[0, 0]), Some(RdataLength));
    assert_eq!(
        data_fault(RecordType::CNAME, &[1, b'a']),
        Some(NameTruncated)
    );
    assert_eq!(
        data_fault(RecordType::PTR, &[0xc0, 12, 0]),
        Some(RdataLength)
    );
}

#[test]
fn labels_in_data_do_not_run_past_it() {
    // The label claims three bytes; only the next record could supply them.
    assert_eq!(data_fault(RecordType::PTR, &[3, b'a']), Some(NameTruncated));
    assert_eq!(
        data_fault(RecordType::NSEC, &[3, b'a']),
        Some(NameTruncated)
    );
    assert_eq!(
        data_fault(RecordType::MX, &[0, 1, 3, b'a']),
        Some(NameTruncated)
    );
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-18.14
//= type=test
//# Implementations receiving Multicast DNS messages MUST correctly
//# decode compressed names appearing in the Question Section, and
//# compressed names of resource records appearing in other sections.
#[test]
fn compressed_names_are_read_in_questions_and_in_every_section() {
    let question = |name: &[u8]| [name, &[0, 1, 0, 1]].concat();
    let address = |owner: &[u8]| owned(owner, RecordType::A, 4, &[1, 2, 3, 4]);
    let pointers: [&[u8]; 2] = [b"\x01b\xc0\x0e", b"\xc0\x0c"];
    let body = [
        question(b"\x01a\x05local\0"),
        question(pointers[0]),
        address(pointers[1]),
        address(pointers[0]),
        address(pointers[1]),
    ];
    let bytes = message([2, 1, 1, 1], &[&body.concat()]);
    checks::roundtrip(&bytes);
    let message = Message::parse(&bytes).unwrap();
    let asked: Vec<_> = message
        .questions()
        .map(|question| question.unwrap().name.to_string())
        .collect();
    assert_eq!(asked, ["a.local", "b.local"]);
    let owners = message
        .records()
        .map(|record| record.unwrap().1.name.to_string());
    assert_eq!(
        owners.collect::<Vec<_>>(),
        ["a.local", "b.local", "a.local"]
    );
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-18.14
//= type=test
//# Since all Multicast DNS implementations were
//# created after 1996, all Multicast DNS implementations are REQUIRED to
//# decode compressed SRV records correctly.
#[test]
fn an_srv_target_may_be_compressed() {
    let address = owned(b"\x04host\x05local\0", RecordType::A, 4, &[1, 2, 3, 4]);
    let srv = record(RecordType::SRV, &[0, 1, 0, 2, 0, 80, 0xc0, 12]);
    let bytes = message([0, 2, 0, 0], &[&address, &srv]);
    checks::roundtrip(&bytes);
    let last = Message::parse(&bytes)
        .unwrap()
        .records()
        .last()
        .unwrap()
        .unwrap()
        .1;
    let RDataRef::Srv(srv) = last.data().unwrap() else {
        panic!("not SRV")
    };
    assert_eq!((srv.priority, srv.weight, srv.port), (1, 2, 80));
    assert!(srv.target.matches(&"HOST.local".parse::<Name>().unwrap()));
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-18.14
//= type=test
//# In addition, implementations MUST correctly decode compressed names
//# appearing within the *rdata* of the rrtypes listed above.
//= https://www.rfc-editor.org/rfc/rfc6762#section-18.14
//= type=test
//# Where
//# possible, implementations SHOULD also correctly decode compressed
//# names appearing within the *rdata* of other rrtypes known to the
//# implementers at the time of implementation, because such forward-
//# thinking planning helps facilitate the deployment of future
//# implementations that may have reason to compress those rrtypes.
#[test]
fn names_are_expanded_in_the_data_of_every_type_that_may_compress_them() {
    let host = b"\x04host\x05local\0";
    let address = owned(host, RecordType::A, 4, &[1, 2, 3, 4]);
    // The bytes before the first name, how many names, the bytes after them.
    let cases = [
        (RecordType::NS, 0, 1, 0),
        (RecordType::CNAME, 0, 1, 0),
        (RecordType::PTR, 0, 1, 0),
        (RecordType::DNAME, 0, 1, 0),
        (RecordType::SOA, 0, 2, 20),
        (RecordType::MX, 2, 1, 0),
        (RecordType::AFSDB, 2, 1, 0),
        (RecordType::RT, 2, 1, 0),
        (RecordType::KX, 2, 1, 0),
        (RecordType::RP, 0, 2, 0),
        (RecordType::PX, 2, 2, 0),
        (RecordType::SRV, 6, 1, 0),
        (RecordType::NSEC, 0, 1, 3),
        (RecordType(3), 0, 1, 0),
        (RecordType(4), 0, 1, 0),
        (RecordType(7), 0, 1, 0),
        (RecordType(8), 0, 1, 0),
        (RecordType(9), 0, 1, 0),
        (RecordType(14), 0, 2, 0),
    ];
    for (rtype, before, names, after) in cases {
        // A window, a length and a bit for NSEC; zeros would not be a bitmap.
        let tail = if rtype == RecordType::NSEC {
            vec![0, 1, 0x40]
        } else {
            vec![0; after]
        };
        let data = |name: &[u8]| [vec![0; before], name.repeat(names), tail.clone()].concat();
        let read = |data: &[u8]| {
            let bytes = message([0, 2, 0, 0], &[&address, &record(rtype, data)]);
            checks::roundtrip(&bytes);
            let last = Message::parse(&bytes)
                .unwrap()
                .records()
                .last()
                .unwrap()
                .unwrap()
                .1;
            last.to_record().unwrap()
        };
        assert_eq!(read(&data(&[0xc0, 12])), read(&data(host)), "{rtype}");
    }
}

#[test]
fn a_string_past_the_end_of_txt_data_is_refused() {
    assert_eq!(data_fault(RecordType::TXT, &[1]), Some(StringPastEnd));
    assert_eq!(
        data_fault(RecordType::TXT, &[3, b'a', b'b']),
        Some(StringPastEnd)
    );
    assert_eq!(
        data_fault(RecordType::TXT, &[0, 1, b'a', 255]),
        Some(StringPastEnd)
    );
    assert_eq!(data_fault(RecordType::TXT, &[0, 1, b'a', 0]), None);
    assert_eq!(data_fault(RecordType::HINFO, &[]), Some(StringPastEnd));
    assert_eq!(
        data_fault(RecordType::HINFO, &[1, b'a']),
        Some(StringPastEnd)
    );
    assert_eq!(
        data_fault(RecordType::HINFO, &[0, 2, b'a']),
        Some(StringPastEnd)
    );
    assert_eq!(data_fault(RecordType::HINFO, &[0, 0, 0]), Some(RdataLength));
}

#[test]
fn a_fault_says_where_it_is() {
    let bytes = message(
        [0, 1, 0, 0],
        &[&record(RecordType::TXT, &[0, 1, b'a', 9, b'b'])],
    );
    let error = only_record(&bytes).data().unwrap_err();
    assert_eq!((error.kind, error.offset), (StringPastEnd, 12 + 11 + 3));
    assert_eq!(error.to_string(), "string_past_end at byte 26");
}

//= https://www.rfc-editor.org/rfc/rfc4034#section-4.1.2
//= type=test
//# single octet bitmap length (from 1
//# to 32)
#[test]
fn type_bitmap_windows_are_checked() {
    let fault = |bitmap: &[u8]| data_fault(RecordType::NSEC, &[&[0], bitmap].concat());
    let full = |window: u8, len: u8| [vec![window, len], vec![0xff; usize::from(len)]].concat();
    assert_eq!(fault(&[]), None, "no windows, no types");
    assert_eq!(fault(&[0, 1, 0x40]), None);
    assert_eq!(fault(&full(0, 32)), None);
    assert_eq!(fault(&[0, 0]), Some(BitmapLength), "length 0");
    assert_eq!(fault(&full(0, 33)), Some(BitmapLength), "length 33");
    assert_eq!(fault(&full(255, 255)), Some(BitmapLength), "length 255");
    assert_eq!(fault(&[0, 2, 0x40]), Some(BitmapPastEnd), "past the end");
    assert_eq!(
        fault(&[0, 1, 0x40, 1]),
        Some(BitmapPastEnd),
        "half a window"
    );
    assert_eq!(
        fault(&[full(0, 1), full(0, 1)].concat()),
        Some(BitmapOrder),
        "twice the same"
    );
    assert_eq!(
        fault(&[full(1, 1), full(0, 1)].concat()),
        Some(BitmapOrder),
        "descending"
    );
    assert_eq!(fault(&[full(0, 1), full(255, 32)].concat()), None);
}

#[test]
fn every_type_and_class_is_carried() {
    for number in (0..=300).chain([1000, 32_768, 65_535]) {
        let rtype = RecordType(number);
        let mut bytes = message([1, 0, 0, 1], &[&[0, 0, 1, 0x12, 0x34]]);
        bytes.extend_from_slice(&record(rtype, &[0; 4]));
        let class = bytes.len() - 4 - 8;
        bytes[class..class + 2].copy_from_slice(&0x7abc_u16.to_be_bytes());
        checks::decode(&bytes);
        checks::roundtrip(&bytes);
        let (section, record) = Message::parse(&bytes)
            .unwrap()
            .records()
            .next()
            .unwrap()
            .unwrap();
        assert_eq!(
            (section, record.rtype, record.class.0),
            (Section::Additional, rtype, 0x7abc)
        );
        assert!(!record.cache_flush);
    }
}

#[test]
fn an_unknown_type_keeps_its_bytes() {
    let bytes = message(
        [0, 1, 0, 0],
        &[&record(RecordType(65_280), &[0xc0, 12, 0xff])],
    );
    let record = only_record(&bytes);
    let RDataRef::Opaque { rtype, data } = record.data().unwrap() else {
        panic!("not opaque")
    };
    assert_eq!(
        (rtype, data.as_bytes()),
        (RecordType(65_280), &[0xc0, 12, 0xff][..])
    );
    let text = record.to_record().unwrap().to_string();
    assert_eq!(text, ". 120 IN TYPE65280 \\# 3 c00cff");
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
//= type=test
//# In particular, the
//# rrclass field of an OPT record encodes the sender's UDP payload size,
//# and should be interpreted as a sixteen-bit length value in the range
//# 0-65535, not a one-bit flag and a fifteen-bit length.
#[test]
fn opt_flags_are_no_time_to_live_and_its_size_has_sixteen_bits() {
    for size in [1_440_u16, 0x8000, 0xffff] {
        let mut opt = record(RecordType::OPT, &[0, 4, 0, 2, 0xab, 0xcd]);
        opt[3..5].copy_from_slice(&size.to_be_bytes());
        opt[5..9].copy_from_slice(&[0xff, 0, 0x80, 0]);
        let bytes = message([0, 0, 0, 1], &[&opt]);
        checks::roundtrip(&bytes);
        let record = only_record(&bytes);
        assert_eq!((record.class.0, record.ttl.0), (size, 0xff00_8000));
        assert!(!record.cache_flush && record.data().is_ok());
    }
}

#[test]
fn a_query_without_questions_is_read() {
    let bytes = message([0, 1, 1, 1], &[&honest(), &honest(), &honest()]);
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.questions().count(), 0);
    let sections: Vec<_> = message.records().map(|record| record.unwrap().0).collect();
    assert_eq!(
        sections,
        [Section::Answer, Section::Authority, Section::Additional]
    );
    assert_eq!(message.answers().count(), 1);
    assert_eq!(message.authorities().count(), 1);
    assert_eq!(message.additionals().count(), 1);
}

#[test]
fn a_fault_in_a_later_section_is_not_reported_by_an_earlier_one() {
    let bytes = message([0, 1, 1, 0], &[&honest(), &[64]]);
    let message = Message::parse(&bytes).unwrap();
    assert!(message.answers().all(|record| record.is_ok()));
    assert!(message.authorities().any(|record| record.is_err()));
}

#[test]
fn what_follows_the_last_record_is_left_alone() {
    let bytes = message([0, 1, 0, 0], &[&honest(), &[0xff; 20]]);
    checks::decode(&bytes);
    assert_eq!(framing_fault(&bytes), None);
}

#[test]
fn names_in_the_data_of_listed_types_are_expanded() {
    let owner = b"\x04host\x05local\0";
    let pointer: &[u8] = &[0xc0, 12];
    let cases: [(RecordType, Vec<u8>, Vec<u8>); 5] = [
        (RecordType::NS, pointer.to_vec(), owner.to_vec()),
        (
            RecordType::MX,
            [&[0, 9], pointer].concat(),
            [&[0, 9], &owner[..]].concat(),
        ),
        (RecordType::RP, pointer.repeat(2), owner.repeat(2)),
        (
            RecordType::PX,
            [&[0, 9], pointer, pointer].concat(),
            [&[0, 9], &owner[..], owner].concat(),
        ),
        (
            RecordType::SOA,
            [pointer, pointer, &[7; 20]].concat(),
            [&owner[..], owner, &[7; 20]].concat(),
        ),
    ];
    for (rtype, data, expanded) in cases {
        let bytes = message(
            [0, 1, 0, 0],
            &[&owned(owner, rtype, data.len() as u16, &data)],
        );
        checks::decode(&bytes);
        checks::roundtrip(&bytes);
        let mut written = Vec::new();
        only_record(&bytes)
            .to_record()
            .unwrap()
            .data
            .write_uncompressed(&mut written);
        assert_eq!(written, expanded, "{rtype}");
        let short = &data[..data.len() - 1];
        assert!(data_fault(rtype, short).is_some(), "{rtype} cut short");
        assert_eq!(
            data_fault(rtype, &[&data[..], &[0]].concat()),
            Some(RdataLength),
            "{rtype} long"
        );
    }
}
