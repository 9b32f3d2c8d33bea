//! Record data inside a message.
//!
//! In:  the bytes of a message, a record type and the position of its data.
//! Out: [`RDataRef`]: checked in place, compared and hashed without allocation. RFC 1035 section
//!      3.3, RFC 6762 section 18.14.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::srv::fixed_word;
use super::{
    HinfoRef, Nsec, NsecRef, Piece, RData, Srv, SrvRef, TxtData, TypeBitmapRef, layout, txt,
};
use crate::error::{DecodeError, DecodeErrorKind};
use crate::fold::FoldHasher;
use crate::name::{NameRef, skip_name};
use crate::rtype::RecordType;

/// The data of a record, borrowed from the message.
///
/// Lengths are checked. Names are read when they are used, and each use reports whether the name is
/// malformed.
#[derive(Copy, Clone, Debug)]
#[non_exhaustive]
pub enum RDataRef<'a> {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// A pointer to another name.
    Ptr(NameRef<'a>),
    /// The name for which the owner is an alias.
    Cname(NameRef<'a>),
    /// The host and port of a service.
    Srv(SrvRef<'a>),
    /// Text strings in wire form, each after its length byte; at least one.
    Txt(&'a [u8]),
    /// The types that exist for the owner.
    Nsec(NsecRef<'a>),
    /// Processor and operating system.
    Hinfo(HinfoRef<'a>),
    /// Any other type.
    Opaque {
        /// The type of the record.
        rtype: RecordType,
        /// The data; names in it may be compressed.
        data: RawRef<'a>,
    },
}

impl<'a> RDataRef<'a> {
    /// Reads data of a type at `start..end` of the message.
    #[inline]
    pub(crate) fn read(
        message: &'a [u8],
        rtype: RecordType,
        start: usize,
        end: usize,
    ) -> Result<Self, DecodeError> {
        // Names must end where the data ends, so readers in place get nothing after it.
        let upto = message.get(..end).unwrap_or_default();
        let data = upto.get(start..).unwrap_or_default();
        let wrong_length = DecodeError::new(DecodeErrorKind::RdataLength, start);
        match rtype {
            RecordType::A => {
                let octets: [u8; 4] = data.try_into().map_err(|_| wrong_length)?;
                Ok(Self::A(Ipv4Addr::from(octets)))
            }
            RecordType::AAAA => {
                let octets: [u8; 16] = data.try_into().map_err(|_| wrong_length)?;
                Ok(Self::Aaaa(Ipv6Addr::from(octets)))
            }
            RecordType::PTR => Ok(Self::Ptr(last_name(message, upto, start)?)),
            RecordType::CNAME => Ok(Self::Cname(last_name(message, upto, start)?)),
            RecordType::SRV => {
                let &[p0, p1, w0, w1, o0, o1] = data.first_chunk().ok_or(wrong_length)?;
                Ok(Self::Srv(SrvRef {
                    priority: u16::from_be_bytes([p0, p1]),
                    weight: u16::from_be_bytes([w0, w1]),
                    port: u16::from_be_bytes([o0, o1]),
                    target: last_name(message, upto, start.saturating_add(Srv::FIXED_LEN))?,
                }))
            }
            RecordType::TXT => Ok(Self::Txt(txt::read(data, start)?)),
            RecordType::NSEC => {
                let bitmap_start = skip_name(upto, start)?;
                let bitmap = upto.get(bitmap_start..).ok_or(wrong_length)?;
                let bitmap = TypeBitmapRef::read(bitmap, bitmap_start)?;
                Ok(Self::Nsec(NsecRef {
                    next: NameRef::new(message, start),
                    bitmap,
                }))
            }
            RecordType::HINFO => Ok(Self::Hinfo(HinfoRef::read(data, start)?)),
            other => {
                let data = RawRef {
                    message,
                    rtype,
                    start,
                    end,
                };
                data.check()?;
                Ok(Self::Opaque { rtype: other, data })
            }
        }
    }

    /// Returns the type of record that holds this data.
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
    pub fn ip(&self) -> Option<IpAddr> {
        if let Self::A(ip) = self {
            return Some((*ip).into());
        }
        let Self::Aaaa(ip) = self else {
            return None;
        };
        Some((*ip).into())
    }

    /// Returns the data as owned, with uncompressed names.
    ///
    /// # Errors
    ///
    /// Returns an error if a name in it is malformed.
    pub fn to_owned(&self) -> Result<RData, DecodeError> {
        Ok(match self {
            Self::A(address) => RData::A(*address),
            Self::Aaaa(address) => RData::Aaaa(*address),
            Self::Ptr(name) => RData::Ptr(name.to_name()?),
            Self::Cname(name) => RData::Cname(name.to_name()?),
            Self::Srv(srv) => RData::Srv(Srv {
                priority: srv.priority,
                weight: srv.weight,
                port: srv.port,
                target: srv.target.to_name()?,
            }),
            Self::Txt(wire) => RData::Txt(TxtData::from_valid_wire(wire)),
            Self::Nsec(nsec) => {
                let next = nsec.next.to_name()?;
                RData::Nsec(Nsec {
                    next,
                    types: nsec.bitmap.to_owned(),
                })
            }
            Self::Hinfo(hinfo) => RData::Hinfo(hinfo.to_owned()),
            Self::Opaque { rtype, data } => RData::Opaque {
                rtype: *rtype,
                bytes: data.expand()?,
            },
        })
    }

    /// Returns the hash that [`RData::fold_hash`] returns for equal data.
    ///
    /// # Errors
    ///
    /// Returns an error if a name in it is malformed.
    pub fn fold_hash(&self, seed: u64) -> Result<u64, DecodeError> {
        let mut hasher = FoldHasher::new(seed);
        hasher.word(u64::from(self.rtype().0));
        match self {
            Self::A(address) => hasher.bytes(&address.octets()),
            Self::Aaaa(address) => hasher.bytes(&address.octets()),
            Self::Ptr(name) | Self::Cname(name) => name.hash_labels(&mut hasher)?,
            Self::Srv(srv) => {
                hasher.word(fixed_word(srv.priority, srv.weight, srv.port));
                srv.target.hash_labels(&mut hasher)?;
            }
            Self::Txt(wire) => hasher.bytes(wire),
            Self::Nsec(nsec) => {
                nsec.next.hash_labels(&mut hasher)?;
                hasher.bytes(nsec.bitmap.as_bytes());
            }
            Self::Hinfo(hinfo) => hasher.bytes(hinfo.as_bytes()),
            Self::Opaque { data, .. } => data.hash(&mut hasher)?,
        }
        Ok(hasher.finish())
    }

    /// Returns whether this is `data`, ignoring ASCII case in names; malformed names match nothing.
    #[must_use]
    pub fn matches(&self, data: &RData) -> bool {
        match (self, data) {
            (Self::A(ours), RData::A(theirs)) => ours == theirs,
            (Self::Aaaa(ours), RData::Aaaa(theirs)) => ours == theirs,
            (Self::Ptr(ours), RData::Ptr(theirs)) | (Self::Cname(ours), RData::Cname(theirs)) => {
                ours.matches(theirs)
            }
            (Self::Srv(ours), RData::Srv(theirs)) => ours.matches(theirs),
            (Self::Txt(ours), RData::Txt(theirs)) => *ours == theirs.as_bytes(),
            (Self::Nsec(ours), RData::Nsec(theirs)) => ours.matches(theirs),
            (Self::Hinfo(ours), RData::Hinfo(theirs)) => ours.as_bytes() == theirs.as_bytes(),
            (
                Self::Opaque { rtype, data },
                RData::Opaque {
                    rtype: other,
                    bytes,
                },
            ) => rtype == other && data.matches(bytes),
            _ => false,
        }
    }
}

/// Reads a name that must end where the data ends.
#[inline]
fn last_name<'a>(message: &'a [u8], upto: &[u8], start: usize) -> Result<NameRef<'a>, DecodeError> {
    if skip_name(upto, start)? != upto.len() {
        return Err(DecodeError::new(DecodeErrorKind::RdataLength, start));
    }
    Ok(NameRef::new(message, start))
}

/// Data of a type that is kept as bytes, borrowed from the message.
#[derive(Copy, Clone, Debug)]
pub struct RawRef<'a> {
    message: &'a [u8],
    rtype: RecordType,
    start: usize,
    end: usize,
}

/// One piece of data inside a message.
enum PieceRef<'a> {
    Bytes(&'a [u8]),
    Name(NameRef<'a>),
}

impl<'a> RawRef<'a> {
    /// Takes bytes that are the complete data, with uncompressed names.
    pub(crate) const fn whole(bytes: &'a [u8], rtype: RecordType) -> Self {
        Self {
            message: bytes,
            rtype,
            start: 0,
            end: bytes.len(),
        }
    }

    /// Returns the bytes in the message; names in them may be compressed.
    #[must_use]
    pub fn as_bytes(&self) -> &'a [u8] {
        self.message.get(self.start..self.end).unwrap_or_default()
    }

    /// Checks that the pieces of the data fill it.
    #[inline]
    fn check(&self) -> Result<(), DecodeError> {
        if layout(self.rtype).is_empty() {
            return Ok(());
        }
        self.walk(|_| Ok(()))
    }

    /// Passes the pieces of the data to a function in turn.
    fn walk<F>(&self, mut visit: F) -> Result<(), DecodeError>
    where
        F: FnMut(PieceRef<'a>) -> Result<(), DecodeError>,
    {
        let pieces = layout(self.rtype);
        if pieces.is_empty() {
            return visit(PieceRef::Bytes(self.as_bytes()));
        }
        let wrong_length = DecodeError::new(DecodeErrorKind::RdataLength, self.start);
        let upto = self.message.get(..self.end).unwrap_or_default();
        let mut position = self.start;
        for piece in pieces {
            match piece {
                Piece::Bytes(len) => {
                    let end = position.saturating_add(*len);
                    visit(PieceRef::Bytes(
                        upto.get(position..end).ok_or(wrong_length)?,
                    ))?;
                    position = end;
                }
                Piece::Name => {
                    let end = skip_name(upto, position)?;
                    visit(PieceRef::Name(NameRef::new(self.message, position)))?;
                    position = end;
                }
            }
        }
        if position == self.end {
            Ok(())
        } else {
            Err(wrong_length)
        }
    }

    fn expand(&self) -> Result<Arc<[u8]>, DecodeError> {
        if layout(self.rtype).is_empty() {
            return Ok(Arc::from(self.as_bytes()));
        }
        let mut bytes = Vec::new();
        self.walk(|piece| {
            match piece {
                PieceRef::Bytes(piece) => bytes.extend_from_slice(piece),
                PieceRef::Name(name) => bytes.extend_from_slice(name.to_name()?.as_wire()),
            }
            Ok(())
        })?;
        Ok(Arc::from(bytes))
    }

    fn hash(&self, hasher: &mut FoldHasher) -> Result<(), DecodeError> {
        self.walk(|piece| {
            match piece {
                PieceRef::Bytes(bytes) => hasher.bytes(bytes),
                PieceRef::Name(name) => name.hash_labels(hasher)?,
            }
            Ok(())
        })
    }

    /// Hashes owned data, which may have been built by hand and not have the form of its type.
    pub(crate) fn hash_owned(&self, hasher: &mut FoldHasher) {
        let mut attempt = *hasher;
        match self.hash(&mut attempt) {
            Ok(()) => *hasher = attempt,
            Err(_) => hasher.bytes(self.as_bytes()),
        }
    }

    /// Returns whether `theirs` is the same data of the same type, uncompressed.
    pub(crate) fn matches(&self, theirs: &[u8]) -> bool {
        let mut rest = theirs;
        let mut same = true;
        let walked = self.walk(|piece| {
            same = same && strip_piece(&piece, &mut rest);
            Ok(())
        });
        match walked {
            Ok(()) => same && rest.is_empty(),
            Err(_) => self.as_bytes() == theirs,
        }
    }
}

/// Removes one piece from the front of uncompressed data, if it is there.
fn strip_piece(piece: &PieceRef<'_>, rest: &mut &[u8]) -> bool {
    let tail = match piece {
        PieceRef::Bytes(bytes) => rest.strip_prefix(*bytes),
        PieceRef::Name(name) => strip_name(name, rest),
    };
    match tail {
        Some(tail) => *rest = tail,
        None => return false,
    }
    true
}

fn strip_name<'r>(name: &NameRef<'_>, mut rest: &'r [u8]) -> Option<&'r [u8]> {
    for label in name.labels() {
        let label = label.ok()?;
        let (&len, tail) = rest.split_first()?;
        let (theirs, tail) = tail.split_at_checked(usize::from(len))?;
        if !theirs.eq_ignore_ascii_case(label) {
            return None;
        }
        rest = tail;
    }
    rest.strip_prefix(&[0])
}
