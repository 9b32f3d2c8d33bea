//! What is published: passes the engine's events on to watchers, and reports goodbyes.
//!
//! In:  users' publications and changes, the engine's events.
//! Out: the present names, [`Status`] in the watchers' queues, replies to waiting callers.

use std::collections::{BTreeSet, HashMap};

use cooee_proto::GoodbyesOn as LinkGoodbyes;
use cooee_proto::dnssd::event::{PublicationEvent, RequestId};
use cooee_proto::dnssd::instance_name::InstanceName;
use cooee_proto::dnssd::{Agent, PublishError};
use cooee_proto::time::Instant;
use cooee_wire::Name;

use super::warnings::net_family;
use crate::event::publication::{Goodbyes, GoodbyesOn, Status};
use crate::event::service::InterfaceNames;
use crate::lock::lock;
use crate::session::SubscriptionId;
use crate::session::publishing::{Names, Publish, Publishing, Reply, UpdateEnd, Updating};
use crate::session::queue::{End, Pushed, Sender};

mod change;
mod publication;

use change::apply;
use publication::{Publication, RequestedNames, Updater};

/// Everything that is published.
#[derive(Default)]
pub(super) struct Publications {
    /// Whether names are stored.
    remembers: bool,
    /// The requested and the final names, to be stored.
    won: Vec<(Name, Name)>,
    /// Boxed, because a map is never full.
    all: HashMap<SubscriptionId, Box<Publication>>,
    by_request: HashMap<RequestId, SubscriptionId>,
    by_watcher: HashMap<SubscriptionId, SubscriptionId>,
    deadlines: BTreeSet<(Instant, SubscriptionId)>,
    /// Publications whose watchers have unread events.
    unreported: Vec<SubscriptionId>,
    /// Publications that ended in this turn; dropping them wakes their watchers.
    ended: Vec<Publication>,
    /// Who gets a report of what was sent for a withdrawal.
    withdrawing: HashMap<RequestId, Sender<Reply<Goodbyes>>>,
    /// When a caller stops waiting for the announcement of a change.
    update_deadlines: BTreeSet<(Instant, SubscriptionId)>,
}

impl Publications {
    pub(super) fn new(remembers: bool) -> Self {
        Self {
            remembers,
            ..Self::default()
        }
    }

    /// Returns the names claimed since the last call, each after the requested one.
    pub(super) fn take_won(&mut self) -> impl Iterator<Item = (Name, Name)> {
        self.won.drain(..)
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Returns the next deadline of a claim or an announcement.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let both = [&self.deadlines, &self.update_deadlines];
        let firsts = both.into_iter().filter_map(BTreeSet::first);
        firsts.map(|(at, _)| *at).min()
    }

    pub(super) fn start(&mut self, now: Instant, agent: &mut Agent, publish: Publish) {
        let Publish {
            id,
            publishing,
            names,
            watcher,
            claiming,
            deadline,
        } = publish;
        let asked = RequestedNames::of(&publishing, &lock(&names));
        let started = match publishing {
            Publishing::Service(spec, _) => agent.publish_service(now, *spec),
            Publishing::Host(spec) => agent.publish_host(now, &spec),
            Publishing::Records(set) => agent.publish_records(now, &set),
        };
        if let Some((watcher, _)) = &watcher {
            self.by_watcher.insert(*watcher, id);
        }
        let publication = Publication {
            request: started.as_ref().ok().copied(),
            asked,
            names,
            watchers: watcher.into_iter().collect(),
            deadline,
            is_unreported: false,
            is_won: false,
            claiming,
            updating: Vec::new(),
            waits: Vec::new(),
        };
        self.all.insert(id, Box::new(publication));
        match started {
            Ok(request) => {
                self.by_request.insert(request, id);
                self.deadlines.extend(deadline.map(|at| (at, id)));
            }
            Err(error) => self.tell(id, Status::Failed(error.into())),
        }
    }

