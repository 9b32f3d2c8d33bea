//! Own packets that come back: by loopback, an access point, a second card on the same link.
//!
//! In:  packets sent, packets heard.
//! Out: whether a packet heard is one of ours.

use alloc::collections::VecDeque;

use crate::collections::{IdMap, mix};
use crate::time::Instant;
use crate::timing::ECHO_WINDOW;

/// The packets sent in the last moments, by a hash of their content.
#[derive(Default)]
pub(crate) struct Echo {
    sent: VecDeque<(Instant, u64)>,
    /// How many of the packets in `sent` have this content.
    known: IdMap<u64, u32>,
}

impl Echo {
    /// A packet was sent.
    pub(crate) fn sent(&mut self, now: Instant, bytes: &[u8]) {
        self.expire(now);
        if self.sent.len() >= SENT_MAX {
            self.forget_first();
        }
        let hash = content_hash(bytes);
        self.sent.push_back((now, hash));
        let count = self.known.entry(hash).or_default();
        *count = count.saturating_add(1);
    }

    /// Whether a packet equals one sent in the last two seconds.
    pub(crate) fn is_echo(&mut self, now: Instant, bytes: &[u8]) -> bool {
        self.expire(now);
        !self.known.is_empty() && self.known.contains_key(&content_hash(bytes))
    }

    fn expire(&mut self, now: Instant) {
        while self
            .sent
            .front()
            .is_some_and(|(at, _)| now.saturating_since(*at) > ECHO_WINDOW)
        {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        let Some((_, hash)) = self.sent.pop_front() else {
            return;
        };
        if let Some(count) = self.known.get_mut(&hash) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.known.remove(&hash);
            }
        }
    }
}

fn content_hash(bytes: &[u8]) -> u64 {
    let word = |chunk: &[u8]| {
        let mut padded = [0; 8];
        padded
            .iter_mut()
            .zip(chunk)
            .for_each(|(to, &from)| *to = from);
        u64::from_le_bytes(padded)
    };
    bytes
        .chunks(8)
        .fold(bytes.len() as u64, |hash, chunk| mix(hash ^ word(chunk)))
}

/// How many packets are remembered: more than a burst of announcements of 10,000 services has.
const SENT_MAX: usize = 8_192;

#[cfg(test)]
mod tests;
