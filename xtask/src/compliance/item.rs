//! Names the item to which a citation belongs, because a name is more stable than a line.
//!
//! In:  a Rust file and the line of a citation.
//! Out: the name of the item that follows it, or that contains it.

use crate::tidy::source::{Source, words};

/// Words that may come before the one that says what an item is.
const QUALIFIERS: [&str; 8] = [
    "pub", "crate", "super", "in", "default", "async", "unsafe", "extern",
];

/// Names the item at a line together with its module, as in `timing::GAP`.
pub(super) fn in_module(source: &Source, line: usize) -> String {
    let (module, item) = (module(&source.path), at(source, line));
    if item == module {
        return item;
    }
    format!("{module}::{item}")
}

/// Names the item at a line, counted from 1; a file without items is named after itself.
pub(super) fn at(source: &Source, line: usize) -> String {
    let lines: Vec<&str> = source.code.lines().collect();
    let below = lines.get(line..).unwrap_or_default();
    let next = below
        .iter()
        .find(|text| !text.trim().is_empty() && !text.trim_start().starts_with("#["));
    if let Some(name) = next.and_then(|text| declared(text)) {
        return name;
    }
    let above = lines.get(..line.min(lines.len())).unwrap_or_default();
    let mut depth = next.map_or(usize::MAX, |text| {
        indent(text) + usize::from(text.trim_start().starts_with('}'))
    });
    for text in above.iter().rev().filter(|text| !text.trim().is_empty()) {
        if indent(text) < depth {
            // A signature on several lines ends at the indentation where it began.
            depth = indent(text) + usize::from(text.trim_start().starts_with(')'));
            if let Some(name) = declared(text) {
                return name;
            }
        }
    }
    module(&source.path).to_owned()
}

/// Returns the name of a file's module: that of the file, or of its folder.
fn module(path: &str) -> &str {
    let parts = path.trim_end_matches(".rs").rsplit('/');
    let mut parts = parts.skip_while(|part| matches!(*part, "mod" | "lib" | "src"));
    parts.next().unwrap_or_default()
}

/// Returns the name of the item that a line declares, if it declares one.
fn declared(line: &str) -> Option<String> {
    let mut words = words(line).map(|(_, word)| word).peekable();
    while words.peek().is_some_and(|word| QUALIFIERS.contains(word)) {
        words.next();
    }
    let mut kind = words.next()?;
    if kind == "const" && words.peek().is_some_and(|word| *word == "fn") {
        kind = words.next()?;
    }
    match kind {
        "fn" | "const" | "static" | "struct" | "enum" | "trait" | "type" | "mod" | "union"
        | "macro_rules" => words.next().map(str::to_owned),
        "impl" => {
            let head = line.trim().trim_end_matches('{').trim_end();
            Some(head.to_owned())
        }
        _ => None,
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::{at, in_module};
    use crate::tidy::source::Source;

    fn named(text: &str) -> String {
        let line = text.lines().position(|line| line.contains("//=")).unwrap() + 1;
        at(&Source::new("crates/x/src/waiting.rs", text), line)
    }

    #[test]
    fn a_citation_belongs_to_the_item_that_follows() {
        assert_eq!(
            named("//= here\n//# words\n#[test]\nfn waits() {}\n"),
            "waits"
        );
        assert_eq!(
            named("//= here\n/// Said.\npub(crate) const A: u8 = 1;\n"),
            "A"
        );
        assert_eq!(named("//= here\npub const fn now() {}\n"), "now");
        assert_eq!(
            named("//= here\nimpl Waiter for Host {\n"),
            "impl Waiter for Host"
        );
    }

    #[test]
    fn a_citation_among_statements_belongs_to_the_function() {
        let text = "impl Host {\n    fn waits(\n        &self,\n    ) {\n        if late {\n\
                    //= here\n            rest();\n        }\n    }\n}\n";
        assert_eq!(named(text), "waits");
        let text = "fn first() {}\nfn waits() {\n    rest();\n    //= here\n}\nfn last() {}\n";
        assert_eq!(named(text), "waits");
    }

    #[test]
    fn a_citation_on_a_variant_belongs_to_the_enum() {
        assert_eq!(named("enum Claim {\n    //= here\n    Held,\n}\n"), "Claim");
    }

    #[test]
    fn a_folder_names_the_module_of_its_mod_rs() {
        let named = |path| in_module(&Source::new(path, "//= here\nfn waits() {}\n"), 1);
        assert_eq!(named("crates/x/src/waiting.rs"), "waiting::waits");
        assert_eq!(named("crates/x/src/host/mod.rs"), "host::waits");
        assert_eq!(named("crates/x/src/lib.rs"), "x::waits");
    }

    #[test]
    fn a_citation_outside_of_any_item_belongs_to_the_file() {
        assert_eq!(named("//! Said.\n//= here\nuse a::b;\n"), "waiting");
    }
}
