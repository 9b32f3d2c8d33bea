//! The twelve bytes at the start of every message.
//!
//! In:  the first bytes of a datagram.
//! Out: [`Header`]: id, [`Flags`] and the four [`Counts`].
//! RFC 1035 section 4.1.1, RFC 6762 sections 18.1 to 18.11.

use crate::error::{DecodeError, DecodeErrorKind};
use crate::rcode::Rcode;

/// The header of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Header {
    /// The query identifier: zero in multicast messages.
    pub id: u16,
    /// The flag bits, operation code and response code.
    pub flags: Flags,
    /// How many items each section claims to hold.
    pub counts: Counts,
}

/// How many items each section of a message claims to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Counts {
    /// Questions.
    pub questions: u16,
    /// Answer records.
    pub answers: u16,
    /// Authority records.
    pub authorities: u16,
    /// Additional records.
    pub additionals: u16,
}

/// The second field of the header: flag bits, operation code and response code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Flags(pub u16);

impl Header {
    #[inline]
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        let Some(&[i0, i1, f0, f1, q0, q1, a0, a1, n0, n1, r0, r1]) = bytes.first_chunk() else {
            return Err(DecodeError::new(DecodeErrorKind::HeaderTruncated, 0));
        };
        Ok(Self {
            id: u16::from_be_bytes([i0, i1]),
            flags: Flags(u16::from_be_bytes([f0, f1])),
            counts: Counts {
                questions: u16::from_be_bytes([q0, q1]),
                answers: u16::from_be_bytes([a0, a1]),
                authorities: u16::from_be_bytes([n0, n1]),
                additionals: u16::from_be_bytes([r0, r1]),
            },
        })
    }

    #[inline]
    pub(crate) fn to_bytes(self) -> [u8; 12] {
        let [i0, i1] = self.id.to_be_bytes();
        let [f0, f1] = self.flags.0.to_be_bytes();
        let [q0, q1] = self.counts.questions.to_be_bytes();
        let [a0, a1] = self.counts.answers.to_be_bytes();
        let [n0, n1] = self.counts.authorities.to_be_bytes();
        let [r0, r1] = self.counts.additionals.to_be_bytes();
        [i0, i1, f0, f1, q0, q1, a0, a1, n0, n1, r0, r1]
    }
}

impl Flags {
    const QR: u16 = 0x8000;
    const OPCODE: u16 = 0x7800;
    const OPCODE_SHIFT: u32 = 11;
    const AA: u16 = 0x0400;
    const TC: u16 = 0x0200;
    const RD: u16 = 0x0100;
    const CD: u16 = 0x0010;
    const RCODE: u16 = 0x000f;

    /// A Multicast DNS query: every bit is zero.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-18.2
    //# In query messages the QR bit MUST be zero.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-18.3
    //# In both multicast query and multicast response messages, the OPCODE
    //# MUST be zero on transmission (only standard queries are currently
    //# supported over multicast).
    //= https://www.rfc-editor.org/rfc/rfc6762#section-18.4
    //# In query messages, the Authoritative Answer bit MUST be zero on
    //# transmission, and MUST be ignored on reception.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-18.6
    //# In both multicast query and multicast response messages, the
    //# Recursion Desired bit SHOULD be zero on transmission, and MUST be
    //# ignored on reception.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-18.7
    //# In both multicast query and multicast response messages, the
    //# Recursion Available bit MUST be zero on transmission, and MUST be
    //# ignored on reception.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-18.8
    //# In both query and response messages, the Zero bit MUST be zero on
    //# transmission, and MUST be ignored on reception.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-18.9
    //# In both multicast query and multicast response messages, the
    //# Authentic Data bit [RFC2535] MUST be zero on transmission, and MUST
    //# be ignored on reception.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-18.10
    //# In both multicast query and multicast response messages, the Checking
    //# Disabled bit [RFC2535] MUST be zero on transmission, and MUST be
    //# ignored on reception.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-18.11
    //# In both multicast query and multicast response messages, the Response
    //# Code MUST be zero on transmission.
    pub const QUERY: Self = Self(0);

