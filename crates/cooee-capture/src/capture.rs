//! What a capture file holds.
//!
//! In:  nothing.
//! Out: [`Capture`] and [`Captured`]; or [`NotACapture`].

use std::net::SocketAddr;
use std::time::Duration;

/// The Multicast DNS contents of a file of captured frames.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capture {
    /// The datagrams to or from port 5353, in the order of the file.
    pub datagrams: Vec<Captured>,
    /// The names of the interfaces; empty for one without a name.
    pub interfaces: Vec<String>,
    /// How many frames there were.
    pub frames: usize,
    /// How many frames were not captured completely.
    pub cut: usize,
    /// How many frames were of an unknown kind of link.
    pub unknown_links: usize,
    /// Whether the file ends inside a frame, as it does when a capture program is killed.
    pub ends_early: bool,
}

/// One datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    /// The time since the first frame of the file; never earlier than the one before.
    pub at: Duration,
    /// The time of the frame since 1970, as the file has it.
    pub since_epoch: Duration,
    /// The interface: a place in [`Capture::interfaces`].
    pub interface: usize,
    /// The sender.
    pub source: SocketAddr,
    /// The destination.
    pub destination: SocketAddr,
    /// The IP TTL or hop limit.
    pub hop_limit: u8,
    /// Its contents.
    pub bytes: Vec<u8>,
}

/// Why a file cannot be read as a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotACapture {
    /// The offset in the file.
    pub at: usize,
    /// What is wrong there.
    pub what: &'static str,
}

impl std::fmt::Display for NotACapture {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} at byte {}", self.what, self.at)
    }
}

impl std::error::Error for NotACapture {}
