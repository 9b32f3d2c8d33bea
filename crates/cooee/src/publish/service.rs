//! Registering services: claimed, announced, defended, withdrawn.
//!
//! In:  a [`Registration`]: name, type, port, attributes, host, and what to do after a conflict.
//! Out: [`Registered`], a guard that knows the final name; or a [`RegisterError`]. RFC 6763
//!      sections 4 to 7; RFC 6762 sections 8 to 10.

use std::future::{Future, IntoFuture};
use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

use cooee_net::InterfaceSelector;
use cooee_proto::dnssd::host_name::default_label;
use cooee_proto::dnssd::instance_name::InstanceName;
use cooee_proto::dnssd::service_type::{ServiceType, ServiceTypeError, Subtype};
use cooee_proto::dnssd::{HostSpec, OnConflict, ServiceSpec, Ttls};
use cooee_proto::link::{Family, LinkId};
use cooee_wire::{Name, RData, Ttl};

use super::attributes::{Attributes, IntoTxt};
use super::guard::Guard;
use super::host::{addresses, local_host_name};
use super::registered::Registered;
use super::status::StatusStream;
use super::{extra, rename};
use crate::argument::{TextOr, type_before};
use crate::error::RegisterError;
use crate::options::options;
use crate::session::handle::Mdns;
use crate::session::publishing::Publishing;

/// A service to register: see [`Mdns::register`].
///
/// ```
/// use cooee::Registration;
///
/// let web = Registration::new("_http._tcp", "Front Door", 8080)
///     .txt([("path", "/"), ("version", "2")])
///     .txt("secure")
///     .subtype("_printer");
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is registered until this is given to `Mdns::register`"]
pub struct Registration {
    service_type: Result<ServiceType, ServiceTypeError>,
    any_type: bool,
    name: String,
    port: u16,
    priority: u16,
    weight: u16,
    attributes: Attributes,
    subtypes: Result<Vec<Subtype>, ServiceTypeError>,
    host: Option<Result<Name, RegisterError>>,
    addresses: Option<Vec<IpAddr>>,
    records: Vec<RData>,
    host_records: Vec<RData>,
    interfaces: Vec<InterfaceSelector>,
    links: Vec<LinkId>,
    over: Option<Family>,
    on_conflict: OnConflict,
    host_on_conflict: OnConflict,
    ttls: Ttls,
}

impl Registration {
    /// Creates a service of this type, under a name for people, on a port of this host.
    ///
    /// The name is text of at most 63 bytes and needs no escaping. Port 0 is for services to which
    /// nobody should connect.
    //= https://www.rfc-editor.org/rfc/rfc6763#section-4.1.1
    //# The <Instance> portion of the name of a service being offered on the
    //# network SHOULD be configurable by the user setting up the service, so
    //# that he or she may give it an informative name.
    pub fn new(service_type: impl TextOr<ServiceType>, name: impl AsRef<str>, port: u16) -> Self {
        let name = name.as_ref();
        Self {
            service_type: type_before(name, service_type),
            any_type: false,
            name: name.to_owned(),
            port,
            priority: 0,
            weight: 0,
            attributes: Attributes::default(),
            subtypes: Ok(Vec::new()),
            host: None,
            addresses: None,
            records: Vec::new(),
            host_records: Vec::new(),
            interfaces: Vec::new(),
            links: Vec::new(),
            over: None,
            on_conflict: OnConflict::Rename,
            host_on_conflict: OnConflict::Rename,
            ttls: Ttls::default(),
        }
    }

    /// Creates a service without a name: it takes the system's name for this host.
    ///
    /// ```
    /// let ssh = cooee::Registration::unnamed("_ssh._tcp", 22);
    /// ```
    //= https://www.rfc-editor.org/rfc/rfc6763#section-4.1.1
    //# However, the device
    //# or service SHOULD NOT require the user to configure a name before it
    //# can be used.
    pub fn unnamed(service_type: impl TextOr<ServiceType>, port: u16) -> Self {
        let system = cooee_net::system_host_name().unwrap_or_default();
        Self::new(service_type, default_label(&system), port)
    }

    /// Adds attributes: a pair `("path", "/")`, whose value may be bytes; a key without a value; an
    /// array, slice, `Vec` or map of these; or every attribute of a [`Txt`](crate::Txt).
    ///
    /// An attribute that cannot be part of a TXT record is an error when it is registered.
    pub fn txt(mut self, attributes: impl IntoTxt) -> Self {
        attributes.add_to(&mut self.attributes);
        self
    }

