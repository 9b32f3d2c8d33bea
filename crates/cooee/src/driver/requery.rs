//! Datagrams that the kernel dropped because they were not read in time.
//!
//! In:  each socket's count of them.
//! Out: the links on which to ask again, after the drops have ended.
//!
//! A machine that was busy or stopped may have missed announcements. Without this, it would learn
//! of them only from the next query of its series, after as much as an hour.

use std::time::Duration;

use cooee_net::Damper;
use cooee_proto::link::LinkId;
use cooee_proto::time::Instant;

use super::elapsed;

/// Drops after which the questions have not yet been repeated.
#[derive(Debug)]
pub(super) struct Requery {
    /// The counts of sockets with drops, by their keys.
    counts: Vec<(usize, u64)>,
    links: Vec<LinkId>,
    damper: Damper,
}

impl Requery {
    pub(super) fn new() -> Self {
        Self {
            counts: Vec::new(),
            links: Vec::new(),
            damper: Damper::with(SETTLE, CAP),
        }
    }

    /// Records how many datagrams a socket has lost so far; a reopened socket begins at zero.
    pub(super) fn note(&mut self, now: Instant, key: usize, link: LinkId, dropped: u64) {
        let known = self.counts.iter_mut().find(|(other, _)| *other == key);
        let before = match known {
            Some((_, count)) => std::mem::replace(count, dropped),
            None if dropped == 0 => return,
            None => {
                self.counts.push((key, dropped));
                0
            }
        };
        if dropped > before {
            if !self.links.contains(&link) {
                self.links.push(link);
            }
            self.damper.note(elapsed(now));
        }
    }

    /// Returns when to ask again, if anything was missed.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.damper.deadline().map(Instant::since_epoch)
    }

    /// Returns the links on which to ask again, when it is time.
    pub(super) fn take(&mut self, now: Instant) -> Vec<LinkId> {
        if self.damper.take(elapsed(now)) {
            std::mem::take(&mut self.links)
        } else {
            Vec::new()
        }
    }
}

/// How long no datagram may be dropped before the questions are repeated.
const SETTLE: Duration = Duration::from_secs(1);

/// In a flood that does not end, the questions are repeated this often.
const CAP: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
