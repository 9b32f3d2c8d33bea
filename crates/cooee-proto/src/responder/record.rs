//! A record that this host owns, and its state on each link.
//!
//! In:  the data to publish; every time it was multicast.
//! Out: whether it may be used in answers, when it may be multicast next. RFC 6762 sections 6 (one
//!      second between multicasts), 8.3 and 10.1.

use alloc::boxed::Box;

use cooee_wire::{RData, Ttl};

use super::burst::BurstId;
use super::truncated::TruncatedId;
use crate::collections::SmallList;
use crate::limits::ASKERS_MAX;
use crate::link::{Family, LinkId};
use crate::names::NameId;
pub(crate) use crate::registrations::RecordId;
use crate::time::{Duration, Instant, part_of};
use crate::timing::{ANNOUNCEMENTS, MULTICAST_GAP_MIN, PROBE_DEFENCE_GAP_MIN};

/// One record and its state on the links.
pub(crate) struct OwnRecord {
    pub(crate) name: NameId,
    pub(crate) data: RData,
    /// Half of the hash of its data.
    pub(super) hash: u32,
    pub(crate) ttl: Ttl,
    /// Whether it is a member of a unique record set (the cache-flush bit).
    pub(crate) unique: bool,
    pub(super) scope: Scope,
    /// The only family over which it is published; both if `None`.
    pub(crate) over: Option<Family>,
    /// How many registrations hold it.
    pub(super) holders: u32,
    pub(crate) on_links: SmallList<OnLink, 1>,
    /// The packet or query that saw it last: prevents sending it twice.
    pub(crate) stamp: u64,
}

/// Where a record is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scope(u32);

impl Scope {
    /// The number of no interface.
    const EVERYWHERE: u32 = u32::MAX;

    /// Returns the scope of a record that is valid on one link, or on every link.
    pub(super) fn of(only: Option<LinkId>) -> Self {
        Self(only.map_or(Self::EVERYWHERE, |LinkId(index)| index))
    }
}

/// The state of a record on one link. Every record has one, so what is rare is elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct OnLink {
    pub(crate) link: LinkId,
    /// How many registrations that hold it are established there; it is used in answers if there
    /// are any.
    pub(crate) live: u32,
    /// When it was last multicast there: it may not be again within a second.
    pub(crate) last: Option<Instant>,
    /// Whether it was multicast there since it was published: its end takes a goodbye. Until then
    /// it owes its first announcement.
    pub(crate) is_said: bool,
    pub(crate) pending: Option<Box<Pending>>,
    /// How many announcements are still due.
    pub(crate) announcements: u8,
    /// The answer in which it was last sent.
    pub(crate) burst: BurstId,
    /// Whether it is in a packet whose result is not known yet.
    pub(crate) flying: bool,
    /// Whether a co-resident responder has also announced it there, and not withdrawn it.
    pub(crate) announced_by_co_resident: bool,
    /// Whether it is left out because a co-resident responder, which publishes the same set there,
    /// leaves it out.
    pub(crate) is_yielded: bool,
}

/// A future multicast of a record.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) due: Instant,
    /// It may be sent earlier, to share a packet, but not before this.
    pub(crate) earliest: Instant,
    /// It may wait for others, to share a packet, but not beyond this.
    pub(crate) latest: Instant,
    pub(crate) askers: Askers,
}

/// A querier of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    /// A host that has not yet listed all its known answers: records that it lists later need not
    /// be sent to it.
    Truncated(TruncatedId),
    /// A host with a complete list, or everybody.
    Anybody,
}

/// All queriers of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Askers {
    /// Only hosts that have not yet listed all their known answers.
    Truncated(SmallList<TruncatedId, 2>),
    /// At least one querier with a complete list.
    Anybody,
}

impl Askers {
    pub(crate) fn of(asker: Asker) -> Self {
        match asker {
            Asker::Truncated(id) => Self::Truncated(SmallList::from_iter([id])),
            Asker::Anybody => Self::Anybody,
        }
    }

    /// Adds a querier. Full: it counts as one with a complete list, whatever it lists later.
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
    /// Returns whether the record is valid on a link.
    pub(crate) fn is_valid_on(&self, link: LinkId) -> bool {
        [Scope::of(None), Scope::of(Some(link))].contains(&self.scope)
    }

    /// Returns whether the record is published over a family.
    pub(crate) fn is_over(&self, family: Family) -> bool {
        self.over.is_none_or(|over| over == family)
    }

    /// Returns whether the record may be used in answers on a link.
    pub(crate) fn is_live_on(&self, link: LinkId) -> bool {
        self.on(link)
            .is_some_and(|on| on.live > 0 && !on.is_yielded)
    }

    /// Returns whether it is left out on a link because a co-resident responder leaves it out.
    pub(crate) fn is_yielded_on(&self, link: LinkId) -> bool {
        self.on(link).is_some_and(|on| on.is_yielded)
    }

    /// Returns whether the record, in its present form, still needs its first announcement on a
    /// link.
    pub(crate) fn owes_announcement(&self, link: LinkId) -> bool {
        // What is left out there is not announced, nor waited for.
        let on = self.on(link).filter(|_| self.is_live_on(link));
        on.is_some_and(|on| !on.is_said || on.announcements >= ANNOUNCEMENTS)
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

    /// Returns whether a quarter of its TTL has passed since it was last multicast on a link.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-5.4
    //# However, if the responder has not multicast that
    //# record recently (within one quarter of its TTL), then the responder
    //# SHOULD instead multicast the response so as to keep all the peer
    //# caches up to date, and to permit passive conflict detection.
    pub(crate) fn wants_multicast(&self, now: Instant, link: LinkId) -> bool {
        let quarter = part_of(Duration::from_secs(u64::from(self.ttl.as_secs())), 4);
        let said = self.on(link).filter(|on| on.is_said);
        let last = said.and_then(|on| on.last);
        last.is_none_or(|last| now.saturating_since(last) >= quarter)
    }
}

impl OnLink {
    fn new(link: LinkId) -> Self {
        Self {
            link,
            live: 0,
            last: None,
            is_said: false,
            pending: None,
            announcements: 0,
            announced_by_co_resident: false,
            burst: BurstId::default(),
            flying: false,
            is_yielded: false,
        }
    }

    /// Nothing that was said of the record binds it any more, but that it was said. Returns whether
    /// it was multicast since it was published.
    pub(super) fn end_life(&mut self) -> bool {
        core::mem::take(&mut self.is_said)
    }

    /// Returns whether the record may be multicast again now, and is in no packet in transit.
    pub(crate) fn is_free(&self, now: Instant) -> bool {
        !self.flying && self.free_at(false) <= now
    }

    /// Returns the first moment at which the record may be multicast again.
    pub(crate) fn free_at(&self, defends: bool) -> Instant {
        let gap = if defends {
            PROBE_DEFENCE_GAP_MIN
        } else {
            MULTICAST_GAP_MIN
        };
        self.last.map_or(Instant::ZERO, |last| last + gap)
    }
}
