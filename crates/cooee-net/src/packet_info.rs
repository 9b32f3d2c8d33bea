//! What the kernel reports about a datagram besides its bytes and its source.
//!
//! In:  the control messages of one received datagram, as each system's reader parses them.
//! Out: [`PacketInfo`].

use std::net::IpAddr;
use std::time::Duration;

/// What the kernel reports about a datagram besides its bytes and its source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct PacketInfo {
    pub(crate) destination: Option<IpAddr>,
    pub(crate) interface_index: u32,
    pub(crate) ttl: Option<u8>,
    /// The kernel's count of datagrams that this socket lost, if it is reported.
    pub(crate) dropped: Option<u32>,
    /// When it arrived, by the wall clock, if the kernel reports it.
    pub(crate) stamp: Option<Duration>,
}
