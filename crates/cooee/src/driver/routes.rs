//! Requests: which news of the engine go to which consumer.
//!
//! In:  consumers' requests, the engine's news, the passage of time.
//! Out: items in the consumers' queues; each consumer is woken once for all of a turn.

use std::collections::{BTreeSet, HashMap};

use cooee_proto::dnssd::event::{AgentEvent, HostState, News, RequestId};
use cooee_proto::dnssd::service::{LinkedAddress, ServiceDiff};
use cooee_proto::dnssd::service_type::ServiceType;
use cooee_proto::dnssd::{AddressFamilies, Agent};
use cooee_proto::time::{Duration, Instant};
use cooee_wire::Name;

use crate::browse::{InstanceNews, ServiceNews, TypeNews};
use crate::command::{Request, Sink, SubscriptionId};
use crate::lookup::{Host, HostNames};
use crate::metrics::QueueMetrics;
use crate::query::RecordNews;
use crate::queue::{End, Pushed};
use crate::service::{InterfaceNames, ScopedAddr, Service};

/// All requests of all consumers.
#[derive(Default)]
pub(super) struct Routes {
    subscriptions: HashMap<SubscriptionId, Subscription>,
    by_request: HashMap<RequestId, SubscriptionId>,
    deadlines: BTreeSet<(Instant, SubscriptionId)>,
    /// When requests whose consumers have lagged start anew.
    restarts: BTreeSet<(Instant, SubscriptionId)>,
    /// Whose queues have something new.
    untold: Vec<SubscriptionId>,
    /// What has ended in this turn; dropping it wakes its consumer.
    ended: Vec<Subscription>,
}

/// A consumer's request.
struct Subscription {
    request: Request,
    sink: Sink,
    /// What was asked of the engine for it.
    asked: Vec<Asked>,
    deadline: Option<Instant>,
    /// Whether it ends with its answer: it has had a deadline from the start.
    is_once: bool,
    /// How much of the answer is there.
    progress: Progress,
    /// Whether its consumer is to be woken at the end of the turn.
    is_untold: bool,
    /// When it may start anew at the earliest, should its consumer lag.
    restart_after: Instant,
}

/// How much of an answer is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Nothing,
    /// Addresses of one family; of the other nothing is known.
    Part,
    /// Addresses or a denial of each family.
    Whole,
}

/// One request to the engine on behalf of a consumer.
struct Asked {
    id: RequestId,
    /// Of a browse of every type: the type.
    service_type: Option<ServiceType>,
    /// Of a browse of every type: how many instances of the type are there.
    living: usize,
    /// Of a browse of every type: whether the type itself is gone.
    is_orphan: bool,
}

impl Routes {
    pub(super) fn len(&self) -> usize {
        self.subscriptions.len()
    }

