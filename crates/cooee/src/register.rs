//! Registering services: claimed, announced, defended, withdrawn.
//!
//! In:  a [`Registration`]: name, type, port, attributes, host, and what to do when the name is
//!      taken.
//! Out: [`Registered`], a guard that knows the name that was won; or a [`RegisterError`].
//! RFC 6763 sections 4 to 7; RFC 6762 sections 8 to 10.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

use cooee_net::InterfaceSelector;
use cooee_proto::dnssd::instance_name::InstanceName;
use cooee_proto::dnssd::service_type::{ServiceType, Subtype};
use cooee_proto::dnssd::txt::Txt;
use cooee_proto::dnssd::{HostSpec, OnConflict, ServiceSpec, Ttls};
use cooee_wire::{Name, Ttl};

use crate::blocking;
use crate::error::Stopped;
use crate::mdns::Mdns;
use crate::publication::{Change, Goodbyes, Handle, Publication, Publishing, Status, StatusStream};
use crate::queue::End;
use crate::stream::Feed;

mod attributes;
mod error;
mod host;

use attributes::Attributes;
pub use attributes::TxtItem;
pub use error::{RegisterError, UpdateError};
pub(crate) use host::{addresses, local_host_name, system_host};

/// A service to register: see [`Mdns::register`].
///
/// ```
/// use cooee::Registration;
///
/// let web = Registration::new(&"_http._tcp".parse()?, "Front Door", 8080)
///     .txt(("path", "/"))
///     .txt("secure")
///     .subtype("_printer".parse()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is registered until this is given to `Mdns::register`"]
pub struct Registration {
    service_type: ServiceType,
    name: String,
    port: u16,
    priority: u16,
    weight: u16,
    attributes: Attributes,
    subtypes: Vec<Subtype>,
    host: Option<String>,
    addresses: Option<Vec<IpAddr>>,
    interface: Option<InterfaceSelector>,
    on_conflict: OnConflict,
    ttls: Ttls,
}

impl Registration {
    /// A service of this type, under a name for people, on a port of this host.
    ///
    /// The name is one piece of text of at most 63 bytes that needs no escaping. Port 0 is for
    /// services that are not to be connected to.
    pub fn new(service_type: &ServiceType, name: &str, port: u16) -> Self {
        Self {
            service_type: service_type.clone(),
            name: name.to_owned(),
            port,
            priority: 0,
            weight: 0,
            attributes: Attributes::default(),
            subtypes: Vec::new(),
            host: None,
            addresses: None,
            interface: None,
            on_conflict: OnConflict::Rename,
            ttls: Ttls::default(),
        }
    }

    /// Adds an attribute: a pair `("path", "/")`, whose value may be bytes, a key that stands
    /// alone, or every attribute of a [`Txt`].
    ///
    /// What cannot be part of a TXT record is told when it is registered.
    pub fn txt(mut self, item: impl TxtItem) -> Self {
        item.add_to(&mut self.attributes);
        self
    }

    /// Has it found under a subtype besides (RFC 6763 section 7.1).
    pub fn subtype(mut self, subtype: Subtype) -> Self {
        self.subtypes.push(subtype);
        self
    }

    /// Names the host, in place of the system's name for it: `printer` or `printer.local`.
    ///
    /// Without [`Registration::addresses`] its addresses are those of this host, on each link its
    /// own.
    pub fn host_named(mut self, name: &str) -> Self {
        self.host = Some(name.to_owned());
        self
    }

    /// Gives the host these addresses on every link, as a proxy for another host.
    pub fn addresses(mut self, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        self.addresses = Some(addresses.into_iter().collect());
        self
    }

    /// Gives up when the name is taken, or the name of a host named here, and publishes nothing.
    ///
    /// Without it the next name is tried: `Front Door (2)`, `printer-2`.
    pub fn no_rename(mut self) -> Self {
        self.on_conflict = OnConflict::GiveUp;
        self
    }

    /// Sets the SRV priority; lower is tried first. Default 0 (RFC 2782).
    pub fn priority(mut self, priority: u16) -> Self {
        self.priority = priority;
        self
    }

    /// Sets the SRV weight, among equal priorities. Default 0 (RFC 2782).
    pub fn weight(mut self, weight: u16) -> Self {
        self.weight = weight;
        self
    }

    /// Sets how many seconds others may believe records that name a host (SRV, A, AAAA) and all
    /// others (PTR, TXT). Default 120 and 4,500 (RFC 6762 section 10).
    pub fn ttls(mut self, host: Ttl, other: Ttl) -> Self {
        self.ttls = Ttls { host, other };
        self
    }

