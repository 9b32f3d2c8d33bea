//! The intervals of a series of queries.
//!
//! In:  when a query was sent, how many packets it took, whether it brought anything new.
//! Out: when the next one is sent. RFC 6762 section 5.2.

use crate::time::{Duration, Instant};
use crate::timing::{POSTPONED_INTERVAL_MAX, QUERY_INTERVAL_FACTOR, QUERY_INTERVAL_FIRST};

/// The position in a series of queries with growing intervals.
#[derive(Clone, Copy, Debug)]
pub(super) struct Series {
    pub(super) next: Instant,
    /// The interval that ends at `next`, in milliseconds, rounded up; zero before the first query.
    interval_ms: u32,
    /// By how much the cost of the last query has postponed the next, in steps of 10 ms, rounded
    /// down.
    postponed: u16,
    /// Whether the next query asks for unicast responses.
    pub(super) unicast: bool,
    /// How often in a row another host has asked for us.
    pub(super) suppressed: u8,
}

impl Series {
    /// Starts a series whose first query is sent at `first`.
    pub(super) fn new(first: Instant, unicast: bool) -> Self {
        Self {
            next: first,
            interval_ms: 0,
            postponed: 0,
            unicast,
            suppressed: 0,
        }
    }

    /// Plans the next query, assuming that this one brings nothing new.
    pub(super) fn advance(
        &mut self,
        now: Instant,
        packets: u32,
        interval_max: Duration,
        align: impl FnOnce(Instant, Duration) -> Instant,
    ) {
        let before = self.interval();
        let interval = interval_after(before, packets, false, interval_max);
        let normal = interval_after(before, packets, true, interval_max);
        self.postpone(interval.saturating_sub(normal));
        self.plan(now, align(now + interval, interval));
        //= https://www.rfc-editor.org/rfc/rfc6762#section-5.4
        //# When a question is retransmitted (as described in Section 5.2), the
        //# unicast-response bit SHOULD NOT be set in subsequent retransmissions
        //# of that question.
        //= https://www.rfc-editor.org/rfc/rfc6762#section-5.4
        //# Subsequent retransmissions SHOULD be usual "QM"
        //# questions.
        self.unicast = false;
    }

    /// Another host has asked the same: the interval doubles, as after a query of our own that took
    /// one packet. What our own last query has postponed is not postponed further.
    pub(super) fn suppress(&mut self, now: Instant, behind: Duration, interval_max: Duration) {
        let normal = now + interval_after(self.doubled(), 1, true, interval_max) + behind;
        let next = normal.max(self.next);
        self.postpone(next.saturating_since(normal));
        self.plan(now, next);
        self.unicast = false;
    }

    /// Takes back the postponement: the next query is sent when its interval has doubled, or, if
    /// that moment is past, when as much time has passed again as since the last one.
    pub(super) fn hasten(&mut self, now: Instant) {
        if self.postponed == 0 {
            return;
        }
        let asked = self.next - self.interval();
        let doubled = self.next - self.postponement();
        let next = doubled.max(now + now.saturating_since(asked));
        self.postponed = 0;
        self.plan(asked, next.min(self.next));
    }

    /// Sends the next query not before a moment. Its interval counts as longer, so that the one after
    /// it is still at least twice as long.
    pub(super) fn delay(&mut self, until: Instant) {
        let asked = self.next - self.interval();
        if until > self.next {
            self.plan(asked, until);
        }
    }

    /// Returns whether the cost of the last query has postponed the next.
    pub(super) fn is_postponed(&self) -> bool {
        self.postponed > 0
    }

    /// Returns whether only the first query was sent.
    pub(super) fn is_first(&self) -> bool {
        self.doubled() < QUERY_INTERVAL_FIRST.saturating_mul(QUERY_INTERVAL_FACTOR)
    }

    /// Returns the interval that ends at `next`, without the postponement.
    pub(super) fn doubled(&self) -> Duration {
        self.interval().saturating_sub(self.postponement())
    }

    fn interval(&self) -> Duration {
        Duration::from_millis(self.interval_ms.into())
    }

    fn postponement(&self) -> Duration {
        STEP.saturating_mul(self.postponed.into())
    }

    fn postpone(&mut self, by: Duration) {
        let steps = by.as_millis().checked_div(STEP.as_millis());
        self.postponed = u16::try_from(steps.unwrap_or(0)).unwrap_or(u16::MAX);
    }

    fn plan(&mut self, asked: Instant, next: Instant) {
        self.next = next;
        let interval = next.saturating_since(asked).as_nanos();
        self.interval_ms = u32::try_from(interval.div_ceil(1_000_000)).unwrap_or(u32::MAX);
    }
}

/// Returns the interval that follows another one: twice as long, up to `max`. If the query between
/// them took several packets and brought nothing new, the interval also grows with the packets, up
/// to a maximum of its own.
//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//# the intervals between
//# successive queries MUST increase by at least a factor of two
fn interval_after(before: Duration, packets: u32, is_useful: bool, max: Duration) -> Duration {
    let doubled = before
        .saturating_mul(QUERY_INTERVAL_FACTOR)
        .max(QUERY_INTERVAL_FIRST);
    let postponed = match is_useful {
        true => doubled,
        false => doubled.saturating_mul(packets).min(POSTPONED_INTERVAL_MAX),
    };
    doubled.max(postponed).min(max)
}

/// The unit in which a postponement is stored.
const STEP: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests;
