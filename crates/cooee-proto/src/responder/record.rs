//! A record that this host owns, and what has become of it on each link.
//!
//! In:  the data to publish; every time it was multicast.
//! Out: whether it may be answered with, when it may be multicast next.
//! RFC 6762 sections 6 (one second between multicasts), 8.3 and 10.1.

use alloc::boxed::Box;

use cooee_wire::{RData, Ttl};

use super::burst::BurstId;
use super::truncated::TruncatedId;
use crate::collections::Few;
use crate::limits::ASKERS_MAX;
use crate::link::LinkId;
use crate::names::NameId;
use crate::time::{Duration, Instant, part_of};
use crate::timing::{ANNOUNCEMENTS, MULTICAST_GAP_MIN, PROBE_DEFENCE_GAP_MIN};

/// A record of this host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RecordId(pub(super) u32);

/// One record and its life on the links.
pub(crate) struct OwnRecord {
    pub(crate) name: NameId,
    pub(crate) data: RData,
    pub(super) hash: u64,
    pub(crate) ttl: Ttl,
    /// Whether it is a member of a unique record set (the cache-flush bit).
    pub(crate) unique: bool,
    /// The only link it is valid on; every link if `None`.
    pub(crate) only: Option<LinkId>,
    /// How many registrations hold it.
    pub(super) holders: u32,
    pub(crate) on_links: Few<OnLink, 1>,
    /// The packet or query that saw it last: guards against saying it twice.
    pub(crate) stamp: u64,
}

/// What has become of a record on one link.
#[derive(Clone, Debug)]
pub(crate) struct OnLink {
    pub(crate) link: LinkId,
    /// How many registrations that hold it are established there; answered with if any.
    pub(crate) live: u32,
    /// When it was last multicast there: the ledger that goodbyes come from.
    pub(crate) multicast: Option<Instant>,
    /// When it was last multicast there in an earlier life, which a dispute or a goodbye ended.
    pub(crate) before: Option<Instant>,
    pub(crate) pending: Option<Box<Pending>>,
    /// How many announcements are still owed.
    pub(crate) announcements: u8,
    /// When an answer with it was left out because another host gave it, if it was not sent since.
    pub(crate) left_out: Option<Instant>,
    /// The answer that it was last put into.
    pub(crate) burst: BurstId,
    /// Whether it is in a packet of which is not known yet whether it has left.
    pub(crate) flying: bool,
    /// Whether another program of this host has said it there, too, and not withdrawn it.
    pub(crate) said_by_neighbour: bool,
    /// Until when it is left out because another program of this host, which publishes the same set
    /// there, leaves it out.
    pub(crate) yielded: Option<Instant>,
}

/// A multicast of a record that is to come.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) due: Instant,
    /// It may go earlier, to share a packet, but not before this.
    pub(crate) earliest: Instant,
    /// It may wait for others, to share a packet, but not beyond this.
    pub(crate) latest: Instant,
    pub(crate) askers: Askers,
}

/// Who wants a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    /// A host that has yet to say all it knows: what it lists afterwards need not be sent to it.
    Truncated(TruncatedId),
    /// A host that has said all it knows, or everybody.
    Anybody,
}

/// All who want a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Askers {
    /// Hosts that have yet to say all they know, and nobody else.
    Truncated(Few<TruncatedId, 2>),
    /// Among them somebody whose wish stands.
    Anybody,
}

impl Askers {
    pub(crate) fn of(asker: Asker) -> Self {
        match asker {
            Asker::Truncated(id) => Self::Truncated(Few::from_iter([id])),
            Asker::Anybody => Self::Anybody,
        }
    }

    /// One more wants the record, too. Full: its wish stands, whatever it goes on to list.
    pub(crate) fn join(&mut self, asker: Asker) {
        match (&mut *self, asker) {
            (Self::Truncated(ids), Asker::Truncated(id)) if ids.contains(&id) => {}
            (Self::Truncated(ids), Asker::Truncated(id)) if ids.len() < ASKERS_MAX => ids.push(id),
            (Self::Truncated(_), Asker::Truncated(_) | Asker::Anybody) | (Self::Anybody, _) => {
                *self = Self::Anybody;
            }
        }
    }
}

