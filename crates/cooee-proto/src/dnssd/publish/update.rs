//! Changes of what is published: at once, or when they come too fast, the last of them later.
//!
//! In:  changes of services: attributes, ports, subtypes; records in the place of others.
//! Out: registrations of the engine that are changed. RFC 6762 section 8.4.

use super::super::event::RequestId;
use super::content::Content;
use super::pace::PaceStep;
use super::spec::ServiceSpec;
use super::{PublishError, Publisher};
use crate::engine::Engine;
use crate::registrations::RecordSet;
use crate::time::Instant;

impl Publisher {
    /// Changes a service: attributes, port, subtypes. Its name and host stay. Returns how long it
    /// waits, if it is the first change that has to wait.
    pub(in crate::dnssd) fn update_service(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        request: RequestId,
        change: impl FnOnce(&mut ServiceSpec),
    ) -> Result<Option<Instant>, PublishError> {
        let service = self.services.get(&request).ok_or(PublishError::Unknown)?;
        let host = self.hosts.spec(service.host, request);
        let host = host.ok_or(PublishError::Unknown)?;
        let mut spec = service.content.spec(&service.instance, host);
        change(&mut spec);
        let content = Content::of(spec);
        let set = self.records(service, &content)?;
        let registration = service.registration;
        engine.check(&set, Some(registration))?;
        let turn = match content == service.content {
            true => PaceStep::Now,
            false => self.pace.admit(now, request),
        };
        let waits = match turn {
            // It is published in its then present form when its host has a name.
            PaceStep::Now if service.is_held_back => None,
            PaceStep::Now => {
                engine.update(now, registration, &set)?;
                None
            }
            PaceStep::Waits { until } => Some(until),
            PaceStep::Joins => None,
        };
        if let Some(service) = self.services.get_mut(&request) {
            service.content = content;
        }
        self.unannounced.begin(request);
        Ok(waits)
    }

    /// Publishes records in the place of those that a request publishes, under the same claimed
    /// name. Returns how long that waits, if it is the first change that has to wait.
    pub(in crate::dnssd) fn update_records(
        &mut self,
        now: Instant,
        engine: &mut Engine,
        request: RequestId,
        set: RecordSet,
    ) -> Result<Option<Instant>, PublishError> {
        let registration = self.records.claiming(request, &set);
        let registration = registration.ok_or(PublishError::Unknown)?;
        engine.check(&set, Some(registration))?;
        let waits = match self.pace.admit(now, request) {
            PaceStep::Now => {
                engine.update(now, registration, &set)?;
                self.records.keep_late(registration, None);
                None
            }
            PaceStep::Waits { until } => {
                self.records.keep_late(registration, Some(set));
                Some(until)
            }
            PaceStep::Joins => {
                self.records.keep_late(registration, Some(set));
                None
            }
        };
        self.unannounced.begin(request);
        Ok(waits)
    }

    /// Sends the last state of what was changed too often.
    pub(in crate::dnssd) fn catch_up(&mut self, now: Instant, engine: &mut Engine) {
        while let Some(request) = self.pace.poll_due(now) {
            self.unannounced.touch(request);
            if let Some((registration, set)) = self.records.take_late(request) {
                // It was checked when it was given.
                let _ = engine.update(now, registration, &set);
                continue;
            }
            let service = self.services.get(&request);
            let Some(service) = service.filter(|service| !service.is_held_back) else {
                continue;
            };
            if let Ok(set) = self.records(service, &service.content) {
                // It was checked when it was given.
                let _ = engine.update(now, service.registration, &set);
            }
        }
    }
}
