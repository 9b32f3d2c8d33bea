//! Problems with the state file.
//!
//! In:  errors of the operating system, files of other programs.
//! Out: [`StateFileError`].

use std::fmt;
use std::io;
use std::path::PathBuf;

/// A problem with a state file. The driver runs without the file's contents.
#[derive(Debug)]
#[non_exhaustive]
pub enum StateFileError {
    /// It cannot be read.
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// It belongs to another program. It is left alone, and nothing is stored.
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// It is a folder, a symbolic link, a FIFO or a device. It is left alone, and nothing is
    /// stored.
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// Some lines are invalid and are skipped.
    Corrupt {
        /// The file.
        path: PathBuf,
        /// How many.
        lines: usize,
    },
    /// It cannot be written; the next change tries again.
    Write {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
}

impl fmt::Display for StateFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, source } => {
                let path = path.display();
                write!(f, "the state file {path} cannot be read: {source}")
            }
            Self::Foreign { path } => {
                let path = path.display();
                write!(
                    f,
                    "{path} is not a state file of cooee, and is left as it is"
                )
            }
            Self::NotAFile { path } => {
                let path = path.display();
                write!(
                    f,
                    "the state file {path} is not a regular file, and is left as it is"
                )
            }
            Self::Corrupt { path, lines } => {
                let path = path.display();
                write!(f, "{lines} lines of the state file {path} are invalid")
            }
            Self::Write { path, source } => {
                let path = path.display();
                write!(f, "the state file {path} cannot be written: {source}")
            }
        }
    }
}

impl std::error::Error for StateFileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read { source, .. } | Self::Write { source, .. } => Some(source),
            Self::Foreign { .. } | Self::NotAFile { .. } | Self::Corrupt { .. } => None,
        }
    }
}

impl StateFileError {
    /// Returns whether names are not stored now: true for everything except a file with some
    /// invalid lines.
    pub fn is_unusable(&self) -> bool {
        match self {
            Self::Read { .. }
            | Self::Foreign { .. }
            | Self::NotAFile { .. }
            | Self::Write { .. } => true,
            Self::Corrupt { .. } => false,
        }
    }

    /// Returns whether the file belongs to another program, and must not be overwritten.
    pub(crate) fn is_foreign(&self) -> bool {
        match self {
            Self::Foreign { .. } | Self::NotAFile { .. } => true,
            Self::Read { .. } | Self::Write { .. } | Self::Corrupt { .. } => false,
        }
    }
}
