//! Rules about one Rust file.
//!
//! In:  a parsed file.
//! Out: its violations.

use super::Finding;
use super::source::{Source, words};

/// The largest number of lines of a source file, without tests.
const LINES_MAX: usize = 500;

/// Crates that must not use the standard library.
const CORE: [&str; 2] = ["crates/cooee-wire/src/", "crates/cooee-proto/src/"];

/// The one crate that may contain unsafe code.
const UNSAFE: &str = "crates/cooee-net/";

/// Words that mark unfinished work.
const MARKERS: [&str; 3] = ["FIXME", "TODO", "XXX"];

/// Macros that must not be in finished code.
const MACROS: [&str; 3] = ["dbg", "todo", "unimplemented"];

/// Applies every rule about Rust files.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Findings {
        source,
        list: Vec::new(),
    };
    length(&mut findings);
    header(&mut findings);
    core_without_std(&mut findings);
    crate_root(&mut findings);
    unfinished(&mut findings);
    timing_cited(&mut findings);
    unsafe_reasons(&mut findings);
    let_chains(&mut findings);
    findings.list
}

/// Looks for marks of unfinished work in a file that is not Rust.
pub(super) fn check_markers(path: &str, text: &str) -> Vec<Finding> {
    let marked = text.lines().enumerate().filter_map(|(index, line)| {
        let (_, comment) = line.split_once('#')?;
        let marker = marker_in(comment)?;
        Some(Finding {
            path: path.to_owned(),
            line: index + 1,
            rule: "unfinished",
            message: format!("`{marker}`: do it, or file an issue"),
        })
    });
    marked.collect()
}

struct Findings<'a> {
    source: &'a Source,
    list: Vec<Finding>,
}

impl Findings<'_> {
    fn add(&mut self, line: usize, rule: &'static str, message: impl Into<String>) {
        let path = self.source.path.clone();
        self.list.push(Finding {
            path,
            line,
            rule,
            message: message.into(),
        });
    }
}

fn length(findings: &mut Findings<'_>) {
    let lines = findings.source.plain_lines();
    if lines > LINES_MAX && !findings.source.is_test_file() {
        findings.add(
            1,
            "length",
            format!("{lines} lines without tests; at most {LINES_MAX}: cut it"),
        );
    }
}

fn header(findings: &mut Findings<'_>) {
    let first = findings.source.text.lines().next().unwrap_or_default();
    let says = first.strip_prefix("//!").map(str::trim).unwrap_or_default();
    if says.is_empty() || says.eq_ignore_ascii_case("placeholder") {
        findings.add(
            1,
            "header",
            "the first line is a `//!` sentence saying what the file is for",
        );
    }
}

fn core_without_std(findings: &mut Findings<'_>) {
    let source = findings.source;
    if !CORE.iter().any(|folder| source.path.starts_with(folder)) {
        return;
    }
    for (at, word) in source.words() {
        let line = source.line_at(at);
        if word == "std" && !source.is_test_line(line) {
            findings.add(
                line,
                "core-std",
                "the core has `core` and `alloc` only, not `std`",
            );
        }
    }
    if source.path.ends_with("/src/lib.rs") && !has_attribute(source, "no_std") {
        findings.add(1, "core-std", "the crate root says `#![no_std]`");
    }
}

fn crate_root(findings: &mut Findings<'_>) {
    let source = findings.source;
    // In an example, whose head is copied, the lint of the workspace refuses it.
    if !is_crate_root(&source.path) || source.is_test_file() || source.path.starts_with(UNSAFE) {
        return;
    }
    if !has_attribute(source, "forbid(unsafe_code)") {
        findings.add(
            1,
            "forbid-unsafe",
            "the crate root says `#![forbid(unsafe_code)]`",
        );
    }
}

fn is_crate_root(path: &str) -> bool {
    path.ends_with("/src/lib.rs") || path.ends_with("/src/main.rs") || path.contains("/src/bin/")
}

fn has_attribute(source: &Source, attribute: &str) -> bool {
    source
        .code
        .lines()
        .any(|line| line.trim() == format!("#![{attribute}]"))
}

fn unfinished(findings: &mut Findings<'_>) {
    let source = findings.source;
    for (index, comment) in source.comments.lines().enumerate() {
        if comment.trim_start().starts_with("//#") {
            continue;
        }
        if let Some(marker) = marker_in(comment) {
            findings.add(
                index + 1,
                "unfinished",
                format!("`{marker}`: do it, or file an issue"),
            );
        }
    }
    for (at, word) in source.words() {
        let calls = source
            .code
            .get(at + word.len()..)
            .is_some_and(|rest| rest.starts_with('!'));
        if calls && MACROS.contains(&word) {
            findings.add(
                source.line_at(at),
                "unfinished",
                format!("`{word}!` is not finished code"),
            );
        }
    }
}

fn marker_in(comment: &str) -> Option<&'static str> {
    let found = words(comment).find_map(|(_, word)| MARKERS.iter().find(|marker| **marker == word));
    found.copied()
}

/// Checks that every constant of the protocol's timing has the origin of its number.
fn timing_cited(findings: &mut Findings<'_>) {
    let source = findings.source;
    if source.path != "crates/cooee-proto/src/timing.rs" {
        return;
    }
    let lines: Vec<&str> = source.text.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let named = [
            "const ",
            "pub const ",
            "pub(crate) const ",
            "pub(super) const ",
        ];
        if !named.iter().any(|start| code.starts_with(start)) || code.starts_with("const fn") {
            continue;
        }
        let before = lines.get(..index).unwrap_or_default().iter().rev();
        let above = before
            .map(|line| line.trim_start())
            .find(|line| !line.starts_with("#["));
        let cited = above.is_some_and(|line| line.starts_with("///") || line.starts_with("//#"));
        if !cited && !source.is_test_line(index + 1) {
            findings.add(
                index + 1,
                "timing",
                "quote the clause, or say where the number comes from",
            );
        }
    }
}

