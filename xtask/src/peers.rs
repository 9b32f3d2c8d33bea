//! The foreign peers of the lab that come from npm and PyPI, in the committed versions.
//!
//! In:  `COOEE_PEERS`, a folder to install into instead of the user's cache.
//! Out: that folder, filled by `crates/netlab/peers/install`; nothing if it is already complete.

use crate::shell;

/// The script that installs them, which also documents the order.
const SCRIPT: &str = "crates/netlab/peers/install";

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    if let [unknown, ..] = arguments {
        return Err(format!("takes nothing, got `{unknown}`"));
    }
    shell::run(shell::command("sh", &[SCRIPT]))
}
