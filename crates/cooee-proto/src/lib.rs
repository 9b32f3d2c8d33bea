//! The sans-I/O Multicast DNS and DNS-SD engine.
//!
//! In:  datagrams, the passage of time, changes of links, the user's requests.
//! Out: events, datagrams to send, the next deadline. RFC 6762 (Multicast DNS) and RFC 6763
//!      (DNS-Based Service Discovery).
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
pub mod engine;
pub mod event;
mod intake;
pub mod limits;
pub mod link;
mod linked_order;
mod names;
mod peers;
mod prober;
mod querier;
mod registrations;
mod responder;
mod rng;
pub mod stats;
pub mod time;
mod timing;
pub mod transmit;

pub use cooee_wire as wire;

pub use crate::config::{Config, SourceCheck};
pub use crate::dnssd::{AddressFamilies, Agent, BrowseOptions};
pub use crate::engine::{ClaimChange, ClaimEvent, Engine};
pub use crate::event::{Answer, AnswerChange, Event, Notice, Query, QueryId, Removal};
pub use crate::limits::{Limits, Rate, RateLimit};
pub use crate::registrations::{
    GoodbyesOn, OwnedRecord, RecordSet, RegisterError, RegistrationId, WithdrawalId, Withdrawn,
};
