//! A stable text form of messages and records.
//!
//! In:  a message, read in place, or an owned record.
//! Out: lines of text, the same for the same message, one per question or record. The form is close
//!      to that of RFC 1035 section 5: owner, TTL, class, type and data.

use core::fmt::{self, Write};

use crate::error::DecodeError;
use crate::message::Message;
use crate::name::Name;
use crate::question::QuestionRef;
use crate::rdata::{RData, RDataRef, TxtStrings, TypeBitmapTypes};
use crate::record::{Record, RecordRef, Section};

/// Shows a whole message as text.
///
/// A fault is shown in place of the item that has it, as `; malformed: reason at byte offset`.
#[derive(Clone, Copy, Debug)]
pub struct Dig<'m>(pub &'m Message<'m>);

impl fmt::Display for Dig<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = self.0;
        write_header(message, f)?;
        for question in message.questions() {
            match question {
                Ok(question) => write_question(&question, f)?,
                Err(_) => break,
            }
        }
        let mut before = None;
        for record in message.records() {
            match record {
                Ok((section, record)) => {
                    if before != Some(section) {
                        writeln!(f, "; {}", section_name(section))?;
                        before = Some(section);
                    }
                    write_record_ref(&record, f)?;
                }
                Err(error) => write_fault(error, f)?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for QuestionRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unicast = if self.unicast_response {
            ",unicast"
        } else {
            ""
        };
        write!(f, "{:#} {}{unicast} {}", self.name, self.class, self.rtype)
    }
}

fn write_header(message: &Message<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let header = message.header();
    let flags = header.flags;
    f.write_str(if flags.is_response() {
        "; response"
    } else {
        "; query"
    })?;
    write!(
        f,
        " id {} opcode {} rcode {}",
        header.id,
        flags.opcode(),
        flags.rcode().0
    )?;
    if flags.authoritative() {
        f.write_str(" aa")?;
    }
    if flags.truncated() {
        f.write_str(" tc")?;
    }
    let counts = header.counts;
    writeln!(
        f,
        " questions {} answers {} authorities {} additionals {}",
        counts.questions, counts.answers, counts.authorities, counts.additionals
    )
}

const fn section_name(section: Section) -> &'static str {
    match section {
        Section::Answer => "answers",
        Section::Authority => "authorities",
        Section::Additional => "additionals",
    }
}

fn write_question(question: &QuestionRef<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f, "? {question}")
}

fn write_fault(error: DecodeError, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f, "; malformed: {error}")
}

fn write_record_ref(record: &RecordRef<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match record.to_record() {
        Ok(record) => writeln!(f, "{record}"),
        Err(error) => {
            write!(
                f,
                "{:#} {} {} {} ",
                record.name, record.ttl, record.class, record.rtype
            )?;
            write_fault(error, f)
        }
    }
}

impl fmt::Display for RecordRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_record() {
            Ok(record) => write_record(&record, f),
            Err(error) => write!(f, "{:#} {} malformed: {error}", self.name, self.rtype),
        }
    }
}

impl fmt::Display for RDataRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_owned() {
            Ok(data) => write_data(&data, f),
            Err(error) => write!(f, "malformed: {error}"),
        }
    }
}

impl fmt::Display for RData {
    /// Writes the data in the form of zone files; types without a form of their own in the form of
    /// RFC 3597. Names in it end with a dot only in the alternate form (`{:#}`), as those of [`Name`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_data(self, f)
    }
}

impl fmt::Display for Record {
    /// Writes owner, TTL, class, type and data on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_record(self, f)
    }
}

/// Writes owner, TTL, class, type and data on one line, without the line end.
fn write_record(record: &Record, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Record {
        name,
        ttl,
        class,
        cache_flush,
        data,
    } = record;
    let flush = if *cache_flush { ",flush" } else { "" };
    write!(f, "{name:#} {ttl} {class}{flush} {} {data:#}", data.rtype())
}

fn write_data(data: &RData, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match data {
        RData::A(address) => fmt::Display::fmt(address, f),
        RData::Aaaa(address) => fmt::Display::fmt(address, f),
        RData::Ptr(name) | RData::Cname(name) => fmt::Display::fmt(name, f),
        RData::Srv(srv) => {
            write!(f, "{} {} {} ", srv.priority, srv.weight, srv.port)?;
            fmt::Display::fmt(&srv.target, f)
        }
        RData::Txt(txt) => write_strings(txt.strings(), f),
        RData::Nsec(nsec) => write_nsec(&nsec.next, nsec.types.iter(), f),
        RData::Hinfo(hinfo) => {
            write_string(hinfo.cpu(), f)?;
            f.write_char(' ')?;
            write_string(hinfo.os(), f)
        }
        RData::Opaque { bytes, .. } => write_opaque(bytes, f),
    }
}

fn write_nsec(next: &Name, types: TypeBitmapTypes<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    fmt::Display::fmt(next, f)?;
    for rtype in types {
        write!(f, " {rtype}")?;
    }
    Ok(())
}

fn write_strings(strings: TxtStrings<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, string) in strings.enumerate() {
        if index > 0 {
            f.write_char(' ')?;
        }
        write_string(string, f)?;
    }
    Ok(())
}

/// Writes a string in quotes: `"` and `\` after a backslash, UTF-8 unchanged, other bytes as
/// `\DDD`.
fn write_string(string: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_char('"')?;
    for chunk in string.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_control() {
                write_decimal(character.encode_utf8(&mut [0; 4]).as_bytes(), f)?;
                continue;
            }
            if matches!(character, '"' | '\\') {
                f.write_char('\\')?;
            }
            f.write_char(character)?;
        }
        write_decimal(chunk.invalid(), f)?;
    }
    f.write_char('"')
}

fn write_decimal(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "\\{byte:03}"))
}

fn write_opaque(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "\\# {}", bytes.len())?;
    if !bytes.is_empty() {
        f.write_char(' ')?;
    }
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

#[cfg(test)]
mod tests;
