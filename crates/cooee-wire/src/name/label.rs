//! The text form of one label, in both directions.
//!
//! In:  a label of any bytes, or its text.
//! Out: text that is the label itself if that can be read back; the label of a text. RFC 1035
//!      section 5.1, RFC 6763 section 4.3.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// Returns the text of one label, in which a dot is an ordinary character.
///
/// It is the label itself, if that is text that [`label_from_text`] reads back. Otherwise a
/// backslash precedes every backslash, and bytes that would not be visible are `\DDD`.
#[must_use]
pub fn label_to_text(label: &[u8]) -> Cow<'_, str> {
    if let Ok(plain) = core::str::from_utf8(label) {
        let shows = marked(plain).all(|(_, is_escaped)| !is_escaped);
        if shows && *label_from_text(plain) == *label {
            return Cow::Borrowed(plain);
        }
    }
    let mut text = String::with_capacity(label.len().saturating_mul(2));
    // Writing to a `String` cannot fail.
    let _ = write_escaped(label, false, &mut text);
    Cow::Owned(text)
}

/// Reads the text of one label: `\DDD` is a byte, `\\` a backslash and `\.` a dot. A backslash
/// before anything else stands for itself, like any other character.
#[must_use]
pub fn label_from_text(text: &str) -> Cow<'_, [u8]> {
    if !text.contains('\\') {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut label = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let escaped = (byte == b'\\').then(|| unescape(tail)).flatten();
        let (literal, tail) = match escaped {
            Some((literal, after)) if means_byte(tail) => (literal, after),
            Some(_) | None => (byte, tail),
        };
        label.push(literal);
        rest = tail;
    }
    Cow::Owned(label)
}

/// Reads the rest of an escape: three digits, or one byte that stands for itself.
pub(super) fn unescape(text: &[u8]) -> Option<(u8, &[u8])> {
    let (&first, rest) = text.split_first()?;
    if !first.is_ascii_digit() {
        return Some((first, rest));
    }
    let (digits, rest) = text.split_first_chunk::<3>()?;
    let mut value: u16 = 0;
    for digit in digits {
        let digit = u16::try_from(char::from(*digit).to_digit(10)?).ok()?;
        value = value.checked_mul(10)?.checked_add(digit)?;
    }
    Some((u8::try_from(value).ok()?, rest))
}

/// Returns whether the bytes after a backslash make it an escape.
fn means_byte(text: &[u8]) -> bool {
    text.first()
        .is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'\\' | b'.'))
}

/// Writes a label: UTF-8 unchanged; `\` and, if requested, `.` after a backslash; control
/// characters, other invisible ones, and bytes that are not UTF-8 as `\DDD`.
pub(super) fn write_escaped(
    label: &[u8],
    escape_dots: bool,
    out: &mut impl core::fmt::Write,
) -> core::fmt::Result {
    for chunk in label.utf8_chunks() {
        for (character, is_escaped) in marked(chunk.valid()) {
            if character == '\\' || (character == '.' && escape_dots) {
                out.write_char('\\')?;
            }
            if is_escaped {
                write_bytes(character.encode_utf8(&mut [0; 4]).as_bytes(), out)?;
            } else {
                out.write_char(character)?;
            }
        }
        write_bytes(chunk.invalid(), out)?;
    }
    Ok(())
}

fn write_bytes(bytes: &[u8], out: &mut impl core::fmt::Write) -> core::fmt::Result {
    bytes.iter().try_for_each(|byte| write!(out, "\\{byte:03}"))
}

/// Returns each character, and whether it is written as `\DDD`, because it would control a
/// terminal, change the reading direction, or be invisible.
fn marked(text: &str) -> impl Iterator<Item = (char, bool)> {
    let mut before = None;
    let mut characters = text.chars().peekable();
    core::iter::from_fn(move || {
        let character = characters.next()?;
        let joins = is_joiner(character) && joined(before) && joined(characters.peek().copied());
        before = Some(character);
        Some((character, is_unseen(character) && !joins))
    })
}

fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
        )
}

/// Returns whether the character joins two signs: emoji and some scripts are spelled with it.
fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}')
}

/// Returns whether a joiner has an effect beside this character: no script before Arabic uses it.
fn joined(character: Option<char>) -> bool {
    character.is_some_and(|character| character >= FIRST_JOINED && !is_unseen(character))
}

/// The first character of the Arabic block.
const FIRST_JOINED: char = '\u{600}';
