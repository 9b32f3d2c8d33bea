//! Registers, updates and withdraws what this host owns.
//!
//! In:  record sets of the user; claims that were established; links that come and go.
//! Out: claims for the prober, announcements for the outbox, goodbyes from the ledger. RFC 6762
//!      sections 8.3 (announcing), 8.4 (updating) and 10.1 (goodbyes).

use alloc::vec::Vec;

use cooee_wire::{Name, RData, RecordType};

use super::Engine;
use super::claim::{ClaimChange, ClaimEvent};
use crate::collections::SmallList;
use crate::link::{Family, LinkId};
use crate::registrations::{
    OwnedRecord, RecordIds, RecordSet, RegisterError, Registration, RegistrationId, WithdrawalId,
    Withdrawn,
};
use crate::responder::record::RecordId;
use crate::time::Instant;
use crate::transmit::MESSAGE_LEN_MAX;

impl Engine {
    /// Publishes records: probes for the claimed name on each link, then announces and answers.
    ///
    /// # Errors
    ///
    /// Returns an error if another registration claims the name, if a record is too large, or if
    /// there are too many.
    pub fn register(
        &mut self,
        now: Instant,
        set: &RecordSet,
    ) -> Result<RegistrationId, RegisterError> {
        self.give_up_unreported();
        self.check(set, None)?;
        if self.registrations.len() >= self.config.limits.registrations_max {
            return Err(RegisterError::Full);
        }
        let records = self.hold_records(set, set.over);
        let claim = set.claim.as_ref().map(|name| self.names.hold(name));
        let id = self.registrations.add(claim, records, set);
        self.claim_everywhere(now, id);
        Ok(id)
    }

    /// Changes what a registration publishes. Under the same name, only changes are announced,
    /// without probing again (RFC 6762 section 8.4). Under another name it starts again, with
    /// goodbyes for what was published.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`register`](Self::register); or an error if there is no such
    /// registration.
    pub fn update(
        &mut self,
        now: Instant,
        id: RegistrationId,
        set: &RecordSet,
    ) -> Result<(), RegisterError> {
        self.update_for(now, id, set, None)
    }

    /// Changes what a registration publishes; what it no longer publishes belongs to a withdrawal.
    pub(crate) fn update_for(
        &mut self,
        now: Instant,
        id: RegistrationId,
        set: &RecordSet,
        of: Option<WithdrawalId>,
    ) -> Result<(), RegisterError> {
        self.give_up_unreported();
        self.check(set, Some(id))?;
        let registration = self.registrations.get(id).ok_or(RegisterError::Unknown)?;
        let claim = registration.claim.map(|name| self.names.name(name).clone());
        let (goes_on, over) = (claim == set.claim && !registration.lost, registration.over);
        let records = self.hold_records(set, over);
        if goes_on {
            self.exchange(now, id, records, of);
            return Ok(());
        }
        let claim = set.claim.as_ref().map(|name| self.names.hold(name));
        self.retire_everywhere(id, of);
        self.unannounced.forget(id);
        self.prober.leave(id);
        let (claim, records) = self.registrations.rename(id, claim, records);
        self.release_records(&records);
        claim.into_iter().for_each(|name| self.names.release(name));
        self.claim_everywhere(now, id);
        Ok(())
    }

    /// Withdraws a registration, with goodbyes for everything of it that was sent.
    /// [`poll_withdrawn`](Self::poll_withdrawn) reports, by the returned id, which were sent.
    pub fn unregister(&mut self, id: RegistrationId) -> WithdrawalId {
        let withdrawal = self.begin_withdrawal();
        self.unregister_for(id, Some(withdrawal));
        self.finish_withdrawal(withdrawal);
        withdrawal
    }

    /// Begins a common withdrawal, until [`finish_withdrawal`](Self::finish_withdrawal).
    pub(crate) fn begin_withdrawal(&mut self) -> WithdrawalId {
        self.responder.begin_withdrawal()
    }

    /// Ends a withdrawal: everything that belongs to it is withdrawn.
    pub(crate) fn finish_withdrawal(&mut self, withdrawal: WithdrawalId) {
        self.responder.finish_withdrawal(withdrawal);
    }

