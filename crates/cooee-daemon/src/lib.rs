//! `cooeed`, the daemon that takes Avahi's place.
//!
//! In:  Avahi's interfaces: D-Bus, the text socket, its files, its command line.
//! Out: the same answers and signals, from one driver of the library `cooee`.
//!
//! The parts that touch nothing outside (`avahi`, and the parsers) are public for fuzzing; no other
//! program should use them.
#![forbid(unsafe_code)]
#![cfg(unix)]
#![cfg_attr(
    not(test),
    warn(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )
)]

pub mod avahi;
#[cfg(feature = "daemon")]
mod bound_socket;
pub mod config;
#[cfg(feature = "daemon")]
mod dbus;
#[cfg(feature = "daemon")]
mod dns;
pub mod files;
#[cfg(feature = "daemon")]
mod host;
#[cfg(feature = "daemon")]
mod lookup;
#[cfg(feature = "daemon")]
mod program;
#[cfg(feature = "daemon")]
mod publish;
#[cfg(feature = "daemon")]
mod task;
pub mod text_socket;

#[cfg(feature = "daemon")]
pub use program::main;
