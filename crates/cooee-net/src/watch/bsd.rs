//! Watching on Apple systems and FreeBSD: the routing socket.
//!
//! In:  the kernel's messages, of which only the kind is read. Out: whether the list changed.

use std::io::{self, Read};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use super::Known;

#[derive(Debug)]
pub(super) struct Events {
    socket: Socket,
}

impl Events {
    pub(super) fn open() -> io::Result<Self> {
        let socket = Socket::new(Domain::from(libc::PF_ROUTE), Type::RAW, None)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket })
    }

    pub(super) fn socket(&self) -> &Socket {
        &self.socket
    }

    pub(super) fn drain(&mut self, known: &mut Known) -> bool {
        let mut buffer = [0; READ_BYTES];
        let (mut look, mut gone) = (false, false);
        for _ in 0..READS_MAX {
            match (&self.socket).read(&mut buffer) {
                // Every message begins with its length (u16), a version and its kind.
                Ok(length) => match buffer.get(..length).and_then(|bytes| bytes.get(3)) {
                    Some(&ADDRESS_GONE) => gone = true,
                    Some(&(ADDRESS_NEW | INTERFACE | INTERFACE_ANNOUNCED)) => look = true,
                    _ => {}
                },
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // Most likely messages were lost (ENOBUFS); the list has their contents.
                Err(_) => look = true,
            }
        }
        // An address that was gone and is back is a change that the list does not show.
        ((look | gone) && known.refresh()) | gone
    }
}

/// `RTM_NEWADDR`.
const ADDRESS_NEW: u8 = 0x0c;
/// `RTM_DELADDR`.
const ADDRESS_GONE: u8 = 0x0d;
/// `RTM_IFINFO`.
const INTERFACE: u8 = 0x0e;
/// `RTM_IFANNOUNCE`, FreeBSD only; on Apple systems the number belongs to another, rare message.
const INTERFACE_ANNOUNCED: u8 = 0x11;

/// A safety net besides the kernel's events.
pub(super) const RECHECK_INTERVAL: Duration = Duration::from_secs(60);

/// One message per read; none of the relevant ones is longer.
const READ_BYTES: usize = 2 * 1024;

/// Further messages wait for the next wake-up.
const READS_MAX: usize = 1_000;
