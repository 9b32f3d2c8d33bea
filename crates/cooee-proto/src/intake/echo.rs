//! Own packets that come back: by loopback, an access point, a second card on the same link.
//!
//! In:  packets sent, packets heard.
//! Out: whether a packet heard is one of ours.

use alloc::collections::VecDeque;

use crate::collections::mix;
use crate::time::Instant;
use crate::timing::ECHO_WINDOW;

/// The packets sent in the last moments.
#[derive(Default)]
pub(crate) struct Echo {
    sent: VecDeque<Sent>,
}

struct Sent {
    at: Instant,
    len: usize,
    hash: u64,
}

impl Echo {
    /// A packet was sent.
    pub(crate) fn sent(&mut self, now: Instant, bytes: &[u8]) {
        self.expire(now);
        if self.sent.len() >= SENT_MAX {
            self.sent.pop_front();
        }
        self.sent.push_back(Sent {
            at: now,
            len: bytes.len(),
            hash: content_hash(bytes),
        });
    }

    /// Whether a packet equals one sent in the last two seconds.
    pub(crate) fn is_echo(&mut self, now: Instant, bytes: &[u8]) -> bool {
        self.expire(now);
        if !self.sent.iter().any(|sent| sent.len == bytes.len()) {
            return false;
        }
        let hash = content_hash(bytes);
        self.sent
            .iter()
            .any(|sent| sent.len == bytes.len() && sent.hash == hash)
    }

    fn expire(&mut self, now: Instant) {
        while self
            .sent
            .front()
            .is_some_and(|sent| now.saturating_since(sent.at) > ECHO_WINDOW)
        {
            self.sent.pop_front();
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

/// How many packets are remembered: more than a burst of continued known answers has.
const SENT_MAX: usize = 256;

#[cfg(test)]
mod tests;
