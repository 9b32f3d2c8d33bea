//! What others say about our names: agreement, correction, conflict.
//!
//! In:  records of responses that other hosts send.
//! Out: answers that are not needed any more, corrections, names disputed or lost.
//! RFC 6762 sections 6.6 (cooperating responders), 7.4 and 9 (conflicts).

use cooee_wire::{Class, RecordRef, RecordType, Ttl};

use super::Engine;
use super::publish::{ClaimChange, ClaimEvent};
use crate::link::LinkId;
use crate::prober::{Outcome, RegistrationId};
use crate::responder::outbox::When;
use crate::responder::record::{Asker, RecordId};
use crate::responder::registry::owned_name;
use crate::time::Instant;

impl Engine {
    /// Another host has sent a record in a response.
    pub(super) fn hear_record(
        &mut self,
        now: Instant,
        link: LinkId,
        record: &RecordRef<'_>,
        from_us: bool,
    ) {
        if self.responder.registry.len() == 0
            || record.rtype == RecordType::NSEC
            || record.class != Class::IN
        {
            return;
        }
        let registry = &self.responder.registry;
        let Some(name) = owned_name(registry, &self.names, &record.name) else {
            return;
        };
        let Ok(data) = record.data() else { return };
        if let Some(own) = registry.equal_to(name, &data) {
            self.agree(now, link, own, record.ttl);
            return;
        }
        if record.ttl.is_goodbye() {
            return;
        }
        let claimant = self.prober.claimant(name);
        if from_us && claimant.is_some_and(|claimant| claimant.cooperates) {
            return;
        }
        let claimant = claimant.map(|claimant| claimant.id);
        let same_type_held = self
            .responder
            .live(name, link)
            .any(|own| own.unique && own.data.rtype() == record.rtype);
        //= https://www.rfc-editor.org/rfc/rfc6762#section-6.6
        //# o If A's resource record is intended to be a member of a unique
        //# resource record set owned solely by that responder, then this is
        //# a conflict and MUST be handled as described in Section 9,
        //# "Conflict Resolution".
        //= https://www.rfc-editor.org/rfc/rfc6762#section-9
        //# Whenever a Multicast DNS responder receives any Multicast DNS
        //# response (solicited or otherwise) containing a conflicting resource
        //# record in any of the Resource Record Sections, the Multicast DNS
        //# responder MUST immediately reset its conflicted unique record to
        //# probing state, and go through the startup steps described above in
        if let (Some(id), true) = (claimant, same_type_held) {
            // What is disputed is not answered with until it is ours again.
            self.suspend(id, link);
        }
        if let Some((id, outcome)) = self.prober.on_conflict(now, name, link, same_type_held) {
            self.tell_conflict(id, link, outcome);
        }
    }

    /// Tells the user what has become of a claim.
    pub(super) fn tell_conflict(&mut self, id: RegistrationId, link: LinkId, outcome: Outcome) {
        let change = match outcome {
            Outcome::Ignored => return,
            Outcome::Reset => ClaimChange::Disputed,
            Outcome::Lost => ClaimChange::Lost,
        };
        self.claim_events.push_back(ClaimEvent {
            registration: id,
            link,
            change,
        });
    }

    /// Another host has sent a record that is ours too.
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
    fn agree(&mut self, now: Instant, link: LinkId, id: RecordId, heard: Ttl) {
        let registry = &mut self.responder.registry;
        let Some(record) = registry.get(id).filter(|record| record.is_live_on(link)) else {
            return;
        };
        let (ours, theirs) = (record.ttl.as_secs(), heard.as_secs());
        if theirs >= ours {
            self.responder
                .outbox
                .cancel_if(registry, (link, id), |_| true);
        } else if theirs < ours.div_ceil(2) {
            self.responder
                .outbox
                .want(registry, (link, id), When::at_once(now), Asker::Many);
        }
    }
}
