//! When a question is asked on one link: the schedule of a series of queries.
//!
//! In:  the start of a series, each time it was asked, answers that settle it, refresh requests.
//! Out: the next moment to ask.
//! RFC 6762 sections 5.2 (intervals), 5.4 (unicast responses) and 7.3 (others ask for us).

use crate::link::LinkId;
use crate::time::{Duration, Instant};
use crate::timing::{
    DUPLICATE_QUESTION_WINDOW, QUERY_INTERVAL_FACTOR, QUERY_INTERVAL_FIRST, QUERY_INTERVAL_MAX,
};

/// One question on one link.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) link: LinkId,
    /// The next query of the series; `None` while there is nothing to gain by asking.
    pub(super) series: Option<Series>,
    /// A cached answer wants to be heard again by then.
    pub(super) refresh: Option<Instant>,
    last_sent: Option<Instant>,
    /// When it was last asked for unicast responses.
    pub(super) unicast_sent: Option<Instant>,
    last_suppressed: Option<Instant>,
}

/// The place in a series of queries with growing intervals.
#[derive(Clone, Copy, Debug)]
pub(super) struct Series {
    pub(super) next: Instant,
    /// The interval that ends at `next`, in milliseconds, rounded up; zero before the first query.
    interval_ms: u32,
    /// Whether the next query asks for unicast responses.
    pub(super) unicast: bool,
    /// How often in a row another host has asked for us.
    suppressed: u8,
}

impl Ask {
    pub(super) fn new(link: LinkId) -> Self {
        Self {
            link,
            series: None,
            refresh: None,
            last_sent: None,
            unicast_sent: None,
            last_suppressed: None,
        }
    }

    /// Begins a series whose first query goes out at `first`.
    pub(super) fn begin(&mut self, first: Instant, unicast: bool) {
        let next = self.not_before(first);
        self.series = Some(Series {
            next,
            interval_ms: 0,
            unicast,
            suppressed: 0,
        });
    }

    /// There is nothing more to gain: the unique answer is here.
    pub(super) fn settle(&mut self) {
        self.series = None;
    }

    /// A cached record is to be asked for as soon as the one-second rule allows.
    pub(super) fn refresh(&mut self, now: Instant) {
        self.refresh = Some(self.not_before(now));
    }

    /// When to ask next.
    pub(super) fn due(&self) -> Option<Instant> {
        let series = self.series.map(|series| series.next);
        [series, self.refresh].into_iter().flatten().min()
    }

    /// Whether the query that goes out now asks for unicast responses.
    pub(super) fn wants_unicast(&self, now: Instant) -> bool {
        self.series
            .is_some_and(|series| series.unicast && series.next <= now)
    }

    /// The question went out. `align` may push the next query back a little, to share a packet.
    pub(super) fn sent(&mut self, now: Instant, align: impl FnOnce(Instant, Duration) -> Instant) {
        self.refresh = None;
        self.last_sent = Some(now);
        if let Some(series) = &mut self.series {
            if series.next <= now {
                series.suppressed = 0;
                series.advance(now, align);
            }
            series.next = series.next.max(now + QUERY_INTERVAL_FIRST);
        }
    }

    /// Another host has asked the same. Returns whether that stands for our own query: not if the
    /// question was asked a moment ago, by us or by another. Then this is the same query over the
    /// other address family, or one that crossed it. `behind` is added to the interval.
    pub(super) fn suppress(
        &mut self,
        now: Instant,
        behind: Duration,
        suppressions_max: u8,
    ) -> bool {
        let asked = self.last_sent.max(self.last_suppressed);
        if asked.is_some_and(|at| now.saturating_since(at) < DUPLICATE_QUESTION_WINDOW) {
            return false;
        }
        let Some(series) = &mut self.series else {
            return false;
        };
        if series.suppressed >= suppressions_max {
            return false;
        }
        series.suppressed = series.suppressed.saturating_add(1);
        series.advance(now, |next, _| next + behind);
        self.last_suppressed = Some(now);
        true
    }

    fn not_before(&self, wanted: Instant) -> Instant {
        match self.last_sent {
            Some(last) => wanted.max(last + QUERY_INTERVAL_FIRST),
            None => wanted,
        }
    }
}

impl Series {
    /// Plans the next query: the interval doubles, up to an hour.
    fn advance(&mut self, now: Instant, align: impl FnOnce(Instant, Duration) -> Instant) {
        let interval = Duration::from_millis(self.interval_ms.into())
            .saturating_mul(QUERY_INTERVAL_FACTOR)
            .clamp(QUERY_INTERVAL_FIRST, QUERY_INTERVAL_MAX);
        self.next = align(now + interval, interval);
        let interval = self.next.saturating_since(now).as_nanos();
        self.interval_ms = u32::try_from(interval.div_ceil(1_000_000)).unwrap_or(u32::MAX);
        //= https://www.rfc-editor.org/rfc/rfc6762#section-5.4
        //# When a question is retransmitted (as described in Section 5.2), the
        //# unicast-response bit SHOULD NOT be set in subsequent retransmissions
        //# of that question.
        //= https://www.rfc-editor.org/rfc/rfc6762#section-5.4
        //# Subsequent retransmissions SHOULD be usual "QM"
        //# questions.
        self.unicast = false;
    }
}

#[cfg(test)]
mod tests;
