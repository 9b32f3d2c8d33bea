//! The cache: what this host has received, on which link, and how long it is believed.
//!
//! In:  records received on a link, reconfirmations, links that are gone, the passage of time.
//! Out: [`Change`]s for those who ask, in order; look-ups. RFC 6762 sections 5.2, 10 and 10.1 to
//!      10.5.

mod add;
mod change;
mod crowd;
mod data;
mod entry;
mod evict;
mod flush;
mod index;
mod lookup;
mod passive;
mod set;
mod shares;

use alloc::boxed::Box;
use alloc::vec::Vec;

use cooee_wire::{Class, DecodeError, Name, RecordRef, RecordType, Ttl};
use hashbrown::HashTable;
use slab::Slab;

use self::data::{Data, short};
use self::entry::{Due, Entry, Plan};
use self::evict::{Deadlines, TypeLoad};
use self::set::CachedSet;
use self::shares::Shares;
use crate::address::is_usable;
use crate::asking::Interest;
use crate::collections::{Queue, SmallList};
use crate::event::Removal;
use crate::intake::rate::Bucket;
use crate::limits::Limits;
use crate::link::{Families, Family, LinkId, LinkInfo};
use crate::names::{NameId, Names, PerName, PerNameId};
use crate::ordered::{OrderedSet, keys};
use crate::peers::{PeerAddr, hash_of};
use crate::rng::Rng;
use crate::time::{Duration, Instant};

pub(crate) use self::change::{Change, ChangedRecord};
pub(crate) use self::lookup::{Cached, answers, denies};

