//! Licences, sources and bans of every dependency, as `deny.toml` has them.

use crate::shell;

/// Runs cargo-deny without its advisory database, which needs a network of its own.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    if let Some(argument) = arguments.first() {
        return Err(format!("takes no arguments, got `{argument}`"));
    }
    if !shell::succeeds(shell::cargo(&["deny", "--version"])) {
        return Err("cargo-deny is missing: cargo install --locked cargo-deny".to_owned());
    }
    let arguments = [
        "deny",
        "--workspace",
        "--locked",
        "check",
        "licenses",
        "bans",
        "sources",
    ];
    shell::run(shell::cargo(&arguments))
}
