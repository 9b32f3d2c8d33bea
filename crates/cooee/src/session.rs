//! What passes between a handle and the driver's thread.
//!
//! In:  commands from the verbs, on any thread; news and replies from the driver.
//! Out: the same on the other side. Nothing here knows a verb or the driver.

pub(crate) mod command;
pub(crate) mod handle;
pub(crate) mod queue;
pub(crate) mod shared;
pub(crate) mod stream;
pub(crate) mod unread;
