//! What a component intends to send, by link and time: the one kind of outbound queue.
//!
//! In:  intents, as keys into the component's own table; which links take packets.
//! Out: what is due on which link, in order; when the next is.
//!
//! A queue holds keys and times only. Bytes are made when the driver polls a packet, from what is
//! true then. An intent that is in a packet leaves the queue until the result of that packet is
//! known: then it was sent, or it is queued again.

use alloc::collections::{BTreeMap, BTreeSet};
use core::ops::RangeInclusive;

use crate::link::LinkId;
use crate::time::Instant;

/// A key of a table: its intents of one moment are in the order of their keys.
pub(crate) trait Intent: Copy + Ord {
    /// Not more than any other.
    const FIRST: Self;
    /// Not less than any other.
    const LAST: Self;
}

/// The intents of a component.
#[derive(Debug)]
pub(crate) struct Schedule<K> {
    links: BTreeMap<LinkId, LinkQueue<K>>,
}

/// The intents for one link, in the order in which they are due.
#[derive(Debug)]
pub(crate) struct LinkQueue<K> {
    due: BTreeSet<(Instant, K)>,
}

impl<K> Default for Schedule<K> {
    fn default() -> Self {
        let links = BTreeMap::new();
        Self { links }
    }
}

impl<K> Default for LinkQueue<K> {
    fn default() -> Self {
        let due = BTreeSet::new();
        Self { due }
    }
}

impl<K: Intent> Schedule<K> {
    /// Returns the queue of a link, if it has one.
    pub(crate) fn get(&self, link: LinkId) -> Option<&LinkQueue<K>> {
        self.links.get(&link)
    }

    /// Returns the queue of a link, if it has one.
    pub(crate) fn get_mut(&mut self, link: LinkId) -> Option<&mut LinkQueue<K>> {
        self.links.get_mut(&link)
    }

    /// Returns the queue of a link, which is made if it has none.
    pub(crate) fn of_link(&mut self, link: LinkId) -> &mut LinkQueue<K> {
        self.links.entry(link).or_default()
    }

    /// Returns the links that have a queue, in order.
    pub(crate) fn links(&self) -> impl Iterator<Item = LinkId> + '_ {
        self.links.keys().copied()
    }

    /// Removes everything for a link.
    pub(crate) fn drop_link(&mut self, link: LinkId) {
        self.links.remove(&link);
    }

    /// Returns when the next intent is due; `open_at` says from when a link takes packets.
    pub(crate) fn next_deadline(&self, open_at: impl Fn(LinkId) -> Instant) -> Option<Instant> {
        let first = |(&link, queue): (&LinkId, &LinkQueue<K>)| Some((link, queue.first()?.0));
        let due = self.links.iter().filter_map(first);
        due.map(|(link, at)| at.max(open_at(link))).min()
    }

    /// Returns a link that takes packets and on which something is due.
    pub(crate) fn due_link(
        &self,
        now: Instant,
        is_open: impl Fn(LinkId) -> bool,
    ) -> Option<LinkId> {
        let mut links = self.links.iter();
        let found = links.find(|(link, queue)| queue.is_due(now) && is_open(**link));
        found.map(|(&link, _)| link)
    }
}

impl<K: Intent> LinkQueue<K> {
    /// Adds an intent.
    pub(crate) fn add(&mut self, at: Instant, key: K) {
        self.due.insert((at, key));
    }

    /// Removes an intent that is due then.
    pub(crate) fn remove(&mut self, at: Instant, key: K) {
        self.due.remove(&(at, key));
    }

    /// Keeps the intents for which `stays` says so.
    pub(crate) fn retain(&mut self, stays: impl Fn(Instant, K) -> bool) {
        self.due.retain(|&(at, key)| stays(at, key));
    }

    /// Returns what is due first.
    pub(crate) fn first(&self) -> Option<(Instant, K)> {
        self.due.first().copied()
    }

    /// Returns whether anything is due.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        self.first().is_some_and(|(at, _)| at <= now)
    }

    /// Returns what is due until a moment, in order.
    pub(crate) fn until(&self, end: Instant) -> impl Iterator<Item = (Instant, K)> + '_ {
        self.due.range(..=(end, K::LAST)).copied()
    }

    /// Returns what is due later than now, until a moment, in order.
    pub(crate) fn after(
        &self,
        now: Instant,
        end: Instant,
    ) -> impl Iterator<Item = (Instant, K)> + '_ {
        self.due.range((now, K::LAST)..=(end, K::LAST)).copied()
    }

    /// Returns what is due in a span of time, in order.
    pub(crate) fn within(
        &self,
        span: RangeInclusive<Instant>,
    ) -> impl Iterator<Item = (Instant, K)> + '_ {
        let (from, to) = span.into_inner();
        self.due.range((from, K::FIRST)..=(to, K::LAST)).copied()
    }
}
