//! Browsing: the services of a type, or of every type, as they appear, change and disappear.
//!
//! In:  a service type, and how much detail is wanted.
//! Out: [`Browse`] with resolved services, [`BrowseInstances`] with names only, [`BrowseTypes`].
//!      RFC 6763 sections 4 (instances), 7.1 (subtypes) and 9 (type enumeration).

use cooee_net::InterfaceSelector;
use cooee_proto::dnssd::BrowseOptions;
use cooee_proto::dnssd::instance_name::InstanceName;
use cooee_proto::dnssd::service::ServiceDiff;
use cooee_proto::dnssd::service_type::{ServiceType, Subtype};
use cooee_proto::event::Removal;
use cooee_proto::link::LinkId;

use crate::command::{Request, Sink};
use crate::error::BrowseError;
use crate::mdns::Mdns;
use crate::options::options;
use crate::queue::{Coalesce, Overflow, channel};
use crate::service::Service;
use crate::stream::{Told, stream};

stream! {
    /// A stream of the services of a type. Dropping it stops the browse.
    ///
    /// The stream runs until it is dropped or the driver shuts down. A slow reader gets fewer
    /// events, not older ones: all changes of one service since the last read are one event.
    Browse of ServiceNews => Event
}

stream! {
    /// A stream of the instance names of a type, unresolved. Dropping it stops the browse.
    BrowseInstances of InstanceNews => InstanceEvent
}

stream! {
    /// A stream of the service types on the network. Dropping it stops the enumeration.
    BrowseTypes of TypeNews => TypeEvent
}

/// What a browse reports about a service.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A service is available: it is complete, with at least one address.
    Added(Service),
    /// A service has changed.
    Updated {
        /// Its present state.
        service: Service,
        /// What has changed since the last event about it.
        diff: ServiceDiff,
    },
    /// A service is gone.
    Removed {
        /// Its last state.
        last: Service,
        /// Why it is considered gone.
        why: Removal,
    },
    /// A service says that it is not available: its SRV record names no host (RFC 2782). If it was
    /// added before, the event is [`Event::Removed`] with [`Removal::Unavailable`].
    Unavailable(InstanceName),
    /// The consumer read too slowly and events were dropped: its information is out of date.
    ///
    /// Discard everything; an [`Event::Added`] follows for each service that is there.
    Lagged {
        /// How many events were dropped.
        missed: u64,
    },
}

/// What a browse reports about an instance name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InstanceEvent {
    /// An instance was found.
    Found(InstanceName),
    /// An instance is gone.
    Lost {
        /// Its name.
        instance: InstanceName,
        /// Why it is considered gone.
        why: Removal,
    },
    /// Like [`Event::Lagged`].
    Lagged {
        /// How many events were dropped.
        missed: u64,
    },
}

/// What an enumeration reports about a service type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TypeEvent {
    /// Services of this type are offered.
    Found(ServiceType),
    /// Services of this type are no longer offered.
    Lost(ServiceType),
    /// Like [`Event::Lagged`].
    Lagged {
        /// How many events were dropped.
        missed: u64,
    },
}

/// Options of a browse: a subtype, one interface, names only. See [`Mdns::browser`].
#[derive(Clone, Debug)]
#[must_use = "a browser does nothing until `services` or `instances` is called"]
pub struct Browser {
    mdns: Mdns,
    service_type: Option<ServiceType>,
    subtype: Option<Subtype>,
    interface: Option<InterfaceSelector>,
}

options! { Browser { interface } }

impl Browser {
    pub(crate) fn new(mdns: Mdns, service_type: Option<ServiceType>) -> Self {
        Self {
            mdns,
            service_type,
            subtype: None,
            interface: None,
        }
    }

    /// Limits the browse to the instances of a subtype (RFC 6763 section 7.1).
    ///
    /// A browse of every type has no subtypes and ignores this.
    pub fn subtype(mut self, subtype: Subtype) -> Self {
        self.subtype = Some(subtype);
        self
    }

    /// Starts to browse, and resolves what is found.
    ///
    /// # Errors
    ///
    /// Returns an error if the interface is not in use, or if the driver has shut down.
    pub fn services(self) -> Result<Browse, BrowseError> {
        let request = self.request(true)?;
        let (sender, receiver) = channel(self.mdns.shared().queue_capacity(), Overflow::Restart);
        let feed = self
            .mdns
            .start(request, Sink::Services(sender), receiver, None)?;
        Ok(Browse { feed })
    }

