//! Requests: which news of the engine go to which consumer.
//!
//! In:  consumers' requests, the engine's news, the passage of time.
//! Out: items in the consumers' queues; each consumer is woken once for all of a turn.

use std::collections::{BTreeSet, HashMap};

use cooee_proto::dnssd::Agent;
use cooee_proto::dnssd::event::{AgentEvent, RequestId};
use cooee_proto::time::{Duration, Instant};

use crate::command::{Request, Sink, SubscriptionId};
use crate::metrics::{QueueMetrics, count};
use crate::queue::{End, Pushed};
use crate::service::InterfaceNames;

mod subscription;

use subscription::{Asked, FollowUp, Progress, Subscription};

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
        let subscription = Subscription::new(now, request, sink, deadline);
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
            Some(Pushed::Queued) => count(&mut metrics.queued, 1),
            Some(Pushed::Merged) => count(&mut metrics.merged, 1),
            Some(Pushed::Lagged) => count(&mut metrics.lagged, 1),
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
            woken = woken.saturating_add(u64::from(subscription.sink.wake()));
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

/// How often a request starts anew at the most: its consumer's queue may be too small for what
/// there is, and must not keep the driver busy.
const RESTART_GAP: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
