//! Attaches queries to questions, and follows aliases to further ones.
//!
//! In:  a query's name; CNAME records that appear and disappear.
//! Out: questions asked for the query; the answers already in the cache. RFC 6762 section 16 and
//!      RFC 1034 section 3.6.2: an alias stands for its target.

use cooee_wire::{Name, RData, RecordType};

use super::{ChainLink, Engine};
use crate::cache::ChangedRecord;
use crate::collections::SmallList;
use crate::event::{AnswerChange, Event, QueryId, Removal};
use crate::link::LinkId;
use crate::names::NameId;
use crate::querier::Caller;
use crate::time::Instant;

impl Engine {
    /// Asks a query's question about one more name, and reports what the cache has about it.
    pub(super) fn attach(&mut self, now: Instant, id: QueryId, name: NameId) {
        let Some(query) = self.query_mut(id) else {
            return;
        };
        let (rtype, link, depth) = (query.rtype, query.link, query.chain.len());
        let caller = Caller {
            query: id,
            link,
            depth: u32::try_from(depth).unwrap_or(u32::MAX),
        };
        let question = self.querier.add(name, rtype, caller, &mut self.names);
        if let Some(query) = self.query_mut(id) {
            query.chain.push(ChainLink { name, question });
        }
        self.querier.ask(now, question, &self.cache);
        self.cache.reconsider(name, &self.querier);
        self.tell_cached(id, link, name, rtype);
        self.follow_cached(now, id, link, name, rtype, depth);
    }

    /// Removes a query from one of its questions.
    pub(super) fn detach(&mut self, id: QueryId, depth: usize, link: ChainLink) {
        self.names.hold_again(link.name);
        let depth = u32::try_from(depth).unwrap_or(u32::MAX);
        self.querier.stop(link.question, id, depth, &mut self.names);
        self.cache.reconsider(link.name, &self.querier);
        self.names.release(link.name);
    }

    /// Handles an alias found at `depth` of a query's chain: its target is also asked about.
    fn follow(&mut self, now: Instant, id: QueryId, depth: usize, target: &Name) {
        let chain = self
            .query(id)
            .map(|query| query.chain.clone())
            .unwrap_or_default();
        let is_end = chain.len() == depth.saturating_add(1);
        if !is_end || depth >= self.config.limits.alias_depth_max {
            return;
        }
        let target = self.names.hold(target);
        if chain.iter().all(|link| link.name != target) {
            self.attach(now, id, target);
        }
        self.names.release(target);
    }

    /// Handles a change of a query's aliases: its chain ends where it is no longer valid, and
    /// continues with an alias that is.
    pub(super) fn reroute(&mut self, now: Instant, id: QueryId, why: Removal) {
        let Some(query) = self.query(id) else {
            return;
        };
        let (rtype, only) = (query.rtype, query.link);
        let holds = |from: &ChainLink, to: &ChainLink| {
            let target = self.names.name(to.name);
            self.aliases(only, from.name).any(|alias| alias == *target)
        };
        let mut steps = query.chain.iter().zip(query.chain.iter().skip(1));
        let held = steps.position(|(from, to)| !holds(from, to));
        let depth = held.unwrap_or(query.chain.len().saturating_sub(1));
        let Some(&end) = query.chain.get(depth) else {
            return;
        };
        self.cut(id, depth, why);
        self.follow_cached(now, id, only, end.name, rtype, depth);
    }

    /// Ends a query's chain of aliases at `depth`, if it goes further.
    fn cut(&mut self, id: QueryId, depth: usize, why: Removal) {
        let Some(query) = self.query_mut(id) else {
            return;
        };
        let (rtype, only) = (query.rtype, query.link);
        let from = depth.saturating_add(1).min(query.chain.len());
        let rest: SmallList<ChainLink, 1> = query.chain.drain(from..).collect();
        for (depth, link) in (from..).zip(rest) {
            for record in self.cache.records(link.name, rtype) {
                if concerns(only, record.link) {
                    let answer = record.answer(&self.names);
                    let change = AnswerChange::Removed(answer, why);
                    self.events.push_back(Event {
                        query: id,
                        link: record.link,
                        change,
                    });
                }
            }
            self.detach(id, depth, link);
        }
    }

    /// Returns where the aliases of a name lead, on the links that concern a query.
    fn aliases(&self, only: Option<LinkId>, name: NameId) -> impl Iterator<Item = Name> + '_ {
        let records = self.cache.records(name, RecordType::CNAME);
        let target = move |record: ChangedRecord| {
            let RData::Cname(target) = record.data else {
                return None;
            };
            concerns(only, record.link).then_some(target)
        };
        records.filter_map(target)
    }

    fn tell_cached(&mut self, id: QueryId, only: Option<LinkId>, name: NameId, rtype: RecordType) {
        for record in self.cache.records(name, rtype) {
            if concerns(only, record.link) {
                let change = AnswerChange::Added(record.answer(&self.names));
                self.events.push_back(Event {
                    query: id,
                    link: record.link,
                    change,
                });
            }
        }
        for &link in self.links.keys() {
            if concerns(only, link) && self.querier.is_denied(link, name, rtype) {
                self.events.push_back(Event {
                    query: id,
                    link,
                    change: AnswerChange::Denied,
                });
            }
        }
    }

    fn follow_cached(
        &mut self,
        now: Instant,
        id: QueryId,
        only: Option<LinkId>,
        name: NameId,
        rtype: RecordType,
        depth: usize,
    ) {
        if !follows_aliases(rtype) {
            return;
        }
        let target = self.aliases(only, name).next();
        if let Some(target) = target {
            self.follow(now, id, depth, &target);
        }
    }
}

/// Returns whether a query for this type continues at the target of an alias.
pub(super) fn follows_aliases(rtype: RecordType) -> bool {
    rtype != RecordType::CNAME && rtype != RecordType::ANY
}

fn concerns(only: Option<LinkId>, link: LinkId) -> bool {
    only.is_none_or(|only| only == link)
}
