//! The SRV records of one service on one link, and which of them counts.
//!
//! In:  SRV records as they appear and disappear.
//! Out: the one to connect to: lowest priority first, then a draw by weight. RFC 6763 section 5;
//!      RFC 2782 (how to draw).

use core::net::IpAddr;

use cooee_wire::Srv;

use crate::collections::{SmallList, shrink_small};
use crate::rng::Rng;
use crate::time::Instant;
use crate::timing::FLUSH_GRACE;

/// The SRV records that were received and not yet removed.
#[derive(Default)]
pub(super) struct Targets {
    heard: SmallList<ReceivedSrv, 1>,
    /// The index of the one that counts.
    chosen: Option<usize>,
}

struct ReceivedSrv {
    srv: Srv,
    since: Instant,
    from: SourceId,
}

/// The sender of a record: a number made from its address, 0 if it is unknown. Two hosts with the
/// same number by chance are treated as one; their records are shown anyway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SourceId(u32);

impl SourceId {
    pub(super) fn of(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => Self(ip.to_bits()),
            IpAddr::V6(ip) => {
                let bits = ip.to_bits();
                let words = [bits, bits >> 32, bits >> 64, bits >> 96];
                Self(
                    words
                        .iter()
                        .fold(0, |sum, word| sum.rotate_left(7) ^ (*word as u32)),
                )
            }
        }
    }
}

impl Targets {
    /// Returns the choice among one record, received then.
    pub(super) fn one(since: Instant, from: SourceId, srv: Srv) -> Self {
        Self {
            heard: SmallList::from_iter([ReceivedSrv { srv, since, from }]),
            chosen: Some(0),
        }
    }

    /// Returns the record that counts, its sender and the time of its receipt, if it is the only
    /// one.
    pub(super) fn only(&self) -> Option<(&Srv, SourceId, Instant)> {
        match (self.heard.as_slice(), self.chosen) {
            ([heard], Some(_)) => Some((&heard.srv, heard.from, heard.since)),
            _ => None,
        }
    }

    pub(super) fn add(&mut self, now: Instant, from: SourceId, srv: &Srv, rng: &mut Rng) {
        self.heard.push(ReceivedSrv {
            srv: srv.clone(),
            since: now,
            from,
        });
        let newcomer = self.heard.len().checked_sub(1);
        self.choose(now, newcomer, rng);
    }

    pub(super) fn remove(&mut self, now: Instant, srv: &Srv, rng: &mut Rng) {
        let Some(at) = self.heard.iter().position(|heard| heard.srv == *srv) else {
            return;
        };
        self.heard.remove(at);
        shrink_small(&mut self.heard);
        self.chosen = match self.chosen {
            Some(chosen) if chosen == at => None,
            Some(chosen) if chosen > at => chosen.checked_sub(1),
            chosen => chosen,
        };
        self.choose(now, None, rng);
    }

    /// Returns the one to connect to, if there is any.
    pub(super) fn chosen(&self) -> Option<&Srv> {
        self.heard.get(self.chosen?).map(|heard| &heard.srv)
    }

    /// Returns the sender of the one to connect to, and how many others of that sender came before
    /// it.
    pub(super) fn chosen_source(&self) -> Option<(SourceId, usize)> {
        let at = self.chosen?;
        let from = self.heard.get(at)?.from;
        let before = self.heard.iter().take(at);
        Some((from, before.filter(|heard| heard.from == from).count()))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Srv> {
        self.heard.iter().map(|heard| &heard.srv)
    }

    /// Chooses among those that count. The choice stays as long as no other is better. A new one
    /// that is equally good replaces it as often as if all had been there from the start.
    //= https://www.rfc-editor.org/rfc/rfc6763#section-5
    //# In the event that more than one SRV is returned, clients MUST
    //# correctly interpret the priority and weight fields -- i.e., lower-
    //# numbered priority servers should be used in preference to higher-
    //# numbered priority servers, and servers with equal priority should be
    //# selected randomly in proportion to their relative weights.
    fn choose(&mut self, now: Instant, newcomer: Option<usize>, rng: &mut Rng) {
        let best = self.best(now);
        let shares = best.iter().map(|(_, share)| share).sum();
        let mut drawn = rng.below(shares);
        if best.iter().any(|(at, _)| Some(*at) == self.chosen) {
            let share = best.iter().find(|(at, _)| Some(*at) == newcomer);
            if let Some((at, _)) = share.filter(|(_, share)| drawn < *share) {
                self.chosen = Some(*at);
            }
            return;
        }
        for (at, share) in best {
            if drawn < share {
                self.chosen = Some(at);
                return;
            }
            drawn = drawn.saturating_sub(share);
        }
    }

    /// Returns those of the lowest priority, and the share of a draw that each has.
    fn best(&self, now: Instant) -> SmallList<(usize, u64), 4> {
        let newest = self.heard.iter().map(|heard| heard.since).max();
        let is_current = |heard: &&ReceivedSrv| {
            newest.is_none_or(|newest| !is_superseded(now, newest, heard.since))
        };
        let mut current = self.heard.iter().filter(is_current);
        // A record without a host counts only if the service has no other record.
        let has_host = current.any(|heard| !heard.srv.target.is_root());
        let counts =
            |heard: &&ReceivedSrv| is_current(heard) && !(has_host && heard.srv.target.is_root());
        let counting = self.heard.iter().filter(counts);
        let lowest = counting.map(|heard| heard.srv.priority).min();
        let heard = self.heard.iter().enumerate();
        heard
            .filter(|(_, heard)| counts(heard) && Some(heard.srv.priority) == lowest)
            .map(|(at, heard)| (at, share(heard)))
            .collect()
    }
}

/// Returns whether a record is more than a second older than the newest. Then the newest probably
/// replaces it, and it is gone a second later (RFC 6762 section 10.2). If it is still there, it
/// counts after all.
fn is_superseded(now: Instant, newest: Instant, since: Instant) -> bool {
    newest.saturating_since(since) > FLUSH_GRACE && now.saturating_since(newest) <= FLUSH_GRACE
}

/// Returns the share of a draw that a record has: its weight, and a very small share for weight 0.
fn share(heard: &ReceivedSrv) -> u64 {
    match heard.srv.weight {
        0 => 1,
        weight => u64::from(weight) * SHARE_PER_WEIGHT,
    }
}

/// How much likelier weight 1 is to be drawn than weight 0, which RFC 2782 wants to have "a very
/// small chance" beside others.
const SHARE_PER_WEIGHT: u64 = 256;

#[cfg(test)]
mod tests;
