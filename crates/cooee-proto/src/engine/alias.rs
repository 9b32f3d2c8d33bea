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
use crate::queries::Types;
use crate::time::Instant;

impl Engine {
    /// Asks a query's question about one more name, and reports what the cache has about it.
    pub(super) fn attach(&mut self, now: Instant, id: QueryId, name: NameId) {
        let Some(query) = self.querier.queries.get(id) else {
            return;
        };
        let (types, link, depth) = (query.types, query.link, query.chain().len());
        self.querier.add(id, name, &mut self.names);
        self.querier.ask(now, name, types, &self.cache);
        self.cache.reconsider(name, &self.querier, &self.names);
        for rtype in types.iter() {
            self.tell_cached(id, link, name, rtype);
        }
        self.follow_cached(now, id, link, name, types, depth);
    }

    /// Removes a name from those about which a query asks.
    pub(super) fn detach(&mut self, id: QueryId, types: Types, name: NameId) {
        self.names.hold_again(name);
        self.querier.stop(id.slot, types, name, &mut self.names);
        self.cache.reconsider(name, &self.querier, &self.names);
        self.names.release(name);
    }

    /// Handles an alias found at `depth` of a query's chain: its target is also asked about.
    fn follow(&mut self, now: Instant, id: QueryId, depth: usize, target: &Name) {
        let depth_max = self.config.limits.alias_depth_max;
        let target = self.names.hold(target);
        let query = self.querier.queries.get(id);
        if query.is_some_and(|query| query.may_follow(depth, target, depth_max)) {
            self.attach(now, id, target);
        }
        self.names.release(target);
    }

    /// Handles a change of a query's aliases: its chain ends where it is no longer valid, and
    /// continues with an alias that is.
    pub(super) fn reroute(&mut self, now: Instant, id: QueryId, why: Removal) {
        let Some(query) = self.querier.queries.get(id) else {
            return;
        };
        let (types, only) = (query.types, query.link);
        let holds = |from: NameId, to: NameId| {
            let target = self.names.name(to);
            self.aliases(only, from).any(|alias| alias == *target)
        };
        let chain = query.chain();
        let mut steps = chain.iter().zip(chain.iter().skip(1));
        let held = steps.position(|(from, to)| !holds(*from, *to));
        let depth = held.unwrap_or(chain.len().saturating_sub(1));
        let Some(&end) = chain.get(depth) else {
            return;
        };
        self.cut(id, depth, why);
        self.follow_cached(now, id, only, end, types, depth);
    }

    /// Ends a query's chain of aliases at `depth`, if it goes further.
    fn cut(&mut self, id: QueryId, depth: usize, why: Removal) {
        let Some(query) = self.querier.queries.get(id) else {
            return;
        };
        let (types, only) = (query.types, query.link);
        for name in self.querier.queries.cut(id, depth) {
            for rtype in types.iter() {
                for record in self.cache.records(name, rtype, &self.names) {
                    if concerns(only, record.link) {
                        let answer = record.answer(&self.names);
                        let change = AnswerChange::Removed(answer, why);
                        self.reports.add(id, record.link, rtype, change);
                    }
                }
            }
            self.detach(id, types, name);
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
                self.reports.add(id, record.link, rtype, change);
            }
        }
        for link in self.links.ids() {
            if concerns(only, link) && self.querier.is_denied(link, name, rtype) {
                self.reports.add(id, link, rtype, AnswerChange::Denied);
            }
        }
    }

    fn follow_cached(
        &mut self,
        now: Instant,
        id: QueryId,
        only: Option<LinkId>,
        name: NameId,
        types: Types,
        depth: usize,
    ) {
        if !follows_aliases(types) {
            return;
        }
        let target = self.aliases(only, name).next();
        if let Some(target) = target {
            self.follow(now, id, depth, &target);
        }
    }
}

/// Returns whether a query for these types continues at the target of an alias.
pub(super) fn follows_aliases(types: Types) -> bool {
    !types.contains(RecordType::CNAME) && !types.contains(RecordType::ANY)
}

fn concerns(only: Option<LinkId>, link: LinkId) -> bool {
    only.is_none_or(|only| only == link)
}
