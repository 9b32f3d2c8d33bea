//! Patterns for the labels of instances and hosts.
//!
//! In:  text with `*` for any number of characters, and `?` for one byte.
//! Out: whether a label matches, ignoring ASCII case.

use alloc::boxed::Box;
use core::fmt;

/// A pattern for one label: `*` stands for any bytes, `?` for one byte, everything else for itself,
/// ignoring ASCII case.
///
/// ```
/// use cooee_proto::reflect::Pattern;
///
/// let pattern = Pattern::new("Living Room*");
/// assert!(pattern.matches("living room speaker".as_bytes()));
/// assert!(!pattern.matches("Kitchen".as_bytes()));
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pattern(Box<str>);

impl Pattern {
    /// Creates a pattern. Every text is one.
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// Returns its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether a label matches. The time is proportional to the product of both lengths.
    pub fn matches(&self, label: &[u8]) -> bool {
        let (mut pattern, mut rest) = (self.0.as_bytes(), label);
        // What to return to: the pattern after the last `*`, and what that `*` has not taken yet.
        let mut retry: Option<(&[u8], &[u8])> = None;
        loop {
            match (pattern.split_first(), rest.split_first()) {
                (Some((b'*', after)), _) => {
                    retry = Some((after, rest));
                    pattern = after;
                }
                (Some((wanted, after)), Some((byte, tail))) if is_same(*wanted, *byte) => {
                    (pattern, rest) = (after, tail);
                }
                (None, None) => return true,
                _ => {
                    let Some((after, taken)) = retry else {
                        return false;
                    };
                    let Some((_, tail)) = taken.split_first() else {
                        return false;
                    };
                    retry = Some((after, tail));
                    (pattern, rest) = (after, tail);
                }
            }
        }
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

fn is_same(wanted: u8, byte: u8) -> bool {
    wanted == b'?' || wanted.eq_ignore_ascii_case(&byte)
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn stars_and_question_marks_stand_for_what_they_say() {
        for (pattern, label, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "anything at all", true),
            ("Office*", "oFFICE printer", true),
            ("*printer", "Office printer 2", false),
            ("*printer*", "Office Printer 2", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b", "xxaxxbxxc", false),
            ("**", "x", true),
        ] {
            assert_eq!(
                Pattern::new(pattern).matches(label.as_bytes()),
                expected,
                "{pattern} {label}"
            );
        }
    }
}
