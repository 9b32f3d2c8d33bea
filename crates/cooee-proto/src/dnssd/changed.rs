//! Services whose state may have changed: so many at a time, in rotation.
//!
//! In:  services that a packet, a link or a request has changed; the time.
//! Out: those to look at now; when to look at the others.
//!
//! A packet of sixty bytes can change the address of a host that has ten thousand services. Looking
//! at all of them at once would keep packets waiting.

use alloc::vec::Vec;

use super::ids::ServiceId;
use crate::ordered::OrderedSet;
use crate::time::Instant;
use crate::timing::{SERVICES_REPORTED_MAX, SERVICES_REPORTED_PAUSE};

/// Services whose state may have changed.
#[derive(Debug, Default)]
pub(super) struct Changed {
    ids: OrderedSet<ServiceId>,
    /// The one that was looked at last: those that change all the time keep no others waiting.
    last: Option<ServiceId>,
    /// When the next ones are looked at, if that is not at once.
    resumes_at: Option<Instant>,
    /// How many of the services that were left over when this round began are still to be looked
    /// at. A round ends, whatever changes meanwhile.
    round: usize,
}

impl Changed {
    pub(super) fn insert(&mut self, id: ServiceId) {
        self.ids.insert(id);
    }

    pub(super) fn remove(&mut self, id: ServiceId) {
        self.ids.remove(id);
    }

    /// Returns whether services wait to be looked at: then more of them would gain nothing.
    pub(super) fn is_behind(&self, now: Instant) -> bool {
        self.round > 0 || self.resumes_at.is_some_and(|at| now < at)
    }

    /// Takes the services to look at now. `more` says whether others follow when no service waits.
    pub(super) fn take(&mut self, now: Instant, more: bool) -> Vec<ServiceId> {
        let count = match self.resumes_at {
            Some(at) if now < at => 0,
            Some(_) | None => SERVICES_REPORTED_MAX,
        };
        let mut taken = Vec::new();
        while taken.len() < count {
            let Some(id) = self.next() else { break };
            self.ids.remove(id);
            self.last = Some(id);
            taken.push(id);
        }
        if count > 0 {
            let left = match self.round {
                0 => self.ids.len(),
                round => round.saturating_sub(taken.len()),
            };
            self.round = left.min(self.ids.len());
        }
        if self.ids.is_empty() && !more {
            self.round = 0;
            self.resumes_at = None;
        } else if count > 0 {
            self.resumes_at = Some(now + SERVICES_REPORTED_PAUSE);
        }
        taken
    }

    /// Returns when to look at further services.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.resumes_at
    }

    fn next(&self) -> Option<ServiceId> {
        let later = self.last.and_then(|last| self.ids.after(last));
        later.or_else(|| self.ids.first())
    }
}

#[cfg(test)]
mod tests;
