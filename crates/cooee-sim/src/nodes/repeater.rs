//! A repeater: repeats what it receives on one link on all its others, from its own address.

use std::collections::{BTreeMap, VecDeque};

use cooee_proto::link::{LinkChange, LinkId, LinkInfo};
use cooee_proto::time::Instant;
use cooee_proto::transmit::{Datagram, Destination, Route};

use crate::Setup;
use crate::node::{Node, Outgoing};

/// Repeats every multicast of one link on its other links, from its own address.
///
/// Like repeaters in the field, it changes nothing in a message and does not repeat itself.
#[derive(Default)]
pub struct Repeater {
    links: BTreeMap<LinkId, LinkInfo>,
    ready: VecDeque<(LinkId, Vec<u8>)>,
    /// Recently repeated messages: each comes once per address family and is sent on both.
    lately: VecDeque<(Instant, LinkId, Vec<u8>)>,
}

impl Repeater {
    /// Returns a repeater; attach its host to two links or more.
    pub fn new(_: Setup<'_>) -> Self {
        Self::default()
    }

    fn is_repeated(&mut self, now: Instant, link: LinkId, bytes: &[u8]) -> bool {
        while self
            .lately
            .front()
            .is_some_and(|(at, ..)| now.saturating_since(*at) > TWIN_WINDOW)
        {
            self.lately.pop_front();
        }
        self.lately
            .iter()
            .any(|(_, from, known)| *from == link && known == bytes)
    }
}

impl Node for Repeater {
    fn handle_datagram(&mut self, now: Instant, datagram: Datagram<'_>) {
        let source = datagram.source.ip();
        let own = self.links.values().any(|info| info.has_address(source));
        let (link, bytes) = (datagram.link, datagram.bytes);
        if own || !datagram.destination.is_multicast() || self.is_repeated(now, link, bytes) {
            return;
        }
        self.lately.push_back((now, link, bytes.to_vec()));
        for &other in self.links.keys().filter(|&&other| other != link) {
            self.ready.push_back((other, bytes.to_vec()));
        }
    }

    fn handle_timeout(&mut self, _: Instant) {}

    fn handle_link(&mut self, _: Instant, change: LinkChange) {
        match change {
            LinkChange::Up { link, info } => {
                self.links.insert(link, info);
            }
            LinkChange::Down { link } => {
                self.links.remove(&link);
            }
            LinkChange::Missed { .. } | LinkChange::Resumed => {}
        }
    }

    fn poll_transmit(&mut self, _: Instant, buf: &mut Vec<u8>) -> Option<Outgoing> {
        let (link, bytes) = self.ready.pop_front()?;
        buf.extend(bytes);
        let destination = Destination::Multicast;
        Some(Route { link, destination }.into())
    }

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    fn drain_events(&mut self, _: Instant, _: &mut dyn FnMut(String)) {}
}

/// How far apart the same message may come over IPv4 and IPv6.
const TWIN_WINDOW: std::time::Duration = std::time::Duration::from_millis(100);
