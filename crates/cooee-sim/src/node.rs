//! What lives on a host: anything that speaks the engine's verbs.
//!
//! In:  datagrams, the passage of time, changes of the host's links.
//! Out: datagrams to send, the next deadline, events as text.

use std::any::Any;

use cooee_proto::link::LinkChange;
use cooee_proto::time::Instant;
use cooee_proto::transmit::{Datagram, Delivery, Route, Transmit};

/// Speaks Multicast DNS on a simulated host without ever looking at a clock or a socket.
///
/// The world calls one verb at a time, then drains `poll_transmit` and `drain_events`, then asks
/// `poll_timeout`. What an engine has written it reports at once. Every verb must bear being called early, late or twice.
pub trait Node {
    /// Hears one datagram.
    fn handle_datagram(&mut self, now: Instant, datagram: Datagram<'_>);

    /// Does what is due at `now`.
    fn handle_timeout(&mut self, now: Instant);

    /// Learns of a link that came, went or changed, or that the host woke from sleep.
    fn handle_link(&mut self, now: Instant, change: LinkChange);

    /// Writes the next message to send into `buf` and says where it goes.
    fn poll_transmit(&mut self, now: Instant, buf: &mut Vec<u8>) -> Option<Outgoing>;

    /// Learns what became of a message that an engine wrote. A node without an engine has none.
    fn handle_transmit(&mut self, _now: Instant, _transmit: Transmit, _delivery: Delivery) {}

    /// Returns when `handle_timeout` wants to be called next.
    fn poll_timeout(&self) -> Option<Instant>;

    /// Hands over everything that happened since the last call, one line each.
    fn drain_events(&mut self, now: Instant, sink: &mut dyn FnMut(String));

    /// Returns the UDP port the node sends from and hears unicast on.
    fn port(&self) -> u16 {
        MDNS_PORT
    }
}

/// A message on its way out.
#[derive(Debug)]
pub struct Outgoing {
    /// Where it goes.
    pub route: Route,
    /// What the engine that wrote it is to be told about.
    pub report: Option<Transmit>,
}

impl From<Transmit> for Outgoing {
    fn from(transmit: Transmit) -> Self {
        Self {
            route: transmit.route,
            report: Some(transmit),
        }
    }
}

impl From<Route> for Outgoing {
    fn from(route: Route) -> Self {
        Self {
            route,
            report: None,
        }
    }
}

/// The port of Multicast DNS.
pub const MDNS_PORT: u16 = 5353;

/// A [`Node`] that can be turned back into its own type.
pub(crate) trait AnyNode: Node {
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

impl<N: Node + 'static> AnyNode for N {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
