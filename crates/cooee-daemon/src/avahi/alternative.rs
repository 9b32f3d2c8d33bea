//! The next name after a conflict, in Avahi's form: `box-2` for hosts, `Web #2` for services.
//!
//! In:  the name that is in use.
//! Out: the next one, of at most 63 bytes; `None` if the given one is not valid.

use super::names::{LABEL_BYTES_MAX, escape_label, unescape_label};

/// Returns the next name of a host, both in text form with escapes.
pub fn host(text: &str) -> Option<String> {
    let (label, rest) = unescape_label(text)?;
    if label.is_empty() || !rest.is_empty() {
        return None;
    }
    let mut next = String::new();
    escape_label(host_label(&label).as_bytes(), &mut next);
    Some(next)
}

/// Returns the next label of a host, both without escapes.
pub fn host_label(label: &str) -> String {
    counted(label, "-")
}

/// Returns the next name of a service.
pub fn service(name: &str) -> Option<String> {
    let is_valid = !name.is_empty() && name.len() <= LABEL_BYTES_MAX;
    is_valid.then(|| counted(name, " #"))
}

/// Counts up the number after the last separator, or appends the number 2.
fn counted(text: &str, separator: &str) -> String {
    let numbered = text
        .rsplit_once(separator)
        .and_then(|(before, digits)| Some((before, number(digits)?)));
    let (before, number) = match numbered {
        // Avahi's numbers are those of a C `int`.
        Some((before, i32::MAX)) => (before, 1),
        Some((before, number)) => (before, number.saturating_add(1)),
        None => (text, 2),
    };
    let end = format!("{separator}{number}");
    let room = LABEL_BYTES_MAX.saturating_sub(end.len());
    let cut = before.floor_char_boundary_at(room);
    format!("{cut}{end}")
}

/// Reads a number without a leading zero; a larger one than can be counted is the largest.
fn number(digits: &str) -> Option<i32> {
    let is_number = digits.bytes().all(|digit| digit.is_ascii_digit());
    if digits.is_empty() || digits.starts_with('0') || !is_number {
        return None;
    }
    Some(digits.parse().unwrap_or(i32::MAX))
}

/// Cutting text at a character.
trait Cut {
    /// Returns the longest beginning of at most so many bytes that ends with a whole character.
    fn floor_char_boundary_at(&self, bytes_max: usize) -> &Self;
}

impl Cut for str {
    fn floor_char_boundary_at(&self, bytes_max: usize) -> &str {
        let mut end = bytes_max.min(self.len());
        while !self.is_char_boundary(end) {
            end = end.saturating_sub(1);
        }
        self.get(..end).unwrap_or(self)
    }
}
