//! RFC quotations: the quoted text must be in the cited section.
//!
//! In:  `//= https://www.rfc-editor.org/rfc/rfcN#section-S` and `//# text` lines, `docs/rfc/*.txt`.
//! Out: quotations that are not in the named section, word for word, and malformed marks.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::Finding;
use super::source::Source;

/// Where a citation begins.
const BASE: &str = "https://www.rfc-editor.org/rfc/";

/// The text before the first heading; the whole text if there are no numbered headings.
const PREFACE: &str = "preface";

/// The kinds of citations; the first is the default.
const KINDS: [&str; 5] = ["implementation", "implication", "test", "exception", "spec"];

/// The texts of the RFCs by section, with normalised whitespace.
#[derive(Default)]
pub(super) struct Rfcs {
    documents: BTreeMap<String, Document>,
}

#[derive(Default)]
struct Document {
    /// Anchors and texts in the order of the document.
    sections: Vec<(String, String)>,
}

/// The outcome for one file.
#[derive(Default)]
pub(super) struct Quotations {
    pub(super) findings: Vec<Finding>,
    /// How many citations there are, valid or not.
    pub(super) cited: usize,
}

impl Rfcs {
    /// Reads every text in a folder.
    pub(super) fn load(folder: &Path) -> Result<Self, String> {
        let unread = |error| format!("cannot read {}: {error}", folder.display());
        let mut rfcs = Self::default();
        for entry in fs::read_dir(folder).map_err(unread)? {
            let path = entry.map_err(unread)?.path();
            let text = fs::read_to_string(&path).map_err(unread)?;
            let name = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            rfcs.add(&name, &text);
        }
        Ok(rfcs)
    }

    /// Adds one text under a name like `rfc6762`.
    pub(super) fn add(&mut self, name: &str, text: &str) {
        self.documents.insert(name.to_owned(), Document::new(text));
    }

    /// Returns what is wrong with a quotation, if anything is.
    fn fault(&self, target: &str, quote: &str) -> Option<String> {
        let Some((name, anchor)) = parse_target(target) else {
            return Some(format!(
                "`{target}` is not like `{BASE}rfc6762#section-5.2`"
            ));
        };
        let Some(document) = self.documents.get(name) else {
            return Some(format!("docs/rfc has no {name}.txt"));
        };
        let anchor = anchor.unwrap_or(PREFACE);
        if anchor == PREFACE && document.sections.len() > 1 {
            return Some(format!(
                "{name} has numbered sections: name one, like `#section-1`"
            ));
        }
        let Some(section) = document.section(anchor) else {
            return Some(format!("{name} has no {anchor}"));
        };
        let quote = even(quote);
        if section.contains(&quote) {
            return None;
        }
        let mut sections = document.sections.iter();
        let other = sections.find(|(_, text)| text.contains(&quote));
        Some(match other {
            Some((place, _)) => format!("stands in {name} {place}, not in {anchor}"),
            None => format!("not in {name}, word for word: \"{}\"", shortened(&quote)),
        })
    }
}

impl Document {
    fn new(text: &str) -> Self {
        let mut sections = vec![(PREFACE.to_owned(), String::new())];
        let mut here = 0;
        for line in text.lines().filter(|line| !is_page_furniture(line)) {
            if let Some(anchor) = heading(line) {
                let known = sections.iter().position(|(name, _)| *name == anchor);
                here = known.unwrap_or(sections.len());
                if known.is_none() {
                    sections.push((anchor, String::new()));
                }
            }
            if let Some((_, section)) = sections.get_mut(here) {
                section.push_str(line);
                section.push('\n');
            }
        }
        for (_, text) in &mut sections {
            *text = even(text);
        }
        Self { sections }
    }

    fn section(&self, anchor: &str) -> Option<&str> {
        let mut sections = self.sections.iter();
        sections
            .find(|(name, _)| name == anchor)
            .map(|(_, text)| text.as_str())
    }
}

/// Checks every citation of one file.
pub(super) fn check(source: &Source, rfcs: &Rfcs) -> Quotations {
    let mut outcome = Quotations::default();
    let mut open: Option<Citation> = None;
    for (index, line) in source.comments.lines().enumerate() {
        let line = line.trim();
        let number = index + 1;
        if let Some(mark) = line.strip_prefix("//=") {
            take_mark(mark.trim(), number, &mut open, &mut outcome, source, rfcs);
        } else if let Some(text) = line.strip_prefix("//#") {
            match &mut open {
                Some(citation) => citation.quote_line(text, number),
                None => outcome.add(
                    source,
                    number,
                    "a quotation without `//= <RFC>#section-<N>`",
                ),
            }
        } else if let Some(citation) = open.take() {
            outcome.close(source, rfcs, &citation);
        }
    }
    if let Some(citation) = open {
        outcome.close(source, rfcs, &citation);
    }
    outcome
}