    /// The system has another name for this host: handled as if that name had been requested.
    pub(super) fn rename_system_host(&mut self, name: &Name) {
        let on_it = self.all.values_mut().filter(|held| held.asked.is_system);
        on_it.for_each(|held| held.asked.host = Some(name.clone()));
    }

    /// Adds a watcher, beginning with the present state.
    pub(super) fn watch(
        &mut self,
        id: SubscriptionId,
        watcher: SubscriptionId,
        sender: Sender<Status>,
    ) {
        let Some(publication) = self.all.get_mut(&id) else {
            return sender.close(End::Done);
        };
        let latest = lock(&publication.names).latest();
        for missed in publication.missed(latest.as_ref()) {
            sender.push(missed);
        }
        if let Some(latest) = latest {
            let is_last = latest.is_last();
            sender.push(latest);
            if is_last {
                return sender.close(End::Done);
            }
        }
        sender.wake();
        publication.watchers.push((watcher, sender));
        self.by_watcher.insert(watcher, id);
    }

    /// Removes a watcher that is gone.
    pub(super) fn stop_watching(&mut self, watcher: SubscriptionId) {
        let id = self.by_watcher.remove(&watcher);
        if let Some(publication) = id.and_then(|id| self.all.get_mut(&id)) {
            publication.watchers.retain(|(other, _)| *other != watcher);
        }
    }

    /// Changes something. The caller gets a report when the change is announced.
    pub(super) fn update(&mut self, now: Instant, agent: &mut Agent, updating: Updating) {
        let Updating {
            id,
            change,
            reply,
            deadline,
        } = updating;
        let held = self.all.get_mut(&id);
        let held = held.and_then(|held| Some((held.request?, &mut held.updating)));
        let changed = match held {
            Some((request, updating)) => apply(now, agent, request, change).map(|()| updating),
            None => Err(UpdateEnd::Refused(PublishError::Unknown)),
        };
        match changed {
            // The change remains, even if its caller has stopped waiting.
            Ok(_) if reply.is_abandoned() => {}
            Ok(updating) => {
                self.update_deadlines.extend(deadline.map(|at| (at, id)));
                updating.push(Updater { reply, deadline });
            }
            Err(error) if reply.is_abandoned() => {
                tracing::warn!(?error, "a change was refused");
            }
            Err(error) => {
                reply.push(Reply(Err(error)));
            }
        }
    }

    /// Withdraws something. The caller gets a report of what was sent for it.
    pub(super) fn withdraw(
        &mut self,
        now: Instant,
        agent: &mut Agent,
        id: SubscriptionId,
        reply: Option<Sender<Reply<Goodbyes>>>,
    ) {
        let request = self.all.get(&id).and_then(|held| held.request);
        self.end(now, agent, id, Some(Status::Withdrawn), End::Done);
        let Some(reply) = reply else { return };
        match request {
            Some(request) => drop(self.withdrawing.insert(request, reply)),
            None => drop(reply.push(Reply(Goodbyes::default()))),
        }
    }

    /// Withdraws everything, and reports what was sent for all together.
    pub(super) fn withdraw_all(
        &mut self,
        now: Instant,
        agent: &mut Agent,
        reply: Sender<Reply<Goodbyes>>,
    ) {
        let mut all: Vec<SubscriptionId> = self.all.keys().copied().collect();
        all.sort_unstable();
        let mut requests = Vec::new();
        for id in &all {
            let held = self.all.get_mut(id);
            requests.extend(held.and_then(|held| held.request.take()));
        }
        agent.withdraw(now, &requests);
        if let Some(first) = requests.first() {
            self.withdrawing.insert(*first, reply);
        }
        for id in all {
            self.end(now, agent, id, Some(Status::Withdrawn), End::Done);
        }
    }

