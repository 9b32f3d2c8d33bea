//! The response code of a message.
//!
//! In:  the low four bits of the flags, and with EDNS eight more from the OPT record.
//! Out: [`Rcode`]. RFC 1035 section 4.1.1, RFC 6891 section 6.1.3.

use core::fmt;

/// A response code, 0 to 4,095. A message without EDNS holds the low four bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Rcode(pub u16);

impl Rcode {
    /// No error.
    pub const NO_ERROR: Self = Self(0);
    /// The server could not read the query.
    pub const FORM_ERR: Self = Self(1);
    /// The server could not answer because of a fault of its own.
    pub const SERV_FAIL: Self = Self(2);
    /// The name does not exist.
    pub const NX_DOMAIN: Self = Self(3);
    /// The server does not know this kind of query.
    pub const NOT_IMP: Self = Self(4);
    /// The server does not answer this asker, or not about this name.
    pub const REFUSED: Self = Self(5);
    /// The server does not know this version of EDNS (RFC 6891 section 9).
    pub const BAD_VERS: Self = Self(16);

    /// Returns the bits that the flags of a message hold.
    pub(crate) const fn low(self) -> u16 {
        self.0 & 0xf
    }

    /// Returns the bits that the OPT record holds.
    pub(crate) const fn high(self) -> u8 {
        (self.0 >> 4) as u8
    }
}

/// Writes the mnemonic of the registry, or the number.
impl fmt::Display for Rcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NO_ERROR => f.pad("NOERROR"),
            Self::FORM_ERR => f.pad("FORMERR"),
            Self::SERV_FAIL => f.pad("SERVFAIL"),
            Self::NX_DOMAIN => f.pad("NXDOMAIN"),
            Self::NOT_IMP => f.pad("NOTIMP"),
            Self::REFUSED => f.pad("REFUSED"),
            Self::BAD_VERS => f.pad("BADVERS"),
            Self(other) => write!(f, "RCODE{other}"),
        }
    }
}