/// The cache of one host, over all of its links.
pub(crate) struct Cache {
    limits: Limits,
    key: u64,
    /// The phase of the moments at which records are refreshed. Hosts with different ones ask at
    /// different times.
    phase: Duration,
    rng: Rng,
    /// A random number of the current packet.
    packet: u16,
    /// Its sender, in eight bits of a hash.
    source: u8,
    /// The family over which it was received.
    family: Families,
    /// Whether a record that is received over another family is reported again.
    follow_families: bool,
    entries: Slab<Entry>,
    sets: Slab<CachedSet>,
    by_name: PerName<SetId>,
    /// The entries of large sets, by set and rdata.
    by_data: HashTable<EntryId>,
    /// When something is due for each entry.
    deadlines: Deadlines,
    suspicions: OrderedSet<(Instant, SetId)>,
    /// Sets that have refused records, by the time of the next question for them.
    retries: OrderedSet<(Instant, SetId)>,
    /// How fast sets grow beyond half of their room.
    growth: Bucket,
    /// Whether more hosts send than can be remembered.
    is_flooded: bool,
    changes: Queue<Change>,
    /// The load of records that somebody asks about.
    asked: TypeLoad,
    /// The load of records that nobody asks about.
    idle: TypeLoad,
    /// The latter, by sender.
    shares: Shares,
    pub(crate) evicted: u64,
    pub(crate) refused: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct SetId(u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct EntryId(u32);

keys! {
    SetId: u32 SetId, |id| id.0;
    EntryId: u32 EntryId, |id| id.0;
}

impl PerNameId for SetId {
    const NONE: Self = Self(u32::MAX);

    fn of_list(position: u32) -> Self {
        Self(position)
    }

    fn list(self) -> u32 {
        self.0
    }
}

impl Cache {
    pub(crate) fn new(limits: Limits, follow_families: bool, rng: &mut Rng) -> Self {
        let key = rng.seed();
        let mut rng = Rng::new(rng.seed());
        Self {
            limits,
            key,
            phase: Duration::from_millis(rng.seed() & 0xffff),
            rng,
            packet: 0,
            source: 0,
            family: Families::default(),
            follow_families,
            entries: Slab::new(),
            sets: Slab::new(),
            by_name: PerName::default(),
            by_data: HashTable::new(),
            deadlines: Deadlines::default(),
            suspicions: OrderedSet::default(),
            retries: OrderedSet::default(),
            growth: Bucket::default(),
            is_flooded: false,
            changes: Queue::default(),
            asked: TypeLoad::default(),
            idle: TypeLoad::default(),
            shares: Shares::default(),
            evicted: 0,
            refused: 0,
        }
    }

    /// Begins a packet: the following records come from this host, possibly while more hosts send
    /// than can be remembered.
    pub(crate) fn begin_packet(&mut self, from: PeerAddr, is_flooded: bool) {
        self.is_flooded = is_flooded;
        self.source = (hash_of(self.key, from) >> 56) as u8;
        self.family = Families::one(Family::of(from.1));
        // A part of a seed is random enough, and every record stores it.
        self.packet = (self.rng.seed() >> 48) as u16;
    }

    /// Adds a record of a response.
    ///
    /// # Errors
    ///
    /// Returns an error if the record cannot be read; nothing has changed then.
    pub(crate) fn receive(
        &mut self,
        now: Instant,
        (link, info): (LinkId, &LinkInfo),
        record: &RecordRef<'_>,
        names: &mut Names,
        interest: &impl Interest,
    ) -> Result<(), DecodeError> {
        if record.class != Class::IN || is_pseudo(record.rtype) {
            return Ok(());
        }
        let data = record.data()?;
        let hash = short(data.fold_hash(self.key)?);
        let found = names.find(&record.name);
        let set = found.and_then(|name| self.find_set(link, name, record.rtype));
        let known =
            set.and_then(|set| self.find_entry(set, &data, hash, names).map(|id| (set, id)));
        if record.ttl.is_goodbye() {
            if let Some((_, id)) = known {
                self.goodbye(now, id);
            }
            return Ok(());
        }
        // What no host can be reached by says nothing of where its name is.
        let usable = data.ip().is_none_or(|ip| is_usable(ip, info));
        let is_shared = found.is_some_and(|name| names.is_shared(name));
        let unique = record.cache_flush && usable && !is_shared;
        if let (Some(set), true) = (set, unique) {
            self.flush(now, set, known.map(|(_, id)| id));
        }
        match known {
            Some((_, id)) => self.renew(now, id, record.ttl, unique, names),
            None => {
                let record = (found, record, usable);
                self.add(now, link, record, &data, hash, names, interest)?;
            }
        }
        Ok(())
    }

    /// Returns whether there are changes to report.
    pub(crate) fn has_changes(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Returns the next change to report.
    pub(crate) fn poll_change(&mut self) -> Option<Change> {
        self.changes.pop_front()
    }

    /// Returns for how many changes there is room.
    #[cfg(test)]
    pub(crate) fn room_of_changes(&self) -> usize {
        self.changes.room()
    }

    /// Returns when [`on_timeout`](Self::on_timeout) has something to do.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let [idle, asked] = [false, true].map(|asked| self.deadlines.first(asked));
        let [idle, asked] = [idle, asked].map(|first| first.map(|(at, _)| at));
        let suspected = self.suspicions.first().map(|(at, _)| at);
        let retry = self.retries.first().map(|(at, _)| at);
        [idle, asked, suspected, retry].into_iter().flatten().min()
    }

    /// Removes what has ended, and asks for what needs a refresh.
    pub(crate) fn on_timeout(&mut self, now: Instant, names: &mut Names) {
        self.judge_suspicions(now);
        self.retry_crowds(now);
        for asked in [false, true] {
            while let Some(id) = self.first_due(now, asked) {
                self.attend(now, id, asked, names);
            }
        }
    }

    /// Removes everything received on a link that is gone.
    pub(crate) fn drop_link(&mut self, link: LinkId, names: &mut Names) {
        let of_link = |(_, set): &(usize, &CachedSet)| set.link == link;
        let gone: Vec<EntryId> = self
            .sets
            .iter()
            .filter(of_link)
            .flat_map(|(_, set)| set.entries())
            .collect();
        for id in gone {
            self.remove(id, Removal::InterfaceGone, names);
        }
    }

    /// Checks again who asks about the records of a name.
    pub(crate) fn reconsider(&mut self, name: NameId, interest: &impl Interest, names: &Names) {
        let sets: SmallList<SetId, 4> = self.by_name.get(name).into();
        for set in sets {
            let Some(record_set) = self.sets.get_mut(set.0 as usize) else {
                continue;
            };
            let asked = interest.asks(record_set.link, name, record_set.rtype);
            if core::mem::replace(&mut record_set.asked, asked) == asked {
                continue;
            }
            if !asked {
                self.drop_crowd(set);
            }
            let record_set = self.sets.get(set.0 as usize);
            let ids = record_set.into_iter().flat_map(CachedSet::entries);
            let ids: SmallList<EntryId, 4> = ids.collect();
            for id in ids {
                let entry = self.entries.get(id.0 as usize);
                let set = self.sets.get(set.0 as usize);
                if let (Some(entry), Some(set)) = (entry, set) {
                    let bytes = bytes_of(set, &entry.data, names);
                    self.load_mut(!asked).take(bytes);
                    self.load_mut(asked).add(bytes);
                }
                self.reschedule_as(id, !asked, asked);
            }
        }
    }

    /// Returns the number of records and bytes in the cache.
    pub(crate) fn size(&self) -> (usize, usize) {
        let bytes = self.asked.bytes.saturating_add(self.idle.bytes);
        (self.entries.len(), bytes)
    }

    fn renew(&mut self, now: Instant, id: EntryId, ttl: Ttl, unique: bool, names: &Names) {
        let (packet, family) = (self.packet, self.family);
        let mut is_wider = false;
        self.heard_now(id);
        self.amend(id, |entry| {
            let families = entry.families.and(family);
            is_wider = core::mem::replace(&mut entry.families, families) != families;
            entry.packet = packet;
            entry.renew(now, ttl, unique);
        });
        if is_wider && self.follow_families {
            self.report_wider(id, names);
        }
        let entry = self.entries.get(id.0 as usize);
        let denial = entry.filter(|entry| entry.data.rtype() == RecordType::NSEC);
        let set = denial.and_then(|entry| self.sets.get(entry.set.0 as usize));
        if let (Some(entry), Some(set)) = (denial, set.filter(|set| set.asked)) {
            let again = Change::DeniedAgain(changed(set, entry, names));
            self.changes.push_back(again);
        }
    }

    /// Reports a record that was received over another family.
    fn report_wider(&mut self, id: EntryId, names: &Names) {
        let entry = self.entries.get(id.0 as usize);
        let set = entry.and_then(|entry| self.sets.get(entry.set.0 as usize));
        if let (Some(entry), Some(set)) = (entry, set.filter(|set| set.asked)) {
            let change = Change::AlsoHeard(changed(set, entry, names));
            self.changes.push_back(change);
        }
    }

    /// Returns for how long a record is believed at most.
    fn ttl_max(&self) -> Ttl {
        Ttl(self.limits.ttl_secs_max)
    }

    /// Changes an entry and plans its deadline again.
    fn amend(&mut self, id: EntryId, change: impl FnOnce(&mut Entry)) {
        let Some(entry) = self.entries.get_mut(id.0 as usize) else {
            return;
        };
        change(entry);
        let asked = self
            .sets
            .get(entry.set.0 as usize)
            .is_some_and(|set| set.asked);
        self.reschedule_as(id, asked, asked);
    }

    fn reschedule_as(&mut self, id: EntryId, asked_before: bool, asked: bool) {
        self.strike(asked_before, id);
        self.enlist(asked, id);
    }

    fn first_due(&self, now: Instant, asked: bool) -> Option<EntryId> {
        let first = self.deadlines.first(asked);
        first.filter(|(at, _)| *at <= now).map(|(_, id)| id)
    }

    fn attend(&mut self, now: Instant, id: EntryId, asked: bool, names: &mut Names) {
        let ttl_max = self.ttl_max();
        let Some(entry) = self.entries.get_mut(id.0 as usize) else {
            return;
        };
        match entry.due(now, ttl_max) {
            Due::Removal(why) => return self.remove(id, why, names),
            Due::Refresh => {
                if let Some(set) = self.sets.get(entry.set.0 as usize) {
                    let (link, name, rtype) = (set.link, set.name, set.rtype);
                    self.changes
                        .push_back(Change::Refresh { link, name, rtype });
                }
            }
            Due::Nothing => {}
        }
        self.reschedule_as(id, asked, asked);
    }

    fn remove(&mut self, id: EntryId, why: Removal, names: &mut Names) {
        let Some(entry) = self.entries.get(id.0 as usize) else {
            return;
        };
        let (of, slot) = (entry.set, entry.slot);
        let Some(set) = self.sets.get_mut(of.0 as usize) else {
            return;
        };
        let bytes = bytes_of(set, &entry.data, names);
        let is_indexed = set.is_indexed();
        set.remove(&mut self.entries, slot);
        let (asked, left) = (set.asked, set.len());
        self.load_mut(asked).take(bytes);
        self.strike(asked, id);
        if is_indexed {
            self.take_from_index(of, id, left, names);
        }
        let Some(entry) = self.entries.try_remove(id.0 as usize) else {
            return;
        };
        if let Some(set) = self.sets.get_mut(of.0 as usize) {
            if let Some(crowd) = set.crowd_mut() {
                crowd.counts.take(entry.source);
            }
            if asked {
                let change = Change::Removed(changed(set, &entry, names), why);
                self.changes.push_back(change);
            }
        }
        entry.data.release(names);
        if left == 0 {
            self.remove_set(of, names);
        }
    }

    fn remove_set(&mut self, id: SetId, names: &mut Names) {
        let Some(set) = self.sets.try_remove(id.0 as usize) else {
            return;
        };
        if let Some(more) = set.more() {
            if let Some(suspicion) = &more.suspicion {
                self.suspicions.remove((suspicion.judged_at, id));
            }
            if let Some(at) = more.crowd.as_ref().and_then(|crowd| crowd.retry_at) {
                self.retries.remove((at, id));
            }
        }
        self.by_name.remove(set.name, id);
        names.release(set.name);
    }
}

/// Returns how many bytes a record takes with its name, which a set may hold in a second spelling.
fn bytes_of(set: &CachedSet, data: &Data, names: &Names) -> u16 {
    let bytes = size_of::<Entry>()
        .saturating_add(names.name(set.name).wire_len())
        .saturating_add(set.spelling().map_or(0, Name::wire_len))
        .saturating_add(data.wire_len(names));
    u16::try_from(bytes).unwrap_or(u16::MAX)
}

fn changed(set: &CachedSet, entry: &Entry, names: &Names) -> ChangedRecord {
    ChangedRecord {
        link: set.link,
        name: set.name,
        spelling: set.spelling().cloned().map(Box::new),
        ttl: entry.ttl,
        unique: entry.unique,
        data: entry.data.to_rdata(names),
        families: entry.families,
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
//# Since pseudo-RRs
//# should never go into the Multicast DNS cache, the concept of a cache-
//# flush bit for these types is not applicable.
fn is_pseudo(rtype: RecordType) -> bool {
    rtype == RecordType::OPT || rtype.0 == 0 || (PSEUDO_FIRST..=PSEUDO_LAST).contains(&rtype.0)
}

/// TKEY, the first of the types that are questions or that concern only the message.
const PSEUDO_FIRST: u16 = 249;
/// ANY, the last of them.
const PSEUDO_LAST: u16 = 255;
