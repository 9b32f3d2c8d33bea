//! What is due to be sent: chosen for a packet, in transit, sent or not.
//!
//! In:  which links take packets; the contents of each packet, and whether it has left.
//! Out: the records for the next packet of a link, goodbyes and unicast replies. RFC 6762 sections
//!      6, 6.4, 8.3 and 10.1.

use alloc::vec::Vec;

use cooee_wire::RecordType;

use super::record::RecordId;
use super::{BurstId, Goodbye, Reply, Responder, UnsentGoodbye};
use crate::collections::SmallList;
use crate::link::{Family, LinkId};
use crate::names::NameId;
use crate::registrations::{WithdrawalId, Withdrawn};
use crate::time::Instant;

/// Records that are to be multicast on a link now.
pub(crate) struct DueAnswers {
    pub(crate) link: LinkId,
    /// The answer to which their packet belongs.
    pub(crate) burst: BurstId,
    /// The only family over which they are published; both if `None`.
    pub(crate) over: Option<Family>,
    /// In order: those that are due, and those that are due soon and may be sent now.
    pub(crate) records: SmallList<RecordId, 8>,
}

/// A record that was marked for a packet.
pub(crate) struct Marked {
    pub(crate) name: NameId,
    pub(crate) rtype: RecordType,
    /// Whether it may be multicast now: not within a second of the last time.
    pub(crate) is_free: bool,
}

impl Responder {
    /// Returns records that are to be multicast now on one of the links that take packets, at most
    /// `max` of them.
    pub(crate) fn due_answers(
        &mut self,
        now: Instant,
        max: usize,
        is_open: impl Fn(LinkId) -> bool,
    ) -> Option<DueAnswers> {
        let (outbox, registry) = (&mut self.outbox, &mut self.registry);
        loop {
            let link = outbox.due_link(now, &is_open)?;
            outbox.await_known_answers(registry, &self.truncated, link, now);
            if outbox.is_due(link, now) && !outbox.wait_for_company(registry, link, now) {
                let burst = self.burst.packet(link, now);
                let candidates = || outbox.candidates(registry, link, now);
                let (mut over, mut records) = (None, SmallList::new());
                if registry.has_limited() {
                    // A packet has one destination; what is for another one is in the next.
                    let over_of = |id: &RecordId| registry.get(*id).and_then(|record| record.over);
                    over = candidates().next().and_then(|first| over_of(&first));
                    let alike = candidates().filter(|id| over_of(id) == over);
                    records.extend(alike.take(max));
                } else {
                    records.extend(candidates().take(max));
                }
                return Some(DueAnswers {
                    link,
                    burst,
                    over,
                    records,
                });
            }
        }
    }

    /// Records which of the due records are in a packet: they are not due until its result is
    /// known. If there is none, the packet is not sent, and what was due is not due any more: it
    /// cannot be sent.
    pub(crate) fn packed(&mut self, now: Instant, due: &DueAnswers, packed: &[RecordId]) {
        let (outbox, registry) = (&mut self.outbox, &mut self.registry);
        for &id in packed {
            outbox.take(registry, due.link, id);
        }
        if packed.is_empty() {
            outbox.drop_due(registry, due.link, &due.records, now);
        }
        if !outbox.is_due(due.link, now) {
            self.burst.end();
        }
    }

    /// Ends the answer of several packets: something was received.
    pub(crate) fn end_burst(&mut self) {
        self.burst.end();
    }

    /// Records that a packet with these records has left a link.
    pub(crate) fn sent(&mut self, now: Instant, link: LinkId, records: &[RecordId]) {
        for &id in records {
            self.outbox.sent(&mut self.registry, link, id, now);
        }
    }

    /// Records that a packet with these records has not left: they are due again, not before
    /// `not_before`.
    pub(crate) fn not_sent(&mut self, link: LinkId, records: &[RecordId], not_before: Instant) {
        for &id in records {
            self.outbox
                .not_sent(&mut self.registry, link, id, not_before);
        }
    }

    /// Marks a record for a packet to everybody on a link (part of the answer `burst`) or to one
    /// host, unless it is marked already or not published there.
    #[inline]
    pub(crate) fn mark(
        &mut self,
        (link, id): (LinkId, RecordId),
        stamp: u64,
        burst: Option<(Instant, BurstId)>,
    ) -> Option<Marked> {
        let record = self.registry.get_mut(id);
        let record = record.filter(|own| own.stamp != stamp && own.is_live_on(link))?;
        record.stamp = stamp;
        let (name, rtype) = (record.name, record.data.rtype());
        let mut is_free = true;
        if let (Some((now, burst)), Some(on)) = (burst, record.on_mut(link)) {
            is_free = on.is_free(now);
            on.burst = burst;
        }
        Some(Marked {
            name,
            rtype,
            is_free,
        })
    }

    /// Takes back the mark of a record.
    pub(crate) fn unmark(&mut self, id: RecordId) {
        if let Some(record) = self.registry.get_mut(id) {
            record.stamp = 0;
        }
    }

    /// Returns whether a record is to be multicast on a link, and is due or may be sent before it
    /// is.
    pub(crate) fn is_due_on(&self, id: RecordId, link: LinkId, now: Instant) -> bool {
        self.registry.is_due_on(id, link, now)
    }

    /// Returns the next unicast reply that is due.
    pub(crate) fn due_reply(&mut self, now: Instant) -> Option<Reply> {
        self.replies.pop_due(now)
    }

    /// Returns a link on which a goodbye can be sent now.
    pub(crate) fn due_goodbyes(
        &mut self,
        now: Instant,
        is_open: impl Fn(LinkId) -> bool,
    ) -> Option<LinkId> {
        self.goodbyes.due_link(now, is_open)
    }

    /// Returns the next goodbye of a link.
    pub(crate) fn first_goodbye(&self, link: LinkId) -> Option<&Goodbye> {
        self.goodbyes.first(link)
    }

    /// Takes the next goodbye of a link: it is in a packet now.
    pub(crate) fn take_goodbye(&mut self, link: LinkId) -> Option<UnsentGoodbye> {
        self.goodbyes.take(link)
    }

    /// Records that a packet with these goodbyes has left a link, as this many datagrams.
    pub(crate) fn goodbyes_sent(&mut self, link: LinkId, sent: &[UnsentGoodbye], datagrams: usize) {
        self.goodbyes.said(link, sent, datagrams);
    }

    /// Records that a packet with these goodbyes has not left: they are due again, unless it was
    /// too long for the link.
    pub(crate) fn goodbyes_not_sent(
        &mut self,
        now: Instant,
        link: LinkId,
        unsent: Vec<UnsentGoodbye>,
        too_long: bool,
    ) {
        match too_long {
            true => self.goodbyes.give_up(link),
            false => self.goodbyes.say_again(now, link, unsent),
        }
    }

    /// Begins a withdrawal, which ends with [`finish_withdrawal`](Self::finish_withdrawal).
    pub(crate) fn begin_withdrawal(&mut self) -> WithdrawalId {
        self.goodbyes.begin()
    }

    /// Completes a withdrawal: it is reported when each of its goodbyes was tried.
    pub(crate) fn finish_withdrawal(&mut self, id: WithdrawalId) {
        self.goodbyes.finish(id);
    }

    /// Returns a withdrawal of which each goodbye was tried, with what was sent.
    pub(crate) fn poll_withdrawn(&mut self) -> Option<Withdrawn> {
        self.goodbyes.poll_withdrawn()
    }

    /// Returns whether there is a withdrawal to poll.
    pub(crate) fn has_withdrawn(&self) -> bool {
        self.goodbyes.has_withdrawn()
    }
}
