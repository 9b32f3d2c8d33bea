//! Which clauses of an RFC the code and its tests refer to, and which requirements nobody does.
//!
//! In:  the name of an RFC, such as `rfc6762` (the default), and `--missing`.
//! Out: a line for each section with its counts; with `--missing`, the requirements without a
//!      citation. A list to work from, not a gate: not every requirement is this project's.

use std::collections::BTreeSet;
use std::io::Write;
use std::ops::Range;

use crate::shell;
use crate::tidy::citations::{Citation, Rfcs};
use crate::tidy::{citations, walk};

/// Words that make a sentence a requirement (RFC 2119), and those RFC 6762 uses without capitals.
const REQUIREMENTS: [&str; 7] = [
    "MUST",
    "SHOULD",
    "SHALL",
    "REQUIRED",
    "RECOMMENDED",
    "should",
    "must",
];

/// Prints what there is about one document.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let missing = arguments.iter().any(|word| word == "--missing");
    let named: Vec<_> = arguments
        .iter()
        .filter(|word| *word != "--missing")
        .collect();
    let name = match named.as_slice() {
        [] => "rfc6762",
        [name] if !name.starts_with('-') => name.as_str(),
        _ => return Err("takes the name of one RFC, such as rfc6763, and --missing".to_owned()),
    };
    let root = shell::root();
    let rfcs = Rfcs::load(&root.join("docs/rfc"))?;
    let files = walk::files(&root).map_err(|error| error.to_string())?;
    let citations = citations(&files, &rfcs);
    let sections = rfcs.sections(name);
    if sections.is_empty() {
        return Err(format!("docs/rfc has no {name}.txt"));
    }
    let text = table(name, sections, &citations, missing);
    // A reader that has seen enough, such as `head`, is no failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}

fn table(
    name: &str,
    sections: &[(String, String)],
    citations: &[Citation],
    missing: bool,
) -> String {
    let mut out = String::new();
    if !missing {
        out = format!(
            "{name:16}{:>8}{:>8}{:>8}{:>8}{:>8}\n",
            "code", "tests", "except", "require", "cited"
        );
    }
    for (anchor, text) in sections {
        let here = citations
            .iter()
            .filter(|citation| citation.place() == Some((name, anchor)));
        let section = Section::new(text, here);
        if missing {
            section
                .uncited()
                .for_each(|sentence| out.push_str(&format!("{anchor}: {sentence}\n\n")));
        } else if section.is_of_interest() {
            out.push_str(&format!("{anchor:16}{section}\n"));
        }
    }
    out
}

/// What is known of one section.
struct Section<'a> {
    code: usize,
    tests: usize,
    exceptions: usize,
    /// Each requirement, and whether a citation touches it.
    requirements: Vec<(&'a str, bool)>,
}

impl<'a> Section<'a> {
    fn new<'c>(text: &'a str, citations: impl Iterator<Item = &'c Citation>) -> Self {
        let mut section = Self {
            code: 0,
            tests: 0,
            exceptions: 0,
            requirements: Vec::new(),
        };
        let mut cited: BTreeSet<(usize, usize)> = BTreeSet::new();
        for citation in citations {
            match citation.kind() {
                "test" => section.tests += 1,
                "exception" => section.exceptions += 1,
                _ => section.code += 1,
            }
            let words = citation.words();
            if let Some(start) = text.find(&words).filter(|_| !words.is_empty()) {
                cited.insert((start, start + words.len()));
            }
        }
        let touched = |range: &Range<usize>| {
            cited
                .iter()
                .any(|(start, end)| *start < range.end && range.start < *end)
        };
        section.requirements = sentences(text)
            .filter_map(|range| {
                let sentence = text.get(range.clone())?;
                is_requirement(sentence).then(|| (sentence.trim(), touched(&range)))
            })
            .collect();
        section
    }

    fn is_of_interest(&self) -> bool {
        self.code + self.tests + self.exceptions + self.requirements.len() > 0
    }

    fn uncited(&self) -> impl Iterator<Item = &'a str> + '_ {
        let uncited = self.requirements.iter().filter(|(_, cited)| !cited);
        uncited.map(|(sentence, _)| *sentence)
    }
}

impl std::fmt::Display for Section<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let required = self.requirements.len();
        let cited = required - self.uncited().count();
        let Self {
            code,
            tests,
            exceptions,
            ..
        } = self;
        write!(
            f,
            "{code:>8}{tests:>8}{exceptions:>8}{required:>8}{cited:>8}"
        )
    }
}

/// The sentences of a text: each ends with a full stop before a capital or a bullet.
fn sentences(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let ends = text.match_indices(". ").map(|(at, _)| at + 1).filter(|at| {
        let rest = text.get(*at..).unwrap_or_default().trim_start();
        rest.starts_with(|c: char| c.is_uppercase() || c == '*' || c == 'o')
    });
    let mut start = 0;
    ends.chain(std::iter::once(text.len())).map(move |end| {
        let sentence = start..end;
        start = end;
        sentence
    })
}

fn is_requirement(sentence: &str) -> bool {
    let mut words = sentence.split(|c: char| !c.is_alphanumeric());
    words.any(|word| REQUIREMENTS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::{is_requirement, sentences};

    #[test]
    fn a_sentence_ends_before_a_capital_and_not_within_a_number() {
        let text = "A host MUST wait 0.5 s. It SHOULD rest, i.e. sleep. * Bullets count.";
        let found: Vec<_> = sentences(text).map(|range| text[range].trim()).collect();
        assert_eq!(
            found,
            [
                "A host MUST wait 0.5 s.",
                "It SHOULD rest, i.e. sleep.",
                "* Bullets count."
            ]
        );
    }

    #[test]
    fn a_requirement_holds_a_word_of_requirement() {
        assert!(is_requirement("It MUST NOT."));
        assert!(is_requirement("the host should send"));
        assert!(!is_requirement("MUSTARD is MAY be."));
    }
}