/// Checks that every `unsafe` has the reason why it is sound.
fn unsafe_reasons(findings: &mut Findings<'_>) {
    let source = findings.source;
    let code: Vec<&str> = source.code.lines().collect();
    let comments: Vec<&str> = source.comments.lines().collect();
    for (at, word) in source.words() {
        if word != "unsafe" || is_type_of_pointer(source, at) {
            continue;
        }
        let line = source.line_at(at);
        if implements_unsafe_fn(source, &code, at, line - 1) {
            continue;
        }
        if !reasoned(&code, &comments, line - 1) {
            findings.add(line, "safety", "`// SAFETY:` above says why this is sound");
        }
    }
}

/// `unsafe extern "C" fn(..)` as a type and `unsafe(no_mangle)` in an attribute do nothing unsafe.
fn is_type_of_pointer(source: &Source, at: usize) -> bool {
    let after = source.code.get(at + "unsafe".len()..).unwrap_or_default();
    let before = source.code.get(..at).unwrap_or_default().trim_end();
    let in_type = before.ends_with([':', '<', '=', '(']) && !after.trim_start().starts_with('{');
    in_type || before.ends_with("->") && after.trim_start().starts_with("extern")
}

/// An `unsafe fn` of a trait's implementation has the trait's contract, and none of its own.
fn implements_unsafe_fn(source: &Source, code: &[&str], at: usize, line: usize) -> bool {
    let after = source.code.get(at + "unsafe".len()..).unwrap_or_default();
    let depth = |text: &str| text.len() - text.trim_start().len();
    let own = code.get(line).map_or(0, |text| depth(text));
    let mut above = code.get(..line).unwrap_or_default().iter().rev();
    let outer = above.find(|text| !text.trim().is_empty() && depth(text) < own);
    let head = outer.map_or("", |text| text.trim_start());
    let in_impl = head.starts_with("impl") || head.starts_with("unsafe impl");
    after.trim_start().starts_with("fn ") && in_impl && head.contains(" for ")
}

/// Searches for a reason upwards from a line, up to the end of the statement before it.
fn reasoned(code: &[&str], comments: &[&str], line: usize) -> bool {
    let says = |index: usize| {
        comments
            .get(index)
            .is_some_and(|text| text.contains("SAFETY:") || text.contains("# Safety"))
    };
    if says(line) {
        return true;
    }
    for index in (0..line).rev() {
        if says(index) {
            return true;
        }
        let above = code.get(index).copied().unwrap_or_default().trim_end();
        if above.ends_with([';', '{', '}']) || above.is_empty() && comments_blank(comments, index) {
            return false;
        }
    }
    false
}

fn comments_blank(comments: &[&str], line: usize) -> bool {
    comments.get(line).is_none_or(|text| text.trim().is_empty())
}

/// Checks that there is no `if let .. && ..`, which needs a newer compiler than the promised one.
fn let_chains(findings: &mut Findings<'_>) {
    let source = findings.source;
    for (at, word) in source.words() {
        let condition = source.code.get(at + word.len()..).unwrap_or_default();
        if matches!(word, "if" | "while") && is_let_chain(condition) {
            findings.add(
                source.line_at(at),
                "let-chain",
                "Rust 1.85 has no let-chains: nest, or match",
            );
        }
    }
}

/// Returns whether the condition at the head of masked code joins a `let` with `&&`.
fn is_let_chain(condition: &str) -> bool {
    let mut depth = 0_usize;
    let mut in_pattern = false;
    let (mut has_let, mut has_and) = (false, false);
    let mut before = ' ';
    for (at, c) in condition.char_indices() {
        let rest = condition.get(at..).unwrap_or_default();
        match c {
            '(' | '[' => depth += 1,
            '{' if depth > 0 || in_pattern => depth += 1,
            '}' if depth == 0 => break,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            '{' | ';' if depth == 0 => break,
            '=' if depth == 0 && rest.starts_with("=>") => break,
            '=' if depth == 0 && !rest.starts_with("==") => in_pattern = false,
            '&' if depth == 0 && rest.starts_with("&&") && is_joined(before, in_pattern) => {
                has_and = true
            }
            'l' if depth == 0 && is_let(rest, before_char(condition, at)) => {
                has_let = true;
                in_pattern = true;
            }
            _ => {}
        }
        if !c.is_whitespace() {
            before = c;
        }
    }
    has_let && has_and
}

/// Distinguishes `a && b` from the `&&` of a double reference.
fn is_joined(before: char, in_pattern: bool) -> bool {
    !in_pattern && !matches!(before, '=' | '&' | '|' | ' ' | '<' | '>' | '+' | '-')
}

fn is_let(rest: &str, before: Option<char>) -> bool {
    let ends = rest
        .strip_prefix("let")
        .is_some_and(|tail| tail.starts_with(char::is_whitespace));
    ends && before.is_none_or(|c| !c.is_alphanumeric() && c != '_')
}

fn before_char(text: &str, at: usize) -> Option<char> {
    text.get(..at).and_then(|head| head.chars().next_back())
}
