//! Publishing aliases and single records.
//!
//! In:  a name, and data; later other data.
//! Out: [`RegisteredName`], a guard; or a [`RegisterError`]. RFC 6762 sections 2 (unique and
//!      shared), 8 to 10.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use cooee_net::InterfaceSelector;
use cooee_proto::dnssd::{RecordError, Ttls, check_record};
use cooee_proto::link::{Family, LinkId};
use cooee_proto::{OwnedRecord, RecordSet};
use cooee_wire::{Name, RData, Ttl};

use super::guard::UpdateTarget;
use super::host::local_host_name;
use super::name::RegisteredName;
use super::registered::announced;
use super::status::StatusStream;
use crate::argument::TextOr;
use crate::error::{RegisterError, UpdateError};
use crate::options::options;
use crate::session::handle::Mdns;
use crate::session::publishing::{Change, Publishing};

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
        let name = name.read().map_err(|not| RegisterError::Record {
            given: not.given,
            reason: not.error.to_string(),
        });
        self.record(name, data)
    }

    fn record(&self, name: Result<Name, RegisterError>, data: RData) -> RegisterRecord {
        RegisterRecord {
            mdns: self.clone(),
            name,
            data: vec![(data, None)],
            pointers: Vec::new(),
            ttl: None,
            unique: true,
            is_probed: true,
            any_address: false,
            interface: None,
            link: None,
            over: None,
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
    /// At least one; each with a TTL of its own, if it has one.
    data: Vec<(RData, Option<Ttl>)>,
    pointers: Vec<(Name, Name)>,
    ttl: Option<Ttl>,
    unique: bool,
    is_probed: bool,
    any_address: bool,
    interface: Option<InterfaceSelector>,
    link: Option<LinkId>,
    over: Option<Family>,
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
        self.ttl = Some(ttl);
        self
    }

    /// Publishes a further record under the same name: both are claimed, announced and withdrawn
    /// together. So a name can have several addresses without reverse records.
    ///
    /// An alias has no further records: that is an error when it is registered.
    pub fn record(mut self, data: RData) -> Self {
        self.data.push((data, None));
        self
    }

    /// Publishes a further record under the same name, as [`RegisterRecord::record`] does, with a
    /// TTL of its own.
    pub fn record_with_ttl(mut self, data: RData, ttl: Ttl) -> Self {
        self.data.push((data, Some(ttl)));
        self
    }

    /// Publishes a shared PTR record under another name as soon as this name is claimed, and
    /// withdraws it with the name. So a service that runs on another host is listed under its type.
    pub fn pointer(mut self, from: Name, to: Name) -> Self {
        self.pointers.push((from, to));
        self
    }

    /// Does not probe for the name: it is known to be free (RFC 6762 section 8.1). It is not
    /// defended either.
    pub fn unprobed(mut self) -> Self {
        self.is_probed = false;
        self
    }

    /// Allows addresses by which no host is reached and which do no harm: unspecified ones, and those
    /// that are reserved for documentation. Without this they are refused.
    pub fn any_address(mut self) -> Self {
        self.any_address = true;
        self
    }

    /// Limits it to the interface with this index, which need not be in use yet: it is published as
    /// soon as the interface is, and whenever it comes back.
    pub fn interface_index(mut self, index: u32) -> Self {
        self.link = Some(LinkId(index));
        self
    }

    /// Publishes it over IPv4 only, as [`Registration::ipv4_only`] does with a service.
    ///
    /// [`Registration::ipv4_only`]: crate::Registration::ipv4_only
    pub fn ipv4_only(mut self) -> Self {
        self.over = Some(Family::V4);
        self
    }

    /// Publishes it over IPv6 only.
    pub fn ipv6_only(mut self) -> Self {
        self.over = Some(Family::V6);
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
        self.check(&name)?;
        let link = self.mdns.shared().link(self.interface.as_ref())?;
        let set = self.set(&name, link.or(self.link));
        Ok((name, Publishing::Records(set)))
    }

    fn change(&self) -> Result<Change, UpdateError> {
        let wrong = |error: RegisterError| UpdateError::Record {
            reason: error.to_string(),
        };
        let name = self.name.clone().map_err(wrong)?;
        self.check(&name).map_err(wrong)?;
        // It stays on its links.
        Ok(Change::Records(self.set(&name, None)))
    }

    fn check(&self, name: &Name) -> Result<(), RegisterError> {
        let wrong = |name: &Name, reason: String| RegisterError::Record {
            given: name.to_string(),
            reason,
        };
        let mut data = self.data.iter().map(|(data, _)| data);
        if self.data.len() > 1 && data.any(|data| matches!(data, RData::Cname(_))) {
            return Err(wrong(name, "an alias has no further records".to_owned()));
        }
        for (data, _) in &self.data {
            match check_record(name, data) {
                Err(RecordError::Address { reason, .. })
                    if self.any_address && reason.is_harmless() => {}
                Err(RecordError::Address { ip, reason }) => {
                    return Err(RegisterError::Address { ip, reason });
                }
                checked => checked.map_err(|error| wrong(name, error.to_string()))?,
            }
        }
        for (from, to) in &self.pointers {
            let checked = check_record(from, &RData::Ptr(to.clone()));
            checked.map_err(|error| wrong(from, error.to_string()))?;
        }
        Ok(())
    }

    fn set(&self, name: &Name, link: Option<LinkId>) -> RecordSet {
        let record = |name: &Name, unique, data: RData, ttl: Option<Ttl>| OwnedRecord {
            name: name.clone(),
            ttl: ttl.unwrap_or_else(|| Ttls::default().of(&data)),
            unique,
            data,
            link: None,
        };
        let own = self.data.iter().map(|(data, ttl)| {
            let ttl = ttl.or(self.ttl);
            record(name, self.unique, data.clone(), ttl)
        });
        let pointers = self.pointers.iter();
        let pointers = pointers.map(|(from, to)| record(from, false, RData::Ptr(to.clone()), None));
        RecordSet {
            claim: (self.unique && self.is_probed).then(|| name.clone()),
            records: own.chain(pointers).collect(),
            links: link.into_iter().collect(),
            over: self.over,
            any_address: self.any_address,
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

impl RegisteredName {
    /// Publishes the records of a request in the place of the present ones. The name must be the
    /// same; the interface stays. What is in both goes on undisturbed, what is new is announced
    /// without probing again, and what is gone gets a goodbye (RFC 6762 section 8.4).
    ///
    /// A name may change at most ten times per minute. Further changes wait up to a minute, and only
    /// the latest one is announced.
    ///
    /// It gives an error if the name is that of a host, if nothing is published any more, or if
    /// the driver has shut down.
    ///
    /// ```no_run
    /// # async fn example(mdns: cooee::Mdns) -> Result<(), Box<dyn std::error::Error>> {
    /// use cooee::RData;
    ///
    /// let address = |last| RData::A([192, 168, 1, last].into());
    /// let nas = mdns.register_record("nas.local", address(7)).await?;
    /// nas.update(mdns.register_record("nas.local", address(8))).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn update(&self, new: RegisterRecord) -> UpdateRecords {
        UpdateRecords {
            target: self.guard.update_target(),
            new,
            deadline: None,
        }
    }
}

/// Other records in the place of published ones: await it, or start it. See
/// [`RegisteredName::update`].
#[derive(Debug)]
#[must_use = "nothing is changed until this is awaited, waited for or started"]
pub struct UpdateRecords {
    target: UpdateTarget,
    new: RegisterRecord,
    deadline: Option<Duration>,
}

options! {
    UpdateRecords {
        deadline(
            "Default: as long as it takes, which is about a second but while the name is disputed."
            "When it has passed, the change stays, and is announced as soon as it can be."
        ),
        wait(Result<(), UpdateError>),
    }
}

impl UpdateRecords {
    /// Sends the change to the driver and does not wait until it is announced.
    ///
    /// # Errors
    ///
    /// Returns an error if a record cannot be published, or if the driver accepts no requests. A
    /// change that the engine refuses is logged and has no effect.
    pub fn start(self) -> Result<(), UpdateError> {
        let change = self.new.change()?;
        Ok(self.target.change(change)?)
    }
}

impl IntoFuture for UpdateRecords {
    type Output = Result<(), UpdateError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let change = self.new.change()?;
            announced(&self.target, change, self.deadline).await
        })
    }
}
