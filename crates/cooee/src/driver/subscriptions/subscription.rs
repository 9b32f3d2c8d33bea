//! One consumer's request: its engine requests, its progress, and its queue.
//!
//! In:  events of the engine.
//! Out: items in the consumer's queue; what else to ask; when no more events will come.

use cooee_proto::dnssd::event::{DiscoveryEvent, HostState, RequestId};
use cooee_proto::dnssd::service::{LinkedAddress, ServiceDiff};
use cooee_proto::dnssd::service_type::ServiceType;
use cooee_proto::dnssd::{AddressFamilies, Agent};
use cooee_proto::event::{Query, Removal};
use cooee_proto::time::{Duration, Instant};
use cooee_wire::Name;

use crate::event::discovery::Host;
use crate::event::service::{InterfaceNames, ScopedAddr, Service};
use crate::session::command::{Ending, Request, Sink};
use crate::session::queue::{End, Pushed};
use crate::session::unread::{AddressNames, InstanceNews, RecordNews, ServiceNews, TypeNews};

/// A consumer's request.
pub(super) struct Subscription {
    pub(super) request: Request,
    pub(super) sink: Sink,
    /// The requests to the engine for it.
    pub(super) engine_requests: Vec<EngineRequest>,
    pub(super) ending: Ending,
    /// How much of the answer is there.
    pub(super) progress: Progress,
    /// Whether its consumer must be woken at the end of the turn.
    pub(super) is_unreported: bool,
    /// The earliest time for a restart, if its consumer lags.
    pub(super) restart_after: Instant,
}

/// How much of an answer is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Nothing,
    /// Addresses of one family, with nothing known of the other; or that there is no host.
    Part,
    /// Addresses or a denial for each family.
    Whole,
}

/// One request to the engine on behalf of a consumer.
pub(super) struct EngineRequest {
    pub(super) id: RequestId,
    /// Of a browse of every type: the type.
    service_type: Option<ServiceType>,
    /// Of a browse of every type: how many instances of the type exist.
    living: usize,
    /// Of a browse of every type: whether the type itself is gone.
    is_orphan: bool,
}

/// What a browse of every type does next.
pub(super) enum FollowUp {
    Browse(ServiceType),
    Stop(RequestId),
}

impl Subscription {
    pub(super) fn new(now: Instant, request: Request, sink: Sink, ending: Ending) -> Self {
        Self {
            request,
            sink,
            // Only a browse of every type has more.
            engine_requests: Vec::with_capacity(1),
            ending,
            progress: Progress::Nothing,
            is_unreported: false,
            restart_after: now,
        }
    }

    /// Updates the state of a browse of every type.
    pub(super) fn note(&mut self, request: RequestId, news: &DiscoveryEvent) -> Option<FollowUp> {
        match news {
            DiscoveryEvent::TypeFound(service_type) => {
                if let Some(asked) = self
                    .engine_requests
                    .iter_mut()
                    .find(|asked| asked.is_for(service_type))
                {
                    asked.is_orphan = false;
                    return None;
                }
                (self.engine_requests.len() <= TYPES_MAX)
                    .then(|| FollowUp::Browse(service_type.clone()))
            }
            DiscoveryEvent::TypeLost(service_type) => {
                let asked = self
                    .engine_requests
                    .iter_mut()
                    .find(|asked| asked.is_for(service_type))?;
                asked.is_orphan = true;
                asked.is_over().then_some(FollowUp::Stop(asked.id))
            }
            DiscoveryEvent::Found(_) => {
                let asked = self
                    .engine_requests
                    .iter_mut()
                    .find(|asked| asked.id == request)?;
                asked.living = asked.living.saturating_add(1);
                None
            }
            DiscoveryEvent::Lost(..) => {
                let asked = self
                    .engine_requests
                    .iter_mut()
                    .find(|asked| asked.id == request)?;
                asked.living = asked.living.saturating_sub(1);
                asked.is_over().then_some(FollowUp::Stop(asked.id))
            }
            DiscoveryEvent::Added(_)
            | DiscoveryEvent::Updated(..)
            | DiscoveryEvent::Removed(..)
            | DiscoveryEvent::Unavailable(_)
            | DiscoveryEvent::Host(_)
            | DiscoveryEvent::HostNames(_)
            | DiscoveryEvent::RecordAdded(..)
            | DiscoveryEvent::RecordRemoved(..)
            | DiscoveryEvent::Denied(..) => None,
        }
    }

