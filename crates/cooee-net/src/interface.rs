//! The machine's network interfaces: flags, kind, addresses, and which addresses are usable.
//!
//! In:  the kernel's list (rtnetlink, `getifaddrs`, `GetAdaptersAddresses`).
//! Out: [`Interface`] values, ordered by index. `select` decides which ones to use.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

#[cfg(target_os = "linux")]
pub(crate) mod linux;
#[cfg(all(unix, not(target_os = "linux")))]
mod listed;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
use linux as os;
#[cfg(all(unix, not(target_os = "linux")))]
use listed as os;
#[cfg(windows)]
use windows as os;

/// An address family of the Internet Protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// Returns whether an address belongs to this family.
    pub fn contains(self, ip: IpAddr) -> bool {
        match self {
            Family::V4 => ip.is_ipv4(),
            Family::V6 => ip.is_ipv6(),
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Family::V4 => "IPv4",
            Family::V6 => "IPv6",
        })
    }
}

/// A network interface as the operating system describes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Interface {
    /// The name that users know (`eth0`, `en0`, `Wi-Fi`).
    pub name: String,
    /// The kernel's index, which is never zero.
    pub index: u32,
    /// The interface's state and abilities, as the kernel reports them.
    pub flags: InterfaceFlags,
    /// The kind of interface, as far as the operating system reports it.
    pub kind: InterfaceKind,
    /// The largest packet it carries, in bytes; zero if unknown.
    pub mtu: u32,
    /// Its addresses, in the kernel's order.
    pub addresses: Vec<InterfaceAddress>,
}

impl Interface {
    /// Returns the usable addresses of one family.
    pub fn usable(&self, family: Family) -> impl Iterator<Item = &InterfaceAddress> {
        self.addresses
            .iter()
            .filter(move |address| address.usable && family.contains(address.ip))
    }

    /// Returns whether there is at least one usable address of that family.
    pub fn has_usable(&self, family: Family) -> bool {
        self.usable(family).next().is_some()
    }

    /// Returns the first usable IPv4 address.
    pub fn first_ipv4(&self) -> Option<Ipv4Addr> {
        self.addresses
            .iter()
            .filter(|address| address.usable)
            .find_map(|address| match address.ip {
                IpAddr::V4(ip) => Some(ip),
                IpAddr::V6(_) => None,
            })
    }

    /// Returns the first usable link-local IPv6 address.
    pub fn first_link_local_ipv6(&self) -> Option<Ipv6Addr> {
        self.addresses
            .iter()
            .filter(|address| address.usable)
            .find_map(|address| match address.ip {
                IpAddr::V6(ip) if ip.is_unicast_link_local() => Some(ip),
                IpAddr::V6(_) | IpAddr::V4(_) => None,
            })
    }
}

/// The state and the abilities of an interface.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct InterfaceFlags {
    /// Switched on by the administrator.
    pub up: bool,
    /// Switched on and with a carrier: the cable is connected, or the radio is associated.
    pub running: bool,
    /// Able to send and receive multicast.
    pub multicast: bool,
    /// Reaches only this machine.
    pub loopback: bool,
    /// Has one peer at its other end (tunnels, modems).
    pub point_to_point: bool,
}

/// The kind of an interface, according to the operating system.
///
/// The kind is what the kernel reports, never a guess from the name; `select` judges names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InterfaceKind {
    /// Wired Ethernet, or anything that looks like it.
    Ethernet,
    /// A Wi-Fi radio.
    Wireless,
    /// The loopback interface.
    Loopback,
    /// A tunnel that carries IP packets: WireGuard, tun, PPP, IP-in-IP.
    Vpn,
    /// A switch port to containers or virtual machines of this host.
    Container,
    /// One end of a virtual Ethernet cable.
    VirtualPair,
    /// A software switch.
    Bridge,
    /// A port of a software switch: the bridge carries its addresses and its multicast.
    BridgeMember,
    /// A radio link between Apple devices (AWDL), on which ordinary sockets receive nothing.
    PeerToPeer,
    /// Something else, or the operating system does not say.
    Other,
}

impl fmt::Display for InterfaceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            InterfaceKind::Ethernet => "ethernet",
            InterfaceKind::Wireless => "wireless",
            InterfaceKind::Loopback => "loopback",
            InterfaceKind::Vpn => "vpn",
            InterfaceKind::Container => "container",
            InterfaceKind::VirtualPair => "virtual pair",
            InterfaceKind::Bridge => "bridge",
            InterfaceKind::BridgeMember => "bridge member",
            InterfaceKind::PeerToPeer => "peer-to-peer",
            InterfaceKind::Other => "other",
        })
    }
}

/// One address of an interface.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InterfaceAddress {
    /// The address itself, without a scope: the interface's index is the scope.
    pub ip: IpAddr,
    /// The number of leading bits that identify the link's subnet.
    pub prefix_len: u8,
    /// False for a tentative or deprecated address, and after failed duplicate detection. Such an
    /// address must not be published.
    pub usable: bool,
}

/// Lists the machine's network interfaces, ordered by index.
///
/// # Errors
/// Returns the operating system's error if it does not give its list.
pub fn interfaces() -> io::Result<Vec<Interface>> {
    let mut list = os::interfaces()?;
    list.sort_by_key(|interface| interface.index);
    Ok(list)
}

#[cfg(test)]
mod tests;
