//! Probe packets: the names to claim as questions, the proposed records as authority.
//!
//! In:  claims whose probe is due on a link.
//! Out: one probe packet per call, with every record of each name that it asks about, as far as
//!      they fit. RFC 6762 sections 8.1, 8.2 and 17.

use alloc::vec::Vec;

use cooee_wire::{Class, Flags, MessageBuilder, Name, RData, RecordFields, RecordType, Section};

use crate::collections::SmallList;
use crate::link::{self, Family, LinkId};
use crate::links::Gate;
use crate::names::{NameId, Names};
use crate::prober::{Prober, tiebreak};
use crate::registrations::{Registration, RegistrationId, Registrations};
use crate::responder::Responder;
use crate::responder::record::OwnRecord;

/// A claim and the records that are proposed for its name.
struct Proposal<'a> {
    id: RegistrationId,
    over: Option<Family>,
    name: &'a Name,
    records: Vec<&'a OwnRecord>,
}

/// Writes the next due probe into `buf`, if there is one. `unicast` says whether unicast answers
/// reach us. Returns its link and the claims.
pub(crate) fn compose(
    gate: Gate<'_>,
    (prober, registrations): (&mut Prober, &Registrations),
    responder: &Responder,
    names: &Names,
    unicast: bool,
    buf: &mut Vec<u8>,
) -> Option<(LinkId, SmallList<RegistrationId, 4>)> {
    let now = gate.now;
    let link = prober.due_link(now, |link| gate.is_open(link))?;
    let budget = gate.budget(link);
    let mut room = budget.saturating_sub(HEADER_LEN);
    let mut proposals: Vec<Proposal<'_>> = Vec::new();
    for id in prober.due_on(now, link) {
        let Some(registration) = registrations.get(id) else {
            continue;
        };
        let Some(claim) = registration.claim else {
            continue;
        };
        // A packet has one destination; what is for another one is in the next.
        let first = proposals.first();
        if first.is_some_and(|first| first.over != registration.over) {
            continue;
        }
        let name = names.ours(claim);
        let proposal = Proposal {
            id: registration.id,
            over: registration.over,
            name,
            records: proposed(responder, registration, (claim, name), link, budget),
        };
        let len = proposal.len_min();
        if len > room && !proposals.is_empty() {
            break;
        }
        room = room.saturating_sub(len);
        proposals.push(proposal);
    }
    //= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
    //# When sending probe queries, a host MUST NOT consult its cache for
    //# potential answers.
    // How long names are when compressed is known only when they are written.
    while !write(&proposals, unicast, budget, buf) && proposals.len() > 1 {
        proposals.pop();
    }
    let claims: SmallList<RegistrationId, 4> =
        proposals.iter().map(|proposal| proposal.id).collect();
    for &id in &claims {
        prober.take(id, link);
    }
    Some((link, claims))
}

/// Returns the records that a registration proposes for its claimed name on a link: all of them, if
/// one packet has room for them.
///
/// If not, it proposes as many as fit, in the order in which tie-breaking compares them. The first
/// difference decides, so the result is nearly always the same as with all of them. Both sides
/// compare what was sent, because we also use these records for our own comparison. A record that
/// no packet of this size has room for is left out, unless there is no other.
//= https://www.rfc-editor.org/rfc/rfc6762#section-8.2
//# However, for tiebreaking to work correctly in all
//# cases, the Authority Section must contain *all* the records and
//# proposed rdata being probed for uniqueness.
//= https://www.rfc-editor.org/rfc/rfc6762#section-17
//# A Multicast DNS packet larger than the interface MTU, which is sent
//# using fragments, MUST NOT contain more than one resource record.
pub(crate) fn proposed<'a>(
    responder: &'a Responder,
    registration: &Registration,
    (claim, name): (NameId, &Name),
    link: LinkId,
    budget: usize,
) -> Vec<&'a OwnRecord> {
    let mut records = all_proposed(responder, registration, claim, link);
    let question = name.wire_len().saturating_add(QUESTION_LEN);
    let mut room = budget.saturating_sub(HEADER_LEN.saturating_add(question));
    let all = records.iter().map(|record| record_len(record));
    if all.fold(0, usize::saturating_add) <= room {
        return records;
    }
    records = sorted(records);
    let shortest = records
        .iter()
        .copied()
        .min_by_key(|record| record_len(record));
    records.retain(|record| {
        let left = room.checked_sub(record_len(record));
        room = left.unwrap_or(room);
        left.is_some()
    });
    match records.is_empty() {
        true => shortest.into_iter().collect(),
        false => records,
    }
}

