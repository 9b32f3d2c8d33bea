//! One Rust file, parsed as far as the house rules need.
//!
//! In:  the text of a file and its path from the top of the repository.
//! Out: the same text with comments and literals blanked (`code`), or with everything but comments
//!      blanked (`comments`), and which lines are only compiled for tests.

/// A Rust file in two masks of equal length: byte offsets and lines agree between all three texts.
pub(crate) struct Source {
    /// Path from the top of the repository, with forward slashes.
    pub(crate) path: String,
    pub(crate) text: String,
    /// The text, where comments and the inside of literals are blanks.
    pub(crate) code: String,
    /// The text, where everything but comments is blanks.
    pub(crate) comments: String,
    test_lines: Vec<bool>,
}

impl Source {
    /// Parses a file.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let (code, comments) = mask(text);
        let whole_file = is_test_path(path);
        let mut test_lines = vec![whole_file; text.lines().count() + 1];
        if !whole_file {
            mark_test_items(&code, &mut test_lines);
        }
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code,
            comments,
            test_lines,
        }
    }

    /// Returns whether a line, counted from 1, is compiled for tests only.
    pub(crate) fn is_test_line(&self, line: usize) -> bool {
        self.test_lines
            .get(line.saturating_sub(1))
            .copied()
            .unwrap_or(false)
    }

    /// Returns whether the whole file is for tests, benches or examples.
    pub(crate) fn is_test_file(&self) -> bool {
        is_test_path(&self.path)
    }

    /// Counts the line, from 1, in which a byte offset lies.
    pub(crate) fn line_at(&self, offset: usize) -> usize {
        self.code
            .bytes()
            .take(offset)
            .filter(|byte| *byte == b'\n')
            .count()
            + 1
    }

    /// Counts the lines that are not compiled for tests only.
    pub(crate) fn plain_lines(&self) -> usize {
        (1..=self.text.lines().count())
            .filter(|line| !self.is_test_line(*line))
            .count()
    }

    /// Returns the identifiers and keywords of the code with their offsets.
    pub(crate) fn words(&self) -> impl Iterator<Item = (usize, &str)> {
        words(&self.code)
    }
}

/// Returns the identifiers and keywords in masked code with their offsets.
pub(crate) fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + code.get(rest..)?.find(is_word)?;
        let tail = code.get(start..)?;
        let length = tail.find(|c| !is_word(c)).unwrap_or(tail.len());
        rest = start + length;
        Some((start, tail.get(..length)?))
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_test_path(path: &str) -> bool {
    let mut parts = path.split('/').rev();
    let file = parts.next().unwrap_or_default();
    file == "tests.rs" || parts.any(|part| matches!(part, "tests" | "benches" | "examples"))
}

/// Which text a character belongs to.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Code,
    Comment,
    Literal,
}

/// Splits a text into its code mask and its comment mask.
fn mask(text: &str) -> (String, String) {
    let mut code = String::with_capacity(text.len());
    let mut comments = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (part, length) = next_part(rest, code.chars().next_back());
        let (piece, tail) = rest.split_at(length);
        for c in piece.chars() {
            let blank = if c == '\n' { "\n" } else { " " };
            push(&mut code, c, blank, part == Part::Code);
            push(&mut comments, c, blank, part == Part::Comment);
        }
        rest = tail;
    }
    (code, comments)
}

fn push(out: &mut String, c: char, blank: &str, keep: bool) {
    if keep {
        out.push(c);
    } else {
        (0..c.len_utf8()).for_each(|_| out.push_str(blank));
    }
}

/// Returns the kind of text at the head of `rest`, and how many bytes it takes.
fn next_part(rest: &str, before: Option<char>) -> (Part, usize) {
    if rest.starts_with("//") {
        return (Part::Comment, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Part::Comment, block_comment(rest));
    }
    let in_word = before.is_some_and(is_word);
    if !in_word {
        if let Some(length) = raw_string(rest) {
            return (Part::Literal, length);
        }
    }
    if rest.starts_with('"') {
        return (Part::Literal, quoted(rest, '"'));
    }
    if rest.starts_with('\'') && is_char_literal(rest) {
        return (Part::Literal, quoted(rest, '\''));
    }
    (Part::Code, rest.chars().next().map_or(1, char::len_utf8))
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
        if tail.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if tail.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += tail.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// Returns the length of a raw string literal at the head of `rest`, if there is one.
fn raw_string(rest: &str) -> Option<usize> {
    let after = rest
        .strip_prefix("br")
        .or_else(|| rest.strip_prefix("cr"))
        .or_else(|| rest.strip_prefix('r'))?;
    let body = after.trim_start_matches('#');
    let hashes = after.len() - body.len();
    let body = body.strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let head = rest.len() - body.len();
    Some(
        body.find(&end)
            .map_or(rest.len(), |at| head + at + end.len()),
    )
}

/// Returns the length of a quoted literal with its quotes, taking escapes into account.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if !escaped && c == quote {
            return at + c.len_utf8();
        }
        escaped = c == '\\' && !escaped;
    }
    rest.len()
}

/// Distinguishes a character literal from a lifetime.
fn is_char_literal(rest: &str) -> bool {
    let mut characters = rest.chars().skip(1);
    match characters.next() {
        Some('\\') => true,
        Some(_) => characters.next() == Some('\''),
        None => false,
    }
}

/// Marks the lines of every item under a `#[cfg(test)]`.
fn mark_test_items(code: &str, lines: &mut [bool]) {
    for (at, _) in code.match_indices("#[cfg(") {
        let tail = code.get(at..).unwrap_or_default();
        let attribute = tail.split(']').next().unwrap_or_default();
        let tests = words(attribute).any(|(_, word)| word == "test");
        if !tests || words(attribute).any(|(_, word)| matches!(word, "not" | "any")) {
            continue;
        }
        let first = code.get(..at).unwrap_or_default().matches('\n').count();
        let last = first
            + tail
                .get(..item_length(tail))
                .unwrap_or(tail)
                .matches('\n')
                .count();
        lines
            .iter_mut()
            .take(last + 1)
            .skip(first)
            .for_each(|line| *line = true);
    }
}

/// Returns the length of the item at the head of masked code: up to its `;` or its closing brace.
fn item_length(code: &str) -> usize {
    let mut depth = 0_i32;
    for (at, c) in code.char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 && matches!(c, ';' | '}') {
            return at + 1;
        }
    }
    code.len()
}

#[cfg(test)]
mod tests;
