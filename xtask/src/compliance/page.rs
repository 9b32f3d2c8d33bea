//! The page of clauses and the README's paragraph about it.
//!
//! In:  every clause.
//! Out: Markdown that names items and not lines, so that it changes only when a clause's state does.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::clause::{Clause, Level, Place, State};

/// How the README's paragraph begins.
pub(super) const LINE: &str = "[docs/COMPLIANCE.md](docs/COMPLIANCE.md)";

const HEAD: &str = "# Which clauses are implemented and tested

This page lists every clause of RFC 6762 (Multicast DNS) and RFC 6763 (DNS-Based Service
Discovery), with the code that implements it and the tests that show it.

- A clause is a sentence with the keyword MUST, SHOULD or MAY in it. RFC 6762 states many of its
  timings in sentences without such a keyword. Those are listed by hand, with their level in lower
  case.
- A clause is implemented when quotations beside code hold all of its words, and tested when
  quotations beside tests do.
- A clause that this project does not have to implement is in italics, with the reason. What MAY be
  done can be left undone.

`cargo xtask compliance` writes this page from the quotations in the code; `docs/TESTING.md`
explains how.

";

/// The counts of one document and one level.
struct Count {
    name: String,
    all: usize,
    covered: usize,
    excepted: usize,
    open: usize,
}

impl Count {
    fn new<'a>(name: String, clauses: impl Iterator<Item = &'a Clause>) -> Self {
        let mut count = Self {
            name,
            all: 0,
            covered: 0,
            excepted: 0,
            open: 0,
        };
        for clause in clauses {
            count.all += 1;
            count.covered += usize::from(clause.is_covered());
            count.excepted += usize::from(clause.is_excepted());
            count.open += usize::from(clause.is_open());
        }
        count
    }
}

/// Writes the whole page.
pub(super) fn page(clauses: &[Clause]) -> String {
    let mut out = HEAD.to_owned();
    out.push_str(
        "| | clauses | implemented and tested | not ours | open |\n|---|---|---|---|---|\n",
    );
    for rfc in documents(clauses) {
        for count in counts(clauses, rfc) {
            let Count {
                name,
                all,
                covered,
                excepted,
                open,
            } = count;
            let _ = writeln!(
                out,
                "| RFC {rfc}, {name} | {all} | {covered} | {excepted} | {open} |"
            );
        }
    }
    let mut before = ("", "");
    for clause in clauses {
        if before.0 != clause.rfc {
            let _ = write!(out, "\n## RFC {}\n", clause.rfc);
        }
        if before != (&clause.rfc, &clause.section) {
            let (number, title) = (clause.number(), &clause.title);
            let _ = write!(
                out,
                "\n### {number} {title}\n\n| clause | level | code | tests |\n|---|---|---|---|\n"
            );
        }
        before = (&clause.rfc, &clause.section);
        out.push_str(&row(clause));
    }
    out
}

/// Writes the README's paragraph.
pub(super) fn line(clauses: &[Clause]) -> String {
    let mut parts = Vec::new();
    for rfc in documents(clauses) {
        let counts = counts(clauses, rfc);
        let of_levels = counts.iter().filter(|count| WANTED.contains(&&*count.name));
        let of_levels: Vec<String> = of_levels
            .map(|count| in_words(count, &count.name))
            .collect();
        parts.push(format!("- RFC {rfc}: {}", of_levels.join(", ")));
        let by_hand = counts.iter().filter(|count| count.name == NO_KEYWORD);
        parts.extend(by_hand.map(|count| {
            let words = in_words(count, "requirements in sentences without such a keyword");
            format!("- RFC {rfc}: {words}")
        }));
    }
    format!(
        "{LINE} lists every clause with its code and tests, or with the\n\
         reason for an exception. These are implemented and tested:\n{}",
        parts.join("\n")
    )
}

/// Replaces the paragraph that begins with [`LINE`].
pub(super) fn with_line(text: &str, line: &str) -> Option<String> {
    let start = text.find(&format!("\n{LINE}"))? + 1;
    let rest = text.get(start..)?;
    let end = rest.find("\n\n").map_or(text.len(), |at| start + at);
    Some(format!("{}{line}{}", text.get(..start)?, text.get(end..)?))
}

fn in_words(count: &Count, name: &str) -> String {
    let Count {
        all,
        covered,
        excepted,
        ..
    } = count;
    let held = format!("{covered} of {all} {name}");
    match excepted {
        0 => held,
        _ => format!("{held} ({excepted} excepted)"),
    }
}

fn documents(clauses: &[Clause]) -> BTreeSet<&str> {
    clauses.iter().map(|clause| clause.rfc.as_str()).collect()
}

/// The levels at which a clause must be covered.
const WANTED: [&str; 2] = ["MUST", "SHOULD"];

/// The name of the count of clauses that are listed by hand.
const NO_KEYWORD: &str = "no keyword";

