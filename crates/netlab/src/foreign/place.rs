//! Where the foreign peers' packages are on this machine, and what is missing.
//!
//! In:  `COOEE_PYTHON`, `COOEE_PEERS`, the path, the versions committed in `peers/`.
//! Out: the programs and folders to use, or a sentence with a remedy.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::error::{Error, Result};

/// Names a Python that has the package `zeroconf`.
const PYTHON: &str = "COOEE_PYTHON";

/// Names the folder that `peers/install` fills.
const PEERS: &str = "COOEE_PEERS";

/// Where a Python with `zeroconf` is looked for: the one for Debian's packages may come second.
const PYTHONS: &[&str] = &["python3", "/usr/bin/python3"];

/// JmDNS and what it logs with, where Debian has them.
pub(super) const JARS: &[&str] = &[
    "/usr/share/java/jmdns.jar",
    "/usr/share/java/slf4j-api.jar",
    "/usr/share/java/slf4j-nop.jar",
];

/// What is to be installed, by the file that says when it is.
const NPM_LOCK: (&str, &str) = (
    "package-lock.json",
    include_str!("../../peers/npm/package-lock.json"),
);
const PYTHON_LOCK: (&str, &str) = (
    "requirements.txt",
    include_str!("../../peers/requirements.txt"),
);

/// Returns the Python to use: what `COOEE_PYTHON` names, else the first of some that has
/// `zeroconf`.
pub fn python() -> &'static str {
    static FOUND: OnceLock<String> = OnceLock::new();
    FOUND.get_or_init(|| match std::env::var(PYTHON) {
        Ok(named) => named,
        Err(_) => first_with_zeroconf(PYTHONS, has_zeroconf).to_owned(),
    })
}

pub(super) fn missing_zeroconf() -> Option<String> {
    let python = python();
    (!has_zeroconf(python)).then(|| {
        format!("{python} has no zeroconf (Debian: python3-zeroconf; {PYTHON} names another)")
    })
}

pub(super) fn missing_newest_zeroconf() -> Option<String> {
    missing_of(PYTHON_LOCK)
}

pub(super) fn missing_npm() -> Option<String> {
    if !runs("node", &["--version"]) {
        return Some("node is not installed (Debian: nodejs, npm)".to_owned());
    }
    missing_of(NPM_LOCK)
}

pub(super) fn missing_java() -> Option<String> {
    if let Some(jar) = JARS.iter().find(|jar| !Path::new(jar).exists()) {
        return Some(format!("there is no {jar} (Debian: libjmdns-java)"));
    }
    // Only a development kit can run a source file.
    let there = runs("javac", &["-version"]) && runs("java", &["-version"]);
    (!there).then(|| "javac is not installed (Debian: default-jdk-headless)".to_owned())
}

/// Returns the folder of npm's packages.
pub(super) fn npm() -> Result<PathBuf> {
    Ok(folder()?.join("npm/node_modules"))
}

/// The Python that has the newest `zeroconf`.
pub(super) fn newest_python() -> Result<PathBuf> {
    Ok(folder()?.join("python/bin/python"))
}

/// The first that has it; the first at all, for its name in a message, if none has.
fn first_with_zeroconf<'a>(pythons: &[&'a str], has: impl Fn(&str) -> bool) -> &'a str {
    let with = pythons.iter().find(|python| has(python));
    with.or(pythons.first()).copied().unwrap_or_default()
}

fn has_zeroconf(python: &str) -> bool {
    runs(python, &["-c", "import zeroconf.asyncio"])
}

/// Why a part of what `peers/install` installs cannot be used.
fn missing_of((file, wanted): (&str, &str)) -> Option<String> {
    let there = folder().and_then(|folder| Ok(std::fs::read_to_string(folder.join(file))?));
    let why = match there {
        Ok(text) if text == wanted => return None,
        Ok(_) => "installed in other versions",
        Err(_) => "not installed",
    };
    Some(format!(
        "the packages of {file} are {why} (cargo xtask peers)"
    ))
}

/// Returns the folder that `peers/install` fills.
fn folder() -> Result<PathBuf> {
    let of = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let cache = || of("XDG_CACHE_HOME").or_else(|| Some(of("HOME")?.join(".cache")));
    let folder = of(PEERS).or_else(|| Some(cache()?.join("cooee/peers")));
    folder.ok_or_else(|| Error::new(format!("neither {PEERS} nor HOME is set")))
}

fn runs(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::first_with_zeroconf;

    #[test]
    fn a_python_with_zeroconf_is_found_when_another_comes_first() {
        let second = |python: &str| python == "b";
        assert_eq!(first_with_zeroconf(&["a", "b", "c"], second), "b");
    }

    #[test]
    fn where_no_python_has_zeroconf_the_first_is_named() {
        assert_eq!(first_with_zeroconf(&["a", "b"], |_| false), "a");
    }
}
