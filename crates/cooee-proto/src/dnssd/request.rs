//! The requests of the user, each with its state.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::net::IpAddr;

use cooee_wire::Name;

use super::event::HostState;
use super::ids::{HostId, RequestId, ServiceId};
use super::instance_name::InstanceName;
use super::name_map::{NameMap, Presence};
use super::service_type::{ServiceType, Subtype};
use crate::collections::SmallList;
use crate::event::QueryId;
use crate::link::LinkId;
use crate::ordered::OrderedMap;

/// How to browse.
#[derive(Clone, Debug, Default)]
pub struct BrowseOptions {
    /// Only the instances of this subtype (RFC 6763 section 7.1).
    pub subtype: Option<Subtype>,
    /// Whether to resolve what is found.
    pub resolve: bool,
    /// The only link to browse; all links if `None`.
    pub link: Option<LinkId>,
}

/// A request that is running and that listens. Those that publish are elsewhere: there can be
/// thousands of them.
pub(super) enum Request {
    /// Boxed, as the other large parts are.
    Browse(Box<Browse>),
    /// A service, in each form that its name can have.
    Resolve {
        services: SmallList<ServiceId, 1>,
        only: Option<LinkId>,
    },
    /// A host, in each form that its name can have.
    Host {
        hosts: SmallList<HostId, 1>,
        reported: Option<Box<HostState>>,
    },
    HostNames {
        query: QueryId,
        seen: Presence,
    },
    Types {
        query: QueryId,
        seen: Presence,
        listed: Box<Listed>,
    },
    /// The records of a name, in each form that it can have.
    Records {
        queries: SmallList<QueryId, 1>,
    },
}

/// A browse that is running.
pub(super) struct Browse {
    /// The name that is asked for: of the type, or of a subtype.
    pub(super) name: Name,
    pub(super) service_type: ServiceType,
    pub(super) resolve: bool,
    pub(super) only: Option<LinkId>,
    pub(super) query: QueryId,
    pub(super) found: Instances,
    /// Whether instances were left out because there were too many.
    pub(super) passed_over: bool,
}

/// The instances that a browse has found.
pub(super) enum Instances {
    /// Their names, each with the links that show it.
    Named(Presence),
    /// So many, which it resolves: the services know their names, their links and this browse.
    Resolved(usize),
}

impl Instances {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Named(names) => names.len(),
            Self::Resolved(count) => *count,
        }
    }
}

impl Browse {
    /// Returns the instance that a PTR record names, if it is of the browsed type.
    pub(super) fn instance(&self, data: &Name) -> Option<InstanceName> {
        InstanceName::of_type(data, &self.service_type)
    }
}

/// How many spellings list each type: `_http._tcp.local` and `_http._tcp` are one type.
pub(super) struct Listed(NameMap<usize>);

impl Listed {
    pub(super) fn new(key: u64) -> Self {
        Self(NameMap::new(key))
    }

    /// Adds a spelling. Returns whether it is the first.
    pub(super) fn add(&mut self, service_type: &ServiceType) -> bool {
        if let Some(spellings) = self.0.get_mut(service_type.name()) {
            *spellings = spellings.saturating_add(1);
            return false;
        }
        self.0.insert(service_type.name().clone(), 1);
        true
    }

    /// Removes a spelling. Returns whether it was the last.
    pub(super) fn remove(&mut self, service_type: &ServiceType) -> bool {
        match self.0.get_mut(service_type.name()) {
            Some(spellings) if *spellings > 1 => {
                *spellings = spellings.saturating_sub(1);
                false
            }
            Some(_) => self.0.remove(service_type.name()).is_some(),
            None => false,
        }
    }
}

/// The requests, by id, in the order of their creation.
pub(super) type Requests = OrderedMap<RequestId, Request>;

/// Returns the name that a reverse look-up asks for.
///
/// RFC 1035 section 3.5 and RFC 3596 section 2.5.
//= https://www.rfc-editor.org/rfc/rfc6762#section-4
//# Any DNS query for a name ending with "254.169.in-addr.arpa." MUST be
//# sent to the mDNS IPv4 link-local multicast address 224.0.0.251 or the
//# mDNS IPv6 multicast address FF02::FB.
//= https://www.rfc-editor.org/rfc/rfc6762#section-4
//# Likewise, any DNS query for a name within the reverse mapping domains
//# for IPv6 link-local addresses ("8.e.f.ip6.arpa.", "9.e.f.ip6.arpa.",
//# "a.e.f.ip6.arpa.", and "b.e.f.ip6.arpa.") MUST be sent to the mDNS
//# IPv6 link-local multicast address FF02::FB or the mDNS IPv4 link-local
//# multicast address 224.0.0.251.
pub fn reverse_name(ip: IpAddr) -> Name {
    let labels: Vec<Vec<u8>> = match ip {
        IpAddr::V4(v4) => {
            let octets = v4.octets();
            let parts = octets
                .iter()
                .rev()
                .map(|octet| alloc::format!("{octet}").into_bytes());
            parts
                .chain([b"in-addr".to_vec(), b"arpa".to_vec()])
                .collect()
        }
        IpAddr::V6(v6) => {
            let octets = v6.octets();
            let nibbles = octets
                .iter()
                .rev()
                .flat_map(|octet| [octet & 0xf, octet >> 4]);
            let parts = nibbles.map(|nibble| alloc::format!("{nibble:x}").into_bytes());
            parts.chain([b"ip6".to_vec(), b"arpa".to_vec()]).collect()
        }
    };
    Name::from_labels(labels.iter().map(Vec::as_slice)).unwrap_or_else(|_| Name::root())
}

#[cfg(test)]
mod tests;