    /// A Multicast DNS response: QR and AA are set.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-18.2
    //# In response messages the QR bit MUST be one.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-18.4
    //# In response messages for Multicast domains, the Authoritative Answer
    //# bit MUST be set to one (not setting this bit would imply there's some
    //# other place where "better" information may be found) and MUST be
    //# ignored on reception.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-18.5
    //# In multicast response messages, the TC bit MUST be zero on
    //# transmission, and MUST be ignored on reception.
    pub const RESPONSE: Self = Self(Self::QR | Self::AA);

    /// Returns whether the message is a response.
    #[inline]
    #[must_use]
    pub const fn is_response(self) -> bool {
        self.0 & Self::QR != 0
    }

    /// Returns the operation code, 0 to 15; zero is a standard query.
    #[inline]
    #[must_use]
    pub const fn opcode(self) -> u8 {
        ((self.0 & Self::OPCODE) >> Self::OPCODE_SHIFT) as u8
    }

    /// Returns whether the answer is authoritative.
    #[inline]
    #[must_use]
    pub const fn authoritative(self) -> bool {
        self.0 & Self::AA != 0
    }

    /// Returns whether the message is truncated; in a query, that more known answers follow.
    #[inline]
    #[must_use]
    pub const fn truncated(self) -> bool {
        self.0 & Self::TC != 0
    }

    /// Returns whether a query to a server asks it to look elsewhere too.
    #[inline]
    #[must_use]
    pub const fn recursion_desired(self) -> bool {
        self.0 & Self::RD != 0
    }

    /// Returns whether the asker checks signatures itself (RFC 4035 section 3.2.2).
    #[inline]
    #[must_use]
    pub const fn checking_disabled(self) -> bool {
        self.0 & Self::CD != 0
    }

    /// Returns the response code, 0 to 15.
    #[inline]
    #[must_use]
    pub const fn rcode(self) -> Rcode {
        Rcode(self.0 & Self::RCODE)
    }

    /// Returns these flags with the response bit set or cleared.
    #[inline]
    #[must_use]
    pub const fn with_response(self, is_response: bool) -> Self {
        self.with_bit(Self::QR, is_response)
    }

    /// Returns these flags with the truncation bit set or cleared.
    #[inline]
    #[must_use]
    pub const fn with_truncated(self, truncated: bool) -> Self {
        self.with_bit(Self::TC, truncated)
    }

    /// Returns these flags with the authoritative bit set or cleared.
    #[inline]
    #[must_use]
    pub const fn with_authoritative(self, authoritative: bool) -> Self {
        self.with_bit(Self::AA, authoritative)
    }

    /// Returns these flags with the bit of recursion that is wanted set or cleared.
    #[inline]
    #[must_use]
    pub const fn with_recursion_desired(self, desired: bool) -> Self {
        self.with_bit(Self::RD, desired)
    }

    /// Returns these flags with the bit of checking by the asker set or cleared.
    #[inline]
    #[must_use]
    pub const fn with_checking_disabled(self, disabled: bool) -> Self {
        self.with_bit(Self::CD, disabled)
    }

    /// Returns these flags with the low four bits of `opcode`.
    #[inline]
    #[must_use]
    pub const fn with_opcode(self, opcode: u8) -> Self {
        let bits = ((opcode as u16) << Self::OPCODE_SHIFT) & Self::OPCODE;
        Self((self.0 & !Self::OPCODE) | bits)
    }

    /// Returns these flags with the low four bits of `rcode`.
    #[inline]
    #[must_use]
    pub const fn with_rcode(self, rcode: Rcode) -> Self {
        Self((self.0 & !Self::RCODE) | rcode.low())
    }

    const fn with_bit(self, bit: u16, set: bool) -> Self {
        if set {
            Self(self.0 | bit)
        } else {
            Self(self.0 & !bit)
        }
    }
}

#[cfg(test)]
mod tests;