    pub(super) fn note_progress(&mut self, news: &DiscoveryEvent) {
        match (&self.request, news) {
            (Request::Host { families, .. }, DiscoveryEvent::Host(state)) => {
                let denied = (state.v4_denied, state.v6_denied);
                self.progress = progress(*families, &state.addresses, denied);
            }
            (
                Request::Resolve { .. },
                DiscoveryEvent::Added(service) | DiscoveryEvent::Updated(service, _),
            ) => {
                let families = AddressFamilies::BOTH;
                self.progress = progress(families, &service.addresses, (false, false));
            }
            // Another link, or another host, may have a better answer.
            (Request::Resolve { .. }, DiscoveryEvent::Unavailable(_))
            | (Request::Resolve { .. }, DiscoveryEvent::Removed(_, Removal::Unavailable)) => {
                self.progress = Progress::Part;
            }
            (Request::Resolve { .. }, DiscoveryEvent::Removed(..)) => {
                self.progress = Progress::Nothing
            }
            _ => {}
        }
    }

    /// Returns when a request that ends with its answer has received all it can expect.
    pub(super) fn settled(&self, now: Instant) -> Option<Instant> {
        match (self.ending, self.progress) {
            (Ending::WhenStopped, _) | (Ending::WithAnswer { .. }, Progress::Nothing) => None,
            (Ending::WithAnswer { .. }, Progress::Part) => Some(now + OTHER_FAMILY_WAIT),
            (Ending::WithAnswer { .. }, Progress::Whole) => Some(now),
        }
    }

    /// Puts an event into the queue, if it is of its kind.
    pub(super) fn push(&self, news: DiscoveryEvent, names: &InterfaceNames) -> Option<Pushed> {
        let service = |service| Service::new(service, names);
        match (&self.sink, news) {
            (Sink::Services(sender), DiscoveryEvent::Added(now)) => {
                Some(sender.push(ServiceNews::Added(service(now))))
            }
            (Sink::Services(sender), DiscoveryEvent::Updated(now, diff)) => {
                Some(sender.push(ServiceNews::Updated(service(now), diff)))
            }
            (Sink::Services(sender), DiscoveryEvent::Removed(last, why)) => {
                let reported = ServiceDiff::default();
                Some(sender.push(ServiceNews::Removed(service(last), why, reported)))
            }
            (Sink::Services(sender), DiscoveryEvent::Unavailable(instance)) => {
                Some(sender.push(ServiceNews::Unavailable(instance)))
            }
            (Sink::Instances(sender), DiscoveryEvent::Found(instance)) => {
                Some(sender.push(InstanceNews::Found(instance)))
            }
            (Sink::Instances(sender), DiscoveryEvent::Lost(instance, why)) => {
                Some(sender.push(InstanceNews::Lost(instance, why)))
            }
            (Sink::Types(sender), DiscoveryEvent::TypeFound(service_type)) => {
                Some(sender.push(TypeNews::Found(service_type)))
            }
            (Sink::Types(sender), DiscoveryEvent::TypeLost(service_type)) => {
                Some(sender.push(TypeNews::Lost(service_type)))
            }
            (Sink::Host { sender, name }, DiscoveryEvent::Host(state)) => {
                Some(sender.push(host(name, state, names)))
            }
            (Sink::AddressNames(sender), DiscoveryEvent::HostNames(names)) => {
                Some(sender.push(AddressNames(names)))
            }
            (Sink::Records(sender), DiscoveryEvent::RecordAdded(link, answer)) => {
                Some(sender.push(RecordNews::Added(names.of(link), answer)))
            }
            (Sink::Records(sender), DiscoveryEvent::RecordRemoved(link, answer, why)) => {
                Some(sender.push(RecordNews::Removed(names.of(link), answer, why)))
            }
            (Sink::Records(sender), DiscoveryEvent::Denied(link, rtype)) => {
                Some(sender.push(RecordNews::Denied(names.of(link), rtype)))
            }
            _ => None,
        }
    }
}

