//! The unread events in a consumer's queue, and how they merge with later ones.
//!
//! In:  events from the driver.
//! Out: the same in the form for users. Events about one subject merge: a slow consumer gets fewer
//!      events.

use cooee_proto::dnssd::instance_name::InstanceName;
use cooee_proto::dnssd::service::ServiceDiff;
use cooee_proto::dnssd::service_type::ServiceType;
use cooee_proto::event::{Answer, Removal};
use cooee_wire::{Name, RData, RecordType};

use super::queue::Coalesce;
use crate::event::discovery::{Host, InstanceEvent, RecordEvent, ServiceEvent, TypeEvent};
use crate::event::message::{Message, MonitorEvent};
use crate::event::publication::Status;
use crate::event::service::{InterfaceId, Service};

/// An item of a queue that users read as an event.
pub(crate) trait IntoEvent: Coalesce {
    /// The event that users read.
    type Event;

    /// Converts the item into the event.
    fn into_event(self) -> Self::Event;

    /// Returns the event for `missed` dropped items; `None` if none is needed.
    fn lagged(missed: u64) -> Option<Self::Event>;
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
            (Self::Updated(last, reported), Self::Unavailable(_))
            | (Self::Removed(last, _, reported), Self::Unavailable(_)) => {
                Some(Self::Removed(last, Removal::Unavailable, reported))
            }
            (Self::Updated(_, reported), Self::Updated(now, diff)) => {
                Some(Self::Updated(now, union(reported, diff)))
            }
            (Self::Updated(before, reported), Self::Added(now)) => {
                let diff = before.diff(&now);
                Some(Self::Updated(now, union(reported, diff)))
            }
            (Self::Updated(_, reported), Self::Removed(last, why, diff)) => {
                Some(Self::Removed(last, why, union(reported, diff)))
            }
            (Self::Removed(last, _, reported), Self::Added(now) | Self::Updated(now, _)) => {
                let diff = union(reported, last.diff(&now));
                (!diff.is_empty()).then_some(Self::Updated(now, diff))
            }
            (Self::Removed(_, _, reported), Self::Removed(last, why, diff)) => {
                Some(Self::Removed(last, why, union(reported, diff)))
            }
        }
    }
}

impl IntoEvent for ServiceNews {
    type Event = ServiceEvent;

    fn into_event(self) -> ServiceEvent {
        match self {
            Self::Added(service) => ServiceEvent::Added(service),
            Self::Updated(service, diff) => ServiceEvent::Updated { service, diff },
            Self::Removed(last, why, _) => ServiceEvent::Removed { last, why },
            Self::Unavailable(instance) => ServiceEvent::Unavailable(instance),
        }
    }

    fn lagged(missed: u64) -> Option<ServiceEvent> {
        Some(ServiceEvent::Lagged { missed })
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

impl IntoEvent for InstanceNews {
    type Event = InstanceEvent;

    fn into_event(self) -> InstanceEvent {
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

impl IntoEvent for TypeNews {
    type Event = TypeEvent;

    fn into_event(self) -> TypeEvent {
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

impl Coalesce for Host {
    type Key = ();

    fn key(&self) -> Option<()> {
        Some(())
    }

    fn merge(self, newer: Self) -> Option<Self> {
        Some(newer)
    }
}

impl IntoEvent for Host {
    type Event = Self;

    fn into_event(self) -> Self {
        self
    }

    fn lagged(_missed: u64) -> Option<Self> {
        None
    }
}

/// The complete set of names of an address.
#[derive(Debug)]
pub(crate) struct AddressNames(pub(crate) Vec<Name>);

impl Coalesce for AddressNames {
    type Key = ();

    fn key(&self) -> Option<()> {
        Some(())
    }

    fn merge(self, newer: Self) -> Option<Self> {
        Some(newer)
    }
}

impl IntoEvent for AddressNames {
    type Event = Vec<Name>;

    fn into_event(self) -> Vec<Name> {
        self.0
    }

    fn lagged(_missed: u64) -> Option<Vec<Name>> {
        None
    }
}

/// The unread news about one record, or about the absence of a type.
#[derive(Debug)]
pub(crate) enum RecordNews {
    Added(InterfaceId, Answer),
    Removed(InterfaceId, Answer, Removal),
    Denied(InterfaceId, RecordType),
}

/// The subject of a [`RecordNews`].
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) enum RecordKey {
    Record(u32, Name, RData),
    Absence(u32, RecordType),
}

impl Coalesce for RecordNews {
    type Key = RecordKey;

    fn key(&self) -> Option<RecordKey> {
        Some(match self {
            Self::Added(interface, answer) | Self::Removed(interface, answer, _) => {
                RecordKey::Record(interface.index(), answer.name.clone(), answer.data.clone())
            }
            Self::Denied(interface, rtype) => RecordKey::Absence(interface.index(), *rtype),
        })
    }

    fn merge(self, newer: Self) -> Option<Self> {
        match (&self, &newer) {
            (Self::Added(..), Self::Removed(..)) | (Self::Removed(..), Self::Added(..)) => None,
            (Self::Added(..) | Self::Removed(..) | Self::Denied(..), _) => Some(newer),
        }
    }
}

impl IntoEvent for RecordNews {
    type Event = RecordEvent;

    fn into_event(self) -> RecordEvent {
        match self {
            Self::Added(interface, record) => RecordEvent::Added { record, interface },
            Self::Removed(interface, record, why) => RecordEvent::Removed {
                record,
                interface,
                why,
            },
            Self::Denied(interface, rtype) => RecordEvent::Denied { rtype, interface },
        }
    }

    fn lagged(missed: u64) -> Option<RecordEvent> {
        Some(RecordEvent::Lagged { missed })
    }
}

impl Coalesce for Message {
    type Key = ();

    fn key(&self) -> Option<()> {
        None
    }

    fn merge(self, newer: Self) -> Option<Self> {
        Some(newer)
    }
}

impl IntoEvent for Message {
    type Event = MonitorEvent;

    fn into_event(self) -> MonitorEvent {
        MonitorEvent::Message(self)
    }

    fn lagged(missed: u64) -> Option<MonitorEvent> {
        Some(MonitorEvent::Lagged { missed })
    }
}

impl Coalesce for Status {
    type Key = ();

    fn key(&self) -> Option<()> {
        None
    }

    fn merge(self, newer: Self) -> Option<Self> {
        Some(newer)
    }
}

impl IntoEvent for Status {
    type Event = Self;

    fn into_event(self) -> Self {
        self
    }

    fn lagged(missed: u64) -> Option<Self> {
        Some(Self::Lagged { missed })
    }
}

#[cfg(test)]
mod tests;