    /// When the next request runs out of time or starts anew.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let next = [self.deadlines.first(), self.restarts.first()];
        next.into_iter().flatten().map(|(at, _)| *at).min()
    }

    /// Starts a request.
    pub(super) fn start(
        &mut self,
        now: Instant,
        agent: &mut Agent,
        id: SubscriptionId,
        request: Request,
        sink: Sink,
        deadline: Option<Instant>,
    ) {
        let subscription = Subscription {
            request,
            sink,
            asked: Vec::new(),
            is_once: deadline.is_some(),
            deadline,
            progress: Progress::Nothing,
            is_untold: false,
            restart_after: now,
        };
        self.deadlines.extend(deadline.map(|at| (at, id)));
        self.subscriptions.insert(id, subscription);
        self.ask(now, agent, id);
    }

    /// Stops a request.
    pub(super) fn stop(&mut self, now: Instant, agent: &mut Agent, id: SubscriptionId) {
        drop(self.take(now, agent, id));
    }

    /// Has a request tell the current state from the start, now or when it last did so long ago.
    pub(super) fn restart(&mut self, now: Instant, id: SubscriptionId) {
        if let Some(subscription) = self.subscriptions.get(&id) {
            self.restarts
                .insert((subscription.restart_after.max(now), id));
        }
    }

    /// Starts anew what is due to.
    pub(super) fn restart_due(&mut self, now: Instant, agent: &mut Agent) {
        while let Some((at, id)) = self.restarts.first().copied() {
            if at > now {
                return;
            }
            self.restarts.remove(&(at, id));
            let Some(subscription) = self.subscriptions.get_mut(&id) else {
                continue;
            };
            for asked in subscription.asked.drain(..) {
                agent.stop(now, asked.id);
                self.by_request.remove(&asked.id);
            }
            subscription.restart_after = now + RESTART_GAP;
            subscription.sink.resume();
            self.ask(now, agent, id);
        }
    }

    /// Passes an event of the engine on.
    pub(super) fn deliver(
        &mut self,
        now: Instant,
        agent: &mut Agent,
        event: AgentEvent,
        names: &InterfaceNames,
        metrics: &mut QueueMetrics,
    ) {
        let AgentEvent { request, news } = event;
        let Some(id) = self.by_request.get(&request).copied() else {
            return;
        };
        let Some(subscription) = self.subscriptions.get_mut(&id) else {
            return;
        };
        if let Request::BrowseAll { .. } = subscription.request {
            let follow_up = subscription.note(request, &news);
            self.follow(now, agent, id, follow_up);
        }
        let Some(subscription) = self.subscriptions.get_mut(&id) else {
            return;
        };
        subscription.note_progress(&news);
        match subscription.push(news, names) {
            Some(Pushed::Queued) => metrics.queued += 1,
            Some(Pushed::Merged) => metrics.merged += 1,
            Some(Pushed::Lagged) => metrics.lagged += 1,
            Some(Pushed::Refused) | None => return,
        }
        if !std::mem::replace(&mut subscription.is_untold, true) {
            self.untold.push(id);
        }
        if let Some(at) = subscription.settled(now) {
            self.set_deadline(id, at);
        }
    }

    /// Ends what has run out of time.
    pub(super) fn on_timeout(&mut self, now: Instant, agent: &mut Agent) {
        while let Some((at, id)) = self.deadlines.first().copied() {
            if at > now {
                return;
            }
            self.deadlines.remove(&(at, id));
            let Some(subscription) = self.take(now, agent, id) else {
                continue;
            };
            let is_whole = subscription.progress == Progress::Whole;
            subscription
                .sink
                .close(if is_whole { End::Done } else { End::TimedOut });
            self.ended.push(subscription);
        }
    }

    /// Wakes each consumer that has something new to read; gives how many waited.
    pub(super) fn wake(&mut self) -> u64 {
        let mut woken = self.ended.drain(..).count() as u64;
        for id in self.untold.drain(..) {
            let Some(subscription) = self.subscriptions.get_mut(&id) else {
                continue;
            };
            subscription.is_untold = false;
            woken += u64::from(subscription.sink.wake());
        }
        woken
    }

    /// Takes a request out and stops what was asked of the engine for it.
    fn take(
        &mut self,
        now: Instant,
        agent: &mut Agent,
        id: SubscriptionId,
    ) -> Option<Subscription> {
        let subscription = self.subscriptions.remove(&id)?;
        if let Some(at) = subscription.deadline {
            self.deadlines.remove(&(at, id));
        }
        self.restarts.retain(|(_, other)| *other != id);
        for asked in &subscription.asked {
            agent.stop(now, asked.id);
            self.by_request.remove(&asked.id);
        }
        Some(subscription)
    }

    fn ask(&mut self, now: Instant, agent: &mut Agent, id: SubscriptionId) {
        let Some(subscription) = self.subscriptions.get_mut(&id) else {
            return;
        };
        let request = subscription.request.ask(now, agent);
        subscription.asked.push(Asked::new(request, None));
        self.by_request.insert(request, id);
    }

    fn follow(
        &mut self,
        now: Instant,
        agent: &mut Agent,
        id: SubscriptionId,
        follow_up: Option<FollowUp>,
    ) {
        let Some(subscription) = self.subscriptions.get_mut(&id) else {
            return;
        };
        let Request::BrowseAll { options } = &subscription.request else {
            return;
        };
        match follow_up {
            Some(FollowUp::Browse(service_type)) => {
                let request = agent.browse(now, &service_type, options.clone());
                subscription
                    .asked
                    .push(Asked::new(request, Some(service_type)));
                self.by_request.insert(request, id);
            }
            Some(FollowUp::Stop(request)) => {
                agent.stop(now, request);
                subscription.asked.retain(|asked| asked.id != request);
                self.by_request.remove(&request);
            }
            None => {}
        }
    }

    fn set_deadline(&mut self, id: SubscriptionId, at: Instant) {
        let Some(subscription) = self.subscriptions.get_mut(&id) else {
            return;
        };
        let earlier = subscription
            .deadline
            .map_or(at, |deadline| deadline.min(at));
        if let Some(before) = subscription.deadline.replace(earlier) {
            self.deadlines.remove(&(before, id));
        }
        self.deadlines.insert((earlier, id));
    }
}

