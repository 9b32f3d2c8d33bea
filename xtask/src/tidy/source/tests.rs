//! The masks and the test lines.

use super::Source;

#[test]
fn comments_and_literals_leave_the_code() {
    let source = Source::new(
        "crates/a/src/b.rs",
        "let a = \"std::\"; // std::\nlet b = r#\"un\"safe\"#; /* a /* b */ c */ let c = 'x';\nfn f<'a>(x: &'a str) -> char { '\\'' }\n",
    );
    assert!(!source.code.contains("std"));
    assert!(!source.code.contains("safe"));
    assert!(source.code.contains("let c ="));
    assert!(source.code.contains("fn f<'a>(x: &'a str) -> char {"));
    assert!(source.comments.contains("// std::"));
    assert!(source.comments.contains("/* a /* b */ c */"));
    assert!(!source.comments.contains("let"));
    assert_eq!(source.code.len(), source.text.len());
    assert_eq!(source.comments.len(), source.text.len());
}

#[test]
fn text_beyond_ascii_keeps_offsets() {
    let source = Source::new("a.rs", "let é = \"ü€\"; // ß\nlet std_x = 1;\n");
    assert_eq!(source.code.len(), source.text.len());
    let (at, _) = source.words().find(|(_, word)| *word == "std_x").unwrap();
    assert_eq!(source.line_at(at), 2);
}

#[test]
fn items_under_cfg_test_are_test_lines() {
    let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n#[cfg(test)]\nmod more;\nfn d() {}\n";
    let source = Source::new("crates/a/src/lib.rs", text);
    let marks: Vec<bool> = (1..=9).map(|line| source.is_test_line(line)).collect();
    assert_eq!(
        marks,
        [false, true, true, true, true, false, true, true, false]
    );
    assert_eq!(source.plain_lines(), 3);
}

#[test]
fn what_is_compiled_without_tests_is_no_test_line() {
    let source = Source::new(
        "a.rs",
        "#[cfg(not(test))]\nfn a() {}\n#[cfg(any(test, x))]\nfn b() {}\n",
    );
    assert_eq!(source.plain_lines(), 4);
}

#[test]
fn test_folders_and_files_are_test_files() {
    for path in [
        "crates/a/src/b/tests.rs",
        "crates/a/tests/x.rs",
        "crates/a/benches/y.rs",
    ] {
        assert!(Source::new(path, "").is_test_file(), "{path}");
    }
    assert!(!Source::new("crates/a/src/latests.rs", "").is_test_file());
}
