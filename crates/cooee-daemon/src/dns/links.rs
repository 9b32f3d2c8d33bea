//! The links in use.
//!
//! In:  the library's decisions about the interfaces.
//! Out: the index, the name and the networks of each link; the network of an address of this host.

use std::net::IpAddr;

use cooee::Decision;

use super::scope::Scope;
use crate::config::Prefix;

/// A link in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) index: u32,
    pub(super) name: String,
    pub(super) networks: Vec<Prefix>,
}

/// The links in use, and the networks of this host's addresses on any interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Links {
    pub(super) used: Vec<Link>,
    pub(super) addresses: Vec<(IpAddr, Prefix)>,
}

impl Links {
    /// Reads the decisions about the interfaces.
    pub(super) fn new(decisions: &[Decision]) -> Self {
        let used = decisions.iter().filter(|decision| decision.selected);
        let all = decisions.iter().map(|decision| &decision.interface);
        let addresses = all.flat_map(|interface| &interface.addresses);
        Self {
            used: used.map(link).collect(),
            addresses: addresses
                .map(|address| (address.ip, Prefix::of(address.ip, address.prefix_len)))
                .collect(),
        }
    }

    /// Returns the index of an interface in use.
    pub(super) fn index(&self, name: &str) -> Option<u32> {
        let link = self.used.iter().find(|link| link.name == name)?;
        Some(link.index)
    }

    /// Returns the links on which an answer is expected.
    pub(super) fn expected(&self, scope: Scope) -> Vec<u32> {
        match scope {
            Scope::All => self.used.iter().map(|link| link.index).collect(),
            Scope::One(index) => vec![index],
            Scope::None => Vec::new(),
        }
    }

    /// Returns the network of an address of this host; the address alone if it is not one.
    pub(super) fn network(&self, ip: IpAddr) -> Prefix {
        let mut known = self.addresses.iter();
        let known = known.find(|(own, _)| *own == ip);
        known.map_or(Prefix::of(ip, u8::MAX), |(_, network)| *network)
    }
}

fn link(decision: &Decision) -> Link {
    let interface = &decision.interface;
    let addresses = interface.addresses.iter();
    Link {
        index: interface.index,
        name: interface.name.clone(),
        networks: addresses
            .map(|address| Prefix::of(address.ip, address.prefix_len))
            .collect(),
    }
}
