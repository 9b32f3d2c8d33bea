//! Lines as a shell would split them.

use super::{WordsError, split};

#[test]
fn words_are_split_as_a_shell_does() {
    let cases: [(&str, &[&str]); 14] = [
        ("", &[]),
        (" \t ", &[]),
        ("a b\tc", &["a", "b", "c"]),
        ("  a  ", &["a"]),
        ("'a b' c", &["a b", "c"]),
        ("\"a b\"c", &["a bc"]),
        (r#"'Dr. Who'"'"'s'"#, &["Dr. Who's"]),
        (r"a\ b", &["a b"]),
        (r#""a\"b\\c\d""#, &["a\"b\\cd"]),
        (r"'a\b'", &[r"a\b"]),
        ("'' \"\"", &["", ""]),
        ("$HOME *~`x`", &["$HOME", "*~`x`"]),
        ("größe\u{a0}x", &["größe\u{a0}x"]),
        ("a\u{0}b", &["a\u{0}b"]),
    ];
    for (line, words) in cases {
        assert_eq!(split(line).unwrap(), words, "{line}");
    }
}

#[test]
fn what_is_left_open_is_an_error_that_names_it() {
    assert_eq!(split("a 'b"), Err(WordsError::OpenQuote('\'')));
    assert_eq!(split("a \"b"), Err(WordsError::OpenQuote('"')));
    assert_eq!(split("\"b\\"), Err(WordsError::OpenQuote('"')));
    assert_eq!(split("b\\"), Err(WordsError::LastBackslash));
}
