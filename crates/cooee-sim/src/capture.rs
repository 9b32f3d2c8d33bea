//! Captures of real networks, to be replayed.
//!
//! In:  the bytes of a pcap or pcapng file.
//! Out: the Multicast DNS datagrams in it.

pub use cooee_capture::{Capture, Captured, NotACapture};

#[cfg(test)]
mod tests;
