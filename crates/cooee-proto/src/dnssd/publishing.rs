//! The agent's publishing half: publish, update, withdraw.
//!
//! In:  services, hosts and records of the user.
//! Out: requests that report the claimed names; `stop` withdraws them. RFC 6762 sections 8 to 10;
//!      RFC 6763 sections 4 to 7.

use alloc::string::String;

use cooee_wire::Name;

use super::agent::Agent;
use super::event::{PublicationEvent, RequestId};
use super::nfc;
use super::publish::PublishError;
use super::publish::fit::check_set;
use super::publish::spec::{HostSpec, ServiceSpec, nfc_extras};
use super::txt::Txt;
use crate::registrations::RecordSet;
use crate::time::Instant;

impl Agent {
    /// Publishes a service and the host on which it runs.
    ///
    /// Reports `Registered`, `Renamed`, `HostRegistered`, `HostRenamed` and `NameTaken`. Ended by
    /// [`stop`](Self::stop), which sends goodbyes.
    ///
    /// # Errors
    ///
    /// Returns an error if a name is invalid, if a record is too large, or if there are too many;
    /// nothing was sent then.
    pub fn publish_service(
        &mut self,
        now: Instant,
        mut spec: ServiceSpec,
    ) -> Result<RequestId, PublishError> {
        spec.host = spec.host.nfc();
        spec.records = nfc_extras(&spec.records);
        let request = self.request();
        let known = self
            .publisher
            .add_service(now, &mut self.asker.engine, request, spec)?;
        Ok(self.start_on_host(now, request, known))
    }

    /// Starts a request that publishes, and reports its host if that won its name before for another
    /// request.
    fn start_on_host(
        &mut self,
        now: Instant,
        request: RequestId,
        known: Option<Name>,
    ) -> RequestId {
        self.publishing.insert(request);
        self.settle(now);
        if let Some(name) = known {
            self.tell(request, PublicationEvent::HostRegistered(name));
        }
        request
    }

    /// Publishes a host: its addresses, and its name for each of them.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`publish_service`](Self::publish_service).
    pub fn publish_host(
        &mut self,
        now: Instant,
        spec: &HostSpec,
    ) -> Result<RequestId, PublishError> {
        let request = self.request();
        let known = self
            .publisher
            .add_host(now, &mut self.asker.engine, request, &spec.nfc())?;
        Ok(self.start_on_host(now, request, known))
    }

    /// Publishes records of any kind. Reports `RecordsRegistered` and `NameTaken`; `stop` withdraws
    /// them.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`publish_service`](Self::publish_service), and those of
    /// [`check_record`](super::check_record).
    pub fn publish_records(
        &mut self,
        now: Instant,
        set: &RecordSet,
    ) -> Result<RequestId, PublishError> {
        check_set(set)?;
        let request = self.request();
        let engine = &mut self.asker.engine;
        let set = nfc::set(set);
        self.publisher.add_records(now, engine, request, &set)?;
        Ok(self.start_on_host(now, request, None))
    }

    /// Publishes records in the place of those that a request of
    /// [`publish_records`](Self::publish_records) publishes. The claimed name and the links stay.
    /// Only what differs is announced or withdrawn, without probing again (RFC 6762 section 8.4). Of
    /// more than ten changes within a minute only the last is sent, as by
    /// [`update_service`](Self::update_service).
    ///
    /// # Errors
    ///
    /// Returns an error if nothing is published by the request, if it claims another name, or those
    /// of [`publish_records`](Self::publish_records).
    pub fn update_records(
        &mut self,
        now: Instant,
        request: RequestId,
        set: &RecordSet,
    ) -> Result<(), PublishError> {
        check_set(set)?;
        let set = nfc::set(set);
        let engine = &mut self.asker.engine;
        let updated = self.publisher.update_records(now, engine, request, set);
        self.after_update(now, request, updated)
    }

    fn after_update(
        &mut self,
        now: Instant,
        request: RequestId,
        updated: Result<Option<Instant>, PublishError>,
    ) -> Result<(), PublishError> {
        if let Ok(Some(until)) = updated {
            let by = until.saturating_since(now);
            self.tell(request, PublicationEvent::UpdateDelayed { by });
        }
        self.settle(now);
        updated.map(drop)
    }

    /// Changes the attributes of a published service; announced, not probed again (RFC 6762 section
    /// 8.4).
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such service, or if the attributes are too large.
    pub fn update_txt(
        &mut self,
        now: Instant,
        request: RequestId,
        txt: Txt,
    ) -> Result<(), PublishError> {
        self.update_service(now, request, |spec| spec.txt = txt)
    }

    /// Changes the port, the attributes, the subtypes or the further records of a published service. What else `change`
    /// does to the specification has no effect on its name or host. Of more than ten changes within
    /// a minute only the last is sent, when the minute is over; the first that waits for that tells
    /// [`PublicationEvent::UpdateDelayed`].
    ///
    /// # Errors
    ///
    /// As for [`update_txt`](Self::update_txt).
    pub fn update_service(
        &mut self,
        now: Instant,
        request: RequestId,
        change: impl FnOnce(&mut ServiceSpec),
    ) -> Result<(), PublishError> {
        let engine = &mut self.asker.engine;
        let change = |spec: &mut ServiceSpec| {
            change(spec);
            spec.records = nfc_extras(&spec.records);
        };
        let updated = self.publisher.update_service(now, engine, request, change);
        self.after_update(now, request, updated)
    }

    /// Handles a new system name of this host. Everything that is published on a host of the
    /// system's name ([`HostSpec::is_system`]) moves to the new one, of which `start_as` is the
    /// label to try first: the old name gets a goodbye, the new one is probed for and announced.
    /// Reports `HostRenamed`.
    pub fn rename_system_host(&mut self, now: Instant, name: &Name, start_as: Option<&str>) {
        let name = nfc::name(name);
        let label = String::from_utf8_lossy(name.first_label().unwrap_or_default());
        let first = start_as.unwrap_or(&label);
        let engine = &mut self.asker.engine;
        for (request, news) in self.publisher.rename_system_host(now, engine, &name, first) {
            self.tell(request, news);
        }
        self.settle(now);
    }

    /// Returns whether everything that a request publishes, including a service's host, holds its
    /// name and has been announced at least once, in its present form, on every link that has an
    /// address. Returns `None` if the request publishes nothing any more.
    pub fn is_announced(&self, request: RequestId) -> Option<bool> {
        self.publisher.is_announced(&self.asker.engine, request)
    }
}