    /// Withdraws a registration as a part of a withdrawal, or with a goodbye for which nobody
    /// waits.
    pub(crate) fn unregister_for(&mut self, id: RegistrationId, of: Option<WithdrawalId>) {
        self.give_up_unreported();
        self.retire_everywhere(id, of);
        self.unannounced.forget(id);
        self.prober.leave(id);
        let Some(registration) = self.registrations.remove(id) else {
            return;
        };
        self.release_records(&registration.records);
        registration
            .claim
            .into_iter()
            .for_each(|name| self.names.release(name));
    }

    /// Publishes nothing of a registration until it is updated; its name is then claimed again. No
    /// goodbye is sent, because its announced data will be true again.
    pub(crate) fn hold_back(&mut self, id: RegistrationId) {
        self.give_up_unreported();
        for link in self.prober.held_links(id) {
            self.suspend(id, link);
        }
        self.prober.leave_links(id);
        self.registrations.lose(id);
    }

    /// Returns a name that is in use here and equals another one, so that its bytes can be shared.
    pub(crate) fn stored(&self, name: &Name) -> Option<&Name> {
        let id = self.names.find_name(name)?;
        Some(self.names.ours(id))
    }

    /// Returns whether a registration holds its name on every link with an address for which it is
    /// meant, and on at least one. A link on which nothing can be sent does not count.
    pub fn is_established(&self, id: RegistrationId) -> bool {
        let Some(registration) = self.registrations.get(id) else {
            return false;
        };
        let mut links = self.links_of(registration);
        links.retain(|link| !self.links.is_blocked(*link));
        !links.is_empty() && links.iter().all(|&link| self.prober.is_held_on(id, link))
    }

    /// Returns whether a change of a registration was not polled yet.
    pub(crate) fn has_claim_event(&self) -> bool {
        !self.claim_events.is_empty() || self.responder.has_withdrawn()
    }

    /// Returns the next change of a registration.
    pub fn poll_claim_event(&mut self) -> Option<ClaimEvent> {
        self.claim_events.pop_front()
    }

    /// Returns the next withdrawal whose goodbyes were all tried.
    pub fn poll_withdrawn(&mut self) -> Option<Withdrawn> {
        self.responder.poll_withdrawn()
    }

    /// Establishes claims to which nobody has objected in time.
    pub(super) fn establish_due(&mut self, now: Instant) {
        while let Some((id, link)) = self.prober.poll_established(now) {
            self.establish(now, id, link);
        }
    }

    /// Claims every registration again on a link that has come up with addresses.
    pub(super) fn claim_on(&mut self, now: Instant, link: LinkId) {
        for id in self.registrations.ids() {
            if self
                .registrations
                .get(id)
                .is_some_and(|registration| !registration.lost)
            {
                self.claim_anew(now, id, link);
            }
        }
    }

    /// Claims a registration again on a link, with everything that was left out there.
    pub(super) fn claim_anew(&mut self, now: Instant, id: RegistrationId, link: LinkId) {
        self.suspend(id, link);
        for &record in self
            .registrations
            .get(id)
            .map(|known| &known.records)
            .into_iter()
            .flatten()
        {
            self.responder.end_yield(record, link);
        }
        let free_at = self.prober.leave_link(id, link);
        self.begin(now.max(free_at), id, link);
    }

    /// Ends on a link what was published over a family that it has lost.
    pub(super) fn leave_lost_family(&mut self, link: LinkId) {
        for id in self.registrations.ids() {
            let (registration, info) = (self.registrations.get(id), self.links.info(link));
            let is_lost = registration
                .zip(info)
                .is_some_and(|(known, info)| known.is_for(link) && !known.is_usable_on(link, info));
            if is_lost {
                self.suspend(id, link);
                self.prober.leave_link(id, link);
            }
        }
    }

