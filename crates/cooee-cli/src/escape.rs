//! Makes names from the network safe for a terminal.
//!
//! In:  text that came from the network.
//! Out: the same text, with control and direction characters as `\DDD`, one per byte, as in the
//!      text form of names (RFC 1035 section 5.1); for a terminal, or as JSON that is also safe
//!      there; or cut to the width of its place.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;

use unicode_width::UnicodeWidthStr;

/// Escapes what could move the cursor, change colours or turn the reading direction.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len().saturating_add(8));
    let mut before = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let joins = is_joiner(c) && joined(before) && joined(chars.peek().copied());
        before = Some(c);
        if is_unsafe(c) && !joins {
            push_bytes(&mut out, c.encode_utf8(&mut [0; 4]).as_bytes());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Shows a string of a TXT record exactly: a backslash is doubled, and bytes that are not UTF-8 are
/// `\DDD`.
pub(crate) fn exact(string: &[u8]) -> String {
    let mut out = String::with_capacity(string.len());
    for chunk in string.utf8_chunks() {
        out.push_str(&escape(&chunk.valid().replace('\\', r"\\")));
        push_bytes(&mut out, chunk.invalid());
    }
    out
}

fn push_bytes(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a `String` cannot fail.
        let _ = write!(out, "\\{byte:03}");
    }
}

/// Returns whether a character could control a terminal, or is invisible.
fn is_unsafe(c: char) -> bool {
    let unseen = matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    steers(c) || unseen
}

/// Returns whether a character is a control character, ends a line or changes the reading
/// direction.
fn steers(c: char) -> bool {
    let turns = matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    c.is_control() || turns
}

/// Returns whether a character joins two signs, as in emoji and in the scripts of Persia and India.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// Returns whether a joiner has an effect beside this character: no script before Arabic uses it.
fn joined(c: Option<char>) -> bool {
    c.is_some_and(|c| c >= '\u{600}' && !is_unsafe(c))
}

/// Writes JSON with every character escaped that could control a terminal; it reads as the same
/// text.
pub(crate) struct HarmlessJson;

impl serde_json::ser::Formatter for HarmlessJson {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| steers(*c)) {
            let (plain, tail) = rest.split_at(at);
            writer.write_all(plain.as_bytes())?;
            // None of them is beyond the first 65,536 characters, so one escape is enough.
            write!(writer, "\\u{:04x}", u32::from(c))?;
            rest = tail.get(c.len_utf8()..).unwrap_or_default();
        }
        writer.write_all(rest.as_bytes())
    }
}

/// Cuts a text that is too wide for its place, and marks the cut.
pub(crate) fn fit(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let mut cut = String::new();
    for c in text.chars() {
        // A sign that continues the one before it has no width of its own.
        cut.push(c);
        if cut.width() > room {
            cut.pop();
            break;
        }
    }
    if width > 0 {
        cut.push('\u{2026}');
    }
    cut
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use unicode_width::UnicodeWidthStr;

    use super::{HarmlessJson, escape, exact, fit};

    #[test]
    fn control_and_direction_characters_are_shown_not_obeyed() {
        let cases = [
            ("a\u{1b}[31mb", "a\\027[31mb"),
            ("a\nb\tc\r", "a\\010b\\009c\\013"),
            ("\u{7f}\u{9b}", "\\127\\194\\155"),
            ("x\u{202e}y\u{2066}", "x\\226\\128\\174y\\226\\129\\166"),
            ("\u{0}", "\\000"),
        ];
        for (text, expected) in cases {
            assert_eq!(escape(text), expected);
        }
    }

    #[test]
    fn a_string_of_a_txt_record_is_shown_exactly() {
        for (string, expected) in [
            (&b"path=C:\\x"[..], r"path=C:\\x"),
            (b"k=\x1b[2J", r"k=\027[2J"),
            (b"k=caf\xc8", r"k=caf\200"),
            ("k=\u{fc}\u{202e}".as_bytes(), "k=\u{fc}\\226\\128\\174"),
        ] {
            assert_eq!(exact(string), expected);
        }
    }

    #[test]
    fn a_joiner_is_shown_as_it_is_between_what_it_joins_and_nowhere_else() {
        for text in [
            "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
            "\u{2764}\u{fe0f}\u{200d}\u{1f525}",
            "\u{645}\u{6cc}\u{200c}\u{62e}",
        ] {
            assert_eq!(escape(text), text);
        }
        for (text, expected) in [
            ("a\u{200d}b", "a\\226\\128\\141b"),
            ("\u{1f468}\u{200d}", "\u{1f468}\\226\\128\\141"),
            ("\u{200c}\u{645}", "\\226\\128\\140\u{645}"),
            (
                "\u{1f468}\u{200d}\u{202e}",
                "\u{1f468}\\226\\128\\141\\226\\128\\174",
            ),
        ] {
            assert_eq!(escape(text), expected);
        }
    }

    #[test]
    fn json_is_harmless_for_a_terminal_and_reads_as_the_same_text() {
        let text = "\u{1b}\"\\ a\u{7f}\u{85}\u{9b}\u{9f}\u{a0}\u{61c}\u{200e}\u{2028}\u{202e}b\u{2069}\u{1f5a8}";
        let mut bytes = Vec::new();
        let mut writer = serde_json::Serializer::with_formatter(&mut bytes, HarmlessJson);
        text.serialize(&mut writer).unwrap();
        let json = String::from_utf8(bytes).unwrap();
        assert_eq!(
            json,
            "\"\\u001b\\\"\\\\ a\\u007f\\u0085\\u009b\\u009f\u{a0}\\u061c\\u200e\\u2028\\u202eb\\u2069\u{1f5a8}\""
        );
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    #[test]
    fn names_that_people_give_stay_as_they_are() {
        for text in [
            "Dr. Who's",
            "Kuche \u{fc} \u{1f5a8}",
            "\u{6771}\u{4eac} (2)",
            "a\\b",
        ] {
            assert_eq!(escape(text), text);
        }
    }

    #[test]
    fn a_text_is_cut_by_its_width_on_the_screen() {
        for (text, width, expected) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "ab\u{2026}"),
            ("\u{6771}\u{4eac}", 3, "\u{6771}\u{2026}"),
            ("\u{6771}\u{4eac}", 2, "\u{2026}"),
            ("ab", 0, ""),
        ] {
            assert_eq!(fit(text, width), expected);
            assert!(fit(text, width).width() <= width);
        }
    }
}