    /// Adds an attribute for each pair of an iterator.
    pub fn txt_pairs<K: AsRef<str>, V: AsRef<[u8]>>(
        mut self,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        for pair in pairs {
            pair.add_to(&mut self.attributes);
        }
        self
    }

    /// Adds a subtype under which it is found as well, such as `_printer` (RFC 6763 section 7.1).
    pub fn subtype(mut self, subtype: impl TextOr<Subtype>) -> Self {
        match (&mut self.subtypes, subtype.read()) {
            (Ok(subtypes), Ok(subtype)) => subtypes.push(subtype),
            (Ok(_), Err(wrong)) => self.subtypes = Err(wrong.error),
            (Err(_), _) => {}
        }
        self
    }

    /// Sets the host's name, instead of the system's name for it: `printer` or `printer.local`.
    ///
    /// By default, the system's name is followed when it changes: the host gets the new name, which
    /// [`Status::HostRenamed`](crate::Status::HostRenamed) reports. A name that is set here stays.
    ///
    /// Without [`Registration::addresses`], its addresses are those of this host, on each link its
    /// own.
    pub fn host_named(mut self, name: impl TextOr<Name>) -> Self {
        self.host = Some(local_host_name(name));
        self
    }

    /// Gives the host these addresses on every link, as a proxy for another host.
    pub fn addresses(mut self, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        self.addresses = Some(addresses.into_iter().collect());
        self
    }

    /// Registers the service on this interface only, by name or index. Call it again for more
    /// interfaces. The records of its host are on every interface.
    pub fn interface(mut self, interface: impl Into<InterfaceSelector>) -> Self {
        self.interfaces.push(interface.into());
        self
    }

    /// Registers the service on the interface with this index, as [`Registration::interface`] does.
    /// It need not be in use yet: the service is registered there as soon as it is, and whenever it
    /// comes back.
    pub fn interface_index(mut self, index: u32) -> Self {
        self.links.push(LinkId(index));
        self
    }

    /// Registers the service over IPv4 only: it is probed for, announced, answered for and withdrawn
    /// over IPv4, and to hosts that ask over IPv6 it does not exist. An interface without an IPv4
    /// address does not count. The records of its host are published over both.
    ///
    /// ```
    /// let web = cooee::Registration::new("_http._tcp", "Front Door", 8080).ipv4_only();
    /// ```
    pub fn ipv4_only(mut self) -> Self {
        self.over = Some(Family::V4);
        self
    }

    /// Registers the service over IPv6 only, as [`Registration::ipv4_only`] does over IPv4.
    pub fn ipv6_only(mut self) -> Self {
        self.over = Some(Family::V6);
        self
    }

    /// Publishes a further record of any type under the service's name, with the TTL of its TXT
    /// record. It is announced, defended, renamed and withdrawn with the service.
    ///
    /// SRV and TXT records, aliases and types without data are refused when the service is
    /// registered.
    pub fn record(mut self, data: RData) -> Self {
        self.records.push(data);
        self
    }

    /// Publishes a further record under the name of its host, as [`Registration::record`] does
    /// under the service's, with the TTL of its addresses. Addresses are refused.
    pub fn host_record(mut self, data: RData) -> Self {
        self.host_records.push(data);
        self
    }

    /// Allows a type that breaks the rules for service names (RFC 6335 section 5.1), such as
    /// `_dyson_mqtt._tcp`. Some devices use such types, and may have to be emulated.
    ///
    /// Without this, such a type is refused when the service is registered.
    pub fn any_type(mut self) -> Self {
        self.any_type = true;
        self
    }

    /// Gives up if another host uses the name, or the name of a host named here, and publishes
    /// nothing.
    ///
    /// Without this, the next name is tried: `Front Door (2)`, `printer-2`.
    pub fn no_rename(mut self) -> Self {
        (self.on_conflict, self.host_on_conflict) = (OnConflict::GiveUp, OnConflict::GiveUp);
        self
    }

    /// Lets a function choose the service's next name after a conflict, instead of counting up.
    ///
    /// The function gets the name that is in use and the number of this change, from 1, since the
    /// service last held a name. `None` gives up. So does a name that is empty, longer than 63
    /// bytes, or the same. The function is called on the driver's thread and must return at once:
    /// nothing is sent or answered until then. If it panics, the service gives up.
    pub fn rename_with(
        mut self,
        choose: impl Fn(&str, u32) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.on_conflict = rename::by(choose);
        self
    }

