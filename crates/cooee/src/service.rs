//! What a user gets to see of a service and a host: names, ports, attributes, scoped addresses.
//!
//! In:  the agent's values, whose addresses name links by number.
//! Out: [`Service`] and [`ScopedAddr`], whose addresses carry their interface by name and index.
//! RFC 6763 section 4.1 (names), RFC 4007 section 11 (the text form `fe80::1%eth0`).

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::sync::Arc;

use cooee_proto::dnssd::instance_name::InstanceName;
use cooee_proto::dnssd::service::{LinkedAddress, ServiceDiff};
use cooee_proto::dnssd::service_type::ServiceType;
use cooee_proto::dnssd::txt::Txt;
use cooee_proto::link::LinkId;
use cooee_wire::Name;

/// An interface, by its index and the name it had when the event happened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InterfaceId {
    index: u32,
    name: Arc<str>,
}

impl InterfaceId {
    /// The operating system's index of it, never 0.
    pub fn index(&self) -> u32 {
        self.index
    }

    /// Its name, such as `eth0`; its index in digits if it has gone unseen.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for InterfaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// The names of interfaces, shared by all events of a time.
#[derive(Clone, Debug, Default)]
pub(crate) struct InterfaceNames(Arc<Vec<InterfaceId>>);

impl InterfaceNames {
    /// Learns the names there are now; names of interfaces gone stay known, up to a limit.
    pub(crate) fn learn<'a>(&mut self, now: impl Iterator<Item = (u32, &'a str)>) {
        let mut known: Vec<InterfaceId> = now
            .map(|(index, name)| InterfaceId {
                index,
                name: Arc::from(name),
            })
            .collect();
        let gone = self
            .0
            .iter()
            .filter(|old| !known.iter().any(|new| new.index == old.index));
        let room = INTERFACES_MAX.saturating_sub(known.len());
        let gone: Vec<InterfaceId> = gone.take(room).cloned().collect();
        known.extend(gone);
        known.sort_unstable_by_key(|interface| interface.index);
        if *self.0 != known {
            self.0 = Arc::new(known);
        }
    }

    /// The interface of a link.
    pub(crate) fn of(&self, link: LinkId) -> InterfaceId {
        let found = self
            .0
            .binary_search_by_key(&link.0, |interface| interface.index);
        match found.ok().and_then(|place| self.0.get(place)) {
            Some(interface) => interface.clone(),
            None => InterfaceId {
                index: link.0,
                name: Arc::from(link.0.to_string()),
            },
        }
    }
}

/// An address together with the interface it is reached by.
///
/// Its text form carries the interface where the address means nothing without it:
/// `fe80::1%eth0`, but `2001:db8::1` and `192.0.2.1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopedAddr {
    ip: IpAddr,
    interface: InterfaceId,
}

impl ScopedAddr {
    pub(crate) fn new(linked: LinkedAddress, interfaces: &InterfaceNames) -> Self {
        Self {
            ip: linked.ip,
            interface: interfaces.of(linked.link),
        }
    }

    /// The address without its scope.
    pub fn ip(&self) -> IpAddr {
        self.ip
    }

    /// The interface it was learned on.
    pub fn interface(&self) -> &InterfaceId {
        &self.interface
    }

    /// Whether the address means nothing without its interface: 169.254/16 and fe80::/10.
    pub fn is_link_local(&self) -> bool {
        match self.ip {
            IpAddr::V4(ip) => ip.is_link_local(),
            IpAddr::V6(ip) => ip.is_unicast_link_local(),
        }
    }

    /// The scope id for a `sockaddr_in6`: the interface's index for fe80::/10, else 0.
    pub fn scope_id(&self) -> u32 {
        match self.ip {
            IpAddr::V6(ip) if ip.is_unicast_link_local() => self.interface.index,
            IpAddr::V6(_) | IpAddr::V4(_) => 0,
        }
    }

    /// The address to connect to on a port, with the scope id where one is needed.
    pub fn socket_addr(&self, port: u16) -> SocketAddr {
        match self.ip {
            IpAddr::V4(ip) => SocketAddrV4::new(ip, port).into(),
            IpAddr::V6(ip) => SocketAddrV6::new(ip, port, 0, self.scope_id()).into(),
        }
    }
}

impl fmt::Display for ScopedAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scope_id() {
            0 => write!(f, "{}", self.ip),
            _ => write!(f, "{}%{}", self.ip, self.interface),
        }
    }
}

/// A resolved service: complete, with at least one address. A cheap clone.
#[derive(Clone)]
pub struct Service {
    inner: Arc<cooee_proto::dnssd::service::Service>,
    interfaces: InterfaceNames,
}

impl Service {
    pub(crate) fn new(
        inner: Arc<cooee_proto::dnssd::service::Service>,
        interfaces: &InterfaceNames,
    ) -> Self {
        Self {
            inner,
            interfaces: interfaces.clone(),
        }
    }

    /// The instance's name for people, such as `Front Desk` (RFC 6763 section 4.1.1).
    pub fn name(&self) -> Cow<'_, str> {
        self.inner.instance.label()
    }

    /// The full instance name, such as `Front Desk._ipp._tcp.local`.
    pub fn instance(&self) -> &InstanceName {
        &self.inner.instance
    }

    /// The service type, such as `_ipp._tcp`.
    pub fn service_type(&self) -> &ServiceType {
        self.inner.instance.service_type()
    }

    /// The host that runs it, such as `printer.local`.
    pub fn host(&self) -> &Name {
        &self.inner.host
    }

    /// The port; 0 if the service is not to be connected to.
    pub fn port(&self) -> u16 {
        self.inner.port
    }

    /// The SRV priority: among services of one name, lower ones are tried first (RFC 2782).
    pub fn priority(&self) -> u16 {
        self.inner.priority
    }

    /// The SRV weight, among equal priorities (RFC 2782).
    pub fn weight(&self) -> u16 {
        self.inner.weight
    }

    /// The attributes.
    pub fn txt(&self) -> &Txt {
        &self.inner.txt
    }

    /// The host's addresses, best first, each with its interface. Never empty.
    pub fn addresses(&self) -> impl ExactSizeIterator<Item = ScopedAddr> + '_ {
        self.inner
            .addresses
            .iter()
            .map(|linked| ScopedAddr::new(*linked, &self.interfaces))
    }

    /// The addresses to connect to, best first, with port and scope id. Never empty.
    pub fn socket_addrs(&self) -> Vec<SocketAddr> {
        self.addresses()
            .map(|address| address.socket_addr(self.inner.port))
            .collect()
    }

    /// What differs between this state and a later one.
    pub fn diff(&self, newer: &Self) -> ServiceDiff {
        let (old, new) = (&*self.inner, &*newer.inner);
        let mut diff = ServiceDiff::default();
        diff.endpoint = (&old.host, old.port, old.priority, old.weight)
            != (&new.host, new.port, new.priority, new.weight);
        diff.txt = old.txt != new.txt;
        diff.addresses = old.addresses != new.addresses;
        diff
    }
}

impl PartialEq for Service {
    fn eq(&self, other: &Self) -> bool {
        self.inner == other.inner
    }
}

impl Eq for Service {}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("instance", &self.inner.instance)
            .field("host", &self.inner.host)
            .field("port", &self.inner.port)
            .field("txt", &self.inner.txt)
            .field("addresses", &self.addresses().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// How many interfaces are remembered by name. Full: those gone longest are shown by index.
const INTERFACES_MAX: usize = 1_024;

#[cfg(test)]
mod tests;
