//! A received message, read in place.
//!
//! In:  the bytes of a datagram.
//! Out: [`Message`]: its header, and iterators over questions and records. Nothing is allocated,
//!      and nothing is read before it is used. RFC 1035 section 4.1.

use crate::class::Class;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::header::Header;
use crate::limits::HEADER_LEN;
use crate::name::{NameRef, skip_name};
use crate::question::QuestionRef;
use crate::record::{RecordRef, Section};
use crate::rtype::RecordType;
use crate::ttl::Ttl;

/// A message, borrowed from the bytes of a datagram.
#[derive(Copy, Clone, Debug)]
pub struct Message<'a> {
    header: Header,
    bytes: &'a [u8],
}

impl<'a> Message<'a> {
    /// Reads the header; the sections are read when they are iterated.
    ///
    /// # Errors
    ///
    /// Returns an error if there are fewer than twelve bytes.
    #[inline]
    pub fn parse(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        Ok(Self {
            header: Header::parse(bytes)?,
            bytes,
        })
    }

    /// Returns the header.
    #[inline]
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Returns the bytes of the whole message.
    #[inline]
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Returns the questions. A question that is cut short is one error, and then the iteration
    /// ends.
    #[inline]
    #[must_use]
    pub const fn questions(&self) -> Questions<'a> {
        Questions {
            message: self.bytes,
            position: HEADER_LEN,
            left: self.header.counts.questions,
        }
    }

    /// Returns the records of all three sections in one pass.
    ///
    /// If the end of a question or record cannot be found, there is one error and the iteration
    /// ends. Malformed record data costs only that record.
    #[inline]
    #[must_use]
    pub const fn records(&self) -> Records<'a> {
        let counts = &self.header.counts;
        let additionals = counts.additionals as u32;
        let not_answers = (counts.authorities as u32).saturating_add(additionals);
        Records {
            questions: self.questions(),
            left: (counts.answers as u32).saturating_add(not_answers),
            not_answers,
            additionals,
        }
    }

    /// Returns the records of the answer section.
    #[inline]
    #[must_use]
    pub const fn answers(&self) -> SectionRecords<'a> {
        self.section(Section::Answer)
    }

    /// Returns the records of the authority section.
    #[inline]
    #[must_use]
    pub const fn authorities(&self) -> SectionRecords<'a> {
        self.section(Section::Authority)
    }

    /// Returns the records of the additional section.
    #[inline]
    #[must_use]
    pub const fn additionals(&self) -> SectionRecords<'a> {
        self.section(Section::Additional)
    }

    const fn section(&self, section: Section) -> SectionRecords<'a> {
        let mut records = self.records();
        // Bytes after the section are not read, so their faults are not reported.
        let after = match section {
            Section::Answer => records.not_answers,
            Section::Authority => records.additionals,
            Section::Additional => 0,
        };
        records.left = records.left.saturating_sub(after);
        records.not_answers = records.not_answers.saturating_sub(after);
        records.additionals = records.additionals.saturating_sub(after);
        SectionRecords { records, section }
    }
}

/// The questions of a message.
#[derive(Clone, Debug)]
pub struct Questions<'a> {
    message: &'a [u8],
    position: usize,
    left: u16,
}

impl<'a> Questions<'a> {
    #[inline]
    fn read(&mut self) -> Result<QuestionRef<'a>, DecodeError> {
        let start = self.position;
        let fixed = skip_name(self.message, start)?;
        let rest = self.message.get(fixed..).unwrap_or_default();
        let Some(&[t0, t1, c0, c1]) = rest.first_chunk() else {
            return Err(DecodeError::new(DecodeErrorKind::QuestionTruncated, start));
        };
        self.position = fixed.saturating_add(4);
        let (class, unicast_response) = Class::from_field(u16::from_be_bytes([c0, c1]));
        Ok(QuestionRef {
            name: NameRef::new(self.message, start),
            rtype: RecordType(u16::from_be_bytes([t0, t1])),
            class,
            unicast_response,
        })
    }

    /// Skips all remaining questions.
    #[inline(never)]
    fn pass(&mut self) -> Result<(), DecodeError> {
        self.by_ref().try_for_each(|question| question.map(drop))
    }
}

