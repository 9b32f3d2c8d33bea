//! TXT: strings of up to 255 bytes each.
//!
//! In:  record data, or strings.
//! Out: [`TxtData`], never empty on the wire. This crate does not interpret the strings. RFC 1035
//!      section 3.3.14, RFC 6763 section 6.1.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::error::{DecodeError, DecodeErrorKind};
use crate::limits::STRING_LEN_MAX;

/// The data of a TXT record: its strings on the wire, each after its length byte.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TxtData {
    wire: Arc<[u8]>,
}

/// Why strings or bytes are not TXT data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TxtError {
    /// A string is longer than 255 bytes.
    StringTooLong,
    /// All strings together are longer than 65,535 bytes.
    TooLong,
    /// The last string reaches past the end.
    StringPastEnd,
}

impl fmt::Display for TxtError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StringTooLong => {
                f.write_str("a string in a TXT record must not be longer than 255 bytes")
            }
            Self::TooLong => f.write_str("a TXT record must not be longer than 65535 bytes"),
            Self::StringPastEnd => {
                f.write_str("the last string reaches past the end of the TXT record")
            }
        }
    }
}

impl core::error::Error for TxtError {}

/// The wire form of no strings at all.
//= https://www.rfc-editor.org/rfc/rfc6763#section-6.1
//# An empty TXT record containing zero strings is not allowed [RFC1035].
//# DNS-SD implementations MUST NOT emit empty TXT records.
pub(crate) const EMPTY: &[u8] = &[0];

impl TxtData {
    /// Creates TXT data from its wire form; no bytes become one empty string.
    ///
    /// # Errors
    ///
    /// Returns an error if the last string reaches past the end, or if there are more than 65,535
    /// bytes.
    pub fn from_wire(bytes: &[u8]) -> Result<Self, TxtError> {
        if bytes.len() > usize::from(u16::MAX) {
            return Err(TxtError::TooLong);
        }
        if first_fault(bytes).is_some() {
            return Err(TxtError::StringPastEnd);
        }
        Ok(Self::from_valid_wire(bytes))
    }

    /// Creates TXT data from strings, in their order; no strings become one empty string.
    ///
    /// # Errors
    ///
    /// Returns an error if a string is longer than 255 bytes, or if all of them are longer than
    /// 65,535.
    pub fn from_strings<'s, I>(strings: I) -> Result<Self, TxtError>
    where
        I: IntoIterator<Item = &'s [u8]>,
    {
        let mut wire = Vec::new();
        for string in strings {
            if string.len() > STRING_LEN_MAX {
                return Err(TxtError::StringTooLong);
            }
            wire.push(string.len() as u8);
            wire.extend_from_slice(string);
        }
        Self::from_wire(&wire)
    }

    pub(crate) fn from_valid_wire(bytes: &[u8]) -> Self {
        debug_assert!(first_fault(bytes).is_none());
        Self {
            wire: Arc::from(if bytes.is_empty() { EMPTY } else { bytes }),
        }
    }

    /// Returns the wire form; it is never empty.
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.wire
    }

    /// Returns the strings in their order; one empty string if there are none.
    #[must_use]
    pub fn strings(&self) -> TxtStrings<'_> {
        TxtStrings::new(&self.wire)
    }
}

impl Default for TxtData {
    fn default() -> Self {
        Self::from_valid_wire(EMPTY)
    }
}

/// The strings of TXT data in their order.
#[derive(Clone, Debug)]
pub struct TxtStrings<'a> {
    rest: &'a [u8],
}

impl<'a> TxtStrings<'a> {
    /// Reads the strings of TXT data in wire form; a string that is cut short is left out.
    #[inline]
    #[must_use]
    pub const fn new(wire: &'a [u8]) -> Self {
        Self { rest: wire }
    }
}

impl<'a> Iterator for TxtStrings<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let (&len, rest) = self.rest.split_first()?;
        let (string, rest) = rest.split_at_checked(usize::from(len))?;
        self.rest = rest;
        Some(string)
    }
}

/// Checks TXT data at `start..end` of the message and returns it; empty data becomes one empty
/// string.
//= https://www.rfc-editor.org/rfc/rfc6763#section-6.1
//# o  An empty (zero-length) TXT record.
//#    (This is not strictly legal, but should one be received, it should
//#    be interpreted as the same as a single empty string.)
#[inline]
pub(crate) fn read(data: &[u8], start: usize) -> Result<&[u8], DecodeError> {
    match first_fault(data) {
        Some(offset) => Err(DecodeError::new(
            DecodeErrorKind::StringPastEnd,
            start.saturating_add(offset),
        )),
        None if data.is_empty() => Ok(EMPTY),
        None => Ok(data),
    }
}

/// Returns the start of the string that reaches past the end.
#[inline]
fn first_fault(data: &[u8]) -> Option<usize> {
    let mut position = 0;
    let mut start = 0;
    while let Some(&len) = data.get(position) {
        start = position;
        position = position.saturating_add(usize::from(len).saturating_add(1));
    }
    (position > data.len()).then_some(start)
}
