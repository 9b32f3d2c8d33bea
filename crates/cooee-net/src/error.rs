//! Errors and warnings of the operating system, worded so that a person can act on them.
//!
//! In:  an `io::Error` and its origin.
//! Out: [`OpenError`] (nothing was opened) and [`Warning`] (it was opened, but with a limitation).

use std::fmt;
use std::io;
use std::net::IpAddr;

/// The steps of opening, using and closing a multicast socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// `socket`.
    Create,
    /// `SO_REUSEADDR`.
    ReuseAddress,
    /// `SO_REUSEPORT`.
    ReusePort,
    /// `IPV6_V6ONLY`.
    OnlyV6,
    /// `SO_RCVBUF`.
    ReceiveBuffer,
    /// Making reads and writes non-blocking.
    Nonblocking,
    /// The options that attach the interface, destination and TTL to each datagram.
    PacketInfo,
    /// `IP_MULTICAST_ALL`, `IPV6_MULTICAST_ALL`.
    MulticastAll,
    /// `IP_MULTICAST_IF`, `IPV6_MULTICAST_IF`.
    MulticastInterface,
    /// `IP_MULTICAST_LOOP`, `IPV6_MULTICAST_LOOP`.
    MulticastLoop,
    /// `IP_MULTICAST_TTL`, `IP_TTL` and their IPv6 counterparts.
    TimeToLive,
    /// `bind`.
    Bind,
    /// Joining the multicast group.
    Join,
    /// Leaving the multicast group.
    Leave,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Operation::Create => "creating the socket",
            Operation::ReuseAddress => "setting SO_REUSEADDR",
            Operation::ReusePort => "setting SO_REUSEPORT",
            Operation::OnlyV6 => "setting IPV6_V6ONLY",
            Operation::ReceiveBuffer => "setting SO_RCVBUF",
            Operation::Nonblocking => "making the socket non-blocking",
            Operation::PacketInfo => "asking for packet information",
            Operation::MulticastAll => "limiting multicast to the joined group",
            Operation::MulticastInterface => "choosing the multicast interface",
            Operation::MulticastLoop => "switching multicast loopback on",
            Operation::TimeToLive => "setting TTL 255",
            Operation::Bind => "binding the UDP port",
            Operation::Join => "joining the multicast group",
            Operation::Leave => "leaving the multicast group",
        })
    }
}

/// A multicast socket could not be opened, or lost its group.
#[derive(Debug)]
#[non_exhaustive]
pub struct OpenError {
    /// The name of the interface.
    pub interface: String,
    /// The index of the interface.
    pub index: u32,
    /// The step that failed.
    pub operation: Operation,
    /// The multicast group of the socket.
    pub group: IpAddr,
    /// The UDP port of the socket.
    pub port: u16,
    /// The error of the operating system, which the text form includes.
    pub cause: io::Error,
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            interface,
            index,
            operation,
            group,
            port,
            cause,
        } = self;
        let (group, hint) = (Group(*group, *port), Hint(operation, cause));
        write!(
            f,
            "interface {interface} (index {index}): {operation}{group} failed: {cause}{hint}"
        )
    }
}

impl std::error::Error for OpenError {}

/// An optional step was refused; describes the consequence.
#[derive(Debug)]
#[non_exhaustive]
pub enum Warning {
    /// `SO_REUSEPORT` was refused; the socket uses only `SO_REUSEADDR`.
    ReusePortRefused {
        /// The name of the interface.
        interface: String,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The receive buffer is smaller than asked for.
    ReceiveBufferSmall {
        /// The name of the interface.
        interface: String,
        /// The number of bytes that were requested.
        asked: usize,
        /// The number of bytes that were granted.
        granted: usize,
    },
    /// An option was refused that only adds information about datagrams.
    OptionRefused {
        /// The name of the interface.
        interface: String,
        /// The option.
        operation: Operation,
        /// The error of the operating system.
        source: io::Error,
    },
}

impl Warning {
    /// Logs the warning at WARN. A small receive buffer is normal on most systems and is logged at
    /// DEBUG.
    pub fn log(&self) {
        match self {
            Warning::ReusePortRefused { .. } | Warning::OptionRefused { .. } => {
                tracing::warn!("{self}");
            }
            Warning::ReceiveBufferSmall { .. } => tracing::debug!("{self}"),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::ReusePortRefused { interface, source } => write!(
                f,
                "interface {interface}: SO_REUSEPORT was refused ({source}); going on with \
                 SO_REUSEADDR alone: another program that insists on SO_REUSEPORT may fail to \
                 share the port"
            ),
            Warning::ReceiveBufferSmall {
                interface,
                asked,
                granted,
            } => write!(
                f,
                "interface {interface}: the receive buffer is {granted} bytes instead of {asked}; \
                 a burst of answers may be dropped by the kernel{}",
                if cfg!(target_os = "linux") {
                    " (raise net.core.rmem_max)"
                } else {
                    ""
                }
            ),
            Warning::OptionRefused {
                interface,
                operation,
                source,
            } => {
                write!(
                    f,
                    "interface {interface}: {operation} was refused ({source})"
                )
            }
        }
    }
}

struct Group(IpAddr, u16);

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " (group {}, port {})", self.0, self.1)
    }
}

struct Hint<'a>(&'a Operation, &'a io::Error);

impl fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match hint(*self.0, self.1) {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

/// Returns what a person can do about a failed operation.
fn hint(operation: Operation, error: &io::Error) -> Option<&'static str> {
    match (operation, error.kind()) {
        (Operation::Bind, io::ErrorKind::AddrInUse) => Some(
            "another program holds this port without sharing it: stop it, or have it set \
             SO_REUSEADDR (and SO_REUSEPORT where that exists)",
        ),
        (_, io::ErrorKind::PermissionDenied) => {
            Some("the system's policy (sandbox, firewall, privileges) forbids it")
        }
        (Operation::Create, io::ErrorKind::Unsupported) => {
            Some("this family of addresses is switched off on this machine; use the other one")
        }
        (Operation::Join, _) if group_limit_reached(error) => Some(
            "the system's limit of multicast groups is reached (on Linux: \
                  net.ipv4.igmp_max_memberships, net.core.optmem_max)",
        ),
        (Operation::Join | Operation::MulticastInterface, _) => {
            Some("is the interface still there, up, and has it an address of this family?")
        }
        _ => None,
    }
}

#[cfg(unix)]
fn group_limit_reached(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::ENOBUFS | libc::ETOOMANYREFS)
    )
}

#[cfg(windows)]
fn group_limit_reached(error: &io::Error) -> bool {
    error.raw_os_error() == Some(windows_sys::Win32::Networking::WinSock::WSAENOBUFS)
}

#[cfg(test)]
mod tests;
