//! A peer that sends a script, whatever it receives.
//!
//! In:  a script that says what to send next, and when.
//! Out: those messages, on every link of the host.

use std::time::Duration;

use cooee_proto::link::{LinkChange, LinkId};
use cooee_proto::time::Instant;
use cooee_proto::transmit::{Datagram, Destination, Route};

use crate::Setup;
use crate::node::{MDNS_PORT, Node, Outgoing};
use crate::rng::Rng;

/// One message of a script.
#[derive(Clone, Debug)]
pub struct Babble {
    /// How long after the one before it is sent.
    pub after: Duration,
    /// Its destination.
    pub to: Destination,
    /// Its contents.
    pub bytes: Vec<u8>,
}

/// Sends a script and receives nothing.
pub struct Babbler {
    rng: Rng,
    script: Script,
    links: Vec<LinkId>,
    next: Option<(Instant, Babble)>,
    ready: Vec<(LinkId, Destination, Vec<u8>)>,
    port: u16,
}

type Script = Box<dyn FnMut(&mut Rng) -> Option<Babble>>;

impl Babbler {
    /// Returns a constructor of a babbler that follows `script` until it returns nothing.
    pub fn following(
        script: impl FnMut(&mut Rng) -> Option<Babble> + 'static,
    ) -> impl FnOnce(Setup<'_>) -> Self {
        move |setup| {
            let mut babbler = Self {
                rng: Rng::new(setup.seed),
                script: Box::new(script),
                links: Vec::new(),
                next: None,
                ready: Vec::new(),
                port: MDNS_PORT,
            };
            babbler.plan(setup.now);
            babbler
        }
    }

    /// Sends from another port than that of Multicast DNS.
    #[must_use]
    pub fn from_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    fn plan(&mut self, now: Instant) {
        let babble = (self.script)(&mut self.rng);
        self.next = babble.map(|babble| (now + babble.after, babble));
    }
}

impl Node for Babbler {
    fn handle_datagram(&mut self, _: Instant, _: Datagram<'_>) {}

    fn handle_timeout(&mut self, now: Instant) {
        while let Some((at, babble)) = self.next.take_if(|(at, _)| *at <= now) {
            for &link in &self.links {
                self.ready.push((link, babble.to, babble.bytes.clone()));
            }
            self.plan(at);
        }
    }

    fn handle_link(&mut self, _: Instant, change: LinkChange) {
        match change {
            LinkChange::Up { link, .. } => {
                if !self.links.contains(&link) {
                    self.links.push(link);
                }
            }
            LinkChange::Down { link } => self.links.retain(|&known| known != link),
            LinkChange::Missed { .. } | LinkChange::Resumed => {}
        }
    }

    fn poll_transmit(&mut self, _: Instant, buf: &mut Vec<u8>) -> Option<Outgoing> {
        if self.ready.is_empty() {
            return None;
        }
        let (link, destination, bytes) = self.ready.remove(0);
        buf.extend(bytes);
        Some(Route { link, destination }.into())
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.next.as_ref().map(|(at, _)| *at)
    }

    fn drain_events(&mut self, _: Instant, _: &mut dyn FnMut(String)) {}

    fn port(&self) -> u16 {
        self.port
    }
}
