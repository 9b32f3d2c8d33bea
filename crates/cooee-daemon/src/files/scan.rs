//! Reads the files, whatever is in their place.
//!
//! In:  the folder of service files; the path of the file of hosts.
//! Out: what each of them says; a warning for each that cannot be used. At most 1,000 files of at
//!      most 1 MiB; only regular files, and symbolic links to them.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::hosts_file::{self, FileHost};
use super::service_file::{self, ServiceFile};

/// A file that is not used, or not in full.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Warning {
    /// The file.
    pub(crate) path: PathBuf,
    /// What is wrong, with the line if there is one.
    pub(crate) reason: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.reason)
    }
}

/// What the service files say. A file that is there, but cannot be read, is in `unreadable`.
#[derive(Debug, Default)]
pub(crate) struct ServiceFiles {
    pub(crate) files: BTreeMap<PathBuf, ServiceFile>,
    pub(crate) unreadable: Vec<PathBuf>,
    pub(crate) warnings: Vec<Warning>,
}

/// Reads every `*.service` file of a folder. A folder that does not exist is empty.
pub(crate) fn scan_services(folder: &Path) -> ServiceFiles {
    let mut found = ServiceFiles::default();
    let mut paths = match list(folder) {
        Ok(paths) => paths,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return found,
        Err(error) => {
            found.warnings.push(warning(folder, error.to_string()));
            return found;
        }
    };
    paths.sort();
    if paths.len() > FILES_MAX {
        let reason = format!("more than {FILES_MAX} service files: the others are ignored");
        found.warnings.push(warning(folder, reason));
        paths.truncate(FILES_MAX);
    }
    for path in paths {
        let read = read_text(&path)
            .and_then(|text| service_file::read(&text).map_err(|error| error.to_string()));
        match read {
            Ok(file) => {
                found.files.insert(path, file);
            }
            Err(reason) => {
                found.warnings.push(warning(&path, reason));
                found.unreadable.push(path);
            }
        }
    }
    found
}

/// Reads the file of hosts. One that does not exist is empty; `None` if it cannot be read.
pub(crate) fn scan_hosts(path: &Path) -> (Option<Vec<FileHost>>, Vec<Warning>) {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return (Some(Vec::new()), vec![]),
        Err(_) | Ok(_) => {}
    }
    match read_text(path) {
        Ok(text) => {
            let (hosts, lines) = hosts_file::read(&text);
            let lines = lines.iter();
            let lines = lines.map(|line| format!("line {}: {}", line.line, line.reason));
            let warnings = first(lines).into_iter();
            let warnings = warnings.map(|reason| warning(path, reason)).collect();
            (Some(hosts), warnings)
        }
        Err(reason) => (None, vec![warning(path, reason)]),
    }
}

/// Reads a whole file of bounded size; a FIFO or a device is not waited for.
pub(crate) fn read_text(path: &Path) -> Result<String, String> {
    let wrong = |error: io::Error| error.to_string();
    let mut options = File::options();
    options.read(true).custom_flags(NONBLOCK);
    let file = options.open(path).map_err(wrong)?;
    if !file.metadata().map_err(wrong)?.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    let mut bytes = Vec::new();
    let limit = FILE_BYTES_MAX.saturating_add(1);
    file.take(limit).read_to_end(&mut bytes).map_err(wrong)?;
    if u64::try_from(bytes.len()).map_or(true, |len| len > FILE_BYTES_MAX) {
        return Err("it is larger than 1 MiB".to_owned());
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}

fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        // As a shell's `*.service`: hidden files are left out.
        let is_hidden = path
            .file_name()
            .is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        if !is_hidden && path.extension().is_some_and(|end| end == "service") {
            paths.push(path);
        }
    }
    Ok(paths)
}

/// Returns the first warnings about a file, and one that counts the others.
pub(super) fn first(mut warnings: impl Iterator<Item = String>) -> Vec<String> {
    let mut shown: Vec<String> = warnings.by_ref().take(WARNINGS_MAX).collect();
    let more = warnings.count();
    if more > 0 {
        shown.push(format!("{more} more warnings"));
    }
    shown
}

fn warning(path: &Path, reason: String) -> Warning {
    let path = path.to_owned();
    Warning { path, reason }
}

/// How many service files are read. The others are ignored, with a warning.
const FILES_MAX: usize = 1_000;

/// How many warnings about a file are shown. The others are only counted.
const WARNINGS_MAX: usize = 100;

/// How large a file may be. A larger one is refused.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Opening a FIFO returns at once.
const NONBLOCK: i32 = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();

#[cfg(test)]
mod tests {
    use super::{scan_hosts, scan_services};
    use std::fs;
    use std::os::unix::fs::symlink;

    const GOOD: &str = "<service-group><name>a</name><service><type>_http._tcp</type>\
                        </service></service-group>";

    #[test]
    fn only_good_files_are_read_and_each_bad_one_is_a_warning() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("good.service"), GOOD).unwrap();
        symlink(path("good.service"), path("link.service")).unwrap();
        fs::write(path("good.service.bak"), GOOD).unwrap();
        fs::write(path(".hidden.service"), GOOD).unwrap();
        fs::create_dir(path("folder.service")).unwrap();
        symlink(path("loop.service"), path("loop.service")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, path("fifo.service"), 0o600.into()).unwrap();
        fs::write(path("half.service"), &GOOD[..40]).unwrap();
        fs::write(path("latin.service"), b"\xff").unwrap();
        let huge = fs::File::create(path("huge.service")).unwrap();
        huge.set_len(1 << 30).unwrap();
        let found = scan_services(folder.path());
        assert_eq!(found.files.len(), 2);
        assert_eq!(found.unreadable.len(), 6);
        assert_eq!(found.warnings.len(), 6, "{:?}", found.warnings);
        assert!(scan_services(&path("none")).warnings.is_empty());
    }

    #[test]
    fn a_hundred_wrong_lines_are_shown_and_the_others_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hosts");
        for (wrong, warnings, last) in [(100, 100, "line 100"), (150, 101, "50 more warnings")] {
            fs::write(&path, "wrong\n".repeat(wrong) + "10.0.0.7 nas.local").unwrap();
            let (hosts, found) = scan_hosts(&path);
            assert_eq!(hosts.unwrap().len(), 1);
            assert_eq!(found.len(), warnings);
            assert!(found.last().unwrap().reason.starts_with(last));
        }
    }
}
