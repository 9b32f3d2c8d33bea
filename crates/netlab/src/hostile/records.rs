//! Valid records that are a burden.
//!
//! In:  names and random numbers.
//! Out: responses: floods of names, aliases in circles, records that change all the time.

use cooee_wire::RecordType;
use fastrand::Rng;

use super::draft::{Draft, IN, Part, name, srv, txt};
use super::names::Names;

/// The TTL of what is not about TTLs, in seconds.
const TTL: u32 = 120;

/// Records of names that nobody asks for.
pub(crate) fn unasked_names(random: &mut Rng) -> Vec<u8> {
    let mut draft = Draft::response();
    for _ in 0..random.u8(1..8) {
        draft = draft.unique(&Names::host(random), RecordType::A, TTL, &[10, 0, 0, 4]);
    }
    draft.finish()
}

/// New instances, again and again, of the browsed type: a pointer alone, or all records of one.
pub(crate) fn unheard_instances(names: &Names, random: &mut Rng) -> Vec<u8> {
    let (instance, host) = (names.unheard_of(random), Names::host(random));
    let draft = Draft::response().record(&names.browsed, RecordType::PTR, 4500, &instance);
    if random.bool() {
        return draft.finish();
    }
    draft
        .unique(&instance, RecordType::SRV, TTL, &srv(80, &host))
        .unique(&instance, RecordType::TXT, 4500, &txt("flood=1"))
        .unique(&host, RecordType::A, TTL, &[10, 0, 0, 5])
        .finish()
}

/// Wanted records with others that nobody asked for, as many as fit.
pub(crate) fn additional_records(names: &Names, random: &mut Rng) -> Vec<u8> {
    let mut draft =
        Draft::response().record(&names.browsed, RecordType::PTR, TTL, &names.regular(random));
    while draft.len() < 1_300 {
        let host = Names::host(random);
        let kind = (RecordType::A, IN);
        draft = draft.record_in(Part::Additional, &host, kind, TTL, &[10, 0, 0, 6]);
    }
    draft.finish()
}

/// Aliases: to themselves, in rings of two and three, in diamonds and long chains, and among names
/// that are asked for, so that their ways branch; some with a TTL of 0 or 1.
pub(crate) fn aliases(names: &Names, random: &mut Rng) -> Vec<u8> {
    let ring = |number: u8| name(&[&format!("ring-{number}")]);
    let ttl = *random.choice(&[0, 1, TTL]).unwrap_or(&TTL);
    let alias =
        |draft: Draft, from: &[u8], to: &[u8]| draft.unique(from, RecordType::CNAME, ttl, to);
    let start = if random.bool() {
        names.regular(random)
    } else {
        names.browsed.clone()
    };
    let draft =
        Draft::response().record(&names.browsed, RecordType::PTR, TTL, &names.regular(random));
    match random.u8(..6) {
        0 => alias(draft, &start, &start),
        1 => alias(alias(draft, &start, &ring(1)), &ring(1), &start),
        2 => {
            let there = alias(alias(draft, &start, &ring(1)), &ring(1), &ring(2));
            alias(there, &ring(2), &start)
        }
        3 => {
            let forked = alias(alias(draft, &start, &ring(3)), &start, &ring(4));
            alias(alias(forked, &ring(3), &ring(5)), &ring(4), &ring(5))
        }
        4 => (0..8).fold(draft, |draft, _| {
            let (from, to) = (names.regular(random), names.regular(random));
            draft.unique(&from, RecordType::CNAME, ttl, &to)
        }),
        _ => {
            let first = random.u8(..200);
            (first..first + 20).fold(alias(draft, &start, &ring(first)), |draft, number| {
                alias(draft, &ring(number), &ring(number + 1))
            })
        }
    }
    .finish()
}

/// Returns a service with different data each time.
pub(crate) fn alternating(names: &Names, random: &mut Rng) -> Vec<u8> {
    let instance = names.instance("Flapper");
    let host = name(&[&format!("flapper-{}", random.u8(..4))]);
    let text = format!("turn={:08x}", random.u32(..));
    Draft::response()
        .record(&names.browsed, RecordType::PTR, TTL, &instance)
        .unique(&instance, RecordType::SRV, TTL, &srv(random.u16(..), &host))
        .unique(&instance, RecordType::TXT, TTL, &txt(&text))
        .unique(&host, RecordType::A, TTL, &[10, 0, 1, random.u8(..)])
        .finish()
}

/// Returns the same service again and again, each time with another TTL, goodbyes among them.
pub(crate) fn shifting_ttl(names: &Names, random: &mut Rng) -> Vec<u8> {
    let (instance, host) = (names.instance("Shifter"), name(&["shifter"]));
    let ttl = *random
        .choice(&[0, 1, 2, 10, 119, 120, 4500, u32::MAX])
        .unwrap_or(&0);
    Draft::response()
        .record(&names.browsed, RecordType::PTR, ttl, &instance)
        .unique(&instance, RecordType::SRV, ttl, &srv(80, &host))
        .unique(&instance, RecordType::TXT, ttl, &txt("a=b"))
        .unique(&host, RecordType::A, ttl, &[10, 0, 0, 7])
        .finish()
}

/// Other data for what the victim owns: a conflict, on which it has to act.
pub(crate) fn conflicts(names: &Names, random: &mut Rng) -> Vec<u8> {
    let target = srv(random.u16(..), &name(&["usurper"]));
    Draft::response()
        .unique(names.owned(random), RecordType::SRV, TTL, &target)
        .finish()
}
