//! `cooeed check-config`: what is wrong with the files.
//!
//! In:  files, or the usual ones.
//! Out: a line for each remark; failure if a file is refused.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::args::Options;
use super::load::{AVAHI_FILE, OWN_FILE};
use super::say;
use crate::config::{self, Config};
use crate::files::{read_text, scan_services, service_file};

/// Checks files, each by its name.
pub(super) fn run(options: &Options, files: &[PathBuf]) -> ExitCode {
    let files = match files {
        [] => usual(options),
        _ => files.to_vec(),
    };
    let mut is_refused = false;
    for path in files {
        let (remarks, refused) = check(&path);
        is_refused |= refused;
        for remark in remarks {
            say(&format!("{}: {remark}\n", path.display()));
        }
    }
    match is_refused {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}

/// Returns the files that the daemon reads, as far as they exist.
fn usual(options: &Options) -> Vec<PathBuf> {
    let or = |given: &Option<PathBuf>, usual: &str| given.clone().unwrap_or(usual.into());
    let mut files = vec![
        or(&options.file, AVAHI_FILE),
        or(&options.config, OWN_FILE),
        options.hosts.clone(),
    ];
    files.retain(|path| path.exists());
    let services = scan_services(&options.services);
    files.extend(services.files.into_keys());
    files.extend(services.unreadable);
    files
}

/// Returns the remarks about a file, and whether it is refused.
fn check(path: &Path) -> (Vec<String>, bool) {
    let text = match read_text(path) {
        Ok(text) => text,
        Err(reason) => return (vec![reason], true),
    };
    let mut config = Config::default();
    match path.extension().and_then(|end| end.to_str()) {
        Some("service") => one(service_file::read(&text).err()),
        Some("toml") => one(config::read_own_file(&text, &mut config).err()),
        Some("conf") => {
            let remarks = config::read_avahi_file(&text, &mut config);
            (remarks.iter().map(ToString::to_string).collect(), false)
        }
        Some(_) | None => {
            let (_, warnings) = crate::files::hosts_file::read(&text);
            let lines = warnings.iter();
            let lines = lines.map(|warning| format!("line {}: {}", warning.line, warning.reason));
            (lines.collect(), !warnings.is_empty())
        }
    }
}

fn one(error: Option<impl ToString>) -> (Vec<String>, bool) {
    let is_refused = error.is_some();
    (error.iter().map(ToString::to_string).collect(), is_refused)
}