    /// Starts to browse for names, and resolves nothing.
    ///
    /// # Errors
    ///
    /// Returns an error if the interface is not in use, or if the driver has shut down.
    pub fn instances(self) -> Result<BrowseInstances, BrowseError> {
        let request = self.request(false)?;
        let (sender, receiver) = channel(self.mdns.shared().queue_capacity(), Overflow::Restart);
        let feed = self
            .mdns
            .start(request, Sink::Instances(sender), receiver, None)?;
        Ok(BrowseInstances { feed })
    }

    fn request(&self, resolve: bool) -> Result<Request, BrowseError> {
        let link = self.mdns.shared().link(self.interface.as_ref())?;
        let subtype = self.subtype.clone().filter(|_| self.service_type.is_some());
        let options = BrowseOptions {
            subtype,
            resolve,
            link,
        };
        Ok(match &self.service_type {
            Some(service_type) => Request::Browse {
                service_type: service_type.clone(),
                options,
            },
            None => Request::BrowseAll { options },
        })
    }
}

impl Mdns {
    /// Browses for the services of a type on all interfaces, and resolves them.
    ///
    /// # Errors
    ///
    /// Returns an error if the driver has shut down.
    pub fn browse(&self, service_type: &ServiceType) -> Result<Browse, BrowseError> {
        self.browser(service_type).services()
    }

    /// Browses for the services of every type on the network, and resolves them.
    ///
    /// # Errors
    ///
    /// Returns an error if the driver has shut down.
    pub fn browse_all(&self) -> Result<Browse, BrowseError> {
        self.browser_all().services()
    }

    /// Enumerates the service types on the network (RFC 6763 section 9).
    ///
    /// # Errors
    ///
    /// Returns an error if the driver has shut down.
    pub fn browse_types(&self) -> Result<BrowseTypes, BrowseError> {
        self.types(None)
    }

    /// Enumerates service types like [`Mdns::browse_types`], on one interface only.
    ///
    /// # Errors
    ///
    /// Returns an error if the interface is not in use, or if the driver has shut down.
    pub fn browse_types_on(
        &self,
        interface: impl Into<InterfaceSelector>,
    ) -> Result<BrowseTypes, BrowseError> {
        self.types(self.shared().link(Some(&interface.into()))?)
    }

    fn types(&self, link: Option<LinkId>) -> Result<BrowseTypes, BrowseError> {
        let request = Request::Types { link };
        let (sender, receiver) = channel(self.shared().queue_capacity(), Overflow::Restart);
        let feed = self.start(request, Sink::Types(sender), receiver, None)?;
        Ok(BrowseTypes { feed })
    }

    /// Creates a browse of a type with options: a subtype, one interface, names only.
    pub fn browser(&self, service_type: &ServiceType) -> Browser {
        Browser::new(self.clone(), Some(service_type.clone()))
    }

    /// Creates a browse of every type with options: one interface, names only.
    pub fn browser_all(&self) -> Browser {
        Browser::new(self.clone(), None)
    }
}

/// The unread news about one service.
#[derive(Debug)]
pub(crate) enum ServiceNews {
    /// The consumer does not know the service.
    Added(Service),
    /// The consumer knows an earlier state, with this difference.
    Updated(Service, ServiceDiff),
    /// The consumer knows a state that differs from this last one by the diff.
    Removed(Service, Removal, ServiceDiff),
    /// The consumer does not know the service, which is not available.
    Unavailable(InstanceName),
}

impl Coalesce for ServiceNews {
    type Key = InstanceName;

    fn key(&self) -> Option<InstanceName> {
        match self {
            Self::Added(service) | Self::Updated(service, _) | Self::Removed(service, _, _) => {
                Some(service.instance().clone())
            }
            Self::Unavailable(instance) => Some(instance.clone()),
        }
    }

