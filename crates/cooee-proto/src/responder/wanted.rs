//! What others want to hear from us, and what they need not hear any more.
//!
//! In:  answers to questions, known answers, records that other hosts have sent.
//! Out: multicasts in the outbox, unicast replies. RFC 6762 sections 5.4, 6.6, 7.1, 7.2 and 7.4.

use core::net::{IpAddr, SocketAddr};

use cooee_wire::Ttl;

use super::record::{Asker, RecordId};
use super::{Reply, Responder, When};
use crate::limits::Limits;
use crate::link::LinkId;
use crate::peers::PeerAddr;
use crate::time::Instant;

impl Responder {
    /// Multicasts a record on a link, with the rest of its unique set.
    pub(crate) fn multicast(&mut self, on: (LinkId, RecordId), when: When, asker: Asker) {
        self.outbox.want(&mut self.registry, on, when, asker);
    }

    /// Adds a unicast reply. Full: it is not sent, and the querier asks again. Returns whether it
    /// was added.
    pub(crate) fn reply(&mut self, now: Instant, due: Instant, reply: Reply, max: usize) -> bool {
        self.replies.add(now, due, reply, max)
    }

    /// Returns whether a host may be answered by unicast.
    pub(crate) fn admits(&mut self, now: Instant, peer: PeerAddr, limits: &Limits) -> bool {
        self.recent_peers.admit(now, peer, limits)
    }

    /// Handles a change of the addresses of a link: replies to hosts that are now out of reach are
    /// not sent.
    pub(crate) fn keep_reachable(&mut self, link: LinkId, is_reachable: impl Fn(IpAddr) -> bool) {
        self.replies.keep_reachable(link, is_reachable);
    }

    /// Returns a stamp that only these records have, until they get another one.
    pub(crate) fn stamp(&mut self, ids: &[RecordId]) -> u64 {
        let stamp = self.registry.next_stamp();
        for &id in ids {
            if let Some(record) = self.registry.get_mut(id) {
                record.stamp = stamp;
            }
        }
        stamp
    }

    /// Stores a truncated query, whose answers wait for the packets that follow. Full: they do not
    /// wait.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-18.5
    //# A responder SHOULD
    //# record this fact, and wait for those additional Known-Answer records,
    //# before deciding whether to respond.
    pub(crate) fn await_more(
        &mut self,
        now: Instant,
        host: (LinkId, SocketAddr),
        until: Instant,
        max: usize,
    ) -> Option<Asker> {
        let query = self.truncated.remember(now, host, until, max)?;
        Some(Asker::Truncated(query))
    }

    /// Returns whether a host may list more known answers for a query that it has sent.
    pub(crate) fn awaits_more(&self, now: Instant, host: (LinkId, SocketAddr)) -> bool {
        !self.truncated.of_host(now, host).is_empty()
    }

    /// Handles a further packet of a host's truncated queries, with the records that it lists as
    /// known. Returns how many of them nobody needs any more.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-7.2
    //# If the responder sees any of its answers listed in the
    //# Known-Answer lists of subsequent packets from the querying host, it
    //# MUST delete that answer from the list of answers it is planning to
    //# give (provided that no other host on the network has also issued a
    //# query for that record and is waiting to receive an answer).
    pub(crate) fn hear_known(
        &mut self,
        now: Instant,
        host @ (link, source): (LinkId, SocketAddr),
        known: &[RecordId],
    ) -> usize {
        let queries = self.truncated.of_host(now, host);
        let until = |query| self.truncated.until(now, query);
        let (outbox, registry) = (&mut self.outbox, &mut self.registry);
        let mut needless = 0_usize;
        for &id in known {
            let is_needless = outbox.satisfy(registry, (link, id), &queries, until);
            needless = needless.saturating_add(usize::from(is_needless));
            self.replies.cancel(link, source, id);
        }
        needless
    }

    /// Lets the answers to a host's truncated queries wait for yet another packet.
    pub(crate) fn extend(
        &mut self,
        now: Instant,
        host @ (link, source): (LinkId, SocketAddr),
        until: Instant,
    ) {
        if let Some(until) = self.truncated.extend(now, host, until) {
            self.replies.postpone(link, source, until);
        }
    }

    /// Handles a record from another host that equals one of ours.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-6.6
    //# o If the TTL of B's resource record given in the message is less
    //# than half the true TTL from A's point of view, then A MUST mark
    //# its record to be announced via multicast.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-7.4
    //# If a host is planning to send an answer, and it sees another host on
    //# the network send a response message containing the same answer
    //# record, and the TTL in that record is not less than the TTL this host
    //# would have given, then this host SHOULD treat its own answer as
    //# having been sent, and not also send an identical answer itself.
    pub(crate) fn agree(&mut self, now: Instant, link: LinkId, id: RecordId, heard: Ttl) {
        let record = self.registry.get(id);
        let Some(record) = record.filter(|record| record.is_live_on(link)) else {
            return;
        };
        let (ours, theirs) = (record.ttl.as_secs(), heard.as_secs());
        if theirs >= ours {
            self.outbox.leave_out(&mut self.registry, (link, id), now);
        } else if theirs < ours.div_ceil(2) {
            self.multicast((link, id), When::at_once(now), Asker::Anybody);
        }
    }

    /// Records whether a co-resident responder announces a unique record of ours, too. A shared one
    /// is everybody's own.
    pub(crate) fn note_co_resident(&mut self, id: RecordId, link: LinkId, announces: bool) {
        let record = self.registry.get_mut(id);
        if let Some(record) = record.filter(|record| record.unique) {
            record.enter(link).announced_by_co_resident = announces;
        }
    }
}
