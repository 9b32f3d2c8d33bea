//! Runs other programs, from the top of the repository.
//!
//! In:  a program and its arguments.
//! Out: its success, its output, or a message with its name.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Returns the repository's top folder.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Prepares a program that runs at the top of the repository and reads nothing.
pub(crate) fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::null());
    // The cargo that started this program set them for it; another package's build must not see
    // them.
    for (key, _) in std::env::vars_os() {
        if is_ours(&key.to_string_lossy()) {
            command.env_remove(key);
        }
    }
    command
}

/// Prepares the cargo that started this program.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    command(&cargo_path(), arguments)
}

/// Runs to the end, with its output passed through.
pub(crate) fn run(mut command: Command) -> Result<(), String> {
    let shown = show(&command);
    let status = command
        .status()
        .map_err(|error| format!("cannot start `{shown}`: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{shown}` failed: {status}"))
    }
}

/// Runs to the end and returns what it wrote to standard output.
pub(crate) fn capture(mut command: Command) -> Result<String, String> {
    let shown = show(&command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot start `{shown}`: {error}"))?;
    if !output.status.success() {
        return Err(format!("`{shown}` failed: {}", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs to the end and returns everything that it wrote, and whether it succeeded.
pub(crate) fn output(mut command: Command) -> Result<(String, bool), String> {
    let shown = show(&command);
    let output = command
        .output()
        .map_err(|error| format!("cannot start `{shown}`: {error}"))?;
    let text = [output.stdout, output.stderr].concat();
    let held = output.status.success();
    Ok((String::from_utf8_lossy(&text).into_owned(), held))
}

/// Runs silently and returns whether it succeeded; a missing program did not.
pub(crate) fn succeeds(mut command: Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Returns whether a program of this name can be found.
pub(crate) fn has(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    std::env::split_paths(&paths)
        .chain(system)
        .any(|folder| folder.join(program).is_file())
}

/// Shows a command as one would type it.
pub(crate) fn show(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut line = program
        .file_name()
        .unwrap_or(command.get_program())
        .to_string_lossy()
        .into_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}

fn cargo_path() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

fn is_ours(key: &str) -> bool {
    key.starts_with("CARGO_PKG_") || key.starts_with("CARGO_MANIFEST_") || key == "OUT_DIR"
}
