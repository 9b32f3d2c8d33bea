//! Composes packets: intentions become bytes only when the driver is about to send them.

mod packing;
pub(crate) mod probe;
pub(crate) mod query;
pub(crate) mod response;
