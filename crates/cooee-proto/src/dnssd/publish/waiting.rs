//! Reports about links, or families of them, by which nothing leaves.
//!
//! In:  claims that wait, or wait no more.
//! Out: [`PublicationEvent::Waiting`] and [`PublicationEvent::WaitingOver`]; what is published
//!      elsewhere anyway. RFC 6762 section 8.1: nothing is published before it was probed for.

use super::super::event::{PublicationEvent, RequestId};
use super::{Publisher, PublisherEvents};
use crate::engine::{ClaimChange, ClaimEvent, Engine};

/// Returns what a claim tells of a way by which nothing leaves.
pub(super) fn waiting(event: ClaimEvent) -> Option<PublicationEvent> {
    let link = event.link;
    match event.change {
        ClaimChange::Waiting { family, why } => {
            Some(PublicationEvent::Waiting { link, family, why })
        }
        ClaimChange::WaitingOver { family } => Some(PublicationEvent::WaitingOver { link, family }),
        ClaimChange::Established
        | ClaimChange::Announced
        | ClaimChange::Disputed
        | ClaimChange::Lost => None,
    }
}

/// Returns whether a claim tells that nothing at all leaves by a link.
pub(super) fn is_whole_link(event: ClaimEvent) -> bool {
    matches!(event.change, ClaimChange::Waiting { family: None, .. })
}

impl Publisher {
    /// Returns a service waits, or waits no more.
    pub(super) fn on_service_waiting(
        &mut self,
        engine: &Engine,
        request: RequestId,
        event: ClaimEvent,
    ) -> PublisherEvents {
        let (Some(service), Some(news)) = (self.services.get_mut(&request), waiting(event)) else {
            return PublisherEvents::new();
        };
        let mut reported = PublisherEvents::from([(request, news)]);
        if is_whole_link(event) {
            service.reported = false;
            if engine.is_established(service.registration) {
                reported.push((
                    request,
                    PublicationEvent::Registered(service.instance.clone()),
                ));
            }
        }
        reported
    }

    /// Returns a host waits, or waits no more. Services tell it for themselves.
    pub(super) fn on_host_waiting(
        &mut self,
        engine: &Engine,
        event: ClaimEvent,
    ) -> PublisherEvents {
        let mut reported = self.hosts.on_waiting(engine, event);
        reported.retain(|(request, news)| {
            !matches!(
                news,
                PublicationEvent::Waiting { .. } | PublicationEvent::WaitingOver { .. }
            ) || !self.services.contains_key(request)
        });
        reported
    }
}
