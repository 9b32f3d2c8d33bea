//! What the operating system says about Multicast DNS on this machine.
//!
//! In:  the tables of the kernel, and the configuration of names (Linux: `/proc`, `/etc`, `nft`).
//! Out: [`SystemFacts`]. Each fact is there, or there is the reason why it is not. Nothing is
//!      judged here.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

use crate::interface::Family;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(any(test, target_os = "linux"))]
mod tables;

/// A fact, or why it is not known.
pub type Fact<T> = Result<T, Unknown>;

/// Why a fact is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unknown {
    /// This operating system does not say it, or it is not read here.
    NotOnThisSystem,
    /// The source of the fact cannot be read: what was tried, and the reason.
    Unreadable {
        /// The file or the program.
        what: String,
        /// The reason.
        why: String,
    },
}

impl Unknown {
    #[cfg(target_os = "linux")]
    fn unreadable(what: &str, why: &dyn fmt::Display) -> Self {
        Self::Unreadable {
            what: what.to_owned(),
            why: why.to_string(),
        }
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOnThisSystem => f.write_str("not possible on this operating system"),
            Self::Unreadable { what, why } => write!(f, "{what}: {why}"),
        }
    }
}

/// What the operating system says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemFacts {
    /// The sockets that hold the port.
    pub holders: Fact<Vec<PortHolder>>,
    /// The multicast groups that the kernel has joined.
    pub memberships: Fact<Vec<Membership>>,
    /// The rules of the firewall that can drop or reject a packet.
    pub firewall: Fact<Vec<FirewallRule>>,
    /// How programs of this machine look up names under `.local`.
    pub name_service: Fact<NameService>,
    /// The hosts that have answered this machine on its links, over IPv4.
    pub neighbours: Fact<Vec<Neighbour>>,
}

/// A host on a link whose hardware address is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Its address.
    pub ip: IpAddr,
    /// The name of the interface.
    pub interface: String,
}

/// A socket that is bound to the port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortHolder {
    /// The address and port that it is bound to.
    pub local: SocketAddr,
    /// The program that has it open, if that can be read.
    pub program: Option<Program>,
    /// The user that created it.
    pub uid: u32,
    /// How many datagrams the kernel dropped because its receive buffer was full.
    pub dropped: u64,
}

/// A running program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The id of its process.
    pub pid: u32,
    /// Its short name, as the kernel reports it.
    pub name: String,
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (pid {})", self.name, self.pid)
    }
}

/// A multicast group that the kernel has joined on an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The index of the interface.
    pub interface_index: u32,
    /// The group.
    pub group: IpAddr,
}

/// A rule, or the policy of a chain, that can drop or reject a packet of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirewallRule {
    /// The direction of the packets that the rule sees.
    pub direction: PacketDirection,
    /// The family, table and chain, such as `inet filter input`.
    pub chain: String,
    /// The rule as the firewall's own program prints it.
    pub text: String,
}

/// The direction of packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketDirection {
    /// To this machine.
    In,
    /// From this machine.
    Out,
}

/// How programs of this machine look up names under `.local`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameService {
    /// The sources of host names in `/etc/nsswitch.conf`, such as `files mdns4_minimal dns`.
    pub hosts: Option<String>,
    /// The Avahi daemon accepts requests, or another one in its place.
    pub avahi: bool,
    /// The program that serves in Avahi's place, such as `avahi-daemon` or `cooeed`. `None` if it does
    /// not run, or is unknown.
    pub avahi_program: Option<Program>,
    /// The daemon `systemd-resolved` runs.
    pub resolved: bool,
    /// The modules of the C library for Multicast DNS that are installed, such as `mdns4_minimal`.
    /// `None` if it is not known where its modules are.
    pub modules: Option<Vec<String>>,
}

impl SystemFacts {
    /// Reads all facts; `port` is the UDP port.
    pub fn read(port: u16) -> Self {
        #[cfg(target_os = "linux")]
        return linux::read(port);
        #[cfg(not(target_os = "linux"))]
        {
            let _ = port;
            Self {
                holders: Err(Unknown::NotOnThisSystem),
                memberships: Err(Unknown::NotOnThisSystem),
                firewall: Err(Unknown::NotOnThisSystem),
                name_service: Err(Unknown::NotOnThisSystem),
                neighbours: Err(Unknown::NotOnThisSystem),
            }
        }
    }
}

/// Sends one datagram from a port of its own to a port of this machine, at one of its own
/// addresses. It never leaves the machine.
///
/// # Errors
/// Returns the operating system's error.
pub fn send_to_self(address: IpAddr, port: u16, scope: u32, bytes: &[u8]) -> io::Result<()> {
    let at = |port: u16| match address {
        IpAddr::V4(ip) => SocketAddr::from((ip, port)),
        IpAddr::V6(ip) => std::net::SocketAddrV6::new(ip, port, 0, scope).into(),
    };
    let socket = UdpSocket::bind(at(0))?;
    socket.send_to(bytes, at(port)).map(|_| ())
}

/// Returns the group of a family.
pub fn group_of(family: Family) -> IpAddr {
    match family {
        Family::V4 => crate::socket::MDNS_GROUP_V4.into(),
        Family::V6 => crate::socket::MDNS_GROUP_V6.into(),
    }
}

#[cfg(test)]
mod tests;
