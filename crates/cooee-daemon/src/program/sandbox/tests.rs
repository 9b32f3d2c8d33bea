//! A restricted thread tries what it may not do.
//!
//! In:  files inside and outside of the sandbox.
//! Out: what the thread could read, write and run.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::thread;

use tempfile::TempDir;

use super::super::pid_file::PidFile;
use super::Reach;

/// Folders: `services` to read, `run` to write to, `other`.
fn folders() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["etc/services", "run", "other"] {
        fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    folder
}

/// Runs in a thread with the sandbox, which ends with the thread. `None` where the kernel has none.
fn restricted<T: Send>(folder: &Path, run: impl FnOnce() -> T + Send) -> Option<T> {
    thread::scope(|scope| {
        let run = move || {
            let services = folder.join("etc/services");
            let socket = folder.join("run/socket");
            let reach = Reach::new(
                [services.as_path()].into_iter(),
                [socket.as_path()].into_iter(),
            );
            let lacking = reach.restrict();
            assert!(lacking.len() < 2, "{lacking:?}");
            lacking.is_empty().then(run)
        };
        scope.spawn(run).join().unwrap()
    })
}

#[test]
fn a_program_that_the_sandbox_starts_is_killed() {
    let folder = folders();
    let run = || Command::new("/bin/true").status().unwrap();
    if let Some(status) = restricted(folder.path(), run) {
        assert_eq!(status.signal(), Some(libc::SIGSYS));
    }
}

#[test]
fn files_outside_of_the_sandbox_cannot_be_read_nor_written() {
    let folder = folders();
    let other = folder.path().join("other/file");
    fs::write(&other, "secret").unwrap();
    let run = || {
        [
            fs::read_to_string(&other).map(drop),
            fs::write(&other, "more"),
            fs::remove_file(&other),
            fs::write(folder.path().join("etc/services/new"), "more"),
            fs::read_to_string("/etc/passwd").map(drop),
        ]
    };
    for result in restricted(folder.path(), run).into_iter().flatten() {
        let kind = result.map_err(|error| error.kind());
        assert_eq!(kind, Err(io::ErrorKind::PermissionDenied));
    }
}

#[test]
fn the_sandbox_keeps_its_files_and_sockets_and_what_links_point_to() {
    let folder = folders();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("other/linked"), "linked").unwrap();
    symlink(at("other/linked"), at("etc/services/link")).unwrap();
    let run = || {
        let listener = UnixListener::bind(at("run/socket"));
        fs::write(at("run/pid"), "left by a crash").unwrap();
        let pid_file = PidFile::new(at("run/pid"));
        drop(pid_file.hold().unwrap());
        let left = fs::read_dir(at("run")).unwrap().count();
        assert_eq!(left, 1, "only the socket is left");
        fs::remove_file(at("run/socket")).unwrap();
        fs::read_dir(at("etc/services")).unwrap();
        let read = fs::read_to_string(at("etc/services/link")).unwrap();
        (listener.map(drop).is_ok(), read)
    };
    if let Some(kept) = restricted(folder.path(), run) {
        assert_eq!(kept, (true, "linked".to_owned()));
    }
}
