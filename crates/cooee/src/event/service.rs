//! Services and hosts as users see them: names, ports, attributes, scoped addresses.
//!
//! In:  the agent's values, whose addresses name links by number.
//! Out: [`Service`] and [`ScopedAddr`], whose addresses have their interface by name and index. RFC
//!      6763 section 4.1 (names), RFC 4007 section 11 (the text form `fe80::1%eth0`).

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

/// An interface, by its index and its name at the time of the event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InterfaceId {
    index: u32,
    name: Arc<str>,
}

impl InterfaceId {
    pub(super) fn new(index: u32, name: &str) -> Self {
        let name = Arc::from(name);
        Self { index, name }
    }

    /// Returns the operating system's index, which is never 0.
    pub fn index(&self) -> u32 {
        self.index
    }

    /// Returns its name, such as `eth0`, or its index in digits if the name is unknown.
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
    /// Records the present names; names of interfaces that are gone remain known, up to a limit.
    pub(crate) fn learn<'a>(&mut self, now: impl Iterator<Item = (u32, &'a str)>) {
        let mut known: Vec<InterfaceId> = now
            .map(|(index, name)| InterfaceId::new(index, name))
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

    /// Returns the interface of a link.
    pub(crate) fn of(&self, link: LinkId) -> InterfaceId {
        let found = self
            .0
            .binary_search_by_key(&link.0, |interface| interface.index);
        match found.ok().and_then(|place| self.0.get(place)) {
            Some(interface) => interface.clone(),
            None => InterfaceId::new(link.0, &link.0.to_string()),
        }
    }
}

/// An address together with the interface by which it is reached.
///
/// Its text form has the interface if the address has no meaning without it: `fe80::1%eth0`, but
/// `2001:db8::1` and `192.0.2.1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopedAddr {
    ip: IpAddr,
    interface: InterfaceId,
}

impl ScopedAddr {
    pub(crate) fn new(linked: LinkedAddress, interfaces: &InterfaceNames) -> Self {
        Self::on(linked.ip, interfaces.of(linked.link))
    }

    pub(super) fn on(ip: IpAddr, interface: InterfaceId) -> Self {
        Self { ip, interface }
    }

    /// Returns the address without its scope.
    pub fn ip(&self) -> IpAddr {
        self.ip
    }

    /// Returns the interface on which it was received.
    pub fn interface(&self) -> &InterfaceId {
        &self.interface
    }

    /// Returns whether the address has no meaning without its interface: 169.254/16 and fe80::/10.
    pub fn is_link_local(&self) -> bool {
        match self.ip {
            IpAddr::V4(ip) => ip.is_link_local(),
            IpAddr::V6(ip) => ip.is_unicast_link_local(),
        }
    }

    /// Returns the scope id for a `sockaddr_in6`: the interface's index for fe80::/10, otherwise 0.
    pub fn scope_id(&self) -> u32 {
        match self.ip {
            IpAddr::V6(ip) if ip.is_unicast_link_local() => self.interface.index,
            IpAddr::V6(_) | IpAddr::V4(_) => 0,
        }
    }

    /// Returns the address to connect to on a port, with the scope id if one is needed.
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

/// A resolved service: complete, with at least one address. It is cheap to clone.
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

    /// Returns the instance's name for people, such as `Front Desk` (RFC 6763 section 4.1.1).
    pub fn name(&self) -> Cow<'_, str> {
        self.inner.instance.label()
    }

    /// Returns the full instance name, such as `Front Desk._ipp._tcp.local`.
    pub fn instance(&self) -> &InstanceName {
        &self.inner.instance
    }

    /// Returns the service type, such as `_ipp._tcp`.
    pub fn service_type(&self) -> &ServiceType {
        self.inner.instance.service_type()
    }

    /// Returns the host that runs it, such as `printer.local`.
    pub fn host(&self) -> &Name {
        &self.inner.host
    }

    /// Returns the port; 0 if nobody should connect to the service.
    pub fn port(&self) -> u16 {
        self.inner.port
    }

    /// Returns the SRV priority: among services of one name, lower ones are tried first (RFC 2782).
    pub fn priority(&self) -> u16 {
        self.inner.priority
    }

    /// Returns the SRV weight, among equal priorities (RFC 2782).
    pub fn weight(&self) -> u16 {
        self.inner.weight
    }

    /// Returns the attributes.
    pub fn txt(&self) -> &Txt {
        &self.inner.txt
    }

    /// Returns the host's addresses, best first, each with its interface. Never empty.
    pub fn addresses(&self) -> impl ExactSizeIterator<Item = ScopedAddr> + '_ {
        self.inner
            .addresses
            .iter()
            .map(|linked| ScopedAddr::new(*linked, &self.interfaces))
    }

    /// Returns the addresses to connect to, best first, with port and scope id. Never empty.
    pub fn socket_addrs(&self) -> Vec<SocketAddr> {
        self.addresses()
            .map(|address| address.socket_addr(self.inner.port))
            .collect()
    }

    /// Returns what differs between this state and a later one.
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

/// Writes its name, its host and port, and its addresses.
impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.inner;
        write!(f, "{} at {}:{}", inner.instance, inner.host, inner.port)?;
        let mut gap = " (";
        for address in self.addresses() {
            write!(f, "{gap}{address}")?;
            gap = ", ";
        }
        f.write_str(")")
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

/// How many interfaces are known by name. Full: those gone longest are shown by index.
const INTERFACES_MAX: usize = 1_024;

#[cfg(test)]
mod tests;
