//! The packets of lies, as bytes.
//!
//! In:  records that hosts have sent, numbers that choose.
//! Out: responses, questions and probes that no correct host would send.

use std::net::{Ipv4Addr, Ipv6Addr};

use cooee_wire::{
    Class, Flags, MessageBuilder, Name, Nsec, RData, Record, RecordType, Section, Srv, Ttl,
    TypeBitmap,
};

use super::TTL_OTHER;
use super::letter::{Letter, Said, is_pointer, names_with, type_name};

/// Returns a pointer with the cache-flush bit, of the type, of a subtype, or of the enumeration of
/// types.
pub(super) fn sole_pointer(pick: usize, serial: usize) -> Vec<u8> {
    let (owner, target) = match pick % 4 {
        2 => (local("_aa._sub._http._tcp"), ghost(serial)),
        3 => (local("_services._dns-sd._udp"), local("_ghost._tcp")),
        _ => (type_name(), ghost(serial)),
    };
    response(&[unique(&owner, LONG, RData::Ptr(target))])
}

/// Denies that the type has pointers.
pub(super) fn denies_type(pick: usize) -> Vec<u8> {
    let owner = match pick % 3 {
        2 => local("_services._dns-sd._udp"),
        _ => type_name(),
    };
    response(&[denial(&owner)])
}

/// Denies all records of a host or an instance: as an answer, or beside a record of another name,
/// and with a goodbye of known records.
pub(super) fn denies_name(said: &[Said], pick: usize, form: u8) -> Option<Vec<u8>> {
    let names = names_with(said, &[RecordType::SRV, RecordType::A, RecordType::AAAA]);
    let name = pick_of(&names, pick)?;
    let mut records = Vec::new();
    if form & 1 == 1 {
        let known = said.iter().filter(|said| said.record.name == *name);
        records.extend(known.map(|said| with_ttl(&said.record, Ttl::ZERO)));
    }
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::RESPONSE, PACKET_MAX);
    for record in &records {
        let _ = builder.record(Section::Answer, record.into());
    }
    let section = match form & 2 {
        0 => Section::Answer,
        _ => Section::Additional,
    };
    builder
        .record(section, (&denial(name)).into())
        .expect("one more record fits");
    builder.finish();
    Some(bytes)
}

/// Says that a name has records of 64 unknown types: a known name, or one that will be used later.
pub(super) fn many_types(said: &[Said], pick: usize) -> Vec<Letter> {
    let mut names = names_with(said, &[RecordType::SRV, RecordType::A, RecordType::AAAA]);
    let coming = [
        "Desk", "Lamp", "0 on h0", "1 on h0", "0 on h1", "1 on h1", "2 on h1",
    ];
    let instance = |label: &str| {
        type_name()
            .prepend(label.as_bytes())
            .expect("a short label")
    };
    names.extend(coming.map(instance));
    let Some(name) = pick_of(&names, pick) else {
        return Vec::new();
    };
    let pointer = unflushed(&type_name(), LONG, RData::Ptr(name.clone()));
    let data = |rtype: u16| RData::Opaque {
        rtype: RecordType(rtype),
        bytes: [0_u8; 1].into(),
    };
    let unknown = (0..64).map(|number| unique(name, LONG, data(FIRST_UNKNOWN_TYPE + number)));
    let records: Vec<Record> = [pointer].into_iter().chain(unknown).collect();
    vec![Letter::new(response(&records))]
}

/// Asks for the pointers of the type, or for a record that a host has sent; lists known answers.
pub(super) fn question_about(said: &[Said], pick: usize, known: &[Said]) -> Option<Vec<u8>> {
    let (name, rtype) = match pick % 4 {
        0 | 1 => (type_name(), RecordType::PTR),
        _ => {
            let asked = &pick_of(said, pick / 4)?.record;
            (asked.name.clone(), asked.rtype())
        }
    };
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::QUERY, MESSAGE_MAX);
    let asked = builder.question(&name, rtype, Class::IN, false);
    asked.expect("one question fits");
    for said in known {
        let record = Record {
            cache_flush: false,
            ..with_ttl(&said.record, LONG)
        };
        let _ = builder.record(Section::Answer, (&record).into());
    }
    builder.finish();
    Some(bytes)
}

/// Returns a question; it may say that more known answers follow.
pub(super) fn question(name: &Name, rtype: RecordType, truncated: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let flags = Flags::QUERY.with_truncated(truncated);
    let mut builder = MessageBuilder::new(&mut bytes, 0, flags, PACKET_MAX);
    let asked = builder.question(name, rtype, Class::IN, false);
    asked.expect("one question fits");
    builder.finish();
    bytes
}

/// Returns an owner's answer to a question for instances.
pub(super) fn answer(instance: &Name) -> Vec<u8> {
    let data = RData::Ptr(instance.clone());
    response(&[unflushed(&type_name(), TTL_OTHER, data)])
}

