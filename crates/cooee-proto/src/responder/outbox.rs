//! The multicasts to come of one host: which record, on which link, when.
//!
//! In:  answers that are due after a delay, announcements, corrections.
//! Out: what goes into the next packet of a link.
//! RFC 6762 sections 6 (delays, one second between multicasts), 6.4 (aggregation), 7.2 and 7.4.

use alloc::collections::{BTreeMap, BTreeSet};

use super::record::{Asker, OnLink, Pending, RecordId};
use super::registry::Registry;
use crate::link::LinkId;
use crate::time::Instant;
use crate::timing::{AGGREGATION_WINDOW, ANNOUNCEMENT_INTERVAL, ANNOUNCEMENTS};

/// What is to be multicast, by link and time.
#[derive(Default)]
pub(crate) struct Outbox {
    due: BTreeMap<LinkId, BTreeSet<(Instant, RecordId)>>,
}

/// When an answer is to go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct When {
    pub(crate) due: Instant,
    pub(crate) earliest: Instant,
    /// Whether it defends a name against a probe, which shortens the gap between multicasts.
    pub(crate) defends: bool,
}

impl When {
    pub(crate) fn at_once(now: Instant) -> Self {
        Self {
            due: now,
            earliest: now,
            defends: false,
        }
    }
}

impl Outbox {
    /// Wants a record multicast on a link, with the rest of its unique set.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
    //# Any time a host sends a response packet containing some members of a
    //# unique RRSet, it MUST send the entire RRSet
    pub(crate) fn want(
        &mut self,
        registry: &mut Registry,
        (link, id): (LinkId, RecordId),
        when: When,
        asker: Asker,
    ) {
        self.want_one(registry, (link, id), when, asker);
        for sibling in registry.siblings(id, link) {
            self.want_one(registry, (link, sibling), when, asker);
        }
    }

    /// Wants a record announced: twice, a second apart.
    pub(crate) fn announce(
        &mut self,
        registry: &mut Registry,
        (link, id): (LinkId, RecordId),
        now: Instant,
    ) {
        if let Some(on) = registry.get_mut(id).and_then(|record| record.on_mut(link)) {
            on.announcements = ANNOUNCEMENTS;
        }
        self.want(registry, (link, id), When::at_once(now), Asker::Many);
    }

    /// A host lists a record as known: what only that host waits for is not sent.
    pub(crate) fn cancel_if(
        &mut self,
        registry: &mut Registry,
        (link, id): (LinkId, RecordId),
        is_satisfied: impl Fn(Asker) -> bool,
    ) -> bool {
        let Some(on) = registry.get_mut(id).and_then(|record| record.on_mut(link)) else {
            return false;
        };
        match on.pending {
            Some(pending) if on.announcements == 0 && is_satisfied(pending.asker) => {
                on.pending = None;
                self.forget(link, pending.due, id);
                true
            }
            Some(_) | None => false,
        }
    }

    /// Moves a pending record to a later moment: more known answers follow.
    pub(crate) fn postpone(
        &mut self,
        registry: &mut Registry,
        (link, id): (LinkId, RecordId),
        asker: Asker,
        until: Instant,
    ) {
        let Some(on) = registry.get_mut(id).and_then(|record| record.on_mut(link)) else {
            return;
        };
        if let Some(pending) = on.pending.filter(|pending| pending.asker == asker) {
            on.pending = Some(Pending {
                due: until,
                earliest: until,
                asker,
            });
            self.forget(link, pending.due, id);
            self.due.entry(link).or_default().insert((until, id));
        }
    }

    /// Takes everything back that was to be sent of a record on a link.
    pub(crate) fn drop_record(&mut self, registry: &mut Registry, link: LinkId, id: RecordId) {
        let Some(on) = registry.get_mut(id).and_then(|record| record.on_mut(link)) else {
            return;
        };
        on.announcements = 0;
        if let Some(pending) = on.pending.take() {
            self.forget(link, pending.due, id);
        }
    }

    /// Forgets a link.
    pub(crate) fn drop_link(&mut self, link: LinkId) {
        self.due.remove(&link);
    }

    /// When the next multicast is due.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.due
            .values()
            .filter_map(|due| due.first())
            .map(|&(at, _)| at)
            .min()
    }

    /// A link on which a multicast is due.
    pub(crate) fn due_link(&self, now: Instant) -> Option<LinkId> {
        let is_due =
            |due: &BTreeSet<(Instant, RecordId)>| due.first().is_some_and(|&(at, _)| at <= now);
        self.due
            .iter()
            .find(|(_, due)| is_due(due))
            .map(|(&link, _)| link)
    }

    /// The records for the next packet on a link, in order: those that are due, and those that
    /// will be soon and may go now.
    pub(crate) fn candidates(
        &self,
        registry: &Registry,
        link: LinkId,
        now: Instant,
    ) -> impl Iterator<Item = RecordId> {
        let horizon = (now + AGGREGATION_WINDOW, RecordId(u32::MAX));
        let may_go = move |&(at, id): &(Instant, RecordId)| {
            let on = registry.get(id).and_then(|record| record.on(link));
            let pending = on.and_then(|on| Some((on, on.pending?)));
            at <= now || pending.is_some_and(|(on, pending)| on.may_go(now, pending))
        };
        let due = self
            .due
            .get(&link)
            .into_iter()
            .flat_map(move |due| due.range(..=horizon));
        due.copied().filter(may_go).map(|(_, id)| id)
    }

    /// A record was multicast on a link.
    pub(crate) fn sent(
        &mut self,
        registry: &mut Registry,
        link: LinkId,
        id: RecordId,
        now: Instant,
    ) {
        let Some(on) = registry.get_mut(id).and_then(|record| record.on_mut(link)) else {
            return;
        };
        on.multicast = Some(now);
        if let Some(pending) = on.pending.take() {
            if let Some(due) = self.due.get_mut(&link) {
                due.remove(&(pending.due, id));
            }
        }
        on.announcements = on.announcements.saturating_sub(1);
        if on.announcements > 0 {
            let due = now + ANNOUNCEMENT_INTERVAL;
            on.pending = Some(Pending {
                due,
                earliest: due,
                asker: Asker::Many,
            });
            self.due.entry(link).or_default().insert((due, id));
        }
    }

    fn want_one(
        &mut self,
        registry: &mut Registry,
        (link, id): (LinkId, RecordId),
        when: When,
        asker: Asker,
    ) {
        let Some(record) = registry.get_mut(id) else {
            return;
        };
        let Some(on) = record.on_mut(link) else {
            return;
        };
        let free_at = on.free_at(when.defends);
        let wanted = Pending {
            due: when.due.max(free_at),
            earliest: when.earliest.max(free_at),
            asker,
        };
        let before = on.pending;
        let pending = before.map_or(wanted, |before| before.joined_by(wanted));
        on.pending = Some(pending);
        if let Some(before) = before {
            self.forget(link, before.due, id);
        }
        self.due.entry(link).or_default().insert((pending.due, id));
    }

    fn forget(&mut self, link: LinkId, due: Instant, id: RecordId) {
        if let Some(queue) = self.due.get_mut(&link) {
            queue.remove(&(due, id));
        }
    }
}

impl Pending {
    fn joined_by(self, other: Self) -> Self {
        Self {
            due: self.due.min(other.due),
            earliest: self.earliest.min(other.earliest),
            asker: if self.asker == other.asker {
                self.asker
            } else {
                Asker::Many
            },
        }
    }
}

impl OnLink {
    fn may_go(&self, now: Instant, pending: Pending) -> bool {
        pending.earliest <= now && self.free_at(false) <= now
    }
}
