//! When a question is asked on one link: the schedule of a series of queries.
//!
//! In:  the start of a series, each time it was asked, answers that settle it, refresh requests.
//! Out: the next moment to ask. RFC 6762 sections 5.2 (intervals), 5.4 (unicast responses) and 7.3
//!      (others ask for us).

use cooee_wire::Ttl;

use super::series::Series;
use crate::time::{Duration, Instant, part_of};
use crate::timing::{
    ANSWER_WINDOW, DENIAL_BELIEVED, DUPLICATE_QUESTION_WINDOW, QUERIES_AFTER_NEWS,
    QUERY_INTERVAL_FIRST, QUERY_REST_MAX, QUERY_REST_PER_PACKET, QUESTION_MEMORY, REFRESH_PERCENT,
    REVIVAL_WAIT_MAX, UNANSWERED_INTERVAL,
};

/// One question on one link.
#[derive(Clone, Debug, Default)]
pub(super) struct Ask {
    /// The next query of the series; `None` while asking cannot gain anything.
    pub(super) series: Option<Series>,
    /// A cached answer needs a refresh by then.
    pub(super) refresh: Option<Instant>,
    /// Whether another host's question in the meantime makes it unnecessary.
    may_be_left: bool,
    /// Whether known answers may be wrong: the next query lists none of them.
    pub(super) in_doubt: bool,
    denial: Denial,
    /// How many of the next queries postpone nothing, because answers get lost here.
    unpostponed: u8,
    last_sent: Option<Instant>,
    /// How many packets that took, with the known answers.
    packets: u16,
    /// When it was last asked for unicast responses.
    pub(super) unicast_sent: Option<Instant>,
    last_suppressed: Option<Instant>,
    /// Whether it is in the list of those that may be forgotten soon.
    pub(super) is_listed: bool,
}

/// Whether the owner of a name has said that there is no answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Denial {
    /// It has not; or not since a new caller joined.
    #[default]
    None,
    /// It has, that was reported, and the question was asked again since.
    Past,
    /// It has, when it was asked last.
    Latest,
}

impl Ask {
    /// Starts a series whose first query is sent at `first`.
    pub(super) fn begin(&mut self, first: Instant, unicast: bool) {
        self.series = Some(Series::new(self.not_before(first), unicast));
    }

    /// Ends the series, because the unique answer is here.
    pub(super) fn settle(&mut self) {
        self.series = None;
        self.denial = Denial::None;
    }

    /// Handles an answer that is gone: a series begins, unless the next query is near. So a host
    /// that removes answers one by one makes us ask at most every few seconds.
    pub(super) fn revive(&mut self, first: Instant) {
        let next = self.series.map(|series| series.next);
        if next.is_some_and(|next| next <= first + REVIVAL_WAIT_MAX) {
            return;
        }
        let is_postponed = self.series.is_some_and(|series| series.is_postponed());
        let last = self.last_sent.filter(|_| is_postponed);
        // Queries that take several packets never have a near successor.
        let again = last.map(|sent| sent + REVIVAL_WAIT_MAX);
        self.begin(again.map_or(first, |again| again.max(first)), false);
    }

    /// Handles the owner's statement that there is no answer. If we have just asked, that is an
    /// answer, and the next question waits. Returns whether it must be reported.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
    //# The TTL of the NSEC record indicates the intended lifetime of the
    //# negative cache entry.
    pub(super) fn deny(&mut self, now: Instant, ttl: Ttl) -> bool {
        let is_answer = |sent| now.saturating_since(sent) <= ANSWER_WINDOW;
        if !self.last_sent.is_some_and(is_answer) || self.denial == Denial::Latest {
            return false;
        }
        let lifetime = Duration::from_secs(ttl.as_secs().into());
        let [percent, ..] = REFRESH_PERCENT;
        let believed = part_of(lifetime.saturating_mul(percent), 100).min(DENIAL_BELIEVED);
        self.begin(now + believed, false);
        core::mem::replace(&mut self.denial, Denial::Latest) == Denial::None
    }

    pub(super) fn is_denied(&self) -> bool {
        self.denial == Denial::Latest
    }

    /// Adds a caller, which was not informed of a past denial.
    pub(super) fn join(&mut self) {
        if self.denial == Denial::Past {
            self.denial = Denial::None;
        }
    }

    /// Two hosts contradict each other: asks the owner at `at`, unless that is planned already.
    pub(super) fn verify(&mut self, at: Instant) {
        if self.refresh.is_none() {
            self.refresh = Some(self.not_before(at));
            self.may_be_left = true;
        }
    }

    /// Asks for cached records that may be wrong, as soon as the one-second rule allows. Their owner
    /// must answer even if its own record is among them.
    pub(super) fn doubt(&mut self, now: Instant) {
        self.refresh(now);
        self.in_doubt = true;
    }

    /// Asks for a cached record that is past 80 % of its life, or that is reconfirmed. A question
    /// that was sent less than a second ago counts, because its answers may still come. If the
    /// record gets none, it is asked for at its next step.
    pub(super) fn maintain(&mut self, now: Instant) {
        let is_recent = |sent| now.saturating_since(sent) < QUERY_INTERVAL_FIRST;
        if !self.last_sent.is_some_and(is_recent) {
            self.refresh(now);
        }
    }