impl EngineRequest {
    pub(super) fn new(id: RequestId, service_type: Option<ServiceType>) -> Self {
        Self {
            id,
            service_type,
            living: 0,
            is_orphan: false,
        }
    }

    fn is_for(&self, service_type: &ServiceType) -> bool {
        self.service_type.as_ref() == Some(service_type)
    }

    /// Returns whether the type is gone, and every service of it.
    fn is_over(&self) -> bool {
        self.is_orphan && self.living == 0
    }
}

impl Request {
    /// Sends the request to the engine.
    pub(super) fn ask(&self, now: Instant, agent: &mut Agent) -> RequestId {
        match self {
            Self::Browse {
                service_type,
                options,
            } => agent.browse(now, service_type, options.clone()),
            Self::BrowseAll { options } => agent.browse_types(now, options.link),
            Self::Resolve { instance, link } => agent.resolve(now, instance, *link),
            Self::Host {
                name,
                families,
                link,
            } => agent.lookup_host(now, name, *families, *link),
            Self::Address { ip, link } => agent.lookup_addr(now, *ip, *link),
            Self::Types { link } => agent.browse_types(now, *link),
            Self::Query { name, rtype, link } => {
                let (name, rtype, link) = (name.clone(), *rtype, *link);
                agent.query(now, Query { name, rtype, link })
            }
        }
    }
}

impl Sink {
    pub(super) fn close(&self, end: End) {
        match self {
            Self::Services(sender) => sender.close(end),
            Self::Instances(sender) => sender.close(end),
            Self::Types(sender) => sender.close(end),
            Self::Host { sender, .. } => sender.close(end),
            Self::AddressNames(sender) => sender.close(end),
            Self::Records(sender) => sender.close(end),
        }
    }

    pub(super) fn resume(&self) {
        match self {
            Self::Services(sender) => sender.resume(),
            Self::Instances(sender) => sender.resume(),
            Self::Types(sender) => sender.resume(),
            Self::Host { sender, .. } => sender.resume(),
            Self::AddressNames(sender) => sender.resume(),
            Self::Records(sender) => sender.resume(),
        }
    }

    pub(super) fn wake(&self) -> bool {
        match self {
            Self::Services(sender) => sender.wake(),
            Self::Instances(sender) => sender.wake(),
            Self::Types(sender) => sender.wake(),
            Self::Host { sender, .. } => sender.wake(),
            Self::AddressNames(sender) => sender.wake(),
            Self::Records(sender) => sender.wake(),
        }
    }
}

fn host(name: &Name, state: HostState, names: &InterfaceNames) -> Host {
    let addresses = state
        .addresses
        .iter()
        .map(|linked| ScopedAddr::new(*linked, names));
    Host {
        addresses: addresses.collect(),
        name: state.name.unwrap_or_else(|| name.clone()),
        v4_denied: state.v4_denied,
        v6_denied: state.v6_denied,
    }
}

fn progress(
    wanted: AddressFamilies,
    addresses: &[LinkedAddress],
    (v4_denied, v6_denied): (bool, bool),
) -> Progress {
    let has_v4 = addresses.iter().any(|address| address.ip.is_ipv4());
    let has_v6 = addresses.iter().any(|address| address.ip.is_ipv6());
    let v4_known = !wanted.v4 || has_v4 || v4_denied;
    let v6_known = !wanted.v6 || has_v6 || v6_denied;
    match (v4_known && v6_known, has_v4 || has_v6) {
        (true, _) => Progress::Whole,
        (false, true) => Progress::Part,
        (false, false) => Progress::Nothing,
    }
}

/// How long a request that ends with its answer waits for addresses of the other family, after it
/// has some of one. A host that has both answers on both at nearly the same time.
pub(super) const OTHER_FAMILY_WAIT: Duration = Duration::from_millis(100);

/// How many types a browse of every type follows. Full: further types are left out.
const TYPES_MAX: usize = 1_024;
