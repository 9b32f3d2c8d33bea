//! Names from strangers, made harmless for a terminal.
//!
//! In:  text that came from the network.
//! Out: the same text, control and direction characters shown as `\u{..}`.

use std::borrow::Cow;
use std::fmt::Write;

/// Escapes what could move the cursor, change colours or turn the reading direction.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len().saturating_add(8));
    for c in text.chars() {
        if is_harmful(c) {
            // Writing to a `String` cannot fail.
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

fn is_harmful(c: char) -> bool {
    let turns = matches!(
        c,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
    );
    c.is_control() || turns
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn control_and_direction_characters_are_shown_not_obeyed() {
        let cases = [
            ("a\u{1b}[31mb", "a\\u{1b}[31mb"),
            ("a\nb\tc\r", "a\\u{a}b\\u{9}c\\u{d}"),
            ("\u{7f}\u{9b}", "\\u{7f}\\u{9b}"),
            ("x\u{202e}y\u{2066}", "x\\u{202e}y\\u{2066}"),
            ("\u{0}", "\\u{0}"),
        ];
        for (text, expected) in cases {
            assert_eq!(escape(text), expected);
        }
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
}