/// A clause that code or a test refers to.
struct Citation {
    line: usize,
    target: String,
    kind: String,
    has_reason: bool,
    quote: String,
}

impl Citation {
    fn quote_line(&mut self, text: &str, number: usize) {
        if self.quote.is_empty() {
            self.line = number;
        }
        self.quote.push_str(text);
        self.quote.push('\n');
    }
}

fn take_mark(
    mark: &str,
    line: usize,
    open: &mut Option<Citation>,
    outcome: &mut Quotations,
    source: &Source,
    rfcs: &Rfcs,
) {
    let Some((key, value)) = mark.split_once('=').filter(|(key, _)| !key.contains('/')) else {
        if let Some(citation) = open.take() {
            outcome.close(source, rfcs, &citation);
        }
        let kind = KINDS[0].to_owned();
        let target = mark.to_owned();
        *open = Some(Citation {
            line,
            target,
            kind,
            has_reason: false,
            quote: String::new(),
        });
        return;
    };
    match (key.trim(), open.as_mut()) {
        (_, None) => outcome.add(source, line, "a mark without `//= <RFC>#section-<N>` above"),
        ("type", Some(citation)) => value.trim().clone_into(&mut citation.kind),
        ("reason", Some(citation)) => citation.has_reason = !value.trim().is_empty(),
        ("level" | "feature" | "tracking-issue", Some(_)) => {}
        (other, Some(_)) => {
            outcome.add(source, line, &format!("`{other}` is no mark of a citation"))
        }
    }
}

impl Quotations {
    fn add(&mut self, source: &Source, line: usize, message: &str) {
        let path = source.path.clone();
        self.findings.push(Finding {
            path,
            line,
            rule: "citation",
            message: message.to_owned(),
        });
    }

    /// Checks a citation whose last line has been read.
    fn close(&mut self, source: &Source, rfcs: &Rfcs, citation: &Citation) {
        let kind = citation.kind.as_str();
        if !KINDS.contains(&kind) {
            self.add(
                source,
                citation.line,
                &format!("type `{kind}` is none of {}", KINDS.join(", ")),
            );
        }
        if kind == "exception" && !citation.has_reason {
            self.add(
                source,
                citation.line,
                "an exception gives its `//= reason=`",
            );
        }
        if let Some(fault) = rfcs.fault(&citation.target, &citation.quote) {
            self.add(source, citation.line, &fault);
        }
        self.cited += 1;
    }
}

/// Splits `https://…/rfc6762#section-5.2` into `rfc6762` and `section-5.2`.
fn parse_target(target: &str) -> Option<(&str, Option<&str>)> {
    let target = target.strip_prefix(BASE)?;
    let (name, anchor) = match target.split_once('#') {
        Some((name, anchor)) => (name, Some(anchor)),
        None => (target, None),
    };
    (!name.is_empty() && anchor != Some("")).then_some((name, anchor))
}

/// Returns the anchor of a section heading, which is at the left margin or reads `1.1 - Title`.
fn heading(line: &str) -> Option<String> {
    let indented = line.strip_prefix("   ").filter(|line| line.contains(" - "));
    let (first, rest) = indented.unwrap_or(line).split_once(' ')?;
    if indented.is_some() && !rest.starts_with("- ") {
        return None;
    }
    let rest = rest.trim_start();
    if first == "Appendix" {
        let letter = rest.split(['.', ' ', ':']).next()?;
        return (letter.len() == 1).then(|| format!("appendix-{letter}"));
    }
    let number = first.trim_end_matches('.');
    let mut parts = number.split('.');
    let head = parts.next()?;
    let numbers =
        parts.all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    if !numbers || rest.is_empty() {
        return None;
    }
    if !head.is_empty() && head.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(format!("section-{number}"));
    }
    let lettered = head.len() == 1 && head.bytes().all(|byte| byte.is_ascii_uppercase());
    (lettered && number.contains('.')).then(|| format!("appendix-{number}"))
}

/// Page breaks with their running heads and feet are not part of any section.
pub(crate) fn is_page_furniture(line: &str) -> bool {
    let foot = line.contains("[Page ") && line.trim_end().ends_with(']');
    let head = line.starts_with("RFC ")
        && line.trim_end().ends_with(|c: char| c.is_ascii_digit())
        && line.contains("  ");
    line.contains('\u{c}') || foot || head
}

/// Replaces each run of whitespace by one space; a word cut at its hyphen is joined.
fn even(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace("- ", "-")
}

fn shortened(quote: &str) -> String {
    let head: String = quote.chars().take(60).collect();
    if head.len() < quote.len() {
        format!("{head}...")
    } else {
        head
    }
}
