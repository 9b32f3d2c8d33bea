//! The foreign peers of the lab that come from npm and PyPI, in the versions that are committed.
//!
//! In:  `COOEE_PEERS`, a folder to install into instead of the user's cache.
//! Out: that folder, filled by `crates/netlab/peers/install`; where it is full already, nothing.

use crate::shell;

/// Does the installing, and says in which order.
const SCRIPT: &str = "crates/netlab/peers/install";

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    if let [unknown, ..] = arguments {
        return Err(format!("takes nothing, got `{unknown}`"));
    }
    shell::run(shell::command("sh", &[SCRIPT]))
}