    /// Passes on an event of the engine.
    pub(super) fn deliver(
        &mut self,
        now: Instant,
        agent: &mut Agent,
        (request, event): (RequestId, PublicationEvent),
        interfaces: &InterfaceNames,
    ) {
        if let PublicationEvent::Withdrawn(goodbyes) = &event {
            self.on_withdrawn(request, report(goodbyes, interfaces));
        }
        let Some(id) = self.by_request.get(&request).copied() else {
            return;
        };
        match event {
            PublicationEvent::Registered(instance) => self.on_registered(id, instance),
            PublicationEvent::Renamed { old, new } => self.tell(id, Status::Renamed { old, new }),
            PublicationEvent::HostRegistered(name) => self.on_host_registered(id, name),
            PublicationEvent::HostRenamed { old, new } => {
                self.tell(id, Status::HostRenamed { old, new })
            }
            PublicationEvent::RecordsRegistered => {
                self.won(id);
                self.tell(id, Status::RecordRegistered);
            }
            PublicationEvent::Nameless(name) => self.on_nameless(id, name),
            PublicationEvent::UpdateDelayed { by } => self.tell(id, Status::UpdateDelayed { by }),
            PublicationEvent::Waiting { link, family, why } => {
                let (interface, family) = (interfaces.of(link), family.map(net_family));
                let waiting = Status::Waiting {
                    interface,
                    family,
                    why,
                };
                self.tell(id, waiting);
            }
            PublicationEvent::WaitingOver { link, family } => {
                let (interface, family) = (interfaces.of(link), family.map(net_family));
                self.tell(id, Status::WaitingOver { interface, family });
            }
            PublicationEvent::NameTaken(name) => {
                self.release(now, agent, id);
                self.tell(id, Status::NameTaken(name));
            }
            PublicationEvent::Announced => self.on_announced(id),
            // By then the request is forgotten.
            PublicationEvent::Withdrawn(_) => {}
        }
    }

    fn on_withdrawn(&mut self, request: RequestId, goodbyes: Goodbyes) {
        if let Some(reply) = self.withdrawing.remove(&request) {
            reply.push(Reply(goodbyes));
        }
    }

    fn on_announced(&mut self, id: SubscriptionId) {
        if let Some(publication) = self.all.get_mut(&id) {
            publication.on_announced();
        }
    }

    fn on_registered(&mut self, id: SubscriptionId, mut instance: InstanceName) {
        let tried = self.names(id).and_then(|names| names.instance);
        if let Some(same) = tried.clone().filter(|tried| is_same(tried, &instance)) {
            instance = same;
        } else if let Some(old) = tried.filter(|old| *old != instance) {
            // The name is used by this host itself, so it was never claimed.
            let new = instance.clone();
            self.tell(id, Status::Renamed { old, new });
        }
        self.won(id);
        self.remember(id, |asked| asked.instance.clone(), instance.name());
        self.tell(id, Status::Registered(instance));
    }

    fn on_nameless(&mut self, id: SubscriptionId, name: Name) {
        tracing::error!("a minute of probing has found no name that is free; going on");
        tracing::debug!(%name, "tried last");
        self.tell(id, Status::Nameless(name));
    }

    fn on_host_registered(&mut self, id: SubscriptionId, name: Name) {
        let names = self.names(id).unwrap_or_default();
        if names.instance.is_none() {
            self.won(id);
        }
        if let Some(old) = names.host.filter(|old| *old != name) {
            let new = name.clone();
            self.tell(id, Status::HostRenamed { old, new });
        }
        self.remember(id, |asked| asked.host.clone(), &name);
        self.tell(id, Status::HostRegistered(name));
    }

    /// Ends what was not claimed in time, and the waits for changes that were not announced in
    /// time.
    pub(super) fn on_timeout(&mut self, now: Instant, agent: &mut Agent) {
        while let Some((at, id)) = self.update_deadlines.first().filter(|(at, _)| *at <= now) {
            let (at, id) = (*at, *id);
            self.update_deadlines.remove(&(at, id));
            if let Some(publication) = self.all.get_mut(&id) {
                publication.expire_updates(now);
            }
        }
        while let Some((at, id)) = self.deadlines.first().copied() {
            if at > now {
                return;
            }
            if let Some(publication) = self.all.get_mut(&id) {
                publication.on_timeout();
            }
            self.end(now, agent, id, None, End::TimedOut);
        }
    }

