//! A message with what is known about its way.
//!
//! In:  a message of a monitor, or of a capture.
//! Out: [`Sighting`], as the observer takes it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::SystemTime;

use super::limits::MDNS_PORT;
use crate::event::message::{Direction, Message};

/// A message that was seen, with what is known about its way.
#[derive(Clone, Copy, Debug)]
pub struct Sighting<'a> {
    /// When it was seen.
    pub at: SystemTime,
    /// The sender.
    pub source: SocketAddr,
    /// The destination: the group, or one host.
    pub destination: SocketAddr,
    /// The number of the interface; the same number for the same link.
    pub interface: u32,
    /// The IP TTL or the hop limit, if it is known.
    pub hop_limit: Option<u8>,
    /// The payload.
    pub bytes: &'a [u8],
}

impl Sighting<'_> {
    /// Returns whether it was sent to a group.
    #[must_use]
    pub fn is_multicast(&self) -> bool {
        self.destination.ip().is_multicast()
    }

    /// Returns whether one of the two does not use the port of Multicast DNS.
    pub(super) fn is_legacy(&self) -> bool {
        self.source.port() != MDNS_PORT || self.destination.port() != MDNS_PORT
    }
}

impl<'a> From<&'a Message> for Sighting<'a> {
    /// Takes a message of a monitor. The source of a message that this program has sent is the
    /// unspecified address.
    fn from(message: &'a Message) -> Self {
        let (source, destination) = match message.direction {
            Direction::Seen {
                source,
                destination,
                ..
            } => (source, SocketAddr::new(destination, MDNS_PORT)),
            Direction::Sent { destination } => {
                let own = match destination.ip() {
                    IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
                    IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
                };
                (SocketAddr::new(own, MDNS_PORT), destination)
            }
        };
        Self {
            at: message.at,
            source,
            destination,
            interface: message.interface.index(),
            hop_limit: message.hop_limit,
            bytes: &message.bytes,
        }
    }
}

/// An interface and a family: what is asked on one is answered there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct LinkFamily {
    interface: u32,
    is_v6: bool,
}

impl LinkFamily {
    /// Returns the number of the interface.
    pub(super) fn interface(self) -> u32 {
        self.interface
    }

    pub(super) fn of(sighting: &Sighting<'_>) -> Self {
        Self {
            interface: sighting.interface,
            is_v6: sighting.source.is_ipv6(),
        }
    }
}
