//! Formatting, clippy and API documentation: a warning is a failure.

use crate::shell;

/// Runs `fmt --check`, then clippy on every target of the workspace.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    refuse(arguments)?;
    // Both run, so that one run shows everything that needs fixing.
    match (format(), clippy()) {
        (Err(one), Err(other)) => Err(format!("{one}; {other}")),
        (one, other) => one.and(other),
    }
}

/// Refuses code that `cargo fmt` would change.
pub(crate) fn format() -> Result<(), String> {
    shell::run(shell::cargo(&["fmt", "--all", "--", "--check"]))
        .map_err(|error| format!("{error}; `cargo fmt --all` puts it right"))
}

/// Refuses code that clippy warns about.
pub(crate) fn clippy() -> Result<(), String> {
    let arguments = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ];
    shell::run(shell::cargo(&arguments))
}

/// Builds the API documentation of the workspace; a broken link fails.
pub(crate) fn doc(arguments: &[String]) -> Result<(), String> {
    refuse(arguments)?;
    let mut command = shell::cargo(&["doc", "--workspace", "--no-deps", "--locked"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    shell::run(command)
}

fn refuse(arguments: &[String]) -> Result<(), String> {
    match arguments.first() {
        Some(argument) => Err(format!("takes no arguments, got `{argument}`")),
        None => Ok(()),
    }
}
