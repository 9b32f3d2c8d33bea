//! Decides which interfaces to use, and why.
//!
//! In:  the interface list and a [`SelectionRule`].
//! Out: one [`Decision`] per interface with its [`Reason`], or a [`SelectError`] that lists them
//!      all.
//!
//! The default rule takes interfaces that are up, support multicast and have a usable address. It
//! leaves out the loopback interface, VPNs, and interfaces of container hosts:
//!
//! | refused | by name | by kind, if the operating system reports it |
//! |---|---|---|
//! | VPN | `utun* tun* ppp* wg* tailscale* wireguard*` | WireGuard, tun (not tap), PPP, IP tunnels, point-to-point |
//! | containers, virtual machines | `docker0 veth* br-* vmnet*` | bridge members, host-only switches |
//! | Apple peer-to-peer | | `awdl*`, `llw*` |
//!
//! A virtual Ethernet pair is refused by the name `veth*`, not by its kind. Inside a container or a
//! network namespace the same device is called `eth0` and leads to the network.

mod error;

use std::fmt;
use std::sync::Arc;

use crate::interface::{Family, Interface, InterfaceKind, interfaces};
pub use error::{InterfacesError, SelectError};

/// Which interfaces to use, and for which families.
#[derive(Debug, Clone)]
pub struct SelectionRule {
    /// How to choose the interfaces.
    pub choice: Choice,
    /// Use IPv4.
    pub ipv4: bool,
    /// Use IPv6.
    pub ipv6: bool,
}

impl SelectionRule {
    /// Creates a rule for both families.
    pub fn new(choice: Choice) -> Self {
        Self {
            choice,
            ipv4: true,
            ipv6: true,
        }
    }

    /// Uses exactly the interfaces of a list.
    pub fn list(list: impl IntoIterator<Item = InterfaceSelector>) -> Self {
        Self::new(Choice::List(list.into_iter().collect()))
    }

    /// Uses the interfaces that a function accepts.
    pub fn filter(filter: impl Fn(&Interface) -> bool + Send + Sync + 'static) -> Self {
        Self::new(Choice::Filter(InterfaceFilter::new(filter)))
    }

    /// Uses every interface that is up, supports multicast and has an address.
    pub fn all() -> Self {
        Self::new(Choice::All)
    }

    /// Returns whether a family is wanted.
    pub fn wants(&self, family: Family) -> bool {
        match family {
            Family::V4 => self.ipv4,
            Family::V6 => self.ipv6,
        }
    }

    fn has_wanted_address(&self, interface: &Interface) -> bool {
        [Family::V4, Family::V6]
            .into_iter()
            .any(|family| self.wants(family) && interface.has_usable(family))
    }
}

impl Default for SelectionRule {
    fn default() -> Self {
        Self::new(Choice::Default)
    }
}

/// How to choose the interfaces.
#[derive(Debug, Clone)]
pub enum Choice {
    /// The default rule, described at the top of this module.
    Default,
    /// Exactly these, even if the default rule refuses them; for such an interface there is a
    /// warning.
    List(Vec<InterfaceSelector>),
    /// The interfaces that this function accepts, of those that are up, support multicast and have
    /// an address.
    Filter(InterfaceFilter),
    /// Every interface that is up, supports multicast and has an address.
    All,
}

/// Names one interface.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum InterfaceSelector {
    /// By its name.
    Name(String),
    /// By its index.
    Index(u32),
}

impl InterfaceSelector {
    fn matches(&self, interface: &Interface) -> bool {
        match self {
            InterfaceSelector::Name(name) => interface.name == *name,
            InterfaceSelector::Index(index) => interface.index == *index,
        }
    }
}

impl From<&str> for InterfaceSelector {
    fn from(name: &str) -> Self {
        InterfaceSelector::Name(name.to_owned())
    }
}

impl From<String> for InterfaceSelector {
    fn from(name: String) -> Self {
        InterfaceSelector::Name(name)
    }
}

impl From<u32> for InterfaceSelector {
    fn from(index: u32) -> Self {
        InterfaceSelector::Index(index)
    }
}

impl fmt::Display for InterfaceSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InterfaceSelector::Name(name) => write!(f, "{name:?}"),
            InterfaceSelector::Index(index) => write!(f, "index {index}"),
        }
    }
}

/// A user's function that decides which interfaces to use.
#[derive(Clone)]
pub struct InterfaceFilter(Arc<dyn Fn(&Interface) -> bool + Send + Sync>);

impl InterfaceFilter {
    /// Wraps a function.
    pub fn new(filter: impl Fn(&Interface) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(filter))
    }

    /// Calls the function for one interface.
    pub fn takes(&self, interface: &Interface) -> bool {
        (self.0)(interface)
    }
}

impl fmt::Debug for InterfaceFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InterfaceFilter(..)")
    }
}

