//! The multicasts to come of one host: which record, on which link, when.
//!
//! In:  answers that are due after a delay, announcements, corrections.
//! Out: the contents of the next packet of a link. RFC 6762 sections 6 (delays, one second between
//!      multicasts), 6.4 (aggregation), 7.2 and 7.4.

use alloc::boxed::Box;

use super::record::{Asker, Askers, OnLink, Pending, RecordId};
use super::registry::Registry;
use super::truncated::{TruncatedId, TruncatedQueries};
use crate::collections::{IdMap, SmallList};
use crate::link::LinkId;
use crate::schedule::Schedule;
use crate::time::{Duration, Instant};
use crate::timing::{
    AGGREGATION_WINDOW, ANNOUNCEMENT_INTERVAL, ANNOUNCEMENTS, LEFT_OUT_MEMORY, SHARED_DELAY_MIN,
};

/// What is to be multicast, by link and time.
#[derive(Default)]
pub(crate) struct Outbox {
    due: Schedule<RecordId>,
    /// When an answer was suppressed because another host gave it, if it was not sent since.
    left_out: IdMap<(LinkId, RecordId), Instant>,
}

/// When an answer is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct When {
    pub(crate) due: Instant,
    pub(crate) earliest: Instant,
    /// It may wait until then for others to share its packet.
    pub(crate) latest: Instant,
    /// Whether it defends a name against a probe, which shortens the gap between multicasts.
    pub(crate) defends: bool,
}

impl When {
    pub(crate) fn at_once(now: Instant) -> Self {
        Self {
            due: now,
            earliest: now,
            latest: now,
            defends: false,
        }
    }

    /// Sends at once, to defend a name against a probe.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-6
    //# In the special case of answering
    //# probe queries, because of the limited time before the probing host
    //# will make its decision about whether or not to use the name, a
    //# Multicast DNS responder MUST respond quickly.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
    //# Hence, it is important that when a
    //# device receives a probe query for a name that it is currently using,
    //# it SHOULD generate its response to defend that name immediately and
    //# send it as quickly as possible.
    pub(crate) fn defending(now: Instant) -> Self {
        Self {
            defends: true,
            ..Self::at_once(now)
        }
    }

    /// Sends after a delay; not earlier while more known answers may come.
    pub(crate) fn after(now: Instant, delay: Duration, truncated: bool) -> Self {
        if delay.is_zero() {
            return Self::at_once(now);
        }
        let due = now + delay;
        Self {
            due,
            earliest: if truncated {
                due
            } else {
                now + SHARED_DELAY_MIN
            },
            latest: due + AGGREGATION_WINDOW,
            defends: false,
        }
    }
}

impl Outbox {
    /// Schedules a multicast of a record on a link, with the rest of its unique set.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
    //# Any time a host sends a response packet containing some members of a
    //# unique RRSet, it MUST send the entire RRSet, preferably in a single
    //# packet, or if the entire RRSet will not fit in a single packet, in a
    //# quick burst of packets sent as close together as possible.
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

    /// Schedules the announcements of a record: two, a second apart. The first may wait for others
    /// that belong to it and were sent too recently, because a host that gets one part of a service
    /// needs the rest.
    pub(crate) fn announce(
        &mut self,
        registry: &mut Registry,
        (link, id): (LinkId, RecordId),
        now: Instant,
    ) {
        if let Some(on) = registry.get_mut(id).and_then(|record| record.on_mut(link)) {
            on.announcements = ANNOUNCEMENTS;
        }
        let when = When {
            latest: now + AGGREGATION_WINDOW,
            ..When::at_once(now)
        };
        self.want(registry, (link, id), when, Asker::Anybody);
    }

