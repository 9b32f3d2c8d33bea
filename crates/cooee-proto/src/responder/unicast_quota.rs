//! Which hosts to answer by unicast: recent peers, and a limited number of unknown peers per
//! second.
//!
//! In:  addresses that want a reply.
//! Out: whether to send it.
//!
//! A reply to an unused address stays with the operating system for seconds, until it gives up
//! resolving the address. Some hundred of them fill the socket's send buffer, and a thousand the
//! kernel's neighbour table; then nothing leaves any more, neither for others nor for the group.
//! Forged addresses are nearly always new, and honest queriers come back. So half of a second's
//! share is reserved for those that ask again.

use crate::intake::rate::Bucket;
use crate::limits::{Limits, Rate};
use crate::link::LinkId;
use crate::peers::{PeerAddr, Peers};
use crate::time::Instant;
use crate::timing::STRANGER_RETURN_MIN;

/// Hosts that were answered by unicast, and others that were not.
pub(crate) struct UnicastQuota {
    answered: Peers<()>,
    /// Those refused, each with the time of its first refusal.
    refused: Peers<Instant>,
    strangers: Bucket,
    /// How many times an unknown peer was refused.
    pub(crate) refusals: u64,
}

impl UnicastQuota {
    pub(crate) fn new(key: u64) -> Self {
        Self {
            answered: Peers::new(key),
            refused: Peers::new(key),
            strangers: Bucket::default(),
            refusals: 0,
        }
    }

    /// Returns how many hosts are remembered, answered or not.
    pub(crate) fn len(&self) -> usize {
        self.answered.len().saturating_add(self.refused.len())
    }

    /// Returns whether a host may be answered: a recent peer always, and of others
    /// [`Limits::unknown_peers_per_second_max`] per second, those first that ask again.
    pub(crate) fn admit(&mut self, now: Instant, who: PeerAddr, limits: &Limits) -> bool {
        if self.answered.call(now, who).is_some() {
            return true;
        }
        if !self.admit_unknown_peer(now, who, limits.unknown_peers_per_second_max) {
            self.refusals = self.refusals.saturating_add(1);
            self.note_refused(now, who, limits.unknown_peers_refused_max);
            return false;
        }
        self.refused.remove(who);
        if limits.recent_peers_max > 0 {
            make_room(&mut self.answered, limits.recent_peers_max);
            self.answered.add(now, who, ());
        }
        true
    }

    pub(crate) fn drop_link(&mut self, link: LinkId) {
        self.answered.drop_link(link);
        self.refused.drop_link(link);
    }

    fn admit_unknown_peer(&mut self, now: Instant, who: PeerAddr, per_second: u32) -> bool {
        if per_second == 0 {
            return false;
        }
        let asks_again = self
            .refused
            .get(who)
            .is_some_and(|&first| now.saturating_since(first) >= STRANGER_RETURN_MIN);
        let kept = if asks_again { 0 } else { per_second / 2 };
        let rate = Rate::new(per_second, per_second);
        self.strangers.draw_above(now, rate, kept)
    }

    fn note_refused(&mut self, now: Instant, who: PeerAddr, max: usize) {
        if max > 0 && self.refused.get(who).is_none() {
            make_room(&mut self.refused, max);
            self.refused.add(now, who, now);
        }
    }
}

/// If it is full, forgets the host used longest ago.
fn make_room<T>(peers: &mut Peers<T>, max: usize) {
    while peers.len() >= max {
        peers.forget_oldest();
    }
}

#[cfg(test)]
mod tests;