impl<'a> Iterator for Questions<'a> {
    type Item = Result<QuestionRef<'a>, DecodeError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let question = self.read();
        if question.is_err() {
            self.left = 0;
        }
        Some(question)
    }
}

/// The records of all three sections of a message.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    // Skipped first; its position is then that of the next record.
    questions: Questions<'a>,
    // How many records are left, how many of them are not answers, and how many are additional.
    left: u32,
    not_answers: u32,
    additionals: u32,
}

impl<'a> Records<'a> {
    /// Returns the section of the next record.
    #[inline]
    const fn section(&self) -> Section {
        if self.left > self.not_answers {
            Section::Answer
        } else if self.left > self.additionals {
            Section::Authority
        } else {
            Section::Additional
        }
    }

    #[inline(always)]
    fn read(&mut self) -> Result<RecordRef<'a>, DecodeError> {
        let message = self.questions.message;
        let start = self.questions.position;
        let fixed = skip_name(message, start)?;
        let rest = message.get(fixed..).unwrap_or_default();
        let Some(&[t0, t1, c0, c1, l0, l1, l2, l3, n0, n1]) = rest.first_chunk() else {
            return Err(DecodeError::new(DecodeErrorKind::RecordTruncated, start));
        };
        let rdata_start = fixed.saturating_add(10);
        let rdata_len = u16::from_be_bytes([n0, n1]);
        let rdata_end = rdata_start.saturating_add(usize::from(rdata_len));
        if rdata_end > message.len() {
            return Err(DecodeError::new(DecodeErrorKind::RdataPastEnd, rdata_start));
        }
        self.questions.position = rdata_end;
        let rtype = RecordType(u16::from_be_bytes([t0, t1]));
        let class_field = u16::from_be_bytes([c0, c1]);
        //= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
        //# In particular, the
        //# rrclass field of an OPT record encodes the sender's UDP payload size,
        //# and should be interpreted as a sixteen-bit length value in the range
        //# 0-65535, not a one-bit flag and a fifteen-bit length.
        let (class, cache_flush) = if rtype == RecordType::OPT {
            (Class(class_field), false)
        } else {
            Class::from_field(class_field)
        };
        let ttl_field = u32::from_be_bytes([l0, l1, l2, l3]);
        // In OPT the field holds flags, not a time.
        let ttl = if rtype == RecordType::OPT {
            Ttl(ttl_field)
        } else {
            Ttl::from_field(ttl_field)
        };
        let name = NameRef::new(message, start);
        Ok(RecordRef {
            name,
            rtype,
            class,
            cache_flush,
            ttl,
            rdata_start,
            rdata_len,
        })
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<(Section, RecordRef<'a>), DecodeError>;

    // The item is large: inlining avoids copying it.
    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        if self.questions.left > 0 {
            if let Err(error) = self.questions.pass() {
                self.left = 0;
                return Some(Err(error));
            }
        }
        let section = self.section();
        self.left = self.left.checked_sub(1)?;
        match self.read() {
            Ok(record) => Some(Ok((section, record))),
            Err(error) => {
                self.left = 0;
                Some(Err(error))
            }
        }
    }
}

/// The records of one section of a message.
#[derive(Clone, Debug)]
pub struct SectionRecords<'a> {
    records: Records<'a>,
    section: Section,
}

impl<'a> Iterator for SectionRecords<'a> {
    type Item = Result<RecordRef<'a>, DecodeError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.records.next()? {
                Ok((section, record)) if section == self.section => return Some(Ok(record)),
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

#[cfg(test)]
mod tests;
