//! Why bytes are not a DNS message, and where.
//!
//! In:  the position in the message and the kind of fault.
//! Out: [`DecodeError`], small and `Copy`, with a stable reason name for counters.

use core::fmt;

/// A fault found while reading a message: its kind, and its byte offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DecodeError {
    /// The offset of the faulty item from the start of the message, in bytes.
    pub offset: usize,
    /// What is wrong with it.
    pub kind: DecodeErrorKind,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind.as_str(), self.offset)
    }
}

impl core::error::Error for DecodeError {}

impl DecodeError {
    pub(crate) const fn new(kind: DecodeErrorKind, offset: usize) -> Self {
        Self { offset, kind }
    }
}

/// What is wrong with the bytes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The datagram is shorter than a message header.
    HeaderTruncated,
    /// The message ends inside a question.
    QuestionTruncated,
    /// The message ends inside the fixed part of a record.
    RecordTruncated,
    /// The data length of a record reaches past the end of the message.
    RdataPastEnd,
    /// The message, or the record data, ends inside a name.
    NameTruncated,
    /// A name expands to more than 256 bytes.
    NameTooLong,
    /// A label starts with the reserved bits 01 or 10.
    LabelType,
    /// A compression pointer does not point to an earlier position than its own.
    PointerForward,
    /// A compression pointer points into the message header.
    PointerIntoHeader,
    /// A name takes more compression pointers than a name can need.
    PointerChain,
    /// A compression pointer appears where names must be uncompressed.
    PointerForbidden,
    /// The record data is too short or too long for its type.
    RdataLength,
    /// A string reaches past the end of the record data.
    StringPastEnd,
    /// A type bitmap window is empty or longer than 32 bytes.
    BitmapLength,
    /// A type bitmap window reaches past the end of the record data.
    BitmapPastEnd,
    /// The windows of a type bitmap do not ascend.
    BitmapOrder,
}

impl DecodeErrorKind {
    /// Every kind, for counting by kind.
    pub const ALL: [Self; 16] = [
        Self::HeaderTruncated,
        Self::QuestionTruncated,
        Self::RecordTruncated,
        Self::RdataPastEnd,
        Self::NameTruncated,
        Self::NameTooLong,
        Self::LabelType,
        Self::PointerForward,
        Self::PointerIntoHeader,
        Self::PointerChain,
        Self::PointerForbidden,
        Self::RdataLength,
        Self::StringPastEnd,
        Self::BitmapLength,
        Self::BitmapPastEnd,
        Self::BitmapOrder,
    ];

    /// Returns the reason as a stable name in lower case with underscores, suitable for a counter.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HeaderTruncated => "header_truncated",
            Self::QuestionTruncated => "question_truncated",
            Self::RecordTruncated => "record_truncated",
            Self::RdataPastEnd => "rdata_past_end",
            Self::NameTruncated => "name_truncated",
            Self::NameTooLong => "name_too_long",
            Self::LabelType => "label_type",
            Self::PointerForward => "pointer_forward",
            Self::PointerIntoHeader => "pointer_into_header",
            Self::PointerChain => "pointer_chain",
            Self::PointerForbidden => "pointer_forbidden",
            Self::RdataLength => "rdata_length",
            Self::StringPastEnd => "string_past_end",
            Self::BitmapLength => "bitmap_length",
            Self::BitmapPastEnd => "bitmap_past_end",
            Self::BitmapOrder => "bitmap_order",
        }
    }
}

impl fmt::Display for DecodeErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
