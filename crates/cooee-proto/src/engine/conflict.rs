//! What others send about our names: agreement, correction, conflict.
//!
//! In:  records of responses and probes from other hosts.
//! Out: answers that are no longer needed, corrections, names disputed or lost. RFC 6762 sections
//!      6.6 (cooperating responders), 7.4, 8.2 (simultaneous probes) and 9 (conflicts).

use alloc::vec::Vec;

use cooee_wire::{Class, RecordRef, RecordType};

use super::Engine;
use super::claim::{ClaimChange, ClaimEvent};
use super::effort::Effort;
use super::heard::Heard;
use crate::compose::probe;
use crate::link::LinkId;
use crate::names::NameId;
use crate::prober::{Outcome, Stage, tiebreak};
use crate::registrations::RegistrationId;
use crate::time::Instant;

impl Engine {
    /// Handles a record that another host has sent in a response.
    pub(super) fn hear_record(&mut self, now: Instant, heard: &Heard<'_>, record: &RecordRef<'_>) {
        let (link, family) = (heard.link, heard.family());
        if self.responder.is_empty()
            || record.rtype == RecordType::NSEC
            || record.class != Class::IN
        {
            return;
        }
        let Some(name) = self.responder.owned_name(&self.names, &record.name) else {
            return;
        };
        let Ok(data) = record.data() else { return };
        //= https://www.rfc-editor.org/rfc/rfc6762#section-2
        //# (For fault-tolerance and other
        //# reasons, sometimes it is permissible to have more than one
        //# responder answering for a particular "unique" resource record set,
        //# but such cooperating responders MUST give answers containing
        //# identical rdata for these records.
        if let Some(own) = self.responder.equal_to(name, &data, family) {
            self.responder.agree(now, link, own, record.ttl);
            return;
        }
        if record.ttl.is_goodbye() {
            return;
        }
        let claimant = self.registrations.claimant(name);
        let claimant = claimant.filter(|claimant| claimant.is_over(family));
        if heard.from_us && claimant.is_some_and(|claimant| claimant.cooperates) {
            return;
        }
        let claimant = claimant.map(|claimant| claimant.id);
        let same_type_held = self
            .responder
            .live(name, link)
            .any(|own| own.unique && own.is_over(family) && own.data.rtype() == record.rtype);
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
        //# Section 8, "Probing and Announcing on Startup".
        if let (Some(id), true) = (claimant, same_type_held) {
            // Disputed records are not used in answers until they are ours again.
            self.suspend(id, link);
        }
        let Some(id) = claimant else { return };
        let held = self.prober.held_links(id);
        if let Some(outcome) = self.prober.on_conflict(now, id, link, same_type_held) {
            self.conclude(id, link, outcome, &held);
        }
    }

    /// Acts on a conflict on a link with a claim that was held on some links, and informs the user.
    /// A lost name is withdrawn on the links where nobody else has it.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-14
    //# In the event of a name conflict on *any* interface, a host should
    //# configure a new host name, if it wishes to maintain uniqueness of its
    //# host name.
    pub(super) fn conclude(
        &mut self,
        id: RegistrationId,
        link: LinkId,
        outcome: Outcome,
        held: &[LinkId],
    ) {
        let change = match outcome {
            Outcome::Ignored => return,
            Outcome::Reset => ClaimChange::Disputed,
            Outcome::Lost => ClaimChange::Lost,
        };
        match outcome {
            Outcome::Lost => {
                self.registrations.lose(id);
                self.unannounced.forget(id);
            }
            Outcome::Reset | Outcome::Ignored => self.unannounced.forget_on(id, link),
        }
        if let (ClaimChange::Lost, Some(registration)) = (change, self.registrations.get(id)) {
            for &other in held.iter().filter(|other| **other != link) {
                self.responder
                    .retire(&mut self.names, &registration.records, other, None);
            }
        }
        self.claim_events.push_back(ClaimEvent {
            registration: id,
            link,
            change,
        });
    }

    /// Handles another host's probe for names that we are probing for too.
    pub(super) fn hear_simultaneous_probe(&mut self, now: Instant, heard: &Heard<'_>) {
        if heard.message.header().counts.authorities == 0 {
            return;
        }
        let mut effort = Effort::new();
        for question in heard.message.questions().map_while(Result::ok) {
            let Some(name) = self.names.find(&question.name) else {
                continue;
            };
            if !effort.spend(heard.message.header().counts.authorities.into()) {
                return;
            }
            //= https://www.rfc-editor.org/rfc/rfc6762#section-8.2
            //# This means that
            //# if the host finds that its own data is lexicographically later, it
            //# simply ignores the other host's probe.
            if let Some((id, tiebreak::TieBreak::Lost)) = self.judge_probe(heard, name) {
                let held = self.prober.held_links(id);
                let outcome = self.prober.on_lost_tiebreak(now, id, heard.link);
                self.conclude(id, heard.link, outcome, &held);
            }
        }
    }

    fn judge_probe(
        &self,
        heard: &Heard<'_>,
        name: NameId,
    ) -> Option<(RegistrationId, tiebreak::TieBreak)> {
        let claimant = self.registrations.claimant(name)?;
        let cooperates = heard.from_us && claimant.cooperates;
        if cooperates || !claimant.is_over(heard.family()) {
            return None;
        }
        match self.prober.stage(claimant.id, heard.link)? {
            Stage::Probing { sent, .. } if sent > 0 => {}
            Stage::Probing { .. } | Stage::Held => return None,
        }
        let proposals = heard.message.authorities().map_while(Result::ok);
        let of_name = proposals.filter(|record| self.names.find(&record.name) == Some(name));
        let theirs: Vec<_> = of_name
            .filter_map(|record| record.to_record().ok())
            .collect();
        if theirs.is_empty() {
            return None;
        }
        let claim = (name, self.names.name(name));
        let budget = self.links.budget(heard.link);
        let ours = probe::proposed(&self.responder, claimant, claim, heard.link, budget);
        let mut ours: Vec<_> = ours
            .iter()
            .map(|record| (Class::IN, &record.data))
            .collect();
        let mut theirs: Vec<_> = theirs
            .iter()
            .map(|record| (record.class, &record.data))
            .collect();
        Some((claimant.id, tiebreak::judge(&mut ours, &mut theirs)))
    }
}
