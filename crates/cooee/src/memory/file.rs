//! The state file: text, one name a line, replaced as a whole.
//!
//! In:  a path. Out: the names in it, as far as they can be read; the file as it is to be.
//!
//! The first line is `cooee names 1`; each other one holds the name that was asked for, a tab, and
//! the name that was won, both in the usual text form, the one won longest ago first.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use cooee_wire::Name;

use super::{NAMES_MAX, Won};

/// What is wrong with a state file. The driver goes on without what it holds.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateFileError {
    /// It cannot be read.
    #[error("the state file {} cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is something else; it is left alone, and nothing is remembered.
    #[error("{} is no state file of cooee, and is left as it is", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Lines of it make no sense and are passed over.
    #[error("{lines} lines of the state file {} make no sense", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// How many.
        lines: usize,
    },
    /// It cannot be written; that is tried again with the next change.
    #[error("the state file {} cannot be written: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Reads a file; one that is missing holds nothing.
pub(super) fn read(path: &Path) -> (Won, Option<StateFileError>) {
    let path = path.to_owned();
    let bytes = match bytes(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return (Won::default(), None),
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

/// Puts a new file in the place of the old one, whole or not at all.
pub(super) fn replace(path: &Path, won: &Won) -> Result<(), StateFileError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.tmp", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = write_through(&beside, &text(won)).and_then(|()| fs::rename(&beside, path));
    written.map_err(|source| {
        // It may not be there at all.
        let _ = fs::remove_file(&beside);
        let path = path.to_owned();
        StateFileError::Write { path, source }
    })
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
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

fn write_through(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

const HEADER: &str = "cooee names 1";

/// More than a full file has: a name of 255 bytes has at most 1,020 characters.
const FILE_LEN_MAX: u64 = NAMES_MAX as u64 * 2_048 + 64;
