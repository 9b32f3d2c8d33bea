//! Unix sockets with a path: made here, in place of one that nobody serves, or by systemd.
//!
//! In:  a path and its mode; a socket of systemd.
//! Out: a listener. At the end, the path is removed if it still leads to it.

use std::fs::{self, Permissions};
use std::io;
use std::ops::Deref;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net;
use std::path::{Path, PathBuf};

use rustix::io::{Errno, ioctl_fionbio};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, connect, socket};
use tokio::net::UnixListener;

/// A listener.
#[derive(Debug)]
pub(crate) struct BoundSocket {
    listener: UnixListener,
    /// What to remove at the end; not what systemd made.
    made: Option<Made>,
}

/// A path, and the device and the inode of what was made there.
#[derive(Debug)]
struct Made {
    path: PathBuf,
    file: (u64, u64),
}

impl BoundSocket {
    /// Makes a socket. One that is there is replaced, unless a program serves it.
    pub(crate) fn bind(path: &Path, mode: u32) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        remove_unserved(path)?;
        let listener = UnixListener::bind(path)?;
        let made = Some(Made {
            path: path.to_owned(),
            file: file_at(path)?,
        });
        let bound = Self { listener, made };
        fs::set_permissions(path, Permissions::from_mode(mode))?;
        Ok(bound)
    }

    /// Uses the socket that systemd made.
    pub(crate) fn inherited(listener: net::UnixListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self {
            listener: UnixListener::from_std(listener)?,
            made: None,
        })
    }
}

impl Deref for BoundSocket {
    type Target = UnixListener;

    fn deref(&self) -> &UnixListener {
        &self.listener
    }
}

impl Drop for BoundSocket {
    fn drop(&mut self) {
        // The listener is still open, so that no other file can have its inode.
        let Some(made) = &self.made else { return };
        if file_at(&made.path).is_ok_and(|file| file == made.file) {
            // Somebody else may have removed it.
            let _ = fs::remove_file(&made.path);
        }
    }
}

/// Removes a socket that no program serves. Fails if anything else is there.
fn remove_unserved(path: &Path) -> io::Result<()> {
    let there = match fs::symlink_metadata(path) {
        Ok(there) => there,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let in_use = |reason| Err(io::Error::new(io::ErrorKind::AddrInUse, reason));
    if !there.file_type().is_socket() {
        return in_use("something other than a socket is there; it stays");
    }
    match try_connect(path) {
        Err(Errno::CONNREFUSED) => fs::remove_file(path),
        Err(Errno::NOENT) => Ok(()),
        Err(Errno::ACCESS) => Err(Errno::ACCESS.into()),
        // Also a socket of another kind, or one with too many clients.
        Ok(()) | Err(_) => in_use("another program serves it"),
    }
}

/// Connects without waiting for a place among the clients.
fn try_connect(path: &Path) -> rustix::io::Result<()> {
    let client = socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
    ioctl_fionbio(&client, true)?;
    connect(&client, &SocketAddrUnix::new(path)?)
}

fn file_at(path: &Path) -> io::Result<(u64, u64)> {
    let there = fs::symlink_metadata(path)?;
    Ok((there.dev(), there.ino()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::ErrorKind;
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::{UnixDatagram, UnixStream};

    use super::BoundSocket;

    #[tokio::test]
    async fn a_socket_that_nobody_serves_is_replaced_and_removed_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run/socket");
        fs::create_dir(path.parent().unwrap()).unwrap();
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        let bound = BoundSocket::bind(&path, 0o660).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o660);
        UnixStream::connect(&path).unwrap();
        drop(bound);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn what_another_program_serves_and_what_is_no_socket_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let first = BoundSocket::bind(&path, 0o666).unwrap();
        let datagrams = folder.path().join("datagrams");
        let _other = UnixDatagram::bind(&datagrams).unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "kept").unwrap();
        for used in [&path, &datagrams, &file] {
            let error = BoundSocket::bind(used, 0o666).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::AddrInUse, "{error}");
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), "kept");
        UnixStream::connect(&path).unwrap();
        drop(first);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn the_socket_of_a_successor_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let first = BoundSocket::bind(&path, 0o666).unwrap();
        fs::remove_file(&path).unwrap();
        let _second = BoundSocket::bind(&path, 0o666).unwrap();
        drop(first);
        UnixStream::connect(&path).unwrap();
    }

    #[tokio::test]
    async fn the_socket_of_systemd_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        drop(BoundSocket::inherited(listener).unwrap());
        assert!(path.exists());
    }
}
