//! The querier: which questions are asked, on which link, and when.
//!
//! In:  questions of callers, links, answers that settle a question, others' questions.
//! Out: what to ask now, for `compose`; which callers a record answers. RFC 6762 sections 5.2 to
//!      5.4 and 7.3.

mod ask;
mod hear;
mod queue;
mod series;

use alloc::vec::Vec;

use cooee_wire::RecordType;
use slab::Slab;

use self::ask::Ask;
pub(crate) use self::queue::AskedQuestion;
use crate::asking::{Interest, Settled};
use crate::collections::{SmallList, insert};
use crate::event::QueryId;
use crate::intake::rate::Bucket;
use crate::link::LinkId;
use crate::names::{NameId, Names, PerName};
use crate::rng::Rng;
use crate::schedule::{LinkQueue, Schedule};
use crate::time::{Duration, Instant};

/// A question that has callers, on one or more links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct QuestionId(u32);

/// A caller of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) query: QueryId,
    /// The only link that matters to it.
    pub(crate) link: Option<LinkId>,
    /// How many aliases led here from the query's own name.
    pub(crate) depth: u32,
}

struct Question {
    name: NameId,
    rtype: RecordType,
    callers: SmallList<Caller, 1>,
    asks: SmallList<Ask, 1>,
}

/// All questions of the host. Equal questions of several callers are merged.
pub(crate) struct Querier {
    questions: Slab<Question>,
    by_name: PerName<QuestionId>,
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
            questions: Slab::new(),
            by_name: PerName::default(),
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

    /// Adds a caller to a question, which is created if it is new.
    pub(crate) fn add(
        &mut self,
        name: NameId,
        rtype: RecordType,
        caller: Caller,
        names: &mut Names,
    ) -> QuestionId {
        let id = self
            .find(name, rtype)
            .unwrap_or_else(|| self.make(name, rtype, names));
        if let Some(question) = self.questions.get_mut(id.0 as usize) {
            question.callers.push(caller);
            question.asks.iter_mut().for_each(Ask::join);
        }
        id
    }

    /// Starts to ask on every link that a caller wants, that is up, and where it is not asked yet.
    pub(crate) fn ask(&mut self, now: Instant, id: QuestionId, settled: &impl Settled) {
        let links: SmallList<LinkId, 4> = self.queues.links().collect();
        for link in links {
            //= https://www.rfc-editor.org/rfc/rfc6762#section-5.4
            //# New questions created by
            //# local clients afterwards should be treated as normal "QM" questions
            //# and SHOULD NOT have the unicast-response bit set on the first
            //# question of the series.
            //= https://www.rfc-editor.org/rfc/rfc6762#section-5.4
            //# In addition, the unicast-response bit SHOULD be set
            //# only for questions that are active and ready to be sent the moment of
            //# wake from sleep or interface activation.
            self.begin_ask(now, id, link, false, settled);
        }
    }

    /// Removes a caller from a question; the last one ends it.
    pub(crate) fn stop(&mut self, id: QuestionId, query: QueryId, depth: u32, names: &mut Names) {
        let Some(question) = self.questions.get_mut(id.0 as usize) else {
            return;
        };
        let is_it = |caller: &Caller| caller.query == query && caller.depth == depth;
        if let Some(at) = question.callers.iter().position(is_it) {
            question.callers.swap_remove(at);
        }
        self.drop_unwanted_asks(id);
        let Some(question) = self.questions.get(id.0 as usize) else {
            return;
        };
        if !question.callers.is_empty() {
            return;
        }
        let question = self.questions.remove(id.0 as usize);
        self.by_name.remove(question.name, id);
        names.release(question.name);
    }

