//! The sans-I/O Multicast DNS and DNS-SD engine.
//!
//! In:  datagrams, the passage of time, changes of links, what the user asks for.
//! Out: events, datagrams to send, the next deadline.
//! RFC 6762 (Multicast DNS) and RFC 6763 (DNS-Based Service Discovery).
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

extern crate alloc;

pub mod config;
pub mod limits;
pub mod link;
pub mod time;
pub mod transmit;
