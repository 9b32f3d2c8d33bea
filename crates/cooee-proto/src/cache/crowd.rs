//! Names with more records than there is room for: who has to give way, and when to look again.
//!
//! In:  records that come into a set that is full, or grows without end.
//! Out: the one of the host with most of them that makes room; questions, after a while, for what was
//!      refused.
//! RFC 6762 section 10.4 (doubtful records).

use alloc::boxed::Box;

use cooee_wire::RecordType;

use super::shares::Counts;
use super::{Cache, Change, EntryId, SetId};
use crate::event::Removal;
use crate::limits::{CROWD_GROWTH_BURST, CROWD_GROWTH_PER_SEC, Rate};
use crate::names::Names;
use crate::time::Instant;
use crate::timing::{CROWD_RETRY, CROWD_RETRY_FULL};

/// What is known of a set that has many records.
#[derive(Default)]
pub(super) struct Crowd {
    /// Who brought how many of them.
    pub(super) counts: Counts,
    /// When those who were refused are asked for again.
    pub(super) retry_at: Option<Instant>,
}

impl Cache {
    /// Whether a record of the packet that is being read has a place in a set, if need be in place
    /// of another. A part of the room for pointers is for whoever comes first. Of the rest so
    /// much is given a second, and nothing while more hosts speak than can be told apart: then they
    /// are forged.
    pub(super) fn has_place(&mut self, now: Instant, id: SetId, names: &mut Names) -> bool {
        let Some(set) = self.sets.get(id.0 as usize) else {
            return false;
        };
        let held = set.entries.len();
        if set.rtype != RecordType::PTR {
            return held < self.limits.records_per_set_max || self.displace(id, names);
        }
        let max = self.limits.pointers_per_name_max;
        if held < max.saturating_mul(FREE_PERCENT).div_ceil(100) {
            return true;
        }
        self.note_crowd(id);
        let growth = Rate::new(CROWD_GROWTH_PER_SEC, CROWD_GROWTH_BURST);
        let grows = held < max && !self.is_besieged && self.growth.draw(now, growth);
        if grows || self.displace(id, names) {
            return true;
        }
        let has_room = held < max && !self.is_besieged;
        self.plan_retry(now, id, has_room);
        false
    }

    /// Counts who brought the records of a set, from now on.
    fn note_crowd(&mut self, id: SetId) {
        let Some(set) = self.sets.get_mut(id.0 as usize) else {
            return;
        };
        if set.crowd.is_some() {
            return;
        }
        let mut crowd = Crowd::default();
        let entries = set.entries.iter();
        for entry in entries.filter_map(|id| self.entries.get(id.0 as usize)) {
            crowd.counts.add(entry.source);
        }
        set.crowd = Some(Box::new(crowd));
    }

    /// Removes a record of the host that has brought most of a set, if that is many more than this
    /// one has: forgeries of one host keep nobody out. Returns whether there is a place now.
    fn displace(&mut self, id: SetId, names: &mut Names) -> bool {
        let Some(set) = self.sets.get(id.0 as usize) else {
            return false;
        };
        let source_of = |id: &EntryId| self.entries.get(id.0 as usize).map(|entry| entry.source);
        let (largest, most, own) = match &set.crowd {
            Some(crowd) => {
                let largest = crowd.counts.largest();
                let counts = &crowd.counts;
                (largest, counts.of(largest), counts.of(self.source))
            }
            None => {
                let sources = || set.entries.iter().filter_map(source_of);
                let count = |source| sources().filter(|other| *other == source).count();
                let largest = sources().max_by_key(|source| count(*source));
                let as_u32 = |count| u32::try_from(count).unwrap_or(u32::MAX);
                let largest = largest.unwrap_or_default();
                (largest, as_u32(count(largest)), as_u32(count(self.source)))
            }
        };
        if most / SHARE_FACTOR <= own {
            return false;
        }
        // Anywhere in the set: nobody shall know which one.
        let held = set.entries.len();
        let start = usize::try_from(self.rng.below(held as u64)).unwrap_or_default();
        let mut from_start = set.entries.iter().cycle().skip(start).take(held);
        let is_of_largest = |id: &&EntryId| source_of(id) == Some(largest);
        let Some(victim) = from_start.find(is_of_largest).copied() else {
            return false;
        };
        self.evicted = self.evicted.saturating_add(1);
        self.remove(victim, Removal::Evicted, names);
        true
    }

    fn plan_retry(&mut self, now: Instant, id: SetId, has_room: bool) {
        let set = self.sets.get_mut(id.0 as usize).filter(|set| set.asked);
        let Some(crowd) = set.and_then(|set| set.crowd.as_mut()) else {
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

    /// Asks for what was refused, when its time has come. Where there is no room, a part of what is
    /// known is doubted: what its owner does not say again has no right to its place.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-10.4
    //# When the cache receives this hint that it should reconfirm some
    //# record, it MUST issue two or more queries for the resource record in
    //# dispute.
    pub(super) fn retry_crowds(&mut self, now: Instant) {
        while let Some(&(at, id)) = self.retries.first().filter(|(at, _)| *at <= now) {
            self.retries.remove(&(at, id));
            let Some(set) = self.sets.get_mut(id.0 as usize) else {
                continue;
            };
            if let Some(crowd) = &mut set.crowd {
                crowd.retry_at = None;
            }
            let (link, name, rtype) = (set.link, set.name, set.rtype);
            let held = set.entries.len();
            if held >= self.limits.pointers_per_name_max || self.is_besieged {
                self.doubt_oldest(now, id, held.div_ceil(DOUBTED_PART));
            }
            self.changes
                .push_back(Change::Refresh { link, name, rtype });
        }
    }

    /// Doubts those records of a set that were not heard for longest.
    fn doubt_oldest(&mut self, now: Instant, id: SetId, count: usize) {
        for _ in 0..count {
            let set = self.sets.get_mut(id.0 as usize);
            let Some((oldest, set)) = set.and_then(|set| Some((set.heard.front()?, set))) else {
                return;
            };
            set.heard.push_back(&mut self.entries, oldest);
            self.amend(EntryId(oldest), |entry| {
                entry.doubt(now, Removal::Unconfirmed);
            });
        }
    }
}

/// How much of the room for pointers is given away at once: the 4,096 of so many forged services keep
/// what a flood can make a host remember below 16 MiB.
const FREE_PERCENT: usize = 40;
/// How many times as many records as another a host must have brought to make room for it.
const SHARE_FACTOR: u32 = 2;
/// What part of a full set is doubted at once.
const DOUBTED_PART: usize = 8;