    /// Handles a record that another host has sent: it is not sent here, unless it was already
    /// suppressed a moment ago. Others may not have received it, and then they ask again.
    pub(crate) fn leave_out(
        &mut self,
        registry: &mut Registry,
        (link, id): (LinkId, RecordId),
        now: Instant,
    ) {
        let on = registry.get_mut(id).and_then(|record| record.on_mut(link));
        let lately = |at: &Instant| now.saturating_since(*at) <= LEFT_OUT_MEMORY;
        let was_lately = self.left_out.get(&(link, id)).is_some_and(lately);
        let Some(on) = on.filter(|on| on.announcements == 0 && !was_lately) else {
            return;
        };
        if let Some(pending) = on.pending.take() {
            self.left_out.insert((link, id), now);
            self.forget(link, pending.due, id);
        }
    }

    /// Handles a record that a host lists as known in a further packet of its queries: it is not
    /// sent for that host, nor for other truncated queries when they are due. Returns whether nobody
    /// needs it any more.
    pub(crate) fn satisfy(
        &mut self,
        registry: &mut Registry,
        (link, id): (LinkId, RecordId),
        queries: &[TruncatedId],
        until: impl Fn(TruncatedId) -> Option<Instant>,
    ) -> bool {
        let on = registry.get_mut(id).and_then(|record| record.on_mut(link));
        let Some(on) = on.filter(|on| on.announcements == 0) else {
            return false;
        };
        let Some(Askers::Truncated(ids)) = on.pending.as_mut().map(|pending| &mut pending.askers)
        else {
            return false;
        };
        ids.retain(|id| !queries.contains(id));
        let is_needless = ids.is_empty();
        if is_needless {
            if let Some(pending) = on.pending.take() {
                self.forget(link, pending.due, id);
            }
        } else if let Some((before, due)) = on.await_askers(until) {
            self.forget(link, before, id);
            self.due.of_link(link).add(due, id);
        }
        is_needless
    }

    /// Delays what is due on a link if all its queriers have more packets to come.
    pub(crate) fn await_known_answers(
        &mut self,
        registry: &mut Registry,
        truncated: &TruncatedQueries,
        link: LinkId,
        now: Instant,
    ) {
        let Some(queue) = self.due.get_mut(link).filter(|_| !truncated.is_empty()) else {
            return;
        };
        let due: SmallList<RecordId, 8> = queue.until(now).map(|(_, id)| id).collect();
        for id in due {
            let on = registry.get_mut(id).and_then(|record| record.on_mut(link));
            let moved = on.and_then(|on| on.await_askers(|query| truncated.until(now, query)));
            if let Some((before, due)) = moved {
                queue.remove(before, id);
                queue.add(due, id);
            }
        }
    }

    /// Removes everything that was to be sent of a record on a link.
    pub(crate) fn drop_record(&mut self, registry: &mut Registry, link: LinkId, id: RecordId) {
        let Some(on) = registry.get_mut(id).and_then(|record| record.on_mut(link)) else {
            return;
        };
        on.announcements = 0;
        if let Some(pending) = on.pending.take() {
            self.forget(link, pending.due, id);
        }
    }

    /// Forgets what was to be sent of a record that is gone.
    pub(crate) fn forget_all(&mut self, on: &OnLink, id: RecordId) {
        self.left_out.remove(&(on.link, id));
        if let Some(pending) = &on.pending {
            self.forget(on.link, pending.due, id);
        }
    }

    /// Forgets a link.
    pub(crate) fn drop_link(&mut self, link: LinkId) {
        self.due.drop_link(link);
        self.left_out.retain(|(other, _), _| *other != link);
    }

    /// Returns when the next multicast is due.
    pub(crate) fn next_deadline(&self, open_at: impl Fn(LinkId) -> Instant) -> Option<Instant> {
        self.due.next_deadline(open_at)
    }

    /// Returns a link on which a multicast is due and can be sent.
    pub(crate) fn due_link(
        &self,
        now: Instant,
        is_open: impl Fn(LinkId) -> bool,
    ) -> Option<LinkId> {
        self.due.due_link(now, is_open)
    }

