//! Requests: passes the engine's events on to consumers.
//!
//! In:  consumers' requests, the engine's events, the passage of time.
//! Out: items in the consumers' queues; each consumer is woken once for all of a turn.

use std::collections::{BTreeSet, HashMap};

use cooee_proto::dnssd::Agent;
use cooee_proto::dnssd::event::{DiscoveryEvent, RequestId};
use cooee_proto::time::{Duration, Instant};

use crate::event::service::InterfaceNames;
use crate::metrics::{QueueMetrics, count};
use crate::session::SubscriptionId;
use crate::session::command::{Ending, Request, Sink};
use crate::session::queue::{End, Pushed};

mod subscription;

use subscription::{EngineRequest, FollowUp, Progress, Subscription};

/// All requests of all consumers.
#[derive(Default)]
pub(super) struct Subscriptions {
    /// Boxed, because a map is never full.
    subscriptions: HashMap<SubscriptionId, Box<Subscription>>,
    by_request: HashMap<RequestId, SubscriptionId>,
    deadlines: BTreeSet<(Instant, SubscriptionId)>,
    /// When requests whose consumers have lagged start again.
    restarts: BTreeSet<(Instant, SubscriptionId)>,
    /// Requests whose queues have unread events.
    unreported: Vec<SubscriptionId>,
    /// Requests that ended in this turn; dropping them wakes their consumers.
    ended: Vec<Subscription>,
}

impl Subscriptions {
    pub(super) fn len(&self) -> usize {
        self.subscriptions.len()
    }

    /// Returns when the next request expires or starts again.
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
        ending: Ending,
    ) {
        let subscription = Subscription::new(now, request, sink, ending);
        self.deadlines.extend(ending.deadline().map(|at| (at, id)));
        self.subscriptions.insert(id, Box::new(subscription));
        self.ask(now, agent, id);
    }

    /// Stops a request.
    pub(super) fn stop(&mut self, now: Instant, agent: &mut Agent, id: SubscriptionId) {
        drop(self.take(now, agent, id));
    }

    /// Reports the current state of a request from the start, now or after a pause since the last
    /// time.
    pub(super) fn restart(&mut self, now: Instant, id: SubscriptionId) {
        if let Some(subscription) = self.subscriptions.get(&id) {
            self.restarts
                .insert((subscription.restart_after.max(now), id));
        }
    }

    /// Restarts what is due.
    pub(super) fn restart_due(&mut self, now: Instant, agent: &mut Agent) {
        while let Some((at, id)) = self.restarts.first().copied() {
            if at > now {
                return;
            }
            self.restarts.remove(&(at, id));
            let Some(subscription) = self.subscriptions.get_mut(&id) else {
                continue;
            };
            for asked in subscription.engine_requests.drain(..) {
                agent.stop(now, asked.id);
                self.by_request.remove(&asked.id);
            }
            subscription.restart_after = now + RESTART_GAP;
            subscription.sink.resume();
            self.ask(now, agent, id);
        }
    }

    /// Passes on an event of the engine.
    pub(super) fn deliver(
        &mut self,
        now: Instant,
        agent: &mut Agent,
        (request, news): (RequestId, DiscoveryEvent),
        names: &InterfaceNames,
        metrics: &mut QueueMetrics,
    ) {
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
            Some(Pushed::Queued) => count(&mut metrics.queued, 1),
            Some(Pushed::Merged) => count(&mut metrics.merged, 1),
            Some(Pushed::Lagged) => count(&mut metrics.lagged, 1),
            Some(Pushed::Refused) | None => return,
        }
        if !std::mem::replace(&mut subscription.is_unreported, true) {
            self.unreported.push(id);
        }
        if let Some(at) = subscription.settled(now) {
            self.set_deadline(id, at);
        }
    }

    /// Ends requests whose deadline has passed.
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
            self.ended.push(*subscription);
        }
    }

    /// Wakes each consumer that has unread events. Returns how many waited.
    pub(super) fn wake(&mut self) -> u64 {
        let mut woken = self.ended.drain(..).count() as u64;
        for id in self.unreported.drain(..) {
            let Some(subscription) = self.subscriptions.get_mut(&id) else {
                continue;
            };
            subscription.is_unreported = false;
            woken = woken.saturating_add(u64::from(subscription.sink.wake()));
        }
        woken
    }

    /// Removes a request, and withdraws its requests to the engine.
    fn take(
        &mut self,
        now: Instant,
        agent: &mut Agent,
        id: SubscriptionId,
    ) -> Option<Box<Subscription>> {
        let subscription = self.subscriptions.remove(&id)?;
        if let Some(at) = subscription.ending.deadline() {
            self.deadlines.remove(&(at, id));
        }
        self.restarts.retain(|(_, other)| *other != id);
        for asked in &subscription.engine_requests {
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
        subscription
            .engine_requests
            .push(EngineRequest::new(request, None));
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
                    .engine_requests
                    .push(EngineRequest::new(request, Some(service_type)));
                self.by_request.insert(request, id);
            }
            Some(FollowUp::Stop(request)) => {
                agent.stop(now, request);
                subscription
                    .engine_requests
                    .retain(|asked| asked.id != request);
                self.by_request.remove(&request);
            }
            None => {}
        }
    }

    fn set_deadline(&mut self, id: SubscriptionId, at: Instant) {
        let Some(subscription) = self.subscriptions.get_mut(&id) else {
            return;
        };
        let before = subscription.ending.deadline();
        let by = before.map_or(at, |before| before.min(at));
        subscription.ending = Ending::WithAnswer { by };
        if let Some(before) = before {
            self.deadlines.remove(&(before, id));
        }
        self.deadlines.insert((by, id));
    }
}

/// The shortest time between restarts of a request: its consumer's queue may be too small, and must
/// not keep the driver busy.
const RESTART_GAP: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
