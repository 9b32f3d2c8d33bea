//! A link: its hosts, its weather, and who cannot hear whom.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::rc::Rc;

use cooee_proto::link::LinkAddress;

use crate::host::Addressing;
use crate::weather::Weather;

pub(crate) struct Link {
    pub(crate) name: Rc<str>,
    pub(crate) weather: Weather,
    /// Interfaces on this link, as (host, interface of that host), in the order they came.
    pub(crate) members: Vec<(usize, usize)>,
    /// Pairs of hosts (from, to) between which nothing passes.
    pub(crate) blocked: BTreeSet<(usize, usize)>,
}

impl Link {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            weather: Weather::calm(),
            members: Vec::new(),
            blocked: BTreeSet::new(),
        }
    }
}

/// Returns the addresses of the `nth` interface on the link numbered `link`.
pub(crate) fn addresses(link: usize, nth: usize, addressing: &Addressing) -> Vec<LinkAddress> {
    let [_, link] = u16::try_from(link + 1)
        .expect("under 256 links")
        .to_be_bytes();
    let nth = u16::try_from(nth + 1).expect("under 65535 hosts on a link");
    let [high, low] = nth.to_be_bytes();
    let v4 = Ipv4Addr::new(10, link, high, low);
    let v4 = LinkAddress {
        ip: IpAddr::V4(v4),
        prefix_len: 16,
    };
    let v6 = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, u16::from(link), nth);
    let v6 = LinkAddress {
        ip: IpAddr::V6(v6),
        prefix_len: 64,
    };
    match addressing {
        Addressing::Dual => vec![v4, v6],
        Addressing::V4 => vec![v4],
        Addressing::V6 => vec![v6],
        Addressing::Exactly(addresses) => addresses.clone(),
    }
}

/// The largest IP packet of a link, in bytes.
pub(crate) const MTU: u32 = 1_500;
