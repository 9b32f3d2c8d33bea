//! What runs on a host: anything with the engine's methods.
//!
//! In:  datagrams, the passage of time, changes of the host's links.
//! Out: datagrams to send, the next deadline, events as text.

use std::any::Any;

use cooee_proto::link::LinkChange;
use cooee_proto::time::Instant;
use cooee_proto::transmit::{Datagram, Delivery, Route, Transmit};

/// Speaks Multicast DNS on a simulated host without a clock or a socket.
///
/// The world calls one method at a time, then drains `poll_transmit` and `drain_events`, then calls
/// `poll_timeout`. What an engine has written is reported at once. Every method must tolerate being
/// called early, late or twice.
pub trait Node {
    /// Hears one datagram.
    fn handle_datagram(&mut self, now: Instant, datagram: Datagram<'_>);

    /// Does what is due at `now`.
    fn handle_timeout(&mut self, now: Instant);

    /// Handles a link that came, went or changed, or that the host woke from sleep.
    fn handle_link(&mut self, now: Instant, change: LinkChange);

    /// Writes the next message to send into `buf` and returns its destination.
    fn poll_transmit(&mut self, now: Instant, buf: &mut Vec<u8>) -> Option<Outgoing>;

    /// Handles the result of a message that an engine wrote. A node without an engine has none.
    fn handle_transmit(&mut self, _now: Instant, _transmit: Transmit, _delivery: Delivery) {}

    /// Returns when `handle_timeout` must be called next.
    fn poll_timeout(&self) -> Option<Instant>;

    /// Passes on everything that happened since the last call, one line each.
    fn drain_events(&mut self, now: Instant, sink: &mut dyn FnMut(String));

    /// Returns the UDP port from which the node sends and on which it receives unicast.
    fn port(&self) -> u16 {
        MDNS_PORT
    }

    /// Returns a further UDP port on which the node receives unicast, if it has one.
    fn second_port(&self) -> Option<u16> {
        None
    }
}

/// A message on its way out.
#[derive(Debug)]
pub struct Outgoing {
    /// Its destination.
    pub route: Route,
    /// What to report to the engine that wrote it.
    pub report: Option<Transmit>,
    /// The port it leaves from, if that is not the port of the node.
    pub port: Option<u16>,
}

impl Outgoing {
    /// Lets it leave from a port.
    #[must_use]
    pub fn from_port(self, port: u16) -> Self {
        Self {
            port: Some(port),
            ..self
        }
    }
}

impl From<Transmit> for Outgoing {
    fn from(transmit: Transmit) -> Self {
        Self {
            route: transmit.route,
            report: Some(transmit),
            port: None,
        }
    }
}

impl From<Route> for Outgoing {
    fn from(route: Route) -> Self {
        Self {
            route,
            report: None,
            port: None,
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
