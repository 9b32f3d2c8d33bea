//! How long a record may be kept.
//!
//! In:  the TTL field of a record.
//! Out: [`Ttl`] in whole seconds, never above what RFC 2181 allows when read from the wire.
//! RFC 2181 section 8, RFC 6762 section 10.1.

use core::fmt;

/// A time to live in seconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Ttl(pub u32);

impl Ttl {
    /// Zero seconds: the record is withdrawn.
    pub const ZERO: Self = Self(0);

    /// Reads a TTL field: a value with the top bit set counts as zero.
    //= https://www.rfc-editor.org/rfc/rfc2181#section-8
    //# Implementations should treat TTL values received with the most
    //# significant bit set as if the entire value received was zero.
    #[inline]
    #[must_use]
    pub const fn from_field(field: u32) -> Self {
        if field >> 31 == 0 {
            Self(field)
        } else {
            Self::ZERO
        }
    }

    /// Returns the time in seconds.
    #[inline]
    #[must_use]
    pub const fn as_secs(self) -> u32 {
        self.0
    }

    /// Returns whether the record is being withdrawn.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-10.1
    //# response packet, giving the same resource record name, rrtype,
    //# rrclass, and rdata, but an RR TTL of zero.
    #[inline]
    #[must_use]
    pub const fn is_goodbye(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests;
