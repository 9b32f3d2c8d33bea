//! Names in dispute, and for how long: a user is informed when none is found for a minute.
//!
//! In:  claims disputed or lost, claims established or ended.
//! Out: the claims that have been without a name for too long, each once. RFC 6762 section 9.

use crate::ordered::{KeyMap, OrderedSet};
use crate::registrations::RegistrationId;
use crate::time::Instant;
use crate::timing::NAMELESS_MAX;

/// The claims in dispute.
#[derive(Default)]
pub(super) struct Contests {
    since: KeyMap<RegistrationId, Instant>,
    unreported: OrderedSet<(Instant, RegistrationId)>,
}

impl Contests {
    /// Records that others dispute or hold a name; the first time counts.
    pub(super) fn begin(&mut self, now: Instant, id: RegistrationId) {
        if self.since.get(id).is_none() {
            self.since.insert(id, now);
            self.unreported.insert((now, id));
        }
    }

    /// Records that a name was claimed, or is no longer wanted.
    pub(super) fn end(&mut self, id: RegistrationId) {
        if let Some(since) = self.since.remove(id) {
            self.unreported.remove((since, id));
        }
    }

    /// Returns when the next one has lasted too long.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.unreported
            .first()
            .map(|(since, _)| since + NAMELESS_MAX)
    }

    /// Returns a claim that has been in dispute for too long.
    pub(super) fn poll_due(&mut self, now: Instant) -> Option<RegistrationId> {
        let (since, id) = self.unreported.first()?;
        if now.saturating_since(since) < NAMELESS_MAX {
            return None;
        }
        self.unreported.pop_first();
        Some(id)
    }
}
