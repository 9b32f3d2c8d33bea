//! The positions of names in data of types that are otherwise kept as bytes.
//!
//! In:  a record type.
//! Out: the pieces of its data, so that compressed names can be expanded. RFC 6762 section 18.14.

use crate::rtype::RecordType;

/// One piece of record data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// This many bytes.
    Bytes(usize),
    /// A name.
    Name,
}

/// Returns the pieces of data that may hold compressed names; empty for every other type.
//= https://www.rfc-editor.org/rfc/rfc6762#section-18.14
//# In addition, implementations MUST correctly decode compressed names
//# appearing within the *rdata* of the rrtypes listed above.
//= https://www.rfc-editor.org/rfc/rfc6762#section-18.14
//# Where
//# possible, implementations SHOULD also correctly decode compressed
//# names appearing within the *rdata* of other rrtypes known to the
//# implementers at the time of implementation, because such forward-
//# thinking planning helps facilitate the deployment of future
//# implementations that may have reason to compress those rrtypes.
#[inline]
pub(crate) const fn layout(rtype: RecordType) -> &'static [Piece] {
    match rtype {
        RecordType::NS
        | RecordType::DNAME
        | RecordType::MD
        | RecordType::MF
        | RecordType::MB
        | RecordType::MG
        | RecordType::MR => &[Piece::Name],
        RecordType::SOA => &[Piece::Name, Piece::Name, Piece::Bytes(20)],
        RecordType::MX | RecordType::AFSDB | RecordType::RT | RecordType::KX => {
            &[Piece::Bytes(2), Piece::Name]
        }
        RecordType::RP | RecordType::MINFO => &[Piece::Name, Piece::Name],
        RecordType::PX => &[Piece::Bytes(2), Piece::Name, Piece::Name],
        _ => &[],
    }
}

/// Returns whether the names in data of a type with a layout are compressed when it is written.
//= https://www.rfc-editor.org/rfc/rfc6762#section-18.14
//# In addition to compressing the *names* of resource records, names
//# that appear within the *rdata* of the following rrtypes SHOULD also
//# be compressed in all Multicast DNS messages:
//#
//#   NS, CNAME, PTR, DNAME, SOA, MX, AFSDB, RT, KX, RP, PX, SRV, NSEC
//#
//# Until future IETF Standards Action [RFC5226] specifying that names in
//# the rdata of other types should be compressed, names that appear
//# within the rdata of any type not listed above MUST NOT be compressed.
#[inline]
pub(crate) const fn is_compressed(rtype: RecordType) -> bool {
    !matches!(
        rtype,
        RecordType::MD
            | RecordType::MF
            | RecordType::MB
            | RecordType::MG
            | RecordType::MR
            | RecordType::MINFO
    )
}
