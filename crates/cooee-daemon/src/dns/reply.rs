//! Writing a reply.
//!
//! In:  a request, what was found, and how many bytes the reply may have.
//! Out: the bytes of the reply; what does not fit is left out and the truncation bit is set. RFC 1035
//!      section 4.1, RFC 2181 section 9, RFC 6891 section 6.

use cooee_wire::{Edns, Flags, MessageBuilder, Rcode, Record, Section};

use super::request::{DnsRequest, Unreadable};

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Records.
    Found {
        answers: Vec<Record>,
        /// What the asker may ask for next, record set by record set.
        additional: Vec<Record>,
    },
    /// The name exists, or may exist, but has no such record. The record is the zone's SOA.
    Empty(Record),
    /// The name does not exist.
    Missing(Record),
    /// It is not known in time what there is.
    Failed,
    /// It is not answered to this asker, or not for this domain.
    Refused,
    /// The asker uses a version of EDNS that does not exist.
    BadVersion,
}

/// How a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    Udp,
    Tcp,
}

/// Writes the reply to a request.
pub(super) fn write(request: &DnsRequest, content: &Content, transport: Transport) -> Vec<u8> {
    let (is_ours, rcode) = match content {
        Content::Found { .. } | Content::Empty(_) => (true, Rcode::NO_ERROR),
        Content::Missing(_) => (true, Rcode::NX_DOMAIN),
        Content::Failed => (false, Rcode::SERV_FAIL),
        Content::Refused => (false, Rcode::REFUSED),
        Content::BadVersion => (false, Rcode::BAD_VERS),
    };
    let flags = RESPONSE
        .with_recursion_desired(request.recursion_desired)
        .with_checking_disabled(request.checking_disabled)
        .with_authoritative(is_ours)
        .with_rcode(rcode);
    let mut buffer = Vec::new();
    let budget = budget(request.edns, transport);
    let room_for_edns = if request.edns.is_some() { Edns::LEN } else { 0 };
    let records_max = budget.saturating_sub(room_for_edns);
    let mut builder = MessageBuilder::new(&mut buffer, request.id, flags, budget).legacy();
    // A question is at most 260 bytes, which fit into the smallest reply.
    let _ = builder.question(&request.name, request.rtype, request.class, false);
    sections(&mut builder, content, records_max);
    if request.edns.is_some() {
        // There is room left for it.
        let _ = builder.edns(Edns::new(EDNS_BYTES_MAX).with_rcode(rcode));
    }
    builder.finish();
    buffer
}

/// Writes the records of a reply of at most so many bytes.
fn sections(builder: &mut MessageBuilder<'_>, content: &Content, bytes_max: usize) {
    let (section, records, additional) = match content {
        Content::Found {
            answers,
            additional,
        } => (Section::Answer, &answers[..], &additional[..]),
        Content::Empty(soa) | Content::Missing(soa) => {
            (Section::Authority, std::slice::from_ref(soa), &[][..])
        }
        Content::Failed | Content::Refused | Content::BadVersion => return,
    };
    for record in records {
        if !fits(builder, section, std::slice::from_ref(record), bytes_max) {
            builder.set_truncated();
            return;
        }
    }
    // What does not fit is left out, and that is no truncation (RFC 2181 section 9).
    let set = |one: &Record, other: &Record| {
        one.data.rtype() == other.data.rtype() && one.name == other.name
    };
    for set in additional.chunk_by(set) {
        fits(builder, Section::Additional, set, bytes_max);
    }
}

/// Writes all of some records, or none of them.
fn fits(
    builder: &mut MessageBuilder<'_>,
    section: Section,
    records: &[Record],
    bytes_max: usize,
) -> bool {
    let before = builder.checkpoint();
    let fits = |record: &Record| builder.record(section, record.into()).is_ok();
    let are_written = records.iter().all(fits) && builder.len() <= bytes_max;
    if !are_written {
        builder.rollback(before);
    }
    are_written
}

/// Writes the reply to a message that is not a request; `None` if it gets none.
pub(super) fn to_unreadable(unreadable: Unreadable) -> Option<Vec<u8>> {
    let (id, opcode, rcode) = match unreadable {
        Unreadable::Ignore => return None,
        Unreadable::Malformed { id } => (id, 0, Rcode::FORM_ERR),
        Unreadable::NotAQuery { id, opcode } => (id, opcode, Rcode::NOT_IMP),
    };
    let mut buffer = Vec::new();
    let flags = RESPONSE.with_opcode(opcode).with_rcode(rcode);
    MessageBuilder::new(&mut buffer, id, flags, PLAIN_BYTES_MAX).finish();
    Some(buffer)
}

/// Returns how many records are more than fit into a reply.
pub(super) fn records_max(transport: Transport) -> usize {
    let bytes = match transport {
        Transport::Tcp => TCP_BYTES_MAX,
        Transport::Udp => EDNS_BYTES_MAX.into(),
    };
    bytes.div_ceil(RECORD_BYTES_MIN)
}

/// Returns how long the reply may be.
fn budget(edns: Option<Edns>, transport: Transport) -> usize {
    let wanted = edns.map_or(0, |edns| usize::from(edns.payload_bytes));
    match transport {
        Transport::Tcp => TCP_BYTES_MAX,
        Transport::Udp => wanted.clamp(PLAIN_BYTES_MAX, EDNS_BYTES_MAX.into()),
    }
}

/// What the flags of each reply have.
const RESPONSE: Flags = Flags::QUERY.with_response(true);

/// The longest datagram without EDNS (RFC 1035 section 4.2.1).
const PLAIN_BYTES_MAX: usize = 512;

/// The longest datagram with EDNS: it is not fragmented on any usual path.
const EDNS_BYTES_MAX: u16 = 1_232;

/// The longest message over TCP: its length has two bytes.
const TCP_BYTES_MAX: usize = 65_535;

/// The shortest record: a pointer to a name, and no data.
const RECORD_BYTES_MIN: usize = 12;

#[cfg(test)]
mod tests;
