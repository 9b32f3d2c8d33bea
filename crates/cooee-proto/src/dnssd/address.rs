//! Addresses as people are told them: only those that can be used, each once, the best first.
//!
//! In:  the addresses of A and AAAA records, with the links they were heard on; those links.
//! Out: what to offer of them; why an address is none to publish.
//! RFC 6762 sections 6.2 and 14 (addresses that are valid on a link); RFC 6890 and RFC 9637
//! (addresses for special purposes).

use alloc::vec::Vec;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::service::LinkedAddress;
use crate::engine::Engine;
use crate::link::{LinkId, LinkInfo, is_link_local};

/// Why no other host can be reached by an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unreachable {
    /// It stands for no address: `::`, 0.0.0.0/8.
    Unspecified,
    /// It leads back to the host that uses it: `::1`, 127/8.
    Loopback,
    /// It is a multicast group.
    Multicast,
    /// It is the broadcast address.
    Broadcast,
    /// It is for examples: 192.0.2/24, 198.51.100/24, 203.0.113/24, 2001:db8::/32, 3fff::/20.
    Documentation,
    /// It is an IPv4 address in the form of an IPv6 one: `::ffff:0:0/96`.
    Mapped,
}

impl Unreachable {
    /// What is wrong with an address, if anything is.
    pub fn of(ip: IpAddr) -> Option<Self> {
        match ip {
            _ if ip.is_multicast() => Some(Self::Multicast),
            IpAddr::V4(ip) => Self::of_v4(ip),
            IpAddr::V6(ip) => Self::of_v6(ip),
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

/// Adds those of `heard` that can be used to `offered`.
pub(super) fn admit(offered: &mut Vec<LinkedAddress>, heard: &[LinkedAddress], engine: &Engine) {
    let usable = heard
        .iter()
        .filter(|address| is_usable(address.ip, link_info(engine, address.link)));
    offered.extend(usable);
}

/// Puts the best first, and takes out what is there twice: one address on several links is one,
/// unless it means something else on each.
pub(super) fn arrange(offered: &mut Vec<LinkedAddress>, engine: &Engine) {
    if offered.len() < 2 {
        return;
    }
    offered.sort_by_cached_key(|address| rank(address, engine));
    let mut kept: Vec<LinkedAddress> = Vec::with_capacity(offered.len());
    for address in offered.iter() {
        let is_same = |other: &LinkedAddress| {
            other.ip == address.ip && (!address.is_link_local() || other.link == address.link)
        };
        if !kept.iter().any(is_same) {
            kept.push(*address);
        }
    }
    *offered = kept;
}

fn link_info(engine: &Engine, link: LinkId) -> Option<&LinkInfo> {
    engine
        .links()
        .find(|(id, _)| *id == link)
        .map(|(_, info)| info)
}

/// Whether what was heard on a link can be reached there.
fn is_usable(ip: IpAddr, link: Option<&LinkInfo>) -> bool {
    match Unreachable::of(ip) {
        None => !link.is_some_and(|link| link.is_broadcast(ip)),
        // A link may be numbered so. The loopback interface is.
        Some(Unreachable::Loopback | Unreachable::Documentation) => {
            link.is_some_and(|link| link.is_in_subnet(ip))
        }
        Some(
            Unreachable::Unspecified
            | Unreachable::Multicast
            | Unreachable::Broadcast
            | Unreachable::Mapped,
        ) => false,
    }
}

/// The order in which addresses are offered: those of the link's subnets before others, those that
/// mean the same everywhere before those of one link only, IPv6 before IPv4, then by value.
fn rank(address: &LinkedAddress, engine: &Engine) -> impl Ord + use<> {
    let link = link_info(engine, address.link);
    let is_near = link.is_some_and(|link| link.is_on_link(address.ip));
    (
        !is_near,
        is_link_local(address.ip),
        address.ip.is_ipv4(),
        *address,
    )
}

#[cfg(test)]
mod tests;
