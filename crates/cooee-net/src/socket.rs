//! One socket per interface and family: options, bind, join, leave.
//!
//! In:  an [`Interface`], a [`Family`] and [`SocketOptions`].
//! Out: a [`MulticastSocket`] that receives the group on that interface, and the [`Warning`]s. RFC
//!      6762 sections 3 (group and port), 11 (TTL 255) and 15.1 (sharing the port).
//!
//! All options are set before `bind`. The options of each platform are in a separate file, which
//! explains what its reuse options mean.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use socket2::Socket;

use crate::error::{OpenError, Operation, Warning};
use crate::interface::{Family, Interface};
use crate::recv::{self, RecvBatch};

mod opening;
mod sharing;

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
mod bsd;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
use bsd as os;
#[cfg(any(target_os = "linux", target_os = "android"))]
use linux as os;
#[cfg(windows)]
use windows as os;

use opening::{Opening, Seams};
pub use sharing::port_is_shared;

//= https://www.rfc-editor.org/rfc/rfc6762#section-3
//# Any DNS query for a name ending with ".local." MUST be sent to the
//# mDNS IPv4 link-local multicast address 224.0.0.251 (or its IPv6
//# equivalent FF02::FB).
/// The IPv4 group of Multicast DNS.
pub const MDNS_GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);

/// The IPv6 group of Multicast DNS.
pub const MDNS_GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfb);

/// The UDP port of Multicast DNS.
//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//# A compliant Multicast DNS querier, which implements the rules
//# specified in this document, MUST send its Multicast DNS queries from
//# UDP source port 5353 (the well-known port assigned to mDNS), and MUST
//# listen for Multicast DNS replies sent to UDP destination port 5353 at
//# the mDNS link-local multicast address (224.0.0.251 and/or its IPv6
//# equivalent FF02::FB).
//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//# The source UDP port in all Multicast DNS responses MUST be 5353 (the
//# well-known port assigned to mDNS).
pub const MDNS_PORT: u16 = 5353;

/// The options for opening a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketOptions {
    /// The UDP port to bind and to send multicasts to. Default: 5353.
    pub port: u16,
    /// The IPv4 group.
    pub group_v4: Ipv4Addr,
    /// The IPv6 group.
    pub group_v6: Ipv6Addr,
    /// How many bytes the kernel should buffer until they are read.
    pub receive_buffer_bytes: usize,
}

impl Default for SocketOptions {
    fn default() -> Self {
        Self {
            port: MDNS_PORT,
            group_v4: MDNS_GROUP_V4,
            group_v6: MDNS_GROUP_V6,
            receive_buffer_bytes: RECEIVE_BUFFER_BYTES,
        }
    }
}

/// A UDP socket that receives from and sends to one group on one interface.
///
/// Dropping it leaves the group and closes the socket.
#[derive(Debug)]
pub struct MulticastSocket {
    socket: Socket,
    interface: String,
    index: u32,
    family: Family,
    group: SocketAddr,
    /// An IPv4 address of the interface, for systems that identify interfaces only by address.
    address: Option<Ipv4Addr>,
    #[cfg(windows)]
    receiver: recv::Receiver,
    /// The kernel's own count, which wraps around.
    dropped_last: AtomicU32,
    dropped: AtomicU64,
}

impl MulticastSocket {
    /// Opens a socket on one interface: sets the options, binds, and joins the group.
    ///
    /// # Errors
    /// Returns an [`OpenError`] that names the interface, the failed step and a remedy.
    pub fn open(
        interface: &Interface,
        family: Family,
        options: &SocketOptions,
    ) -> Result<(Self, Vec<Warning>), OpenError> {
        Self::open_with(interface, family, options, &Seams::default())
    }

    /// Checks whether a socket can be opened on an interface. It joins no group, so no packet is sent.
    ///
    /// # Errors
    /// What [`MulticastSocket::open`] would fail with before it joins the group.
    pub fn check(
        interface: &Interface,
        family: Family,
        options: &SocketOptions,
    ) -> Result<(), OpenError> {
        let seams = Seams::default();
        let mut opening = Opening::new(interface, family, options, &seams);
        match opening.bind() {
            Ok(_) => Ok(()),
            Err(failed) => Err(opening.failed(failed)),
        }
    }

    fn open_with(
        interface: &Interface,
        family: Family,
        options: &SocketOptions,
        seams: &Seams,
    ) -> Result<(Self, Vec<Warning>), OpenError> {
        let mut opening = Opening::new(interface, family, options, seams);
        let socket = opening.run().map_err(|failed| opening.failed(failed))?;
        for warning in &opening.warnings {
            warning.log();
        }
        Ok((socket, opening.warnings))
    }

