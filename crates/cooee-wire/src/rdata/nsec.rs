//! NSEC: the types that exist for a name.
//!
//! In:  record data, or a list of types.
//! Out: [`NsecRef`] and [`Nsec`], with the type bitmap checked. RFC 4034 section 4.1, RFC 6762
//!      section 6.1.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::error::{DecodeError, DecodeErrorKind};
use crate::name::{Name, NameRef};
use crate::rtype::RecordType;

/// The data of an NSEC record.
//= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
//# All compliant
//# Multicast DNS implementations MUST at least correctly generate and
//# parse the restricted DNS NSEC record format described below:
//= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
//# To facilitate use by devices with limited memory and CPU
//# resources, Multicast DNS queriers are only REQUIRED to be able to
//# parse a restricted form of the DNS NSEC record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Nsec {
    /// The next name; in Multicast DNS the owner's own name, without meaning.
    pub next: Name,
    /// The types that exist for the owner.
    pub types: TypeBitmap,
}

/// The data of an NSEC record, borrowed from the message.
#[derive(Copy, Clone, Debug)]
pub struct NsecRef<'a> {
    /// The next name; in Multicast DNS it has no meaning.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
    //# In Multicast DNS the
    //# 'Next Domain Name' field is not currently used, but it could be used
    //# in a future version of this protocol, which is why a Multicast DNS
    //# implementation MUST NOT reject or ignore an NSEC record it receives
    //# just because it finds an unexpected value in the 'Next Domain Name'
    //# field.
    pub next: NameRef<'a>,
    /// The types that exist for the owner.
    pub bitmap: TypeBitmapRef<'a>,
}

/// A set of record types, as in an NSEC record.
///
/// Equality is that of the wire form. It is the same for the same types, unless a sender wrote zero
/// bytes that it should have left out.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TypeBitmap {
    wire: Arc<[u8]>,
}

/// A set of record types, borrowed from the message.
#[derive(Copy, Clone, PartialEq, Eq)]
pub struct TypeBitmapRef<'a> {
    wire: &'a [u8],
}

impl TypeBitmap {
    /// Creates the set of those types that Multicast DNS may assert: NSEC and pseudo-types are left
    /// out.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
    //# To help differentiate these synthesized NSEC records (generated
    //# programmatically on-the-fly) from conventional Unicast DNS NSEC
    //# records (which actually exist in a signed DNS zone), the synthesized
    //# Multicast DNS NSEC records MUST NOT have the NSEC bit set in the Type
    //# Bit Map, whereas conventional Unicast DNS NSEC records do have the
    //# NSEC bit set.
    //= https://www.rfc-editor.org/rfc/rfc4034#section-4.1.2
    //# Blocks with no types present MUST NOT be included.  Trailing zero
    //# octets in the bitmap MUST be omitted.
    pub fn from_types<I>(types: I) -> Self
    where
        I: IntoIterator<Item = RecordType>,
    {
        let allowed = |rtype: &RecordType| *rtype != RecordType::NSEC && !rtype.is_pseudo();
        let mut ordered: Vec<RecordType> = Vec::new();
        for rtype in types.into_iter().filter(allowed) {
            if let Err(place) = ordered.binary_search(&rtype) {
                ordered.insert(place, rtype);
            }
        }
        let mut wire = Vec::new();
        let mut types = ordered.into_iter().peekable();
        while let Some(first) = types.peek() {
            let window = first.0 >> 8;
            let mut bits = [0_u8; WINDOW_LEN_MAX];
            let mut len = 0;
            while let Some(rtype) = types.next_if(|rtype| rtype.0 >> 8 == window) {
                let index = usize::from((rtype.0 & 0xff) >> 3);
                if let Some(byte) = bits.get_mut(index) {
                    *byte |= bit(rtype);
                }
                len = index + 1;
            }
            wire.extend_from_slice(&[window as u8, len as u8]);
            wire.extend_from_slice(bits.get(..len).unwrap_or_default());
        }
        Self {
            wire: Arc::from(wire),
        }
    }

    /// Returns whether the set contains a type; it never contains pseudo-types.
    #[must_use]
    pub fn contains(&self, rtype: RecordType) -> bool {
        self.as_ref().contains(rtype)
    }

    /// Returns the types in ascending order, without pseudo-types.
    #[must_use]
    pub fn iter(&self) -> TypeBitmapTypes<'_> {
        self.as_ref().iter()
    }

    /// Returns the wire form.
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.wire
    }

    fn as_ref(&self) -> TypeBitmapRef<'_> {
        TypeBitmapRef { wire: &self.wire }
    }
}

