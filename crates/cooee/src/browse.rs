//! Browsing: the services of a type, or of every type, as they appear, change and disappear.
//!
//! In:  a service type, and how much detail is wanted.
//! Out: [`Services`], resolved; [`Instances`], names only; [`ServiceTypes`].
//!      RFC 6763 sections 4 (instances), 7.1 (subtypes) and 9 (type enumeration).

use cooee_net::InterfaceSelector;
use cooee_proto::dnssd::BrowseOptions;
use cooee_proto::dnssd::service_type::{ServiceType, ServiceTypeError, Subtype};

use crate::argument::TextOr;
use crate::error::BrowseError;
use crate::event::discovery::{InstanceEvent, ServiceEvent, TypeEvent};
use crate::options::options;
use crate::session::command::{Request, Sink};
use crate::session::handle::Mdns;
use crate::session::stream::stream;
use crate::session::unread::{InstanceNews, ServiceNews, TypeNews};

stream! {
    /// A stream of services. Dropping it stops the request.
    ///
    /// The stream runs until it is dropped or the driver shuts down. A slow reader gets fewer
    /// events, not older ones: all changes of one service since the last read are one event.
    Services of ServiceNews => ServiceEvent
}

stream! {
    /// A stream of instance names, unresolved. Dropping it stops the browse.
    Instances of InstanceNews => InstanceEvent
}

stream! {
    /// A stream of the service types on the network. Dropping it stops the enumeration.
    ServiceTypes of TypeNews => TypeEvent
}

impl Mdns {
    /// Browses for the services of a type and resolves them.
    ///
    /// ```no_run
    /// # async fn example(mdns: cooee::Mdns) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut services = mdns.browse("_http._tcp").start()?;
    /// while let Some(event) = services.next().await {
    ///     println!("{event}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn browse(&self, service_type: impl TextOr<ServiceType>) -> Browse {
        Browse {
            mdns: self.clone(),
            wanted: Wanted::new(service_type),
            interface: None,
        }
    }

    /// Browses for the services of every type on the network, and resolves them.
    ///
    /// ```no_run
    /// # fn example(mdns: cooee::Mdns) -> Result<(), Box<dyn std::error::Error>> {
    /// for event in mdns.browse_all().interface("eth0").start()?.blocking() {
    ///     println!("{event}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn browse_all(&self) -> BrowseAll {
        BrowseAll {
            mdns: self.clone(),
            interface: None,
        }
    }

    /// Browses for the instance names of a type and resolves nothing.
    ///
    /// ```no_run
    /// # async fn example(mdns: cooee::Mdns) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut printers = mdns.browse_instances("_ipp._tcp").subtype("_universal").start()?;
    /// while let Some(event) = printers.next().await {
    ///     println!("{event}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn browse_instances(&self, service_type: impl TextOr<ServiceType>) -> BrowseInstances {
        BrowseInstances {
            mdns: self.clone(),
            wanted: Wanted::new(service_type),
            interface: None,
        }
    }

    /// Browses for the instance names of every type and resolves nothing.
    ///
    /// ```no_run
    /// # async fn example(mdns: cooee::Mdns) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut instances = mdns.browse_all_instances().start()?;
    /// while let Some(event) = instances.next().await {
    ///     println!("{event}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn browse_all_instances(&self) -> BrowseAllInstances {
        BrowseAllInstances {
            mdns: self.clone(),
            interface: None,
        }
    }

    /// Enumerates the service types on the network (RFC 6763 section 9).
    ///
    /// ```no_run
    /// # async fn example(mdns: cooee::Mdns) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut types = mdns.browse_types().start()?;
    /// while let Some(event) = types.next().await {
    ///     println!("{event}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn browse_types(&self) -> BrowseTypes {
        BrowseTypes {
            mdns: self.clone(),
            interface: None,
        }
    }
}

/// A browse for the services of a type: start it. See [`Mdns::browse`].
#[derive(Clone, Debug)]
#[must_use = "a browse does nothing until it is started"]
pub struct Browse {
    mdns: Mdns,
    wanted: Wanted,
    interface: Option<InterfaceSelector>,
}

/// A browse for the services of every type: start it. See [`Mdns::browse_all`].
#[derive(Clone, Debug)]
#[must_use = "a browse does nothing until it is started"]
pub struct BrowseAll {
    mdns: Mdns,
    interface: Option<InterfaceSelector>,
}

/// A browse for the instance names of a type: start it. See [`Mdns::browse_instances`].
#[derive(Clone, Debug)]
#[must_use = "a browse does nothing until it is started"]
pub struct BrowseInstances {
    mdns: Mdns,
    wanted: Wanted,
    interface: Option<InterfaceSelector>,
}

