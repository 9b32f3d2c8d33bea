//! Problems with the state file.
//!
//! In:  errors of the operating system, files of other programs.
//! Out: [`StateFileError`].

use std::io;
use std::path::PathBuf;

/// A problem with a state file. The driver runs without the file's contents.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateFileError {
    /// It cannot be read.
    #[error("the state file {} cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// It belongs to another program. It is left alone, and nothing is stored.
    #[error("{} is not a state file of cooee, and is left as it is", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// It is a folder, a symbolic link, a FIFO or a device. It is left alone, and nothing is
    /// stored.
    #[error("the state file {} is not a regular file, and is left as it is", path.display())]
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// Some lines are invalid and are skipped.
    #[error("{lines} lines of the state file {} are invalid", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// How many.
        lines: usize,
    },
    /// It cannot be written; the next change tries again.
    #[error("the state file {} cannot be written: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
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
