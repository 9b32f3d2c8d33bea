//! The picture in the README: the live screen of `browse`, with a network that is simulated.
//!
//! In:  nothing.
//! Out: `docs/picture.svg`. A test of `cooee-cli` plays the script, draws it, and fails while the
//!      committed picture is another one.

use crate::shell;

/// Writes the picture.
pub(crate) fn run(_: &[String]) -> Result<(), String> {
    let mut command = shell::cargo(&["test", "--quiet", "-p", "cooee-cli", "--bin", "cooee", TEST]);
    command.env("COOEE_PICTURE", "write");
    shell::run(command)
}

/// The test that also writes.
const TEST: &str = "screen::picture";