/// The decision about one interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The interface.
    pub interface: Interface,
    /// Whether it is used.
    pub selected: bool,
    /// The reason.
    pub reason: Reason,
}

impl Decision {
    fn taken(interface: &Interface, reason: Reason) -> Self {
        Self {
            interface: interface.clone(),
            selected: true,
            reason,
        }
    }

    fn refused(interface: &Interface, reason: Reason) -> Self {
        Self {
            interface: interface.clone(),
            selected: false,
            reason,
        }
    }

    /// Returns whether the user chose the interface although the default rule refuses it.
    pub fn is_warning(&self) -> bool {
        matches!(self.reason, Reason::ChosenAlthough(_))
    }

    /// Logs the decision: selected interfaces at INFO, those with a warning at WARN, the rest at
    /// DEBUG.
    pub fn log(&self) {
        let (name, index, reason) = (&self.interface.name, self.interface.index, &self.reason);
        if self.is_warning() {
            tracing::warn!(interface = %name, index, %reason, "interface chosen");
        } else if self.selected {
            tracing::info!(interface = %name, index, %reason, "interface chosen");
        } else {
            tracing::debug!(interface = %name, index, %reason, "interface left out");
        }
    }
}

/// Why an interface is used or left out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Used: up, supports multicast, has an address.
    UpAndMulticast,
    /// Used: it is in the list.
    Chosen,
    /// Used: it is in the list, although the default rule refuses it for this reason.
    ChosenAlthough(Box<Reason>),
    /// Used: the filter accepts it.
    TakenByFilter,
    /// Refused: reaches only this machine.
    Loopback,
    /// Refused: a VPN by its name; the pattern that matched.
    VpnByName(&'static str),
    /// Refused: a VPN by its kind.
    VpnByKind,
    /// Refused: an end of a point-to-point link.
    PointToPoint,
    /// Refused: of a container or virtual machine host by its name; the pattern that matched.
    ContainerByName(&'static str),
    /// Refused: of a container or virtual machine host by its kind.
    ContainerByKind,
    /// Refused: a port of a bridge, which is the interface to use instead.
    BridgeMember,
    /// Refused: an Apple peer-to-peer radio link.
    PeerToPeer,
    /// Refused: switched off.
    Down,
    /// Refused: does not support multicast.
    NotMulticast,
    /// Refused: no address, or none that is usable.
    NoUsableAddress,
    /// Refused: no usable address of the one family that is wanted.
    NoUsableAddressOf(Family),
    /// Refused: there is a list without it.
    NotInList,
    /// Refused: the filter rejects it.
    RefusedByFilter,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::UpAndMulticast => f.write_str("up and multicast-capable"),
            Reason::Chosen => f.write_str("chosen by name or index"),
            Reason::ChosenAlthough(objection) => {
                write!(
                    f,
                    "chosen by name or index, although excluded by default: {objection}"
                )
            }
            Reason::TakenByFilter => f.write_str("accepted by the filter"),
            Reason::Loopback => f.write_str("loopback"),
            Reason::VpnByName(pattern) => write!(f, "VPN by name ({pattern})"),
            Reason::VpnByKind => f.write_str("VPN by kind"),
            Reason::PointToPoint => f.write_str("point-to-point link"),
            Reason::ContainerByName(pattern) => write!(f, "container by name ({pattern})"),
            Reason::ContainerByKind => f.write_str("container by kind"),
            Reason::BridgeMember => f.write_str("bridge member (the bridge is used instead)"),
            Reason::PeerToPeer => f.write_str("peer-to-peer radio link"),
            Reason::Down => f.write_str("down"),
            Reason::NotMulticast => f.write_str("not multicast-capable"),
            Reason::NoUsableAddress => f.write_str("no usable address"),
            Reason::NoUsableAddressOf(Family::V4) => f.write_str("no usable IPv4 address"),
            Reason::NoUsableAddressOf(Family::V6) => f.write_str("no usable IPv6 address"),
            Reason::NotInList => f.write_str("not in the list"),
            Reason::RefusedByFilter => f.write_str("refused by the filter"),
        }
    }
}

/// Decides about each interface, in the given order.
///
/// # Errors
/// Returns an error for an empty list, for an entry that does not exist, if no family is wanted, or
/// if no interface remains.
pub fn select(
    interfaces: &[Interface],
    rule: &SelectionRule,
) -> Result<Vec<Decision>, SelectError> {
    if !rule.ipv4 && !rule.ipv6 {
        return Err(SelectError::NoFamily);
    }
    if let Choice::List(list) = &rule.choice {
        check_list(interfaces, list)?;
    }
    let decisions: Vec<Decision> = interfaces
        .iter()
        .map(|interface| decide(interface, rule))
        .collect();
    if decisions.iter().any(|decision| decision.selected) {
        Ok(decisions)
    } else {
        Err(SelectError::NothingLeft { decisions })
    }
}