    /// Registers it on one interface only, by name or index.
    pub fn interface(mut self, interface: impl Into<InterfaceSelector>) -> Self {
        self.interface = Some(interface.into());
        self
    }

    /// The specification for the engine, when everything in it is right.
    fn spec(self, mdns: &Mdns) -> Result<ServiceSpec, RegisterError> {
        InstanceName::new(&self.name, &self.service_type)?;
        let host = self.host_spec()?;
        let mut spec = ServiceSpec::new(&self.name, self.service_type, self.port, host);
        spec.txt = self.attributes.finish()?;
        spec.subtypes = self.subtypes;
        spec.priority = self.priority;
        spec.weight = self.weight;
        spec.on_conflict = self.on_conflict;
        spec.ttls = self.ttls;
        spec.link = mdns.shared().link(self.interface.as_ref())?;
        Ok(spec)
    }

    fn host_spec(&self) -> Result<HostSpec, RegisterError> {
        let name = match &self.host {
            Some(given) => local_host_name(given)?,
            None => system_host()?,
        };
        let given = self.addresses.as_ref();
        let fixed = given
            .map(|given| addresses(&name, given.iter().copied()))
            .transpose()?;
        let mut host = HostSpec::own(name);
        host.addresses = fixed;
        if self.host.is_some() {
            host.on_conflict = self.on_conflict.clone();
        }
        Ok(host)
    }
}

impl Mdns {
    /// Registers a service: probes for its name and its host's, announces both, and defends and
    /// answers for them for as long as the [`Registered`] is kept.
    ///
    /// Awaiting it waits until the name is won and announced, about a second. Without an interface
    /// that has an address it waits for one, which [`Register::deadline`] bounds.
    ///
    /// ```no_run
    /// # async fn example(mdns: cooee::Mdns) -> Result<(), Box<dyn std::error::Error>> {
    /// use cooee::Registration;
    ///
    /// let web = Registration::new(&"_http._tcp".parse()?, "Front Door", 8080).txt(("path", "/"));
    /// let web = mdns.register(web).await?;
    /// println!("registered as {}", web.name());
    /// web.unregister().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn register(&self, registration: Registration) -> Register {
        Register {
            mdns: self.clone(),
            registration,
            deadline: None,
        }
    }
}

/// A service being registered: await it, or start it. See [`Mdns::register`].
#[derive(Clone, Debug)]
#[must_use = "nothing is registered until this is awaited, waited for or started"]
pub struct Register {
    mdns: Mdns,
    registration: Registration,
    deadline: Option<Duration>,
}

impl Register {
    /// Sets how long to wait, from when it is awaited on. Default: as long as it takes.
    ///
    /// When it has passed, nothing stays published. [`Register::start`] has no deadline.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Registers on this thread: the blocking twin of awaiting it.
    ///
    /// # Errors
    ///
    /// As for awaiting it: see [`RegisterError`].
    pub fn wait(self) -> Result<Registered, RegisterError> {
        blocking::wait(self.into_future())
    }

    /// Starts to register and does not wait; the status stream tells what becomes of it from the
    /// start.
    ///
    /// # Errors
    ///
    /// What was given is wrong, or the driver has shut down. What the engine refuses comes as
    /// [`Status::Failed`].
    pub fn start(self) -> Result<(Registered, StatusStream), RegisterError> {
        let (registered, feed) = self.begin(None)?;
        Ok((registered, StatusStream { feed }))
    }

    fn begin(
        self,
        deadline: Option<Duration>,
    ) -> Result<(Registered, Feed<Status>), RegisterError> {
        let service_type = self.registration.service_type.clone();
        let spec = self.registration.spec(&self.mdns)?;
        let requested = InstanceName::new(&spec.label, &service_type)?;
        let publishing = Publishing::Service(spec);
        let (publication, feed) = Publication::start(&self.mdns, publishing, deadline)?;
        let registered = Registered {
            publication,
            requested,
        };
        Ok((registered, feed))
    }
}

impl IntoFuture for Register {
    type Output = Result<Registered, RegisterError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let after = self.deadline;
            let (registered, feed) = self.begin(after)?;
            let is_won = |status: &Status| matches!(status, Status::Registered(_));
            won(&feed, is_won, registered.requested.name(), after).await?;
            Ok(registered)
        })
    }
}