/// Counts each level that a document has, and separately the clauses without a keyword.
fn counts(clauses: &[Clause], rfc: &str) -> Vec<Count> {
    let ours = || clauses.iter().filter(|clause| clause.rfc == rfc);
    let at = |level| ours().filter(move |clause| !clause.by_hand && clause.level == level);
    let mut counts = vec![
        Count::new("MUST".to_owned(), at(Level::Must)),
        Count::new("SHOULD".to_owned(), at(Level::Should)),
        Count::new(
            NO_KEYWORD.to_owned(),
            ours().filter(|clause| clause.by_hand),
        ),
        Count::new("MAY".to_owned(), at(Level::May)),
    ];
    counts.retain(|count| count.all > 0);
    counts
}

fn row(clause: &Clause) -> String {
    let (text, level) = (escaped(&clause.text), clause.level());
    match &clause.state {
        State::Excepted(reason) => format!("| {text} | {level} | *{}* | |\n", escaped(reason)),
        State::Quoted { code, tests } => {
            let wanted = clause.level != Level::May;
            let code = cell(&clause.code, *code, wanted);
            let tests = cell(&clause.tests, *tests, wanted);
            format!("| {text} | {level} | {code} | {tests} |\n")
        }
    }
}

/// Returns the places as links, with a note if they do not hold all of the clause.
fn cell(places: &BTreeSet<Place>, whole: bool, wanted: bool) -> String {
    let mut links: Vec<String> = places
        .iter()
        .map(|place| format!("[`{}`](../{})", place.item, place.path))
        .collect();
    if !whole && wanted {
        let word = if links.is_empty() { "none" } else { "in part" };
        links.push(format!("**{word}**"));
    }
    links.join(" ")
}

/// Escapes words for a table cell.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if "|<>*_[]`\\".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeSet;

    use super::{LINE, line, page, with_line};
    use crate::compliance::clause::{Clause, Level, Place, State};

    /// Returns a clause of RFC 9999.
    pub(in crate::compliance) fn clause(
        level: Level,
        state: State,
        code: &[(&str, &str)],
    ) -> Clause {
        let place = |(path, item): &(&str, &str)| Place {
            path: (*path).to_owned(),
            item: (*item).to_owned(),
        };
        Clause {
            rfc: "9999".to_owned(),
            section: "section-2.1".to_owned(),
            title: "Shouting".to_owned(),
            level,
            by_hand: false,
            text: "It MUST shout <loud>.".to_owned(),
            state,
            code: code.iter().map(place).collect(),
            tests: BTreeSet::new(),
        }
    }

    fn quoted(code: bool, tests: bool) -> State {
        State::Quoted { code, tests }
    }

    #[test]
    fn a_row_links_items_and_says_what_is_wanting() {
        let code = [
            ("crates/x/src/a.rs", "shout"),
            ("crates/x/src/b.rs", "yell"),
        ];
        let page = page(&[clause(Level::Must, quoted(true, false), &code)]);
        let row = "| It MUST shout \\<loud\\>. | MUST | [`shout`](../crates/x/src/a.rs) \
                   [`yell`](../crates/x/src/b.rs) | **none** |";
        assert!(page.contains("\n### 2.1 Shouting\n"), "{page}");
        assert_eq!(page.lines().last(), Some(row));
        assert!(
            page.contains("| RFC 9999, MUST | 1 | 0 | 0 | 1 |"),
            "{page}"
        );
    }

    #[test]
    fn an_exception_shows_its_reason_and_what_may_be_done_wants_nothing() {
        let excepted = State::Excepted("no voice".to_owned());
        let page = page(&[
            clause(Level::Must, excepted, &[]),
            clause(Level::May, quoted(false, false), &[]),
        ]);
        assert!(page.contains("| MUST | *no voice* | |\n"), "{page}");
        assert!(page.contains("| MAY |  |  |\n"), "{page}");
    }

    #[test]
    fn the_readme_says_what_the_clauses_without_a_keyword_are() {
        let mut by_hand = clause(Level::Should, quoted(true, true), &[]);
        by_hand.by_hand = true;
        let clauses = [clause(Level::Must, quoted(true, true), &[]), by_hand];
        let expected = "tested:\n- RFC 9999: 1 of 1 MUST\n\
                        - RFC 9999: 1 of 1 requirements in sentences without such a keyword";
        let line = line(&clauses);
        assert!(line.ends_with(expected), "{line}");
    }

    #[test]
    fn the_line_counts_levels_and_replaces_itself() {
        let clauses = [
            clause(Level::Must, quoted(true, true), &[]),
            clause(Level::Must, State::Excepted("no voice".to_owned()), &[]),
        ];
        let line = line(&clauses);
        assert!(line.contains("- RFC 9999: 1 of 2 MUST (1 excepted)"));
        let text = format!("# A\n\n{LINE} has old\nwords.\n\nMore.\n");
        let expected = format!("# A\n\n{line}\n\nMore.\n");
        assert_eq!(with_line(&text, &line), Some(expected));
        assert_eq!(with_line("# A\n", &line), None);
    }
}
