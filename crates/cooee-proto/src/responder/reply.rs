//! Unicast replies to come: to questions that ask for one, and to legacy queriers.
//!
//! In:  answers for one host, due at once or after a delay.
//! Out: the next reply that is due. RFC 6762 sections 5.4, 5.5 and 6.7.

use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

use cooee_wire::{Class, Name, RecordType};

use slab::Slab;

use super::record::RecordId;
use crate::collections::{Queue, SmallList, id_of, insert};
use crate::link::LinkId;
use crate::ordered::{Key, OrderedSet};
use crate::peers::hash_of;
use crate::time::Instant;

/// A reply to one host.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) link: LinkId,
    pub(crate) to: SocketAddr,
    /// What a legacy querier needs repeated.
    pub(crate) legacy: Option<Legacy>,
    pub(crate) records: SmallList<RecordId, 4>,
}

/// The id and the questions of a legacy query.
#[derive(Clone, Debug)]
pub(crate) struct Legacy {
    pub(crate) id: u16,
    pub(crate) questions: SmallList<(Name, RecordType, Class), 1>,
}

/// All replies to come: those that are due, in the order of their queries, and the others by time.
pub(crate) struct Replies {
    key: u64,
    ready: Queue<(Instant, Reply)>,
    waiting: Slab<Waiting>,
    /// By time, then by the order of the queries: the slots of those that wait.
    due: OrderedSet<(Instant, u32, u32)>,
    /// By querier, under the engine's key: those that wait and may grow.
    by_querier: OrderedSet<(u64, u32)>,
    count: u32,
}

struct Waiting {
    due: Instant,
    count: u32,
    reply: Reply,
}

impl Replies {
    pub(crate) fn new(key: u64) -> Self {
        Self {
            key,
            ready: Queue::default(),
            waiting: Slab::new(),
            due: OrderedSet::default(),
            by_querier: OrderedSet::default(),
            count: 0,
        }
    }

    /// Adds a reply. Full: it is not sent, and the querier asks again. Returns whether it was
    /// added.
    pub(crate) fn add(&mut self, now: Instant, due: Instant, reply: Reply, max: usize) -> bool {
        if due > now && reply.legacy.is_none() {
            if let Some(waiting) = self.find(reply.link, reply.to) {
                let records = &mut waiting.reply.records;
                let new = reply.records.iter().filter(|id| !records.contains(id));
                let new: Vec<RecordId> = new.copied().collect();
                records.extend(new);
                return true;
            }
        }
        if self.len() >= max {
            return false;
        }
        if due <= now {
            self.ready.push_back((due, reply));
            return true;
        }
        self.count = self.count.wrapping_add(1);
        let count = self.count;
        let querier = self.hash(reply.link, reply.to);
        let grows = reply.legacy.is_none();
        let slot = insert(&mut self.waiting, Waiting { due, count, reply });
        self.due.insert((due, count, slot));
        if grows {
            self.by_querier.insert((querier, slot));
        }
        true
    }

    /// Handles a record that a host lists as known: it is not sent to that host.
    pub(crate) fn cancel(&mut self, link: LinkId, to: SocketAddr, id: RecordId) {
        if let Some(waiting) = self.find(link, to) {
            waiting.reply.records.retain(|other| *other != id);
        }
    }

    /// Delays the reply to a host that sends more known answers.
    pub(crate) fn postpone(&mut self, link: LinkId, to: SocketAddr, until: Instant) {
        let Some(slot) = self.slot(link, to) else {
            return;
        };
        if let Some(waiting) = self.waiting.get_mut(slot as usize) {
            self.due.remove((waiting.due, waiting.count, slot));
            waiting.due = until;
            self.due.insert((until, waiting.count, slot));
        }
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let ready = self.ready.front().map(|&(at, _)| at);
        let due = self.due.first().map(|(at, ..)| at);
        ready.into_iter().chain(due).min()
    }

    /// Returns the next reply that is due.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<Reply> {
        if let Some((_, reply)) = self.ready.pop_front() {
            return Some(reply);
        }
        let (.., slot) = self.due.first().filter(|(at, ..)| *at <= now)?;
        self.take(slot)
    }

    /// Handles a change of the addresses of a link: replies to hosts that are now out of reach are
    /// not sent.
    pub(crate) fn keep_reachable(&mut self, link: LinkId, is_reachable: impl Fn(IpAddr) -> bool) {
        self.retain(&|reply| reply.link != link || is_reachable(reply.to.ip()));
    }

    pub(crate) fn drop_link(&mut self, link: LinkId) {
        self.retain(&|reply| reply.link != link);
    }

    fn retain(&mut self, stays: &dyn Fn(&Reply) -> bool) {
        self.ready.retain(|(_, reply)| stays(reply));
        let all = self.waiting.iter();
        let gone = all.filter(|(_, waiting)| !stays(&waiting.reply));
        let gone: Vec<usize> = gone.map(|(slot, _)| slot).collect();
        for slot in gone {
            self.take(id_of(slot));
        }
    }

    fn len(&self) -> usize {
        self.ready.len().saturating_add(self.waiting.len())
    }

    /// Takes a reply that waits.
    fn take(&mut self, slot: u32) -> Option<Reply> {
        let Waiting { due, count, reply } = self.waiting.try_remove(slot as usize)?;
        self.due.remove((due, count, slot));
        self.by_querier
            .remove((self.hash(reply.link, reply.to), slot));
        Some(reply)
    }

    /// Returns the reply that waits for a querier, and to which more may be added.
    fn find(&mut self, link: LinkId, to: SocketAddr) -> Option<&mut Waiting> {
        let slot = self.slot(link, to)?;
        self.waiting.get_mut(slot as usize)
    }

    fn slot(&self, link: LinkId, to: SocketAddr) -> Option<u32> {
        let hash = self.hash(link, to);
        let same_hash = self
            .by_querier
            .range((hash, Key::first())..=(hash, Key::last()));
        let mut slots = same_hash.map(|(_, slot)| slot);
        slots.find(|slot| {
            let waiting = self.waiting.get(*slot as usize);
            waiting.is_some_and(|known| known.reply.link == link && known.reply.to == to)
        })
    }

    fn hash(&self, link: LinkId, to: SocketAddr) -> u64 {
        hash_of(self.key ^ u64::from(to.port()) << 48, (link, to.ip()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_that_was_sent_leaves_nothing_behind() {
        let mut replies = Replies::new(7);
        let reply = Reply {
            link: LinkId(1),
            to: "10.0.0.2:5353".parse().unwrap(),
            legacy: None,
            records: SmallList::new(),
        };
        let due = Instant::from_nanos(1);
        assert!(replies.add(Instant::ZERO, due, reply, 10));
        assert!(replies.pop_due(due).is_some());
        assert!(replies.due.is_empty() && replies.by_querier.is_empty());
    }
}
