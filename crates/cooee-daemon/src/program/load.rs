//! Reads the configuration of the daemon.
//!
//! In:  the paths on the command line, or the usual ones.
//! Out: a [`Config`], with every remark in the log; or why the daemon cannot start.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::args::Options;
use crate::config::{self, Config};

/// Reads both files. One that is not named and does not exist changes nothing.
pub(super) fn config(options: &Options) -> Result<Config, String> {
    let mut config = Config::default();
    if let Some(text) = text(options.file.as_deref(), AVAHI_FILE)? {
        let path = options.file.as_deref().unwrap_or(Path::new(AVAHI_FILE));
        for remark in config::read_avahi_file(&text, &mut config) {
            tracing::warn!("{}: {remark}", path.display());
        }
    }
    if let Some(text) = text(options.config.as_deref(), OWN_FILE)? {
        let path = options.config.as_deref().unwrap_or(Path::new(OWN_FILE));
        config::read_own_file(&text, &mut config)
            .map_err(|remark| format!("{}: {remark}", path.display()))?;
    }
    Ok(config)
}

fn text(given: Option<&Path>, usual: &str) -> Result<Option<String>, String> {
    let path = given.unwrap_or(Path::new(usual));
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if given.is_none() && error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

pub(super) const AVAHI_FILE: &str = "/etc/avahi/avahi-daemon.conf";
pub(super) const OWN_FILE: &str = "/etc/cooee/cooeed.toml";
