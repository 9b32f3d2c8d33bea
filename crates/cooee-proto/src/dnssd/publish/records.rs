//! Records published as they are: under their own name, or not at all.
//!
//! In:  registrations of the engine; claims established and lost.
//! Out: [`PublicationEvent::RecordsRegistered`] once, or [`PublicationEvent::NameTaken`] and nothing published.
//! RFC 6762 sections 8.1 (probing) and 9 (conflict resolution).

use alloc::boxed::Box;
use alloc::vec::Vec;

use cooee_wire::Name;

use super::super::event::{PublicationEvent, RequestId};
use super::PublisherEvents;
use super::waiting::{is_whole_link, waiting};
use crate::engine::{ClaimChange, ClaimEvent, Engine};
use crate::ordered::{KeyMap, OrderedMap};
use crate::registrations::{RecordSet, RegistrationId};

/// The records of every request that publishes some.
#[derive(Default)]
pub(super) struct Records {
    published: OrderedMap<RegistrationId, Published>,
    by_request: KeyMap<RequestId, RegistrationId>,
}

struct Published {
    request: RequestId,
    claim: Option<Name>,
    reported: bool,
    /// What it publishes when the changes before it are a minute old.
    late: Option<Box<RecordSet>>,
}

impl Records {
    pub(super) fn add(
        &mut self,
        request: RequestId,
        registration: RegistrationId,
        claim: Option<Name>,
    ) {
        let published = Published {
            request,
            claim,
            reported: false,
            late: None,
        };
        self.published.insert(registration, published);
        self.by_request.insert(request, registration);
    }

    pub(super) fn registration(&self, request: RequestId) -> Option<RegistrationId> {
        self.by_request.get(request)
    }

    /// Returns the registration of a request, if it claims the same name as these records.
    pub(super) fn claiming(&self, request: RequestId, set: &RecordSet) -> Option<RegistrationId> {
        let registration = self.registration(request)?;
        let published = self.published.get(registration)?;
        (published.claim == set.claim).then_some(registration)
    }

    /// Keeps what is published later, instead of what was kept before.
    pub(super) fn keep_late(&mut self, registration: RegistrationId, set: Option<RecordSet>) {
        if let Some(published) = self.published.get_mut(registration) {
            published.late = set.map(Box::new);
        }
    }

    /// Returns what a request publishes from now on, if its change had to wait.
    pub(super) fn take_late(&mut self, request: RequestId) -> Option<(RegistrationId, RecordSet)> {
        let registration = self.registration(request)?;
        let late = self.published.get_mut(registration)?.late.take()?;
        Some((registration, *late))
    }

    pub(super) fn request(&self, registration: RegistrationId) -> Option<RequestId> {
        let published = self.published.get(registration)?;
        Some(published.request)
    }

    pub(super) fn remove(&mut self, request: RequestId) -> Option<RegistrationId> {
        let registration = self.by_request.remove(request)?;
        self.published.remove(registration);
        Some(registration)
    }

    /// Handles a name that has been in dispute for too long.
    pub(super) fn nameless(&self, id: RegistrationId) -> Option<(RequestId, PublicationEvent)> {
        let published = self.published.get(id)?;
        Some((
            published.request,
            PublicationEvent::Nameless(published.claim.clone()?),
        ))
    }

    /// Handles a change of a claim.
    pub(super) fn on_claim(&mut self, engine: &mut Engine, event: ClaimEvent) -> PublisherEvents {
        let Some(published) = self.published.get_mut(event.registration) else {
            return PublisherEvents::new();
        };
        let request = published.request;
        match event.change {
            ClaimChange::Disputed | ClaimChange::Announced => PublisherEvents::new(),
            ClaimChange::Waiting { .. } | ClaimChange::WaitingOver { .. } => {
                let news = waiting(event).into_iter();
                let mut reported: PublisherEvents = news.map(|news| (request, news)).collect();
                if is_whole_link(event) {
                    published.reported = false;
                    if engine.is_established(event.registration) {
                        reported.push((request, PublicationEvent::RecordsRegistered));
                    }
                }
                reported
            }
            ClaimChange::Established => {
                if published.reported || !engine.is_established(event.registration) {
                    return PublisherEvents::new();
                }
                published.reported = true;
                Vec::from([(request, PublicationEvent::RecordsRegistered)])
            }
            ClaimChange::Lost => {
                let taken = published.claim.clone();
                let Some((taken, registration)) = taken.zip(self.remove(request)) else {
                    return PublisherEvents::new();
                };
                engine.unregister_for(registration, None);
                Vec::from([(request, PublicationEvent::NameTaken(taken))])
            }
        }
    }

    /// Handles a change of links: one for which something waited may be gone.
    pub(super) fn on_links_changed(&mut self, engine: &Engine) -> PublisherEvents {
        let mut reported = PublisherEvents::new();
        self.published.for_each_mut(|id, published| {
            if !published.reported && engine.is_established(id) {
                published.reported = true;
                reported.push((published.request, PublicationEvent::RecordsRegistered));
            }
        });
        reported
    }
}
