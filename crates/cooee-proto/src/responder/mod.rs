//! The responder: what this host owns, and the answers to come.
//!
//! In:  registrations and questions, from the engine.
//! Out: records to multicast, replies to send by unicast, goodbyes. RFC 6762 sections 6, 7 and
//!      10.1.

mod announce;
mod burst;
mod goodbyes;
mod outbox;
mod recently_sent;
pub(crate) mod record;
mod registry;
mod reply;
mod sending;
mod truncated;
mod unicast_quota;
mod wanted;
mod yielded;

use cooee_wire::{NameRef, RDataRef};

use self::burst::Burst;
pub(crate) use self::burst::BurstId;
use self::goodbyes::Goodbyes;
pub(crate) use self::goodbyes::{Goodbye, UnsentGoodbye};
use self::outbox::Outbox;
pub(crate) use self::outbox::When;
use self::recently_sent::RecentlySent;
use self::record::{OwnRecord, RecordId};
pub(crate) use self::registry::Owned;
use self::registry::Registry;
use self::reply::Replies;
pub(crate) use self::reply::{Legacy, Reply};
pub(crate) use self::sending::DueAnswers;
use self::truncated::TruncatedQueries;
use self::unicast_quota::UnicastQuota;
use self::yielded::Yielded;
use crate::collections::IdMap;
use crate::limits::Limits;
use crate::link::{Family, LinkId};
use crate::names::{NameId, Names};
use crate::stats::Stats;
use crate::time::Instant;
use crate::transmit::{Deadline, Wakeup};

/// Everything that this host publishes. Its tables are its own: others use its verbs.
pub(crate) struct Responder {
    registry: Registry,
    outbox: Outbox,
    burst: Burst,
    replies: Replies,
    truncated: TruncatedQueries,
    recent_peers: UnicastQuota,
    goodbyes: Goodbyes,
    recently_sent: RecentlySent,
    yielded: Yielded,
    /// The NSEC records made so far, by name and link.
    negatives: IdMap<(NameId, LinkId), RecordId>,
}

impl Responder {
    pub(crate) fn new(key: u64, limits: &Limits) -> Self {
        Self {
            registry: Registry::new(key),
            outbox: Outbox::default(),
            burst: Burst::default(),
            replies: Replies::new(key),
            truncated: TruncatedQueries::default(),
            recent_peers: UnicastQuota::new(key),
            goodbyes: Goodbyes::default(),
            recently_sent: RecentlySent::new(limits.ended_records_max),
            yielded: Yielded::default(),
            negatives: IdMap::default(),
        }
    }

    /// Returns whether this host owns no record.
    pub(crate) fn is_empty(&self) -> bool {
        self.registry.is_empty()
    }

    /// Returns a record and its state on each link.
    pub(crate) fn record(&self, id: RecordId) -> Option<&OwnRecord> {
        self.registry.get(id)
    }

    /// Returns the records of a name.
    pub(crate) fn of_name(&self, name: NameId) -> &[Owned] {
        self.registry.of_name(name)
    }

    /// Returns the name of a received record, if this host owns records of it.
    pub(crate) fn owned_name(&self, names: &Names, name: &NameRef<'_>) -> Option<NameId> {
        let found = names.find(name);
        found.filter(|id| !self.registry.of_name(*id).is_empty())
    }

    /// Returns whether any record is published over one family alone.
    pub(crate) fn has_limited(&self) -> bool {
        self.registry.has_limited()
    }

    /// Returns the record that equals one received over a family.
    pub(crate) fn equal_to(
        &self,
        name: NameId,
        data: &RDataRef<'_>,
        family: Family,
    ) -> Option<RecordId> {
        self.registry.equal_to(name, data, family)
    }

    /// Returns when something is due, and what; `open_at` says from when a link takes packets.
    pub(crate) fn deadlines(&self, open_at: impl Fn(LinkId) -> Instant) -> [Option<Deadline>; 4] {
        let reclaim = self.yielded.first().map(|(until, _)| until);
        [
            (self.replies.next_deadline(), Wakeup::Reply),
            (reclaim, Wakeup::Reclaim),
            (self.goodbyes.next_deadline(&open_at), Wakeup::Answer),
            (self.outbox.next_deadline(&open_at), Wakeup::Answer),
        ]
        .map(|(at, reason)| Some(Deadline { at: at?, reason }))
    }

    /// Removes what was to be sent on a link that is gone, and what was sent there, except in the
    /// last second: the link may be back before that is over.
    pub(crate) fn drop_link(&mut self, now: Instant, names: &Names, link: LinkId) {
        self.outbox.drop_link(link);
        self.replies.drop_link(link);
        self.truncated.drop_link(link);
        self.recent_peers.drop_link(link);
        self.goodbyes.drop_link(link);
        self.yielded.drop_link(link);
        for id in self.registry.ids() {
            let Some(record) = self.registry.get_mut(id) else {
                continue;
            };
            if let Some(on) = record.on(link).filter(|on| on.free_at(false) > now) {
                self.recently_sent
                    .note(names.name(record.name), &record.data, on);
            }
            record.on_links.retain(|on| on.link != link);
        }
    }

    /// Adds its counters to the engine's.
    pub(crate) fn count(&self, stats: &mut Stats) {
        stats.ended_forgotten = self.recently_sent.forgotten;
        stats.unknown_peers_refused = self.recent_peers.refusals;
        stats.recent_peers = self.recent_peers.len();
    }
}

#[cfg(test)]
impl Responder {
    /// Returns the records of this host.
    pub(crate) fn ids(&self) -> impl Iterator<Item = RecordId> {
        self.registry.ids().into_iter()
    }

    /// Stops publishing a record on a link, and leaves it in the outbox.
    pub(crate) fn end_in_silence(&mut self, id: RecordId, link: LinkId) {
        let record = self.registry.get_mut(id);
        if let Some(on) = record.and_then(|record| record.on_mut(link)) {
            on.live = 0;
        }
    }

    /// Returns whether a multicast is due on a link.
    pub(crate) fn is_due(&self, link: LinkId, now: Instant) -> bool {
        self.outbox.is_due(link, now)
    }

    /// Returns how many truncated queries are remembered.
    pub(crate) fn truncated_queries(&self) -> usize {
        self.truncated.len()
    }
}
