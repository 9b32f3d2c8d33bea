//! A service as a user sees it: a name, a host, a port, attributes, addresses.
//!
//! In:  the results of the resolver.
//! Out: [`Service`], and [`ServiceDiff`] between two states.

use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

use cooee_wire::{Name, Srv};

use super::instance_name::InstanceName;
use super::txt::Txt;
use crate::link::{LinkId, is_link_local};

/// A resolved service: complete, with at least one address.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Service {
    /// Its instance name.
    pub instance: InstanceName,
    /// The host that runs it.
    pub host: Name,
    /// The port; 0 if nobody should connect to it.
    pub port: u16,
    /// The SRV priority; lower is tried first.
    pub priority: u16,
    /// The SRV weight, among equal priorities.
    pub weight: u16,
    /// Its attributes.
    pub txt: Txt,
    /// The host's usable addresses, each once, best first, with the link on which they were
    /// received. Never empty.
    pub addresses: Vec<LinkedAddress>,
}

/// An address and the link it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkedAddress {
    /// The address.
    pub ip: IpAddr,
    /// The link on which it was received.
    pub link: LinkId,
}

/// What differs between two states of one service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ServiceDiff {
    /// The host, the port, the priority or the weight.
    pub endpoint: bool,
    /// The attributes.
    pub txt: bool,
    /// The addresses.
    pub addresses: bool,
}

impl Service {
    /// Creates a service of priority and weight 0. A service without an address is not complete,
    /// and no browse reports one.
    pub fn new(
        instance: InstanceName,
        host: Name,
        port: u16,
        txt: Txt,
        addresses: Vec<LinkedAddress>,
    ) -> Self {
        Self {
            instance,
            host,
            port,
            priority: 0,
            weight: 0,
            txt,
            addresses,
        }
    }
}

impl Service {
    /// Returns the SRV record that says where it runs.
    pub(super) fn srv(&self) -> Srv {
        Srv {
            priority: self.priority,
            weight: self.weight,
            port: self.port,
            target: self.host.clone(),
        }
    }
}

impl LinkedAddress {
    /// Returns whether the address has no meaning without its link: 169.254/16 and fe80::/10.
    pub fn is_link_local(&self) -> bool {
        is_link_local(self.ip)
    }
}

impl ServiceDiff {
    pub(crate) fn between(old: &Service, new: &Service) -> Self {
        Self {
            endpoint: (&old.host, old.port, old.priority, old.weight)
                != (&new.host, new.port, new.priority, new.weight),
            txt: old.txt != new.txt,
            addresses: old.addresses != new.addresses,
        }
    }

    /// Returns whether nothing differs.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// What differs, as in `endpoint, txt`.
impl fmt::Display for ServiceDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            ("endpoint", self.endpoint),
            ("txt", self.txt),
            ("addresses", self.addresses),
        ];
        let mut gap = "";
        for (part, _) in parts.into_iter().filter(|(_, differs)| *differs) {
            write!(f, "{gap}{part}")?;
            gap = ", ";
        }
        Ok(())
    }
}
