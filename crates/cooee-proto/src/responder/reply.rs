//! Unicast replies to come: to questions that ask for one, and to legacy queriers.
//!
//! In:  answers for one host, due at once or after a delay.
//! Out: the next reply that is due. RFC 6762 sections 5.4, 5.5 and 6.7.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

use cooee_wire::{Class, Name, RecordType};

use super::record::RecordId;
use crate::collections::SmallList;
use crate::link::LinkId;
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
#[derive(Default)]
pub(crate) struct Replies {
    ready: VecDeque<(Instant, Reply)>,
    due: BTreeMap<(Instant, u64), Reply>,
    delayed: BTreeMap<(LinkId, SocketAddr), (Instant, u64)>,
    count: u64,
}

impl Replies {
    /// Adds a reply. Full: it is not sent, and the querier asks again. Returns whether it was
    /// added.
    pub(crate) fn add(&mut self, now: Instant, due: Instant, reply: Reply, max: usize) -> bool {
        let source = (reply.link, reply.to);
        if due > now && reply.legacy.is_none() {
            let waiting = self
                .delayed
                .get(&source)
                .and_then(|key| self.due.get_mut(key));
            if let Some(waiting) = waiting {
                let new = reply
                    .records
                    .iter()
                    .filter(|id| !waiting.records.contains(id));
                let new: Vec<RecordId> = new.copied().collect();
                waiting.records.extend(new);
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
        let key = (due, self.count);
        if reply.legacy.is_none() {
            self.delayed.insert(source, key);
        }
        self.due.insert(key, reply);
        true
    }

    /// Handles a record that a host lists as known: it is not sent to that host.
    pub(crate) fn cancel(&mut self, link: LinkId, to: SocketAddr, id: RecordId) {
        let Some(key) = self.delayed.get(&(link, to)) else {
            return;
        };
        if let Some(reply) = self.due.get_mut(key) {
            reply.records.retain(|other| *other != id);
        }
    }

    /// Delays the reply to a host that sends more known answers.
    pub(crate) fn postpone(&mut self, link: LinkId, to: SocketAddr, until: Instant) {
        let Some(key) = self.delayed.get_mut(&(link, to)) else {
            return;
        };
        if let Some(reply) = self.due.remove(key) {
            key.0 = until;
            self.due.insert(*key, reply);
        }
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let ready = self.ready.front().map(|&(at, _)| at);
        let due = self.due.first_key_value().map(|(&(at, _), _)| at);
        ready.into_iter().chain(due).min()
    }

    /// Returns the next reply that is due.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<Reply> {
        if let Some((_, reply)) = self.ready.pop_front() {
            return Some(reply);
        }
        let (&key, _) = self
            .due
            .first_key_value()
            .filter(|((at, _), _)| *at <= now)?;
        let reply = self.due.remove(&key)?;
        if self.delayed.get(&(reply.link, reply.to)) == Some(&key) {
            self.delayed.remove(&(reply.link, reply.to));
        }
        Some(reply)
    }

    /// Handles a change of the addresses of a link: replies to hosts that are now out of reach are
    /// not sent.
    pub(crate) fn keep_reachable(&mut self, link: LinkId, is_reachable: impl Fn(IpAddr) -> bool) {
        let stays = |on: LinkId, to: SocketAddr| on != link || is_reachable(to.ip());
        self.ready.retain(|(_, reply)| stays(reply.link, reply.to));
        self.due.retain(|_, reply| stays(reply.link, reply.to));
        self.delayed.retain(|&(on, to), _| stays(on, to));
    }

    fn len(&self) -> usize {
        self.ready.len().saturating_add(self.due.len())
    }

    pub(crate) fn drop_link(&mut self, link: LinkId) {
        self.ready.retain(|(_, reply)| reply.link != link);
        self.due.retain(|_, reply| reply.link != link);
        self.delayed.retain(|&(other, _), _| other != link);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_that_was_sent_leaves_nothing_behind() {
        let mut replies = Replies::default();
        let reply = Reply {
            link: LinkId(1),
            to: "10.0.0.2:5353".parse().unwrap(),
            legacy: None,
            records: SmallList::new(),
        };
        let due = Instant::from_nanos(1);
        assert!(replies.add(Instant::ZERO, due, reply, 10));
        assert!(replies.pop_due(due).is_some());
        assert!(replies.delayed.is_empty());
    }
}
