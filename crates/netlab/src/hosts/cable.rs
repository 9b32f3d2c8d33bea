//! Both ends of the hosts' cable: frames in, batches of frames out.
//!
//! In:  an interface of this thread's network namespace.
//! Out: frames of one family, and an [`Outlet`].

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, LinkAddr, SockFlag, SockProtocol, SockType, recvfrom, setsockopt, socket,
    sockopt,
};

use crate::cable::Outlet;
use crate::error::Result;

/// The room asked for in the receive buffer.
const BUFFER_BYTES: usize = 4 << 20;

/// One end of a link.
pub(crate) struct Cable {
    receiver: OwnedFd,
    buffer: Vec<u8>,
    pub(crate) outlet: Outlet,
}

impl Cable {
    pub(crate) fn open(interface: &str, ipv6: bool) -> Result<Self> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        // A socket for one protocol is not shown the frames that leave.
        let protocol = if ipv6 {
            SockProtocol::EthIpv6
        } else {
            SockProtocol::EthIp
        };
        let receiver = socket(AddressFamily::Packet, SockType::Raw, flags, protocol)?;
        setsockopt(&receiver, sockopt::RcvBuf, &BUFFER_BYTES)?;
        Ok(Self {
            receiver,
            buffer: vec![0; 1 << 16],
            outlet: Outlet::open(interface)?,
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

    /// Takes the next frame of the interface, and returns its length.
    pub(crate) fn receive(&mut self) -> Result<Option<usize>> {
        loop {
            match recvfrom::<LinkAddr>(self.receiver.as_raw_fd(), &mut self.buffer) {
                Ok((length, Some(from))) if from.ifindex() == self.outlet.index() => {
                    return Ok(Some(length));
                }
                Ok(_) | Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Returns the frame that [`Self::receive`] took.
    pub(crate) fn frame(&self, length: usize) -> &[u8] {
        self.buffer.get(..length).unwrap_or_default()
    }
}