    /// Reads the waiting datagrams, as many as the batch has room for. Returns how many are now in
    /// the batch; zero if none waited.
    ///
    /// # Errors
    /// Returns the errors of the operating system, except `WouldBlock`. An interface that
    /// disappears causes one error. The socket is usable again if the interface returns.
    pub fn recv_batch(&self, batch: &mut RecvBatch) -> io::Result<usize> {
        for _ in 0..FOREIGN_ROUNDS_MAX {
            match self.fill(batch) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(0),
                Err(error) => return Err(error),
            }
            self.count_dropped(batch);
            batch.retain(|slot| self.is_for_us(slot));
            if !batch.is_empty() {
                break;
            }
        }
        Ok(batch.len())
    }

    /// Leaves the group and joins it again, which renews the membership in switches and in the
    /// kernel.
    ///
    /// # Errors
    /// Returns an [`OpenError`] if joining fails. A membership that was already lost is no error.
    pub fn rejoin(&self) -> Result<(), OpenError> {
        // Leaving fails if the interface has disappeared; joining will report that.
        let _ = self.leave();
        self.join()
            .map_err(|source| self.failed(Operation::Join, source))
    }

    /// Leaves the group and closes the socket.
    ///
    /// # Errors
    /// Returns an [`OpenError`] if leaving fails; the socket is closed anyway.
    pub fn close(self) -> Result<(), OpenError> {
        self.leave()
            .map_err(|source| self.failed(Operation::Leave, source))
    }

    /// Returns how many datagrams the kernel dropped because they were not read in time, where it
    /// reports that (Linux).
    ///
    /// The next received datagram updates the count.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Returns the name of the interface.
    pub fn interface_name(&self) -> &str {
        &self.interface
    }

    /// Returns the index of the interface.
    pub fn interface_index(&self) -> u32 {
        self.index
    }

    /// Returns the family.
    pub fn family(&self) -> Family {
        self.family
    }

    /// Returns the group and port that multicasts go to, with the scope for IPv6.
    pub fn group(&self) -> SocketAddr {
        self.group
    }

    /// Returns how many bytes the kernel buffers until they are read.
    ///
    /// # Errors
    /// Returns the operating system's error.
    pub fn receive_buffer_bytes(&self) -> io::Result<usize> {
        self.socket.recv_buffer_size()
    }

    pub(crate) fn socket(&self) -> &Socket {
        &self.socket
    }

    #[cfg(unix)]
    fn fill(&self, batch: &mut RecvBatch) -> io::Result<usize> {
        recv::fill(&self.socket, batch)
    }

    #[cfg(windows)]
    fn fill(&self, batch: &mut RecvBatch) -> io::Result<usize> {
        recv::fill(&self.socket, self.receiver, batch)
    }

    /// Returns whether a datagram belongs to this socket's interface.
    ///
    /// Linux delivers an IPv6 multicast to every socket that joined the group on any interface.
    fn is_for_us(&self, slot: &recv::Slot) -> bool {
        let index = slot.info.interface_index;
        let multicast = slot.info.destination.is_some_and(|ip| ip.is_multicast());
        !multicast || index == 0 || index == self.index
    }

    fn count_dropped(&self, batch: &RecvBatch) {
        let Some(now) = batch.last_dropped() else {
            return;
        };
        let before = self.dropped_last.swap(now, Ordering::Relaxed);
        self.dropped
            .fetch_add(u64::from(now.wrapping_sub(before)), Ordering::Relaxed);
    }

    fn join(&self) -> io::Result<()> {
        match self.group {
            SocketAddr::V4(group) => {
                os::join_v4(&self.socket, group.ip(), self.index, self.address)
            }
            SocketAddr::V6(group) => self.socket.join_multicast_v6(group.ip(), self.index),
        }
    }

    fn leave(&self) -> io::Result<()> {
        match self.group {
            SocketAddr::V4(group) => {
                os::leave_v4(&self.socket, group.ip(), self.index, self.address)
            }
            SocketAddr::V6(group) => self.socket.leave_multicast_v6(group.ip(), self.index),
        }
    }

    fn failed(&self, operation: Operation, cause: io::Error) -> OpenError {
        OpenError {
            interface: self.interface.clone(),
            index: self.index,
            operation,
            group: self.group.ip(),
            port: self.group.port(),
            cause,
        }
    }
}

impl Drop for MulticastSocket {
    fn drop(&mut self) {
        // Closing the socket also leaves the group, unless another process inherited the
        // descriptor.
        let _ = self.leave();
    }
}

#[cfg(unix)]
impl std::os::fd::AsFd for MulticastSocket {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(unix)]
impl std::os::fd::AsRawFd for MulticastSocket {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        self.socket.as_raw_fd()
    }
}

#[cfg(windows)]
impl std::os::windows::io::AsSocket for MulticastSocket {
    fn as_socket(&self) -> std::os::windows::io::BorrowedSocket<'_> {
        self.socket.as_socket()
    }
}

#[cfg(windows)]
impl std::os::windows::io::AsRawSocket for MulticastSocket {
    fn as_raw_socket(&self) -> std::os::windows::io::RawSocket {
        self.socket.as_raw_socket()
    }
}

/// Room for a burst of several thousand answers, if the system grants it.
const RECEIVE_BUFFER_BYTES: usize = 8 * 1024 * 1024;

/// How often in a row one call skips a batch that is entirely for other interfaces.
const FOREIGN_ROUNDS_MAX: usize = 4;

#[cfg(test)]
mod tests;
