//! Owned record data.
//!
//! In:  data read from a message, or built to be published.
//! Out: [`RData`], which can be written, compared and hashed without its message. RFC 1035 section
//!      3.3, RFC 6762 sections 8.2 and 18.14.

mod borrowed;
mod hinfo;
mod layout;
mod nsec;
mod srv;
mod txt;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::hash::{Hash, Hasher};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::error::{DecodeError, DecodeErrorKind};
use crate::fold::FoldHasher;
use crate::name::{Name, hash_folded};
use crate::rtype::RecordType;

pub use borrowed::{RDataRef, RawRef};
pub use hinfo::{Hinfo, HinfoRef};
pub(crate) use layout::{Piece, is_compressed, layout};
pub use nsec::{Nsec, NsecRef, TypeBitmap, TypeBitmapRef, TypeBitmapTypes};
pub use srv::{Srv, SrvRef};
pub use txt::{TxtData, TxtError, TxtStrings};

/// The data of a record.
///
/// Names in it compare without regard to ASCII case, everything else byte by byte. More types may
/// get a variant of their own; until then [`RData::Opaque`] holds them.
// The other crates list every variant before their `_` arm: clippy then finds each of these matches
// when a variant is added.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RData {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// A pointer to another name.
    Ptr(Name),
    /// The name for which the owner is an alias.
    Cname(Name),
    /// The host and port of a service.
    Srv(Srv),
    /// Text strings.
    Txt(TxtData),
    /// The types that exist for the owner.
    Nsec(Nsec),
    /// Processor and operating system.
    Hinfo(Hinfo),
    /// Any other type, with uncompressed names in it.
    Opaque {
        /// The type of the record.
        rtype: RecordType,
        /// The data on the wire.
        bytes: Arc<[u8]>,
    },
}

impl RData {
    /// Returns the type of record that holds this data.
    #[inline]
    #[must_use]
    pub const fn rtype(&self) -> RecordType {
        match self {
            Self::A(_) => RecordType::A,
            Self::Aaaa(_) => RecordType::AAAA,
            Self::Ptr(_) => RecordType::PTR,
            Self::Cname(_) => RecordType::CNAME,
            Self::Srv(_) => RecordType::SRV,
            Self::Txt(_) => RecordType::TXT,
            Self::Nsec(_) => RecordType::NSEC,
            Self::Hinfo(_) => RecordType::HINFO,
            Self::Opaque { rtype, .. } => *rtype,
        }
    }

    /// Returns the address of an A or AAAA record; `None` for any other type.
    #[must_use]
    pub const fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::A(ip) => Some(IpAddr::V4(*ip)),
            Self::Aaaa(ip) => Some(IpAddr::V6(*ip)),
            Self::Ptr(_)
            | Self::Cname(_)
            | Self::Srv(_)
            | Self::Txt(_)
            | Self::Nsec(_)
            | Self::Hinfo(_)
            | Self::Opaque { .. } => None,
        }
    }

    /// Reads data of a type from its uncompressed bytes.
    ///
    /// # Errors
    ///
    /// Returns an error if the bytes do not have the form of the type, or contain a compression
    /// pointer.
    pub fn parse(rtype: RecordType, bytes: &[u8]) -> Result<Self, DecodeError> {
        let data = RDataRef::read(bytes, rtype, 0, bytes.len())?.to_owned()?;
        let exact = rtype == RecordType::TXT || data.parts().bytes().eq(bytes.iter().copied());
        if exact {
            Ok(data)
        } else {
            Err(DecodeError::new(DecodeErrorKind::PointerForbidden, 0))
        }
    }

    /// Returns the length of the uncompressed data in bytes.
    #[must_use]
    pub fn wire_len(&self) -> usize {
        self.parts().len()
    }

    /// Appends the uncompressed data to `out`.
    pub fn write_uncompressed(&self, out: &mut Vec<u8>) {
        for part in self.parts().as_slices() {
            out.extend_from_slice(part);
        }
    }

    /// Compares the uncompressed data byte by byte; the caller compares class and type.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-8.2
    //# The bytes of the raw uncompressed rdata are compared in turn,
    //# interpreting the bytes as eight-bit UNSIGNED values, until a byte is
    //# found whose value is greater than that of its counterpart (in which
    //# case, the rdata whose byte has the greater value is deemed
    //# lexicographically later) or one of the resource records runs out of
    //# rdata (in which case, the resource record which still has remaining
    //# data first is deemed lexicographically later).
    #[must_use]
    pub fn canonical_cmp(&self, other: &Self) -> Ordering {
        self.parts().bytes().cmp(other.parts().bytes())
    }

    /// Returns a hash of type and data keyed by `seed`; case in names does not matter.
    ///
    /// Equal data has equal hashes for one seed, and so does a matching [`RDataRef`].
    #[must_use]
    pub fn fold_hash(&self, seed: u64) -> u64 {
        let mut hasher = FoldHasher::new(seed);
        hasher.word(u64::from(self.rtype().0));
        match self {
            Self::A(address) => hasher.bytes(&address.octets()),
            Self::Aaaa(address) => hasher.bytes(&address.octets()),
            Self::Ptr(name) | Self::Cname(name) => name.hash_labels(&mut hasher),
            Self::Srv(srv) => {
                hasher.word(srv::fixed_word(srv.priority, srv.weight, srv.port));
                srv.target.hash_labels(&mut hasher);
            }
            Self::Txt(txt) => hasher.bytes(txt.as_bytes()),
            Self::Nsec(nsec) => {
                nsec.next.hash_labels(&mut hasher);
                hasher.bytes(nsec.types.as_bytes());
            }
            Self::Hinfo(hinfo) => hasher.bytes(hinfo.as_bytes()),
            Self::Opaque { rtype, bytes } => {
                RawRef::whole(bytes, *rtype).hash_owned(&mut hasher);
            }
        }
        hasher.finish()
    }

    /// Returns the uncompressed data as a short head and up to two slices.
    #[inline]
    fn parts(&self) -> Parts<'_> {
        match self {
            Self::A(address) => Parts::new(&address.octets(), &[], &[]),
            Self::Aaaa(address) => Parts::new(&address.octets(), &[], &[]),
            Self::Ptr(name) | Self::Cname(name) => Parts::new(&[], name.as_wire(), &[]),
            Self::Srv(srv) => Parts::new(&srv.fixed(), srv.target.as_wire(), &[]),
            Self::Txt(txt) => Parts::new(&[], txt.as_bytes(), &[]),
            Self::Nsec(nsec) => Parts::new(&[], nsec.next.as_wire(), nsec.types.as_bytes()),
            Self::Hinfo(hinfo) => Parts::new(&[], hinfo.as_bytes(), &[]),
            Self::Opaque { bytes, .. } => Parts::new(&[], bytes, &[]),
        }
    }
}

