//! The text form of names, in both directions.
//!
//! In:  text with RFC 1035 escapes, or labels.
//! Out: labels, or text that parses back to the same labels. RFC 1035 section 5.1, RFC 4343 section
//!      2.1, RFC 6763 section 4.3.

use core::fmt::{self, Write};
use core::str::FromStr;

use super::label::{unescape, write_escaped};
use super::{Name, NameError, NameRef, WireBuffer};
use crate::limits::LABEL_LEN_MAX;

impl FromStr for Name {
    type Err = NameError;

    /// Reads a name such as `Dr\. Who\.._http._tcp.local`; one dot at the end is optional.
    //= https://www.rfc-editor.org/rfc/rfc6763#section-4.3
    //# The backslash-escaping allows literal dots in the name
    //# (escaped) to be distinguished from label-separator dots (not
    //# escaped), and the resulting concatenated string may be safely passed
    //# to standard DNS APIs like res_query(), which will interpret the
    //# backslash-escaped string as intended.
    fn from_str(text: &str) -> Result<Self, NameError> {
        if text == "." {
            return Ok(Self::root());
        }
        let mut wire = WireBuffer::new();
        let mut label = LabelBuffer::new();
        let mut rest = text.as_bytes();
        while let Some((&byte, tail)) = rest.split_first() {
            rest = tail;
            match byte {
                b'.' => wire.push_label(label.take())?,
                b'\\' => {
                    let (literal, tail) = unescape(tail).ok_or(NameError::BadEscape)?;
                    label.push(literal)?;
                    rest = tail;
                }
                other => label.push(other)?,
            }
        }
        if !label.is_empty() || !text.ends_with('.') {
            wire.push_label(label.take())?;
        }
        wire.into_name()
    }
}

/// One label that is being read, on the stack.
struct LabelBuffer {
    bytes: [u8; LABEL_LEN_MAX],
    len: usize,
}

impl LabelBuffer {
    const fn new() -> Self {
        Self {
            bytes: [0; LABEL_LEN_MAX],
            len: 0,
        }
    }

    const fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn push(&mut self, byte: u8) -> Result<(), NameError> {
        *self
            .bytes
            .get_mut(self.len)
            .ok_or(NameError::LabelTooLong)? = byte;
        self.len = self.len.saturating_add(1);
        Ok(())
    }

    fn take(&mut self) -> &[u8] {
        let len = core::mem::take(&mut self.len);
        self.bytes.get(..len).unwrap_or_default()
    }
}

impl fmt::Display for Name {
    /// Writes the name with escapes, without a final dot unless the alternate form (`{:#}`) is
    /// requested. The root is `.` in both.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_labels(self.labels().map(Some), f)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

impl fmt::Display for NameRef<'_> {
    /// Writes the same as [`Name`]; a malformed name ends in `<malformed>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_labels(self.labels().map(Result::ok), f)
    }
}

fn write_labels<'a>(
    labels: impl Iterator<Item = Option<&'a [u8]>>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let mut any = false;
    for label in labels {
        if any {
            f.write_char('.')?;
        }
        any = true;
        match label {
            Some(label) => write_label(label, f)?,
            None => return f.write_str("<malformed>"),
        }
    }
    if !any || f.alternate() {
        f.write_char('.')?;
    }
    Ok(())
}

/// Writes one label, in which dots do not separate.
//= https://www.rfc-editor.org/rfc/rfc6763#section-4.3
//# preceding literal dots with a backslash (so "." becomes "\.").
//# Likewise, any backslashes in the <Instance> portion should also be
//# escaped by preceding them with a backslash (so "\" becomes "\\").
fn write_label(label: &[u8], out: &mut impl Write) -> fmt::Result {
    write_escaped(label, true, out)
}
