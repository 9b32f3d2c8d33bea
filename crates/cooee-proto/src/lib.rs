//! The sans-I/O Multicast DNS and DNS-SD engine.
//!
//! In:  datagrams, the passage of time, changes of links, the user's requests.
//! Out: events, datagrams to send, the next deadline. RFC 6762 (Multicast DNS) and RFC 6763
//!      (DNS-Based Service Discovery).
//!
//! An [`Agent`] browses, resolves and publishes; it stands on an [`Engine`], which asks for records
//! and answers with them. Both are driven in the same way. This drives an agent until it has
//! nothing more to do at this moment:
//!
//! ```
//! use cooee_proto::{
//!     Agent, BrowseOptions, Config, Delivery, Instant, LinkAddress, LinkChange, LinkId, LinkInfo,
//! };
//!
//! let now = Instant::ZERO; // from a clock that counts suspend
//! let mut agent = Agent::new(Config::default(), 0x1234, now); // the seed should be random
//! let info = LinkInfo {
//!     addresses: vec![LinkAddress { ip: "192.168.1.5".parse()?, prefix_len: 24 }],
//!     mtu: 1_500,
//! };
//! agent.handle_link(now, LinkChange::Up { link: LinkId(2), info });
//! agent.browse(now, &"_http._tcp".parse()?, BrowseOptions::default());
//!
//! let mut packet = Vec::new();
//! while let Some(transmit) = agent.poll_transmit(now, &mut packet) {
//!     // Send `packet` to `transmit.route`, then say what became of it.
//!     agent.handle_transmit(now, transmit, Delivery::LEFT);
//! }
//! while let Some(event) = agent.poll_event() {
//!     println!("{event:?}");
//! }
//! let wait_until = agent.poll_timeout(); // then `handle_timeout`, or `handle_datagram` before it
//! # assert!(wait_until.is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The examples `std_loop` and `tokio_loop` are complete drivers.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    warn(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )
)]

extern crate alloc;

mod address;
mod asking;
mod cache;
mod collections;
mod compose;
pub mod config;
pub mod dnssd;
mod due_order;
pub mod engine;
pub mod event;
mod intake;
pub mod limits;
pub mod link;
mod link_map;
mod linked_order;
mod links;
mod names;
mod ordered;
mod peers;
mod prober;
mod querier;
mod queries;
pub mod reflect;
mod registrations;
mod responder;
mod rng;
mod schedule;
pub mod stats;
pub mod time;
mod timing;
pub mod transmit;

pub use cooee_wire as wire;

pub use crate::config::{Config, SourceCheck};
pub use crate::dnssd::{AddressFamilies, Agent, BrowseOptions};
pub use crate::engine::{ClaimChange, ClaimEvent, Engine};
pub use crate::event::{
    Answer, AnswerChange, CachedAnswer, Event, Notice, Query, QueryId, Removal,
};
pub use crate::limits::{Limits, Rate, RateLimit};
pub use crate::link::{Families, Family, LinkAddress, LinkChange, LinkId, LinkInfo};
pub use crate::registrations::{
    GoodbyesOn, OwnedRecord, RecordSet, RegisterError, RegistrationId, WithdrawalId, Withdrawn,
};
pub use crate::stats::Stats;
pub use crate::time::{Duration, Instant};
pub use crate::transmit::{
    Datagram, Deadline, Delivery, Destination, Fate, Ignored, MDNS_GROUP_V4, MDNS_GROUP_V6,
    MDNS_PORT, MESSAGE_LEN_MAX, Route, SendFailure, Transmit, Verdict, Wakeup,
};
