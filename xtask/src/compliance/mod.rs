//! Clause by clause: what RFC 6762 and RFC 6763 require, which code does it, which test shows it.
//!
//! In:  duvet's report on the citations in `crates`, the exceptions and the requirements listed by
//!      hand in `.duvet`; `--check`: change nothing.
//! Out: `docs/COMPLIANCE.md` and the paragraph in the README; with `--check`, failure if either
//!      would change, or if a MUST or SHOULD has neither an exception nor both code and test.

mod clause;
mod item;
mod page;
mod text;

use std::fs;
use std::path::Path;

use crate::shell;
use clause::Clause;

/// The version whose extraction of clauses the committed page shows.
const DUVET: &str = "0.4.3";

/// Where duvet looks for texts before it would download them.
const TEXTS: &str = ".duvet/specifications/www.rfc-editor.org/rfc";

const REPORT: &str = ".duvet/reports/report.json";
const PAGE: &str = "docs/COMPLIANCE.md";
const README: &str = "README.md";

/// Writes the page, or compares it, and lists what is open.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let check = match arguments {
        [] => false,
        [word] if word == "--check" => true,
        _ => return Err("takes nothing, or --check".to_owned()),
    };
    let root = shell::root();
    lay_out(&root.join("docs/rfc"), &root.join(TEXTS))?;
    report()?;
    let clauses = clause::read(&root, &read(&root.join(REPORT))?)?;
    let old = [PAGE, README].map(|path| read(&root.join(path)).unwrap_or_default());
    let new = [
        page::page(&clauses),
        page::with_line(&old[1], &page::line(&clauses)).ok_or_else(|| {
            format!(
                "{README} has no paragraph that begins with `{}`",
                page::LINE
            )
        })?,
    ];
    for clause in clauses.iter().filter(|clause| clause.is_open()) {
        println!("{clause}");
    }
    println!("{}", page::line(&clauses));
    if check {
        return judge(&clauses, old == new);
    }
    for (path, text) in [PAGE, README].iter().zip(&new) {
        fs::write(root.join(path), text).map_err(|error| format!("{path}: {error}"))?;
    }
    Ok(())
}

/// Returns whether a commit is acceptable: nothing open, and the page as committed.
fn judge(clauses: &[Clause], is_as_committed: bool) -> Result<(), String> {
    let open = clauses.iter().filter(|clause| clause.is_open()).count();
    match (open, is_as_committed) {
        (0, true) => Ok(()),
        (0, false) => Err(format!(
            "{PAGE} is not what the code says: `cargo xtask compliance` writes it"
        )),
        _ => Err(format!(
            "{open} clauses are open: quote each beside code and test, or except it with a reason"
        )),
    }
}

/// Writes the texts where duvet finds them, without page breaks.
fn lay_out(from: &Path, to: &Path) -> Result<(), String> {
    let failed = |error| format!("{}: {error}", to.display());
    fs::create_dir_all(to).map_err(failed)?;
    for entry in fs::read_dir(from).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let text = text::whole(&read(&path)?);
        let name = path.file_name().unwrap_or_default();
        fs::write(to.join(name), text).map_err(failed)?;
    }
    Ok(())
}

/// Lets duvet read the clauses and the citations.
fn report() -> Result<(), String> {
    if !shell::has("duvet") {
        return Err(format!("needs duvet: cargo install --locked duvet@{DUVET}"));
    }
    // It writes its progress to the stream for errors, so the output is kept until there is one.
    let output = shell::command("duvet", &["report"])
        .output()
        .map_err(|error| format!("cannot start duvet: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let reported = String::from_utf8_lossy(&output.stderr);
    let errors = reported.find('×').and_then(|at| reported.get(at..));
    Err(errors.unwrap_or(&reported).to_owned())
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::clause::{Level, State};
    use super::judge;
    use super::page::tests::clause;

    #[test]
    fn a_commit_may_stand_when_nothing_is_open_and_the_page_is_as_committed() {
        let with = |level, code, tests| [clause(level, State::Quoted { code, tests }, &[])];
        assert_eq!(judge(&with(Level::Must, true, true), true), Ok(()));
        assert_eq!(judge(&with(Level::May, false, false), true), Ok(()));
        let excepted = State::Excepted("no voice".to_owned());
        assert_eq!(judge(&[clause(Level::Must, excepted, &[])], true), Ok(()));
        let changed = judge(&with(Level::Must, true, true), false);
        assert!(changed.is_err_and(|why| why.contains("cargo xtask compliance")));
        for (level, code, tests) in [
            (Level::Must, true, false),
            (Level::Must, false, true),
            (Level::Should, true, false),
        ] {
            let open = judge(&with(level, code, tests), true);
            assert!(open.is_err_and(|why| why.contains("1 clauses are open")));
        }
    }
}
