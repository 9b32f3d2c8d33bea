//! Tests of the builder.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;

use super::*;
use crate::Message;
use crate::rdata::{Srv, TxtData};

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn record(owner: &str, data: RData) -> Record {
    Record {
        name: name(owner),
        class: Class::IN,
        ttl: Ttl(120),
        cache_flush: false,
        data,
    }
}

fn ptr(owner: &str, target: &str) -> Record {
    record(owner, RData::Ptr(name(target)))
}

fn srv(owner: &str, target: &str) -> Record {
    record(
        owner,
        RData::Srv(Srv {
            priority: 0,
            weight: 0,
            port: 80,
            target: name(target),
        }),
    )
}

fn answers(records: &[Record]) -> Vec<u8> {
    let mut buffer = Vec::new();
    let mut builder = MessageBuilder::new(&mut buffer, 0, Flags::RESPONSE, usize::MAX);
    for record in records {
        builder.record(Section::Answer, record.into()).unwrap();
    }
    builder.finish();
    buffer
}

fn texts(bytes: &[u8]) -> Vec<String> {
    let message = Message::parse(bytes).unwrap();
    message
        .records()
        .map(|record| record.unwrap().1.to_string())
        .collect()
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-18.14
//= type=test
//# When generating Multicast DNS messages, implementations SHOULD use
//# name compression wherever possible to compress the names of resource
//# records, by replacing some or all of the resource record name with a
//# compact two-byte reference to an appearance of that data somewhere
//# earlier in the message [RFC1035].
#[test]
fn names_are_compressed_against_earlier_ones() {
    let records = [
        ptr("_http._tcp.local", "Who._http._tcp.local"),
        ptr("Who._http._tcp.local", "h.local"),
    ];
    let bytes = answers(&records);
    assert_eq!(bytes.len(), 12 + (18 + 10 + 4 + 2) + (2 + 10 + 2 + 2));
    assert_eq!(
        bytes[28 + 12..],
        *b"\x03Who\xc0\x0c\xc0\x28\0\x0c\0\x01\0\0\0\x78\0\x04\x01h\xc0\x17"
    );
    assert_eq!(texts(&bytes), records.map(|record| record.to_string()));
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-18.14
//= type=test
//# When a query contains more than one question, successive
//# questions in the same message often contain similar names, and
//# consequently name compression SHOULD be used, to save bytes.
//= https://www.rfc-editor.org/rfc/rfc6762#section-18.14
//= type=test
//# In
//# addition, queries may also contain Known Answers in the Answer
//# Section, or probe tiebreaking data in the Authority Section, and
//# these names SHOULD similarly be compressed for network efficiency.
#[test]
fn names_in_every_section_of_a_query_are_compressed() {
    let mut buffer = Vec::new();
    let mut builder = MessageBuilder::new(&mut buffer, 0, Flags::QUERY, 9_000);
    for owner in ["a.local", "b.local"] {
        builder
            .question(&name(owner), RecordType::PTR, Class::IN, false)
            .unwrap();
    }
    builder
        .record(Section::Answer, (&ptr("a.local", "c.local")).into())
        .unwrap();
    builder
        .record(Section::Authority, (&ptr("b.local", "c.local")).into())
        .unwrap();
    builder.finish();
    let expected = [
        &b"\x01a\x05local\0\0\x0c\0\x01"[..],
        b"\x01b\xc0\x0e\0\x0c\0\x01",
        b"\xc0\x0c\0\x0c\0\x01\0\0\0\x78\0\x04\x01c\xc0\x0e",
        b"\xc0\x19\0\x0c\0\x01\0\0\0\x78\0\x02\xc0\x2d",
    ];
    assert_eq!(buffer[12..], expected.concat());
}

#[test]
fn the_example_of_the_specification_is_compressed_as_it_shows() {
    let bytes = answers(&[ptr("f.isi.arpa", "foo.f.isi.arpa"), ptr("arpa", ".")]);
    assert_eq!(bytes[12..24], *b"\x01f\x03isi\x04arpa\0");
    assert_eq!(bytes[34..40], *b"\x03foo\xc0\x0c");
    assert_eq!(bytes[40..42], *b"\xc0\x12");
    assert_eq!(bytes[52..], *b"\0");
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-18.14
//= type=test
//# In addition to compressing the *names* of resource records, names
//# that appear within the *rdata* of the following rrtypes SHOULD also
//# be compressed in all Multicast DNS messages:
//= https://www.rfc-editor.org/rfc/rfc6762#section-18.14
//= type=test
//# Until future IETF Standards Action [RFC5226] specifying that names in
//# the rdata of other types should be compressed, names that appear
//# within the rdata of any type not listed above MUST NOT be compressed.
#[test]
fn names_in_all_listed_types_are_compressed_and_in_no_others() {
    let host = b"\x04host\x05local\0";
    let lengths = [
        (RecordType::NS, 0, 2),
        (RecordType::MX, 2, 4),
        (RecordType::DNAME, 0, 2),
        (RecordType::KX, 2, 4),
        (RecordType(65_280), 0, 12),
        (RecordType::NAPTR, 2, 14),
        (RecordType::MB, 0, 12),
    ];
    for (rtype, prefix, len) in lengths {
        let bytes = [&[0; 2][..prefix], host].concat();
        let message = answers(&[record(
            "host.local",
            RData::Opaque {
                rtype,
                bytes: bytes.into(),
            },
        )]);
        assert_eq!(message.len(), 12 + 12 + 10 + len, "{rtype}");
    }
    assert_eq!(
        answers(&[srv("host.local", "host.local")]).len(),
        12 + 12 + 10 + 6 + 2
    );
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-18.14
//= type=test
//# In legacy unicast responses generated to answer legacy queries, name
//# compression MUST NOT be performed on SRV records.
#[test]
fn legacy_readers_get_whole_names_in_srv_data() {
    let mut buffer = Vec::new();
    let mut builder = MessageBuilder::new(&mut buffer, 9, Flags::RESPONSE, 9000).legacy();
    let question = name("host.local");
    builder
        .question(&question, RecordType::SRV, Class::IN, false)
        .unwrap();
    builder
        .record(Section::Answer, (&srv("host.local", "host.local")).into())
        .unwrap();
    builder.finish();
    assert_eq!(buffer.len(), 12 + (12 + 4) + (2 + 10 + 6 + 12));
    assert!(buffer.ends_with(question.as_wire()));
}

#[test]
fn case_is_kept() {
    let records = [
        ptr("Host.local", "host.local"),
        ptr("HOST.Local", "host.LOCAL"),
    ];
    assert_eq!(
        texts(&answers(&records)),
        records.map(|record| record.to_string())
    );
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-18.12
//= type=test
//# In the Question Section of a Multicast DNS query, the top bit of the
//# qclass field is used to indicate that unicast responses are preferred
//# for this particular question.
//= https://www.rfc-editor.org/rfc/rfc6762#section-18.13
//= type=test
//# In the Resource Record Sections of a Multicast DNS response, the top
//# bit of the rrclass field is used to indicate that the record is a
//# member of a unique RRSet
//= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
//= type=test
//# When
//# receiving a resource record with the cache-flush bit set,
//# implementations should take care to mask off that bit before storing
//# the resource record in memory, or otherwise ensure that it is given
//# the correct semantic interpretation.
#[test]
fn the_top_bits_of_the_classes_are_written() {
    let mut buffer = Vec::new();
    let mut builder = MessageBuilder::new(&mut buffer, 0, Flags::QUERY, 9000);
    builder
        .question(&Name::root(), RecordType::ANY, Class::IN, true)
        .unwrap();
    builder
        .question(&Name::root(), RecordType::ANY, Class::IN, false)
        .unwrap();
    let unique = Record {
        cache_flush: true,
        ..ptr(".", ".")
    };
    builder
        .record(Section::Authority, (&unique).into())
        .unwrap();
    builder.finish();
    assert_eq!(buffer[12..22], [0, 0, 255, 0x80, 1, 0, 0, 255, 0, 1]);
    assert_eq!(buffer[22..27], [0, 0, 12, 0x80, 1]);
}

#[test]
fn an_item_over_budget_leaves_no_trace() {
    let first = ptr("a.local", "b.local");
    let exact = answers(core::slice::from_ref(&first)).len();
    for budget in 0..exact {
        let mut buffer = vec![1, 2, 3];
        let mut builder = MessageBuilder::new(&mut buffer, 0, Flags::QUERY, budget);
        assert_eq!(builder.record(Section::Answer, (&first).into()), Err(Full));
        assert!(builder.is_empty());
        assert_eq!(builder.finish(), 12);
        assert_eq!(buffer, [0; 12]);
    }
    let mut buffer = Vec::new();
    let mut builder = MessageBuilder::new(&mut buffer, 0, Flags::RESPONSE, exact);
    builder.record(Section::Answer, (&first).into()).unwrap();
    let full = builder.record(Section::Answer, (&ptr("c.local", "d.local")).into());
    assert_eq!(full, Err(Full));
    assert_eq!(builder.counts().answers, 1);
    builder.finish();
    assert_eq!(buffer, answers(&[first]));
}

#[test]
fn a_name_rolled_back_is_not_pointed_to() {
    let mut buffer = Vec::new();
    let mut builder = MessageBuilder::new(&mut buffer, 0, Flags::RESPONSE, 9000);
    builder
        .record(Section::Answer, (&ptr("a.local", "x.y.local")).into())
        .unwrap();
    let checkpoint = builder.checkpoint();
    builder
        .record(Section::Answer, (&ptr("gone.local", "x.gone.local")).into())
        .unwrap();
    builder
        .record(
            Section::Additional,
            (&ptr("gone.local", "y.gone.local")).into(),
        )
        .unwrap();
    builder.rollback(checkpoint);
    assert_eq!(builder.counts().additionals, 0);
    // Other names are now at the positions of those that were rolled back.
    let records = [
        ptr("abcd.local", "x.gone.local"),
        ptr("gone.local", "y.gone.local"),
    ];
    for record in &records {
        builder.record(Section::Answer, record.into()).unwrap();
    }
    builder.finish();
    let expected = [&[ptr("a.local", "x.y.local")][..], &records[..]].concat();
    assert_eq!(buffer, answers(&expected));
}

#[test]
fn sections_come_in_their_order() {
    let one = ptr("a", "b");
    let mut buffer = Vec::new();
    let mut builder = MessageBuilder::new(&mut buffer, 0, Flags::RESPONSE, 9000);
    builder.record(Section::Authority, (&one).into()).unwrap();
    let len = builder.len();
    assert_eq!(builder.record(Section::Answer, (&one).into()), Err(Full));
    assert_eq!(
        builder.question(&one.name, RecordType::A, Class::IN, false),
        Err(Full)
    );
    assert_eq!(builder.len(), len);
    builder.record(Section::Additional, (&one).into()).unwrap();
    builder.finish();
}

#[test]
fn counts_and_truncation_are_in_the_header() {
    let mut buffer = Vec::new();
    let mut builder = MessageBuilder::new(&mut buffer, 0x1234, Flags::QUERY, 9000);
    builder
        .question(&Name::LOCAL, RecordType::PTR, Class::IN, false)
        .unwrap();
    builder
        .record(Section::Answer, (&ptr("a", "b")).into())
        .unwrap();
    builder
        .record(Section::Answer, (&ptr("a", "c")).into())
        .unwrap();
    builder.set_truncated();
    assert_eq!(builder.len(), builder.finish());
    assert_eq!(buffer[..12], [0x12, 0x34, 2, 0, 0, 1, 0, 2, 0, 0, 0, 0]);
}

#[test]
fn a_message_is_empty_until_it_holds_an_item() {
    let mut buffer = Vec::new();
    let mut builder = MessageBuilder::new(&mut buffer, 0, Flags::RESPONSE, 9000);
    assert!(builder.is_empty());
    builder.set_truncated();
    assert!(builder.is_empty());
    let empty = builder.checkpoint();
    builder
        .record(Section::Additional, (&ptr("a", "b")).into())
        .unwrap();
    assert!(!builder.is_empty());
    builder.rollback(empty);
    assert!(builder.is_empty());
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-17
//= type=test
//# Even when fragmentation is used, a Multicast DNS packet, including IP
//# and UDP headers, MUST NOT exceed 9000 bytes.
#[test]
fn the_largest_message_leaves_room_for_the_headers_around_it() {
    const IPV4_HEADER: usize = 20;
    const UDP_HEADER: usize = 8;
    let largest = crate::limits::MESSAGE_LEN_MAX;
    assert_eq!(largest + IPV4_HEADER + UDP_HEADER, 9000);
}

#[test]
fn a_section_holds_65535_items_and_no_more() {
    let mut buffer = Vec::new();
    let mut builder = MessageBuilder::new(&mut buffer, 0, Flags::QUERY, usize::MAX);
    for _ in 0..u16::MAX {
        builder
            .question(&Name::root(), RecordType::A, Class::IN, false)
            .unwrap();
    }
    let more = builder.question(&Name::root(), RecordType::A, Class::IN, false);
    assert_eq!(more, Err(Full));
    assert_eq!(builder.finish(), 12 + 65_535 * 5);
}

#[test]
fn data_too_long_for_a_record_is_refused() {
    let opaque = |len| RData::Opaque {
        rtype: RecordType(999),
        bytes: vec![0; len].into(),
    };
    let mut buffer = Vec::new();
    let mut builder = MessageBuilder::new(&mut buffer, 0, Flags::QUERY, usize::MAX);
    let (most, more) = (record("a", opaque(65_535)), record("a", opaque(65_536)));
    assert_eq!(builder.record(Section::Answer, (&more).into()), Err(Full));
    assert_eq!(builder.record(Section::Answer, (&most).into()), Ok(()));
    assert_eq!(builder.finish(), 12 + 3 + 10 + 65_535);
}

#[test]
fn no_pointer_goes_further_than_it_can_reach() {
    let txt = TxtData::from_strings([&[b'x'; 255][..]; 64]).unwrap();
    let records = [
        record("a", RData::Txt(txt)),
        ptr("far.away.local", "far.away.local"),
        ptr("far.away.local", "away.local"),
    ];
    let bytes = answers(&records);
    assert!(bytes.len() > 0x4000);
    assert_eq!(texts(&bytes), records.map(|record| record.to_string()));
}

#[test]
fn more_names_than_the_table_holds_are_still_written_right() {
    let records: Vec<Record> = (0..500)
        .map(|i| ptr(&format!("h{}.n{i}.local", i % 7), &format!("n{i}.local")))
        .collect();
    let bytes = answers(&records);
    let expected: Vec<String> = records.iter().map(Record::to_string).collect();
    assert_eq!(texts(&bytes), expected);
}

#[test]
fn data_that_does_not_fit_its_type_is_written_as_it_is() {
    let odd = record(
        "host.local",
        RData::Opaque {
            rtype: RecordType::MX,
            bytes: vec![0].into(),
        },
    );
    assert!(answers(&[odd]).ends_with(&[0, 1, 0]));
}

#[test]
fn rolling_back_leaves_names_and_room_as_they_were() {
    let mut buffer = Vec::new();
    let mut builder = MessageBuilder::new(&mut buffer, 0, Flags::RESPONSE, 9000);
    let first = ptr("a.local", "b.local");
    builder.record(Section::Answer, (&first).into()).unwrap();
    for round in 0..20 {
        let checkpoint = builder.checkpoint();
        for index in 0..70 {
            let gone = ptr(&format!("gone-{round}-{index}.local"), ".");
            builder.record(Section::Answer, (&gone).into()).unwrap();
        }
        builder.rollback(checkpoint);
    }
    let last = ptr("c.a.local", "d.c.a.local");
    builder.record(Section::Answer, (&last).into()).unwrap();
    let again = ptr("b.local", "d.c.a.local");
    builder.record(Section::Answer, (&again).into()).unwrap();
    builder.finish();
    assert_eq!(buffer, answers(&[first, last, again]));
}

#[test]
fn a_pointer_to_the_last_place_within_reach_is_written_and_none_behind_it() {
    for (padding, is_reached) in [(0, true), (1, false)] {
        let mut buffer = Vec::new();
        let mut builder = MessageBuilder::new(&mut buffer, 0, Flags::RESPONSE, usize::MAX);
        // The owner of the second record begins at 0x3fff, or one byte later.
        let filler = opaque_of(0x3fff - 12 - 11 + padding);
        builder
            .record(Section::Answer, (&record(".", filler)).into())
            .unwrap();
        assert_eq!(builder.len(), 0x3fff + padding);
        let name = record("a.local", opaque_of(0));
        builder.record(Section::Answer, (&name).into()).unwrap();
        let before = builder.len();
        builder.record(Section::Answer, (&name).into()).unwrap();
        let owner_len = builder.len() - before - 10;
        assert_eq!(owner_len == 2, is_reached, "{owner_len}");
        builder.finish();
        let message = Message::parse(&buffer).unwrap();
        let owners = message.answers().map(|record| record.unwrap().name);
        assert!(owners.skip(1).all(|owner| owner.matches(&name.name)));
    }
}

fn opaque_of(len: usize) -> RData {
    RData::Opaque {
        rtype: RecordType(65_280),
        bytes: vec![0; len].into(),
    }
}

#[test]
fn names_that_are_alike_are_found_again() {
    let families: [fn(usize) -> String; 3] = [
        |number| format!("{number:02}-same-end-of-every-label.local"),
        |number| format!("same-start-of-every-label-{number:02}.local"),
        |number| format!("{}.local", "x".repeat(number + 1)),
    ];
    for family in families {
        let mut buffer = Vec::new();
        let mut builder = MessageBuilder::new(&mut buffer, 0, Flags::RESPONSE, usize::MAX);
        let records: Vec<Record> = (0..50)
            .map(|number| record(&family(number), opaque_of(0)))
            .collect();
        for record in &records {
            builder.record(Section::Answer, record.into()).unwrap();
        }
        let mut pointers = 0;
        for record in &records {
            let before = builder.len();
            builder.record(Section::Answer, record.into()).unwrap();
            pointers += usize::from(builder.len() - before == 12);
        }
        assert_eq!(pointers, records.len(), "of {}", family(0));
    }
}

#[test]
fn an_uncompressed_name_ends_at_its_root_byte() {
    use super::compress::whole_name_len;
    let label = |len: u8| [&[len][..], &[b'a'; 255][..usize::from(len)]].concat();
    assert_eq!(whole_name_len(b"\0rest"), Some(1));
    assert_eq!(whole_name_len(b"\x01a\x02bc\0rest"), Some(6));
    assert_eq!(whole_name_len(b"\x01a"), None);
    assert_eq!(whole_name_len(&[label(63), vec![0]].concat()), Some(65));
    for len in [64, 65, 128, 192] {
        assert_eq!(whole_name_len(&[label(len), vec![0]].concat()), None);
    }
    let longest = [label(63), label(63), label(63), label(62), vec![0]].concat();
    assert_eq!(whole_name_len(&longest), Some(256));
    let longer = [label(63), label(63), label(63), label(63), vec![0]].concat();
    assert_eq!(whole_name_len(&longer), None);
}