/// A browse for the instance names of every type: start it. See [`Mdns::browse_all_instances`].
#[derive(Clone, Debug)]
#[must_use = "a browse does nothing until it is started"]
pub struct BrowseAllInstances {
    mdns: Mdns,
    interface: Option<InterfaceSelector>,
}

/// An enumeration of service types: start it. See [`Mdns::browse_types`].
#[derive(Clone, Debug)]
#[must_use = "an enumeration does nothing until it is started"]
pub struct BrowseTypes {
    mdns: Mdns,
    interface: Option<InterfaceSelector>,
}

options! { Browse { interface } }
options! { BrowseAll { interface } }
options! { BrowseInstances { interface } }
options! { BrowseAllInstances { interface } }
options! { BrowseTypes { interface } }

impl Browse {
    /// Limits the browse to the instances of a subtype, such as `_printer` (RFC 6763 section 7.1).
    pub fn subtype(mut self, subtype: impl TextOr<Subtype>) -> Self {
        self.wanted.narrow(subtype);
        self
    }

    /// Starts to browse, and resolves what is found.
    ///
    /// # Errors
    ///
    /// Returns an error if the type or subtype is invalid, if the interface is not in use, or if
    /// the driver has shut down.
    pub fn start(self) -> Result<Services, BrowseError> {
        let options = resolving(true, &self.mdns, self.interface.as_ref())?;
        let feed = self
            .mdns
            .subscribe(self.wanted.request(options)?, Sink::Services, None)?;
        Ok(Services { feed })
    }
}

impl BrowseAll {
    /// Starts to browse, and resolves what is found.
    ///
    /// # Errors
    ///
    /// Returns an error if the interface is not in use, or if the driver has shut down.
    pub fn start(self) -> Result<Services, BrowseError> {
        let options = resolving(true, &self.mdns, self.interface.as_ref())?;
        let request = Request::BrowseAll { options };
        let feed = self.mdns.subscribe(request, Sink::Services, None)?;
        Ok(Services { feed })
    }
}

impl BrowseInstances {
    /// Limits the browse to the instances of a subtype, such as `_printer` (RFC 6763 section 7.1).
    pub fn subtype(mut self, subtype: impl TextOr<Subtype>) -> Self {
        self.wanted.narrow(subtype);
        self
    }

    /// Starts to browse.
    ///
    /// # Errors
    ///
    /// Returns an error if the type or subtype is invalid, if the interface is not in use, or if
    /// the driver has shut down.
    pub fn start(self) -> Result<Instances, BrowseError> {
        let options = resolving(false, &self.mdns, self.interface.as_ref())?;
        let feed = self
            .mdns
            .subscribe(self.wanted.request(options)?, Sink::Instances, None)?;
        Ok(Instances { feed })
    }
}

impl BrowseAllInstances {
    /// Starts to browse.
    ///
    /// # Errors
    ///
    /// Returns an error if the interface is not in use, or if the driver has shut down.
    pub fn start(self) -> Result<Instances, BrowseError> {
        let options = resolving(false, &self.mdns, self.interface.as_ref())?;
        let request = Request::BrowseAll { options };
        let feed = self.mdns.subscribe(request, Sink::Instances, None)?;
        Ok(Instances { feed })
    }
}

impl BrowseTypes {
    /// Starts to enumerate.
    ///
    /// # Errors
    ///
    /// Returns an error if the interface is not in use, or if the driver has shut down.
    pub fn start(self) -> Result<ServiceTypes, BrowseError> {
        let link = self.mdns.shared().link(self.interface.as_ref())?;
        let request = Request::Types { link };
        let feed = self.mdns.subscribe(request, Sink::Types, None)?;
        Ok(ServiceTypes { feed })
    }
}

/// What to browse for, or what is wrong with it.
#[derive(Clone, Debug)]
struct Wanted(Result<(ServiceType, Option<Subtype>), ServiceTypeError>);

impl Wanted {
    fn new(service_type: impl TextOr<ServiceType>) -> Self {
        let read = service_type.read();
        Self(read.map(|read| (read, None)).map_err(|wrong| wrong.error))
    }

    fn narrow(&mut self, subtype: impl TextOr<Subtype>) {
        let Ok((_, narrowed)) = &mut self.0 else {
            return;
        };
        match subtype.read() {
            Ok(subtype) => *narrowed = Some(subtype),
            Err(wrong) => self.0 = Err(wrong.error),
        }
    }

    fn request(self, options: BrowseOptions) -> Result<Request, ServiceTypeError> {
        let (service_type, subtype) = self.0?;
        Ok(Request::Browse {
            service_type,
            options: BrowseOptions { subtype, ..options },
        })
    }
}

fn resolving(
    resolve: bool,
    mdns: &Mdns,
    interface: Option<&InterfaceSelector>,
) -> Result<BrowseOptions, BrowseError> {
    Ok(BrowseOptions {
        subtype: None,
        resolve,
        link: mdns.shared().link(interface)?,
    })
}
