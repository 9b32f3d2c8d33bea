//! What the kernel tells of a datagram beside its bytes and its source.
//!
//! In:  the control messages of one received datagram, as each system's reader understands them.
//! Out: [`PacketInfo`].

use std::net::IpAddr;
use std::time::Duration;

/// What the kernel tells of a datagram beside its bytes and source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct PacketInfo {
    pub(crate) destination: Option<IpAddr>,
    pub(crate) interface_index: u32,
    pub(crate) ttl: Option<u8>,
    /// The kernel's count of datagrams this socket lost, where it tells.
    pub(crate) dropped: Option<u32>,
    /// When it came, by the wall clock, where the kernel tells.
    pub(crate) stamp: Option<Duration>,
}