    /// Returns whether a multicast is due on a link.
    pub(crate) fn is_due(&self, link: LinkId, now: Instant) -> bool {
        self.due.get(link).is_some_and(|queue| queue.is_due(now))
    }

    /// Delays what is due on a link, if all of it may wait, for what cannot be sent yet but soon
    /// can; a first announcement only for other first ones. Returns whether it waits.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-6.4
    //# For example, when a responder has several
    //# responses it plans to send, each delayed by a different interval,
    //# then earlier responses SHOULD be delayed by up to an additional
    //# 500 ms if that will permit them to be aggregated with other responses
    //# scheduled to go out a little later.
    pub(crate) fn wait_for_company(
        &mut self,
        registry: &mut Registry,
        link: LinkId,
        now: Instant,
    ) -> bool {
        let Some(queue) = self.due.get_mut(link) else {
            return false;
        };
        let mut horizon = now + AGGREGATION_WINDOW;
        // Usually nothing follows soon, and what is due need not be searched.
        if queue.after(now, horizon).next().is_none() {
            return false;
        }
        let on = |id| registry.get(id)?.on(link);
        let is_first = |id| on(id).is_some_and(|on| on.announcements == ANNOUNCEMENTS);
        let mut for_first = false;
        for (_, id) in queue.until(now) {
            let latest = on(id).and_then(|on| Some(on.pending.as_deref()?.latest));
            horizon = horizon.min(latest.unwrap_or(now));
            for_first |= is_first(id);
            if horizon <= now {
                return false;
            }
        }
        let is_company = |&(_, id): &(Instant, RecordId)| {
            !registry.may_go(id, link, now) && (!for_first || is_first(id))
        };
        let company = queue.after(now, horizon).find(is_company);
        let Some((at, _)) = company else {
            return false;
        };
        while let Some((before, id)) = queue.first().filter(|(due, _)| *due <= now) {
            queue.remove(before, id);
            queue.add(at, id);
            let on = registry.get_mut(id).and_then(|record| record.on_mut(link));
            if let Some(pending) = on.and_then(|on| on.pending.as_mut()) {
                pending.due = at;
            }
        }
        true
    }

    /// Returns the records for the next packet on a link, in order: those that are due, and those
    /// that are due soon and may be sent now.
    pub(crate) fn candidates(
        &self,
        registry: &Registry,
        link: LinkId,
        now: Instant,
    ) -> impl Iterator<Item = RecordId> {
        let horizon = now + AGGREGATION_WINDOW;
        let may_go =
            move |&(at, id): &(Instant, RecordId)| at <= now || registry.may_go(id, link, now);
        let due = self
            .due
            .get(link)
            .into_iter()
            .flat_map(move |queue| queue.until(horizon));
        due.filter(may_go).map(|(_, id)| id)
    }

    /// Removes records from the queue that are due on a link and cannot be sent there.
    pub(crate) fn drop_due(
        &mut self,
        registry: &mut Registry,
        link: LinkId,
        ids: &[RecordId],
        now: Instant,
    ) {
        if let Some(queue) = self.due.get_mut(link) {
            queue.retain(|at, id| at > now || !ids.contains(&id));
        }
        for &id in ids {
            if let Some(on) = registry.get_mut(id).and_then(|record| record.on_mut(link)) {
                on.pending = on.pending.take().filter(|pending| pending.due > now);
            }
        }
    }

    /// Records that a record is in transit on a link: it is not due until its result is known.
    pub(crate) fn take(&mut self, registry: &mut Registry, link: LinkId, id: RecordId) {
        let Some(on) = registry.get_mut(id).and_then(|record| record.on_mut(link)) else {
            return;
        };
        on.flying = true;
        if let Some(due) = on.pending.as_deref().map(|pending| pending.due) {
            self.forget(link, due, id);
        }
    }

