//! Names with more records than there is room for: which records make room, and when to ask again.
//!
//! In:  records that come into a set that is full, or grows without end.
//! Out: a record that makes room, of the host with the most; later, questions for records that were
//!      refused. RFC 6762 section 10.4 (reconfirmation).

use cooee_wire::RecordType;
use slab::Slab;

use super::entry::Entry;
use super::shares::Counts;
use super::{Cache, Change, EntryId, SetId};
use crate::event::Removal;
use crate::limits::{CROWD_GROWTH_BURST, CROWD_GROWTH_PER_SEC, Rate};
use crate::names::Names;
use crate::time::Instant;
use crate::timing::{CROWD_RETRY, CROWD_RETRY_FULL};

/// State of a set that has many records.
pub(super) struct Crowd {
    /// How many of them each host sent.
    pub(super) counts: Counts,
    /// When the refused records are asked for again.
    pub(super) retry_at: Option<Instant>,
}

impl Cache {
    /// Returns whether a record of the current packet has a place in a set, possibly instead of
    /// another record. A part of the room for pointers is given to the first records. The rest is
    /// given at a limited rate, and not at all while more hosts send than can be remembered,
    /// because then they are forged.
    pub(super) fn has_place(&mut self, now: Instant, id: SetId, names: &mut Names) -> bool {
        let Some(set) = self.sets.get(id.0 as usize) else {
            return false;
        };
        let held = set.len();
        if set.rtype != RecordType::PTR {
            return held < self.limits.records_per_set_max || self.displace(id, names);
        }
        let max = self.limits.pointers_per_name_max;
        if held < max.saturating_mul(FREE_PERCENT).div_ceil(100) {
            return true;
        }
        self.note_crowd(id);
        let growth = Rate::new(CROWD_GROWTH_PER_SEC, CROWD_GROWTH_BURST);
        let grows = held < max && !self.is_flooded && self.growth.draw(now, growth);
        if grows || self.displace(id, names) {
            return true;
        }
        let has_room = held < max && !self.is_flooded;
        self.plan_retry(now, id, has_room);
        false
    }

    /// Counts from now on which host sent the records of a set that somebody asks about. Hosts can
    /// send any number of other sets, and none of these becomes large.
    fn note_crowd(&mut self, id: SetId) {
        let Some(set) = self.sets.get_mut(id.0 as usize).filter(|set| set.asked) else {
            return;
        };
        if set.crowd_mut().is_some() {
            return;
        }
        let crowd = Crowd {
            counts: counted(set.entries(), &self.entries),
            retry_at: None,
        };
        set.expand().crowd = Some(crowd);
    }

    /// Returns how many sets have the state of those that have many records.
    #[cfg(test)]
    pub(crate) fn crowds(&self) -> usize {
        let extras = self.sets.iter().filter_map(|(_, set)| set.more());
        extras.filter(|more| more.crowd.is_some()).count()
    }

    /// Forgets the state of a set that has many records and that nobody asks about any more.
    pub(super) fn drop_crowd(&mut self, id: SetId) {
        let Some(set) = self.sets.get_mut(id.0 as usize) else {
            return;
        };
        let crowd = set.take_crowd(&mut self.entries);
        if let Some(at) = crowd.and_then(|crowd| crowd.retry_at) {
            self.retries.remove((at, id));
        }
    }

    /// Removes a record of the host that has sent most of a set, if that is many more than this
    /// host has sent. So forgeries of one host keep nobody out. Returns whether there is a place
    /// now.
    fn displace(&mut self, id: SetId, names: &mut Names) -> bool {
        let Some(set) = self.sets.get(id.0 as usize) else {
            return false;
        };
        let source_of = |id: EntryId| self.entries.get(id.0 as usize).map(|entry| entry.source);
        let here;
        let counts = match set.more().and_then(|more| more.crowd.as_ref()) {
            Some(crowd) => &crowd.counts,
            None => {
                here = counted(set.entries(), &self.entries);
                &here
            }
        };
        let largest = counts.largest();
        let (most, own) = (counts.of(largest), counts.of(self.source));
        if most / SHARE_FACTOR <= own {
            return false;
        }
        // Anywhere in the set: nobody must be able to predict which one.
        let held = set.len();
        let start = usize::try_from(self.rng.below(held as u64)).unwrap_or_default();
        let victim = {
            let mut from_start = set.entries().skip(start).chain(set.entries().take(start));
            from_start.find(|id| source_of(*id) == Some(largest))
        };
        let Some(victim) = victim else {
            return false;
        };
        self.evicted = self.evicted.saturating_add(1);
        self.remove(victim, Removal::Evicted, names);
        true
    }

    fn plan_retry(&mut self, now: Instant, id: SetId, has_room: bool) {
        let Some(set) = self.sets.get_mut(id.0 as usize).filter(|set| set.asked) else {
            return;
        };
        let Some(crowd) = set.crowd_mut() else {
            return;
        };
        if crowd.retry_at.is_none() {
            let wait = if has_room {
                CROWD_RETRY
            } else {
                CROWD_RETRY_FULL
            };
            let at = now + wait;
            crowd.retry_at = Some(at);
            self.retries.insert((at, id));
        }
    }

    /// Asks again for refused records, when their time has come. Where there is no room, a part of
    /// the known records is reconfirmed: a record that its owner does not confirm loses its place.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-10.4
    //# When the cache receives this hint that it should reconfirm some
    //# record, it MUST issue two or more queries for the resource record in
    //# dispute.
    pub(super) fn retry_crowds(&mut self, now: Instant) {
        while let Some((at, id)) = self.retries.first().filter(|(at, _)| *at <= now) {
            self.retries.remove((at, id));
            let Some(set) = self.sets.get_mut(id.0 as usize) else {
                continue;
            };
            if let Some(crowd) = set.crowd_mut() {
                crowd.retry_at = None;
            }
            let (link, name, rtype) = (set.link, set.name, set.rtype);
            let held = set.len();
            if held >= self.limits.pointers_per_name_max || self.is_flooded {
                self.doubt_oldest(now, id, held.div_ceil(DOUBTED_PART));
            }
            self.changes
                .push_back(Change::Refresh { link, name, rtype });
        }
    }

    /// Reconfirms those records of a set that were not received for longest.
    fn doubt_oldest(&mut self, now: Instant, id: SetId, count: usize) {
        for _ in 0..count {
            let set = self.sets.get(id.0 as usize);
            let Some(oldest) = set.and_then(|set| set.oldest()) else {
                return;
            };
            self.heard_now(oldest);
            self.amend(oldest, |entry| {
                entry.doubt(now, Removal::Unconfirmed);
            });
        }
    }
}

/// Counts which host sent each of some records.
fn counted(ids: impl Iterator<Item = EntryId>, entries: &Slab<Entry>) -> Counts {
    let mut counts = Counts::default();
    for entry in ids.filter_map(|id| entries.get(id.0 as usize)) {
        counts.add(entry.source);
    }
    counts
}

/// How much of the room for pointers is given at once: 4,096 forged services keep the memory that a
/// flood can fill below 16 MiB.
const FREE_PERCENT: usize = 40;
/// How many times as many records as another a host must have sent to make room for it.
const SHARE_FACTOR: u32 = 2;
/// The part of a full set that is reconfirmed at once.
const DOUBTED_PART: usize = 8;
