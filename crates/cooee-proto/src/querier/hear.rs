//! What the network says about open questions.
//!
//! In:  answers and denials, records that end, others' questions.
//! Out: series that end, begin again or wait; which denials must be reported. RFC 6762 sections
//!      5.2, 6.1, 7.3 and 10.4.

use cooee_wire::{RecordType, Ttl};

use super::ask::Ask;
use super::queue::interval_max;
use super::{Querier, QuestionId};
use crate::collections::SmallList;
use crate::link::LinkId;
use crate::names::NameId;
use crate::time::{Duration, Instant};
use crate::timing::{
    CONTEST_DELAY_MAX, CONTEST_DELAY_MIN, FIRST_QUERY_DELAY_MAX, FIRST_QUERY_DELAY_MIN,
};

impl Querier {
    /// Ends the series of a question on a link: the complete answer is here.
    pub(crate) fn settle(&mut self, now: Instant, link: LinkId, name: NameId, rtype: RecordType) {
        self.forget_quiet(now);
        self.change(now, link, QuestionId { name, rtype }, Ask::settle);
    }

    /// Handles an answer that was not known and may not be the only one.
    pub(crate) fn learn(&mut self, now: Instant, link: LinkId, name: NameId, rtype: RecordType) {
        self.change(now, link, QuestionId { name, rtype }, |ask| ask.learn(now));
    }

    /// Handles an answer that is gone: its series begins again on that link, unless the next query
    /// of a running one is near.
    pub(crate) fn revive(&mut self, now: Instant, link: LinkId, name: NameId, rtype: RecordType) {
        let Some(queue) = self.queues.get(link) else {
            return;
        };
        let first = queue.first_time(now, &mut self.rng);
        let id = QuestionId { name, rtype };
        self.change_any(now, link, id, |ask| ask.revive(first));
    }

    /// Asks for a record that needs a refresh, unless that was just done.
    pub(crate) fn refresh(&mut self, now: Instant, link: LinkId, name: NameId, rtype: RecordType) {
        for rtype in [rtype, RecordType::ANY] {
            let id = QuestionId { name, rtype };
            self.change_any(now, link, id, |ask| ask.maintain(now));
        }
    }

    /// Asks for records of which the user of one has found that it may be wrong.
    pub(crate) fn doubt(&mut self, now: Instant, link: LinkId, name: NameId, rtype: RecordType) {
        let id = QuestionId { name, rtype };
        self.change_any(now, link, id, |ask| ask.doubt(now));
    }

    /// Two hosts contradict each other about a record: asks its owner when the grace period of the
    /// older one is over.
    pub(crate) fn verify(&mut self, now: Instant, link: LinkId, name: NameId, rtype: RecordType) {
        let at = now + self.rng.delay(CONTEST_DELAY_MIN, CONTEST_DELAY_MAX);
        let id = QuestionId { name, rtype };
        self.change_any(now, link, id, |ask| ask.verify(at));
    }

    /// Handles a denial of records by the owner of a name. Returns the types asked for to which
    /// that is the answer: a denial without a question is not believed.
    pub(crate) fn deny(
        &mut self,
        now: Instant,
        link: LinkId,
        name: NameId,
        ttl: Ttl,
        denied: impl Fn(RecordType) -> bool,
    ) -> SmallList<RecordType, 4> {
        let asked = self.types_asked(name).into_iter();
        let mut reported = SmallList::new();
        for rtype in asked.filter(|rtype| denied(*rtype)) {
            self.change(now, link, QuestionId { name, rtype }, |ask| {
                if ask.deny(now, ttl) {
                    reported.push(rtype);
                }
            });
        }
        reported
    }

    /// Returns whether the last answer to a question was a denial.
    pub(crate) fn is_denied(&self, link: LinkId, name: NameId, rtype: RecordType) -> bool {
        let ask = self.asks.get(&(link, QuestionId { name, rtype }));
        ask.is_some_and(Ask::is_denied)
    }

    /// Handles the same multicast question from another host, which lists no known answer that we
    /// lack. `is_missing` says whether a unique record is asked for and not known.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-7.3
    //# this host SHOULD treat its own query as
    //# having been sent.
    pub(crate) fn suppress(
        &mut self,
        now: Instant,
        (link, name, rtype): (LinkId, NameId, RecordType),
        is_missing: bool,
    ) {
        let mut suppressed = false;
        let suppressions_max = self.suppressions_max;
        let interval_max = interval_max(is_missing);
        // All hosts that heard the question plan again from this moment. The one that asked must be
        // the first to ask again, and no two of the others at once.
        let behind = self.behind_others(now);
        self.change(now, link, QuestionId { name, rtype }, |ask| {
            suppressed = ask.suppress(now, behind, suppressions_max, interval_max);
        });
        self.suppressed = self.suppressed.saturating_add(suppressed.into());
    }

    /// Returns how much later than another host this one asks next. The questions of one packet
    /// stay together: with different delays, each would need its own packet.
    fn behind_others(&mut self, now: Instant) -> Duration {
        if self.behind.0 != now {
            let behind = self.rng.delay(FIRST_QUERY_DELAY_MIN, FIRST_QUERY_DELAY_MAX);
            self.behind = (now, behind);
        }
        self.behind.1
    }
}
