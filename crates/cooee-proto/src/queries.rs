//! The queries of the user: what each asks for, along its aliases, and what it is told.
//!
//! In:  queries that begin and end; names to which their aliases lead; changes to report.
//! Out: the questions that a query asks; events, none for a query that has ended.

use cooee_wire::RecordType;
use slab::Slab;

use crate::collections::{Few, Queue, SmallList, insert};
use crate::event::{AnswerChange, Event, QueryId};
use crate::link::LinkId;
use crate::names::NameId;

/// All queries.
#[derive(Default)]
pub(crate) struct Queries {
    open: Slab<OpenQuery>,
    generation: u32,
}

/// A query: its name, and those to which aliases have led.
pub(crate) struct OpenQuery {
    generation: u32,
    pub(crate) types: Types,
    /// The only link that matters to it.
    pub(crate) link: Option<LinkId>,
    chain: Few<NameId>,
}

/// The types of records that a query asks for: one, or two that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Types([RecordType; 2]);

/// The events for the queries.
#[derive(Default)]
pub(crate) struct Reports(Queue<Event>);

impl Queries {
    /// Adds a query that asks for nothing yet.
    pub(crate) fn start(&mut self, types: Types, link: Option<LinkId>) -> QueryId {
        self.generation = self.generation.wrapping_add(1);
        let generation = self.generation;
        let query = OpenQuery {
            generation,
            types,
            link,
            chain: Few::None,
        };
        let slot = insert(&mut self.open, query);
        QueryId { slot, generation }
    }

    /// Removes a query.
    pub(crate) fn stop(&mut self, id: QueryId) -> Option<OpenQuery> {
        self.get(id)?;
        self.open.try_remove(id.slot as usize)
    }

    pub(crate) fn get(&self, id: QueryId) -> Option<&OpenQuery> {
        let query = self.open.get(id.slot as usize);
        query.filter(|query| query.generation == id.generation)
    }

    /// Returns the query in a slot, with its id.
    pub(crate) fn at(&self, slot: u32) -> Option<(QueryId, &OpenQuery)> {
        let query = self.open.get(slot as usize)?;
        let generation = query.generation;
        Some((QueryId { slot, generation }, query))
    }

    /// Returns every query.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &OpenQuery> {
        self.open.iter().map(|(_, query)| query)
    }

    /// Adds a name at the end of a query's chain.
    pub(crate) fn extend(&mut self, id: QueryId, name: NameId) {
        if let Some(query) = self.get_mut(id) {
            query.chain.push(name);
        }
    }

    /// Ends a query's chain after `depth` aliases. Returns the rest.
    pub(crate) fn cut(&mut self, id: QueryId, depth: usize) -> SmallList<NameId, 1> {
        let Some(query) = self.get_mut(id) else {
            return SmallList::new();
        };
        let chain = query.chain.as_slice();
        let kept = depth.saturating_add(1).min(chain.len());
        let (kept, rest) = chain.split_at(kept);
        let rest = rest.into();
        query.chain = kept.iter().copied().collect();
        rest
    }

    fn get_mut(&mut self, id: QueryId) -> Option<&mut OpenQuery> {
        let query = self.open.get_mut(id.slot as usize);
        query.filter(|query| query.generation == id.generation)
    }
}

impl OpenQuery {
    /// Returns its chain of names, each the target of an alias of the one before.
    pub(crate) fn chain(&self) -> &[NameId] {
        self.chain.as_slice()
    }

    /// Returns the names and types that it asks for.
    pub(crate) fn questions(&self) -> impl Iterator<Item = (NameId, RecordType)> + '_ {
        let names = self.chain().iter();
        names.flat_map(|&name| self.types.iter().map(move |rtype| (name, rtype)))
    }

    /// Returns whether it follows an alias of the name at `depth` of its chain, to a name that is
    /// not part of the chain: only its end goes on, and only up to a limit.
    pub(crate) fn may_follow(&self, depth: usize, target: NameId, depth_max: usize) -> bool {
        let chain = self.chain();
        let is_end = chain.len() == depth.saturating_add(1);
        is_end && depth < depth_max && !chain.contains(&target)
    }

    /// Returns whether something on a link matters to it.
    pub(crate) fn concerns(&self, link: LinkId) -> bool {
        self.link.is_none_or(|only| only == link)
    }
}

impl Types {
    /// What is known of a service.
    pub(crate) const SERVICE: Self = Self([RecordType::SRV, RecordType::TXT]);
    /// The addresses of a host.
    pub(crate) const ADDRESSES: Self = Self([RecordType::A, RecordType::AAAA]);

    pub(crate) const fn one(rtype: RecordType) -> Self {
        Self([rtype, rtype])
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = RecordType> {
        let Self([first, second]) = self;
        let second = (second != first).then_some(second);
        core::iter::once(first).chain(second)
    }

    pub(crate) fn contains(self, rtype: RecordType) -> bool {
        self.0.contains(&rtype)
    }

    /// Returns the type with which records of a type are asked for, if they are.
    pub(crate) fn asking_for(self, rtype: RecordType) -> Option<RecordType> {
        self.iter()
            .find(|asked| *asked == rtype || *asked == RecordType::ANY)
    }
}

impl Reports {
    /// Reports to a query a change on a link, about a type that it asks for.
    pub(crate) fn add(
        &mut self,
        query: QueryId,
        link: LinkId,
        rtype: RecordType,
        change: AnswerChange,
    ) {
        self.0.push_back(Event {
            query,
            link,
            rtype,
            change,
        });
    }

    /// Returns the next event of a query that has not ended.
    pub(crate) fn poll(&mut self, queries: &Queries) -> Option<Event> {
        while let Some(event) = self.0.pop_front() {
            if queries.get(event.query).is_some() {
                return Some(event);
            }
        }
        None
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns for how many events there is room.
    #[cfg(test)]
    pub(crate) fn room(&self) -> usize {
        self.0.room()
    }
}
