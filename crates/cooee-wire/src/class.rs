//! The class of a question or record, without the bit that Multicast DNS uses differently.
//!
//! In:  the low 15 bits of the class field.
//! Out: [`Class`]; the top bit is separate, as `unicast_response` or `cache_flush`. RFC 6762
//!      sections 18.12 and 18.13.

use core::fmt;

/// A DNS class: the low 15 bits of the class field.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Class(pub u16);

impl Class {
    /// The Internet.
    pub const IN: Self = Self(1);
    /// "No such class", used in prerequisites of DNS updates.
    pub const NONE: Self = Self(254);
    /// Any class, in questions only.
    pub const ANY: Self = Self(255);

    pub(crate) const TOP_BIT: u16 = 0x8000;

    /// Splits a class field into the class and its top bit.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-18.12
    //# In the Question Section of a Multicast DNS query, the top bit of the
    //# qclass field is used to indicate that unicast responses are preferred
    //# for this particular question.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-18.13
    //# In the Resource Record Sections of a Multicast DNS response, the top
    //# bit of the rrclass field is used to indicate that the record is a
    //# member of a unique RRSet, and the entire RRSet has been sent together
    //# (in the same packet, or in consecutive packets if there are too many
    //# records to fit in a single packet).
    //= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
    //# When
    //# receiving a resource record with the cache-flush bit set,
    //# implementations should take care to mask off that bit before storing
    //# the resource record in memory, or otherwise ensure that it is given
    //# the correct semantic interpretation.
    #[inline]
    pub(crate) const fn from_field(field: u16) -> (Self, bool) {
        (Self(field & !Self::TOP_BIT), field & Self::TOP_BIT != 0)
    }

    /// Joins the class and its top bit into a class field.
    #[inline]
    pub(crate) const fn to_field(self, top_bit: bool) -> u16 {
        let class = self.0 & !Self::TOP_BIT;
        if top_bit {
            class | Self::TOP_BIT
        } else {
            class
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::IN => f.pad("IN"),
            Self::NONE => f.pad("NONE"),
            Self::ANY => f.pad("ANY"),
            Self(other) => write!(f, "CLASS{other}"),
        }
    }
}
