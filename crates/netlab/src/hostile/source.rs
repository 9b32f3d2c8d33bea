//! The claimed sources of packets.
//!
//! In:  the network of the link, and random numbers.
//! Out: addresses: hosts of the link that do not exist, hosts elsewhere, one fixed host.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use fastrand::Rng;

use crate::capture::MDNS_PORT;

/// Which addresses the packets come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sources {
    /// Any of 32,768 hosts of the link, so that hardly two packets have the same.
    Many,
    /// One host of the link, by a number below 32,768.
    One(u16),
}

/// Returns each packet its source.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    network: Ipv4Addr,
    sources: Sources,
}

/// Where the numbers of these hosts begin: far above those of the laboratory's own hosts.
const FIRST: u32 = 0x8000;

impl Sender {
    pub(crate) fn new(network: Ipv4Addr, sources: Sources) -> Self {
        Self { network, sources }
    }

    /// Returns a host of the link, on the port of Multicast DNS.
    pub(crate) fn neighbour(&self, random: &mut Rng, ipv6: bool) -> SocketAddr {
        SocketAddr::new(self.address(random, ipv6), MDNS_PORT)
    }

    /// Returns the address of a host of the link.
    pub(crate) fn address(&self, random: &mut Rng, ipv6: bool) -> IpAddr {
        let number = match self.sources {
            Sources::Many => random.u16(..0x8000),
            Sources::One(number) => number & 0x7fff,
        };
        if ipv6 {
            return Ipv6Addr::new(0xfe80, 0, 0, 0, 0x02bb, 0x00ff, 0xfe00, number).into();
        }
        Ipv4Addr::from(u32::from(self.network) + FIRST + u32::from(number)).into()
    }

    /// Returns an address outside every prefix of the link, in blocks that are reserved for
    /// documentation.
    pub(crate) fn stranger(random: &mut Rng, ipv6: bool) -> IpAddr {
        let number = random.u16(..);
        if ipv6 {
            return Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, number).into();
        }
        let [_, low] = number.to_be_bytes();
        match random.u8(..3) {
            0 => Ipv4Addr::new(192, 0, 2, low),
            1 => Ipv4Addr::new(198, 51, 100, low),
            _ => Ipv4Addr::new(203, 0, 113, low),
        }
        .into()
    }
}