/// The data of an A or AAAA record.
impl From<IpAddr> for RData {
    fn from(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => Self::A(ip),
            IpAddr::V6(ip) => Self::Aaaa(ip),
        }
    }
}

impl PartialEq for RData {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::A(ours), Self::A(theirs)) => ours == theirs,
            (Self::Aaaa(ours), Self::Aaaa(theirs)) => ours == theirs,
            (Self::Ptr(ours), Self::Ptr(theirs)) | (Self::Cname(ours), Self::Cname(theirs)) => {
                ours == theirs
            }
            (Self::Srv(ours), Self::Srv(theirs)) => ours == theirs,
            (Self::Txt(ours), Self::Txt(theirs)) => ours == theirs,
            (Self::Nsec(ours), Self::Nsec(theirs)) => ours == theirs,
            (Self::Hinfo(ours), Self::Hinfo(theirs)) => ours == theirs,
            (
                Self::Opaque { rtype, bytes },
                Self::Opaque {
                    rtype: other,
                    bytes: theirs,
                },
            ) => {
                rtype == other
                    && bytes.eq_ignore_ascii_case(theirs)
                    && RawRef::whole(bytes, *rtype).matches(theirs)
            }
            _ => false,
        }
    }
}

impl Eq for RData {}

impl Hash for RData {
    // Lower-casing letters outside of names may cause a collision, but never separates equal data.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.rtype().hash(state);
        for part in self.parts().as_slices() {
            hash_folded(part, state);
        }
    }
}

/// Uncompressed data in pieces: a head of up to 16 bytes and two slices.
struct Parts<'a> {
    head: [u8; 16],
    head_len: usize,
    middle: &'a [u8],
    tail: &'a [u8],
}

impl<'a> Parts<'a> {
    #[inline]
    fn new<const N: usize>(head: &[u8; N], middle: &'a [u8], tail: &'a [u8]) -> Self {
        const { assert!(N <= 16) };
        let mut bytes = [0; 16];
        for (to, from) in bytes.iter_mut().zip(head) {
            *to = *from;
        }
        Self {
            head: bytes,
            head_len: N,
            middle,
            tail,
        }
    }

    #[inline]
    fn as_slices(&self) -> [&[u8]; 3] {
        [
            self.head.get(..self.head_len).unwrap_or_default(),
            self.middle,
            self.tail,
        ]
    }

    fn len(&self) -> usize {
        let ends = self.head_len.saturating_add(self.tail.len());
        ends.saturating_add(self.middle.len())
    }

    fn bytes(&self) -> impl Iterator<Item = u8> {
        self.as_slices().into_iter().flatten().copied()
    }
}

#[cfg(test)]
mod tests;
