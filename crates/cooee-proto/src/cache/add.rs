//! Adds a new record to the cache.
//!
//! In:  a record of a response, with its name looked up.
//! Out: an entry in its set; or none, if there is no room or if the name shows that it has no
//!      meaning. RFC 6762 sections 6.1 and 10.2.

use alloc::boxed::Box;

use cooee_wire::{DecodeError, Name, NameRef, RDataRef, RecordRef, RecordType};

use super::data::Data;
use super::entry::Entry;
use super::set::CachedSet;
use super::{Cache, Change, EntryId, SetId, bytes_of, changed};
use crate::asking::Interest;
use crate::collections::insert;
use crate::link::LinkId;
use crate::names::{NameId, Names};
use crate::time::Instant;

impl Cache {
    #[expect(
        clippy::too_many_arguments,
        reason = "one call site; a struct would only rename them"
    )]
    pub(super) fn add(
        &mut self,
        now: Instant,
        link: LinkId,
        (found, record, usable): (Option<NameId>, &RecordRef<'_>, bool),
        data: &RDataRef<'_>,
        hash: u32,
        names: &mut Names,
        interest: &impl Interest,
    ) -> Result<(), DecodeError> {
        let data = Data::store(data, names)?;
        let name = match names.hold_found(found, &record.name) {
            Ok(name) => name,
            Err(error) => {
                data.release(names);
                return Err(error);
            }
        };
        let is_shared = names.is_shared(name);
        //= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
        //# A responder MUST only generate negative responses to queries for
        //# which it has legitimate ownership of the name, rrtype, and rrclass in
        //# question, and can legitimately assert that no record with that name,
        //# rrtype, and rrclass exists.
        if is_shared && record.rtype == RecordType::NSEC {
            names.release(name);
            data.release(names);
            return Ok(());
        }
        let unique = record.cache_flush && usable && !is_shared;
        let set = self.set_for(link, name, record, names, interest);
        let of = set.and_then(|set| self.sets.get(set.0 as usize));
        let bytes = of.map_or(0, |set| bytes_of(set, &data, names));
        names.release(name);
        let Some(set) = set.filter(|&set| self.admits(now, set, bytes, names)) else {
            self.refused = self.refused.saturating_add(1);
            data.release(names);
            return Ok(());
        };
        let mut entry = Entry::new(now, set, data, (self.packet, self.source));
        entry.usable = usable;
        entry.families = self.family;
        entry.renew(now, record.ttl, unique);
        if unique {
            self.contest(set);
        }
        self.insert(entry, hash, bytes, names);
        self.make_room(names);
        Ok(())
    }

    /// Handles a new unique record. If another host has sent other data, only one can be true, and
    /// those who ask must hear from the owner.
    fn contest(&mut self, id: SetId) {
        let Some(set) = self.sets.get(id.0 as usize).filter(|set| set.asked) else {
            return;
        };
        let is_other = |id: EntryId| {
            let entry = self.entries.get(id.0 as usize);
            entry.is_some_and(|entry| entry.unique && entry.source != self.source)
        };
        let is_contested = set.entries().any(is_other);
        if is_contested {
            self.tell_contest(id);
        }
    }

    fn insert(&mut self, entry: Entry, hash: u32, bytes: u16, names: &Names) {
        let Some(set) = self.sets.get_mut(entry.set.0 as usize) else {
            return;
        };
        let (asked, of, source) = (set.asked, entry.set, entry.source);
        if asked {
            let change = Change::Added(changed(set, &entry, names));
            self.changes.push_back(change);
        }
        let id = EntryId(insert(&mut self.entries, entry));
        if let Some(entry) = self.entries.get_mut(id.0 as usize) {
            entry.slot = set.push(id);
        }
        if let Some(crowd) = set.crowd_mut() {
            crowd.counts.add(source);
        }
        self.add_to_index(of, id, hash, names);
        self.load_mut(asked).add(bytes);
        self.enlist(asked, id);
    }

    /// Returns the set for a record, and creates it if necessary; `None` if the name has too many
    /// types already.
    fn set_for(
        &mut self,
        link: LinkId,
        name: NameId,
        record: &RecordRef<'_>,
        names: &mut Names,
        interest: &impl Interest,
    ) -> Option<SetId> {
        let rtype = record.rtype;
        if let Some(set) = self.find_set(link, name, rtype) {
            return Some(set);
        }
        let asked = interest.asks(link, name, rtype);
        // Types that are asked for, and the few that are known here, always have a place; only
        // others can be sent without end.
        let is_bounded = !is_well_known(rtype) && !interest.asks_for_type(link, name, rtype);
        if is_bounded && self.strange_types(link, name) >= self.limits.types_per_name_max {
            return None;
        }
        let spelling = spelling(&record.name, names.name(name));
        let set = CachedSet::new((link, name, rtype), spelling, asked);
        let slot = insert(&mut self.sets, set);
        self.by_name.push(name, SetId(slot));
        names.hold_again(name);
        Some(SetId(slot))
    }

    /// Returns how many types a name has on a link that are not well known.
    fn strange_types(&self, link: LinkId, name: NameId) -> usize {
        let ids = self.by_name.get(name).iter();
        let sets = ids.filter_map(|id| self.sets.get(id.0 as usize));
        sets.filter(|set| set.link == link && !is_well_known(set.rtype))
            .count()
    }
}

/// Returns the owner's spelling of a name that is held in another one. Case is preserved, although
/// comparison ignores it (RFC 4343 section 4).
fn spelling(owner: &NameRef<'_>, held: &Name) -> Option<Box<Name>> {
    (!owner.is_spelt_as(held))
        .then(|| owner.to_name().ok())
        .flatten()
        .map(Box::new)
}

/// Returns whether a type is one of those that hosts and services consist of, or that lead to them.
fn is_well_known(rtype: RecordType) -> bool {
    matches!(
        rtype,
        RecordType::A
            | RecordType::AAAA
            | RecordType::PTR
            | RecordType::CNAME
            | RecordType::SRV
            | RecordType::TXT
            | RecordType::HINFO
            | RecordType::NSEC
    )
}
