//! Look-ups: what is known about a name, and what fits a known-answer list.
//!
//! In:  a name, a type, a link.
//! Out: [`Cached`] records, or those with their age; whether a question is answered, and whether
//!      completely. RFC 6762 sections 6.1 (negative responses) and 7.1 (known answers).

use cooee_wire::{RData, RDataRef, RecordType, Ttl};

use super::data::Data;
use super::entry::Entry;
use super::{Cache, CachedSet, ChangedRecord, EntryId, SetId, changed};
use crate::asking::{Interest, Settled};
use crate::collections::SmallList;
use crate::event::CachedAnswer;
use crate::link::LinkId;
use crate::names::{NameId, Names};
use crate::time::Instant;

/// A record of the cache, as others see it.
pub(crate) struct Cached {
    pub(crate) data: RData,
    /// The remaining TTL.
    pub(crate) ttl: Ttl,
}

impl Cache {
    /// Returns every record of a name and type on any link; [`RecordType::ANY`] for every type.
    pub(crate) fn records(
        &self,
        name: NameId,
        rtype: RecordType,
        names: &Names,
    ) -> impl Iterator<Item = ChangedRecord> {
        self.sets_of(name)
            .filter(move |set| set.rtype == rtype || rtype == RecordType::ANY)
            .flat_map(move |set| {
                set.entries()
                    .filter_map(|id| self.entries.get(id.0 as usize))
                    .map(move |entry| changed(set, entry, names))
            })
    }

    /// Returns every record of a name and type on any link, each with its age;
    /// [`RecordType::ANY`] for every type.
    pub(crate) fn aged_records(
        &self,
        now: Instant,
        name: NameId,
        rtype: RecordType,
        names: &Names,
    ) -> impl Iterator<Item = CachedAnswer> {
        self.sets_of(name)
            .filter(move |set| set.rtype == rtype || rtype == RecordType::ANY)
            .flat_map(|set| set.entries().map(move |id| (set, id)))
            .filter_map(|(set, id)| Some((set, self.entries.get(id.0 as usize)?)))
            .map(move |(set, entry)| CachedAnswer {
                answer: changed(set, entry, names).answer(names),
                link: set.link,
                age: now.saturating_since(entry.received),
                remaining: entry.expires(self.ttl_max()).saturating_since(now),
            })
    }

    /// Returns the records to list as known when asking for a name and type on a link.
    pub(crate) fn known_answers(
        &self,
        now: Instant,
        link: LinkId,
        name: NameId,
        rtype: RecordType,
        names: &Names,
    ) -> impl Iterator<Item = Cached> {
        self.sets_of(name)
            .filter(move |set| set.link == link && (set.rtype == rtype || rtype == RecordType::ANY))
            .flat_map(|set| set.entries())
            .filter_map(|id| self.entries.get(id.0 as usize))
            .filter(move |entry| entry.is_known_answer(now, self.ttl_max()))
            .map(move |entry| Cached {
                data: entry.data.to_rdata(names),
                ttl: entry.ttl_left(now),
            })
    }

    /// Returns whether anything is known that answers a question for a name and type on any link on
    /// which somebody asks about the name, directly or by an alias. A host that has addresses of one
    /// family counts as answered. What is found only behind many false aliases counts as unknown.
    pub(crate) fn has_answer(
        &self,
        names: &Names,
        interest: &impl Interest,
        name: NameId,
        rtype: RecordType,
    ) -> bool {
        let mut aliases_left = ALIASES_LOOKED_AT_MAX;
        let mut heads = SmallList::<NameId, 4>::new();
        heads.push(name);
        for _ in 0..=self.limits.alias_depth_max {
            let mut targets = SmallList::new();
            for &head in &heads {
                // What comes on a link where nobody asks is of no use to those who wait on another.
                let asked = |set: &&CachedSet| interest.asks_about(set.link, head);
                for set in self.sets_of(head).filter(asked) {
                    if answers(set.rtype, rtype) {
                        if self.believed(set).any(|entry| entry.usable) {
                            return true;
                        }
                    } else if set.rtype == RecordType::CNAME {
                        let aliases = self.believed(set).take(aliases_left);
                        for alias in aliases {
                            aliases_left = aliases_left.saturating_sub(1);
                            targets.extend(target(names, alias));
                        }
                    }
                }
            }
            heads = targets;
        }
        false
    }

    fn believed<'a>(&'a self, set: &'a CachedSet) -> impl Iterator<Item = &'a Entry> {
        set.entries()
            .filter_map(|id| self.entries.get(id.0 as usize))
            .filter(|entry| entry.is_believed())
    }

    pub(super) fn find_entry(
        &self,
        set: SetId,
        data: &RDataRef<'_>,
        hash: u32,
        names: &Names,
    ) -> Option<EntryId> {
        self.find_in(set, hash, |entry| entry.data.matches(data, names))
    }

    pub(super) fn find_set(&self, link: LinkId, name: NameId, rtype: RecordType) -> Option<SetId> {
        self.by_name.get(name).iter().copied().find(|id| {
            self.sets
                .get(id.0 as usize)
                .is_some_and(|set| set.link == link && set.rtype == rtype)
        })
    }

    fn sets_of(&self, name: NameId) -> impl Iterator<Item = &CachedSet> {
        let ids = self.by_name.get(name).iter();
        ids.filter_map(|id| self.sets.get(id.0 as usize))
    }
}

impl Settled for Cache {
    //= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
    //# In this
    //# case, there is no need for the querier to continue issuing a stream
    //# of queries with exponentially increasing intervals, since the receipt
    //# of a unique answer is a good indication that no other answers will be
    //# forthcoming.
    fn is_settled(&self, link: LinkId, name: NameId, rtype: RecordType) -> bool {
        if rtype == RecordType::ANY {
            return false;
        }
        let has_unique = |set| self.believed(set).any(|entry| entry.unique);
        let answers = |set: &&CachedSet| set.link == link && set.rtype == rtype;
        self.sets_of(name).filter(answers).any(has_unique)
    }
}

/// Returns the name to which an alias leads, if anything is known about it.
fn target(names: &Names, alias: &Entry) -> Option<NameId> {
    let Data::Other(data) = &alias.data else {
        return None;
    };
    let RData::Cname(target) = &**data else {
        return None;
    };
    names.find_name(target)
}

/// Returns whether records of one type answer a question for another.
pub(crate) fn answers(rtype: RecordType, asked: RecordType) -> bool {
    let is_address = |rtype| matches!(rtype, RecordType::A | RecordType::AAAA);
    rtype == asked || asked == RecordType::ANY || (is_address(rtype) && is_address(asked))
}

/// Returns whether an NSEC record says that its owner has no record of a type.
///
/// Types above 255 are left open: the restricted form of Multicast DNS cannot name them (RFC 6762
/// section 6.1).
//= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
//# If a Multicast DNS implementation receives an NSEC record where the
//# 'Next Domain Name' field is not the record's own name, then the
//# implementation SHOULD ignore the 'Next Domain Name' field and process
//# the remainder of the NSEC record as usual.
pub(crate) fn denies(data: &RData, rtype: RecordType) -> bool {
    matches!(data, RData::Nsec(nsec) if rtype.0 < 255 && !nsec.types.contains(rtype))
}

/// How many aliases are looked at to see whether a question is answered through them. An honest
/// name has one alias, and a chain has at most eight names; another host can send thousands.
const ALIASES_LOOKED_AT_MAX: usize = 32;