/// Waits until a claim is won, or says why it was not.
pub(crate) async fn won(
    feed: &Feed<Status>,
    is_won: impl Fn(&Status) -> bool,
    name: &Name,
    after: Option<Duration>,
) -> Result<(), RegisterError> {
    loop {
        match feed.next().await {
            Ok(status) if is_won(&status) => return Ok(()),
            Ok(Status::Failed(error)) => return Err(error),
            Ok(Status::NameTaken(name)) => return Err(RegisterError::NameTaken { name }),
            Ok(_) => {}
            Err(End::TimedOut) => {
                let (name, after) = (name.clone(), after.unwrap_or_default());
                return Err(RegisterError::TimedOut { name, after });
            }
            Err(End::Stopped | End::Done) => return Err(RegisterError::Stopped),
        }
    }
}

/// A registered service. Dropping it withdraws the service, with goodbyes as best it can.
#[must_use = "dropping it withdraws the service"]
pub struct Registered {
    publication: Publication,
    requested: InstanceName,
}

impl Registered {
    /// The name for people that it has now, which is another one after a conflict.
    pub fn name(&self) -> String {
        self.instance().label().into_owned()
    }

    /// The full instance name that it has now.
    pub fn instance(&self) -> InstanceName {
        let now = self.publication.names().instance;
        now.unwrap_or_else(|| self.requested.clone())
    }

    /// The name of its host, which is another one after a conflict.
    pub fn host(&self) -> Option<Name> {
        self.publication.names().host
    }

    /// Streams what becomes of it, from what it is now on.
    pub fn status(&self) -> StatusStream {
        self.publication.status()
    }

    /// Replaces its attributes: announced, not probed again (RFC 6762 section 8.4).
    ///
    /// Returns when the engine has taken them; they are announced at once, or within a second when
    /// the last announcement was less than that ago.
    ///
    /// # Errors
    ///
    /// The attributes do not fit, nothing is published any more, or the driver has shut down.
    pub async fn update_txt(&self, txt: impl TxtItem) -> Result<(), UpdateError> {
        self.update().txt(txt).await
    }

    /// Changes its port, as [`Registered::update_txt`] does the attributes.
    ///
    /// # Errors
    ///
    /// Nothing is published any more, or the driver has shut down.
    pub async fn update_port(&self, port: u16) -> Result<(), UpdateError> {
        self.update().port(port).await
    }

    /// Changes several things at once.
    pub fn update(&self) -> Update {
        Update {
            handle: self.publication.handle(),
            attributes: None,
            port: None,
            subtypes: None,
        }
    }

    /// Withdraws it, and returns when the goodbyes are on the wire, with what was sent where.
    ///
    /// # Errors
    ///
    /// The driver has shut down, and has said goodbye for everything.
    pub async fn unregister(self) -> Result<Goodbyes, Stopped> {
        self.publication.withdraw().await
    }

    /// Withdraws it on this thread: the blocking twin of [`Registered::unregister`].
    ///
    /// # Errors
    ///
    /// As for [`Registered::unregister`].
    pub fn unregister_wait(self) -> Result<Goodbyes, Stopped> {
        blocking::wait(self.unregister())
    }
}

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registered")
            .field("instance", &self.instance())
            .finish_non_exhaustive()
    }
}

/// Changes of a registered service: await them. Made by [`Registered::update`].
#[derive(Debug)]
#[must_use = "nothing is changed until this is awaited or waited for"]
pub struct Update {
    handle: Handle,
    attributes: Option<Attributes>,
    port: Option<u16>,
    subtypes: Option<Vec<Subtype>>,
}

impl Update {
    /// Adds an attribute to those that replace the present ones.
    pub fn txt(mut self, item: impl TxtItem) -> Self {
        item.add_to(self.attributes.get_or_insert_default());
        self
    }

    /// Leaves it without attributes, except for those added after this.
    pub fn no_txt(self) -> Self {
        self.txt(Txt::empty())
    }

    /// Sets the port.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Sets the subtypes, in place of the present ones.
    pub fn subtypes(mut self, subtypes: impl IntoIterator<Item = Subtype>) -> Self {
        self.subtypes = Some(subtypes.into_iter().collect());
        self
    }

    /// Changes on this thread: the blocking twin of awaiting it.
    ///
    /// # Errors
    ///
    /// As for awaiting it: see [`UpdateError`].
    pub fn wait(self) -> Result<(), UpdateError> {
        blocking::wait(self.into_future())
    }
}

impl IntoFuture for Update {
    type Output = Result<(), UpdateError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let change = Change {
                txt: self.attributes.map(Attributes::finish).transpose()?,
                port: self.port,
                subtypes: self.subtypes,
            };
            Ok(self.handle.update(change).await??)
        })
    }
}

#[cfg(test)]
mod tests;
