//! Replies, read back; messages that are no requests.

use cooee::{Name, RData, RecordType, Ttl};
use cooee_wire::{
    Class, Edns, Flags, Message, MessageBuilder, Rcode, Record, RecordFields, Section,
};

use super::super::request::{DnsRequest, Unreadable};
use super::{Content, EDNS_BYTES_MAX, PLAIN_BYTES_MAX, Transport, to_unreadable, write};

fn request(edns: Option<u16>) -> DnsRequest {
    DnsRequest {
        id: 7,
        recursion_desired: true,
        checking_disabled: false,
        name: name("_http._tcp.LOCAL"),
        rtype: RecordType::PTR,
        class: Class::IN,
        edns: edns.map(Edns::new),
    }
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn pointer(number: usize) -> Record {
    Record {
        name: name("_http._tcp.local"),
        class: Class::IN,
        ttl: Ttl(10),
        cache_flush: false,
        data: RData::Ptr(name(&format!("Instance {number}._http._tcp.local"))),
    }
}

fn pointers(count: usize) -> Content {
    Content::Found {
        answers: (0..count).map(pointer).collect(),
        additional: Vec::new(),
    }
}

/// Returns the bits of the flags that are set, the response code, and how many records there are.
fn summary(reply: &[u8]) -> (u16, u16, usize) {
    let message = Message::parse(reply).unwrap();
    let flags = message.header().flags;
    let records = message.answers().filter(Result::is_ok).count();
    (flags.0 & 0xfff0, flags.rcode().0, records)
}

#[test]
fn a_reply_repeats_the_question_and_is_authoritative_without_recursion() {
    let reply = write(&request(None), &pointers(2), Transport::Udp);
    assert_eq!(summary(&reply), (0x8500, 0, 2));
    let message = Message::parse(&reply).unwrap();
    assert_eq!(message.header().id, 7);
    let question = message.questions().next().unwrap().unwrap();
    let asked = question.name.to_name().unwrap();
    assert_eq!(asked.as_wire(), name("_http._tcp.LOCAL").as_wire());
    assert_eq!(
        (question.rtype, question.class),
        (RecordType::PTR, Class::IN)
    );
    assert_eq!(message.additionals().count(), 0);
}

#[test]
fn what_does_not_fit_is_left_out_and_the_reply_says_so() {
    let truncated = 0x8700;
    let cases = [
        (None, Transport::Udp, PLAIN_BYTES_MAX),
        (Some(100), Transport::Udp, PLAIN_BYTES_MAX),
        (Some(1_000), Transport::Udp, 1_000),
        (Some(4_096), Transport::Udp, usize::from(EDNS_BYTES_MAX)),
    ];
    for (payload, transport, bytes_max) in cases {
        let reply = write(&request(payload), &pointers(200), transport);
        let (flags, rcode, records) = summary(&reply);
        assert_eq!((flags, rcode), (truncated, 0), "{payload:?}");
        assert!(reply.len() <= bytes_max && records > 10, "{payload:?}");
        let opts = Message::parse(&reply).unwrap().additionals().count();
        assert_eq!(opts, usize::from(payload.is_some()));
    }
    let reply = write(&request(Some(512)), &pointers(200), Transport::Tcp);
    assert_eq!(summary(&reply), (0x8500, 0, 200));
    let reply = write(&request(None), &pointers(10_000), Transport::Tcp);
    let (flags, _, records) = summary(&reply);
    assert_eq!(flags, truncated);
    assert!(reply.len() <= 65_535 && records > 1_000);
}

#[test]
fn additional_records_come_in_whole_sets_and_only_where_there_is_room() {
    let address = |host: &str, last| Record {
        name: name(host),
        data: RData::A([10, 0, 0, last].into()),
        ..pointer(0)
    };
    let many: Vec<Record> = (0..60).map(|last| address("a.local", last)).collect();
    let few = [address("b.local", 1), address("b.local", 2)];
    let content = |answers: usize| Content::Found {
        answers: (0..answers).map(pointer).collect(),
        additional: [&many[..], &few].concat(),
    };
    let additional = |reply: &[u8]| Message::parse(reply).unwrap().additionals().count();
    let reply = write(&request(None), &content(1), Transport::Udp);
    assert_eq!((summary(&reply), additional(&reply)), ((0x8500, 0, 1), 2));
    let reply = write(&request(Some(1_232)), &content(1), Transport::Udp);
    assert_eq!((summary(&reply), additional(&reply)), ((0x8500, 0, 1), 63));
    // A reply that is cut has none.
    let reply = write(&request(None), &content(200), Transport::Udp);
    assert_eq!((summary(&reply).0, additional(&reply)), (0x8700, 0));
}

#[test]
fn every_outcome_has_its_code() {
    let soa = || pointer(0);
    let cases = [
        (Content::Empty(soa()), 0x8500, 0),
        (Content::Missing(soa()), 0x8500, 3),
        (Content::Failed, 0x8100, 2),
        (Content::Refused, 0x8100, 5),
    ];
    for (content, flags, rcode) in cases {
        let reply = write(&request(Some(1_232)), &content, Transport::Udp);
        assert_eq!(summary(&reply), (flags, rcode, 0), "{content:?}");
        let message = Message::parse(&reply).unwrap();
        let is_negative = matches!(content, Content::Empty(_) | Content::Missing(_));
        assert_eq!(message.authorities().count(), usize::from(is_negative));
    }
    // The code of an unknown version has more than four bits.
    let reply = write(&request(Some(1_232)), &Content::BadVersion, Transport::Udp);
    assert_eq!(summary(&reply), (0x8100, 0, 0));
    let message = Message::parse(&reply).unwrap();
    let edns = Edns::read(&message).unwrap().unwrap();
    assert_eq!(edns.rcode(message.header().flags), Rcode::BAD_VERS);
}

/// Writes a query with an OPT record of a payload size and version.
fn query(flags: u16, opts: &[(u16, u8)]) -> Vec<u8> {
    let mut buffer = Vec::new();
    let mut builder = MessageBuilder::new(&mut buffer, 9, Flags(flags), 4_096);
    builder
        .question(&name("Box.Local"), RecordType::A, Class::IN, false)
        .unwrap();
    for (payload_bytes, version) in opts {
        let opt = RecordFields {
            name: &Name::root(),
            class: Class(*payload_bytes),
            cache_flush: false,
            ttl: Ttl(u32::from(*version) << 16),
            data: &RData::Opaque {
                rtype: RecordType::OPT,
                bytes: [0, 10, 0, 2, 1, 2][..].into(),
            },
        };
        builder.record(Section::Additional, opt).unwrap();
    }
    builder.finish();
    buffer
}

#[test]
fn a_request_is_read_with_its_letters_its_flags_and_what_edns_says() {
    let read = DnsRequest::read(&query(0x0110, &[(0xffff, 1)])).unwrap();
    assert_eq!(read.name.as_wire(), name("Box.Local").as_wire());
    assert!(read.recursion_desired && read.checking_disabled);
    let mut edns = Edns::new(0xffff);
    edns.version = 1;
    assert_eq!(read.edns, Some(edns));
    assert_eq!(DnsRequest::read(&query(0, &[])).unwrap().edns, None);
}

#[test]
fn what_is_no_request_gets_a_short_answer_or_none() {
    let malformed = Err(Unreadable::Malformed { id: 9 });
    assert_eq!(
        DnsRequest::read(&query(0, &[(512, 0), (512, 0)])),
        malformed
    );
    assert_eq!(DnsRequest::read(&query(0, &[])[..20]), malformed);
    let mut two = query(0, &[]);
    two[5] = 2;
    assert_eq!(DnsRequest::read(&two), malformed);
    let update = Err(Unreadable::NotAQuery { id: 9, opcode: 5 });
    assert_eq!(DnsRequest::read(&query(0x2800, &[])), update);
    assert_eq!(
        DnsRequest::read(&query(0x8000, &[])),
        Err(Unreadable::Ignore)
    );
    assert_eq!(DnsRequest::read(&[0; 11]), Err(Unreadable::Ignore));
    assert_eq!(to_unreadable(Unreadable::Ignore), None);
    // An update, and a stateful operation: clients of RFC 8765 then ask as usual.
    for opcode in [5, 6] {
        let reply = to_unreadable(Unreadable::NotAQuery { id: 9, opcode }).unwrap();
        let flags = 0x8000 | u16::from(opcode) << 11;
        assert_eq!((summary(&reply), reply.len()), ((flags, 4, 0), 12));
    }
    let reply = to_unreadable(Unreadable::Malformed { id: 9 }).unwrap();
    assert_eq!(summary(&reply), (0x8000, 1, 0));
}

#[test]
fn no_prefix_of_a_query_and_no_changed_byte_of_it_panics() {
    let whole = query(0x0100, &[(1_232, 0)]);
    for len in 0..whole.len() {
        let _ = DnsRequest::read(&whole[..len]);
    }
    for place in 0..whole.len() {
        for value in 0..=u8::MAX {
            let mut changed = whole.clone();
            changed[place] = value;
            if let Ok(request) = DnsRequest::read(&changed) {
                let reply = write(&request, &pointers(50), Transport::Udp);
                assert!(
                    Message::parse(&reply)
                        .unwrap()
                        .questions()
                        .all(|one| one.is_ok())
                );
            }
        }
    }
}
