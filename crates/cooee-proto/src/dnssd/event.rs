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
    /// Of a browse: an instance was found; reported once for all links that show it.
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
    /// not available, because it runs on no host (RFC 2782). Nothing more is asked for it until it
    /// says otherwise.
    Unavailable(InstanceName),
    /// Of a host lookup: the complete current state, each time it changes.
    Host(HostState),
    /// Of a type enumeration: a type was found.
    TypeFound(ServiceType),
    /// Of a type enumeration: a type is gone.
    TypeLost(ServiceType),
    /// Of a reverse lookup: the complete current set of names of the address.
    HostNames(Vec<Name>),
    /// Of a query: a record was found on this link; with
    /// [`Config::follow_families`](crate::Config::follow_families) again when it is received over
    /// another family.
    RecordAdded(LinkId, Answer),
    /// Of a query: a record is gone from this link.
    RecordRemoved(LinkId, Answer, Removal),
    /// Of a query: the name's owner says that there is no such record (RFC 6762 section 6.1).
    Denied(LinkId, RecordType),
}

/// The status of something published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicationEvent {
    /// Of a published service: it has claimed its name on every link, and is being announced.
    Registered(InstanceName),
    /// Of a published service: another host uses its name, and the next one is being claimed.
    Renamed {
        /// The name that another host uses.
        old: InstanceName,
        /// The name that is tried now.
        new: InstanceName,
    },
    /// Of a published host, or the host of a service: it has claimed its name on every link.
    HostRegistered(Name),
    /// Of a published host, or the host of a service: another host uses its name, or the system has
    /// a new name now, and the next one is being claimed.
    HostRenamed {
        /// The name that it had or tried.
        old: Name,
        /// The name that is tried now.
        new: Name,
    },
    /// Of a published service: a change came too soon after ten others. It waits, and is sent
    /// together with later ones (RFC 6762 section 8.4).
    UpdateDelayed {
        /// How long from now.
        by: Duration,
    },
    /// Of something published: nothing leaves by a link, or over one family of it, so it is not
    /// published there until that works again. After this, what waits for a link is reported again if
    /// it is published on others; what waits for a family is not. It can come more than once.
    Waiting {
        /// The link.
        link: LinkId,
        /// The family; both if `None`.
        family: Option<Family>,
        /// Why nothing can be sent.
        why: SendFailure,
    },
    /// Of something published: what was reported with `Waiting` is over, as packets leave again, or the
    /// link or its addresses of the family are gone.
    WaitingOver {
        /// The link.
        link: LinkId,
        /// The family; both if `None`.
        family: Option<Family>,
    },
    /// Of something published: everything, in its present form, was announced at least once on
    /// every link on which packets leave. It is reported again after a change or a new claim.
    /// Without a link there is nothing to announce, and it is reported at once.
    Announced,
    /// Of something that was withdrawn: each goodbye was tried, and these were sent. It is the last
    /// event of its request.
    Withdrawn(Vec<GoodbyesOn>),
    /// Of published records: they have claimed their name on every link, and are being announced.
    RecordsRegistered,
    /// Of something published: after a minute of conflicts it still has no name. This one is tried
    /// now, and others will be (RFC 6762 section 9).
    Nameless(Name),
    /// Of something published that is not to be renamed: another host uses the name; nothing is
    /// published.
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

/// The known state of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostState {
    /// Its name as its owner spells it, once it has shown an address.
    pub name: Option<Name>,
    /// Its usable addresses, each once, best first.
    pub addresses: Vec<LinkedAddress>,
    /// Whether the host itself says that it has no IPv4 address (RFC 6762 section 6.1).
    pub v4_denied: bool,
    /// Whether the host itself says that it has no IPv6 address.
    pub v6_denied: bool,
}
