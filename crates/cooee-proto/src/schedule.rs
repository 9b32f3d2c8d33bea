//! What a component intends to send, by link and time: the one kind of outbound queue.
//!
//! In:  intents, as keys into the component's own table; which links take packets.
//! Out: what is due on which link, in order; when the next is.
//!
//! A queue holds keys and times only. Bytes are made when the driver polls a packet, from what is
//! true then. An intent that is in a packet leaves the queue until the result of that packet is
//! known: then it was sent, or it is queued again.

use core::ops::RangeInclusive;

use crate::link::LinkId;
use crate::link_map::LinkMap;
use crate::ordered::{Key, OrderedSet};
use crate::time::Instant;

/// The intents of a component.
#[derive(Debug)]
pub(crate) struct Schedule<K> {
    links: LinkMap<LinkQueue<K>>,
}

/// The intents for one link, in the order in which they are due.
#[derive(Debug)]
pub(crate) struct LinkQueue<K> {
    /// Intents of one moment are in the order of their keys.
    due: OrderedSet<(Instant, K)>,
}

impl<K> Default for Schedule<K> {
    fn default() -> Self {
        let links = LinkMap::default();
        Self { links }
    }
}

impl<K> Default for LinkQueue<K> {
    fn default() -> Self {
        let due = OrderedSet::default();
        Self { due }
    }
}

impl<K: Key> Schedule<K> {
    /// Returns the queue of a link, if it has one.
    pub(crate) fn get(&self, link: LinkId) -> Option<&LinkQueue<K>> {
        self.links.get(link)
    }

    /// Returns the queue of a link, if it has one.
    pub(crate) fn get_mut(&mut self, link: LinkId) -> Option<&mut LinkQueue<K>> {
        self.links.get_mut(link)
    }

    /// Returns the queue of a link, which is made if it has none.
    pub(crate) fn of_link(&mut self, link: LinkId) -> &mut LinkQueue<K> {
        self.links.or_default(link)
    }

    /// Returns the links that have a queue, in order.
    pub(crate) fn links(&self) -> impl Iterator<Item = LinkId> + '_ {
        self.links.keys()
    }

    /// Removes everything for a link.
    pub(crate) fn drop_link(&mut self, link: LinkId) {
        self.links.remove(link);
    }

    /// Returns what is due first on any link.
    pub(crate) fn first(&self) -> Option<(Instant, LinkId, K)> {
        let firsts = self.links.iter().filter_map(|(link, queue)| {
            let (at, key) = queue.first()?;
            Some((at, link, key))
        });
        firsts.min_by_key(|&(at, link, _)| (at, link))
    }

    /// Returns when the next intent is due; `open_at` says from when a link takes packets.
    pub(crate) fn next_deadline(&self, open_at: impl Fn(LinkId) -> Instant) -> Option<Instant> {
        let first = |(link, queue): (LinkId, &LinkQueue<K>)| Some((link, queue.first()?.0));
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
        let found = links.find(|(link, queue)| queue.is_due(now) && is_open(*link));
        found.map(|(link, _)| link)
    }
}

impl<K: Key> LinkQueue<K> {
    /// Adds an intent.
    pub(crate) fn add(&mut self, at: Instant, key: K) {
        self.due.insert((at, key));
    }

    /// Removes an intent that is due then.
    pub(crate) fn remove(&mut self, at: Instant, key: K) {
        self.due.remove((at, key));
    }

    /// Keeps the intents for which `stays` says so.
    pub(crate) fn retain(&mut self, stays: impl Fn(Instant, K) -> bool) {
        self.due.retain(|(at, key)| stays(at, key));
    }

    /// Returns what is due first.
    pub(crate) fn first(&self) -> Option<(Instant, K)> {
        self.due.first()
    }

    /// Returns whether anything is due.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        self.first().is_some_and(|(at, _)| at <= now)
    }

    /// Returns what is due until a moment, in order.
    pub(crate) fn until(&self, end: Instant) -> impl Iterator<Item = (Instant, K)> + '_ {
        self.due.range(Key::first()..=(end, K::last()))
    }

    /// Returns what is due later than now, until a moment, in order.
    pub(crate) fn after(
        &self,
        now: Instant,
        end: Instant,
    ) -> impl Iterator<Item = (Instant, K)> + '_ {
        self.due.range((now, K::last())..=(end, K::last()))
    }

    /// Returns what is due in a span of time, in order.
    pub(crate) fn within(
        &self,
        span: RangeInclusive<Instant>,
    ) -> impl Iterator<Item = (Instant, K)> + '_ {
        let (from, to) = span.into_inner();
        self.due.range((from, K::first())..=(to, K::last()))
    }
}
