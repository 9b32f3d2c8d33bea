//! This decoder reads the same as an independent one, `hickory-proto`.
//!
//! Where the two disagree, it is for one of these reasons:
//!
//! - Class fields: the other decoder does not know the cache-flush and QU bits; they are joined
//!   again before comparing.
//! - A time to live with the top bit set: zero here (RFC 2181 section 8), kept there.
//! - The data of NSEC and of types that are bytes here: NSEC is checked here and kept unchanged
//!   there; for the others it is the reverse. Their data is not compared.
//! - Empty TXT data: one empty string here (RFC 6763 section 6.1), refused or no string there.
//! - A compression pointer into the message header: refused here, followed there.
//! - One malformed record: costs that record here, the whole message there. So only messages that
//!   the other decoder accepts are compared, and they must be accepted here.
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "the other library's types are matched as far as both libraries know them"
)]

mod support;

use cooee_wire::{DecodeError, DecodeErrorKind, Message, Name, RData, RecordRef, RecordType};
use hickory_proto::op as other;
use hickory_proto::rr as other_rr;
use hickory_proto::serialize::binary::BinDecodable;
use proptest::prelude::*;
use proptest::sample::Index;
use support::{checks, fixtures, strategies};

/// Reads a message with both decoders and compares everything that both report.
///
/// Returns how many records were compared.
fn compare(bytes: &[u8]) -> usize {
    let Ok(theirs) = other::Message::from_bytes(bytes) else {
        return 0;
    };
    let message = Message::parse(bytes).expect("the other found a header");
    assert_eq!(message.header().id, theirs.id());
    let questions = message
        .questions()
        .map(|question| question.expect("the other read it"));
    for (ours, theirs) in questions.zip(theirs.queries()) {
        if let Some(owner) = agreed(ours.name.to_name()) {
            assert_eq!(owner, name(theirs.name()));
        }
        assert_eq!(ours.rtype, RecordType(theirs.query_type().into()));
        let class = ours.class.0 | u16::from(ours.unicast_response) << 15;
        assert_eq!(class, u16::from(theirs.query_class()));
    }
    let records = message
        .records()
        .map(|record| record.expect("the other read it").1);
    let records = records.filter(|record| record.rtype != RecordType::OPT);
    let sections = [
        theirs.answers(),
        theirs.name_servers(),
        theirs.additionals(),
    ];
    let mut compared = 0;
    for (ours, theirs) in records.zip(sections.into_iter().flatten()) {
        compare_owners(&ours, theirs);
        if !kept_as_bytes(ours.rtype) {
            let data = agreed(ours.data().and_then(|data| data.to_owned()));
            data.inspect(|data| compare_data(data, theirs.data()));
        }
        compared += 1;
    }
    compared
}

fn compare_owners(ours: &RecordRef<'_>, theirs: &other_rr::Record) {
    if let Some(owner) = agreed(ours.name.to_name()) {
        assert_eq!(owner, name(theirs.name()));
    }
    assert_eq!(ours.rtype, RecordType(theirs.record_type().into()));
    let class = ours.class.0 | u16::from(ours.cache_flush) << 15;
    assert_eq!(class, u16::from(theirs.dns_class()));
    if theirs.ttl() >> 31 == 0 {
        assert_eq!(ours.ttl.as_secs(), theirs.ttl());
    }
}

/// Returns whether one of the two does not interpret data of this type.
fn kept_as_bytes(rtype: RecordType) -> bool {
    use RecordType as T;
    ![T::A, T::AAAA, T::PTR, T::CNAME, T::SRV, T::TXT, T::HINFO].contains(&rtype)
}

fn compare_data(ours: &RData, theirs: &other_rr::RData) {
    use other_rr::RData as Other;
    match (ours, theirs) {
        (RData::A(ours), Other::A(theirs)) => assert_eq!(*ours, theirs.0),
        (RData::Aaaa(ours), Other::AAAA(theirs)) => assert_eq!(*ours, theirs.0),
        (RData::Ptr(ours), Other::PTR(theirs)) => assert_eq!(*ours, name(theirs)),
        (RData::Cname(ours), Other::CNAME(theirs)) => assert_eq!(*ours, name(theirs)),
        (RData::Srv(ours), Other::SRV(theirs)) => {
            assert_eq!(ours.priority, theirs.priority());
            assert_eq!((ours.weight, ours.port), (theirs.weight(), theirs.port()));
            assert_eq!(ours.target, name(theirs.target()));
        }
        (RData::Txt(ours), Other::TXT(theirs)) => {
            assert!(ours.strings().eq(theirs.iter().map(|string| &**string)));
        }
        (RData::Hinfo(ours), Other::HINFO(theirs)) => {
            assert_eq!((ours.cpu(), ours.os()), (theirs.cpu(), theirs.os()));
        }
        (ours, theirs) => panic!("{ours} here is {theirs} there"),
    }
}

/// Returns the results of both; `None` where only the other reads into the header.
#[track_caller]
fn agreed<T>(read: Result<T, DecodeError>) -> Option<T> {
    match read {
        Ok(read) => Some(read),
        Err(error) => {
            assert_eq!(
                error.kind,
                DecodeErrorKind::PointerIntoHeader,
                "the other read it"
            );
            None
        }
    }
}

fn name(theirs: &other_rr::Name) -> Name {
    Name::from_labels(theirs.iter()).expect("the other keeps the same limits")
}

#[test]
fn the_fixtures_are_read_alike() {
    let expected = [
        ("accessories", 30),
        ("plain", 7),
        ("query20", 20),
        ("response", 10),
        ("stranger", 8),
    ];
    let packets = fixtures::all();
    let compared = packets
        .iter()
        .map(|(name, packet)| (*name, compare(packet)));
    assert!(
        compared.clone().eq(expected),
        "{:?}",
        compared.collect::<Vec<_>>()
    );
}

proptest! {
    #![proptest_config(strategies::settings(300))]

    #[test]
    fn what_is_written_here_is_read_alike(message in strategies::message()) {
        let mut message = message;
        // Any flags except truncation and a standard query; the other decoder checks operation
        // codes.
        message.flags &= 0x8400;
        // The other decoder reads and checks data of types that are bytes here.
        message.records.retain(|(_, record)| !matches!(record.data, RData::Opaque { .. }));
        let (bytes, written) = checks::put_together(&message, usize::MAX, false);
        let compared = compare(&bytes);
        prop_assert_eq!(compared, written.records.len());
    }

    #[test]
    fn damaged_packets_are_read_alike(
        which in any::<Index>(),
        damage in proptest::collection::vec((any::<Index>(), any::<u8>()), 1..4),
    ) {
        let packets = fixtures::all();
        let (_, mut bytes) = which.get(&packets).clone();
        for (place, value) in damage {
            let place = 12 + place.index(bytes.len() - 12);
            bytes[place] = value;
        }
        compare(&bytes);
    }
}
