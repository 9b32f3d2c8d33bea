//! What no correct sender writes: false lengths, counts and pointers.
//!
//! In:  names and random numbers.
//! Out: the bytes of messages. Most begin with a record that concerns a browser of the type, so
//!      that the rest is read at all. RFC 9267 lists what goes wrong with such input.

use cooee_wire::RecordType;
use fastrand::Rng;

use super::draft::{Draft, IN, Part, TOP_BIT, labels, name, pointer, srv, txt};
use super::names::Names;

/// The TTL of what is not about TTLs, in seconds.
const TTL: u32 = 120;

/// The position of the first name of a message.
const FIRST_NAME: u16 = 12;

/// Returns a response that begins with a record that the victim wants.
fn wanted(names: &Names, random: &mut Rng) -> Draft {
    let data = names.regular(random);
    Draft::response().record(&names.browsed, RecordType::PTR, TTL, &data)
}

/// 0, 1 or 11 bytes: less than a header.
pub(crate) fn short(random: &mut Rng) -> Vec<u8> {
    let length = *random.choice(&[0, 1, 11]).unwrap_or(&0);
    (0..length).map(|_| random.u8(..)).collect()
}

/// Random bytes, with and without a header that could be one.
pub(crate) fn noise(names: &Names, random: &mut Rng) -> Vec<u8> {
    let bytes: Vec<u8> = (0..random.usize(12..1300)).map(|_| random.u8(..)).collect();
    match random.u8(..3) {
        0 => bytes,
        1 => Draft::response()
            .raw(&bytes)
            .counting([0, 1, 0, 1])
            .finish(),
        _ => wanted(names, random)
            .raw(&bytes)
            .counting([0, 4, 4, 4])
            .finish(),
    }
}

/// Claims that 65,535 questions and records follow.
pub(crate) fn counts(names: &Names, random: &mut Rng) -> Vec<u8> {
    let all = u16::MAX;
    match random.u8(..4) {
        0 => Draft::query().counting([all; 4]).finish(),
        1 => Draft::response().counting([0, all, all, all]).finish(),
        2 => wanted(names, random).counting([0, all, all, all]).finish(),
        _ => Draft::query()
            .question(&names.browsed, RecordType::PTR, IN)
            .counting([all, all, 0, 0])
            .finish(),
    }
}

/// More than 9,000 bytes, in fragments.
pub(crate) fn oversized(names: &Names, random: &mut Rng) -> Vec<u8> {
    let instance = names.regular(random);
    let string = "o".repeat(250);
    let strings = txt(&string).repeat(random.usize(36..44));
    wanted(names, random)
        .unique(&instance, RecordType::TXT, TTL, &strings)
        .finish()
}

/// Labels of 63 and 64 bytes, of the two reserved kinds; names of 255 and 256 bytes.
pub(crate) fn label_lengths(names: &Names, random: &mut Rng) -> Vec<u8> {
    let owner = match random.u8(..6) {
        0 => [labels(1, 63), vec![0]].concat(),
        // The two high bits of 64 have no defined meaning.
        1 => [vec![64], vec![b'x'; 64], vec![0]].concat(),
        2 => vec![0x80, 1, 0],
        // With the root 255 bytes, which is allowed, and 256.
        3 => [labels(3, 63), labels(1, 61), vec![0]].concat(),
        4 => [labels(3, 63), labels(1, 62), vec![0]].concat(),
        _ => [labels(127, 1), vec![0]].concat(),
    };
    wanted(names, random)
        .record(&owner, RecordType::A, TTL, &[10, 0, 0, 1])
        .finish()
}

/// Pointers to themselves, forward, into the header, at each other, in a long chain.
pub(crate) fn pointers(names: &Names, random: &mut Rng) -> Vec<u8> {
    let draft = wanted(names, random);
    let here = draft.len();
    let owner = match random.u8(..7) {
        0 => pointer(here).to_vec(),
        1 => pointer(here + 40).to_vec(),
        2 => pointer(random.u16(..12)).to_vec(),
        3 => [pointer(here + 2), pointer(here)].concat(),
        4 => pointer(0x3fff).to_vec(),
        5 => vec![0xc0],
        _ => return chain(&draft, random.u16(100..500)),
    };
    draft
        .record(&owner, RecordType::A, TTL, &[10, 0, 0, 2])
        .finish()
}

/// A record whose data is a chain of pointers, each to the one before, and one that enters it at
/// its end.
fn chain(draft: &Draft, count: u16) -> Vec<u8> {
    let first = draft.len() + 1 + 10;
    let mut links = vec![0];
    for number in 0..count {
        let before = if number == 0 {
            first
        } else {
            first + 1 + (number - 1) * 2
        };
        links.extend_from_slice(&pointer(before));
    }
    let last = pointer(first + 1 + (count - 1) * 2);
    draft
        .clone()
        .record(&[0], RecordType(0xff00), TTL, &links)
        .record(&last, RecordType::PTR, TTL, &last)
        .finish()
}

