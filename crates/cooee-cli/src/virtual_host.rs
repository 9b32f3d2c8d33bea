//! A host of the simulator: an agent, and a listener to what it receives and reports.
//!
//! In:  what the simulator passes to a host; a [`Listener`].
//! Out: what the agent sends; the listener has the rest.

use cooee_proto::Config;
use cooee_proto::dnssd::Agent;
use cooee_proto::dnssd::event::News;
use cooee_proto::link::LinkChange;
use cooee_proto::time::Instant;
use cooee_proto::transmit::{Datagram, Delivery, Transmit};
use cooee_sim::{Node, Outgoing, Setup};

/// A host, and what it has heard.
pub(crate) struct VirtualHost<L> {
    pub(crate) agent: Agent,
    pub(crate) heard: L,
}

/// Keeps what a host hears, as far as it is of use.
pub(crate) trait Listener: Default + 'static {
    /// A datagram has arrived.
    fn datagram(&mut self, _datagram: &Datagram<'_>) {}

    /// The agent reports something.
    fn news(&mut self, news: News);
}

impl<L: Listener> VirtualHost<L> {
    pub(crate) fn new(setup: Setup<'_>) -> Self {
        Self {
            agent: Agent::new(Config::default(), setup.seed, setup.now),
            heard: L::default(),
        }
    }
}

impl<L: Listener> Node for VirtualHost<L> {
    fn handle_datagram(&mut self, now: Instant, datagram: Datagram<'_>) {
        self.heard.datagram(&datagram);
        let _ = self.agent.handle_datagram(now, datagram);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.agent.handle_timeout(now);
    }

    fn handle_link(&mut self, now: Instant, change: LinkChange) {
        self.agent.handle_link(now, change);
    }

    fn poll_transmit(&mut self, now: Instant, buf: &mut Vec<u8>) -> Option<Outgoing> {
        self.agent.poll_transmit(now, buf).map(Outgoing::from)
    }

    fn handle_transmit(&mut self, now: Instant, transmit: Transmit, delivery: Delivery) {
        self.agent.handle_transmit(now, transmit, delivery);
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.agent.poll_timeout().map(|deadline| deadline.at)
    }

    fn drain_events(&mut self, _now: Instant, _sink: &mut dyn FnMut(String)) {
        while let Some(event) = self.agent.poll_event() {
            self.heard.news(event.news);
        }
    }
}
