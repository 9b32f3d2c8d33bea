//! Another responder on this host that publishes the same names: both announce the same.
//!
//! In:  probes and responses of a co-resident responder.
//! Out: records of ours that are left out, because the other responder leaves them out, or
//!      published again; records that it also announces, for which we send no goodbye. RFC 6762
//!      sections 6.6 (cooperating responders), 10.1 and 15 (several responders on one machine).
//!
//! Avahi publishes no link-local address where there is a better one, and takes a responder that
//! announces one more address under its name for another host. So of two sets that share a record,
//! the smaller one counts, as soon as its owner probes for it or answers our probe with it. It
//! counts for an hour after it was last sent; a responder that is still there answers when we probe
//! again.

use alloc::vec::Vec;

use cooee_wire::{RecordRef, RecordType};

use super::Engine;
use super::heard::Heard;
use crate::link::{Family, LinkId};
use crate::names::NameId;
use crate::prober::Stage;
use crate::responder::record::RecordId;
use crate::time::Instant;
use crate::timing::CO_RESIDENT_TRUST;
use crate::transmit::MDNS_PORT;

/// A record of the other responder, of a name that we also publish.
struct Said {
    name: NameId,
    rtype: RecordType,
    /// Our equal record, if it is valid on the link.
    ours: Option<RecordId>,
}

/// The kind of message that contains it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Probe,
    Answer,
    Goodbye,
}

impl Engine {
    /// Leaves out of our unique sets what the other responder leaves out of its own. Publishes
    /// again what it publishes again, or cannot exclude any more. It may receive our unicast
    /// answers, too.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-15.1
    //# This limitation can be
    //# partially mitigated if Multicast DNS implementations detect when they
    //# are not the first to bind to port 5353, and in that case they do not
    //# request "QU" responses.
    pub(super) fn handle_co_resident(
        &mut self,
        now: Instant,
        heard: &Heard<'_>,
        is_response: bool,
    ) {
        if heard.source.port() == MDNS_PORT {
            self.co_resident_until = Some(now + CO_RESIDENT_TRUST);
        }
        if self.responder.is_empty() {
            return;
        }
        if !is_response {
            let proposals = heard.message.authorities().map_while(Result::ok);
            let said: Vec<Said> = proposals
                .filter_map(|record| self.said(&record, heard))
                .collect();
            return self.follow_co_resident(now, heard.link, &said, Manner::Probe);
        }
        self.note_said_too(heard);
        for (manner, wanted) in [(Manner::Answer, false), (Manner::Goodbye, true)] {
            let answers = heard.message.answers().map_while(Result::ok);
            let of_kind = answers.filter(|record| record.ttl.is_goodbye() == wanted);
            let unique = of_kind.filter(|record| record.cache_flush);
            let said: Vec<Said> = unique
                .filter_map(|record| self.said(&record, heard))
                .collect();
            self.follow_co_resident(now, heard.link, &said, manner);
        }
    }

    /// Returns whether a packet from an address of this host was sent by a program of this host,
    /// because any host can forge a source. The system drops an IPv4 packet from outside that has
    /// one of our own addresses, so a packet over IPv4 was sent here. It has no such check for
    /// IPv6. A program that uses both families is heard over IPv4. Where there is no IPv4, a
    /// program is assumed only if the port was already shared when we started.
    pub(super) fn is_co_resident(&self, now: Instant, heard: &Heard<'_>) -> bool {
        if !heard.from_us || heard.source.ip().is_ipv4() {
            return heard.from_us;
        }
        let link = self.links.info(heard.link);
        let has_v4 = link.is_some_and(|info| info.has_family(Family::V4));
        !has_v4 && !self.asks_unicast(now)
    }

    /// Returns whether unicast responses reach this engine, so that it may ask for them: no other
    /// program of this host is known to share the port.
    pub(super) fn asks_unicast(&self, now: Instant) -> bool {
        let shares = self.co_resident_until.is_some_and(|until| now < until);
        self.config.unicast_responses && !shares
    }

