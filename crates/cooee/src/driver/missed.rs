//! Datagrams that the kernel dropped because nobody read them in time.
//!
//! In:  each socket's count of them.
//! Out: the links to ask again on, once no more are dropped.
//!
//! A machine that was busy or stopped has perhaps missed who came. It would learn of it only when
//! its series of questions goes on, after as much as an hour.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cooee_net::Damper;
use cooee_proto::link::LinkId;
use cooee_proto::time::Instant;

use super::elapsed;

/// What was dropped, and has not been made up for.
#[derive(Debug)]
pub(super) struct Missed {
    /// The counts of sockets that have lost any, by their keys.
    counts: BTreeMap<usize, u64>,
    links: BTreeSet<LinkId>,
    damper: Damper,
}

impl Missed {
    pub(super) fn new() -> Self {
        Self {
            counts: BTreeMap::new(),
            links: BTreeSet::new(),
            damper: Damper::with(SETTLE, CAP),
        }
    }

    /// Notes how many datagrams a socket has lost so far; one opened anew begins at zero.
    pub(super) fn note(&mut self, now: Instant, key: usize, link: LinkId, dropped: u64) {
        if dropped == 0 && !self.counts.contains_key(&key) {
            return;
        }
        let before = self.counts.insert(key, dropped).unwrap_or(0);
        if dropped > before {
            self.links.insert(link);
            self.damper.note(elapsed(now));
        }
    }

    /// When to ask again, if anything was missed.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.damper.deadline().map(Instant::since_epoch)
    }

    /// Gives the links to ask again on, when it is time.
    pub(super) fn take(&mut self, now: Instant) -> BTreeSet<LinkId> {
        if self.damper.take(elapsed(now)) {
            std::mem::take(&mut self.links)
        } else {
            BTreeSet::new()
        }
    }
}

/// How long nothing may be dropped before answers are asked for again.
const SETTLE: Duration = Duration::from_secs(1);

/// Under a flood without end it is asked this often all the same.
const CAP: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
