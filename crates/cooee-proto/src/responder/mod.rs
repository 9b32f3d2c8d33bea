//! The responder: what this host owns, and the answers to come.
//!
//! In:  registrations and questions, from the engine.
//! Out: records to multicast, replies to send by unicast, goodbyes. RFC 6762 sections 6, 7 and
//!      10.1.

mod announce;
pub(crate) mod burst;
pub(crate) mod goodbyes;
pub(crate) mod outbox;
mod recently_sent;
pub(crate) mod record;
pub(crate) mod registry;
pub(crate) mod reply;
pub(crate) mod truncated;
pub(crate) mod unicast_quota;

use alloc::collections::BTreeSet;

use self::burst::Burst;
use self::goodbyes::Goodbyes;
use self::outbox::Outbox;
use self::recently_sent::RecentlySent;
use self::record::RecordId;
use self::registry::Registry;
use self::reply::Replies;
use self::truncated::TruncatedQueries;
use self::unicast_quota::UnicastQuota;
use crate::collections::IdMap;
use crate::limits::Limits;
use crate::link::LinkId;
use crate::names::{NameId, Names};
use crate::time::Instant;

/// Everything that this host publishes.
pub(crate) struct Responder {
    pub(crate) registry: Registry,
    pub(crate) outbox: Outbox,
    pub(crate) burst: Burst,
    pub(crate) replies: Replies,
    pub(crate) truncated: TruncatedQueries,
    pub(crate) recent_peers: UnicastQuota,
    pub(crate) goodbyes: Goodbyes,
    recently_sent: RecentlySent,
    /// What is left out on a link, and until when.
    yielded: BTreeSet<(Instant, LinkId, RecordId)>,
    /// The NSEC records made so far, by name and link.
    negatives: IdMap<(NameId, LinkId), RecordId>,
}

impl Responder {
    pub(crate) fn new(key: u64, limits: &Limits) -> Self {
        Self {
            registry: Registry::new(key),
            outbox: Outbox::default(),
            burst: Burst::default(),
            replies: Replies::default(),
            truncated: TruncatedQueries::default(),
            recent_peers: UnicastQuota::new(key),
            goodbyes: Goodbyes::default(),
            recently_sent: RecentlySent::new(limits.ended_records_max),
            yielded: BTreeSet::new(),
            negatives: IdMap::default(),
        }
    }

    /// Returns how many withdrawn records were forgotten too early for lack of room.
    pub(crate) fn ended_forgotten(&self) -> u64 {
        self.recently_sent.forgotten
    }

    /// Returns when a record has been left out for long.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.yielded.first().map(|&(until, ..)| until)
    }

    /// Removes what was to be sent on a link that is gone, and what was sent there, except in the
    /// last second: the link may be back before that is over.
    pub(crate) fn drop_link(&mut self, now: Instant, names: &Names, link: LinkId) {
        self.outbox.drop_link(link);
        self.replies.drop_link(link);
        self.truncated.drop_link(link);
        self.recent_peers.drop_link(link);
        self.goodbyes.drop_link(link);
        self.yielded.retain(|&(_, other, _)| other != link);
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
}