/// Returns records in the order in which tie-breaking compares them. They are few.
fn sorted(records: Vec<&OwnRecord>) -> Vec<&OwnRecord> {
    let mut sorted: Vec<&OwnRecord> = Vec::new();
    for record in records {
        let ours = (Class::IN, &record.data);
        let is_before =
            |other: &&OwnRecord| tiebreak::compare(&(Class::IN, &other.data), &ours).is_le();
        let at = sorted.partition_point(is_before);
        sorted.insert(at, record);
    }
    sorted
}

/// Returns all records that a registration can propose for its claimed name on a link.
///
/// A name that other programs of this host may also claim is claimed without link-local addresses
/// if there are better ones. These join the set once the name is held, like any new address. Avahi
/// has no such addresses there, and takes a program that proposes one for another host.
fn all_proposed<'a>(
    responder: &'a Responder,
    registration: &Registration,
    claim: NameId,
    link: LinkId,
) -> Vec<&'a OwnRecord> {
    let records = registration
        .records
        .iter()
        .filter_map(|id| responder.record(*id));
    let mut proposed: Vec<&OwnRecord> = records
        .filter(|record| record.name == claim && record.unique && record.is_valid_on(link))
        .filter(|record| !record.is_yielded_on(link))
        .collect();
    if registration.cooperates && proposed.iter().any(|record| is_routable(&record.data)) {
        proposed.retain(|record| !is_link_local(&record.data));
    }
    proposed
}

fn is_link_local(data: &RData) -> bool {
    matches!(data, RData::Aaaa(ip) if link::is_link_local((*ip).into()))
}

fn is_routable(data: &RData) -> bool {
    matches!(data, RData::Aaaa(_)) && !is_link_local(data)
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
//# rules, the probes SHOULD be sent as "QU" questions with the unicast-
//# response bit set, to allow a defending host to respond immediately
//# via unicast, instead of potentially having to wait before replying
//# via multicast.
//= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
//# Because of the mDNS multicast rate-limiting
//# rules, the probes SHOULD be sent as "QU" questions with the unicast-
//# response bit set, to allow a defending host to respond immediately
//# via unicast, instead of potentially having to wait before replying
//# via multicast.
///
/// Returns whether all fit. A single proposal is written even if it does not fit.
fn write(proposals: &[Proposal<'_>], unicast: bool, budget: usize, buf: &mut Vec<u8>) -> bool {
    let mut builder = MessageBuilder::new(buf, 0, Flags::QUERY, usize::MAX);
    for proposal in proposals {
        // Nothing is too long for this builder: the length is compared afterwards.
        //= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
        //# All probe queries SHOULD be done
        //# using the desired resource record name and class (usually class 1,
        //# "Internet"), and query type "ANY" (255), to elicit answers for all
        //# types of records with that name.
        //= https://www.rfc-editor.org/rfc/rfc6762#section-5
        //# Except in the rare case of a Multicast DNS responder that is
        //# advertising only shared resource records and no unique records, a
        //# Multicast DNS responder MUST also implement a Multicast DNS querier
        //# so that it can first verify the uniqueness of those records before it
        //# begins answering queries for them.
        let _ = builder.question(proposal.name, RecordType::ANY, Class::IN, unicast);
    }
    for proposal in proposals {
        for record in &proposal.records {
            let fields = RecordFields {
                name: proposal.name,
                class: Class::IN,
                cache_flush: false,
                ttl: record.ttl,
                data: &record.data,
            };
            let _ = builder.record(Section::Authority, fields);
        }
    }
    builder.finish() <= budget
}

impl Proposal<'_> {
    /// Returns its minimum length in bytes: of names, all but the first label of the question is a
    /// pointer.
    fn len_min(&self) -> usize {
        let records = self.records.iter().map(|record| {
            let is_srv = matches!(record.data, RData::Srv(_));
            let srv_len = RECORD_LEN.saturating_add(SRV_LEN_MIN);
            if is_srv { srv_len } else { record_len(record) }
        });
        let label = self.name.first_label().map_or(0, <[u8]>::len);
        let question = label.saturating_add(1 + POINTER_LEN + QUESTION_LEN);
        records.fold(question, usize::saturating_add)
    }
}

/// Returns the maximum length of a record of a probe: its name is a pointer to the question's.
fn record_len(record: &OwnRecord) -> usize {
    record.data.wire_len().saturating_add(RECORD_LEN)
}

/// A message header, in bytes.
const HEADER_LEN: usize = 12;
/// The type and class of a question.
const QUESTION_LEN: usize = 4;
/// A pointer to a name.
const POINTER_LEN: usize = 2;
/// The data of an SRV record, with a pointer to its target.
const SRV_LEN_MIN: usize = 6 + POINTER_LEN;
/// A pointer to the name, type, class, TTL and length of a record.
const RECORD_LEN: usize = POINTER_LEN + 10;
