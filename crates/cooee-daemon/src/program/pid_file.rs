//! The file with the process id, a locked file beside it, and the signals to the process.
//!
//! In:  a path.
//! Out: a lock that one daemon holds as long as it runs; whether a daemon runs; a signal to it. What
//!      the file says counts only while the lock is held.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

/// The file.
pub(super) struct PidFile {
    path: PathBuf,
    /// What is locked. Only the daemon's user can open it, as everybody who can could lock it.
    lock_path: PathBuf,
}

/// The lock of this process. Dropping it removes the files.
#[derive(Debug)]
pub(super) struct Held {
    path: PathBuf,
    lock_path: PathBuf,
    lock: File,
}

impl PidFile {
    pub(super) fn new(path: PathBuf) -> Self {
        let mut lock_path = path.clone().into_os_string();
        lock_path.push(".lock");
        let lock_path = lock_path.into();
        Self { path, lock_path }
    }

    /// Returns where it is.
    #[cfg(target_os = "linux")]
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns whether a daemon runs.
    pub(super) fn is_held(&self) -> Result<bool, String> {
        let lock = match File::open(&self.lock_path) {
            Ok(lock) => lock,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            // Other users cannot try the lock, only look for who holds one. Nor can they signal it.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Ok(self.process().is_some_and(holds_a_lock));
            }
            Err(error) => return Err(wrong(&self.lock_path, &error)),
        };
        // Shared, so that two who ask at once do not see each other.
        let is_free = self.lock(&lock, FlockOperation::NonBlockingLockShared)?;
        Ok(!is_free)
    }

    /// Ends the daemon, and waits for that.
    pub(super) fn kill(&self) -> Result<(), String> {
        let pid = self.signal(Signal::TERM)?;
        let start = Instant::now();
        while self.is_held()? && self.process() == Some(pid) {
            if start.elapsed() > END_WAIT_MAX {
                return Err("the daemon does not end".to_owned());
            }
            sleep(POLL);
        }
        Ok(())
    }

    /// Lets the daemon read its files again.
    pub(super) fn reload(&self) -> Result<(), String> {
        self.signal(Signal::HUP).map(drop)
    }

    fn signal(&self, signal: Signal) -> Result<Pid, String> {
        if !self.is_held()? {
            return Err("no daemon runs".to_owned());
        }
        let path = self.path.display();
        let pid = self.process();
        let pid = pid.ok_or_else(|| format!("{path} does not name the daemon's process"))?;
        match kill_process(pid, signal) {
            Ok(()) => Ok(pid),
            Err(error) => Err(format!("process {}: {error}", pid.as_raw_nonzero())),
        }
    }

    /// Returns the process that the file names.
    fn process(&self) -> Option<Pid> {
        read_process(&fs::read_to_string(&self.path).ok()?)
    }

    /// Takes the lock for this process, unless a daemon runs, and writes the id of the process.
    pub(super) fn hold(&self) -> Result<Held, String> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(|error| wrong(folder, &error))?;
        }
        for _ in 0..LOCK_TRIES_MAX {
            if let Some(held) = self.try_hold()? {
                held.write().map_err(|error| wrong(&self.path, &error))?;
                return Ok(held);
            }
            // Perhaps somebody only asks whether a daemon runs.
            sleep(POLL);
        }
        Err(match self.process() {
            Some(pid) => format!("a daemon runs already, with process id {pid}"),
            None => format!(
                "a daemon runs already: it holds {}",
                self.lock_path.display()
            ),
        })
    }

    /// Takes the lock, if it is free and its file is still there afterwards.
    fn try_hold(&self) -> Result<Option<Held>, String> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let lock = options.open(&self.lock_path);
        let lock = lock.map_err(|error| wrong(&self.lock_path, &error))?;
        if !self.lock(&lock, FlockOperation::NonBlockingLockExclusive)?
            || !leads_to(&self.lock_path, &lock)
        {
            return Ok(None);
        }
        Ok(Some(Held {
            path: self.path.clone(),
            lock_path: self.lock_path.clone(),
            lock,
        }))
    }

    /// Returns whether the lock could be had.
    fn lock(&self, lock: &File, operation: FlockOperation) -> Result<bool, String> {
        match flock(lock, operation) {
            Ok(()) => Ok(true),
            Err(Errno::WOULDBLOCK) => Ok(false),
            Err(error) => Err(format!(
                "{} cannot be locked: {error}; try `--pid-file` with a path on another file system",
                self.lock_path.display()
            )),
        }
    }
}

impl Held {
    /// Writes the id of this process.
    fn write(&self) -> io::Result<()> {
        fs::write(&self.path, format!("{}\n", std::process::id()))?;
        // Everybody may ask whether a daemon runs, whatever the umask of the service.
        fs::set_permissions(&self.path, Permissions::from_mode(0o644))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if leads_to(&self.lock_path, &self.lock) {
            // Somebody else may have removed it.
            let _ = fs::remove_file(&self.path);
            // The last step: from now on, another daemon can start.
            let _ = fs::remove_file(&self.lock_path);
        }
    }
}

/// Returns whether a path leads to this open file.
fn leads_to(path: &Path, file: &File) -> bool {
    let (Ok(own), Ok(there)) = (file.metadata(), fs::metadata(path)) else {
        return false;
    };
    (own.dev(), own.ino()) == (there.dev(), there.ino())
}

/// Returns whether a process holds a lock; where the system does not say so, whether it exists.
fn holds_a_lock(pid: Pid) -> bool {
    match fs::read_to_string("/proc/locks") {
        Ok(locks) => names_holder(&locks, pid),
        Err(_) => matches!(test_kill_process(pid), Ok(()) | Err(Errno::PERM)),
    }
}

/// Returns whether `/proc/locks` has an exclusive lock of a process, of the kind of `flock`.
fn names_holder(locks: &str, pid: Pid) -> bool {
    locks.lines().any(|line| {
        let words: Vec<&str> = line.split_ascii_whitespace().take(5).collect();
        matches!(words[..], [_, "FLOCK", _, "WRITE", holder] if holder == pid.to_string())
    })
}

fn wrong(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}

/// Reads the id of a process that can be a daemon: neither a group of processes nor the first one.
fn read_process(text: &str) -> Option<Pid> {
    let pid: i32 = text.trim().parse().ok()?;
    (pid > 1).then(|| Pid::from_raw(pid)).flatten()
}

/// How long a daemon may take to end, as for `avahi-daemon -k`.
const END_WAIT_MAX: Duration = Duration::from_secs(5);

/// How often a daemon tries to take the lock before it gives up.
const LOCK_TRIES_MAX: usize = 10;

const POLL: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests;
