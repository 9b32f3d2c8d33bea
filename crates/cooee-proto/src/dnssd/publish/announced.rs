//! When everything that a request publishes was announced, including a service's host.
//!
//! In:  requests that publish something again; claims that advance; anything that may end a wait.
//! Out: the requests that were announced since they last published something. RFC 6762 section 8.3.

use alloc::collections::BTreeSet;

use super::super::event::RequestId;
use super::Publisher;
use crate::collections::SmallList;
use crate::engine::{ClaimChange, ClaimEvent, Engine};
use crate::registrations::RegistrationId;

/// Requests whose user waits for the announcement.
#[derive(Default)]
pub(super) struct Announcements {
    waiting: BTreeSet<RequestId>,
    /// Those of them that must be checked.
    touched: BTreeSet<RequestId>,
}

impl Announcements {
    /// Records that a request publishes something that, as far as is known, was not announced yet.
    pub(super) fn begin(&mut self, request: RequestId) {
        self.waiting.insert(request);
        self.touched.insert(request);
    }

    /// Marks a request whose wait may have ended.
    pub(super) fn touch(&mut self, request: RequestId) {
        if self.waiting.contains(&request) {
            self.touched.insert(request);
        }
    }

    /// Marks all requests, whose waits may have ended.
    pub(super) fn touch_all(&mut self) {
        self.touched.clone_from(&self.waiting);
    }

    /// Returns the next request to check.
    pub(super) fn poll_touched(&mut self) -> Option<RequestId> {
        self.touched.pop_first()
    }

    /// Ends the wait of a request.
    pub(super) fn end(&mut self, request: RequestId) {
        self.waiting.remove(&request);
        self.touched.remove(&request);
    }
}

impl Publisher {
    /// Returns whether everything that a request publishes was announced; `None` if it publishes
    /// nothing.
    pub(in crate::dnssd) fn is_announced(
        &self,
        engine: &Engine,
        request: RequestId,
    ) -> Option<bool> {
        let published = self.registrations_of(request);
        let announced = published.iter().all(|&id| engine.is_announced(id));
        (!published.is_empty()).then_some(announced && !self.pace.is_late(request))
    }

    /// Returns what a request has registered, its host first.
    fn registrations_of(&self, request: RequestId) -> SmallList<RegistrationId, 2> {
        if let Some(service) = self.services.get(&request) {
            return SmallList::from_iter([service.host, service.registration]);
        }
        let other = self.records.registration(request);
        let other = other.or_else(|| self.hosts.of_request(request));
        other.into_iter().collect()
    }

    /// Handles a claim that has advanced or gone back: its requests are announced, or will be.
    pub(super) fn follow_announcement(&mut self, event: ClaimEvent) {
        let id = event.registration;
        let mut requests = self.hosts.users(id);
        requests.extend(self.service_of(id));
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

    /// Returns the next request of which everything was announced since it was published, changed
    /// or claimed again.
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
