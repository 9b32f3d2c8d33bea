//! Conflicts about names of ours, and how they slow down further attempts.
//!
//! In:  conflicts, as they come.
//! Out: how long an attempt has to wait. RFC 6762 section 8.1.

use alloc::collections::VecDeque;

use crate::time::{Duration, Instant};
use crate::timing::{CONFLICTS_MAX, CONFLICTS_PAUSE, CONFLICTS_PERIOD};

/// The recent conflicts.
#[derive(Default)]
pub(crate) struct Conflicts {
    times: VecDeque<Instant>,
    /// Until then every attempt has to wait: there were too many conflicts, without a pause between
    /// them.
    slowed_until: Option<Instant>,
    /// How many there were.
    pub(crate) total: u64,
}

impl Conflicts {
    /// Counts a conflict. After too many of them every attempt waits, until there was none for the
    /// counting period: so no further one causes a burst of attempts again.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
    //# If fifteen conflicts occur within any ten-second period, then the
    //# host MUST wait at least five seconds before each successive
    //# additional probe attempt.
    pub(crate) fn count(&mut self, now: Instant) {
        self.total = self.total.saturating_add(1);
        self.times.push_back(now);
        if self.times.len() > CONFLICTS_MAX {
            self.times.pop_front();
        }
        let oldest = self.times.front();
        let recent = |oldest: &Instant| now.saturating_since(*oldest) <= CONFLICTS_PERIOD;
        let are_many = self.times.len() >= CONFLICTS_MAX && oldest.is_some_and(recent);
        if are_many || self.is_slowed(now) {
            self.slowed_until = Some(now + CONFLICTS_PERIOD);
        }
    }

    /// Returns how long an attempt has to wait.
    pub(crate) fn pause(&self, now: Instant) -> Duration {
        match self.is_slowed(now) {
            true => CONFLICTS_PAUSE,
            false => Duration::ZERO,
        }
    }

    fn is_slowed(&self, now: Instant) -> bool {
        self.slowed_until.is_some_and(|until| now <= until)
    }
}