    /// Wakes each watcher that has unread events. Returns how many waited.
    pub(super) fn wake(&mut self) -> u64 {
        let mut woken = self.ended.drain(..).count() as u64;
        for id in self.unreported.drain(..) {
            let Some(publication) = self.all.get_mut(&id) else {
                continue;
            };
            publication.is_unreported = false;
            for (_, sender) in &publication.watchers {
                woken = woken.saturating_add(u64::from(sender.wake()));
            }
        }
        woken
    }

    fn names(&self, id: SubscriptionId) -> Option<Names> {
        self.all.get(&id).map(|held| lock(&held.names).clone())
    }

    /// Records that it has its name, in time.
    fn won(&mut self, id: SubscriptionId) {
        if let Some(publication) = self.all.get_mut(&id) {
            publication.is_won = true;
        }
        self.forget_deadline(id);
    }

    fn forget_deadline(&mut self, id: SubscriptionId) {
        let Some(publication) = self.all.get_mut(&id) else {
            return;
        };
        if let Some(at) = publication.deadline.take() {
            self.deadlines.remove(&(at, id));
        }
    }

    /// Records a claimed name, if names are stored.
    fn remember(
        &mut self,
        id: SubscriptionId,
        asked: impl Fn(&RequestedNames) -> Option<Name>,
        won: &Name,
    ) {
        let held = self.all.get(&id).filter(|_| self.remembers);
        if let Some(asked) = held.and_then(|held| asked(&held.asked)) {
            self.won.push((asked, won.clone()));
        }
    }

    fn tell(&mut self, id: SubscriptionId, status: Status) {
        let Some(publication) = self.all.get_mut(&id) else {
            return;
        };
        if !publication.is_news(&status) {
            return;
        }
        publication.note(&status);
        let is_last = status.is_last();
        if is_last {
            publication.on_end(&status);
        }
        let mut refused = Vec::new();
        for (watcher, sender) in &publication.watchers {
            if sender.push(status.clone()) == Pushed::Refused {
                refused.push(*watcher);
            }
            if is_last {
                sender.close(End::Done);
            }
        }
        publication
            .watchers
            .retain(|(watcher, _)| !refused.contains(watcher));
        if !std::mem::replace(&mut publication.is_unreported, true) {
            self.unreported.push(id);
        }
        for watcher in refused {
            self.by_watcher.remove(&watcher);
        }
    }

    /// Withdraws the engine's requests for it.
    fn release(&mut self, now: Instant, agent: &mut Agent, id: SubscriptionId) {
        self.forget_deadline(id);
        let request = self.all.get_mut(&id).and_then(|held| held.request.take());
        if let Some(request) = request {
            self.by_request.remove(&request);
            agent.stop(now, request);
        }
    }

    fn end(
        &mut self,
        now: Instant,
        agent: &mut Agent,
        id: SubscriptionId,
        status: Option<Status>,
        end: End,
    ) {
        self.release(now, agent, id);
        if let Some(status) = status {
            self.tell(id, status);
        }
        let Some(publication) = self.all.remove(&id) else {
            return;
        };
        for (watcher, sender) in &publication.watchers {
            self.by_watcher.remove(watcher);
            sender.close(end);
        }
        self.ended.push(*publication);
    }
}

/// Returns whether names are spelled alike, so that one can stand for both and share its bytes.
fn is_same(one: &InstanceName, other: &InstanceName) -> bool {
    one.name().as_wire() == other.name().as_wire()
}

/// Converts the engine's report of goodbyes for users.
fn report(goodbyes: &[LinkGoodbyes], names: &InterfaceNames) -> Goodbyes {
    let on = |on: &LinkGoodbyes| GoodbyesOn {
        interface: names.of(on.link),
        datagrams: on.datagrams,
        records: on.records,
    };
    Goodbyes {
        interfaces: goodbyes.iter().map(on).collect(),
    }
}
