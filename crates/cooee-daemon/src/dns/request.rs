//! Reading a request.
//!
//! In:  the bytes of a message.
//! Out: its only question, or what to answer to a message that cannot be answered. RFC 1035 section
//!      4.1, RFC 6891 section 6.1.

use cooee::{Name, RecordType};
use cooee_wire::{Class, DecodeError, Message, RecordRef};

/// A question, and what its asker said about the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DnsRequest {
    pub(super) id: u16,
    pub(super) recursion_desired: bool,
    pub(super) checking_disabled: bool,
    pub(super) name: Name,
    pub(super) rtype: RecordType,
    pub(super) class: Class,
    /// `None` if the asker does not use EDNS.
    pub(super) edns: Option<Edns>,
}

/// What an OPT record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edns {
    /// The longest datagram that the asker can receive.
    pub(super) payload_bytes: u16,
    pub(super) version: u8,
}

/// What to do with a message that is not a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// Nothing: it is a response, or has no header.
    Ignore,
    /// Answer that it is malformed.
    Malformed { id: u16 },
    /// Answer that it asks for something other than records.
    NotAQuery { id: u16, opcode: u8 },
}

impl DnsRequest {
    /// Reads a message.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let message = Message::parse(bytes).map_err(|_| Unreadable::Ignore)?;
        let header = message.header();
        let (id, flags) = (header.id, header.flags);
        if flags.is_response() {
            return Err(Unreadable::Ignore);
        }
        let opcode = flags.opcode();
        if opcode != OPCODE_QUERY {
            return Err(Unreadable::NotAQuery { id, opcode });
        }
        let malformed = Unreadable::Malformed { id };
        if header.counts.questions != 1 {
            return Err(malformed);
        }
        let question = message.questions().next().ok_or(malformed)?;
        let question = question.map_err(|_| malformed)?;
        let name = question.name.to_name().map_err(|_| malformed)?;
        if question.unicast_response || name.wire_len() > NAME_BYTES_MAX {
            return Err(malformed);
        }
        Ok(Self {
            id,
            recursion_desired: flags.0 & RECURSION_DESIRED != 0,
            checking_disabled: flags.0 & CHECKING_DISABLED != 0,
            name,
            rtype: question.rtype,
            class: question.class,
            edns: edns(&message).map_err(|_| malformed)?,
        })
    }
}

/// A message has more than one OPT record, or cannot be read to its end.
struct BadEdns;

impl From<DecodeError> for BadEdns {
    fn from(_: DecodeError) -> Self {
        Self
    }
}

fn edns(message: &Message<'_>) -> Result<Option<Edns>, BadEdns> {
    let mut found = None;
    for record in message.additionals() {
        let record = record?;
        if record.rtype != RecordType::OPT {
            continue;
        }
        let [_, version, _, _] = record.ttl.0.to_be_bytes();
        let edns = Edns {
            payload_bytes: payload_bytes(&record),
            version,
        };
        if found.replace(edns).is_some() {
            return Err(BadEdns);
        }
    }
    Ok(found)
}

/// Returns the class field of an OPT record, which has another meaning there.
fn payload_bytes(record: &RecordRef<'_>) -> u16 {
    let top_bit = if record.cache_flush { TOP_BIT } else { 0 };
    record.class.0 | top_bit
}

const OPCODE_QUERY: u8 = 0;
const TOP_BIT: u16 = 0x8000;
pub(super) const RECURSION_DESIRED: u16 = 0x0100;
pub(super) const CHECKING_DISABLED: u16 = 0x0010;

/// The longest request. One that is longer is malformed: it asks one question, of 260 bytes at most.
pub(super) const REQUEST_BYTES_MAX: usize = 4_096;

/// The longest name in unicast DNS, on the wire (RFC 1035 section 2.3.4). Multicast DNS allows one
/// byte more.
pub(super) const NAME_BYTES_MAX: usize = 255;
