//! Clauses with everything that refers to them, from duvet's report.
//!
//! In:  duvet's JSON, and the source files it names.
//! Out: a [`Clause`] for each requirement, in the order of the documents.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::item;
use crate::tidy::source::Source;

/// The folder of the requirements that duvet finds by their keywords; all others are listed by
/// hand.
const EXTRACTED: &str = ".duvet/requirements/www.rfc-editor.org/";

/// One requirement of one section.
#[derive(Debug)]
pub(super) struct Clause {
    /// Such as `6762`.
    pub(super) rfc: String,
    /// Such as `section-5.2`.
    pub(super) section: String,
    pub(super) title: String,
    pub(super) level: Level,
    /// Listed by hand, because it has no keyword.
    pub(super) by_hand: bool,
    /// Its words, with normalised whitespace.
    pub(super) text: String,
    pub(super) state: State,
    pub(super) code: BTreeSet<Place>,
    pub(super) tests: BTreeSet<Place>,
}

/// How strong a clause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Must,
    Should,
    May,
}

/// The state of a clause.
#[derive(Debug, PartialEq)]
pub(super) enum State {
    /// Quotations beside code hold all its words; or those beside tests do, too.
    Quoted { code: bool, tests: bool },
    /// The project does not have to implement it, for this reason.
    Excepted(String),
}

/// Something in the code: a function, a constant, a type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) path: String,
    pub(super) item: String,
}

impl Clause {
    /// Returns whether something is left to do; what MAY be done can be left undone.
    pub(super) fn is_open(&self) -> bool {
        self.level != Level::May && !self.is_excepted() && !self.is_covered()
    }

    pub(super) fn is_excepted(&self) -> bool {
        matches!(self.state, State::Excepted(_))
    }

    /// Returns whether quotations beside code and beside tests hold all its words.
    pub(super) fn is_covered(&self) -> bool {
        self.state
            == State::Quoted {
                code: true,
                tests: true,
            }
    }

    /// Returns the level in the document's spelling.
    pub(super) fn level(&self) -> &'static str {
        match (self.level, self.by_hand) {
            (Level::Must, false) => "MUST",
            (Level::Must, true) => "must",
            (Level::Should, false) => "SHOULD",
            (Level::Should, true) => "should",
            (Level::May, false) => "MAY",
            (Level::May, true) => "may",
        }
    }

    /// Such as `5.2` or `appendix C`.
    pub(super) fn number(&self) -> String {
        self.section
            .strip_prefix("section-")
            .map_or_else(|| self.section.replace('-', " "), str::to_owned)
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wanted = match self.state {
            State::Quoted { code: false, .. } if self.tests.is_empty() => "code and test",
            State::Quoted { code: false, .. } => "code",
            State::Quoted { .. } | State::Excepted(_) => "test",
        };
        let (rfc, number, level) = (&self.rfc, self.number(), self.level());
        let text: String = self.text.chars().take(90).collect();
        write!(f, "RFC {rfc} {number}: {level}: no {wanted}: {text}")
    }
}

/// Reads duvet's report; only documents with requirements count.
pub(super) fn read(root: &Path, report: &str) -> Result<Vec<Clause>, String> {
    let report: Value =
        serde_json::from_str(report).map_err(|error| format!("duvet's report: {error}"))?;
    let annotations = Annotations::read(root, &report)?;
    let mut clauses = Vec::new();
    let documents = report["specifications"].as_object();
    for (address, document) in documents.into_iter().flatten() {
        let rfc = address.rsplit("rfc").next().unwrap_or_default();
        for section in document["sections"].as_array().into_iter().flatten() {
            clauses.extend(annotations.clauses(rfc, section)?);
        }
    }
    Ok(clauses)
}

/// The purpose of a quotation.
#[derive(Debug, PartialEq)]
enum Kind {
    Requirement { level: Level, by_hand: bool },
    Code,
    Test,
    Exception,
}

#[derive(Debug)]
struct Annotation {
    kind: Kind,
    place: Place,
    /// The words of a requirement, the reason of an exception.
    comment: String,
}

/// Every quotation; duvet's numbers are the indices.
struct Annotations(Vec<Annotation>);

impl Annotations {
    fn read(root: &Path, report: &Value) -> Result<Self, String> {
        let mut sources: BTreeMap<String, Source> = BTreeMap::new();
        let mut annotations = Vec::new();
        for entry in report["annotations"].as_array().into_iter().flatten() {
            let path = entry["source"].as_str().unwrap_or_default().to_owned();
            let line = entry["line"].as_u64().unwrap_or_default();
            let line = usize::try_from(line).unwrap_or_default();
            let kind = kind(entry, &path)?;
            let mut item = String::new();
            if matches!(kind, Kind::Code | Kind::Test) {
                if !sources.contains_key(&path) {
                    sources.insert(path.clone(), open(root, &path)?);
                }
                if let Some(source) = sources.get(&path) {
                    item = if kind == Kind::Code {
                        item::in_module(source, line)
                    } else {
                        item::at(source, line)
                    };
                    if (kind == Kind::Test) != source.is_test_line(line) {
                        return Err(format!(
                            "{path}:{line}: `type=test` stands beside tests, and only there"
                        ));
                    }
                }
            }
            annotations.push(Annotation {
                kind,
                place: Place { path, item },
                comment: even(entry["comment"].as_str().unwrap_or_default()),
            });
        }
        Ok(Self(annotations))
    }