    /// Records which of our unique records the other responder also announces, and which it has
    /// withdrawn.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-10.1
    //# In the case where a host knows that certain resource record data is
    //# about to become invalid (for example, when the host is undergoing a
    //# clean shutdown), the host SHOULD send an unsolicited Multicast DNS
    //# response packet, giving the same resource record name, rrtype,
    //# rrclass, and rdata, but an RR TTL of zero.
    fn note_said_too(&mut self, heard: &Heard<'_>) {
        for (_, record) in heard.message.records().map_while(Result::ok) {
            let ours = self.said(&record, heard).and_then(|said| said.ours);
            if let Some(id) = ours.filter(|_| record.cache_flush) {
                let announces = !record.ttl.is_goodbye();
                self.responder.note_co_resident(id, heard.link, announces);
            }
        }
    }

    fn follow_co_resident(&mut self, now: Instant, link: LinkId, said: &[Said], manner: Manner) {
        for record in said {
            for id in self.unique_set(record.name, record.rtype, link) {
                let is_said = said.iter().any(|said| said.ours == Some(id));
                if is_said || manner == Manner::Goodbye {
                    self.responder.reclaim(now, &mut self.names, id, link);
                } else if self.yields_to(id, said, link, manner) {
                    self.responder.yield_record(now, &mut self.names, id, link);
                    self.follow_announced(link, &[id]);
                }
            }
        }
    }

    fn said(&self, record: &RecordRef<'_>, heard: &Heard<'_>) -> Option<Said> {
        let responder = &self.responder;
        let name = responder.owned_name(&self.names, &record.name)?;
        let ours = responder.equal_to(name, &record.data().ok()?, heard.family());
        let is_valid = |id: &RecordId| {
            responder
                .record(*id)
                .is_some_and(|own| own.is_valid_on(heard.link))
        };
        let ours = ours.filter(is_valid);
        let rtype = record.rtype;
        Some(Said { name, rtype, ours })
    }

    /// Returns whether the other responder announces a complete set that we should have too. It
    /// proposes the set with a probe, or answers our own probe with it, and some of it is ours; or
    /// it continues to announce what it did before.
    fn yields_to(&self, id: RecordId, said: &[Said], link: LinkId, manner: Manner) -> bool {
        let Some(own) = self.responder.record(id) else {
            return false;
        };
        let is_full = manner == Manner::Probe || own.is_yielded_on(link);
        let Some(claimant) = self.registrations.claimant(own.name) else {
            // The name of an address, which stands for one name of the machine.
            return is_full;
        };
        let shares = said.iter().any(|other| {
            other.ours.is_some() && other.name == own.name && other.rtype == own.data.rtype()
        });
        let is_probing = matches!(
            self.prober.stage(claimant.id, link),
            Some(Stage::Probing { .. })
        );
        claimant.cooperates && shares && (is_probing || is_full)
    }

    /// Publishes again what has been left out for long. Under a claimed name this follows probing,
    /// which the other responder answers if it is still there.
    pub(super) fn recheck_co_residents(&mut self, now: Instant) {
        while let Some((link, id)) = self.responder.yielded_long(now) {
            let record = self.responder.record(id);
            let claimant = record.and_then(|record| self.registrations.claimant(record.name));
            if let Some(claimant) = claimant.filter(|claimant| !claimant.lost) {
                self.claim_anew(now, claimant.id, link);
            }
            self.responder.reclaim(now, &mut self.names, id, link);
        }
    }

    /// Returns our unique records of a name and type that are valid on a link.
    fn unique_set(&self, name: NameId, rtype: RecordType, link: LinkId) -> Vec<RecordId> {
        let responder = &self.responder;
        let is_member = |id: &RecordId| {
            let record = responder.record(*id);
            record.is_some_and(|record| {
                record.unique && record.data.rtype() == rtype && record.is_valid_on(link)
            })
        };
        let ids = responder.of_name(name).iter().map(|owned| owned.id);
        ids.filter(is_member).collect()
    }
}
