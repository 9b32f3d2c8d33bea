//! The querier: which questions are asked, on which link, and when.
//!
//! In:  questions of callers, links, answers that settle a question, others' questions.
//! Out: what to ask now, for `compose`; which callers a record answers. RFC 6762 sections 5.2 to
//!      5.4 and 7.3.

mod ask;
mod hear;
mod queue;
mod series;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use cooee_wire::RecordType;

use self::ask::Ask;
pub(crate) use self::queue::AskedQuestion;
use crate::asking::{Interest, Settled};
use crate::collections::{Queue, SmallList};
use crate::event::QueryId;
use crate::intake::rate::Bucket;
use crate::link::LinkId;
use crate::names::{NameId, Names, PerName};
use crate::queries::{OpenQuery, Queries, Types};
use crate::rng::Rng;
use crate::schedule::{LinkQueue, Schedule};
use crate::time::{Duration, Instant};
use crate::timing::QUESTION_MEMORY;

/// A question that some query asks, on one or more links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct QuestionId {
    pub(crate) name: NameId,
    pub(crate) rtype: RecordType,
}

/// All questions of the host. Equal questions of several queries are one.
pub(crate) struct Querier {
    pub(crate) queries: Queries,
    /// The slots of the queries that ask about a name.
    by_name: PerName<u32>,
    /// The questions with something to remember. Any other one was settled before it was asked, or
    /// long after.
    asks: BTreeMap<(LinkId, QuestionId), Ask>,
    /// Questions that were last of use then, and may be forgotten.
    quiet: Queue<(Instant, LinkId, QuestionId)>,
    /// How many questions there are.
    count: usize,
    queues: Schedule<QuestionId>,
    rng: Rng,
    suppressions_max: u8,
    pub(crate) suppressed: u64,
    /// The bucket of query packets.
    packets: Bucket,
    /// No packet is made before then.
    held_until: Instant,
    /// How often a packet had to wait because too many were made.
    pub(crate) held: u64,
    /// The moment of the last suppression, and what it added to the intervals.
    behind: (Instant, Duration),
}

impl Querier {
    pub(crate) fn new(suppressions_max: u8, rng: &mut Rng) -> Self {
        Self {
            queries: Queries::default(),
            by_name: PerName::default(),
            asks: BTreeMap::new(),
            quiet: Queue::default(),
            count: 0,
            queues: Schedule::default(),
            rng: Rng::new(rng.seed()),
            suppressions_max,
            suppressed: 0,
            packets: Bucket::default(),
            held_until: Instant::ZERO,
            held: 0,
            behind: (Instant::ZERO, Duration::ZERO),
        }
    }

    /// Adds a name to those that a query asks about, and holds it.
    pub(crate) fn add(&mut self, id: QueryId, name: NameId, names: &mut Names) {
        let Some(types) = self.queries.get(id).map(|query| query.types) else {
            return;
        };
        for rtype in types.iter() {
            let is_new = !self.asks_for(name, rtype);
            self.count = self.count.saturating_add(is_new.into());
            for link in self.queues.links() {
                let ask = self.asks.get_mut(&(link, QuestionId { name, rtype }));
                ask.into_iter().for_each(Ask::join);
            }
        }
        names.hold_again(name);
        self.queries.extend(id, name);
        self.by_name.push(name, id.slot);
    }

    /// Starts to ask about a name on every link that a query wants, that is up, and where that is
    /// not asked yet.
    pub(crate) fn ask(&mut self, now: Instant, name: NameId, types: Types, settled: &impl Settled) {
        self.forget_quiet(now);
        let links: SmallList<LinkId, 4> = self.queues.links().collect();
        for rtype in types.iter() {
            for &link in &links {
                //= https://www.rfc-editor.org/rfc/rfc6762#section-5.4
                //# New questions created by
                //# local clients afterwards should be treated as normal "QM" questions
                //# and SHOULD NOT have the unicast-response bit set on the first
                //# question of the series.
                //= https://www.rfc-editor.org/rfc/rfc6762#section-5.4
                //# In addition, the unicast-response bit SHOULD be set
                //# only for questions that are active and ready to be sent the moment of
                //# wake from sleep or interface activation.
                self.begin_ask(now, QuestionId { name, rtype }, link, false, settled);
            }
        }
    }

    /// Removes a name from those about which the query in a slot has asked, and releases it. A
    /// question that no other query asks ends.
    pub(crate) fn stop(&mut self, slot: u32, types: Types, name: NameId, names: &mut Names) {
        self.by_name.remove(name, slot);
        for rtype in types.iter() {
            let is_gone = !self.asks_for(name, rtype);
            self.count = self.count.saturating_sub(is_gone.into());
            self.drop_unwanted_asks(QuestionId { name, rtype });
        }
        names.release(name);
    }

