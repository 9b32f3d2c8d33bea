//! The facts on which the checks decide.
//!
//! In:  what the system, the driver and the network have shown.
//! Out: [`Facts`], plain data that a test can construct.

use std::net::IpAddr;
use std::time::Duration;

use cooee_net::{Decision, Family, OpenError, Operation, SystemFacts};
use cooee_wire::Name;

use super::clock::ClockChange;
use super::search::Search;
use super::traffic::{Answered, Traffic};

/// Everything that a diagnosis knows.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) decisions: Vec<Decision>,
    pub(super) port: u16,
    pub(super) failures: Vec<OpenFailure>,
    pub(super) links: Vec<LinkFacts>,
    pub(super) system: SystemFacts,
    pub(super) buffers: Vec<SmallBuffer>,
    /// Datagrams that the kernel dropped during the observation.
    pub(super) dropped: u64,
    pub(super) traffic: Traffic,
    /// The name of this host, under `.local`.
    pub(super) host: Option<Name>,
    pub(super) observed: Duration,
    pub(super) own_pid: u32,
    /// The search for a name that is wanted.
    pub(super) search: Option<Search>,
    pub(super) clock: ClockChange,
}

/// An interface and a family that are used.
#[derive(Clone, Debug)]
pub(super) struct LinkFacts {
    pub(super) interface: String,
    pub(super) index: u32,
    pub(super) family: Family,
    pub(super) has_carrier: bool,
    /// Why nothing could be sent.
    pub(super) refused: Option<String>,
    /// Datagrams that this host sent to itself, and how many arrived; `None` if it was not tried.
    pub(super) to_self: Option<ToSelf>,
    /// The hosts that were asked for unicast answers.
    pub(super) peers: Vec<PeerProbe>,
}

/// The unicasts of this host to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ToSelf {
    pub(super) sent: usize,
    pub(super) arrived: usize,
}

/// How a host that was heard by multicast answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PeerProbe {
    pub(super) peer: IpAddr,
    /// It was heard by multicast before; otherwise it is a neighbour of which the system knows.
    pub(super) was_heard: bool,
    /// To a question by multicast that wants a unicast answer.
    pub(super) wanted_unicast: Answered,
    /// To a question by multicast that wants a multicast answer.
    pub(super) wanted_multicast: Answered,
    /// To a question by unicast.
    pub(super) asked_alone: Answered,
}

/// A socket that could not be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OpenFailure {
    pub(super) interface: String,
    pub(super) family: Family,
    pub(super) operation: Operation,
    /// The port is in use.
    pub(super) in_use: bool,
    pub(super) text: String,
}

impl From<&OpenError> for OpenFailure {
    fn from(error: &OpenError) -> Self {
        Self {
            interface: error.interface.clone(),
            family: match error.group {
                IpAddr::V4(_) => Family::V4,
                IpAddr::V6(_) => Family::V6,
            },
            operation: error.operation,
            in_use: error.cause.kind() == std::io::ErrorKind::AddrInUse,
            text: error.to_string(),
        }
    }
}

/// A receive buffer that is smaller than was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SmallBuffer {
    pub(super) interface: String,
    pub(super) asked: usize,
    pub(super) granted: usize,
}

impl Facts {
    /// Returns the facts with which the next round of a watch begins.
    pub(super) fn next_round(&self, links: Vec<LinkFacts>) -> Self {
        Self {
            decisions: self.decisions.clone(),
            port: self.port,
            failures: Vec::new(),
            links,
            system: self.system.clone(),
            buffers: Vec::new(),
            dropped: 0,
            traffic: self.traffic.next_round(),
            host: self.host.clone(),
            observed: Duration::ZERO,
            own_pid: self.own_pid,
            search: None,
            clock: ClockChange::default(),
        }
    }

    /// Returns whether an address is one of this host.
    pub(super) fn is_own(&self, ip: IpAddr) -> bool {
        let mut addresses = self
            .decisions
            .iter()
            .flat_map(|decision| &decision.interface.addresses);
        addresses.any(|address| address.ip == ip)
    }

    /// Returns whether there was a socket for an interface and a family.
    pub(super) fn could_open(&self, interface: &str, family: Family) -> bool {
        let fails =
            |failure: &OpenFailure| failure.interface == interface && failure.family == family;
        !self.failures.iter().any(fails)
    }

    /// Returns the links on which packets should pass.
    pub(super) fn working_links(&self) -> impl Iterator<Item = &LinkFacts> {
        let works =
            |link: &&LinkFacts| link.has_carrier && self.could_open(&link.interface, link.family);
        self.links.iter().filter(works)
    }
}