impl OwnRecord {
    /// Whether the record is valid on a link.
    pub(crate) fn is_valid_on(&self, link: LinkId) -> bool {
        self.only.is_none_or(|only| only == link)
    }

    /// How many registrations hold it.
    pub(crate) fn holders(&self) -> u32 {
        self.holders
    }

    /// Whether the record may be answered with on a link.
    pub(crate) fn is_live_on(&self, link: LinkId) -> bool {
        self.on(link)
            .is_some_and(|on| on.live > 0 && on.yielded.is_none())
    }

    /// Whether it is left out on a link because another program of this host leaves it out.
    pub(crate) fn is_yielded_on(&self, link: LinkId) -> bool {
        self.on(link).is_some_and(|on| on.yielded.is_some())
    }

    /// Whether the record has yet to be announced for the first time on a link, as it is now.
    pub(crate) fn owes_announcement(&self, link: LinkId) -> bool {
        // What is left out there is not announced, nor waited for.
        let on = self.on(link).filter(|_| self.is_live_on(link));
        on.is_some_and(|on| on.multicast.is_none() || on.announcements >= ANNOUNCEMENTS)
    }

    pub(crate) fn on(&self, link: LinkId) -> Option<&OnLink> {
        self.on_links.iter().find(|on| on.link == link)
    }

    pub(crate) fn on_mut(&mut self, link: LinkId) -> Option<&mut OnLink> {
        self.on_links.iter_mut().find(|on| on.link == link)
    }

    #[expect(
        clippy::expect_used,
        reason = "a look and a push cannot share one borrow"
    )]
    pub(crate) fn enter(&mut self, link: LinkId) -> &mut OnLink {
        let at = self
            .on_links
            .iter()
            .position(|on| on.link == link)
            .unwrap_or_else(|| {
                self.on_links.push(OnLink::new(link));
                self.on_links.len().saturating_sub(1)
            });
        self.on_links
            .get_mut(at)
            .expect("the entry was found or made just now")
    }

    /// Whether a quarter of its TTL has passed since it was last multicast on a link.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-5.4
    //# However, if the responder has not multicast that
    //# record recently (within one quarter of its TTL), then the responder
    //# SHOULD instead multicast the response so as to keep all the peer
    //# caches up to date, and to permit passive conflict detection.
    pub(crate) fn wants_multicast(&self, now: Instant, link: LinkId) -> bool {
        let quarter = part_of(Duration::from_secs(u64::from(self.ttl.as_secs())), 4);
        let last = self.on(link).and_then(|on| on.multicast);
        last.is_none_or(|last| now.saturating_since(last) >= quarter)
    }
}

impl OnLink {
    fn new(link: LinkId) -> Self {
        Self {
            link,
            live: 0,
            multicast: None,
            before: None,
            pending: None,
            announcements: 0,
            left_out: None,
            said_by_neighbour: false,
            burst: BurstId::default(),
            flying: false,
            yielded: None,
        }
    }

    /// Nothing that was said of the record binds it any more, but that it was said. Returns when it
    /// was multicast, if ever in this life.
    pub(super) fn end_life(&mut self) -> Option<Instant> {
        let sent = self.multicast.take();
        self.before = sent.max(self.before);
        sent
    }

    /// Whether the record may be multicast again now, and is in no packet that is on its way.
    pub(crate) fn is_free(&self, now: Instant) -> bool {
        !self.flying && self.free_at(false) <= now
    }

    /// The first moment at which the record may be multicast again.
    pub(crate) fn free_at(&self, defends: bool) -> Instant {
        let gap = if defends {
            PROBE_DEFENCE_GAP_MIN
        } else {
            MULTICAST_GAP_MIN
        };
        let last = self.last_multicast();
        last.map_or(Instant::ZERO, |last| last + gap)
    }

    /// When the record was last multicast there, in this life or before.
    pub(super) fn last_multicast(&self) -> Option<Instant> {
        self.multicast.max(self.before)
    }
}