    /// Returns the requirements of one section, in the order of their first words.
    fn clauses(&self, rfc: &str, section: &Value) -> Result<Vec<Clause>, String> {
        let mut seen: Vec<(usize, Tally)> = Vec::new();
        for (ids, text) in pieces(section) {
            let here: Vec<(usize, &Annotation)> = ids
                .iter()
                .filter_map(|id| Some((*id, self.0.get(*id)?)))
                .collect();
            for (id, _) in here.iter().filter(|(_, one)| one.is_requirement()) {
                let at = seen.iter().position(|(known, _)| known == id);
                let at = at.unwrap_or_else(|| {
                    seen.push((*id, Tally::default()));
                    seen.len() - 1
                });
                if let Some((_, tally)) = seen.get_mut(at) {
                    tally.take(text, here.iter().map(|(_, one)| *one));
                }
            }
        }
        seen.into_iter()
            .map(|(id, tally)| self.clause(rfc, section, id, tally))
            .collect()
    }

    fn clause(
        &self,
        rfc: &str,
        section: &Value,
        id: usize,
        tally: Tally,
    ) -> Result<Clause, String> {
        let requirement = self.0.get(id).filter(|one| one.is_requirement());
        let Some((requirement, Kind::Requirement { level, by_hand })) =
            requirement.map(|one| (one, &one.kind))
        else {
            return Err(format!("duvet's report has no requirement {id}"));
        };
        let word = |key: &str| section[key].as_str().unwrap_or_default().to_owned();
        Ok(Clause {
            rfc: rfc.to_owned(),
            section: word("id"),
            title: word("title"),
            level: *level,
            by_hand: *by_hand,
            text: requirement.comment.clone(),
            state: tally.state(),
            code: tally.code,
            tests: tally.tests,
        })
    }
}

impl Annotation {
    fn is_requirement(&self) -> bool {
        matches!(self.kind, Kind::Requirement { .. })
    }
}

/// What was found over the words of one requirement.
#[derive(Default)]
struct Tally {
    code: BTreeSet<Place>,
    tests: BTreeSet<Place>,
    reason: Option<String>,
    lacks_code: bool,
    lacks_test: bool,
    lacks_exception: bool,
}

impl Tally {
    /// Adds a piece of the requirement with its quotations.
    fn take<'a>(&mut self, text: &str, quotations: impl Iterator<Item = &'a Annotation>) {
        let (mut code, mut test, mut exception) = (false, false, false);
        for quotation in quotations {
            match quotation.kind {
                Kind::Requirement { .. } => {}
                Kind::Code => {
                    code = true;
                    self.code.insert(quotation.place.clone());
                }
                Kind::Test => {
                    test = true;
                    self.tests.insert(quotation.place.clone());
                }
                Kind::Exception => {
                    exception = true;
                    self.reason.get_or_insert_with(|| quotation.comment.clone());
                }
            }
        }
        // A full stop or a bullet that a quotation leaves out is not a word of the requirement.
        if text.contains(char::is_alphanumeric) {
            self.lacks_code |= !code;
            self.lacks_test |= !test;
            self.lacks_exception |= !exception;
        }
    }

    fn state(&self) -> State {
        match &self.reason {
            Some(reason) if !self.lacks_exception => State::Excepted(reason.clone()),
            _ => State::Quoted {
                code: !self.lacks_code,
                tests: !self.lacks_test,
            },
        }
    }
}

/// Returns the pieces of a section that something refers to, with the numbers of the references.
fn pieces(section: &Value) -> impl Iterator<Item = (Vec<usize>, &str)> {
    let lines = section["lines"].as_array().into_iter().flatten();
    let pieces = lines.filter_map(Value::as_array).flatten();
    pieces.map(|piece| {
        let ids = piece[0].as_array().into_iter().flatten();
        let ids = ids.filter_map(|id| usize::try_from(id.as_u64()?).ok());
        (ids.collect(), piece[2].as_str().unwrap_or_default())
    })
}

fn open(root: &Path, path: &str) -> Result<Source, String> {
    let text = fs::read_to_string(root.join(path)).map_err(|error| format!("{path}: {error}"))?;
    Ok(Source::new(path, &text))
}

fn kind(entry: &Value, path: &str) -> Result<Kind, String> {
    let level = match entry["level"].as_str() {
        Some("MUST") => Level::Must,
        Some("SHOULD") => Level::Should,
        _ => Level::May,
    };
    Ok(match entry["type"].as_str() {
        None | Some("IMPLICATION") => Kind::Code,
        Some("TEST") => Kind::Test,
        Some("EXCEPTION") => Kind::Exception,
        Some("SPEC") => Kind::Requirement {
            level,
            by_hand: !path.starts_with(EXTRACTED),
        },
        Some(other) => return Err(format!("{path}: a quotation of type {other}")),
    })
}

/// Replaces each run of whitespace by one space; a word cut at its hyphen is joined.
fn even(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_whitespace() {
        let cut = out.ends_with('-') && !out.ends_with("--") && !out.ends_with(" -");
        if !out.is_empty() && !cut {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

#[cfg(test)]
mod tests;
