//! The crates as crates.io would receive them.
//!
//! In:  the workspace, including uncommitted changes.
//! Out: failure if a published crate lacks what publishing needs, or does not build from its
//!      package.

use crate::shell;

/// Members that are never published.
const PRIVATE: [&str; 3] = ["netcell", "netlab", "xtask"];

/// Packages every published crate in the order of their dependencies and builds each package.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    if let Some(argument) = arguments.first() {
        return Err(format!("takes no arguments, got `{argument}`"));
    }
    let mut command = shell::cargo(&["package", "--workspace", "--locked", "--allow-dirty"]);
    for member in PRIVATE {
        command.args(["--exclude", member]);
    }
    shell::run(command)
}
