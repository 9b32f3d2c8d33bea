//! The unit files, as systemd judges them.
//!
//! In:  `dist/`, `systemd-analyze`.
//! Out: whether the units are valid, and how much of the system the service can reach.
#![cfg(target_os = "linux")]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The exposure that `systemd-analyze security` may compute, in tenths.
const EXPOSURE_MAX: &str = "15";

#[test]
fn the_exposure_of_the_service_is_at_most_one_and_a_half() {
    let folder = units().unwrap();
    let service = folder.path().join("cooeed.service");
    let arguments = ["security", "--offline=yes", "--no-pager", "--threshold"];
    let Some(judged) = analyze(&arguments, &[EXPOSURE_MAX.as_ref(), &service]).unwrap() else {
        return;
    };
    let text = String::from_utf8_lossy(&judged.stdout);
    assert!(judged.status.success(), "{text}");
    assert!(text.contains("Overall exposure level"), "{text}");
}

#[test]
fn systemd_knows_each_line_of_the_units() {
    let folder = units().unwrap();
    let units = ["cooeed.service", "cooeed.socket"].map(|unit| folder.path().join(unit));
    let units: Vec<&Path> = units.iter().map(PathBuf::as_path).collect();
    let Some(judged) = analyze(&["verify", "--man=no"], &units).unwrap() else {
        return;
    };
    // It also reports units of the system.
    let text = String::from_utf8_lossy(&judged.stderr);
    let remarks: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("cooeed"))
        .collect();
    assert!(judged.status.success() && remarks.is_empty(), "{text}");
}

/// Copies the units. The program that they start need not be installed.
fn units() -> io::Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist");
    for unit in ["cooeed.service", "cooeed.socket"] {
        let text = fs::read_to_string(dist.join(unit))?;
        let text = text.replace("/usr/sbin/cooeed", "/bin/true");
        fs::write(folder.path().join(unit), text)?;
    }
    Ok(folder)
}

/// Runs `systemd-analyze`. Only outside CI it may be missing.
fn analyze(arguments: &[&str], files: &[&Path]) -> io::Result<Option<Output>> {
    let run = Command::new("systemd-analyze")
        .args(arguments)
        .args(files)
        .output();
    if run.is_err() && std::env::var_os("CI").is_none() {
        return Ok(None);
    }
    run.map(Some)
}
