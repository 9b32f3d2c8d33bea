//! The state file: text, one name per line, replaced as a whole.
//!
//! In:  a path. Out: the readable names in it; the new contents of the file.
//!
//! The first line is `cooee names 1`. Each further line has the requested name, a tab, and the
//! chosen name, both in the usual text form, the one chosen longest ago first.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use cooee_wire::Name;

use super::{NAMES_MAX, Won};
use crate::error::StateFileError;

/// Reads a file; a missing file has no names.
pub(super) fn read(path: &Path) -> (Won, Option<StateFileError>) {
    let path = path.to_owned();
    let bytes = match bytes(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return (Won::default(), None),
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
            return (Won::default(), Some(StateFileError::NotAFile { path }));
        }
        Err(source) => return (Won::default(), Some(StateFileError::Read { path, source })),
    };
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.lines();
    if !bytes.is_empty() && lines.next() != Some(HEADER) {
        return (Won::default(), Some(StateFileError::Foreign { path }));
    }
    let (mut won, mut wrong) = (Won::default(), 0_usize);
    for line in lines {
        match entry(line) {
            Some((asked, name)) => drop(won.set(asked, name)),
            None => wrong = wrong.saturating_add(1),
        }
    }
    let error = (wrong > 0).then_some(StateFileError::Corrupt { path, lines: wrong });
    (won, error)
}

/// Replaces the old file by a new one, completely or not at all.
pub(super) fn replace(path: &Path, won: &Won) -> Result<(), StateFileError> {
    let replaced = create_beside(path).and_then(|(beside, file)| {
        let written = write_through(file, &text(won)).and_then(|()| fs::rename(&beside, path));
        if written.is_err() {
            // The first error counts.
            let _ = fs::remove_file(&beside);
        }
        written
    });
    replaced.map_err(|source| write_error(path, source))
}

/// Checks whether the file could be replaced, without changing anything.
pub(super) fn check_replaceable(path: &Path) -> Result<(), StateFileError> {
    let made = create_beside(path).and_then(|(beside, _)| fs::remove_file(beside));
    made.map_err(|source| write_error(path, source))
}

fn write_error(path: &Path, source: io::Error) -> StateFileError {
    let path = path.to_owned();
    StateFileError::Write { path, source }
}

/// Creates a new file in the folder of `path`, under a name that cannot be guessed. If something
/// has that name, even a link, it is neither opened nor followed.
fn create_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    let mut taken = None;
    for _ in 0..ATTEMPTS_MAX {
        let mut beside = path.as_os_str().to_owned();
        beside.push(format!(".{:016x}.tmp", RandomState::new().hash_one(())));
        let beside = PathBuf::from(beside);
        match File::create_new(&beside) {
            Ok(file) => return Ok((beside, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => taken = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(taken.unwrap_or_else(|| io::ErrorKind::AlreadyExists.into()))
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    cooee_net::open_regular(path)?
        .take(FILE_LEN_MAX)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a line: two names that differ in their first label.
fn entry(line: &str) -> Option<(Name, Name)> {
    let (asked, won) = line.split_once('\t')?;
    let (asked, won): (Name, Name) = (asked.parse().ok()?, won.parse().ok()?);
    let fits = asked.label_count() >= 2 && asked.parent() == won.parent() && asked != won;
    fits.then_some((asked, won))
}

fn text(won: &Won) -> String {
    let mut text = format!("{HEADER}\n");
    for (asked, won) in won.sorted() {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{asked}\t{won}");
    }
    text
}

fn write_through(mut file: File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// How many names for a new file are tried; the first one is almost certainly free.
const ATTEMPTS_MAX: usize = 4;

const HEADER: &str = "cooee names 1";

/// More than a full file has: a name of 255 bytes has at most 1,020 characters.
const FILE_LEN_MAX: u64 = NAMES_MAX as u64 * 2_048 + 64;
