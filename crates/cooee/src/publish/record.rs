//! Publishing aliases and single records.
//!
//! In:  a name, and data.
//! Out: [`RegisteredName`], a guard; or a [`RegisterError`]. RFC 6762 sections 2 (unique and
//!      shared), 8 to 10.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use cooee_net::InterfaceSelector;
use cooee_proto::dnssd::{Ttls, check_record};
use cooee_proto::link::LinkId;
use cooee_proto::{OwnedRecord, RecordSet};
use cooee_wire::{Name, RData, Ttl};

use super::host::local_host_name;
use super::name::RegisteredName;
use super::status::StatusStream;
use crate::argument::TextOr;
use crate::error::RegisterError;
use crate::options::options;
use crate::session::handle::Mdns;
use crate::session::publishing::Publishing;

impl Mdns {
    /// Registers another name for a host: a CNAME record.
    ///
    /// ```no_run
    /// # async fn example(mdns: cooee::Mdns) -> Result<(), Box<dyn std::error::Error>> {
    /// let alias = mdns.register_alias("www", "nas").await?;
    /// alias.unregister().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn register_alias(
        &self,
        name: impl TextOr<Name>,
        host: impl TextOr<Name>,
    ) -> RegisterRecord {
        let name = local_host_name(name);
        match local_host_name(host) {
            Ok(host) => self.record(name, RData::Cname(host)),
            Err(error) => self.record(Err(error), RData::Cname(Name::LOCAL)),
        }
    }

    /// Registers a record of any type, under a full name that ends in `.local`.
    ///
    /// The record is unique and is probed for, unless [`RegisterRecord::shared`] makes it shared.
    ///
    /// ```no_run
    /// # async fn example(mdns: cooee::Mdns) -> Result<(), Box<dyn std::error::Error>> {
    /// use cooee::RData;
    ///
    /// let address = RData::A([192, 168, 1, 7].into());
    /// let record = mdns.register_record("nas.local", address).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn register_record(&self, name: impl TextOr<Name>, data: RData) -> RegisterRecord {
        let wrong = |given: String, reason: String| RegisterError::Record { given, reason };
        let name = match name.read() {
            Ok(name) => match check_record(&name, &data) {
                Ok(()) => Ok(name),
                Err(error) => Err(wrong(name.to_string(), error.to_string())),
            },
            Err(not) => Err(wrong(not.given, not.error.to_string())),
        };
        self.record(name, data)
    }

    fn record(&self, name: Result<Name, RegisterError>, data: RData) -> RegisterRecord {
        let ttl = Ttls::default().of(&data);
        RegisterRecord {
            mdns: self.clone(),
            name,
            data,
            ttl,
            unique: true,
            interface: None,
            deadline: None,
        }
    }
}

/// A record to register: await it, or start it. See [`Mdns::register_record`].
#[derive(Clone, Debug)]
#[must_use = "nothing is published until this is awaited, waited for or started"]
pub struct RegisterRecord {
    mdns: Mdns,
    name: Result<Name, RegisterError>,
    data: RData,
    ttl: Ttl,
    unique: bool,
    interface: Option<InterfaceSelector>,
    deadline: Option<Duration>,
}

options! {
    RegisterRecord {
        interface,
        deadline("Default: as long as it takes. When it has passed, nothing stays published."),
        wait(Result<RegisteredName, RegisterError>),
    }
}

impl RegisterRecord {
    /// Sets how many seconds others may use it. Default 120 for records that name a host, otherwise
    /// 4,500 (RFC 6762 section 10).
    pub fn ttl(mut self, ttl: Ttl) -> Self {
        self.ttl = ttl;
        self
    }

    /// Shares its name and type with other hosts: nothing is probed for.
    pub fn shared(mut self) -> Self {
        self.unique = false;
        self
    }

    /// Starts to publish without waiting; the status stream reports the progress.
    ///
    /// # Errors
    ///
    /// Returns an error if an argument is wrong, or if the driver has shut down.
    pub fn start(self) -> Result<(RegisteredName, StatusStream), RegisterError> {
        let (name, publishing) = self.publishing()?;
        RegisteredName::start(&self.mdns, name, publishing)
    }

    fn publishing(&self) -> Result<(Name, Publishing), RegisterError> {
        let name = self.name.clone()?;
        let link = self.mdns.shared().link(self.interface.as_ref())?;
        let set = self.set(&name, link);
        Ok((name, Publishing::Records(set)))
    }

    fn set(&self, name: &Name, link: Option<LinkId>) -> RecordSet {
        let record = OwnedRecord {
            name: name.clone(),
            ttl: self.ttl,
            unique: self.unique,
            data: self.data.clone(),
            link: None,
        };
        RecordSet {
            claim: self.unique.then(|| name.clone()),
            records: vec![record],
            links: link.into_iter().collect(),
            ..RecordSet::default()
        }
    }
}

impl IntoFuture for RegisterRecord {
    type Output = Result<RegisteredName, RegisterError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (name, publishing) = self.publishing()?;
            RegisteredName::claim(&self.mdns, name, publishing, self.deadline).await
        })
    }
}