impl<'a> IntoIterator for &'a TypeBitmap {
    type Item = RecordType;
    type IntoIter = TypeBitmapTypes<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a> TypeBitmapRef<'a> {
    /// Checks a type bitmap that starts at `start` of the message.
    //= https://www.rfc-editor.org/rfc/rfc4034#section-4.1.2
    //# Each block that
    //# has at least one active RR type is encoded using a single octet
    //# window number (from 0 to 255), a single octet bitmap length (from 1
    //# to 32) indicating the number of octets used for the window block's
    //# bitmap, and up to 32 octets (256 bits) of bitmap.
    //#
    //# Blocks are present in the NSEC RR RDATA in increasing numerical
    //# order.
    #[inline]
    pub(crate) fn read(wire: &'a [u8], start: usize) -> Result<Self, DecodeError> {
        let fault = |kind| Err(DecodeError::new(kind, start));
        let mut rest = wire;
        let mut window_min = 0;
        while let Some((&[window, len], tail)) = rest.split_first_chunk() {
            if u16::from(window) < window_min {
                return fault(DecodeErrorKind::BitmapOrder);
            }
            if !(1..=WINDOW_LEN_MAX).contains(&usize::from(len)) {
                return fault(DecodeErrorKind::BitmapLength);
            }
            let Some(tail) = tail.get(usize::from(len)..) else {
                return fault(DecodeErrorKind::BitmapPastEnd);
            };
            window_min = u16::from(window) + 1;
            rest = tail;
        }
        if rest.is_empty() {
            Ok(Self { wire })
        } else {
            fault(DecodeErrorKind::BitmapPastEnd)
        }
    }

    /// Returns whether the set contains a type; it never contains pseudo-types.
    //= https://www.rfc-editor.org/rfc/rfc4034#section-4.1.2
    //# Bits representing pseudo-types MUST be clear, as they do not appear
    //# in zone data.  If encountered, they MUST be ignored upon being read.
    #[must_use]
    pub fn contains(&self, rtype: RecordType) -> bool {
        let [window, low] = rtype.0.to_be_bytes();
        let bits = Windows { rest: self.wire }.find(|(number, _)| *number == window);
        let byte = bits.and_then(|(_, bits)| bits.get(usize::from(low >> 3)));
        !rtype.is_pseudo() && byte.is_some_and(|byte| byte & bit(rtype) != 0)
    }

    /// Returns the types in ascending order, without pseudo-types.
    #[must_use]
    pub const fn iter(&self) -> TypeBitmapTypes<'a> {
        TypeBitmapTypes {
            windows: Windows { rest: self.wire },
            window: 0,
            bits: &[],
            next: 0,
        }
    }

    /// Returns the wire form.
    #[inline]
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.wire
    }

    pub(crate) fn to_owned(self) -> TypeBitmap {
        TypeBitmap {
            wire: Arc::from(self.wire),
        }
    }
}

impl NsecRef<'_> {
    #[inline]
    pub(crate) fn matches(&self, nsec: &Nsec) -> bool {
        self.bitmap.as_bytes() == nsec.types.as_bytes() && self.next.matches(&nsec.next)
    }
}

/// The types in a [`TypeBitmap`] in ascending order, without pseudo-types.
#[derive(Clone)]
pub struct TypeBitmapTypes<'a> {
    windows: Windows<'a>,
    window: u8,
    bits: &'a [u8],
    // The number within the window, 0 to 256.
    next: u16,
}

impl Iterator for TypeBitmapTypes<'_> {
    type Item = RecordType;

    fn next(&mut self) -> Option<RecordType> {
        loop {
            let Some(byte) = self.bits.get(usize::from(self.next >> 3)) else {
                (self.window, self.bits) = self.windows.next()?;
                self.next = 0;
                continue;
            };
            let rtype = RecordType(u16::from(self.window) << 8 | self.next);
            self.next = self.next.saturating_add(1);
            if byte & bit(rtype) != 0 && !rtype.is_pseudo() {
                return Some(rtype);
            }
        }
    }
}

impl fmt::Debug for TypeBitmap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.as_ref(), f)
    }
}

impl fmt::Debug for TypeBitmapRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// The windows of a bitmap: number and bits.
#[derive(Clone)]
struct Windows<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Windows<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&[window, len], tail) = self.rest.split_first_chunk()?;
        let (bits, tail) = tail.split_at_checked(usize::from(len))?;
        self.rest = tail;
        Some((window, bits))
    }
}

/// Returns the bit of a type within its byte.
const fn bit(rtype: RecordType) -> u8 {
    0x80 >> (rtype.0 & 7)
}

const WINDOW_LEN_MAX: usize = 32;
