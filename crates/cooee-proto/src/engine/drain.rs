//! The one place where changes in one part reach the others.
//!
//! In:  the cache's changes.
//! Out: events for those who ask, and instructions for the querier. RFC 6762 sections 5.2 (cache
//!      maintenance, unique answers) and 6.1 (negative answers).

use alloc::vec::Vec;

use cooee_wire::{RData, RecordType};

use super::Engine;
use super::alias::follows_aliases;
use crate::asking::Settled;
use crate::cache::{Change, ChangedRecord, answers, denies};
use crate::compose::query::is_missing;
use crate::event::{Answer, AnswerChange, QueryId, Removal};
use crate::link::LinkId;
use crate::names::NameId;
use crate::ordered::{OrderedMap, OrderedSet};
use crate::querier::QuestionId;
use crate::time::Instant;

impl Engine {
    /// Passes on every change of the cache.
    ///
    /// Aliases are followed after all changes are reported: a query that reaches one more name gets
    /// what the cache has about it, and must not get the same again as a change. What is gone is
    /// asked for once per name and type: thousands of records can end at one moment.
    pub(super) fn drain(&mut self, now: Instant) {
        if !self.cache.has_changes() {
            return;
        }
        let mut rerouted: OrderedMap<QueryId, Removal> = OrderedMap::default();
        let mut gone: OrderedSet<(LinkId, NameId, RecordType)> = OrderedSet::default();
        while let Some(change) = self.cache.poll_change() {
            match change {
                Change::Added(record) => {
                    self.on_added(now, &record);
                    for query in self.followers(&record) {
                        if !rerouted.contains(query) {
                            rerouted.insert(query, Removal::Replaced);
                        }
                    }
                }
                Change::AlsoHeard(record) => self.tell(&record, AnswerChange::AlsoHeard),
                Change::Removed(record, why) => {
                    self.tell(&record, |answer| AnswerChange::Removed(answer, why));
                    if why != Removal::Evicted {
                        gone.insert((record.link, record.name, record.data.rtype()));
                    }
                    for query in self.followers(&record) {
                        rerouted.insert(query, why);
                    }
                }
                Change::DeniedAgain(record) => self.on_denial(now, &record),
                Change::Contested { link, name, rtype } => {
                    self.querier.verify(now, link, name, rtype);
                }
                Change::Refresh { link, name, rtype } => self.on_refresh(now, link, name, rtype),
            }
        }
        for (link, name, rtype) in gone.iter() {
            self.ask_for_gone(now, link, name, rtype);
        }
        for (query, &why) in rerouted.iter() {
            self.reroute(now, query, why);
        }
    }

    fn on_added(&mut self, now: Instant, record: &ChangedRecord) {
        self.tell(record, AnswerChange::Added);
        self.on_denial(now, record);
        //= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
        //# An additional efficiency optimization SHOULD be performed when a
        //# Multicast DNS response is received containing a unique answer (as
        //# indicated by the cache-flush bit being set, described in Section
        //# 10.2, "Announcements to Flush Outdated Cache Entries").
        //= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
        //# In this case, the Multicast DNS querier SHOULD plan to
        //# issue its next query for this record at 80-82% of the record's TTL,
        //# as described above.
        if record.unique {
            self.settle(now, record.link, record.name);
        } else {
            let rtype = record.data.rtype();
            self.querier.learn(now, record.link, record.name, rtype);
        }
    }

    /// Handles answers of a name and type that are gone. They are asked for once more, whether or
    /// not they were the last, and whoever reported their end. If they were the last on any link,
    /// they are asked for on each, because the questions on other links had no urgency.
    fn ask_for_gone(&mut self, now: Instant, from: LinkId, name: NameId, gone: RecordType) {
        for rtype in self.querier.types_asked(name) {
            let answered = rtype == gone || rtype == RecordType::ANY || gone == RecordType::CNAME;
            let were_last = answers(gone, rtype) && self.is_missing(name, rtype);
            let links = self.links.ids();
            let links = links.filter(|link| were_last || (answered && *link == from));
            for link in links {
                if !self.cache.is_settled(link, name, rtype) {
                    self.querier.revive(now, link, name, rtype);
                }
            }
        }
    }

    /// Returns whether a unique record is known on no link.
    fn is_missing(&self, name: NameId, rtype: RecordType) -> bool {
        is_missing(&self.cache, &self.names, &self.querier, name, rtype)
    }

    /// Handles a record that needs a refresh. An alias, which answers questions of other types, is
    /// asked for through those.
    fn on_refresh(&mut self, now: Instant, link: LinkId, name: NameId, rtype: RecordType) {
        self.querier.refresh(now, link, name, rtype);
        if rtype == RecordType::CNAME {
            for rtype in self.querier.types_asked(name) {
                if self
                    .cache
                    .records(name, rtype, &self.names)
                    .next()
                    .is_none()
                {
                    self.querier.refresh(now, link, name, rtype);
                }
            }
        }
    }

    fn tell(&mut self, record: &ChangedRecord, change: impl Fn(Answer) -> AnswerChange) {
        let rtype = record.data.rtype();
        for (query, asked) in self.querier.callers(record.link, record.name, rtype) {
            let answer = record.answer(&self.names);
            self.reports.add(query, record.link, asked, change(answer));
        }
    }

    /// Informs those whose question for an SRV or address record had no answer for long.
    pub(super) fn tell_unanswered(&mut self, link: LinkId, id: QuestionId) {
        let QuestionId { name, rtype } = id;
        if !matches!(rtype, RecordType::SRV | RecordType::A | RecordType::AAAA) {
            return;
        }
        for (query, asked) in self.querier.callers(link, name, rtype) {
            self.reports
                .add(query, link, asked, AnswerChange::Unanswered);
        }
    }

    /// Handles what an NSEC record denies, as the answer to those who have just asked for it. Known
    /// records are not denied.
    fn on_denial(&mut self, now: Instant, record: &ChangedRecord) {
        let RData::Nsec(_) = &record.data else {
            return;
        };
        let (link, name) = (record.link, record.name);
        let cache = &self.cache;
        let denied = |rtype| denies(&record.data, rtype) && !cache.is_settled(link, name, rtype);
        let reported = self.querier.deny(now, link, name, record.ttl, denied);
        for (query, types) in self.querier.callers_of_name(link, name) {
            for asked in types.iter().filter(|asked| reported.contains(asked)) {
                self.reports.add(query, link, asked, AnswerChange::Denied);
            }
        }
    }

    /// Returns the queries that an alias concerns.
    fn followers(&self, record: &ChangedRecord) -> Vec<QueryId> {
        let RData::Cname(_) = &record.data else {
            return Vec::new();
        };
        self.querier
            .callers_of_name(record.link, record.name)
            .filter(|(_, types)| follows_aliases(*types))
            .map(|(query, _)| query)
            .collect()
    }

    fn settle(&mut self, now: Instant, link: LinkId, name: NameId) {
        for rtype in self.querier.types_asked(name) {
            if self.cache.is_settled(link, name, rtype) {
                self.querier.settle(now, link, name, rtype);
            }
        }
    }
}
