//! Writing a message.
//!
//! In:  questions and records, section by section, and a budget in bytes.
//! Out: the bytes of a message in the caller's buffer; an item that does not fit is rolled back
//!      completely. RFC 1035 section 4.1, RFC 6762 sections 17, 18.13 and 18.14.

mod compress;

use alloc::vec::Vec;
use core::fmt;

use crate::class::Class;
use crate::header::{Counts, Flags, Header};
use crate::name::Name;
use crate::rdata::{Piece, RData, is_compressed, layout};
use crate::record::{Record, Section};
use crate::rtype::RecordType;
use crate::ttl::Ttl;

use compress::{Found, Known, Table};

/// Writes a message into a buffer, within a budget.
///
/// Questions come first, then the sections in their order. Names are compressed where the format
/// allows it; the case of names is kept.
#[derive(Debug)]
pub struct MessageBuilder<'b> {
    buffer: &'b mut Vec<u8>,
    header: Header,
    budget: usize,
    stage: Stage,
    legacy: bool,
    table: Table,
}

/// The parts of a record to write, borrowed.
#[derive(Copy, Clone, Debug)]
pub struct RecordFields<'r> {
    /// The name that owns the record.
    pub name: &'r Name,
    /// The class of the record.
    pub class: Class,
    /// Whether older records of the same name, type and class are to be flushed.
    pub cache_flush: bool,
    /// How long the record may be kept.
    pub ttl: Ttl,
    /// The data of the record.
    pub data: &'r RData,
}

/// The item was left out: the budget is used up, the section already holds 65,535 items, or a later
/// section was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the item does not fit into the message")
    }
}

impl core::error::Error for Full {}

/// A state of a [`MessageBuilder`] to which it can return.
#[derive(Clone, Copy, Debug)]
pub struct Checkpoint {
    len: usize,
    names: Known,
    header: Header,
    stage: Stage,
}

/// The part of the message that is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Questions,
    Answers,
    Authorities,
    Additionals,
}

impl<'r> From<&'r Record> for RecordFields<'r> {
    fn from(record: &'r Record) -> Self {
        let Record {
            name,
            class,
            ttl,
            cache_flush,
            data,
        } = record;
        Self {
            name,
            class: *class,
            cache_flush: *cache_flush,
            ttl: *ttl,
            data,
        }
    }
}

impl<'b> MessageBuilder<'b> {
    /// Starts a message of at most `budget` bytes in `buffer`, which is cleared first.
    ///
    /// The header is always written, even if the budget is less than its twelve bytes.
    #[inline]
    #[must_use]
    pub fn new(buffer: &'b mut Vec<u8>, id: u16, flags: Flags, budget: usize) -> Self {
        let header = Header {
            id,
            flags,
            counts: Counts::default(),
        };
        buffer.clear();
        buffer.extend_from_slice(&header.to_bytes());
        Self {
            buffer,
            header,
            budget,
            stage: Stage::Questions,
            legacy: false,
            table: Table::new(),
        }
    }

    /// Writes for a reader of conventional DNS: names in SRV data are not compressed.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-18.14
    //# In legacy unicast responses generated to answer legacy queries, name
    //# compression MUST NOT be performed on SRV records.
    #[inline]
    #[must_use]
    pub const fn legacy(mut self) -> Self {
        self.legacy = true;
        self
    }