    /// Handles a link that has come up, possibly again: everything is asked on it, as by a new
    /// querier.
    pub(crate) fn link_up(&mut self, now: Instant, link: LinkId, settled: &impl Settled) {
        self.queues.of_link(link);
        let ids: Vec<_> = self.questions.iter().map(|(slot, _)| slot).collect();
        for slot in ids {
            let Some(question) = self.questions.get_mut(slot) else {
                continue;
            };
            if question.wants(link) {
                question.asks.retain(|ask| ask.link != link);
            }
        }
        if let Some(queue) = self.queues.get_mut(link) {
            *queue = LinkQueue::default();
        }
        self.ask_everything(now, link, settled);
    }

    /// Answers on a link may have been missed: asks once more, outside of its series, for
    /// everything that may have more answers than are known.
    pub(crate) fn ask_again(&mut self, now: Instant, link: LinkId) {
        let Some(queue) = self.queues.get_mut(link) else {
            return;
        };
        let at = queue.first_time(now, &mut self.rng);
        for (slot, question) in &mut self.questions {
            let Ok(slot) = u32::try_from(slot) else {
                continue;
            };
            let asks = question.asks.iter_mut();
            for ask in asks.filter(|ask| ask.link == link && ask.series.is_some()) {
                let before = ask.due();
                ask.catch_up(now, at);
                queue.replan(QuestionId(slot), before, ask.due());
            }
        }
    }

    /// Handles a link that is gone: nothing is asked on it any more.
    pub(crate) fn link_down(&mut self, link: LinkId) {
        self.queues.drop_link(link);
        for (_, question) in &mut self.questions {
            question.asks.retain(|ask| ask.link != link);
        }
    }

