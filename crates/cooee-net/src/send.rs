//! Sending: to the group, to one host, or many datagrams in one call.
//!
//! In:  bytes and their destination. Out: datagrams that leave by the socket's interface.

use std::io;
use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6};

use crate::socket::MulticastSocket;

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
mod bsd;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
use bsd as os;
#[cfg(any(target_os = "linux", target_os = "android"))]
use linux as os;
#[cfg(windows)]
use windows as os;

/// The destination of a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Destination {
    /// To the multicast group of the socket, on its interface.
    Multicast,
    /// To one host. A link-local IPv6 address without a scope gets the socket's.
    Unicast(SocketAddr),
}

/// A datagram to send.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// The payload.
    pub bytes: &'a [u8],
    /// Its destination.
    pub destination: Destination,
}

/// Why the operating system did not accept a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// It is not allowed, usually because of a firewall.
    Forbidden,
    /// There is no route to the network, or no address to send from.
    NoNetwork,
    /// The buffers are full.
    NoRoom,
    /// The datagram is too long.
    TooLong,
    /// Something else.
    Other,
}

impl Refusal {
    /// Classifies an error of sending.
    pub fn of(error: &io::Error) -> Self {
        use io::ErrorKind as Kind;
        let kind = error.kind();
        if kind == Kind::PermissionDenied {
            return Self::Forbidden;
        }
        if matches!(kind, Kind::WouldBlock | Kind::OutOfMemory) {
            return Self::NoRoom;
        }
        let is_lost = matches!(kind, Kind::NetworkUnreachable | Kind::NetworkDown)
            || matches!(kind, Kind::HostUnreachable | Kind::AddrNotAvailable);
        if is_lost {
            return Self::NoNetwork;
        }
        match error.raw_os_error() {
            Some(NO_BUFFERS) => Self::NoRoom,
            Some(MESSAGE_SIZE) => Self::TooLong,
            Some(NO_DEVICE | NO_SUCH_DEVICE) => Self::NoNetwork,
            _ => Self::Other,
        }
    }
}

#[cfg(unix)]
use libc::{
    EMSGSIZE as MESSAGE_SIZE, ENOBUFS as NO_BUFFERS, ENODEV as NO_SUCH_DEVICE, ENXIO as NO_DEVICE,
};
#[cfg(windows)]
const MESSAGE_SIZE: i32 = windows_sys::Win32::Networking::WinSock::WSAEMSGSIZE;
#[cfg(windows)]
const NO_BUFFERS: i32 = windows_sys::Win32::Networking::WinSock::WSAENOBUFS;
#[cfg(windows)]
const NO_DEVICE: i32 = windows_sys::Win32::Networking::WinSock::WSAEADDRNOTAVAIL;
#[cfg(windows)]
const NO_SUCH_DEVICE: i32 = windows_sys::Win32::Networking::WinSock::WSAENETDOWN;

/// A datagram with its resolved address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addressed<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) to: SocketAddr,
}

impl MulticastSocket {
    /// Sends to the group on this interface.
    ///
    /// # Errors
    /// Returns `WouldBlock` if the send buffer is full, or any other error of the operating system.
    pub fn send_multicast(&self, bytes: &[u8]) -> io::Result<()> {
        self.send_one(&Outgoing {
            bytes,
            destination: Destination::Multicast,
        })
    }

    /// Sends to one host, leaving by this interface.
    ///
    /// # Errors
    /// Returns `WouldBlock` if the send buffer is full, `InvalidInput` for an address of the other
    /// family, or any other error of the operating system.
    pub fn send_to(&self, bytes: &[u8], to: SocketAddr) -> io::Result<()> {
        self.send_one(&Outgoing {
            bytes,
            destination: Destination::Unicast(to),
        })
    }

    /// Sends datagrams in order. Returns how many the system accepted. If that is less than all,
    /// the next one failed; to get its error, send the rest again.
    ///
    /// # Errors
    /// Returns the errors of [`MulticastSocket::send_to`] if the very first datagram fails.
    pub fn send_batch(&self, datagrams: &[Outgoing<'_>]) -> io::Result<usize> {
        let mut sent = 0;
        for chunk in datagrams.chunks(BATCH) {
            match self.send_chunk(chunk) {
                Ok(taken) => sent += taken,
                Err(error) if sent == 0 => return Err(error),
                Err(_) => return Ok(sent),
            }
            if sent % BATCH != 0 {
                break;
            }
        }
        Ok(sent)
    }

    fn send_one(&self, datagram: &Outgoing<'_>) -> io::Result<()> {
        self.send_chunk(std::slice::from_ref(datagram)).map(|_| ())
    }

    fn send_chunk(&self, chunk: &[Outgoing<'_>]) -> io::Result<usize> {
        let mut addressed = [Addressed {
            bytes: &[],
            to: self.group(),
        }; BATCH];
        let mut count = 0;
        for (datagram, place) in chunk.iter().zip(&mut addressed) {
            match self.address(datagram) {
                Ok(to) => {
                    *place = Addressed {
                        bytes: datagram.bytes,
                        to,
                    }
                }
                Err(error) if count == 0 => return Err(error),
                Err(_) => break,
            }
            count += 1;
        }
        let addressed = addressed.get(..count).unwrap_or_default();
        os::send(
            self.socket(),
            self.interface_index(),
            self.family(),
            addressed,
        )
    }

    fn address(&self, datagram: &Outgoing<'_>) -> io::Result<SocketAddr> {
        match datagram.destination {
            Destination::Multicast => Ok(self.group()),
            Destination::Unicast(to) if !self.family().contains(to.ip()) => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{} is no {} address", to.ip(), self.family()),
            )),
            Destination::Unicast(SocketAddr::V6(to)) => {
                Ok(SocketAddr::V6(scoped(to, self.interface_index())))
            }
            Destination::Unicast(SocketAddr::V4(to)) => Ok(SocketAddr::V4(to)),
        }
    }
}

fn scoped(to: SocketAddrV6, interface_index: u32) -> SocketAddrV6 {
    let needs_scope = to.scope_id() == 0 && is_link_scoped(*to.ip());
    let scope = if needs_scope {
        interface_index
    } else {
        to.scope_id()
    };
    SocketAddrV6::new(*to.ip(), to.port(), 0, scope)
}

fn is_link_scoped(ip: Ipv6Addr) -> bool {
    ip.is_unicast_link_local() || (ip.is_multicast() && ip.octets()[1] & 0x0f <= 2)
}

/// The largest number of datagrams per system call.
pub(crate) const BATCH: usize = 32;

#[cfg(test)]
mod tests;
