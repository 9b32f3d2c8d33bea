//! The rules that a message breaks whatever came before it.
//!
//! In:  one message and its way.
//! Out: its first fault and its breaches. RFC 6762 sections 6, 6.7, 10, 10.2, 11 and 18.

use cooee_wire::{DecodeError, Flags, Message, Name, Rcode, RecordRef, RecordType, Section};

use super::breach::{Breach, HeaderFlag};
use super::limits::{HOP_LIMIT, LEGACY_TTL_SECS_MAX, MDNS_PORT, TTL_SECS_MAX};
use super::naming;
use super::sighting::Sighting;

/// Returns the first fault in the bytes of a message, data of records included.
pub(super) fn first_fault(message: &Message<'_>) -> Option<DecodeError> {
    for question in message.questions() {
        let name = question.and_then(|question| question.name.to_name());
        if let Err(error) = name {
            return Some(error);
        }
    }
    message
        .records()
        .find_map(|record| record.and_then(|(_, record)| record.to_record()).err())
}

/// Returns whether a message ends before its last question or record does.
pub(super) fn is_cut(message: &Message<'_>) -> bool {
    message.questions().any(|question| question.is_err())
        || message.records().any(|record| record.is_err())
}

/// Returns the breaches of one message, each kind once.
pub(super) fn breaches(sighting: &Sighting<'_>, message: &Message<'_>) -> Vec<Breach> {
    let mut breaches = Vec::new();
    of_header(sighting, message, &mut breaches);
    if message.header().flags.is_response() {
        of_way(sighting, message, &mut breaches);
    }
    for (section, record) in message.records().flatten() {
        let of_names = message.header().flags.is_response();
        let of_names = of_names.then(|| naming::of_record(&record)).flatten();
        let of_record = of_record(sighting, message, section, &record);
        for breach in of_record.into_iter().chain(of_names) {
            let mut known = breaches.iter();
            if known.all(|known| known.as_str() != breach.as_str()) {
                breaches.push(breach);
            }
        }
    }
    breaches
}

fn of_header(sighting: &Sighting<'_>, message: &Message<'_>, breaches: &mut Vec<Breach>) {
    let header = message.header();
    let flags = header.flags;
    //= https://www.rfc-editor.org/rfc/rfc6762#section-18.3
    //# In both multicast query and multicast response messages, the OPCODE
    //# MUST be zero on transmission (only standard queries are currently
    //# supported over multicast).
    if flags.opcode() != 0 {
        let opcode = flags.opcode();
        breaches.push(Breach::Opcode { opcode });
    }
    //= https://www.rfc-editor.org/rfc/rfc6762#section-18.11
    //# In both multicast query and multicast response messages, the Response
    //# Code MUST be zero on transmission.
    if flags.rcode() != Rcode::NO_ERROR {
        let rcode = flags.rcode();
        breaches.push(Breach::Rcode { rcode });
    }
    // What a legacy querier sends is plain DNS, and so is its answer.
    if sighting.is_legacy() {
        return;
    }
    if header.id != 0 && sighting.is_multicast() {
        breaches.push(Breach::Id { id: header.id });
    }
    for (flag, bit) in FLAGS {
        let is_right = match (flag, flags.is_response()) {
            (HeaderFlag::Aa, is_response) => bit_is_set(flags, bit) == is_response,
            // In a query, it says that more known answers follow.
            (HeaderFlag::Tc, false) => true,
            _ => !bit_is_set(flags, bit),
        };
        if !is_right {
            let set = bit_is_set(flags, bit);
            breaches.push(Breach::Flag { flag, set });
        }
    }
}

/// Checks ports, hop limit and questions of a response.
fn of_way(sighting: &Sighting<'_>, message: &Message<'_>, breaches: &mut Vec<Breach>) {
    //= https://www.rfc-editor.org/rfc/rfc6762#section-6
    //# The source UDP port in all Multicast DNS responses MUST be 5353 (the
    //# well-known port assigned to mDNS).
    let port = sighting.source.port();
    if port != MDNS_PORT {
        breaches.push(Breach::ResponsePort { port });
    }
    //= https://www.rfc-editor.org/rfc/rfc6762#section-6
    //# Multicast DNS responses MUST NOT contain any questions in the
    //# Question Section.
    if message.header().counts.questions > 0 && sighting.destination.port() == MDNS_PORT {
        breaches.push(Breach::QuestionInResponse);
    }
    //= https://www.rfc-editor.org/rfc/rfc6762#section-11
    //# All Multicast DNS responses (including responses sent via unicast)
    //# SHOULD be sent with IP TTL set to 255.
    if let Some(hops) = sighting.hop_limit.filter(|hops| *hops != HOP_LIMIT) {
        breaches.push(Breach::HopLimit { hops });
    }
}

fn of_record(
    sighting: &Sighting<'_>,
    message: &Message<'_>,
    section: Section,
    record: &RecordRef<'_>,
) -> Option<Breach> {
    if record.rtype == RecordType::OPT {
        return None;
    }
    let name: Name = record.name.to_name().ok()?;
    let secs = record.ttl.as_secs();
    let is_response = message.header().flags.is_response();
    let is_legacy_response = is_response && sighting.destination.port() != MDNS_PORT;
    if record.cache_flush {
        //= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
        //# The cache-flush bit MUST NOT be set in any resource records in a
        //# response message sent in legacy unicast responses to UDP ports other
        //# than 5353.
        if is_legacy_response {
            return Some(Breach::FlushToLegacy { name });
        }
        //= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
        //# The cache-flush bit MUST NOT be set in any resource records in the
        //# Known-Answer list of any query message.
        if !is_response && section == Section::Answer {
            return Some(Breach::FlushInKnownAnswer { name });
        }
        //= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
        //# The cache-flush bit MUST NOT ever be set in any shared resource
        //# record.
        if is_shared(record) {
            return Some(Breach::FlushOnShared { name });
        }
    }
    if is_legacy_response && secs > LEGACY_TTL_SECS_MAX {
        return Some(Breach::LegacyTtl { name, secs });
    }
    (secs > TTL_SECS_MAX).then_some(Breach::TtlTooLong { name, secs })
}

/// Returns whether many hosts have records of this name and type: the PTR records of service types,
/// subtypes and of the list of types.
fn is_shared(record: &RecordRef<'_>) -> bool {
    let first = record.name.labels().next();
    record.rtype == RecordType::PTR
        && first.is_some_and(|label| label.is_ok_and(|label| label.first() == Some(&b'_')))
}

const fn bit_is_set(flags: Flags, bit: u16) -> bool {
    flags.0 & bit != 0
}

/// The flags, with their bits: RFC 1035 section 4.1.1, RFC 4035 section 3.
const FLAGS: [(HeaderFlag, u16); 7] = [
    (HeaderFlag::Aa, 0x0400),
    (HeaderFlag::Tc, 0x0200),
    (HeaderFlag::Rd, 0x0100),
    (HeaderFlag::Ra, 0x0080),
    (HeaderFlag::Z, 0x0040),
    (HeaderFlag::Ad, 0x0020),
    (HeaderFlag::Cd, 0x0010),
];