    /// Lets a function choose the next name of a host named here, like
    /// [`Registration::rename_with`] for the service. It gets and returns one label, without
    /// `.local`.
    pub fn rename_host_with(
        mut self,
        choose: impl Fn(&str, u32) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.host_on_conflict = rename::by(choose);
        self
    }

    /// Sets the SRV priority; services with lower values are tried first. Default 0 (RFC 2782).
    pub fn priority(mut self, priority: u16) -> Self {
        self.priority = priority;
        self
    }

    /// Sets the SRV weight, among equal priorities. Default 0 (RFC 2782).
    pub fn weight(mut self, weight: u16) -> Self {
        self.weight = weight;
        self
    }

    /// Sets how many seconds others may use records that name a host (SRV, A, AAAA), and all others
    /// (PTR, TXT). Default 120 and 4,500 (RFC 6762 section 10).
    pub fn ttls(mut self, host: Ttl, other: Ttl) -> Self {
        self.ttls = Ttls { host, other };
        self
    }

    /// Returns the requested name, and what to publish, if everything in it is valid.
    fn publishing(self, mdns: &Mdns) -> Result<(InstanceName, Publishing), RegisterError> {
        let (requested, spec) = self.spec(mdns)?;
        Ok((
            requested.clone(),
            Publishing::Service(Box::new(spec), requested),
        ))
    }

    /// Returns the requested name, and the specification for the engine, if everything in it is
    /// valid.
    fn spec(self, mdns: &Mdns) -> Result<(InstanceName, ServiceSpec), RegisterError> {
        let host = self.host_spec(mdns)?;
        let service_type = self.service_type?;
        let instance = InstanceName::new(&self.name, &service_type)?;
        let mut spec = ServiceSpec::new(&self.name, service_type, self.port, host);
        spec.any_type = self.any_type;
        spec.check_type()?;
        spec.start_as = mdns.shared().memory.recall(instance.name());
        spec.txt = self.attributes.finish()?;
        spec.records = extra(self.records, self.ttls.other);
        spec.subtypes = self.subtypes?;
        spec.priority = self.priority;
        spec.weight = self.weight;
        spec.on_conflict = self.on_conflict;
        spec.ttls = self.ttls;
        spec.links = self.links;
        spec.over = self.over;
        for interface in &self.interfaces {
            spec.links.extend(mdns.shared().link(Some(interface))?);
        }
        Ok((instance, spec))
    }

    fn host_spec(&self, mdns: &Mdns) -> Result<HostSpec, RegisterError> {
        let name = match &self.host {
            Some(given) => given.clone()?,
            None => mdns.shared().system_host(),
        };
        let given = self.addresses.as_ref();
        let fixed = given
            .map(|given| addresses(&name, given.iter().copied()))
            .transpose()?;
        let mut host = HostSpec::own(name);
        host.start_as = mdns.shared().memory.recall(&host.name);
        host.addresses = fixed;
        host.records = extra(self.host_records.clone(), self.ttls.host);
        host.is_system = self.host.is_none();
        if self.host.is_some() {
            host.on_conflict = self.host_on_conflict.clone();
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
    /// let web = Registration::new("_http._tcp", "Front Door", 8080).txt(("path", "/"));
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

options! {
    Register {
        deadline(
            "Default: as long as it takes. When it has passed, nothing stays published."
            "[`Register::start`] has no deadline."
        ),
        wait(Result<Registered, RegisterError>),
    }
}

impl Register {
    /// Starts to register without waiting; the status stream reports the progress from the start.
    ///
    /// # Errors
    ///
    /// Returns an error if an argument is wrong, or if the driver has shut down. What the engine
    /// refuses is reported as [`Status::Failed`](crate::Status::Failed).
    pub fn start(self) -> Result<(Registered, StatusStream), RegisterError> {
        let (requested, publishing) = self.registration.publishing(&self.mdns)?;
        let (guard, feed) = Guard::start(&self.mdns, publishing)?;
        let registered = Registered { guard, requested };
        Ok((registered, StatusStream { feed }))
    }
}

impl IntoFuture for Register {
    type Output = Result<Registered, RegisterError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let after = self.deadline;
            let (requested, publishing) = self.registration.publishing(&self.mdns)?;
            let (guard, claim) = Guard::claim(&self.mdns, publishing, after)?;
            let registered = Registered { guard, requested };
            claim.won(registered.requested.name(), after).await?;
            Ok(registered)
        })
    }
}
