//! Checks licences, sources and bans of every dependency, as in `deny.toml`.

use crate::shell;

/// Runs cargo-deny without its advisory database, which needs network access.
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
