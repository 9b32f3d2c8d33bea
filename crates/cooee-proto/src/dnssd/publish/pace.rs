//! How often what is published may change: changes that come too fast wait, and only the last state is
//! sent.
//!
//! In:  changes of services and records.
//! Out: whether one may be sent now; those whose last change has waited long enough. RFC
//!      6762 section 8.4.

use alloc::collections::VecDeque;

use super::super::event::RequestId;
use crate::ordered::{OrderedMap, OrderedSet};
use crate::time::Instant;
use crate::timing::{CHANGES_MAX, CHANGES_PERIOD};

/// The changes of the last minute.
#[derive(Default)]
pub(super) struct Pace {
    recent: OrderedMap<RequestId, VecDeque<Instant>>,
    late: OrderedSet<(Instant, RequestId)>,
}

/// When a change may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PaceStep {
    /// At once.
    Now,
    /// Not before this moment; later changes are sent with it.
    Waits { until: Instant },
    /// Together with one that already waits.
    Joins,
}

impl Pace {
    /// Records a change. Returns whether it may be sent now; if not, it is late.
    pub(super) fn admit(&mut self, now: Instant, request: RequestId) -> PaceStep {
        let recent = self.recent.or_default(request);
        while recent.front().is_some_and(|at| *at + CHANGES_PERIOD <= now) {
            recent.pop_front();
        }
        if let Some(first) = recent.front().filter(|_| recent.len() >= CHANGES_MAX) {
            let until = *first + CHANGES_PERIOD;
            return match self.late.insert((until, request)) {
                true => PaceStep::Waits { until },
                false => PaceStep::Joins,
            };
        }
        recent.push_back(now);
        PaceStep::Now
    }

    /// Returns whether a change of a service has not been sent yet.
    pub(super) fn is_late(&self, request: RequestId) -> bool {
        self.late.iter().any(|(_, late)| late == request)
    }

    /// Returns a service whose last change may be sent now, and records it.
    pub(super) fn poll_due(&mut self, now: Instant) -> Option<RequestId> {
        let (at, request) = self.late.first()?;
        if at > now {
            return None;
        }
        self.late.pop_first();
        match self.admit(now, request) {
            PaceStep::Now => Some(request),
            PaceStep::Waits { .. } | PaceStep::Joins => None,
        }
    }

    /// Returns when the next change may be sent.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.late.first().map(|(at, _)| at)
    }

    /// Removes a service that is withdrawn.
    pub(super) fn forget(&mut self, request: RequestId) {
        self.recent.remove(request);
        self.late.retain(|(_, late)| late != request);
    }
}
