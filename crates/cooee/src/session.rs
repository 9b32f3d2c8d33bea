//! What passes between a handle and the driver's thread.
//!
//! In:  commands from calls, on any thread; events and replies from the driver.
//! Out: the same on the other side. Nothing here depends on a call or on the driver.

pub mod blocking;
pub(crate) mod command;
pub(crate) mod handle;
pub(crate) mod publishing;
pub(crate) mod queue;
pub(crate) mod reply;
pub(crate) mod shared;
pub(crate) mod stream;
pub(crate) mod unread;

/// The id of a consumer's request, used by both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SubscriptionId(pub(crate) u64);