    /// Handles a link that has come up, possibly again: everything is asked on it, as by a new
    /// querier.
    pub(crate) fn link_up(&mut self, now: Instant, link: LinkId, settled: &impl Settled) {
        self.asks.retain(|(on, _), _| *on != link);
        *self.queues.of_link(link) = LinkQueue::default();
        self.ask_everything(now, link, settled);
    }

    /// Answers on a link may have been missed: asks once more, outside of its series, for
    /// everything that may have more answers than are known.
    pub(crate) fn ask_again(&mut self, now: Instant, link: LinkId) {
        let Some(queue) = self.queues.get_mut(link) else {
            return;
        };
        let at = queue.first_time(now, &mut self.rng);
        let of_link = (link, QuestionId::FIRST)..=(link, QuestionId::LAST);
        for (&(_, id), ask) in self.asks.range_mut(of_link) {
            if ask.series.is_some() {
                let before = ask.due();
                ask.catch_up(now, at);
                queue.replan(id, before, ask.due());
            }
        }
    }

    /// Handles a link that is gone: nothing is asked on it any more.
    pub(crate) fn link_down(&mut self, link: LinkId) {
        self.queues.drop_link(link);
        self.asks.retain(|(on, _), _| *on != link);
    }

    /// Returns the queries, with the type they ask for, that a record of this name and type
    /// answers.
    pub(crate) fn callers(
        &self,
        link: LinkId,
        name: NameId,
        rtype: RecordType,
    ) -> impl Iterator<Item = (QueryId, RecordType)> + '_ {
        self.callers_of_name(link, name)
            .filter_map(move |(query, types)| Some((query, types.asking_for(rtype)?)))
    }

    /// Returns every query that asks about a name, with the types it asks for.
    pub(crate) fn callers_of_name(
        &self,
        link: LinkId,
        name: NameId,
    ) -> impl Iterator<Item = (QueryId, Types)> + '_ {
        self.of_name(name)
            .filter(move |(_, query)| query.concerns(link))
            .map(|(id, query)| (id, query.types))
    }

    /// Returns whether there is a question for records of a type, on any link.
    pub(crate) fn asks_for(&self, name: NameId, rtype: RecordType) -> bool {
        self.of_name(name)
            .any(|(_, query)| query.types.contains(rtype))
    }

    /// Returns whether a query asks about a name.
    pub(crate) fn is_asked(&self, name: NameId) -> bool {
        !self.by_name.get(name).is_empty()
    }

    /// Returns the types asked for of a name, each once.
    pub(crate) fn types_asked(&self, name: NameId) -> SmallList<RecordType, 4> {
        let mut asked = SmallList::new();
        for rtype in self.of_name(name).flat_map(|(_, query)| query.types.iter()) {
            if !asked.contains(&rtype) {
                asked.push(rtype);
            }
        }
        asked
    }

    /// Returns whether a record of this name and type may answer a question that was asked for
    /// unicast responses at `since` or later.
    pub(crate) fn awaits_unicast(
        &self,
        since: Instant,
        link: LinkId,
        name: NameId,
        rtype: RecordType,
    ) -> bool {
        let mut asked = self.types_asked(name).into_iter();
        asked.any(|asked| {
            let question = QuestionId { name, rtype: asked };
            let sent = self.asks.get(&(link, question)).map(|ask| ask.unicast_sent);
            is_answer(asked, rtype) && sent.flatten().is_some_and(|at| at >= since)
        })
    }

    /// Returns how many questions are open.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    fn of_name(&self, name: NameId) -> impl Iterator<Item = (QueryId, &OpenQuery)> {
        let slots = self.by_name.get(name).iter();
        slots.filter_map(|slot| self.queries.at(*slot))
    }

    /// Returns whether a query asks a question on a link.
    fn wants(&self, link: LinkId, id: QuestionId) -> bool {
        self.of_name(id.name)
            .any(|(_, query)| query.types.contains(id.rtype) && query.concerns(link))
    }

    fn ask_everything(&mut self, now: Instant, link: LinkId, settled: &impl Settled) {
        let queries = self.queries.iter();
        let questions = queries.flat_map(OpenQuery::questions);
        let questions: Vec<_> = questions
            .map(|(name, rtype)| QuestionId { name, rtype })
            .collect();
        for id in questions {
            //= https://www.rfc-editor.org/rfc/rfc6762#section-5.4
            //# A
            //# Multicast DNS querier sending its initial batch of questions
            //# immediately on wake from sleep or interface activation SHOULD set the
            //# unicast-response bit in those questions.
            self.begin_ask(now, id, link, true, settled);
        }
    }

    fn begin_ask(
        &mut self,
        now: Instant,
        id: QuestionId,
        link: LinkId,
        unicast: bool,
        settled: &impl Settled,
    ) {
        let is_asked = self.asks.contains_key(&(link, id));
        if is_asked || !self.wants(link, id) || settled.is_settled(link, id.name, id.rtype) {
            return;
        }
        let Some(queue) = self.queues.get_mut(link) else {
            return;
        };
        let mut ask = Ask::default();
        ask.begin(queue.first_time(now, &mut self.rng), unicast);
        queue.replan(id, None, ask.due());
        self.asks.insert((link, id), ask);
    }

    fn drop_unwanted_asks(&mut self, id: QuestionId) {
        let links: SmallList<LinkId, 4> = self.queues.links().collect();
        for link in links {
            if self.wants(link, id) {
                continue;
            }
            let ask = self.asks.remove(&(link, id));
            if let (Some(ask), Some(queue)) = (ask, self.queues.get_mut(link)) {
                queue.replan(id, ask.due(), None);
            }
        }
    }

    /// Changes what is remembered about a question on a link.
    fn change(
        &mut self,
        now: Instant,
        link: LinkId,
        id: QuestionId,
        change: impl FnOnce(&mut Ask),
    ) {
        let ask = self.asks.get_mut(&(link, id));
        let (Some(ask), Some(queue)) = (ask, self.queues.get_mut(link)) else {
            return;
        };
        let before = ask.due();
        change(ask);
        queue.replan(id, before, ask.due());
        if before.is_some() && ask.due().is_none() {
            self.note_quiet(now, link, id);
        }
    }

    /// Changes what is remembered about a question on a link, also where that was nothing.
    fn change_any(
        &mut self,
        now: Instant,
        link: LinkId,
        id: QuestionId,
        change: impl FnOnce(&mut Ask),
    ) {
        if self.queues.get(link).is_some() && self.wants(link, id) {
            self.asks.entry((link, id)).or_default();
            self.change(now, link, id, change);
        }
    }

    /// Returns how many entries the list of settled questions has.
    #[cfg(test)]
    pub(crate) fn quiet_len(&self) -> usize {
        self.quiet.len()
    }

    /// Plans to forget a question with nothing to ask; each is in the list once.
    fn note_quiet(&mut self, now: Instant, link: LinkId, id: QuestionId) {
        let ask = self.asks.get_mut(&(link, id));
        if let Some(ask) = ask.filter(|ask| !ask.is_listed) {
            ask.is_listed = true;
            self.quiet.push_back((now, link, id));
        }
    }

    /// Forgets settled questions of which nothing that happens now depends on when they were asked.
    fn forget_quiet(&mut self, now: Instant) {
        while let Some(&(since, link, id)) = self.quiet.front() {
            if now.saturating_since(since) <= QUESTION_MEMORY {
                return;
            }
            self.quiet.pop_front();
            let Some(ask) = self.asks.get_mut(&(link, id)) else {
                continue;
            };
            ask.is_listed = false;
            if ask.is_quiet(now) {
                self.asks.remove(&(link, id));
            } else if ask.due().is_none() && !ask.is_past(now) {
                self.note_quiet(now, link, id);
            }
        }
    }
}

impl QuestionId {
    const FIRST: Self = Self {
        name: NameId::FIRST,
        rtype: RecordType(0),
    };
    const LAST: Self = Self {
        name: NameId::LAST,
        rtype: RecordType(u16::MAX),
    };
}

impl Interest for Querier {
    fn asks(&self, link: LinkId, name: NameId, rtype: RecordType) -> bool {
        self.callers_of_name(link, name)
            .any(|(_, types)| types.iter().any(|asked| is_answer(asked, rtype)))
    }

    fn asks_for_type(&self, link: LinkId, name: NameId, rtype: RecordType) -> bool {
        self.wants(link, QuestionId { name, rtype })
    }

    fn asks_about(&self, link: LinkId, name: NameId) -> bool {
        self.callers_of_name(link, name).next().is_some()
    }
}

/// Returns whether a record of a type says something to those who ask for another.
fn is_answer(asked: RecordType, rtype: RecordType) -> bool {
    asked == rtype
        || asked == RecordType::ANY
        || rtype == RecordType::CNAME
        || rtype == RecordType::NSEC
}