    /// Returns the callers, with the type they ask for, that a record of this name and type
    /// answers.
    pub(crate) fn callers(
        &self,
        link: LinkId,
        name: NameId,
        rtype: RecordType,
    ) -> impl Iterator<Item = Caller> + '_ {
        self.of_name(name)
            .filter(move |question| question.rtype == rtype || question.rtype == RecordType::ANY)
            .flat_map(|question| question.callers.iter().copied())
            .filter(move |caller| caller.link.is_none_or(|only| only == link))
    }

    /// Returns every caller that asks about a name, with the type it asks for.
    pub(crate) fn callers_of_name(
        &self,
        link: LinkId,
        name: NameId,
    ) -> impl Iterator<Item = (RecordType, Caller)> + '_ {
        self.of_name(name)
            .flat_map(|question| {
                question
                    .callers
                    .iter()
                    .map(|caller| (question.rtype, *caller))
            })
            .filter(move |(_, caller)| caller.link.is_none_or(|only| only == link))
    }

    /// Returns whether there is a question for records of a type, on any link.
    pub(crate) fn asks_for(&self, name: NameId, rtype: RecordType) -> bool {
        self.types_asked(name).any(|asked| asked == rtype)
    }

    /// Returns the types asked for of a name.
    pub(crate) fn types_asked(&self, name: NameId) -> impl Iterator<Item = RecordType> + '_ {
        self.of_name(name).map(|question| question.rtype)
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
        let asked = |ask: &Ask| ask.link == link && ask.unicast_sent.is_some_and(|at| at >= since);
        self.of_name(name)
            .filter(|question| question.answers(link, rtype))
            .any(|question| question.asks.iter().any(asked))
    }

    /// Returns the name and type of a question.
    pub(crate) fn question(&self, id: QuestionId) -> Option<(NameId, RecordType)> {
        let question = self.questions.get(id.0 as usize);
        question.map(|question| (question.name, question.rtype))
    }

    /// Returns how many questions are open.
    pub(crate) fn len(&self) -> usize {
        self.questions.len()
    }

    fn find(&self, name: NameId, rtype: RecordType) -> Option<QuestionId> {
        let of_name = self.by_name.get(name).iter();
        of_name.copied().find(|id| {
            self.questions
                .get(id.0 as usize)
                .is_some_and(|question| question.rtype == rtype)
        })
    }

    fn make(&mut self, name: NameId, rtype: RecordType, names: &mut Names) -> QuestionId {
        names.hold_again(name);
        let question = Question {
            name,
            rtype,
            callers: SmallList::new(),
            asks: SmallList::new(),
        };
        let id = QuestionId(insert(&mut self.questions, question));
        self.by_name.push(name, id);
        id
    }

    fn of_name(&self, name: NameId) -> impl Iterator<Item = &Question> {
        let ids = self.by_name.get(name).iter();
        ids.filter_map(|id| self.questions.get(id.0 as usize))
    }

    fn ask_everything(&mut self, now: Instant, link: LinkId, settled: &impl Settled) {
        let ids: Vec<usize> = self.questions.iter().map(|(slot, _)| slot).collect();
        for slot in ids {
            let Ok(slot) = u32::try_from(slot) else {
                continue;
            };
            //= https://www.rfc-editor.org/rfc/rfc6762#section-5.4
            //# A
            //# Multicast DNS querier sending its initial batch of questions
            //# immediately on wake from sleep or interface activation SHOULD set the
            //# unicast-response bit in those questions.
            self.begin_ask(now, QuestionId(slot), link, true, settled);
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
        let Some(question) = self.questions.get_mut(id.0 as usize) else {
            return;
        };
        let Some(queue) = self.queues.get_mut(link) else {
            return;
        };
        if !question.wants(link) || question.asks.iter().any(|ask| ask.link == link) {
            return;
        }
        let mut ask = Ask::new(link);
        if !settled.is_settled(link, question.name, question.rtype) {
            ask.begin(queue.first_time(now, &mut self.rng), unicast);
        }
        queue.replan(id, None, ask.due());
        question.asks.push(ask);
    }

    fn drop_unwanted_asks(&mut self, id: QuestionId) {
        let Some(question) = self.questions.get_mut(id.0 as usize) else {
            return;
        };
        let callers = &question.callers;
        let wants = |link| {
            callers
                .iter()
                .any(|caller| caller.link.is_none_or(|only| only == link))
        };
        for ask in question.asks.iter().filter(|ask| !wants(ask.link)) {
            if let Some(queue) = self.queues.get_mut(ask.link) {
                queue.replan(id, ask.due(), None);
            }
        }
        question.asks.retain(|ask| wants(ask.link));
    }

    /// Changes the asks on a link of the questions about a name, of one type or of all.
    fn for_asks(
        &mut self,
        link: LinkId,
        name: NameId,
        rtype: Option<RecordType>,
        mut change: impl FnMut(&mut Ask, QuestionId),
    ) {
        let Some(queue) = self.queues.get_mut(link) else {
            return;
        };
        for &id in self.by_name.get(name) {
            let Some(question) = self.questions.get_mut(id.0 as usize) else {
                continue;
            };
            if rtype.is_some_and(|rtype| rtype != question.rtype) {
                continue;
            }
            for ask in question.asks.iter_mut().filter(|ask| ask.link == link) {
                let before = ask.due();
                change(ask, id);
                queue.replan(id, before, ask.due());
            }
        }
    }
}

impl Question {
    fn wants(&self, link: LinkId) -> bool {
        self.callers
            .iter()
            .any(|caller| caller.link.is_none_or(|only| only == link))
    }

    fn answers(&self, link: LinkId, rtype: RecordType) -> bool {
        let by_type = self.rtype == rtype
            || self.rtype == RecordType::ANY
            || rtype == RecordType::CNAME
            || rtype == RecordType::NSEC;
        by_type && self.wants(link)
    }
}

impl Interest for Querier {
    fn asks(&self, link: LinkId, name: NameId, rtype: RecordType) -> bool {
        self.of_name(name)
            .any(|question| question.answers(link, rtype))
    }

    fn asks_for_type(&self, link: LinkId, name: NameId, rtype: RecordType) -> bool {
        self.of_name(name)
            .any(|question| question.rtype == rtype && question.wants(link))
    }

    fn asks_about(&self, link: LinkId, name: NameId) -> bool {
        self.of_name(name).any(|question| question.wants(link))
    }
}
