//! Browsing and resolving for clients, per interface and protocol.
//!
//! In:  what a client browses or resolves.
//! Out: items and answers with their interface, protocol and flags.

pub(crate) mod change;
mod found_records;
pub(crate) mod hearing;
pub(crate) mod host;
mod readers;
pub(crate) mod service;
pub(crate) mod watch;

use std::time::Duration;

use tokio::time::Instant;

/// How long the driver has to report what the cache holds.
pub(crate) const REPLAY_QUIET: Duration = Duration::from_millis(20);

/// How long a resolver waits before it reports a failure. It goes on waiting afterwards.
pub(crate) const RESOLVE_LIMIT: Duration = Duration::from_secs(5);

/// Returns the moment after a time; `None`, for never, if it is too far away.
pub(crate) fn after(time: Duration) -> Option<Instant> {
    Instant::now().checked_add(time)
}
