//! The `cooee` program under test: built once, then run in hosts.
//!
//! In:  this workspace, or a program named by `COOEE_BIN`.
//! Out: commands that run it, and the JSON objects that it writes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::error::{Context, Error, Result};
use crate::lab::Node;
use crate::program::Line;

/// Names a `cooee` program to use instead of building one.
const PROGRAM: &str = "COOEE_BIN";

/// Builds the program with the profile of this executable; outside the namespaces only.
pub fn build() -> Result<PathBuf> {
    static BUILT: OnceLock<Result<PathBuf>> = OnceLock::new();
    BUILT.get_or_init(build_now).clone()
}

/// A command that will run `cooee` in `node`.
pub fn command(node: &Node) -> Result<Command> {
    Ok(node.command(path()?))
}

/// Reads lines of `--json` output, each with the time it was written.
pub fn objects(lines: &[Line]) -> Result<Vec<serde_json::Value>> {
    lines
        .iter()
        .map(|line| serde_json::from_str(&line.text).context(&line.text))
        .collect()
}

fn path() -> Result<PathBuf> {
    match std::env::var_os(PROGRAM) {
        Some(path) => Ok(path.into()),
        None => Ok(profile_folder()?.join("cooee")),
    }
}

fn build_now() -> Result<PathBuf> {
    let program = path()?;
    if std::env::var_os(PROGRAM).is_some() {
        return Ok(program);
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let folder = profile_folder()?;
    let mut command = Command::new(cargo);
    command.args([
        "build",
        "--quiet",
        "--package",
        "cooee-cli",
        "--bin",
        "cooee",
    ]);
    command
        .arg("--target-dir")
        .arg(folder.parent().unwrap_or(Path::new("target")));
    if folder.ends_with("release") {
        command.arg("--release");
    }
    let output = command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .context("cargo build")?;
    if output.status.success() {
        return Ok(program);
    }
    Err(Error::new(format!(
        "cooee does not build: {}",
        String::from_utf8_lossy(&output.stderr)
    )))
}

/// The folder of this executable's profile: `target/debug` of `target/debug/deps/x`.
fn profile_folder() -> Result<PathBuf> {
    let executable = std::env::current_exe().context("own path")?;
    let folder = executable.ancestors().find(|folder| {
        folder
            .file_name()
            .is_some_and(|name| name == "debug" || name == "release")
    });
    folder
        .map(Path::to_path_buf)
        .ok_or_else(|| Error::new("not in a target folder"))
}
