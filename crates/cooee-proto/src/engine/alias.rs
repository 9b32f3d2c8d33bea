//! Attaches queries to questions, and follows aliases to further ones.
//!
//! In:  a query's name; CNAME records that appear and disappear.
//! Out: questions asked for the query; the answers already in the cache. RFC 6762 section 16 and
//!      RFC 1034 section 3.6.2: an alias stands for its target.

use cooee_wire::{Name, RData, RecordType};

use super::Engine;
use crate::cache::ChangedRecord;
use crate::event::{AnswerChange, QueryId, Removal};
use crate::link::LinkId;
use crate::names::NameId;
use crate::querier::Caller;
use crate::queries::ChainLink;
use crate::time::Instant;

impl Engine {
    /// Asks a query's question about one more name, and reports what the cache has about it.
    pub(super) fn attach(&mut self, now: Instant, id: QueryId, name: NameId) {
        let Some(query) = self.queries.get(id) else {
            return;
        };
        let (rtype, link, depth) = (query.rtype, query.link, query.chain().len());
        let caller = Caller {
            query: id,
            link,
            depth: u32::try_from(depth).unwrap_or(u32::MAX),
        };
        let question = self.querier.add(name, rtype, caller, &mut self.names);
        self.queries.extend(id, ChainLink { name, question });
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
        let depth_max = self.config.limits.alias_depth_max;
        let target = self.names.hold(target);
        let query = self.queries.get(id);
        if query.is_some_and(|query| query.may_follow(depth, target, depth_max)) {
            self.attach(now, id, target);
        }
        self.names.release(target);
    }

    /// Handles a change of a query's aliases: its chain ends where it is no longer valid, and
    /// continues with an alias that is.
    pub(super) fn reroute(&mut self, now: Instant, id: QueryId, why: Removal) {
        let Some(query) = self.queries.get(id) else {
            return;
        };
        let (rtype, only) = (query.rtype, query.link);
        let holds = |from: &ChainLink, to: &ChainLink| {
            let target = self.names.name(to.name);
            self.aliases(only, from.name).any(|alias| alias == *target)
        };
        let chain = query.chain();
        let mut steps = chain.iter().zip(chain.iter().skip(1));
        let held = steps.position(|(from, to)| !holds(from, to));
        let depth = held.unwrap_or(chain.len().saturating_sub(1));
        let Some(&end) = chain.get(depth) else {
            return;
        };
        self.cut(id, depth, why);
        self.follow_cached(now, id, only, end.name, rtype, depth);
    }

    /// Ends a query's chain of aliases at `depth`, if it goes further.
    fn cut(&mut self, id: QueryId, depth: usize, why: Removal) {
        let Some(query) = self.queries.get(id) else {
            return;
        };
        let (rtype, only) = (query.rtype, query.link);
        for (depth, link) in self.queries.cut(id, depth) {
            for record in self.cache.records(link.name, rtype, &self.names) {
                if concerns(only, record.link) {
                    let answer = record.answer(&self.names);
                    let change = AnswerChange::Removed(answer, why);
                    self.queries.report(id, record.link, change);
                }
            }
            self.detach(id, depth, link);
        }
    }

    /// Returns where the aliases of a name lead, on the links that concern a query.
    fn aliases(&self, only: Option<LinkId>, name: NameId) -> impl Iterator<Item = Name> + '_ {
        let records = self.cache.records(name, RecordType::CNAME, &self.names);
        let target = move |record: ChangedRecord| {
            let RData::Cname(target) = record.data else {
                return None;
            };
            concerns(only, record.link).then_some(target)
        };
        records.filter_map(target)
    }

    fn tell_cached(&mut self, id: QueryId, only: Option<LinkId>, name: NameId, rtype: RecordType) {
        for record in self.cache.records(name, rtype, &self.names) {
            if concerns(only, record.link) {
                let change = AnswerChange::Added(record.answer(&self.names));
                self.queries.report(id, record.link, change);
            }
        }
        for link in self.links.ids() {
            if concerns(only, link) && self.querier.is_denied(link, name, rtype) {
                self.queries.report(id, link, AnswerChange::Denied);
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
