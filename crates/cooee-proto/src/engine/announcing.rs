//! When everything that a registration publishes was announced.
//!
//! In:  claims that were established, changes, announcements that were sent.
//! Out: [`ClaimChange::Announced`], on each link. RFC 6762 section 8.3.

use alloc::vec::Vec;

use super::Engine;
use super::claim::{ClaimChange, ClaimEvent};
use crate::link::LinkId;
use crate::ordered::{Key, OrderedSet};
use crate::registrations::RegistrationId;
use crate::responder::record::RecordId;

/// The record for which each registration waits on each link. It waits for one record only, and is
/// checked again when that was sent. So the total work is proportional to the number of records.
#[derive(Default)]
pub(super) struct Unannounced {
    by_registration: OrderedSet<(RegistrationId, LinkId, RecordId)>,
    by_record: OrderedSet<(LinkId, RecordId, RegistrationId)>,
}

impl Unannounced {
    pub(super) fn is_empty(&self) -> bool {
        self.by_registration.is_empty()
    }

    /// Lets a registration wait for a record on a link, and for no other one there.
    pub(super) fn wait(&mut self, id: RegistrationId, link: LinkId, record: RecordId) {
        self.forget_on(id, link);
        self.by_registration.insert((id, link, record));
        self.by_record.insert((link, record, id));
    }

    /// Ends the wait of a registration on a link.
    pub(super) fn forget_on(&mut self, id: RegistrationId, link: LinkId) {
        let of_it = (id, link, Key::first())..=(id, link, Key::last());
        let record = self.by_registration.range(of_it).next();
        if let Some((.., record)) = record {
            self.by_registration.remove((id, link, record));
            self.by_record.remove((link, record, id));
        }
    }

    /// Ends all waits of a registration.
    pub(super) fn forget(&mut self, id: RegistrationId) {
        let of_it = (id, Key::first(), Key::first())..=(id, Key::last(), Key::last());
        let waits = self.by_registration.range(of_it);
        let links: Vec<LinkId> = waits.map(|(_, link, _)| link).collect();
        links.into_iter().for_each(|link| self.forget_on(id, link));
    }

    /// Handles a link that is gone.
    pub(super) fn drop_link(&mut self, link: LinkId) {
        self.by_registration.retain(|(_, other, _)| other != link);
        self.by_record.retain(|(other, ..)| other != link);
    }

    /// Takes the registrations that wait for a record on a link.
    pub(super) fn take(&mut self, link: LinkId, record: RecordId) -> Vec<RegistrationId> {
        let of_it = (link, record, Key::first())..=(link, record, Key::last());
        let ids: Vec<RegistrationId> = self.by_record.range(of_it).map(|on| on.2).collect();
        ids.iter().for_each(|id| self.forget_on(*id, link));
        ids
    }
}

impl Engine {
    /// Returns whether everything that a registration now publishes was announced at least once on
    /// every link with an address for which it is meant. Without such a link there is nothing to
    /// announce. A link on which nothing can be sent counts only if there is no other.
    pub fn is_announced(&self, id: RegistrationId) -> bool {
        if self.registrations.get(id).is_none() {
            return false;
        }
        let mut links = self.links_that_count(id).into_iter();
        links.all(|link| self.prober.is_held_on(id, link) && self.owed_on(id, link).is_none())
    }

    /// Like [`is_announced`](Self::is_announced); if it is not, [`ClaimChange::Announced`] follows.
    pub(crate) fn expect_announced(&mut self, id: RegistrationId) -> bool {
        let is_announced = self.is_announced(id);
        if !is_announced {
            for link in self.links_that_count(id) {
                if let Some(record) = self.owed_on(id, link) {
                    self.unannounced.wait(id, link, record);
                }
            }
        }
        is_announced
    }

    /// Handles records that were announced on a link, or are left out there: the registrations that
    /// waited for one of them are reported, or wait for the next.
    pub(super) fn follow_announced(&mut self, link: LinkId, records: &[RecordId]) {
        for &record in records {
            if self.unannounced.is_empty() {
                return;
            }
            for id in self.unannounced.take(link, record) {
                self.follow_announcement(id, link);
            }
        }
    }

    /// Reports that a registration was announced on a link, or lets it wait for what is still due
    /// there.
    pub(super) fn follow_announcement(&mut self, registration: RegistrationId, link: LinkId) {
        if !self.prober.is_held_on(registration, link) {
            return;
        }
        if let Some(record) = self.owed_on(registration, link) {
            return self.unannounced.wait(registration, link, record);
        }
        self.unannounced.forget_on(registration, link);
        let change = ClaimChange::Announced;
        self.claim_events.push_back(ClaimEvent {
            registration,
            link,
            change,
        });
    }

    /// Returns a record of a registration that must be announced on a link, and was not yet.
    fn owed_on(&self, id: RegistrationId, link: LinkId) -> Option<RecordId> {
        let records = &self.registrations.get(id)?.records;
        let owes = |id: &RecordId| {
            let record = self.responder.record(*id);
            record.is_some_and(|record| record.owes_announcement(link))
        };
        records.iter().copied().find(owes)
    }

    /// Returns the links on which a registration must be announced: those on which packets leave,
    /// if there are any.
    fn links_that_count(&self, id: RegistrationId) -> Vec<LinkId> {
        let registration = self.registrations.get(id);
        let mut links = registration.map_or_else(Vec::new, |known| self.links_of(known));
        if !links.iter().all(|&link| self.links.is_blocked(link)) {
            links.retain(|&link| !self.links.is_blocked(link));
        }
        links
    }
}