    /// Asks for a cached record as soon as the one-second rule allows.
    pub(super) fn refresh(&mut self, now: Instant) {
        self.refresh = Some(self.not_before(now));
        self.may_be_left = false;
    }

    /// Handles an answer that was not known and may not be the only one. If it comes in time after
    /// a question, the next one is not postponed. If that question was a repetition, an earlier
    /// answer was lost, or its host did not announce: then some further ones are not either.
    pub(super) fn learn(&mut self, now: Instant) {
        let asked = self.last_sent.max(self.last_suppressed);
        if asked.is_none_or(|at| now.saturating_since(at) > ANSWER_WINDOW) {
            return;
        }
        if self.series.is_some_and(|series| !series.is_first()) {
            self.unpostponed = QUERIES_AFTER_NEWS;
        }
        self.hasten(now);
    }

    /// Answers may have been missed: asks once more, and does not postpone what follows.
    pub(super) fn catch_up(&mut self, now: Instant, at: Instant) {
        self.refresh(at);
        self.unpostponed = QUERIES_AFTER_NEWS;
        self.hasten(now);
    }

    fn hasten(&mut self, now: Instant) {
        if let Some(mut series) = self.series {
            series.hasten(now);
            series.delay(self.not_before(series.next));
            self.series = Some(series);
        }
    }

    /// Returns whether it makes no difference any more what was asked before.
    pub(super) fn is_quiet(&self, now: Instant) -> bool {
        self.is_past(now) && self.due().is_none() && self.denial == Denial::None
    }

    /// Returns whether it was asked so long ago that nothing depends on it.
    pub(super) fn is_past(&self, now: Instant) -> bool {
        let asked = self.last_sent.max(self.last_suppressed);
        asked.is_none_or(|at| now.saturating_since(at) > QUESTION_MEMORY)
    }

    /// Returns when to ask next.
    pub(super) fn due(&self) -> Option<Instant> {
        let series = self.series.map(|series| series.next);
        [series, self.refresh].into_iter().flatten().min()
    }

    /// Returns whether the query that is sent now asks for unicast responses.
    pub(super) fn wants_unicast(&self, now: Instant) -> bool {
        self.series
            .is_some_and(|series| series.unicast && series.next <= now)
    }

    /// Records that the question was sent, in so many packets with its known answers. `align` may
    /// delay the next query a little, to share a packet. Returns whether the query was one of a
    /// series that has gone on for long.
    pub(super) fn sent(
        &mut self,
        now: Instant,
        packets: u32,
        interval_max: Duration,
        align: impl FnOnce(Instant, Duration) -> Instant,
    ) -> bool {
        let mut is_late = false;
        self.refresh = None;
        self.in_doubt = false;
        self.last_sent = Some(now);
        self.packets = u16::try_from(packets).unwrap_or(u16::MAX);
        let rested = now + self.rest();
        if self.denial == Denial::Latest {
            self.denial = Denial::Past;
        }
        if let Some(series) = &mut self.series {
            if series.next <= now {
                series.suppressed = 0;
                let is_postponed = self.unpostponed == 0;
                self.unpostponed = self.unpostponed.saturating_sub(1);
                let packets = if is_postponed { packets } else { 1 };
                series.advance(now, packets, interval_max, align);
                series.delay(rested);
                is_late = series.doubled() >= UNANSWERED_INTERVAL;
            }
            series.next = series.next.max(rested);
        }
        is_late
    }

    /// Handles the same question from another host. Returns whether it replaces our own query. It
    /// does not if the question was asked a moment ago, by us or by another: then this is the same
    /// query over the other address family, or one that crossed it. `behind` is added to the
    /// interval.
    pub(super) fn suppress(
        &mut self,
        now: Instant,
        behind: Duration,
        suppressions_max: u8,
        interval_max: Duration,
    ) -> bool {
        let asked = self.last_sent.max(self.last_suppressed);
        if asked.is_some_and(|at| now.saturating_since(at) < DUPLICATE_QUESTION_WINDOW) {
            return false;
        }
        if self.may_be_left {
            self.refresh = None;
        }
        let Some(mut series) = self.series else {
            return false;
        };
        series.suppressed = series.suppressed.saturating_add(1);
        series.suppress(now, behind, interval_max);
        // Even if others ask, we ask ourselves before the longest interval is over.
        let is_late = |sent: Instant| series.next > sent + interval_max;
        if series.suppressed > suppressions_max || self.last_sent.is_some_and(is_late) {
            return false;
        }
        self.series = Some(series);
        self.last_suppressed = Some(now);
        true
    }

    fn not_before(&self, wanted: Instant) -> Instant {
        match self.last_sent {
            Some(last) => wanted.max(last + self.rest()),
            None => wanted,
        }
    }

    /// Returns how long after the last query the next one may be sent at the earliest.
    fn rest(&self) -> Duration {
        let rest = QUERY_REST_PER_PACKET.saturating_mul(self.packets.into());
        rest.min(QUERY_REST_MAX).max(QUERY_INTERVAL_FIRST)
    }
}

#[cfg(test)]
mod tests;
