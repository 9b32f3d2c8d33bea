//! What the sender of a unicast message can handle: the OPT record.
//!
//! In:  a message, or the fields to write.
//! Out: [`Edns`], without its options. RFC 6891 section 6.1.

use alloc::sync::Arc;
use core::fmt;

use crate::builder::{Full, MessageBuilder, RecordFields};
use crate::class::Class;
use crate::error::DecodeError;
use crate::header::Flags;
use crate::message::Message;
use crate::name::Name;
use crate::rcode::Rcode;
use crate::rdata::RData;
use crate::record::Section;
use crate::rtype::RecordType;
use crate::ttl::Ttl;

/// What an OPT record says, without its options.
///
/// ```
/// use cooee_wire::{Edns, Flags, Message, MessageBuilder};
///
/// let mut buffer = Vec::new();
/// let mut builder = MessageBuilder::new(&mut buffer, 7, Flags::QUERY, 512);
/// builder.edns(Edns::new(1_232))?;
/// builder.finish();
///
/// let message = Message::parse(&buffer)?;
/// assert_eq!(Edns::read(&message)?, Some(Edns::new(1_232)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Edns {
    /// The longest datagram that the sender can receive, in bytes. Less than 512 counts as 512.
    pub payload_bytes: u16,
    /// The version: 0.
    pub version: u8,
    /// The high eight bits of the response code.
    rcode_high: u8,
}

impl Edns {
    /// How many bytes [`MessageBuilder::edns`] writes.
    pub const LEN: usize = 11;

    /// Returns version 0, with the longest datagram in bytes.
    #[must_use]
    pub const fn new(payload_bytes: u16) -> Self {
        Self {
            payload_bytes,
            version: 0,
            rcode_high: 0,
        }
    }

    /// Returns the same with the high bits of a response code. Its low bits are in the
    /// [`Flags`].
    #[must_use]
    pub const fn with_rcode(mut self, rcode: Rcode) -> Self {
        self.rcode_high = rcode.high();
        self
    }

    /// Returns the response code of a message with these flags.
    #[must_use]
    pub const fn rcode(self, flags: Flags) -> Rcode {
        Rcode((self.rcode_high as u16) << 4 | flags.rcode().low())
    }

    /// Returns what the OPT record of a message says; `None` if it has none.
    ///
    /// # Errors
    ///
    /// If there is more than one (RFC 6891 section 6.1.1), or if the additional records cannot be
    /// read to their end.
    pub fn read(message: &Message<'_>) -> Result<Option<Self>, EdnsError> {
        let mut found = None;
        for record in message.additionals() {
            let record = record.map_err(EdnsError::Unreadable)?;
            if record.rtype != RecordType::OPT {
                continue;
            }
            let [rcode_high, version, _, _] = record.ttl.0.to_be_bytes();
            let edns = Self {
                payload_bytes: record.class.0,
                version,
                rcode_high,
            };
            if found.replace(edns).is_some() {
                return Err(EdnsError::Repeated);
            }
        }
        Ok(found)
    }
}

/// Why it cannot be said what the OPT record of a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EdnsError {
    /// There is more than one.
    Repeated,
    /// A record cannot be read.
    Unreadable(DecodeError),
}

impl fmt::Display for EdnsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repeated => f.write_str("more than one OPT record"),
            Self::Unreadable(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for EdnsError {}

impl MessageBuilder<'_> {
    /// Adds an OPT record without options.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record).
    pub fn edns(&mut self, edns: Edns) -> Result<(), Full> {
        let data = RData::Opaque {
            rtype: RecordType::OPT,
            bytes: Arc::from([]),
        };
        let opt = RecordFields {
            name: &Name::root(),
            class: Class(edns.payload_bytes),
            cache_flush: false,
            ttl: Ttl(u32::from_be_bytes([edns.rcode_high, edns.version, 0, 0])),
            data: &data,
        };
        self.record(Section::Additional, opt)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::{Edns, EdnsError};
    use crate::{Flags, Message, MessageBuilder, Rcode};

    fn message(opts: &[Edns]) -> Vec<u8> {
        let mut buffer = Vec::new();
        let mut builder = MessageBuilder::new(&mut buffer, 1, Flags::QUERY, 512);
        for edns in opts {
            builder.edns(*edns).expect("room");
        }
        assert_eq!(builder.len(), 12 + opts.len() * Edns::LEN);
        builder.finish();
        buffer
    }

    fn read(bytes: &[u8]) -> Result<Option<Edns>, EdnsError> {
        Edns::read(&Message::parse(bytes).expect("a header"))
    }

    #[test]
    fn the_size_of_datagrams_the_version_and_the_long_code_come_back() {
        let mut edns = Edns::new(0xffff).with_rcode(Rcode(0xabc));
        edns.version = 3;
        assert_eq!(read(&message(&[edns])), Ok(Some(edns)));
        let flags = Flags::QUERY.with_rcode(Rcode(0xabc));
        assert_eq!(edns.rcode(flags), Rcode(0xabc));
        assert_eq!(read(&message(&[])), Ok(None));
    }

    #[test]
    fn two_and_half_a_record_are_errors() {
        let edns = Edns::new(1_232);
        let twice = message(&[edns, edns]);
        assert_eq!(read(&twice), Err(EdnsError::Repeated));
        let cut = &twice[..twice.len() - 1];
        assert!(matches!(read(cut), Err(EdnsError::Unreadable(_))));
    }
}
