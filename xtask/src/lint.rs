//! Formatting, clippy and API documentation: a warning is a failure.

use crate::shell;

/// Runs `fmt --check`, then clippy on every target of the workspace, and on the program without its
/// demo.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    refuse(arguments)?;
    // All run, so that one run shows everything that needs fixing.
    let faults: Vec<String> = [format(), clippy(), small_program()]
        .into_iter()
        .filter_map(Result::err)
        .collect();
    match faults.is_empty() {
        true => Ok(()),
        false => Err(faults.join("; ")),
    }
}

/// Refuses a program that does not build without its demo, or with the simulator in it.
fn small_program() -> Result<(), String> {
    shell::run(shell::cargo(&[
        "clippy",
        "--package",
        "cooee-cli",
        "--no-default-features",
        "--locked",
        "--",
        "-D",
        "warnings",
    ]))
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