/// Known answers without a question, with more of them to follow.
pub(super) fn continuation(nth: u16) -> Vec<u8> {
    let mut bytes = Vec::new();
    let flags = Flags::QUERY.with_truncated(true);
    let mut builder = MessageBuilder::new(&mut bytes, 0, flags, PACKET_MAX);
    let owner = type_name();
    let known = unflushed(&owner, LONG, RData::Ptr(ghost(nth.into())));
    let put = builder.record(Section::Answer, (&known).into());
    put.expect("one record fits");
    builder.finish();
    bytes
}

/// A goodbye for one of the records that hosts have sent.
pub(super) fn goodbye(said: &[Said], pick: usize) -> Option<Vec<u8>> {
    let record = &pick_of(said, pick)?.record;
    Some(response(&[with_ttl(record, Ttl::ZERO)]))
}

/// Other data for a record that a host has sent: a port, attributes, an address, a host.
pub(super) fn other_data(said: &[Said], pick: usize, serial: usize, form: u8) -> Option<Vec<u8>> {
    let forgeable: Vec<&Record> = said
        .iter()
        .map(|said| &said.record)
        .filter(|record| forged(record, serial).is_some())
        .collect();
    let record = pick_of(&forgeable, pick)?;
    let data = forged(record, serial)?;
    let ttl = if form & 1 == 0 { DAY } else { LONG };
    Some(response(&[Record {
        cache_flush: form & 2 == 0,
        ttl,
        ..unique(&record.name, ttl, data)
    }]))
}

fn forged(record: &Record, serial: usize) -> Option<RData> {
    let [low, high] = low_bytes(serial);
    match &record.data {
        RData::A(_) => Some(RData::A(Ipv4Addr::new(10, 99, high, low))),
        RData::Aaaa(_) => {
            let last = u16::from_le_bytes([low, high]);
            Some(RData::Aaaa(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 66, last)))
        }
        RData::Srv(srv) if (serial >> 16) % 2 == 1 => Some(RData::Srv(Srv {
            target: local("nowhere"),
            ..srv.clone()
        })),
        RData::Srv(srv) => Some(RData::Srv(Srv {
            port: srv.port ^ 0x4000,
            ..srv.clone()
        })),
        RData::Txt(_) => {
            let text = format!("lie={serial}");
            let data = cooee_wire::TxtData::from_strings([text.as_bytes()]);
            Some(RData::Txt(data.expect("a short string")))
        }
        RData::Ptr(_)
        | RData::Cname(_)
        | RData::Nsec(_)
        | RData::Hinfo(_)
        | RData::Opaque { .. } => None,
        _ => None,
    }
}

/// Packets full of pointers that lead nowhere.
pub(super) fn many_pointers(serial: usize) -> Vec<Letter> {
    let owner = type_name();
    let packet = |packet: usize| {
        let pointer = |nth| {
            unflushed(
                &owner,
                DAY,
                RData::Ptr(ghost(serial + 1_000 * (packet + nth))),
            )
        };
        let records: Vec<Record> = (0..POINTERS_IN_PACKET)
            .map(|nth| pointer(100 * nth))
            .collect();
        Letter::new(response(&records))
    };
    (0..POINTER_PACKETS).map(packet).collect()
}

/// Unusable addresses, for a host that has others.
pub(super) fn no_address(said: &[Said], pick: usize, form: u8) -> Option<Vec<u8>> {
    let hosts = names_with(said, &[RecordType::A, RecordType::AAAA]);
    let name = pick_of(&hosts, pick)?;
    let v4 = [[0, 0, 0, 0], [127, 0, 0, 1], [224, 0, 0, 1], [255; 4]];
    let v6 = [
        Ipv6Addr::UNSPECIFIED,
        Ipv6Addr::LOCALHOST,
        Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1),
        Ipv4Addr::new(10, 1, 0, 1).to_ipv6_mapped(),
    ];
    let flush = |record: Record| Record {
        cache_flush: form & 1 == 0,
        ..record
    };
    let v4 = v4.map(|ip| flush(unique(name, DAY, RData::A(ip.into()))));
    let v6 = v6.map(|ip| flush(unique(name, DAY, RData::Aaaa(ip))));
    Some(response(&[v4.as_slice(), &v6].concat()))
}

/// Returns an instance that lasts for a second.
pub(super) fn fleeting(serial: usize) -> Vec<u8> {
    let name = ghost(serial);
    let srv = Srv {
        priority: 0,
        weight: 0,
        port: 1,
        target: local("nowhere"),
    };
    response(&[
        unflushed(&type_name(), Ttl(1), RData::Ptr(name.clone())),
        unique(&name, Ttl(1), RData::Srv(srv)),
    ])
}

/// Returns a question whose known answers end in the middle of one.
pub(super) fn cut_question(said: &[Said], pick: usize) -> Option<Vec<u8>> {
    let pointers: Vec<&Said> = said.iter().filter(is_pointer).collect();
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::QUERY, PACKET_MAX);
    let asked = builder.question(&type_name(), RecordType::PTR, Class::IN, false);
    asked.expect("one question fits");
    for said in &pointers {
        let record = with_ttl(&said.record, LONG);
        let _ = builder.record(Section::Answer, (&record).into());
    }
    builder.finish();
    let cut = 1 + pick % 16;
    (!pointers.is_empty()).then(|| {
        bytes.truncate(bytes.len().saturating_sub(cut));
        bytes
    })
}

