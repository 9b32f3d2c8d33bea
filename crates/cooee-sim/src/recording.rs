//! Everything that was sent and that happened, in order.
//!
//! In:  transmissions and events of the world.
//! Out: views per host; text for people and for comparing runs; pcapng for other programs.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use cooee_proto::time::Instant;

pub use kind::{Asked, Kind};
pub use sent::Sent;

mod kind;
mod sent;
mod text;

/// Holds all traffic and all events of a world; equal recordings are equal to the byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    pub(crate) began: Instant,
    pub(crate) transmissions: Vec<Transmission>,
    pub(crate) events: Vec<Event>,
}

/// One message, sent once, in one packet for each address family it went out on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmission {
    /// When it was sent.
    pub at: Instant,
    /// The host that sent it; none if the test injected it.
    pub host: Option<Rc<str>>,
    /// The link it was sent on.
    pub link: Rc<str>,
    /// The packets, at least one, all with the same bytes.
    pub packets: Vec<Rc<Packet>>,
    /// Whether a host of the world sent it by unicast to an address outside the link.
    pub off_link: bool,
}

/// One UDP datagram with its addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The sender.
    pub source: SocketAddr,
    /// Its destination.
    pub destination: SocketAddr,
    /// Its contents.
    pub bytes: Rc<[u8]>,
}

/// An event that a node reported to its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Instant,
    /// On which host.
    pub host: Rc<str>,
    /// What, in the node's words.
    pub text: String,
}

impl Recording {
    pub(crate) fn new(began: Instant) -> Self {
        Self {
            began,
            transmissions: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Returns every message, in the order of sending.
    pub fn transmissions(&self) -> &[Transmission] {
        &self.transmissions
    }

    /// Returns every event, in order.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Returns what one host sent.
    pub fn sent(&self, host: &str) -> Sent<'_> {
        let by_host = |t: &&Transmission| t.host.as_deref() == Some(host);
        Sent::new(self, self.transmissions.iter().filter(by_host).collect())
    }

    /// Returns what everyone sent.
    pub fn all(&self) -> Sent<'_> {
        Sent::new(self, self.transmissions.iter().collect())
    }

    pub(crate) fn events_of(&self, host: &str) -> Vec<&Event> {
        self.events
            .iter()
            .filter(|event| &*event.host == host)
            .collect()
    }

    /// Returns what was sent before a transmission, the latest first.
    pub(crate) fn before(
        &self,
        transmission: &Transmission,
    ) -> impl Iterator<Item = &Transmission> {
        let end = self
            .transmissions
            .partition_point(|t| t.at <= transmission.at);
        self.transmissions[..end]
            .iter()
            .rev()
            .filter(move |t| t.at < transmission.at)
    }

    /// Returns the time since the world began.
    pub fn age(&self, at: Instant) -> Duration {
        at.saturating_since(self.began)
    }

    /// Writes the recording as text: traffic and events in order of time, messages decoded.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let mut events = self.events.iter().peekable();
        for transmission in &self.transmissions {
            while let Some(event) = events.next_if(|event| event.at < transmission.at) {
                text::event(&mut out, self, event);
            }
            text::transmission(&mut out, self, transmission);
        }
        for event in events {
            text::event(&mut out, self, event);
        }
        out
    }

    pub(crate) fn text_from(&self, index: usize) -> String {
        let mut out = String::new();
        for transmission in self.transmissions.iter().skip(index) {
            text::transmission(&mut out, self, transmission);
        }
        out
    }
}

impl Transmission {
    /// Returns what the message holds.
    pub fn bytes(&self) -> &[u8] {
        &self.packets[0].bytes
    }

    /// Returns whether it went to the group.
    pub fn is_multicast(&self) -> bool {
        self.packets[0].destination.ip().is_multicast()
    }
}