    fn merge(self, newer: Self) -> Option<Self> {
        match (self, newer) {
            (Self::Added(_), Self::Added(now) | Self::Updated(now, _)) => Some(Self::Added(now)),
            (Self::Added(_), Self::Removed(last, Removal::Unavailable, _)) => {
                Some(Self::Unavailable(last.instance().clone()))
            }
            (Self::Added(_) | Self::Unavailable(_), Self::Removed(..)) => None,
            (Self::Added(_) | Self::Unavailable(_), Self::Unavailable(instance)) => {
                Some(Self::Unavailable(instance))
            }
            (Self::Unavailable(_), Self::Added(now) | Self::Updated(now, _)) => {
                Some(Self::Added(now))
            }
            (Self::Updated(last, told), Self::Unavailable(_))
            | (Self::Removed(last, _, told), Self::Unavailable(_)) => {
                Some(Self::Removed(last, Removal::Unavailable, told))
            }
            (Self::Updated(_, told), Self::Updated(now, diff)) => {
                Some(Self::Updated(now, union(told, diff)))
            }
            (Self::Updated(before, told), Self::Added(now)) => {
                let diff = before.diff(&now);
                Some(Self::Updated(now, union(told, diff)))
            }
            (Self::Updated(_, told), Self::Removed(last, why, diff)) => {
                Some(Self::Removed(last, why, union(told, diff)))
            }
            (Self::Removed(last, _, told), Self::Added(now) | Self::Updated(now, _)) => {
                let diff = union(told, last.diff(&now));
                (!diff.is_empty()).then_some(Self::Updated(now, diff))
            }
            (Self::Removed(_, _, told), Self::Removed(last, why, diff)) => {
                Some(Self::Removed(last, why, union(told, diff)))
            }
        }
    }
}

impl Told for ServiceNews {
    type Event = Event;

    fn told(self) -> Event {
        match self {
            Self::Added(service) => Event::Added(service),
            Self::Updated(service, diff) => Event::Updated { service, diff },
            Self::Removed(last, why, _) => Event::Removed { last, why },
            Self::Unavailable(instance) => Event::Unavailable(instance),
        }
    }

    fn lagged(missed: u64) -> Option<Event> {
        Some(Event::Lagged { missed })
    }
}

/// The unread news about one instance name.
#[derive(Debug)]
pub(crate) enum InstanceNews {
    Found(InstanceName),
    Lost(InstanceName, Removal),
}

impl Coalesce for InstanceNews {
    type Key = InstanceName;

    fn key(&self) -> Option<InstanceName> {
        match self {
            Self::Found(instance) | Self::Lost(instance, _) => Some(instance.clone()),
        }
    }

    fn merge(self, newer: Self) -> Option<Self> {
        match (&self, &newer) {
            (Self::Found(_), Self::Lost(..)) | (Self::Lost(..), Self::Found(_)) => None,
            (Self::Found(_), Self::Found(_)) | (Self::Lost(..), Self::Lost(..)) => Some(newer),
        }
    }
}

impl Told for InstanceNews {
    type Event = InstanceEvent;

    fn told(self) -> InstanceEvent {
        match self {
            Self::Found(instance) => InstanceEvent::Found(instance),
            Self::Lost(instance, why) => InstanceEvent::Lost { instance, why },
        }
    }

    fn lagged(missed: u64) -> Option<InstanceEvent> {
        Some(InstanceEvent::Lagged { missed })
    }
}

/// The unread news about one service type.
#[derive(Debug)]
pub(crate) enum TypeNews {
    Found(ServiceType),
    Lost(ServiceType),
}

impl Coalesce for TypeNews {
    type Key = ServiceType;

    fn key(&self) -> Option<ServiceType> {
        match self {
            Self::Found(service_type) | Self::Lost(service_type) => Some(service_type.clone()),
        }
    }

    fn merge(self, newer: Self) -> Option<Self> {
        match (&self, &newer) {
            (Self::Found(_), Self::Lost(_)) | (Self::Lost(_), Self::Found(_)) => None,
            (Self::Found(_), Self::Found(_)) | (Self::Lost(_), Self::Lost(_)) => Some(newer),
        }
    }
}

impl Told for TypeNews {
    type Event = TypeEvent;

    fn told(self) -> TypeEvent {
        match self {
            Self::Found(service_type) => TypeEvent::Found(service_type),
            Self::Lost(service_type) => TypeEvent::Lost(service_type),
        }
    }

    fn lagged(missed: u64) -> Option<TypeEvent> {
        Some(TypeEvent::Lagged { missed })
    }
}

fn union(one: ServiceDiff, other: ServiceDiff) -> ServiceDiff {
    let mut both = one;
    both.endpoint |= other.endpoint;
    both.txt |= other.txt;
    both.addresses |= other.addresses;
    both
}

#[cfg(test)]
mod tests;
