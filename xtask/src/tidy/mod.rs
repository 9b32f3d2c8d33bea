//! House rules that neither the compiler nor clippy can check.
//!
//! In:  the repository's files.
//! Out: every violation as `path:line: rule: what is wrong`, and failure if there is one.

pub(crate) mod citations;
mod docs;
mod layers;
mod manifests;
mod rules;
pub(crate) mod source;
pub(crate) mod walk;

use std::fmt;

use crate::shell;
use citations::Rfcs;
use layers::Tables;
use source::Source;
use walk::File;

/// A violation of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    line: usize,
    rule: &'static str,
    message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {}: {}",
            self.path, self.line, self.rule, self.message
        )
    }
}

/// Checks the whole repository.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    if let Some(argument) = arguments.first() {
        return Err(format!("takes no arguments, got `{argument}`"));
    }
    let root = shell::root();
    let files =
        walk::files(&root).map_err(|error| format!("cannot read the repository: {error}"))?;
    let rfcs = Rfcs::load(&root.join("docs/rfc"))?;
    let (mut findings, cited) = check(&files, &rfcs, &layers::TABLES);
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    if findings.is_empty() {
        println!(
            "tidy: {} files in order, {cited} RFC quotations verbatim",
            files.len()
        );
        return Ok(());
    }
    Err(format!("{} breaches of the house rules", findings.len()))
}

/// Applies every rule to every file; also counts the compared quotations.
fn check(files: &[File], rfcs: &Rfcs, tables: &Tables) -> (Vec<Finding>, usize) {
    let mut findings = Vec::new();
    let mut cited = 0;
    let mut sources = Vec::new();
    for file in files {
        match file.extension() {
            "rs" => {
                let source = Source::new(&file.path, &file.text);
                findings.extend(rules::check(&source));
                let quotations = citations::check(&source, rfcs);
                cited += quotations.cited;
                findings.extend(quotations.findings);
                sources.push(source);
            }
            "toml" => findings.extend(rules::check_markers(&file.path, &file.text)),
            "md" => findings.extend(docs::check(file, files)),
            _ => {}
        }
    }
    findings.extend(layers::check(&sources, tables));
    findings.extend(manifests::check(files));
    (findings, cited)
}

#[cfg(test)]
mod tests;
