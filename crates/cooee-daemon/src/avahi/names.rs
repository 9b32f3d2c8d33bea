//! Names in Avahi's text form: labels with `\.`, `\\` and `\DDD`, joined by dots.
//!
//! In:  text that a client gave; names and labels of the library.
//! Out: plain labels; escaped text, in which every byte but letters, digits, `-` and `_` is escaped.

use std::fmt::Write as _;
use std::str::Chars;

use cooee::Name;

/// Reads the first label of a text: the label without escapes, and the text after its dot.
///
/// Returns `None` for a wrong escape, a label of more than 63 bytes, or one that is not UTF-8.
pub fn unescape_label(text: &str) -> Option<(String, &str)> {
    let mut characters = text.chars();
    let mut label = Vec::new();
    while let Some(character) = characters.next() {
        match character {
            '.' => break,
            '\\' => label.push(escaped(&mut characters)?),
            _ => label.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    if label.len() > LABEL_BYTES_MAX {
        return None;
    }
    let label = String::from_utf8(label).ok()?;
    Some((label, characters.as_str()))
}

/// Reads what follows a backslash.
fn escaped(characters: &mut Chars<'_>) -> Option<u8> {
    let first = characters.next()?;
    if matches!(first, '.' | '\\') {
        return u8::try_from(first).ok();
    }
    let mut digits = String::from(first);
    digits.extend(characters.by_ref().take(2));
    let is_number = digits.len() == 3 && digits.bytes().all(|digit| digit.is_ascii_digit());
    let byte = digits.parse::<u8>().ok()?;
    (is_number && byte != 0).then_some(byte)
}

/// Appends a label in text form.
pub fn escape_label(label: &[u8], text: &mut String) {
    for byte in label {
        match byte {
            b'.' | b'\\' => {
                text.push('\\');
                text.push(char::from(*byte));
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => text.push(char::from(*byte)),
            _ => {
                // Writing to a `String` cannot fail.
                let _ = write!(text, "\\{byte:03}");
            }
        }
    }
}

/// Returns the labels of a domain name, without escapes; a trailing dot is allowed.
///
/// Returns `None` if it is not a valid domain name. The empty text is the root, without labels.
pub fn labels(text: &str) -> Option<Vec<String>> {
    if text.len() > NAME_TEXT_BYTES_MAX {
        return None;
    }
    let mut labels = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (label, after) = unescape_label(rest)?;
        rest = after;
        if label.is_empty() {
            // A dot alone is the root.
            return (labels.is_empty() && rest.is_empty()).then_some(labels);
        }
        labels.push(label);
    }
    Some(labels)
}

/// Joins labels in text form.
pub fn join<'a>(labels: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut text = String::new();
    for (index, label) in labels.into_iter().enumerate() {
        if index > 0 {
            text.push('.');
        }
        escape_label(label, &mut text);
    }
    text
}

/// Returns a domain name in its one text form, without a trailing dot.
pub fn normalize(text: &str) -> Option<String> {
    Some(join(labels(text)?.iter().map(String::as_bytes)))
}

/// Returns a name of the library in text form.
pub fn of(name: &Name) -> String {
    join(name.labels())
}

/// Reads a name of the library; `None` if it is not valid or longer than on the wire allowed.
pub fn read(text: &str) -> Option<Name> {
    Name::from_labels(labels(text)?.iter().map(String::as_bytes)).ok()
}

/// The most bytes of a label (RFC 1035 section 2.3.4).
pub const LABEL_BYTES_MAX: usize = 63;

/// The most bytes of a name in text form; Avahi's buffers hold one more for the end.
pub const NAME_TEXT_BYTES_MAX: usize = 1_013;
