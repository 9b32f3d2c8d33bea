//! Links: the networks to which a host is attached, as the driver reports them.
//!
//! In:  the operating system's description of an interface.
//! Out: [`LinkChange`] for the engine, [`LinkInfo`] for the on-link rule. RFC 6762 sections 2
//!      (terminology) and 11 (source address check).

use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

/// A link, identified by the index of its interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u32);

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "link {}", self.0)
    }
}

/// An address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// Both families.
    pub const BOTH: [Self; 2] = [Self::V4, Self::V6];

    /// Returns the family of an address.
    pub fn of(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

/// A set of address families.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Families(u8);

impl Families {
    /// Returns the set of one family.
    pub const fn one(family: Family) -> Self {
        match family {
            Family::V4 => Self(1),
            Family::V6 => Self(2),
        }
    }

    /// Returns the families of both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns whether IPv4 is in the set.
    pub const fn has_v4(self) -> bool {
        self.0 & Self::one(Family::V4).0 != 0
    }

    /// Returns whether IPv6 is in the set.
    pub const fn has_v6(self) -> bool {
        self.0 & Self::one(Family::V6).0 != 0
    }
}

/// One of this host's addresses on a link, with the length of its prefix in bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkAddress {
    /// The address.
    pub ip: IpAddr,
    /// The number of leading bits that identify the subnet: 0 to 32 or 0 to 128.
    pub prefix_len: u8,
}

impl LinkAddress {
    /// Returns whether `other` is in this address's subnet.
    pub fn subnet_contains(&self, other: IpAddr) -> bool {
        match (self.ip, other) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                let differing = u32::from(ours) ^ u32::from(theirs);
                differing.leading_zeros() >= u32::from(self.prefix_len).min(32)
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                let differing = u128::from(ours) ^ u128::from(theirs);
                differing.leading_zeros() >= u32::from(self.prefix_len).min(128)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// What the engine needs to know about a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkInfo {
    /// This host's usable addresses on the link.
    pub addresses: Vec<LinkAddress>,
    /// The largest IP packet of the link, in bytes, headers included.
    pub mtu: u32,
}

impl LinkInfo {
    /// Returns whether `ip` is one of this host's addresses on the link.
    pub fn has_address(&self, ip: IpAddr) -> bool {
        self.addresses.iter().any(|address| address.ip == ip)
    }

    /// Returns whether this host has an address of a family on the link.
    pub(crate) fn has_family(&self, family: Family) -> bool {
        let mut addresses = self.addresses.iter();
        addresses.any(|own| Family::of(own.ip) == family)
    }

    /// Returns whether a unicast packet from `source` comes from this link.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-11
    //# For responses received with a unicast destination address in the
    //# IP header, the source IP address in the packet is checked to see
    //# if it is an address on a local subnet.
    pub fn is_on_link(&self, source: IpAddr) -> bool {
        is_link_local(source) || self.addresses.iter().any(|own| own.subnet_contains(source))
    }

    /// Returns whether `ip` is in the subnet of one of this host's addresses on the link.
    pub(crate) fn is_in_subnet(&self, ip: IpAddr) -> bool {
        self.addresses.iter().any(|own| own.subnet_contains(ip))
    }

    /// Returns whether `ip` is the broadcast address of one of the link's subnets.
    pub(crate) fn is_broadcast(&self, ip: IpAddr) -> bool {
        let IpAddr::V4(v4) = ip else { return false };
        self.addresses.iter().any(|own| {
            // A subnet of one or two addresses has none (RFC 3021).
            let host_bits = 32_u32.checked_sub(u32::from(own.prefix_len));
            host_bits.is_some_and(|bits| bits >= 2 && u32::from(v4).trailing_ones() >= bits)
                && own.subnet_contains(ip)
        })
    }

    /// Returns whether a unicast packet to `destination` can be sent on this link.
    pub(crate) fn reaches(&self, destination: IpAddr) -> bool {
        let mut addresses = self.addresses.iter();
        addresses.any(|own| own.ip.is_ipv4() == destination.is_ipv4())
            && self.is_on_link(destination)
    }
}

/// What changed about the links of this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkChange {
    /// A link came up, or its addresses or MTU have changed.
    Up {
        /// The link.
        link: LinkId,
        /// Its present state.
        info: LinkInfo,
    },
    /// A link went away: records received on it are no longer true.
    Down {
        /// The link.
        link: LinkId,
    },
    /// Datagrams from a link were lost before they were read, so packets may have been missed.
    Missed {
        /// The link.
        link: LinkId,
    },
    /// The machine slept and is back: every link may be another network.
    Resumed,
}

/// Returns whether an address is link-local: 169.254/16 or fe80::/10.
pub(crate) fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => u128::from(v6) >> 118 == 0x3fa,
    }
}
