//! Questions: too many, from wrong sources, or without an end.
//!
//! In:  names and random numbers.
//! Out: the bytes of queries; the caller chooses their source.

use cooee_wire::RecordType;
use fastrand::Rng;

use super::draft::{Draft, IN, Part, TOP_BIT, name, srv};
use super::names::Names;

/// The types that are asked for.
const TYPES: [RecordType; 4] = [
    RecordType::SRV,
    RecordType::TXT,
    RecordType::ANY,
    RecordType::AAAA,
];

/// Asks for something that the victim owns.
pub(crate) fn owned(names: &Names, random: &mut Rng) -> Vec<u8> {
    ask(Draft::query(), names, random, IN).finish()
}

/// Returns the same, to be answered by unicast.
pub(crate) fn unicast_wanted(names: &Names, random: &mut Rng) -> Vec<u8> {
    ask(Draft::query(), names, random, IN | TOP_BIT).finish()
}

/// Returns the same with an id, as conventional resolvers ask.
pub(crate) fn legacy(names: &Names, random: &mut Rng) -> Vec<u8> {
    let id = random.u16(..);
    ask(Draft::query().id(id), names, random, IN).finish()
}

/// Asks as many questions as a packet holds.
pub(crate) fn many_questions(names: &Names, random: &mut Rng) -> Vec<u8> {
    let mut draft = Draft::query();
    while draft.len() < 1_300 {
        draft = ask(draft, names, random, IN);
    }
    draft.finish()
}

/// Asks, and announces known answers that never come.
pub(crate) fn truncated(names: &Names, random: &mut Rng) -> Vec<u8> {
    let draft = ask(Draft::truncated_query(), names, random, IN);
    let draft = draft.question(&names.browsed, RecordType::PTR, IN);
    known(draft, names, random, 5).finish()
}

/// Known answers to a question that was not asked, or nothing at all.
pub(crate) fn questionless(names: &Names, random: &mut Rng) -> Vec<u8> {
    match random.u8(..4) {
        0 => Draft::query().finish(),
        1 => known(Draft::truncated_query(), names, random, 18).finish(),
        2 => Draft::query()
            .record_in(
                Part::Authority,
                names.owned(random),
                (RecordType::SRV, IN),
                120,
                &srv(1, &name(&["evil"])),
            )
            .finish(),
        _ => known(Draft::query(), names, random, 18).finish(),
    }
}

/// The question that the victim asks itself, with a known answer that nobody gives.
pub(crate) fn browsed(names: &Names, random: &mut Rng) -> Vec<u8> {
    let draft = Draft::query().question(&names.browsed, RecordType::PTR, IN);
    let count = random.u8(..2);
    known(draft, names, random, count).finish()
}

/// Claims a name that the victim holds, as a new host does that has not heard of it.
pub(crate) fn probes(names: &Names, random: &mut Rng) -> Vec<u8> {
    let owned = names.owned(random);
    let proposed = srv(random.u16(..), &name(&["usurper"]));
    Draft::query()
        .question(owned, RecordType::ANY, IN)
        .record_in(
            Part::Authority,
            owned,
            (RecordType::SRV, IN),
            120,
            &proposed,
        )
        .finish()
}

fn ask(draft: Draft, names: &Names, random: &mut Rng, class: u16) -> Draft {
    let rtype = *random.choice(&TYPES).unwrap_or(&RecordType::ANY);
    draft.question(names.owned(random), rtype, class)
}

fn known(draft: Draft, names: &Names, random: &mut Rng, count: u8) -> Draft {
    (0..count).fold(draft, |draft, _| {
        let instance = names.unheard_of(random);
        draft.record(&names.browsed, RecordType::PTR, 4500, &instance)
    })
}
