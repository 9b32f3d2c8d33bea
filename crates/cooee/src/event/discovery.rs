//! What was discovered: services, instance names, types, hosts, records.
//!
//! Each event has a text form for people.

use std::fmt;
use std::time::Duration;

use cooee_proto::dnssd::instance_name::InstanceName;
use cooee_proto::dnssd::service::ServiceDiff;
use cooee_proto::dnssd::service_type::ServiceType;
use cooee_proto::event::{Answer, CachedAnswer, Removal};
use cooee_wire::{Name, RecordType};

use super::service::{InterfaceId, InterfaceNames, ScopedAddr, Service};

/// What a browse reports about a service.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum ServiceEvent {
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
    /// added before, the event is [`ServiceEvent::Removed`] with [`Removal::Unavailable`].
    Unavailable(InstanceName),
    /// The consumer read too slowly and events were dropped: its information is out of date.
    ///
    /// Discard everything; a [`ServiceEvent::Added`] follows for each service that is there.
    Lagged {
        /// How many events were dropped.
        missed: u64,
    },
}

/// What a browse reports about an instance name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
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
    /// Like [`ServiceEvent::Lagged`].
    Lagged {
        /// How many events were dropped.
        missed: u64,
    },
}

/// What an enumeration reports about a service type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum TypeEvent {
    /// Services of this type are offered.
    Found(ServiceType),
    /// Services of this type are no longer offered.
    Lost(ServiceType),
    /// Like [`ServiceEvent::Lagged`].
    Lagged {
        /// How many events were dropped.
        missed: u64,
    },
}

/// The known state of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub struct Host {
    /// Its name.
    pub name: Name,
    /// Its addresses, best first, each with the interface on which it was received.
    pub addresses: Vec<ScopedAddr>,
    /// Whether the host itself says that it has no IPv4 address (RFC 6762 section 6.1).
    pub v4_denied: bool,
    /// Whether the host itself says that it has no IPv6 address.
    pub v6_denied: bool,
}

/// What a query reports.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum RecordEvent {
    /// A record was found. With [`Builder::follow_families`](crate::Builder::follow_families) it is
    /// repeated, with more families, when the record is received over the other one, too.
    Added {
        /// The record.
        record: Answer,
        /// The interface on which it was received.
        interface: InterfaceId,
    },
    /// A record is gone.
    Removed {
        /// The record.
        record: Answer,
        /// The interface on which it had been received.
        interface: InterfaceId,
        /// Why it is considered gone.
        why: Removal,
    },
    /// The owner of the name says that it has no such record (RFC 6762 section 6.1).
    Denied {
        /// The type of record.
        rtype: RecordType,
        /// The interface on which the owner said so.
        interface: InterfaceId,
    },
    /// The consumer read too slowly and events were dropped: its information is out of date.
    ///
    /// Discard everything; a [`RecordEvent::Added`] follows for each record that is there.
    Lagged {
        /// How many events were dropped.
        missed: u64,
    },
}

/// A record that the driver has received, and how old it is.
///
/// Its text form is the record, its age and the time left: `a.local 120 IN A 10.0.0.9, 5 s old,
/// 115 s left`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CachedRecord {
    /// The record. Its TTL is that with which it was last received.
    pub record: Answer,
    /// The interface on which it was received.
    pub interface: InterfaceId,
    /// How long ago it was last received. Time in which this machine slept counts.
    pub age: Duration,
    /// How long the driver will keep it if it is not received again: what is left of its TTL, or less
    /// if the record is being reconfirmed, was replaced, or came with a TTL that is too long to be
    /// believed.
    pub remaining: Duration,
}

impl CachedRecord {
    pub(crate) fn new(cached: CachedAnswer, interfaces: &InterfaceNames) -> Self {
        Self {
            interface: interfaces.of(cached.link),
            record: cached.answer,
            age: cached.age,
            remaining: cached.remaining,
        }
    }
}

impl fmt::Display for CachedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (age, left) = (self.age.as_secs(), self.remaining.as_secs());
        write!(f, "{}, {age} s old, {left} s left", self.record)
    }
}

impl fmt::Display for ServiceEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added(service) => write!(f, "added {service}"),
            Self::Updated { service, diff } => write!(f, "updated {service}: {diff}"),
            Self::Removed { last, why } => write!(f, "removed {}: {why}", last.instance()),
            Self::Unavailable(instance) => write!(f, "unavailable {instance}"),
            Self::Lagged { missed } => lagged(f, *missed),
        }
    }
}

impl fmt::Display for InstanceEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found(instance) => write!(f, "found {instance}"),
            Self::Lost { instance, why } => write!(f, "lost {instance}: {why}"),
            Self::Lagged { missed } => lagged(f, *missed),
        }
    }
}

impl fmt::Display for TypeEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found(service_type) => write!(f, "found {service_type}"),
            Self::Lost(service_type) => write!(f, "lost {service_type}"),
            Self::Lagged { missed } => lagged(f, *missed),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.name, f)?;
        self.addresses
            .iter()
            .try_for_each(|address| write!(f, " {address}"))
    }
}

impl fmt::Display for RecordEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added { record, interface } => write!(f, "added on {interface}: {record}"),
            Self::Removed {
                record,
                interface,
                why,
            } => write!(f, "removed on {interface}: {record}: {why}"),
            Self::Denied { rtype, interface } => write!(f, "denied on {interface}: no {rtype}"),
            Self::Lagged { missed } => lagged(f, *missed),
        }
    }
}

pub(super) fn lagged(f: &mut fmt::Formatter<'_>, missed: u64) -> fmt::Result {
    write!(f, "lagged: {missed} events were dropped")
}

#[cfg(test)]
mod tests;