    /// Records that it has not left: it is due again if it was, not before `not_before`.
    pub(crate) fn not_sent(
        &mut self,
        registry: &mut Registry,
        link: LinkId,
        id: RecordId,
        not_before: Instant,
    ) {
        let Some(on) = registry.get_mut(id).and_then(|record| record.on_mut(link)) else {
            return;
        };
        on.flying = false;
        if let Some(pending) = &mut on.pending {
            pending.due = pending.due.max(not_before);
            pending.earliest = pending.earliest.max(not_before);
            self.due.of_link(link).add(pending.due, id);
        }
    }

    /// Records that a record was multicast on a link.
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
        on.last = Some(now);
        on.is_said = true;
        on.flying = false;
        if !self.left_out.is_empty() {
            self.left_out.remove(&(link, id));
        }
        // Usually it was removed from the queue when it was put into its packet.
        if let Some(pending) = on.pending.take() {
            self.forget(link, pending.due, id);
        }
        //= https://www.rfc-editor.org/rfc/rfc6762#section-8.3
        //# In particular, a Multicast DNS responder MUST NOT send
        //# regular periodic announcements as a matter of course.
        on.announcements = on.announcements.saturating_sub(1);
        if on.announcements > 0 {
            let due = now + ANNOUNCEMENT_INTERVAL;
            on.pending = Some(Box::new(Pending {
                due,
                earliest: due,
                latest: due,
                askers: Askers::Anybody,
            }));
            self.due.of_link(link).add(due, id);
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
            latest: when.latest.max(free_at),
            askers: Askers::of(asker),
        };
        let due = match &mut on.pending {
            Some(pending) => {
                let before = pending.due;
                pending.join(&wanted, asker);
                let due = pending.due;
                self.forget(link, before, id);
                due
            }
            none => none.insert(Box::new(wanted)).due,
        };
        self.due.of_link(link).add(due, id);
    }

    fn forget(&mut self, link: LinkId, due: Instant, id: RecordId) {
        if let Some(queue) = self.due.get_mut(link) {
            queue.remove(due, id);
        }
    }
}

impl Pending {
    fn join(&mut self, other: &Self, asker: Asker) {
        self.due = self.due.min(other.due);
        self.earliest = self.earliest.min(other.earliest);
        self.latest = self.latest.min(other.latest);
        self.askers.join(asker);
    }
}

impl OnLink {
    /// Delays a record until the first of its queriers has listed all its known answers, if no
    /// querier with a complete list wants it. Returns when it was due, and when it is now.
    fn await_askers(
        &mut self,
        until: impl Fn(TruncatedId) -> Option<Instant>,
    ) -> Option<(Instant, Instant)> {
        let free_at = self.free_at(false);
        let pending = self.pending.as_deref_mut()?;
        let Askers::Truncated(ids) = &pending.askers else {
            return None;
        };
        let mut first: Option<Instant> = None;
        for &id in ids {
            let until = until(id)?;
            first = Some(first.map_or(until, |first| first.min(until)));
        }
        let (before, due) = (pending.due, first?.max(free_at));
        pending.due = due;
        pending.earliest = due;
        pending.latest = due + AGGREGATION_WINDOW;
        Some((before, due))
    }
}

impl Registry {
    /// Returns whether a record is to be multicast on a link, and is due or may be sent before it
    /// is.
    pub(crate) fn is_due_on(&self, id: RecordId, link: LinkId, now: Instant) -> bool {
        let on = self.get(id).and_then(|record| record.on(link));
        let on = on.filter(|on| !on.flying);
        let pending = on.and_then(|on| on.pending.as_deref());
        pending.is_some_and(|pending| pending.due <= now || self.may_go(id, link, now))
    }

    /// Returns whether a record that is to be multicast on a link may be sent before it is due.
    fn may_go(&self, id: RecordId, link: LinkId, now: Instant) -> bool {
        let on = self.get(id).and_then(|record| record.on(link));
        on.is_some_and(|on| {
            let may = |pending: &Pending| pending.earliest <= now && on.free_at(false) <= now;
            on.pending.as_deref().is_some_and(may)
        })
    }
}
