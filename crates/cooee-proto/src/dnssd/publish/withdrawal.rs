//! The end of what is published: goodbyes, and what was sent of them.
//!
//! In:  requests that end; withdrawals of the engine whose goodbyes were tried.
//! Out: registrations withdrawn; [`PublicationEvent::Withdrawn`].
//! RFC 6762 section 10.1.

use super::super::event::{PublicationEvent, RequestId};
use super::Publisher;
use crate::engine::Engine;
use crate::registrations::{WithdrawalId, Withdrawn};
use crate::time::Instant;

impl Publisher {
    /// Withdraws what some requests have published, together. [`PublicationEvent::Withdrawn`] is reported for the
    /// first of them.
    pub(in crate::dnssd) fn withdraw(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        requests: &[RequestId],
    ) {
        let withdrawal = engine.begin_withdrawal();
        for &request in requests {
            self.remove(now, engine, request, Some(withdrawal));
        }
        if let Some(&first) = requests.first() {
            self.withdrawals.insert(withdrawal, first);
        }
        engine.finish_withdrawal(withdrawal);
    }

    /// Handles a withdrawal whose goodbyes were all tried.
    pub(in crate::dnssd) fn on_withdrawn(
        &mut self,
        withdrawn: Withdrawn,
    ) -> Option<(RequestId, PublicationEvent)> {
        let request = self.withdrawals.remove(&withdrawn.id)?;
        Some((request, PublicationEvent::Withdrawn(withdrawn.goodbyes)))
    }

    /// Stops publishing for a request.
    pub(super) fn remove(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        request: RequestId,
        of: Option<WithdrawalId>,
    ) {
        self.unannounced.end(request);
        if let Some(registration) = self.records.remove(request) {
            self.pace.forget(request);
            self.contests.end(registration);
            engine.unregister_for(registration, of);
            return;
        }
        if let Some(service) = self.services.remove(&request) {
            self.pace.forget(request);
            let slot = service.registration.slot as usize;
            if let Some(at) = self.by_slot.get_mut(slot) {
                *at = None;
            }
            self.contests.end(service.registration);
            engine.unregister_for(service.registration, of);
            self.release_host(now, engine, service.host, request, of);
            return;
        }
        if let Some(host) = self.hosts.of_request(request) {
            self.release_host(now, engine, host, request, of);
        }
    }
}
