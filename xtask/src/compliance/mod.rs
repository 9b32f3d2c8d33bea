//! Clause by clause: what RFC 6762 and RFC 6763 require, where it is done, where it is tested.
//!
//! In:  duvet's report on the citations in `crates`, the exceptions and the requirements listed by
//!      hand in `.duvet`; `--check`: change nothing.
//! Out: `docs/COMPLIANCE.md` and the README's line; with `--check`, failure when either would change.

mod clause;
mod item;
mod page;
mod text;

use std::fs;
use std::path::Path;

use crate::shell;

/// The version whose extraction of clauses the committed page shows.
const DUVET: &str = "0.4.3";

/// Where duvet looks for texts before it would fetch them.
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
        page::with_line(&old[1], &page::line(&clauses))
            .ok_or_else(|| format!("{README} has no line that begins with `{}`", page::LINE))?,
    ];
    for clause in clauses.iter().filter(|clause| clause.is_open()) {
        println!("{clause}");
    }
    println!("{}", page::line(&clauses));
    if old == new {
        return Ok(());
    }
    if check {
        return Err(format!(
            "{PAGE} is not what the code says: `cargo xtask compliance` writes it"
        ));
    }
    for (path, text) in [PAGE, README].iter().zip(&new) {
        fs::write(root.join(path), text).map_err(|error| format!("{path}: {error}"))?;
    }
    Ok(())
}

/// Lays the texts out where duvet finds them, page breaks taken out.
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

/// Has duvet read the clauses and the citations.
fn report() -> Result<(), String> {
    if !shell::has("duvet") {
        return Err(format!("needs duvet: cargo install --locked duvet@{DUVET}"));
    }
    // It tells its progress where it would tell an error, so that is kept until one comes.
    let output = shell::command("duvet", &["report"])
        .output()
        .map_err(|error| format!("cannot start duvet: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let told = String::from_utf8_lossy(&output.stderr);
    let errors = told.find('×').and_then(|at| told.get(at..));
    Err(errors.unwrap_or(&told).to_owned())
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