/// A message that is too long: all known records, repeated.
pub(super) fn oversize(said: &[Said]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::RESPONSE, 2 * MESSAGE_MAX);
    for nth in 0..OVERSIZE_RECORDS {
        let goodbye = said.get(nth).map(|said| with_ttl(&said.record, Ttl::ZERO));
        let pointer = unflushed(&type_name(), DAY, RData::Ptr(ghost(nth)));
        let record = goodbye.unwrap_or(pointer);
        let _ = builder.record(Section::Answer, (&record).into());
    }
    builder.finish();
    bytes
}

/// A response or a probe with all but the last of a set of records; a set of several if there is one.
pub(super) fn smaller_set(said: &[Said], pick: usize, form: u8) -> Option<Vec<u8>> {
    let mut sets: Vec<Vec<Record>> = Vec::new();
    for record in said.iter().map(|said| &said.record) {
        let is_of = |set: &&mut Vec<Record>| {
            let first = set.first();
            first.is_some_and(|first| first.name == record.name && first.rtype() == record.rtype())
        };
        match sets.iter_mut().find(is_of) {
            Some(set) => set.push(record.clone()),
            None if record.cache_flush => sets.push(vec![record.clone()]),
            None => {}
        }
    }
    if sets.iter().any(|set| set.len() > 1) {
        sets.retain(|set| set.len() > 1);
    }
    let set = pick_of(&sets, pick)?;
    let most = &set[..set.len().saturating_sub(1).max(1)];
    Some(if form & 1 == 0 {
        response(most)
    } else {
        probe(most)
    })
}

/// Returns a probe for a name of a host, with data that is later than any.
pub(super) fn winning_probe(said: &[Said], pick: usize) -> Option<Vec<u8>> {
    let names = names_with(said, &[RecordType::SRV, RecordType::A, RecordType::AAAA]);
    let name = pick_of(&names, pick)?;
    let last = RData::Opaque {
        rtype: RecordType(LAST_TYPE),
        bytes: [0xff_u8; 4].into(),
    };
    Some(probe(&[unflushed(name, DAY, last)]))
}

fn probe(proposed: &[Record]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::QUERY, PACKET_MAX);
    for record in proposed.iter().take(1) {
        let asked = builder.question(&record.name, RecordType::ANY, Class::IN, true);
        asked.expect("one question fits");
    }
    for record in proposed {
        let put = builder.record(Section::Authority, record.into());
        put.expect("some records fit");
    }
    builder.finish();
    bytes
}

fn response(records: &[Record]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::RESPONSE, MESSAGE_MAX);
    for record in records {
        let _ = builder.record(Section::Answer, record.into());
    }
    builder.finish();
    bytes
}

fn denial(name: &Name) -> Record {
    let nsec = Nsec {
        next: name.clone(),
        types: TypeBitmap::from_types([]),
    };
    unique(name, DAY, RData::Nsec(nsec))
}

fn unique(name: &Name, ttl: Ttl, data: RData) -> Record {
    Record {
        cache_flush: true,
        ..unflushed(name, ttl, data)
    }
}

fn unflushed(name: &Name, ttl: Ttl, data: RData) -> Record {
    Record {
        name: name.clone(),
        class: Class::IN,
        ttl,
        cache_flush: false,
        data,
    }
}

fn with_ttl(record: &Record, ttl: Ttl) -> Record {
    Record {
        ttl,
        ..record.clone()
    }
}

/// Returns an instance that nobody offers.
fn ghost(number: usize) -> Name {
    let name = type_name().prepend(format!("ghost {number}").as_bytes());
    name.expect("a short label")
}

fn local(name: &str) -> Name {
    format!("{name}.local").parse().expect("a name")
}

fn pick_of<T>(all: &[T], number: usize) -> Option<&T> {
    all.get(number.checked_rem(all.len())?)
}

fn low_bytes(number: usize) -> [u8; 2] {
    let [low, high, ..] = number.to_le_bytes();
    [low, high]
}

const DAY: Ttl = Ttl(86_400);
const LONG: Ttl = Ttl(4_500);
const PACKET_MAX: usize = 1_400;
/// The most that may be in a message: RFC 6762 section 17.
const MESSAGE_MAX: usize = 8_900;
/// The first of the types that nobody uses.
const FIRST_UNKNOWN_TYPE: u16 = 1_000;
/// The last of all types, which wins every comparison.
const LAST_TYPE: u16 = 65_534;
const POINTERS_IN_PACKET: usize = 30;
const POINTER_PACKETS: usize = 2;
/// So many that they do not fit a message.
const OVERSIZE_RECORDS: usize = 600;
