//! Files that a daemon holds, that it left behind, and that name the wrong process.
//!
//! In:  files in a folder for the test. Two opened files of one process conflict as those of two do.
//! Out: who holds them, and who is signalled.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use rustix::process::Signal;
use tempfile::TempDir;

use super::{PidFile, names_holder, read_process};

fn file() -> (TempDir, PidFile) {
    let folder = tempfile::tempdir().unwrap();
    let file = PidFile::new(folder.path().join("run/pid"));
    (folder, file)
}

#[test]
fn one_daemon_runs_at_a_time() {
    let (_folder, file) = file();
    assert_eq!(file.is_held(), Ok(false));
    let held = file.hold().unwrap();
    assert_eq!(file.is_held(), Ok(true));
    let mode = fs::metadata(&file.lock_path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let own = std::process::id();
    assert_eq!(fs::read_to_string(&file.path).unwrap(), format!("{own}\n"));
    let error = PidFile::new(file.path.clone()).hold().unwrap_err();
    assert!(error.contains("runs already"), "{error}");
    drop(held);
    assert!(!file.path.exists() && !file.lock_path.exists());
    assert_eq!(file.is_held(), Ok(false));
    file.hold().unwrap();
}

#[test]
fn a_file_that_no_daemon_holds_names_nobody() {
    let (_folder, file) = file();
    let mut other = Command::new("sleep").arg("60").spawn().unwrap();
    fs::create_dir_all(file.path.parent().unwrap()).unwrap();
    fs::write(&file.path, format!("{}\n", other.id())).unwrap();
    assert_eq!(file.is_held(), Ok(false));
    assert_eq!(file.reload(), Err("no daemon runs".to_owned()));
    assert_eq!(file.kill(), Err("no daemon runs".to_owned()));
    drop(file.hold().unwrap());
    other.kill().unwrap();
    let signal = other.wait().unwrap().signal();
    assert_eq!(signal, Some(Signal::KILL.as_raw()));
}

#[test]
fn the_holder_of_a_lock_is_told_from_who_waits_and_from_who_has_none() {
    let locks = "1: FLOCK  ADVISORY  WRITE 708 00:19:1234 0 EOF\n\
                 1: -> FLOCK  ADVISORY  WRITE 709 00:19:1234 0 EOF\n\
                 2: POSIX  ADVISORY  WRITE 710 00:19:1235 0 EOF\n\
                 3: FLOCK  ADVISORY  READ 711 00:19:1236 0 EOF\n";
    let holders: Vec<i32> = (700..720)
        .filter(|pid| names_holder(locks, read_process(&pid.to_string()).unwrap()))
        .collect();
    assert_eq!(holders, [708]);
}

#[test]
fn only_the_id_of_one_process_is_signalled() {
    for wrong in ["", "x", "-1", "-2", "0", "1", "99999999999"] {
        assert_eq!(read_process(wrong), None, "{wrong}");
    }
    assert!(read_process("2\n").is_some());
    let (_folder, file) = file();
    let _held = file.hold().unwrap();
    fs::write(&file.path, "no number").unwrap();
    assert!(file.reload().unwrap_err().contains("does not name"));
}

#[test]
fn a_file_that_took_the_place_of_the_own_one_stays() {
    let (_folder, file) = file();
    let first = file.hold().unwrap();
    fs::rename(&file.lock_path, file.path.with_extension("old")).unwrap();
    let _second = file.hold().unwrap();
    drop(first);
    assert_eq!(file.is_held(), Ok(true));
}
