//! Records, owned and borrowed.
//!
//! In:  a record section of a message, or the parts of a record.
//! Out: [`RecordRef`] with its data still unread, and [`Record`].
//! RFC 1035 section 4.1.3, RFC 6762 sections 10.2 and 18.13.

use crate::class::Class;
use crate::error::DecodeError;
use crate::name::{Name, NameRef};
use crate::rdata::{RData, RDataRef};
use crate::rtype::RecordType;
use crate::ttl::Ttl;

/// The section of a message that contains a record.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// Answers; in a query, known answers.
    Answer,
    /// Authorities; in a probe, the proposed records.
    Authority,
    /// Additional records.
    Additional,
}

/// A record, borrowed from the message; its data is read by [`RecordRef::data`].
#[derive(Copy, Clone, Debug)]
pub struct RecordRef<'a> {
    /// The name that owns the record.
    pub name: NameRef<'a>,
    /// The type of the record.
    pub rtype: RecordType,
    /// The class of the record.
    pub class: Class,
    /// Whether older records of the same name, type and class are to be flushed.
    pub cache_flush: bool,
    /// How long the record may be kept.
    pub ttl: Ttl,
    pub(crate) rdata_start: usize,
    pub(crate) rdata_len: u16,
}

impl<'a> RecordRef<'a> {
    /// Reads the data in place; names in it are read when they are used.
    ///
    /// # Errors
    ///
    /// Returns an error if the data does not have the form of its type. The next record is not
    /// affected.
    #[inline]
    pub fn data(&self) -> Result<RDataRef<'a>, DecodeError> {
        RDataRef::read(
            self.name.message(),
            self.rtype,
            self.rdata_start,
            self.rdata_end(),
        )
    }

    /// Returns the bytes of the data in the message; names in them may be compressed.
    #[inline]
    #[must_use]
    pub fn rdata_bytes(&self) -> &'a [u8] {
        let message = self.name.message();
        message
            .get(self.rdata_start..self.rdata_end())
            .unwrap_or_default()
    }

    #[inline]
    const fn rdata_end(&self) -> usize {
        self.rdata_start.saturating_add(self.rdata_len as usize)
    }

    /// Returns the record as an owned one.
    ///
    /// # Errors
    ///
    /// Returns an error if the owner name or the data is malformed.
    pub fn to_record(&self) -> Result<Record, DecodeError> {
        Ok(Record {
            name: self.name.to_name()?,
            class: self.class,
            ttl: self.ttl,
            cache_flush: self.cache_flush,
            data: self.data()?.to_owned()?,
        })
    }
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Record {
    /// The name that owns the record.
    pub name: Name,
    /// The class of the record.
    pub class: Class,
    /// How long the record may be kept.
    pub ttl: Ttl,
    /// Whether older records of the same name, type and class are to be flushed.
    pub cache_flush: bool,
    /// The data of the record.
    pub data: RData,
}

impl Record {
    /// Returns the type of the record.
    #[must_use]
    pub const fn rtype(&self) -> RecordType {
        self.data.rtype()
    }
}