/// What a browse of every type does next.
enum FollowUp {
    Browse(ServiceType),
    Stop(RequestId),
}

impl Subscription {
    /// Keeps the books of a browse of every type.
    fn note(&mut self, request: RequestId, news: &News) -> Option<FollowUp> {
        match news {
            News::TypeFound(service_type) => {
                if let Some(asked) = self
                    .asked
                    .iter_mut()
                    .find(|asked| asked.is_for(service_type))
                {
                    asked.is_orphan = false;
                    return None;
                }
                (self.asked.len() <= TYPES_MAX).then(|| FollowUp::Browse(service_type.clone()))
            }
            News::TypeLost(service_type) => {
                let asked = self
                    .asked
                    .iter_mut()
                    .find(|asked| asked.is_for(service_type))?;
                asked.is_orphan = true;
                asked.is_over().then_some(FollowUp::Stop(asked.id))
            }
            News::Found(_) => {
                let asked = self.asked.iter_mut().find(|asked| asked.id == request)?;
                asked.living += 1;
                None
            }
            News::Lost(..) => {
                let asked = self.asked.iter_mut().find(|asked| asked.id == request)?;
                asked.living = asked.living.saturating_sub(1);
                asked.is_over().then_some(FollowUp::Stop(asked.id))
            }
            News::Added(_)
            | News::Updated(..)
            | News::Removed(..)
            | News::Host(_)
            | News::HostNames(_)
            | News::RecordAdded(..)
            | News::RecordRemoved(..)
            | News::Denied(..)
            | _ => None,
        }
    }

    fn note_progress(&mut self, news: &News) {
        match (&self.request, news) {
            (Request::Host { families, .. }, News::Host(state)) => {
                let denied = (state.v4_denied, state.v6_denied);
                self.progress = progress(*families, &state.addresses, denied);
            }
            (Request::Resolve { .. }, News::Added(service) | News::Updated(service, _)) => {
                let families = AddressFamilies::BOTH;
                self.progress = progress(families, &service.addresses, (false, false));
            }
            (Request::Resolve { .. }, News::Removed(..)) => self.progress = Progress::Nothing,
            _ => {}
        }
    }

    /// When a request that ends with its answer has got all it can expect.
    fn settled(&self, now: Instant) -> Option<Instant> {
        match (self.is_once, self.progress) {
            (false, _) | (true, Progress::Nothing) => None,
            (true, Progress::Part) => Some(now + OTHER_FAMILY_WAIT),
            (true, Progress::Whole) => Some(now),
        }
    }

