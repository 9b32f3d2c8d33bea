//! HINFO: processor and operating system.
//!
//! In:  record data, or two strings.
//! Out: [`HinfoRef`] and [`Hinfo`].
//! RFC 1035 section 3.3.2.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::txt::{TxtError, TxtStrings};
use crate::error::{DecodeError, DecodeErrorKind};
use crate::limits::STRING_LEN_MAX;

/// The data of an HINFO record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hinfo {
    wire: Arc<[u8]>,
}

/// The data of an HINFO record, borrowed from the message.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct HinfoRef<'a> {
    wire: &'a [u8],
}

impl Hinfo {
    /// Creates the data from two strings.
    ///
    /// # Errors
    ///
    /// Returns an error if a string is longer than 255 bytes.
    pub fn new(cpu: &[u8], os: &[u8]) -> Result<Self, TxtError> {
        let mut wire = Vec::new();
        for string in [cpu, os] {
            if string.len() > STRING_LEN_MAX {
                return Err(TxtError::StringTooLong);
            }
            wire.push(string.len() as u8);
            wire.extend_from_slice(string);
        }
        Ok(Self {
            wire: Arc::from(wire),
        })
    }

    /// Returns the kind of processor.
    #[must_use]
    pub fn cpu(&self) -> &[u8] {
        self.as_ref().cpu()
    }

    /// Returns the kind of operating system.
    #[must_use]
    pub fn os(&self) -> &[u8] {
        self.as_ref().os()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.wire
    }

    fn as_ref(&self) -> HinfoRef<'_> {
        HinfoRef { wire: &self.wire }
    }
}

impl<'a> HinfoRef<'a> {
    /// Checks HINFO data that starts at `start` of the message.
    pub(crate) fn read(wire: &'a [u8], start: usize) -> Result<Self, DecodeError> {
        let mut rest = wire;
        for _ in 0..2 {
            let split = rest.split_first();
            let tail = split.and_then(|(&len, tail)| tail.get(usize::from(len)..));
            rest = tail.ok_or(DecodeError::new(DecodeErrorKind::StringPastEnd, start))?;
        }
        if !rest.is_empty() {
            return Err(DecodeError::new(DecodeErrorKind::RdataLength, start));
        }
        Ok(Self { wire })
    }

    /// Returns the kind of processor.
    #[must_use]
    pub fn cpu(&self) -> &'a [u8] {
        TxtStrings::new(self.wire).next().unwrap_or_default()
    }

    /// Returns the kind of operating system.
    #[must_use]
    pub fn os(&self) -> &'a [u8] {
        TxtStrings::new(self.wire).nth(1).unwrap_or_default()
    }

    pub(crate) const fn as_bytes(&self) -> &'a [u8] {
        self.wire
    }

    pub(crate) fn to_owned(self) -> Hinfo {
        Hinfo {
            wire: Arc::from(self.wire),
        }
    }
}
