//! The setup of most tests: Avahi in one host, Cooee in another.
//!
//! In:  names of interfaces.
//! Out: the hosts, plugged into one segment.

use std::time::Duration;

use netlab::avahi::{Avahi, Service, Settings};
use netlab::lab::Families;
use netlab::{Lab, Node, Port, Result, Segment};

/// The type that the tests publish.
pub(crate) const HTTP: &str = "_http._tcp";

/// How long a `cooee` with `--once` may take, on a busy machine too.
pub(crate) const ONCE_LIMIT: Duration = Duration::from_secs(20);

/// Avahi in one host, room for Cooee in another, on one segment.
pub(crate) struct Pair {
    pub(crate) lab: Lab,
    pub(crate) segment: Segment,
    pub(crate) peer: Node,
    pub(crate) peer_port: Port,
    pub(crate) here: Node,
    pub(crate) here_port: Port,
}

impl Pair {
    pub(crate) fn new() -> Result<Self> {
        Self::with(Families::Both)
    }

    /// Returns the same with `families` for the host of Avahi.
    pub(crate) fn with(families: Families) -> Result<Self> {
        let mut lab = Lab::new()?;
        let segment = lab.segment()?;
        let (peer, here) = (lab.node("peer")?, lab.node("here")?);
        let peer_port = lab.plug(&peer, &segment, "eth0", families)?;
        let here_port = lab.plug(&here, &segment, "lan1", Families::Both)?;
        Ok(Self {
            lab,
            segment,
            peer,
            peer_port,
            here,
            here_port,
        })
    }

    /// Starts Avahi as `peer.local`.
    pub(crate) fn avahi(&self, services: Vec<Service>) -> Result<Avahi> {
        avahi(&self.peer, "peer", &["eth0"], services)
    }
}

pub(crate) fn avahi(
    node: &Node,
    host_name: &str,
    interfaces: &[&str],
    services: Vec<Service>,
) -> Result<Avahi> {
    let interfaces = interfaces.iter().map(|name| (*name).to_owned()).collect();
    Avahi::start(
        node,
        &Settings {
            host_name: host_name.to_owned(),
            interfaces,
            services,
        },
    )
}

pub(crate) fn service(instance: &str, port: u16) -> Service {
    Service {
        instance: instance.to_owned(),
        service_type: HTTP.to_owned(),
        port,
        txt: vec!["path=/".to_owned()],
    }
}
