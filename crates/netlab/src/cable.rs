//! Sends frames in batches: one system call for many of them.
//!
//! In:  an interface of this thread's network namespace, and frames.
//! Out: the frames on the link; how many of them the kernel accepted.

use std::io::IoSlice;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::ifaddrs::getifaddrs;
use nix::sys::socket::{
    AddressFamily, LinkAddr, MsgFlags, MultiHeaders, SockFlag, SockType, bind, sendmmsg,
    setsockopt, socket, sockopt,
};

use crate::error::{Context, Error, Result};

/// How many frames go out with one call.
const BATCH: usize = 256;

/// The requested size of the send buffer.
const BUFFER_BYTES: usize = 4 << 20;

/// A packet socket that frames leave by, and the frames that wait for the next call.
pub(crate) struct Outlet {
    socket: OwnedFd,
    link: LinkAddr,
    queue: Vec<Vec<u8>>,
    headers: MultiHeaders<LinkAddr>,
}

impl Outlet {
    pub(crate) fn open(interface: &str) -> Result<Self> {
        let link = link_of(interface)?;
        let flags = SockFlag::SOCK_CLOEXEC;
        let socket = socket(AddressFamily::Packet, SockType::Raw, flags, None)?;
        setsockopt(&socket, sockopt::SndBuf, &BUFFER_BYTES)?;
        bind(socket.as_raw_fd(), &link).context(interface)?;
        Ok(Self {
            socket,
            link,
            queue: Vec::with_capacity(BATCH),
            headers: MultiHeaders::preallocate(BATCH, None),
        })
    }

    /// Returns the index of the interface.
    pub(crate) fn index(&self) -> usize {
        self.link.ifindex()
    }

    /// Puts a frame into the next batch.
    pub(crate) fn queue(&mut self, frame: Vec<u8>) {
        self.queue.push(frame);
    }

    pub(crate) fn is_full(&self) -> bool {
        self.queue.len() >= BATCH
    }

    pub(crate) fn queued(&self) -> usize {
        self.queue.len()
    }

    pub(crate) fn queued_bytes(&self) -> usize {
        self.queue.iter().map(Vec::len).sum()
    }

    /// Sends the waiting frames. Returns how many of them the kernel accepted.
    pub(crate) fn send(&mut self) -> Result<usize> {
        let slices: Vec<[IoSlice<'_>; 1]> = self
            .queue
            .iter()
            .map(|frame| [IoSlice::new(frame)])
            .collect();
        let addresses = [None; BATCH];
        let mut sent = 0;
        while sent < slices.len() {
            let rest = slices.get(sent..).unwrap_or_default();
            let batch = rest.get(..BATCH).unwrap_or(rest);
            let (fd, flags) = (self.socket.as_raw_fd(), MsgFlags::empty());
            match sendmmsg(fd, &mut self.headers, batch, addresses, [], flags) {
                Ok(results) => sent += results.count().max(1),
                Err(Errno::EINTR) => {}
                Err(Errno::ENOBUFS) => break,
                Err(error) => return Err(error.into()),
            }
        }
        self.queue.clear();
        Ok(sent)
    }
}

/// Returns the hardware address of an interface, in the form that a packet socket is bound to.
fn link_of(interface: &str) -> Result<LinkAddr> {
    let found = getifaddrs()?
        .filter(|address| address.interface_name == interface)
        .find_map(|address| address.address?.as_link_addr().copied());
    found.ok_or_else(|| Error::new(format!("{interface} has no hardware address")))
}
