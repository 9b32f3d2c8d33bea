//! Own packets that come back: by loopback, an access point, a second card on the same link.
//!
//! In:  packets sent, packets received.
//! Out: whether a received packet is one of ours.

use crate::collections::{IdMap, Queue, mix};
use crate::time::Instant;
use crate::timing::ECHO_WINDOW;

/// The recently sent packets, by a hash of their content.
#[derive(Default)]
pub(crate) struct Echo {
    sent: Queue<(Instant, u64)>,
    known: IdMap<u64, OwnPacket>,
    /// How many were dropped too early to make room for others.
    pub(crate) forgotten: u64,
}

#[derive(Default)]
struct OwnPacket {
    /// How many of the packets in `sent` have this content.
    sent: u32,
    /// How many copies may still come back without being counted.
    copies: u32,
}

impl Echo {
    /// Records that a packet with this hash of its content was sent. Beyond `max`, the first of
    /// them is forgotten.
    pub(crate) fn sent(&mut self, now: Instant, hash: u64, max: usize) {
        self.expire(now);
        if self.sent.len() >= max.max(1) {
            self.forget_first();
            self.forgotten = self.forgotten.saturating_add(1);
        }
        self.sent.push_back((now, hash));
        let known = self.known.entry(hash).or_default();
        known.sent = known.sent.saturating_add(1);
        known.copies = known.copies.saturating_add(COPIES_MAX);
    }

    /// Returns whether no packet is known.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Returns whether a packet equals one sent in the last two seconds.
    pub(crate) fn is_echo(&mut self, now: Instant, bytes: &[u8]) -> bool {
        self.expire(now);
        !self.known.is_empty() && self.known.contains_key(&content_hash(bytes))
    }

    /// Returns whether a packet from this host is one sent in the last two seconds that has not
    /// come back more often than own packets do. A replayed packet counts like any other.
    pub(crate) fn is_due_back(&mut self, now: Instant, bytes: &[u8]) -> bool {
        self.expire(now);
        if self.known.is_empty() {
            return false;
        }
        let Some(known) = self.known.get_mut(&content_hash(bytes)) else {
            return false;
        };
        let is_due = known.copies > 0;
        known.copies = known.copies.saturating_sub(1);
        is_due
    }

    fn expire(&mut self, now: Instant) {
        while self
            .sent
            .front()
            .is_some_and(|(at, _)| now.saturating_since(*at) > ECHO_WINDOW)
        {
            self.forget_first();
        }
        if self.sent.is_empty() && self.known.capacity() > HASHES_ROOM_KEPT {
            self.known = IdMap::default();
        }
    }

    fn forget_first(&mut self) {
        let Some((_, hash)) = self.sent.pop_front() else {
            return;
        };
        if let Some(known) = self.known.get_mut(&hash) {
            known.sent = known.sent.saturating_sub(1);
            if known.sent == 0 {
                self.known.remove(&hash);
            }
        }
    }
}

/// Returns a hash of the content of a packet.
pub(crate) fn content_hash(bytes: &[u8]) -> u64 {
    let word = |chunk: &[u8]| match chunk.first_chunk() {
        Some(whole) => u64::from_le_bytes(*whole),
        None => {
            let bytes = chunk.iter().rev();
            bytes.fold(0, |word, &byte| (word << 8) | u64::from(byte))
        }
    };
    bytes
        .chunks(8)
        .fold(bytes.len() as u64, |hash, chunk| mix(hash ^ word(chunk)))
}

/// How often one packet can come back, through cards on one link, two families, and switches.
const COPIES_MAX: u32 = 16;
/// The room that the table of hashes keeps in any case.
const HASHES_ROOM_KEPT: usize = 64;

#[cfg(test)]
mod tests;
