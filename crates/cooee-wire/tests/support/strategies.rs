//! Random names, records and messages.

use std::net::{Ipv4Addr, Ipv6Addr};

use cooee_wire::{
    Class, Hinfo, Name, Nsec, RData, Record, RecordType, Section, Srv, Ttl, TxtData, TypeBitmap,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::checks::{Owned, Question};

/// This many cases, the same ones in every run; finding new ones is the fuzzer's task.
pub(crate) fn settings(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(6762),
        ..ProptestConfig::default()
    }
}

/// Returns a label: mostly from a small stock so that names share suffixes, otherwise any bytes.
pub(crate) fn label() -> impl Strategy<Value = Vec<u8>> {
    let stock = [
        "local",
        "LOCAL",
        "_tcp",
        "_http",
        "a",
        "A",
        "b.c",
        "Küche",
        "Dr. Who \\ 2",
    ];
    let stock = stock.map(|label| label.as_bytes().to_vec());
    prop_oneof![
        6 => proptest::sample::select(stock.to_vec()),
        2 => vec(any::<u8>(), 1..=12),
        1 => vec(any::<u8>(), 60..=63),
    ]
}

/// Returns a name of up to seven labels, never too long.
pub(crate) fn name() -> impl Strategy<Value = Name> {
    vec(label(), 0..=7).prop_map(|mut labels| {
        loop {
            if let Ok(name) = Name::from_labels(labels.iter().map(Vec::as_slice)) {
                return name;
            }
            labels.pop();
        }
    })
}

/// Returns a record type: one of the named ones, or any number.
pub(crate) fn rtype() -> impl Strategy<Value = RecordType> {
    prop_oneof![
        (1_u16..=260).prop_map(RecordType),
        any::<u16>().prop_map(RecordType)
    ]
}

/// Data of any type, well-formed for it.
pub(crate) fn data() -> impl Strategy<Value = RData> {
    prop_oneof![
        any::<u32>().prop_map(|bits| RData::A(Ipv4Addr::from(bits))),
        any::<u128>().prop_map(|bits| RData::Aaaa(Ipv6Addr::from(bits))),
        name().prop_map(RData::Ptr),
        name().prop_map(RData::Cname),
        (any::<[u16; 3]>(), name()).prop_map(|([priority, weight, port], target)| {
            RData::Srv(Srv {
                priority,
                weight,
                port,
                target,
            })
        }),
        vec(vec(any::<u8>(), 0..=255), 0..4).prop_map(|strings| {
            let strings = strings.iter().map(Vec::as_slice);
            RData::Txt(TxtData::from_strings(strings).expect("short enough"))
        }),
        (name(), vec(rtype(), 0..9)).prop_map(|(next, types)| {
            RData::Nsec(Nsec {
                next,
                types: TypeBitmap::from_types(types),
            })
        }),
        (vec(any::<u8>(), 0..=255), vec(any::<u8>(), 0..20))
            .prop_map(|(cpu, os)| { RData::Hinfo(Hinfo::new(&cpu, &os).expect("short enough")) }),
        opaque(),
        with_names(),
    ]
}

fn opaque() -> impl Strategy<Value = RData> {
    let unknown = prop_oneof![Just(41_u16), Just(64), 300_u16..].prop_map(RecordType);
    (unknown, vec(any::<u8>(), 0..40)).prop_map(|(rtype, bytes)| RData::Opaque {
        rtype,
        bytes: bytes.into(),
    })
}

fn with_names() -> impl Strategy<Value = RData> {
    let shapes: Vec<(RecordType, usize, usize, usize)> = vec![
        (RecordType::NS, 0, 1, 0),
        (RecordType::DNAME, 0, 1, 0),
        (RecordType::SOA, 0, 2, 20),
        (RecordType::MX, 2, 1, 0),
        (RecordType::AFSDB, 2, 1, 0),
        (RecordType::RT, 2, 1, 0),
        (RecordType::KX, 2, 1, 0),
        (RecordType::RP, 0, 2, 0),
        (RecordType::PX, 2, 2, 0),
    ];
    (
        proptest::sample::select(shapes),
        [name(), name()],
        vec(any::<u8>(), 22),
    )
        .prop_map(|((rtype, before, names, after), both, filler)| {
            let mut bytes = filler[..before].to_vec();
            both[..names]
                .iter()
                .for_each(|name| bytes.extend_from_slice(name.as_wire()));
            bytes.extend_from_slice(&filler[..after]);
            RData::Opaque {
                rtype,
                bytes: bytes.into(),
            }
        })
}

/// Returns a record with any data.
pub(crate) fn record() -> impl Strategy<Value = Record> {
    (
        name(),
        0_u16..0x8000,
        0_u32..0x8000_0000,
        any::<bool>(),
        data(),
    )
        .prop_map(|(name, class, ttl, cache_flush, data)| Record {
            name,
            class: Class(class),
            ttl: Ttl(ttl),
            // An option record has a size instead of a class and that bit.
            cache_flush: cache_flush && data.rtype() != RecordType::OPT,
            data,
        })
}

fn question() -> impl Strategy<Value = Question> {
    (name(), rtype(), 0_u16..0x8000, any::<bool>()).prop_map(
        |(name, rtype, class, unicast_response)| Question {
            name,
            rtype,
            class: Class(class),
            unicast_response,
        },
    )
}

/// Returns a message with items in all sections, in their order.
pub(crate) fn message() -> impl Strategy<Value = Owned> {
    let sections = [Section::Answer, Section::Authority, Section::Additional];
    let records = vec(
        (proptest::sample::select(sections.to_vec()), record()),
        0..12,
    );
    (any::<u16>(), any::<u16>(), vec(question(), 0..4), records).prop_map(
        |(id, flags, questions, mut records)| {
            records.sort_by_key(|(section, _)| *section);
            Owned {
                id,
                flags,
                questions,
                records,
            }
        },
    )
}