/// Data that is shorter or longer than it says, or than its type allows.
pub(crate) fn data_lengths(names: &Names, random: &mut Rng) -> Vec<u8> {
    let (draft, instance) = (wanted(names, random), names.regular(random));
    let owner = &instance[..];
    let host = name(&["evil"]);
    match random.u8(..6) {
        0 => draft.record(owner, RecordType::A, TTL, &[10, 0, 0]),
        1 => draft.record(owner, RecordType::AAAA, TTL, &[0; 17]),
        2 => draft
            .claiming(
                Part::Answer,
                owner,
                (RecordType::TXT, IN | TOP_BIT),
                TTL,
                u16::MAX,
            )
            .raw(&[3, b'a']),
        3 => draft.record(owner, RecordType::SRV, TTL, &[0; 5]),
        4 => draft.record(owner, RecordType::SRV, TTL, &srv(80, &host[..4])),
        _ => draft.record(
            &names.browsed,
            RecordType::PTR,
            TTL,
            &[&instance[..], &[0; 9]].concat(),
        ),
    }
    .finish()
}

/// A string of a TXT record that goes on past the record, and no string at all.
pub(crate) fn txt_strings(names: &Names, random: &mut Rng) -> Vec<u8> {
    let instance = names.regular(random);
    let data: &[u8] = match random.u8(..3) {
        0 => &[200, b'a', b'='],
        1 => &[1, b'a', 255],
        _ => &[],
    };
    wanted(names, random)
        .unique(&instance, RecordType::TXT, TTL, data)
        .record(&name(&["evil"]), RecordType::A, TTL, &[10, 0, 0, 3])
        .finish()
}

/// SRV targets that are compressed: to a name, to the record itself, to nowhere.
pub(crate) fn srv_targets(names: &Names, random: &mut Rng) -> Vec<u8> {
    let (draft, instance) = (wanted(names, random), names.regular(random));
    let data_at = draft.len() + instance.len() as u16 + 10;
    let target = match random.u8(..4) {
        0 => pointer(FIRST_NAME),
        1 => pointer(data_at + 6),
        2 => pointer(data_at + 100),
        _ => pointer(data_at),
    };
    draft
        .unique(&instance, RecordType::SRV, TTL, &srv(80, &target))
        .finish()
}

/// NSEC bitmaps with windows of no length, of 33 bytes, twice the same, past the end.
pub(crate) fn nsec_windows(names: &Names, random: &mut Rng) -> Vec<u8> {
    let instance = names.regular(random);
    let bitmap: Vec<u8> = match random.u8(..5) {
        0 => vec![0, 0],
        1 => [vec![0, 33], vec![0xff; 33]].concat(),
        2 => vec![0, 1, 0x40, 0, 1, 0x40],
        3 => vec![0, 32, 0x40],
        _ => vec![1, 1, 0x40, 0, 1, 0x40],
    };
    let data = [&instance[..], &bitmap].concat();
    wanted(names, random)
        .unique(&instance, RecordType::NSEC, TTL, &data)
        .finish()
}

/// Types and classes that nobody has defined, and those that only questions have.
pub(crate) fn unknown_types(names: &Names, random: &mut Rng) -> Vec<u8> {
    let instance = names.regular(random);
    let rtype = RecordType(
        *random
            .choice(&[0, 41, 128, 249, 255, 4711, 65_535])
            .unwrap_or(&0),
    );
    let class = *random.choice(&[0, 1, 2, 3, 254, 255, 0x7fff]).unwrap_or(&0);
    let data = [0xab; 24];
    wanted(names, random)
        .record_in(Part::Answer, &instance, (rtype, class), TTL, &data)
        .record_in(Part::Additional, &names.browsed, (rtype, class), TTL, &data)
        .finish()
}

/// OPT records: one too many, with options that lie, in a response, where no OPT may be.
pub(crate) fn opt(names: &Names, random: &mut Rng) -> Vec<u8> {
    let option: &[u8] = match random.u8(..3) {
        0 => &[],
        1 => &[0, 4, 0xff, 0xff, 1],
        _ => &[0, 4, 0, 2, 1, 2],
    };
    let size = (RecordType(41), random.u16(..));
    let draft = match random.u8(..3) {
        0 => wanted(names, random),
        1 => Draft::query()
            .question(&names.browsed, RecordType::PTR, IN)
            .record_in(Part::Answer, &[0], size, random.u32(..), option),
        _ => Draft::query().question(&names.browsed, RecordType::ANY, IN),
    };
    draft
        .record_in(Part::Additional, &[0], size, random.u32(..), option)
        .record_in(Part::Additional, &[0], size, random.u32(..), option)
        .finish()
}