    /// Stops using the records of a registration on a link, without goodbyes.
    pub(super) fn suspend(&mut self, id: RegistrationId, link: LinkId) {
        let Some(registration) = self.registrations.get(id) else {
            return;
        };
        if !self.prober.is_held_on(id, link) {
            return;
        }
        self.unannounced.forget_on(id, link);
        for &record in &registration.records {
            self.responder.suspend(&mut self.names, record, link);
        }
    }

    pub(crate) fn check(
        &self,
        set: &RecordSet,
        own: Option<RegistrationId>,
    ) -> Result<(), RegisterError> {
        if let Some(name) = &set.claim {
            let claimant = self
                .names
                .find_name(name)
                .and_then(|id| self.registrations.claimant(id));
            if claimant.is_some_and(|other| Some(other.id) != own) {
                return Err(RegisterError::NameTaken { name: name.clone() });
            }
        }
        let too_large = |record: &&OwnedRecord| {
            let parts = [record.name.wire_len(), record.data.wire_len(), OVERHEAD_LEN];
            parts.into_iter().fold(0, usize::saturating_add) > MESSAGE_LEN_MAX
        };
        match set.records.iter().find(too_large) {
            Some(record) => Err(RegisterError::TooLarge {
                name: record.name.clone(),
                rtype: record.data.rtype(),
            }),
            None => self.check_addresses(set),
        }
    }

    /// Counts the addresses of the claimed name on each link.
    fn check_addresses(&self, set: &RecordSet) -> Result<(), RegisterError> {
        let Some(name) = &set.claim else {
            return Ok(());
        };
        let max = self.config.limits.addresses_per_name_max;
        let mut counts: SmallList<((Option<LinkId>, RecordType), usize), 4> = SmallList::new();
        for record in set.records.iter().filter(|record| record.name == *name) {
            if matches!(record.data, RData::A(_) | RData::Aaaa(_)) {
                let kind = (record.link, record.data.rtype());
                match counts.iter_mut().find(|(other, _)| *other == kind) {
                    Some((_, count)) => *count = count.saturating_add(1),
                    None => counts.push((kind, 1)),
                }
            }
        }
        match counts.iter().all(|(_, count)| *count <= max) {
            true => Ok(()),
            false => Err(RegisterError::TooManyAddresses {
                name: name.clone(),
                max,
            }),
        }
    }

    fn hold_records(&mut self, set: &RecordSet, over: Option<Family>) -> RecordIds {
        let (responder, names) = (&mut self.responder, &mut self.names);
        let records = set.records.iter();
        let held = records.map(|record| responder.hold(names, record, over));
        held.collect()
    }

    fn release_records(&mut self, records: &[RecordId]) {
        for &id in records {
            self.responder.release(&mut self.names, id);
        }
    }

    /// Returns the links that have addresses: without one, probing is not possible.
    fn links_usable(&self) -> Vec<LinkId> {
        let links = self.links.iter();
        let usable = links.filter(|(_, info)| !info.addresses.is_empty());
        usable.map(|(id, _)| id).collect()
    }

    /// Returns those of them for which a registration is meant.
    pub(super) fn links_of(&self, registration: &Registration) -> Vec<LinkId> {
        let links = self.links.iter();
        let usable = links.filter(|(_, info)| !info.addresses.is_empty());
        let usable = usable.filter(|(link, info)| registration.is_usable_on(*link, info));
        usable.map(|(link, _)| link).collect()
    }

    //= https://www.rfc-editor.org/rfc/rfc6762#section-14
    //# A host SHOULD defend its dot-local host name on all active interfaces
    //# on which it is answering Multicast DNS queries.
    fn claim_everywhere(&mut self, now: Instant, id: RegistrationId) {
        for link in self.links_usable() {
            self.begin(now, id, link);
        }
    }

    //= https://www.rfc-editor.org/rfc/rfc6762#section-2
    //# Before claiming ownership of a unique
    //# resource record set, a responder MUST probe to verify that no
    //# other responder already claims ownership of that set, as described
    //# in Section 8.1, "Probing".
    fn begin(&mut self, now: Instant, id: RegistrationId, link: LinkId) {
        let is_usable = |registration: &&Registration| {
            let info = self.links.info(link);
            info.is_some_and(|info| registration.is_usable_on(link, info))
        };
        let Some(registration) = self.registrations.get(id).filter(is_usable) else {
            return;
        };
        let claims = registration.claim.is_some();
        if self.prober.begin(now, id, link, claims) {
            self.establish(now, id, link);
        }
        self.tell_if_blocked(id, link);
    }

