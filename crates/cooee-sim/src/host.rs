//! A host: one node, its interfaces, whether it is awake.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::rc::Rc;

use cooee_proto::link::{Family, LinkAddress, LinkId, LinkInfo};
use cooee_proto::time::Instant;
use cooee_proto::transmit::SendFailure;

use crate::node::AnyNode;
use crate::weather::Channel;

/// What a node gets when it is created.
#[derive(Clone, Copy, Debug)]
pub struct Setup<'a> {
    /// The seed for everything random in the node.
    pub seed: u64,
    /// The time.
    pub now: Instant,
    /// The name of the host.
    pub name: &'a str,
}

/// Returns which addresses a host has on a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Addressing {
    /// One of each family.
    Dual,
    /// IPv4 only: `10.<link>.<host>/16`.
    V4,
    /// IPv6 only: a link-local address.
    V6,
    /// Exactly these.
    Exactly(Vec<LinkAddress>),
}

pub(crate) struct Host {
    pub(crate) name: Rc<str>,
    /// Absent after a crash.
    pub(crate) node: Option<Box<dyn AnyNode>>,
    pub(crate) asleep: bool,
    /// Interfaces that changed while the host slept.
    pub(crate) missed: BTreeSet<usize>,
    pub(crate) interfaces: Vec<Interface>,
    /// The deadline that is in the queue and counts; others in the queue are stale.
    pub(crate) armed: Option<Instant>,
    /// How often in a row the host was woken without time passing.
    pub(crate) spins: u32,
    pub(crate) woken_at: Option<Instant>,
    /// How often the host's own deadlines have woken it.
    pub(crate) wakeups: u64,
    /// The families over which its system refuses to send, and why.
    pub(crate) refuses: BTreeMap<Family, SendFailure>,
}

/// One interface of a host: an end of a link.
#[derive(Debug)]
pub(crate) struct Interface {
    pub(crate) link: usize,
    pub(crate) id: LinkId,
    pub(crate) up: bool,
    pub(crate) info: LinkInfo,
    pub(crate) channel: Channel,
    /// The families over which the system sends nothing.
    pub(crate) refused: Vec<Family>,
}

impl Host {
    pub(crate) fn new(name: &str, node: Box<dyn AnyNode>) -> Self {
        Self {
            name: name.into(),
            node: Some(node),
            asleep: false,
            missed: BTreeSet::new(),
            interfaces: Vec::new(),
            armed: None,
            spins: 0,
            woken_at: None,
            wakeups: 0,
            refuses: BTreeMap::new(),
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.node.is_some() && !self.asleep
    }
}

impl Interface {
    /// Returns the address the interface sends from in a family, the most local one first.
    pub(crate) fn source(&self, family: Family) -> Option<IpAddr> {
        let all = || self.info.addresses.iter().map(|own| own.ip);
        let mine = || all().filter(|&ip| Family::of(ip) == family);
        mine()
            .find(|&ip| is_link_local(ip))
            .or_else(|| mine().next())
    }

    pub(crate) fn has_family(&self, family: Family) -> bool {
        self.source(family).is_some()
    }

    /// Returns an address as the interface's host sees it: link-local ones with their scope.
    pub(crate) fn scoped(&self, address: SocketAddr) -> SocketAddr {
        match address {
            SocketAddr::V6(v6) if is_link_local(address.ip()) => {
                SocketAddr::V6(SocketAddrV6::new(*v6.ip(), v6.port(), 0, self.id.0))
            }
            SocketAddr::V4(_) | SocketAddr::V6(_) => address,
        }
    }
}

/// Returns the Multicast DNS group of a family.
pub(crate) fn group(family: Family) -> IpAddr {
    match family {
        Family::V4 => IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251)),
        Family::V6 => IpAddr::V6(Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfb)),
    }
}

pub(crate) fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(_) => false,
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}
