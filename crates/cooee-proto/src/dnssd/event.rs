//! What the agent tells: services, hosts, types and records, as they come and go; what becomes of
//! what is published.

use alloc::sync::Arc;
use alloc::vec::Vec;

use cooee_wire::{Name, RecordType};

pub use super::ids::RequestId;
use super::instance_name::InstanceName;
use super::service::{LinkedAddress, Service, ServiceDiff};
use super::service_type::ServiceType;
use crate::event::{Answer, Removal};
use crate::link::{Family, LinkId};
use crate::registrations::GoodbyesOn;
use crate::time::Duration;
use crate::transmit::SendFailure;

/// Something that a request has found out, or that has become of it.
#[derive(Clone, Debug)]
pub struct AgentEvent {
    /// The request.
    pub request: RequestId,
    /// What it found out, or what has become of it.
    pub news: News,
}

/// What has become of a request.
#[derive(Clone, Debug)]
pub enum News {
    /// Of a browse, a resolve, a lookup or a query: what it has found out.
    Discovery(DiscoveryEvent),
    /// Of something published: what has become of it.
    Publication(PublicationEvent),
}

/// What a browse, a resolve, a lookup or a query has found out.
#[derive(Clone, Debug)]
pub enum DiscoveryEvent {
    /// Of a browse: an instance is there; it comes once, however many links show it.
    Found(InstanceName),
    /// Of a browse: an instance is gone from the last link that showed it.
    Lost(InstanceName, Removal),
    /// Of a resolving browse or a resolve: the first complete state of a service.
    Added(Arc<Service>),
    /// Of a resolving browse or a resolve: a service has changed.
    Updated(Arc<Service>, ServiceDiff),
    /// Of a resolving browse or a resolve: a service is gone; its last state, and why.
    Removed(Arc<Service>, Removal),
    /// Of a resolving browse or a resolve: a service that is not known as complete says that it is
    /// not available, as it runs on no host (RFC 2782). Nothing is asked for it, until it says
    /// otherwise.
    Unavailable(InstanceName),
    /// Of a host lookup: the whole current state, each time it changes.
    Host(HostState),
    /// Of a type enumeration: a type is there.
    TypeFound(ServiceType),
    /// Of a type enumeration: a type is gone.
    TypeLost(ServiceType),
    /// Of a reverse lookup: the names of the address, the whole current set.
    HostNames(Vec<Name>),
    /// Of a query: a record is there, on this link.
    RecordAdded(LinkId, Answer),
    /// Of a query: a record is gone from this link.
    RecordRemoved(LinkId, Answer, Removal),
    /// Of a query: the name's owner says that there is no such record (RFC 6762 section 6.1).
    Denied(LinkId, RecordType),
}

/// What has become of something published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicationEvent {
    /// Of a published service: its name was won on every link, and it is being announced.
    Registered(InstanceName),
    /// Of a published service: its name was taken, and the next one is being claimed.
    Renamed {
        /// The name that was taken.
        old: InstanceName,
        /// The name that is tried now.
        new: InstanceName,
    },
    /// Of a published host, or the host of a service: its name was won on every link.
    HostRegistered(Name),
    /// Of a published host, or the host of a service: its name was taken, or the system has another
    /// name now, and the next one is being claimed.
    HostRenamed {
        /// The name that it had or tried.
        old: Name,
        /// The name that is tried now.
        new: Name,
    },
    /// Of a published service: a change came too soon after ten others and waits, together with
    /// whatever changes until it is sent (RFC 6762 section 8.4).
    UpdateDelayed {
        /// How long from now.
        by: Duration,
    },
    /// Of something published: nothing leaves by a link, or over one family of it, so it is not
    /// published there until that works again. After this, what waits for a link is told of again if
    /// it is published on others; what waits for a family is not. It can come more than once.
    Waiting {
        /// The link.
        link: LinkId,
        /// The family; both if `None`.
        family: Option<Family>,
        /// Why nothing leaves.
        why: SendFailure,
    },
    /// Of something published: what was told with `Waiting` is over, as packets leave again, or the
    /// link or its addresses of the family are gone.
    WaitingOver {
        /// The link.
        link: LinkId,
        /// The family; both if `None`.
        family: Option<Family>,
    },
    /// Of something published: all of it, as it is now, was announced once at least on every link by
    /// which packets leave. It comes again when it was changed or claimed anew. Without a link there
    /// is nothing to announce, and it comes at once.
    Announced,
    /// Of something that was withdrawn: each goodbye was tried, and these were sent. It is the last
    /// event of its request.
    Withdrawn(Vec<GoodbyesOn>),
    /// Of published records: their name was won on every link, and they are being announced.
    RecordsRegistered,
    /// Of something published: after a minute of disputes it is still without a name; this one is
    /// tried now, and others will be (RFC 6762 section 9).
    Nameless(Name),
    /// Of something published that is not to be renamed: the name is taken; nothing is published.
    NameTaken(Name),
}

impl From<DiscoveryEvent> for News {
    fn from(event: DiscoveryEvent) -> Self {
        Self::Discovery(event)
    }
}

impl From<PublicationEvent> for News {
    fn from(event: PublicationEvent) -> Self {
        Self::Publication(event)
    }
}

/// What is known of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostState {
    /// Its addresses that can be used, each once, best first.
    pub addresses: Vec<LinkedAddress>,
    /// Whether the host itself says that it has no IPv4 address (RFC 6762 section 6.1).
    pub v4_denied: bool,
    /// Whether the host itself says that it has no IPv6 address.
    pub v6_denied: bool,
}
