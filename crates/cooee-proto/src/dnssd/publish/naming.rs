//! The next name to try when one is taken.
//!
//! In:  the name that is taken.
//! Out: `Name (2)` for people, `name-2` for hosts; at most 63 bytes, never half a character.
//! RFC 6762 section 9 and RFC 6763 appendix D.

use alloc::format;
use alloc::string::String;

/// The next instance label: `Printer`, `Printer (2)`, `Printer (3)`.
pub(crate) fn next_instance_label(label: &str) -> String {
    let numbered = label
        .strip_suffix(')')
        .and_then(|rest| rest.rsplit_once(" ("))
        .and_then(|(base, digits)| Some((base, next_number(digits)?)));
    let (base, number) = numbered.unwrap_or((label, FIRST_NUMBER));
    joined(base, &format!(" ({number})"))
}

/// The next host label: `printer`, `printer-2`, `printer-3`.
pub(crate) fn next_host_label(label: &str) -> String {
    let numbered = label
        .rsplit_once('-')
        .and_then(|(base, digits)| Some((base, next_number(digits)?)));
    let (base, number) = numbered.unwrap_or((label, FIRST_NUMBER));
    joined(base, &format!("-{number}"))
}

/// One more than a number that we might have put there: no sign, no leading zero, at least 2.
fn next_number(digits: &str) -> Option<u32> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    let number = digits
        .parse::<u32>()
        .ok()
        .filter(|number| plain && *number >= FIRST_NUMBER)?;
    number.checked_add(1)
}

/// The base, cut to where a character ends so that the suffix fits, and the suffix.
fn joined(base: &str, suffix: &str) -> String {
    let room = LABEL_LEN_MAX.saturating_sub(suffix.len());
    let end = (0..=room.min(base.len()))
        .rev()
        .find(|&at| base.is_char_boundary(at));
    let base = end.and_then(|end| base.get(..end)).unwrap_or_default();
    format!("{base}{suffix}")
}

const FIRST_NUMBER: u32 = 2;
/// RFC 1035 section 2.3.4.
const LABEL_LEN_MAX: usize = 63;

#[cfg(test)]
mod tests;
