//! Opening a file that another user may have replaced.
//!
//! In:  a path.
//! Out: a regular file, open for reading. A symbolic link, a FIFO, a device or a folder is an error
//!      at once; opening never blocks.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// Opens a regular file for reading, and nothing else.
///
/// # Errors
///
/// Returns the errors of [`File::open`], and `InvalidInput` for anything but a regular file. A
/// symbolic link is an error even if it leads to a regular file.
pub fn open_regular(path: &Path) -> io::Result<File> {
    // Some devices have an effect when they are opened.
    must_be_regular(&fs::symlink_metadata(path)?)?;
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // If something has replaced the file since, it is neither followed nor waited for.
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