    /// Announces what is valid on a link where the name is now ours.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-8.3
    //# The second startup step is that the Multicast DNS responder MUST send
    //# an unsolicited Multicast DNS response containing, in the Answer
    //# Section, all of its newly registered resource records (both shared
    //# records, and unique records that have completed the probing step).
    //= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
    //# Having completed the Probing step, if necessary, the host MUST then
    //# send a series of unsolicited announcements to update cache entries in
    //# its neighbor hosts.
    fn establish(&mut self, now: Instant, id: RegistrationId, link: LinkId) {
        let Some(registration) = self.registrations.get(id) else {
            return;
        };
        for &record in &registration.records {
            self.responder.enter(now, &mut self.names, record, link);
        }
        if let Some(claim) = registration.claim {
            let claim = (claim, registration.over);
            self.responder
                .deny_missing_family(now, &mut self.names, claim, link);
        }
        self.tell_unheard(link);
        let change = ClaimChange::Established;
        self.claim_events.push_back(ClaimEvent {
            registration: id,
            link,
            change,
        });
        self.follow_announcement(id, link);
    }

    /// Exchanges the records of a registration under the same name.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-8.4
    //# At any time, if the rdata of any of a host's Multicast DNS records
    //# changes, the host MUST repeat the Announcing step described above to
    //# update neighboring caches.
    fn exchange(
        &mut self,
        now: Instant,
        id: RegistrationId,
        new: RecordIds,
        of: Option<WithdrawalId>,
    ) {
        let held = self.prober.held_links(id);
        let Some(old) = self.registrations.exchange(id, new.clone()) else {
            return;
        };
        let dropped: Vec<RecordId> = old
            .iter()
            .copied()
            .filter(|record| !new.contains(record))
            .collect();
        for &link in &held {
            for &record in new.iter().filter(|record| !old.contains(record)) {
                self.responder.enter(now, &mut self.names, record, link);
            }
            //= https://www.rfc-editor.org/rfc/rfc6762#section-8.4
            //# In the case of shared records, a host MUST send a "goodbye"
            //# announcement with RR TTL zero (see Section 10.1, "Goodbye Packets")
            //# for the old rdata, to cause it to be deleted from peer caches, before
            //# announcing the new rdata.
            self.retire(&dropped, link, of);
            for &record in &dropped {
                self.responder
                    .reannounce_siblings(now, &mut self.names, record, link);
            }
        }
        self.release_records(&old);
        let claim = self
            .registrations
            .get(id)
            .and_then(|registration| Some((registration.claim?, registration.over)));
        for (claim, link) in claim
            .into_iter()
            .flat_map(|claim| held.iter().map(move |link| (claim, *link)))
        {
            self.responder
                .deny_missing_family(now, &mut self.names, claim, link);
        }
        held.into_iter()
            .for_each(|link| self.follow_announcement(id, link));
    }

    fn retire_everywhere(&mut self, id: RegistrationId, of: Option<WithdrawalId>) {
        let records = self
            .registrations
            .get(id)
            .map(|known| known.records.clone());
        let records = records.unwrap_or_default();
        for link in self.prober.held_links(id) {
            self.retire(&records, link, of);
        }
    }

    /// Withdraws records on a link. A withdrawal waits for the goodbyes if the link accepts them
    /// now.
    fn retire(&mut self, records: &[RecordId], link: LinkId, of: Option<WithdrawalId>) {
        let of = of.filter(|_| self.links.takes_packets(link));
        self.responder.retire(&mut self.names, records, link, of);
    }
}

/// The headers of IP, UDP and DNS, and the fixed part of a record, in bytes.
const OVERHEAD_LEN: usize = 48 + 12 + 10;