    /// Puts news into the queue, if they are of its kind.
    fn push(&self, news: News, names: &InterfaceNames) -> Option<Pushed> {
        let service = |service| Service::new(service, names);
        match (&self.sink, news) {
            (Sink::Services(sender), News::Added(now)) => {
                Some(sender.push(ServiceNews::Added(service(now))))
            }
            (Sink::Services(sender), News::Updated(now, diff)) => {
                Some(sender.push(ServiceNews::Updated(service(now), diff)))
            }
            (Sink::Services(sender), News::Removed(last, why)) => {
                let told = ServiceDiff::default();
                Some(sender.push(ServiceNews::Removed(service(last), why, told)))
            }
            (Sink::Instances(sender), News::Found(instance)) => {
                Some(sender.push(InstanceNews::Found(instance)))
            }
            (Sink::Instances(sender), News::Lost(instance, why)) => {
                Some(sender.push(InstanceNews::Lost(instance, why)))
            }
            (Sink::Types(sender), News::TypeFound(service_type)) => {
                Some(sender.push(TypeNews::Found(service_type)))
            }
            (Sink::Types(sender), News::TypeLost(service_type)) => {
                Some(sender.push(TypeNews::Lost(service_type)))
            }
            (Sink::Host { sender, name }, News::Host(state)) => {
                Some(sender.push(host(name, state, names)))
            }
            (Sink::HostNames(sender), News::HostNames(names)) => {
                Some(sender.push(HostNames(names)))
            }
            (Sink::Records(sender), News::RecordAdded(link, answer)) => {
                Some(sender.push(RecordNews::Added(names.of(link), answer)))
            }
            (Sink::Records(sender), News::RecordRemoved(link, answer, why)) => {
                Some(sender.push(RecordNews::Removed(names.of(link), answer, why)))
            }
            (Sink::Records(sender), News::Denied(link, rtype)) => {
                Some(sender.push(RecordNews::Denied(names.of(link), rtype)))
            }
            _ => None,
        }
    }
}

impl Asked {
    fn new(id: RequestId, service_type: Option<ServiceType>) -> Self {
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

    /// Whether the type is gone, and every service of it.
    fn is_over(&self) -> bool {
        self.is_orphan && self.living == 0
    }
}

impl Request {
    /// Asks the engine.
    fn ask(&self, now: Instant, agent: &mut Agent) -> RequestId {
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
            Self::Query(query) => agent.query(now, query.clone()),
        }
    }
}

impl Sink {
    fn close(&self, end: End) {
        match self {
            Self::Services(sender) => sender.close(end),
            Self::Instances(sender) => sender.close(end),
            Self::Types(sender) => sender.close(end),
            Self::Host { sender, .. } => sender.close(end),
            Self::HostNames(sender) => sender.close(end),
            Self::Records(sender) => sender.close(end),
        }
    }

    fn resume(&self) {
        match self {
            Self::Services(sender) => sender.resume(),
            Self::Instances(sender) => sender.resume(),
            Self::Types(sender) => sender.resume(),
            Self::Host { sender, .. } => sender.resume(),
            Self::HostNames(sender) => sender.resume(),
            Self::Records(sender) => sender.resume(),
        }
    }

    fn wake(&self) -> bool {
        match self {
            Self::Services(sender) => sender.wake(),
            Self::Instances(sender) => sender.wake(),
            Self::Types(sender) => sender.wake(),
            Self::Host { sender, .. } => sender.wake(),
            Self::HostNames(sender) => sender.wake(),
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
        name: name.clone(),
        addresses: addresses.collect(),
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

/// How long a request that ends with its answer waits for addresses of the other family once it
/// has some of one: a host of both answers on both at nearly the same time.
const OTHER_FAMILY_WAIT: Duration = Duration::from_millis(100);

/// How often a request starts anew at the most: its consumer's queue may be too small for what
/// there is, and must not keep the driver busy.
const RESTART_GAP: Duration = Duration::from_secs(1);

/// How many types a browse of every type follows. Full: further ones are not browsed until one
/// of them is gone.
const TYPES_MAX: usize = 1_024;

#[cfg(test)]
mod tests;