/// Lists the interfaces that the default rule uses, and logs each decision.
///
/// # Errors
/// Returns an error if the list is not available, or if the rule refuses all of it.
pub fn default_interfaces() -> Result<Vec<Interface>, InterfacesError> {
    let decisions = select(&interfaces()?, &SelectionRule::default())?;
    decisions.iter().for_each(Decision::log);
    Ok(decisions
        .into_iter()
        .filter(|decision| decision.selected)
        .map(|decision| decision.interface)
        .collect())
}

fn check_list(interfaces: &[Interface], list: &[InterfaceSelector]) -> Result<(), SelectError> {
    if list.is_empty() {
        return Err(SelectError::EmptyList);
    }
    let missing = list.iter().find(|selector| {
        !interfaces
            .iter()
            .any(|interface| selector.matches(interface))
    });
    match missing {
        Some(selector) => Err(SelectError::NotFound {
            selector: selector.clone(),
            interfaces: interfaces.to_vec(),
        }),
        None => Ok(()),
    }
}

fn decide(interface: &Interface, rule: &SelectionRule) -> Decision {
    match &rule.choice {
        Choice::Default => match objection(interface).or_else(|| inability(interface, rule)) {
            None => Decision::taken(interface, Reason::UpAndMulticast),
            Some(reason) => Decision::refused(interface, reason),
        },
        Choice::All => match inability(interface, rule) {
            None => Decision::taken(interface, Reason::UpAndMulticast),
            Some(reason) => Decision::refused(interface, reason),
        },
        Choice::List(list) if !list.iter().any(|selector| selector.matches(interface)) => {
            Decision::refused(interface, Reason::NotInList)
        }
        Choice::List(_) => match objection(interface).or_else(|| inability(interface, rule)) {
            None => Decision::taken(interface, Reason::Chosen),
            Some(reason) => Decision::taken(interface, Reason::ChosenAlthough(Box::new(reason))),
        },
        Choice::Filter(filter) => match inability(interface, rule) {
            Some(reason) => Decision::refused(interface, reason),
            None if filter.takes(interface) => Decision::taken(interface, Reason::TakenByFilter),
            None => Decision::refused(interface, Reason::RefusedByFilter),
        },
    }
}

/// Returns why the default rule refuses an interface, apart from its state.
fn objection(interface: &Interface) -> Option<Reason> {
    if interface.flags.loopback {
        return Some(Reason::Loopback);
    }
    let name = interface.name.as_str();
    if let Some(pattern) = first_match(VPN_NAMES, name) {
        return Some(Reason::VpnByName(pattern));
    }
    if let Some(pattern) = first_match(CONTAINER_NAMES, name) {
        return Some(Reason::ContainerByName(pattern));
    }
    match interface.kind {
        InterfaceKind::Vpn => Some(Reason::VpnByKind),
        InterfaceKind::Container => Some(Reason::ContainerByKind),
        InterfaceKind::BridgeMember => Some(Reason::BridgeMember),
        InterfaceKind::PeerToPeer => Some(Reason::PeerToPeer),
        InterfaceKind::Loopback => Some(Reason::Loopback),
        InterfaceKind::Ethernet
        | InterfaceKind::Wireless
        | InterfaceKind::VirtualPair
        | InterfaceKind::Bridge
        | InterfaceKind::Other => interface
            .flags
            .point_to_point
            .then_some(Reason::PointToPoint),
    }
}

/// Returns why an interface cannot carry Multicast DNS in its present state.
fn inability(interface: &Interface, rule: &SelectionRule) -> Option<Reason> {
    if !interface.flags.up {
        return Some(Reason::Down);
    }
    if !interface.flags.multicast {
        return Some(Reason::NotMulticast);
    }
    (!rule.has_wanted_address(interface)).then_some(match (rule.ipv4, rule.ipv6) {
        (true, false) => Reason::NoUsableAddressOf(Family::V4),
        (false, true) => Reason::NoUsableAddressOf(Family::V6),
        (true, true) | (false, false) => Reason::NoUsableAddress,
    })
}

fn first_match(patterns: &[&'static str], name: &str) -> Option<&'static str> {
    patterns
        .iter()
        .copied()
        .find(|pattern| matches_pattern(pattern, name))
}

/// Matches a name against a pattern: a whole name, or a prefix followed by `*`.
fn matches_pattern(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == pattern,
    }
}

const VPN_NAMES: &[&str] = &["utun*", "tun*", "ppp*", "wg*", "tailscale*", "wireguard*"];

const CONTAINER_NAMES: &[&str] = &["docker0", "veth*", "br-*", "vmnet*"];

#[cfg(test)]
mod tests;
