//! Receiving: many datagrams per call, each with its interface, destination and TTL.
//!
//! In:  a socket with waiting datagrams.
//! Out: a [`RecvBatch`], whose memory is allocated once and reused by every call.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

#[cfg(any(test, target_os = "linux", target_os = "android"))]
mod age;
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
mod bsd;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(any(target_os = "linux", target_os = "android"))]
use crate::clock::Clock;
use crate::packet_info::PacketInfo;
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
pub(crate) use bsd::fill;
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) use linux::fill;
#[cfg(windows)]
pub(crate) use windows::{Receiver, fill};

/// Room for the datagrams of one call.
///
/// One batch serves all sockets of a driver in turn. Creating it takes about 600 KiB; filling it
/// allocates nothing.
pub struct RecvBatch {
    /// All slots, one after the other.
    bytes: Box<[u8]>,
    slot_bytes: usize,
    filled: Vec<Slot>,
    #[cfg(any(target_os = "linux", target_os = "android"))]
    ages: age::Ages,
    /// The last call received as many datagrams as it asked for.
    is_full: bool,
}

/// Information about the datagram in a slot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot {
    /// The position of the slot in the batch's memory.
    pub(crate) position: usize,
    pub(crate) length: usize,
    pub(crate) truncated: bool,
    pub(crate) source: SocketAddr,
    pub(crate) info: PacketInfo,
}

impl RecvBatch {
    /// Creates a batch with room for [`SLOTS`] datagrams of [`SLOT_BYTES`] bytes.
    pub fn new() -> Self {
        Self::with_slots(SLOTS)
    }

    /// Creates a batch with room for that many datagrams, at least 1 and at most [`SLOTS`].
    pub fn with_slots(slots: usize) -> Self {
        let slots = slots.clamp(1, SLOTS);
        Self {
            bytes: vec![0; slots * SLOT_BYTES].into_boxed_slice(),
            slot_bytes: SLOT_BYTES,
            filled: Vec::with_capacity(slots),
            #[cfg(any(target_os = "linux", target_os = "android"))]
            ages: age::Ages::default(),
            is_full: false,
        }
    }

    /// Returns the number of datagrams of the last call.
    pub fn len(&self) -> usize {
        self.filled.len()
    }

    /// Returns whether the last call received nothing.
    pub fn is_empty(&self) -> bool {
        self.filled.is_empty()
    }

    /// Returns whether the last call filled all of its room, so that more datagrams may wait.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// Iterates over the datagrams of the last call, in the order of their arrival.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Received<'_>> {
        self.filled.iter().map(|slot| {
            let start = slot.position * self.slot_bytes;
            Received {
                bytes: self
                    .bytes
                    .get(start..start + slot.length)
                    .unwrap_or_default(),
                source: slot.source,
                destination: slot.info.destination.unwrap_or(match slot.source {
                    SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
                    SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
                }),
                interface_index: slot.info.interface_index,
                ttl: slot.info.ttl,
                age: self.age_of(slot),
                truncated: slot.truncated,
            }
        })
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn age_of(&self, slot: &Slot) -> Duration {
        let stamp = slot.info.stamp;
        stamp.map_or(Duration::ZERO, |stamp| self.ages.of(stamp))
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn age_of(&self, _slot: &Slot) -> Duration {
        Duration::ZERO
    }

    /// Reads the clocks that are needed to judge the time stamps of received datagrams.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(crate) fn read_clocks(&mut self) {
        self.ages.read(Clock::wall(), Clock::now());
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(crate) fn clear(&mut self) {
        self.filled.clear();
        self.is_full = false;
    }

    /// Returns whether the next call should ask for as many datagrams as there is room for, because
    /// the last one, perhaps on another socket, did not ask for enough.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(crate) fn expects_many(&self) -> bool {
        self.is_full
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(crate) fn note_fill(&mut self, is_full: bool) {
        self.is_full = is_full;
    }

    /// Fills slots one by one until `receive` fails. Only a failure of the first slot is an error:
    /// any other comes again with the next call, or is over by then.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(crate) fn fill_each(
        &mut self,
        mut receive: impl FnMut(usize, &mut [u8]) -> std::io::Result<Option<Slot>>,
    ) -> std::io::Result<usize> {
        self.filled.clear();
        self.is_full = false;
        let mut received = 0;
        for (position, bytes) in self.bytes.chunks_exact_mut(self.slot_bytes).enumerate() {
            match receive(position, bytes) {
                Ok(slot) => self.filled.extend(slot),
                Err(error) if received == 0 => return Err(error),
                Err(_) => break,
            }
            received += 1;
        }
        self.is_full = received * self.slot_bytes >= self.bytes.len();
        Ok(received)
    }

    pub(crate) fn retain(&mut self, keep: impl FnMut(&Slot) -> bool) {
        self.filled.retain(keep);
    }

    /// Returns the newest drop count that the kernel attached to a datagram.
    pub(crate) fn last_dropped(&self) -> Option<u32> {
        self.filled.iter().rev().find_map(|slot| slot.info.dropped)
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(crate) fn slots(&mut self) -> impl Iterator<Item = &mut [u8]> {
        self.bytes.chunks_exact_mut(self.slot_bytes)
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(crate) fn push(&mut self, slot: Slot) {
        self.filled.push(slot);
    }
}

impl Default for RecvBatch {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for RecvBatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecvBatch")
            .field("filled", &self.filled)
            .finish_non_exhaustive()
    }
}

/// A datagram and where it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received<'a> {
    /// The payload.
    pub bytes: &'a [u8],
    /// The sender; a link-local IPv6 address has its scope.
    pub source: SocketAddr,
    /// The address it was sent to: the multicast group, or one of this machine's addresses. The
    /// unspecified address if the operating system does not report it.
    pub destination: IpAddr,
    /// The interface on which it arrived. A unicast datagram can arrive on another interface than
    /// the socket's, because all sockets of the port share unicast datagrams.
    pub interface_index: u32,
    /// Its TTL or hop limit on arrival, if the operating system reports it.
    pub ttl: Option<u8>,
    /// How long it waited to be read, if the operating system reports it (Linux); otherwise zero.
    pub age: Duration,
    /// It was longer than [`SLOT_BYTES`], and the rest was lost.
    pub truncated: bool,
}

/// The largest number of datagrams per call.
pub const SLOTS: usize = 64;

//= https://www.rfc-editor.org/rfc/rfc6762#section-17
//# Even when fragmentation is used, a Multicast DNS packet, including IP
//# and UDP headers, MUST NOT exceed 9000 bytes.
/// The longest datagram that is received completely.
pub const SLOT_BYTES: usize = 9 * 1024;

#[cfg(test)]
mod tests;