    /// Returns the length of the message so far in bytes, including the header.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Returns whether the message holds neither questions nor records.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.header.counts == Counts::default()
    }

    /// Returns how many items each section holds so far.
    #[inline]
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.header.counts
    }

    /// Sets the truncation bit: more known answers follow, or the rest did not fit.
    pub const fn set_truncated(&mut self) {
        self.header.flags = self.header.flags.with_truncated(true);
    }

    /// Appends a question.
    ///
    /// # Errors
    ///
    /// Returns [`Full`] if it does not fit or if a record was written before; the message stays
    /// unchanged.
    pub fn question(
        &mut self,
        name: &Name,
        rtype: RecordType,
        class: Class,
        unicast_response: bool,
    ) -> Result<(), Full> {
        self.item(Stage::Questions, |builder| {
            builder.write_name(name);
            let [t0, t1] = rtype.0.to_be_bytes();
            let [c0, c1] = class.to_field(unicast_response).to_be_bytes();
            builder.buffer.extend_from_slice(&[t0, t1, c0, c1]);
            true
        })
    }

    /// Appends a record to a section.
    ///
    /// # Errors
    ///
    /// Returns [`Full`] if it does not fit or if a later section was begun; the message stays
    /// unchanged.
    pub fn record(&mut self, section: Section, record: RecordFields<'_>) -> Result<(), Full> {
        let stage = match section {
            Section::Answer => Stage::Answers,
            Section::Authority => Stage::Authorities,
            Section::Additional => Stage::Additionals,
        };
        self.item(stage, |builder| builder.write_record(&record))
    }

    /// Returns the present state, for [`MessageBuilder::rollback`].
    #[inline]
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            len: self.len(),
            names: self.table.known(),
            header: self.header,
            stage: self.stage,
        }
    }

    /// Returns to an earlier state of this builder.
    #[inline]
    pub fn rollback(&mut self, checkpoint: Checkpoint) {
        self.buffer.truncate(checkpoint.len);
        self.table.forget(checkpoint.names);
        self.header = checkpoint.header;
        self.stage = checkpoint.stage;
    }

    /// Writes the header and returns the length of the message in bytes.
    pub fn finish(self) -> usize {
        if let Some(header) = self.buffer.first_chunk_mut() {
            *header = self.header.to_bytes();
        }
        self.buffer.len()
    }

    /// Writes one item, or nothing of it.
    #[inline]
    fn item(&mut self, stage: Stage, write: impl FnOnce(&mut Self) -> bool) -> Result<(), Full> {
        if stage < self.stage {
            return Err(Full);
        }
        let (len, names) = (self.buffer.len(), self.table.known());
        let written = write(self) && self.buffer.len() <= self.budget;
        if !written || !self.count(stage) {
            self.buffer.truncate(len);
            self.table.forget(names);
            return Err(Full);
        }
        self.stage = stage;
        Ok(())
    }

    #[inline]
    fn count(&mut self, stage: Stage) -> bool {
        let counts = &mut self.header.counts;
        let count = match stage {
            Stage::Questions => &mut counts.questions,
            Stage::Answers => &mut counts.answers,
            Stage::Authorities => &mut counts.authorities,
            Stage::Additionals => &mut counts.additionals,
        };
        let Some(more) = count.checked_add(1) else {
            return false;
        };
        *count = more;
        true
    }

    #[inline]
    fn write_name(&mut self, name: &Name) {
        self.write_wire(name.as_wire());
    }

    //= https://www.rfc-editor.org/rfc/rfc6762#section-18.14
    //# When a query contains more than one question, successive
    //# questions in the same message often contain similar names, and
    //# consequently name compression SHOULD be used, to save bytes.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-18.14
    //# In
    //# addition, queries may also contain Known Answers in the Answer
    //# Section, or probe tiebreaking data in the Authority Section, and
    //# these names SHOULD similarly be compressed for network efficiency.
    #[inline]
    fn write_wire(&mut self, wire: &[u8]) {
        match self.table.look_up(wire) {
            Found::At(pointer) => self.buffer.extend_from_slice(&pointer),
            Found::No { tag } => self.table.write(wire, tag, self.buffer),
        }
    }

    /// Writes a record. Returns whether its data has a length that a record can state.
    #[inline]
    fn write_record(&mut self, record: &RecordFields<'_>) -> bool {
        let rtype = record.data.rtype();
        let [t0, t1] = rtype.0.to_be_bytes();
        let class = if rtype == RecordType::OPT {
            record.class.0
        } else {
            record.class.to_field(record.cache_flush)
        };
        let [c0, c1] = class.to_be_bytes();
        let [l0, l1, l2, l3] = record.ttl.0.to_be_bytes();
        let wire = record.name.as_wire();
        match self.table.look_up(wire) {
            Found::At([p0, p1]) => {
                let fields = [p0, p1, t0, t1, c0, c1, l0, l1, l2, l3, 0, 0];
                self.buffer.extend_from_slice(&fields);
            }
            Found::No { tag } => {
                self.table.write(wire, tag, self.buffer);
                self.buffer
                    .extend_from_slice(&[t0, t1, c0, c1, l0, l1, l2, l3, 0, 0]);
            }
        }
        let start = self.buffer.len();
        self.write_data(record.data);
        let Ok(len) = u16::try_from(self.buffer.len().saturating_sub(start)) else {
            return false;
        };
        let fixed = self
            .buffer
            .get_mut(..start)
            .and_then(<[u8]>::last_chunk_mut);
        fixed.map(|field| *field = len.to_be_bytes()).is_some()
    }

    //= https://www.rfc-editor.org/rfc/rfc6762#section-18.14
    //# When generating Multicast DNS messages, implementations SHOULD use
    //# name compression wherever possible to compress the names of resource
    //# records, by replacing some or all of the resource record name with a
    //# compact two-byte reference to an appearance of that data somewhere
    //# earlier in the message [RFC1035].
    #[inline]
    fn write_data(&mut self, data: &RData) {
        match data {
            RData::A(address) => self.buffer.extend_from_slice(&address.octets()),
            RData::Aaaa(address) => self.buffer.extend_from_slice(&address.octets()),
            RData::Ptr(name) | RData::Cname(name) => self.write_name(name),
            RData::Srv(srv) => {
                self.buffer.extend_from_slice(&srv.fixed());
                if self.legacy {
                    self.buffer.extend_from_slice(srv.target.as_wire());
                } else {
                    self.write_name(&srv.target);
                }
            }
            RData::Txt(txt) => self.buffer.extend_from_slice(txt.as_bytes()),
            RData::Nsec(nsec) => {
                self.write_name(&nsec.next);
                self.buffer.extend_from_slice(nsec.types.as_bytes());
            }
            RData::Hinfo(hinfo) => self.buffer.extend_from_slice(hinfo.as_bytes()),
            RData::Opaque { rtype, bytes } => self.write_opaque(*rtype, bytes),
        }
    }

    /// Writes data of other types; names in it are compressed if the type allows it.
    fn write_opaque(&mut self, rtype: RecordType, bytes: &[u8]) {
        let (start, names) = (self.buffer.len(), self.table.known());
        if !is_compressed(rtype) || self.write_pieces(rtype, bytes).is_none() {
            self.buffer.truncate(start);
            self.table.forget(names);
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// Writes data piece by piece; `None` if it does not have the form of its type.
    fn write_pieces(&mut self, rtype: RecordType, bytes: &[u8]) -> Option<()> {
        let mut rest = bytes;
        for piece in layout(rtype) {
            let (taken, tail) = match piece {
                Piece::Bytes(len) => rest.split_at_checked(*len)?,
                Piece::Name => {
                    let len = compress::whole_name_len(rest)?;
                    rest.split_at_checked(len)?
                }
            };
            match piece {
                Piece::Bytes(_) => self.buffer.extend_from_slice(taken),
                Piece::Name => self.write_wire(taken),
            }
            rest = tail;
        }
        if layout(rtype).is_empty() {
            self.buffer.extend_from_slice(bytes);
            rest = &[];
        }
        rest.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests;
