//! The queries of the user: what each asks for, along its aliases, and what it is told.
//!
//! In:  queries that begin and end; names to which their aliases lead; changes to report.
//! Out: the questions that a query asks; events, none for a query that has ended.

use alloc::collections::VecDeque;

use cooee_wire::RecordType;
use slab::Slab;

use crate::collections::{SmallList, insert};
use crate::event::{AnswerChange, Event, QueryId};
use crate::link::LinkId;
use crate::names::NameId;
use crate::querier::QuestionId;

/// All queries, and the events for them.
#[derive(Default)]
pub(crate) struct Queries {
    open: Slab<OpenQuery>,
    generation: u32,
    events: VecDeque<Event>,
}

/// A query: its question, and those to which aliases have led.
pub(crate) struct OpenQuery {
    generation: u32,
    pub(crate) rtype: RecordType,
    /// The only link that matters to it.
    pub(crate) link: Option<LinkId>,
    chain: SmallList<ChainLink, 1>,
}

/// A name of a query's chain of aliases, and the question about it.
#[derive(Clone, Copy)]
pub(crate) struct ChainLink {
    pub(crate) name: NameId,
    pub(crate) question: QuestionId,
}

impl Queries {
    /// Adds a query that asks for nothing yet.
    pub(crate) fn start(&mut self, rtype: RecordType, link: Option<LinkId>) -> QueryId {
        self.generation = self.generation.wrapping_add(1);
        let generation = self.generation;
        let query = OpenQuery {
            generation,
            rtype,
            link,
            chain: SmallList::new(),
        };
        let slot = insert(&mut self.open, query);
        QueryId { slot, generation }
    }

    /// Removes a query. Returns what it has asked for; its events are dropped.
    pub(crate) fn stop(&mut self, id: QueryId) -> SmallList<ChainLink, 1> {
        match self.get(id) {
            Some(_) => self.open.remove(id.slot as usize).chain,
            None => SmallList::new(),
        }
    }

    pub(crate) fn get(&self, id: QueryId) -> Option<&OpenQuery> {
        let query = self.open.get(id.slot as usize);
        query.filter(|query| query.generation == id.generation)
    }

    /// Adds a question at the end of a query's chain.
    pub(crate) fn extend(&mut self, id: QueryId, link: ChainLink) {
        if let Some(query) = self.get_mut(id) {
            query.chain.push(link);
        }
    }

    /// Ends a query's chain after `depth` aliases. Returns the rest, each with its depth.
    pub(crate) fn cut(&mut self, id: QueryId, depth: usize) -> SmallList<(usize, ChainLink), 1> {
        let Some(query) = self.get_mut(id) else {
            return SmallList::new();
        };
        let from = depth.saturating_add(1).min(query.chain.len());
        (from..).zip(query.chain.drain(from..)).collect()
    }

    /// Reports a change on a link to a query.
    pub(crate) fn report(&mut self, query: QueryId, link: LinkId, change: AnswerChange) {
        self.events.push_back(Event {
            query,
            link,
            change,
        });
    }

    /// Returns the next event of a query that has not ended.
    pub(crate) fn poll_event(&mut self) -> Option<Event> {
        while let Some(event) = self.events.pop_front() {
            if self.get(event.query).is_some() {
                return Some(event);
            }
        }
        None
    }

    /// Returns whether there is an event to poll.
    pub(crate) fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    fn get_mut(&mut self, id: QueryId) -> Option<&mut OpenQuery> {
        let query = self.open.get_mut(id.slot as usize);
        query.filter(|query| query.generation == id.generation)
    }
}

impl OpenQuery {
    /// Returns its chain of names, each the target of an alias of the one before.
    pub(crate) fn chain(&self) -> &[ChainLink] {
        &self.chain
    }

    /// Returns whether it follows an alias of the name at `depth` of its chain, to a name that is
    /// not part of the chain: only its end goes on, and only up to a limit.
    pub(crate) fn may_follow(&self, depth: usize, target: NameId, depth_max: usize) -> bool {
        let is_end = self.chain.len() == depth.saturating_add(1);
        is_end && depth < depth_max && self.chain.iter().all(|link| link.name != target)
    }
}
