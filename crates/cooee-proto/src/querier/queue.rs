//! The questions of one link in the order in which they are due, so that few packets carry many.
//!
//! In:  plans of questions.
//! Out: what is due, in order; times that gather questions into one packet. RFC 6762 sections 5.2
//!      and 5.3 (several questions in one query).

use cooee_wire::RecordType;

use super::{Querier, QuestionId};
use crate::limits::{QUERY_PACKETS_BURST, QUERY_PACKETS_PER_SEC, Rate};
use crate::link::LinkId;
use crate::names::NameId;
use crate::ordered::Key;
use crate::rng::Rng;
use crate::schedule::LinkQueue;
use crate::time::{Duration, Instant, part_of};
use crate::timing::{
    FIRST_QUERY_DELAY_MAX, FIRST_QUERY_DELAY_MIN, MISSING_INTERVAL_MAX, QUERY_ALIGNMENT_PART,
    QUERY_INTERVAL_MAX,
};

impl Key for QuestionId {
    const BITS: u32 = <(NameId, RecordType)>::BITS;

    fn to_bits(self) -> u128 {
        (self.name, self.rtype).to_bits()
    }

    fn from_bits(bits: u128) -> Self {
        let (name, rtype) = Key::from_bits(bits);
        Self { name, rtype }
    }
}

/// A question that is due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DueQuestion {
    pub(crate) id: QuestionId,
    /// Whether to ask for unicast responses.
    pub(crate) unicast: bool,
    /// Whether no known answers are listed, because they may be wrong.
    pub(crate) in_doubt: bool,
}

/// A question that is in a packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AskedQuestion {
    pub(crate) id: QuestionId,
    /// Whether it asks for unicast responses.
    pub(crate) unicast: bool,
    /// How many known answers are listed for it.
    pub(crate) known_answers: u32,
    /// How many packets it takes: those with its known answers, and one for each answer that comes
    /// again because it is not listed.
    pub(crate) packets: u32,
    /// Whether it asks for a unique record that is not known.
    pub(crate) is_missing: bool,
}

impl LinkQueue<QuestionId> {
    /// Returns when to send the first query of a series that begins now: with another one that is
    /// due within the span, otherwise at a random moment of it.
    pub(super) fn first_time(&self, now: Instant, rng: &mut Rng) -> Instant {
        let span = now + FIRST_QUERY_DELAY_MIN..=now + FIRST_QUERY_DELAY_MAX;
        match self.within(span).next() {
            Some((at, _)) => at,
            None => now + rng.delay(FIRST_QUERY_DELAY_MIN, FIRST_QUERY_DELAY_MAX),
        }
    }

    /// Returns a moment, a little after `wanted`, at which another question is due anyway;
    /// otherwise `wanted`.
    pub(super) fn align(&self, wanted: Instant, interval: Duration) -> Instant {
        let end = wanted + part_of(interval, QUERY_ALIGNMENT_PART);
        let joined = self.within(wanted..=end).next();
        joined.map_or(wanted, |(at, _)| at)
    }

    pub(super) fn replan(
        &mut self,
        id: QuestionId,
        before: Option<Instant>,
        after: Option<Instant>,
    ) {
        if before == after {
            return;
        }
        if let Some(before) = before {
            self.remove(before, id);
        }
        if let Some(after) = after {
            self.add(after, id);
        }
    }
}

impl Querier {
    /// Returns when the next question is due on any link.
    pub(crate) fn next_deadline(&self, open_at: impl Fn(LinkId) -> Instant) -> Option<Instant> {
        let due = self.queues.next_deadline(open_at);
        due.map(|at| at.max(self.held_until))
    }

    /// Returns whether one more query packet may be made. If not, it waits, and later questions
    /// join it.
    pub(crate) fn may_make_packet(&mut self, now: Instant) -> bool {
        let rate = Rate::new(QUERY_PACKETS_PER_SEC, QUERY_PACKETS_BURST);
        let may = self.packets.draw(now, rate);
        if !may {
            self.held = self.held.saturating_add(1);
            self.held_until = now + rate.interval();
        }
        may
    }

    /// Returns a link on which a question is due and can be asked.
    pub(crate) fn due_link(
        &self,
        now: Instant,
        is_open: impl Fn(LinkId) -> bool,
    ) -> Option<LinkId> {
        if now < self.held_until {
            return None;
        }
        self.queues.due_link(now, is_open)
    }

    /// Returns the question that is due first on a link.
    pub(crate) fn due_question(&self, now: Instant, link: LinkId) -> Option<DueQuestion> {
        let (at, id) = self.queues.get(link)?.first()?;
        let ask = self.asks.get(&(link, id))?;
        (at <= now).then(|| DueQuestion {
            id,
            unicast: ask.wants_unicast(now),
            in_doubt: ask.in_doubt,
        })
    }

    /// Records that the question is in a packet for this link: it is not due while that is in
    /// transit.
    pub(crate) fn take(&mut self, link: LinkId, id: QuestionId) {
        self.replan(link, id, |due| (due, None));
    }

    /// Records that the packet with the question has not left: it is due again.
    pub(crate) fn not_sent(&mut self, link: LinkId, id: QuestionId) {
        self.replan(link, id, |due| (None, due));
    }

    fn replan(
        &mut self,
        link: LinkId,
        id: QuestionId,
        change: impl Fn(Option<Instant>) -> (Option<Instant>, Option<Instant>),
    ) {
        let ask = self.asks.get(&(link, id));
        if let (Some(ask), Some(queue)) = (ask, self.queues.get_mut(link)) {
            let (before, after) = change(ask.due());
            queue.replan(id, before, after);
        }
    }

    /// Records that the packet with the question has left on this link. Returns whether several
    /// before had no complete answer.
    pub(crate) fn sent(&mut self, now: Instant, link: LinkId, asked: &AskedQuestion) -> bool {
        let &AskedQuestion {
            id,
            unicast,
            packets,
            is_missing,
            ..
        } = asked;
        self.forget_quiet(now);
        let ask = self.asks.get_mut(&(link, id));
        let (Some(ask), Some(queue)) = (ask, self.queues.get_mut(link)) else {
            return false;
        };
        queue.replan(id, ask.due(), None);
        if unicast {
            ask.unicast_sent = Some(now);
        }
        let is_late = ask.sent(
            now,
            packets,
            interval_max(is_missing),
            |wanted, interval| queue.align(wanted, interval),
        );
        queue.replan(id, None, ask.due());
        if ask.due().is_none() {
            self.note_quiet(now, link, id);
        }
        is_late
    }
}

/// Returns the longest time between two queries of a series.
pub(super) fn interval_max(is_missing: bool) -> Duration {
    match is_missing {
        true => MISSING_INTERVAL_MAX,
        false => QUERY_INTERVAL_MAX,
    }
}
