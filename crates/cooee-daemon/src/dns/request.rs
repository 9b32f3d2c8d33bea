//! Reading a request.
//!
//! In:  the bytes of a message.
//! Out: its only question, or what to answer to a message that cannot be answered. RFC 1035 section
//!      4.1, RFC 6891 section 6.1.

use cooee::{Name, RecordType};
use cooee_wire::{Class, Edns, Message};

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
            recursion_desired: flags.recursion_desired(),
            checking_disabled: flags.checking_disabled(),
            name,
            rtype: question.rtype,
            class: question.class,
            edns: Edns::read(&message).map_err(|_| malformed)?,
        })
    }
}

const OPCODE_QUERY: u8 = 0;

/// The longest request. One that is longer is malformed: it asks one question, of 260 bytes at most.
pub(super) const REQUEST_BYTES_MAX: usize = 4_096;

/// The longest name in unicast DNS, on the wire (RFC 1035 section 2.3.4). Multicast DNS allows one
/// byte more.
pub(super) const NAME_BYTES_MAX: usize = 255;
