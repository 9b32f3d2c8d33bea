//! Watches the files.
//!
//! In:  the folder of service files, and the folder of the file of hosts.
//! Out: a wake-up some time after something changed, once for a burst of changes.

use std::io::ErrorKind;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use rustix::io::Errno;
use tokio::net::unix::pipe::Receiver;
use tokio::time::{Instant, sleep_until};

/// The kernel's notices of changes.
pub(crate) struct Watch {
    notices: Receiver,
    /// What is watched: each path with what had it before the watch began.
    watched: Vec<(PathBuf, Option<FolderId>)>,
    /// Changes that have not been reported yet.
    burst: Option<Burst>,
}

/// What a folder is, whatever its path: a device, and a number on it.
type FolderId = (u64, u64);

/// Changes with little time between them.
#[derive(Clone, Copy, Debug)]
struct Burst {
    first: Instant,
    last: Instant,
}

impl Watch {
    /// Watches these folders, and the folders in which they are or may appear.
    pub(crate) fn new(folders: &[PathBuf]) -> std::io::Result<Self> {
        let fd = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
        let parents = folders.iter().filter_map(|folder| folder.parent());
        let paths = folders.iter().map(PathBuf::as_path).chain(parents);
        let watched = paths.map(|path| (path.to_owned(), id(path))).collect();
        for folder in folders {
            // A folder and the parent of another may be one: each adds to what is watched.
            add(&fd, folder, IN_FOLDER | WatchFlags::MASK_ADD)?;
            let parent = folder.parent();
            let parent = parent.map(|parent| add(&fd, parent, IN_PARENT | WatchFlags::MASK_ADD));
            if let Some(Err(error)) = parent {
                tracing::debug!(%error, "only SIGHUP shows whether {} comes", folder.display());
            }
        }
        // It is read like a pipe; what it holds is only counted.
        let notices = Receiver::from_owned_fd_unchecked(fd)?;
        Ok(Self {
            notices,
            watched,
            burst: None,
        })
    }

    /// Returns whether one of the paths has another folder than when the watch began.
    pub(crate) fn is_outdated(&self) -> bool {
        self.watched.iter().any(|(path, was)| id(path) != *was)
    }

    /// Waits for a change, and until nothing has changed for a moment, but no longer than
    /// [`BURST_MAX`]. A change is not lost if the wait is given up.
    pub(crate) async fn changed(&mut self) -> std::io::Result<()> {
        loop {
            let Some(burst) = self.burst else {
                self.read().await?;
                self.burst = Some(Burst::begin());
                continue;
            };
            tokio::select! {
                biased;
                () = sleep_until(burst.end()) => {
                    self.burst = None;
                    return Ok(());
                }
                more = self.read() => more?,
            }
            self.burst = Some(burst.goes_on());
        }
    }

    /// Waits for notices, and takes them as the last step.
    async fn read(&self) -> std::io::Result<()> {
        let mut buffer = [0; 4_096];
        loop {
            self.notices.readable().await?;
            match self.notices.try_read(&mut buffer) {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Burst {
    fn begin() -> Self {
        let now = Instant::now();
        Self {
            first: now,
            last: now,
        }
    }

    fn goes_on(self) -> Self {
        let last = Instant::now();
        Self { last, ..self }
    }

    fn end(self) -> Instant {
        let quiet = self.last.checked_add(QUIET).unwrap_or(self.last);
        let latest = self.first.checked_add(BURST_MAX).unwrap_or(self.first);
        quiet.min(latest)
    }
}

/// Returns which folder has a path now, if there is one.
fn id(path: &Path) -> Option<FolderId> {
    let folder = std::fs::metadata(or_here(path)).ok()?;
    folder.is_dir().then(|| (folder.dev(), folder.ino()))
}

/// Returns a path, or the present folder instead of an empty one.
fn or_here(path: &Path) -> &Path {
    match path.as_os_str().is_empty() {
        true => Path::new("."),
        false => path,
    }
}

/// Watches a folder. One that does not exist is left out.
fn add(fd: impl AsFd, folder: &Path, flags: WatchFlags) -> std::io::Result<()> {
    match inotify::add_watch(fd, or_here(folder), flags) {
        Ok(_) | Err(Errno::NOENT | Errno::NOTDIR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// What is watched in the folder of the files. Links are complete when they are made; a file that
/// is being written is read once more.
const IN_FOLDER: WatchFlags = WatchFlags::CLOSE_WRITE
    .union(WatchFlags::ATTRIB)
    .union(IN_PARENT);

/// What is watched in the folder above it: whether it comes or goes.
const IN_PARENT: WatchFlags = WatchFlags::CREATE
    .union(WatchFlags::DELETE)
    .union(WatchFlags::MOVE)
    .union(WatchFlags::ONLYDIR);

/// How long nothing may change before the files are read: an editor writes several times.
const QUIET: Duration = Duration::from_millis(200);

/// How long changes may follow each other before the files are read all the same.
const BURST_MAX: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::{QUIET, Watch};
    use std::fs;
    use std::path::PathBuf;
    use std::time::Duration;
    use tempfile::TempDir;
    use tokio::time::{sleep, timeout};

    /// A folder in one that nobody else changes.
    struct Folder {
        _above: TempDir,
        path: PathBuf,
    }

    fn watched() -> (Folder, Watch) {
        let above = tempfile::tempdir().unwrap();
        let path = above.path().join("services");
        fs::create_dir(&path).unwrap();
        let watch = Watch::new(std::slice::from_ref(&path)).unwrap();
        let folder = Folder {
            _above: above,
            path,
        };
        (folder, watch)
    }

    #[tokio::test(flavor = "current_thread", start_paused = true)]
    async fn a_change_is_reported_although_the_wait_for_it_was_given_up_before() {
        let (folder, mut watch) = watched();
        fs::write(folder.path.join("a.service"), "").unwrap();
        assert!(timeout(QUIET / 2, watch.changed()).await.is_err());
        timeout(QUIET, watch.changed()).await.unwrap().unwrap();
        let again = timeout(Duration::from_secs(60), watch.changed());
        assert!(again.await.is_err());
    }

    #[tokio::test(flavor = "current_thread", start_paused = true)]
    async fn a_watch_is_outdated_when_another_folder_has_the_path_and_not_when_its_files_change() {
        let (folder, mut watch) = watched();
        fs::write(folder.path.join("a.service"), "").unwrap();
        watch.changed().await.unwrap();
        assert!(!watch.is_outdated());
        fs::rename(&folder.path, folder.path.with_extension("old")).unwrap();
        assert!(watch.is_outdated());
        fs::create_dir(&folder.path).unwrap();
        assert!(watch.is_outdated());
    }

    #[tokio::test(flavor = "current_thread", start_paused = true)]
    async fn a_file_that_changes_all_the_time_does_not_hide_the_others() {
        let (folder, mut watch) = watched();
        let busy = async {
            for count in 0..100_u8 {
                fs::write(folder.path.join("busy"), [count]).unwrap();
                sleep(QUIET / 2).await;
            }
        };
        tokio::select! {
            () = busy => panic!("no change was reported in ten seconds"),
            changed = watch.changed() => changed.unwrap(),
        }
    }
}
