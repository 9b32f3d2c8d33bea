//! When everything that a request publishes was announced, a service's host included.
//!
//! In:  requests that publish something anew; claims that come on; whatever may end a wait.
//! Out: the requests that were announced since they last published something anew.
//! RFC 6762 section 8.3.

use alloc::collections::BTreeSet;

use super::super::event::RequestId;
use super::Publisher;
use crate::collections::Few;
use crate::engine::{ClaimChange, ClaimEvent, Engine};
use crate::registrations::RegistrationId;

/// Requests whose user is to be told when they are announced.
#[derive(Default)]
pub(super) struct Announcements {
    waiting: BTreeSet<RequestId>,
    /// Those of them to be looked at.
    touched: BTreeSet<RequestId>,
}

impl Announcements {
    /// A request publishes something that was not announced yet, as far as is known.
    pub(super) fn begin(&mut self, request: RequestId) {
        self.waiting.insert(request);
        self.touched.insert(request);
    }

    /// Something has happened that may end the wait of a request.
    pub(super) fn touch(&mut self, request: RequestId) {
        if self.waiting.contains(&request) {
            self.touched.insert(request);
        }
    }

    /// Something has happened that may end the wait of all.
    pub(super) fn touch_all(&mut self) {
        self.touched.clone_from(&self.waiting);
    }

    /// The next request to look at.
    pub(super) fn poll_touched(&mut self) -> Option<RequestId> {
        self.touched.pop_first()
    }

    /// A request waits no longer.
    pub(super) fn end(&mut self, request: RequestId) {
        self.waiting.remove(&request);
        self.touched.remove(&request);
    }
}

impl Publisher {
    /// Whether all that a request publishes was announced; `None` if it publishes nothing.
    pub(in crate::dnssd) fn is_announced(
        &self,
        engine: &Engine,
        request: RequestId,
    ) -> Option<bool> {
        let published = self.registrations_of(request);
        let announced = published.iter().all(|&id| engine.is_announced(id));
        (!published.is_empty()).then_some(announced && !self.pace.is_late(request))
    }

    /// What a request has registered, its host first.
    fn registrations_of(&self, request: RequestId) -> Few<RegistrationId, 2> {
        if let Some(service) = self.services.get(&request) {
            return Few::from_iter([service.host, service.registration]);
        }
        let other = self.records.registration(request);
        let other = other.or_else(|| self.hosts.of_user(request));
        other.into_iter().collect()
    }

    /// A claim has come on, or gone back: those who have made it are announced, or are to be.
    pub(super) fn follow_announcement(&mut self, event: ClaimEvent) {
        let id = event.registration;
        let mut requests = self.hosts.users(id);
        requests.extend(self.by_registration.get(&id));
        requests.extend(self.records.request(id));
        for request in requests {
            match event.change {
                ClaimChange::Established => self.unannounced.begin(request),
                ClaimChange::Announced
                | ClaimChange::Waiting { .. }
                | ClaimChange::WaitingOver { .. } => self.unannounced.touch(request),
                ClaimChange::Disputed | ClaimChange::Lost => {}
            }
        }
    }

    /// The next request of which all was announced since it was published, changed or claimed anew.
    pub(in crate::dnssd) fn poll_announced(&mut self, engine: &mut Engine) -> Option<RequestId> {
        loop {
            let request = self.unannounced.poll_touched()?;
            let mut published = self.registrations_of(request).into_iter();
            if !self.pace.is_late(request) && published.all(|id| engine.expect_announced(id)) {
                self.unannounced.end(request);
                return Some(request);
            }
        }
    }
}
