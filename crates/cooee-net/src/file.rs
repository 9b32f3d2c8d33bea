//! Opening a file that somebody else may have put in place of one's own.
//!
//! In:  a path.
//! Out: a regular file, open for reading; an error at once for a symbolic link, a FIFO, a device
//!      or a folder, none of which is waited for.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// Opens a regular file for reading, and nothing else.
///
/// # Errors
///
/// As [`File::open`] gives them; `InvalidInput` for what is no regular file. A symbolic link is
/// none, whatever it leads to.
pub fn open_regular(path: &Path) -> io::Result<File> {
    // Some devices do something when they are opened.
    must_be_regular(&fs::symlink_metadata(path)?)?;
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // What has taken the file's place since is neither followed nor waited for.
        options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    }
    let file = options.open(path)?;
    must_be_regular(&file.metadata()?)?;
    Ok(file)
}

fn must_be_regular(metadata: &fs::Metadata) -> io::Result<()> {
    match metadata.is_file() {
        true => Ok(()),
        false => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is not a regular file",
        )),
    }
}
