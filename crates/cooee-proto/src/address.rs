//! Which addresses a host can have.
//!
//! In:  an address, the link that it was heard on.
//! Out: whether it can be reached there; if not, why.
//! RFC 6890 and RFC 9637 (addresses for special purposes).

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::link::LinkInfo;

/// Why no other host can be reached by an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unreachable {
    /// It is the unspecified address: `::`, 0.0.0.0/8.
    Unspecified,
    /// It leads back to the host that uses it: `::1`, 127/8.
    Loopback,
    /// It is a multicast group.
    Multicast,
    /// It is the broadcast address.
    Broadcast,
    /// It is reserved for documentation: 192.0.2/24, 198.51.100/24, 203.0.113/24, 2001:db8::/32,
    /// 3fff::/20.
    Documentation,
    /// It is an IPv4 address in the form of an IPv6 one: `::ffff:0:0/96`.
    Mapped,
}

impl Unreachable {
    /// Returns what is wrong with an address, if anything is.
    pub fn of(ip: IpAddr) -> Option<Self> {
        match ip {
            _ if ip.is_multicast() => Some(Self::Multicast),
            IpAddr::V4(ip) => Self::of_v4(ip),
            IpAddr::V6(ip) => Self::of_v6(ip),
        }
    }

    /// Returns whether others can be given the address without harm. They do not reach the host by it;
    /// by the others they would reach themselves, or many hosts.
    pub fn is_harmless(self) -> bool {
        match self {
            Self::Unspecified | Self::Documentation => true,
            Self::Loopback | Self::Multicast | Self::Broadcast | Self::Mapped => false,
        }
    }

    fn of_v4(ip: Ipv4Addr) -> Option<Self> {
        match ip.octets() {
            [0, ..] => Some(Self::Unspecified),
            [127, ..] => Some(Self::Loopback),
            [255, 255, 255, 255] => Some(Self::Broadcast),
            _ if ip.is_documentation() => Some(Self::Documentation),
            _ => None,
        }
    }

    fn of_v6(ip: Ipv6Addr) -> Option<Self> {
        match ip.segments() {
            [0x2001, 0xdb8, ..] => Some(Self::Documentation),
            [0x3fff, second, ..] if second < 0x1000 => Some(Self::Documentation),
            _ if ip.is_unspecified() => Some(Self::Unspecified),
            _ if ip.is_loopback() => Some(Self::Loopback),
            _ if ip.to_ipv4_mapped().is_some() => Some(Self::Mapped),
            _ => None,
        }
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unspecified => "it stands for no address",
            Self::Loopback => "it leads back to the host that uses it",
            Self::Multicast => "it is a multicast group",
            Self::Broadcast => "it is the broadcast address",
            Self::Documentation => "it is reserved for examples",
            Self::Mapped => "it is an IPv4 address in the form of an IPv6 one",
        })
    }
}

/// Returns whether an address that was received on a link can be reached there.
pub(crate) fn is_usable(ip: IpAddr, link: &LinkInfo) -> bool {
    match Unreachable::of(ip) {
        None => !link.is_broadcast(ip),
        // A link may have such addresses. The loopback interface has.
        Some(Unreachable::Loopback | Unreachable::Documentation) => link.is_in_subnet(ip),
        Some(
            Unreachable::Unspecified
            | Unreachable::Multicast
            | Unreachable::Broadcast
            | Unreachable::Mapped,
        ) => false,
    }
}
