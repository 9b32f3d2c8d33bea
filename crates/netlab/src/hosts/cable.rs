//! A packet socket: frames in, batches of frames out.
//!
//! In:  an interface of this thread's network namespace.
//! Out: frames of one family, and a batched send that costs one call for many frames.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::ifaddrs::getifaddrs;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, LinkAddr, MsgFlags, MultiHeaders, SockFlag, SockProtocol, SockType, bind,
    recvfrom, sendmmsg, setsockopt, socket, sockopt,
};

use crate::error::{Context, Error, Result};

/// How many frames go out with one call.
const BATCH: usize = 256;

/// The room asked for in each buffer.
const BUFFER_BYTES: usize = 4 << 20;

/// One end of a link.
pub(crate) struct Cable {
    receiver: OwnedFd,
    sender: OwnedFd,
    index: usize,
    buffer: Vec<u8>,
    queue: VecDeque<Vec<u8>>,
    headers: MultiHeaders<LinkAddr>,
}

impl Cable {
    pub(crate) fn open(interface: &str, ipv6: bool) -> Result<Self> {
        let link = link_of(interface)?;
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        // A socket for one protocol is not shown the frames that leave.
        let protocol = if ipv6 {
            SockProtocol::EthIpv6
        } else {
            SockProtocol::EthIp
        };
        let receiver = socket(AddressFamily::Packet, SockType::Raw, flags, protocol)?;
        setsockopt(&receiver, sockopt::RcvBuf, &BUFFER_BYTES)?;
        let sender = socket(
            AddressFamily::Packet,
            SockType::Raw,
            SockFlag::SOCK_CLOEXEC,
            None,
        )?;
        setsockopt(&sender, sockopt::SndBuf, &BUFFER_BYTES)?;
        bind(sender.as_raw_fd(), &link).context(interface)?;
        Ok(Self {
            receiver,
            sender,
            index: link.ifindex(),
            buffer: vec![0; 1 << 16],
            queue: VecDeque::with_capacity(BATCH),
            headers: MultiHeaders::preallocate(BATCH, None),
        })
    }

    /// Waits until a frame is there or `limit_ms` have passed.
    pub(crate) fn wait(&self, limit_ms: u64) -> Result<()> {
        let mut fds = [PollFd::new(self.receiver.as_fd(), PollFlags::POLLIN)];
        let limit = PollTimeout::from(limit_ms.min(1000) as u16);
        match poll(&mut fds, limit) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes the next frame of the interface, and gives its length.
    pub(crate) fn receive(&mut self) -> Result<Option<usize>> {
        loop {
            match recvfrom::<LinkAddr>(self.receiver.as_raw_fd(), &mut self.buffer) {
                Ok((length, Some(from))) if from.ifindex() == self.index => {
                    return Ok(Some(length));
                }
                Ok(_) | Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The frame that [`Self::receive`] took.
    pub(crate) fn frame(&self, length: usize) -> &[u8] {
        self.buffer.get(..length).unwrap_or_default()
    }

    /// Puts a frame into the next batch.
    pub(crate) fn queue(&mut self, frame: Vec<u8>) {
        self.queue.push_back(frame);
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

    /// Sends the batch and gives how many frames of it the kernel took.
    pub(crate) fn send(&mut self) -> Result<usize> {
        let frames = std::mem::take(&mut self.queue);
        let slices: Vec<[IoSlice<'_>; 1]> =
            frames.iter().map(|frame| [IoSlice::new(frame)]).collect();
        let addresses = [None; BATCH];
        let mut sent = 0;
        while sent < slices.len() {
            let rest = slices.get(sent..).unwrap_or_default();
            let flags = MsgFlags::empty();
            let done = sendmmsg(
                self.sender.as_raw_fd(),
                &mut self.headers,
                rest,
                addresses,
                [],
                flags,
            );
            match done {
                Ok(results) => sent += results.count().max(1),
                Err(Errno::EINTR) => {}
                Err(Errno::ENOBUFS) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(sent)
    }
}

/// The hardware address of an interface, in the form that a packet socket is bound to.
fn link_of(interface: &str) -> Result<LinkAddr> {
    let found = getifaddrs()?
        .filter(|address| address.interface_name == interface)
        .find_map(|address| address.address?.as_link_addr().copied());
    found.ok_or_else(|| Error::new(format!("{interface} has no hardware address")))
}
