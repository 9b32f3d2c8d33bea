//! The crates as crates.io would receive them.
//!
//! In:  the workspace, including uncommitted changes.
//! Out: failure if a published crate lacks what publishing needs, or does not build from its
//!      package.

use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::shell;

/// Members that are never published.
const PRIVATE: [&str; 4] = ["cooee-examples", "netcell", "netlab", "xtask"];

/// Packages every published crate in the order of their dependencies and builds each package.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    if let Some(argument) = arguments.first() {
        return Err(format!("takes no arguments, got `{argument}`"));
    }
    let mut command = shell::cargo(&["package", "--workspace", "--locked", "--allow-dirty"]);
    for member in PRIVATE {
        command.args(["--exclude", member]);
    }
    // Cargo takes a package of one version to be always the same: what an earlier run has unpacked
    // or built must not be used again.
    forget_unpacked(&cargo_home()?)?;
    if Path::new(TARGET).exists() {
        fs::remove_dir_all(TARGET).map_err(|error| format!("{TARGET}: {error}"))?;
    }
    command.args(["--target-dir", TARGET]);
    shell::run(command)
}

/// Where the packages are built.
const TARGET: &str = "target/packages";

/// Removes packages of this workspace that an earlier run has unpacked.
fn forget_unpacked(cargo_home: &Path) -> Result<(), String> {
    let Ok(registries) = fs::read_dir(cargo_home.join("registry/src")) else {
        return Ok(());
    };
    // The registry that `cargo package` makes for itself has no host name before the hyphen.
    let own = registries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with('-'));
    let packages = own.filter_map(|entry| fs::read_dir(entry.path()).ok());
    for package in packages.flatten().flatten() {
        if package.file_name().to_string_lossy().starts_with("cooee") {
            let removed = fs::remove_dir_all(package.path());
            removed.map_err(|error| format!("{}: {error}", package.path().display()))?;
        }
    }
    Ok(())
}

fn cargo_home() -> Result<PathBuf, String> {
    let default = || Some(env::home_dir()?.join(".cargo"));
    let home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(default);
    home.ok_or_else(|| "this user has no home directory".to_owned())
}
