//! A virtual network for Multicast DNS: many hosts, many links, one virtual clock, one seed.
//!
//! In:  nodes with the engine's methods, links with their weather, a seed.
//! Out: every datagram and event, the same for the same seed, as text or pcapng.
#![forbid(unsafe_code)]

pub use duration::{hours, ms, secs};
pub use host::{Addressing, Setup};
pub use node::{MDNS_PORT, Node, Outgoing};
#[cfg(feature = "model")]
pub use nodes::{
    AvahiReflector, Babble, Babbler, Heard, Listener, Policy, Reflecting, Repeater, Responder,
    ServiceRecords,
};
pub use recording::{Asked, Event, Kind, Packet, Recording, Sent, Transmission};
pub use rng::Rng;
pub use seed::Seed;
pub use weather::{Loss, Weather};
pub use world::{Foreign, HostSetup, Misdirected, World};

#[cfg(feature = "model")]
pub mod capture;
#[cfg(test)]
mod corpus;
mod duration;
mod host;
#[cfg(feature = "model")]
pub mod hostile;
mod link;
#[cfg(feature = "model")]
pub mod model;
mod node;
#[cfg(feature = "model")]
mod nodes;
mod pcap;
mod queue;
mod recording;
#[cfg(feature = "model")]
pub mod reflected;
#[cfg(feature = "model")]
pub mod replay;
mod rng;
mod seed;
#[cfg(feature = "model")]
mod single;
#[cfg(feature = "model")]
pub mod stats;
mod weather;
mod world;
