//! From the engine's events to the agent's news.
//!
//! In:  answers to the queries that the agent's parts have asked.
//! Out: [`DiscoveryEvent`]s for the requests; further questions, until nothing is left to say.

use alloc::boxed::Box;

use cooee_wire::{Name, RData, RecordType};

use super::agent::Agent;
use super::asker::Role;
use super::event::{AgentEvent, DiscoveryEvent};
use super::host_users::HostUser;
use super::ids::{HostId, RequestId, ServiceId};
use super::instance_name::InstanceName;
use super::name_map::Seen;
use super::request::{Browse, Instances, Request};
use super::resolve::Services;
use super::service_type::ServiceType;
use crate::event::{AnswerChange, Event, Removal};
use crate::link::LinkId;
use crate::queries::Types;
use crate::time::Instant;
use crate::timing::HOST_USERS_TOLD_MAX;

/// Whether a name has appeared or disappeared, and why.
#[derive(Clone, Copy)]
enum Turn {
    Came,
    Went(Removal),
}

impl Agent {
    /// Ignores the copies of a packet that this program has sent; see
    /// [`Engine::ignore_copies`](crate::Engine::ignore_copies).
    pub fn ignore_copies(&mut self, now: Instant, packet: &[u8]) {
        self.asker.engine.ignore_copies(now, packet);
    }

    /// Passes on every event of the engine, then reports the resulting changes of services.
    pub(super) fn settle(&mut self, now: Instant) {
        loop {
            while let Some(event) = self.asker.engine.poll_event() {
                if let Some(role) = self.asker.role(event.query) {
                    self.dispatch(now, role, event);
                }
            }
            // Only after everything is reported: a query's unreported events end with it.
            let Some(request) = self.with_room.pop() else {
                break;
            };
            self.look_again(now, request);
        }
        self.tell_host_changes(now);
        while let Some(event) = self.asker.engine.poll_claim_event() {
            for (request, news) in self.publisher.on_claim(now, &mut self.asker.engine, event) {
                self.tell(request, news);
            }
        }
        while let Some(withdrawn) = self.asker.engine.poll_withdrawn() {
            if let Some((request, news)) = self.publisher.on_withdrawn(withdrawn) {
                self.tell(request, news);
            }
        }
        let events = &mut self.events;
        let engine = &self.asker.engine;
        self.services
            .tell(now, &self.hosts, engine, |request, news| {
                let news = news.into();
                events.push_back(AgentEvent { request, news });
            });
    }

    fn dispatch(&mut self, now: Instant, role: Role, event: Event) {
        match role {
            Role::Instances(request) => {
                if let Some((name, turn)) = pointer(&event.change) {
                    self.on_instance(now, request, event.link, name, turn);
                }
            }
            Role::Types(request) => self.on_type(request, &event),
            Role::HostNames(request) => self.on_host_name(request, &event),
            Role::Records(request, rtype) => {
                let news = match event.change {
                    AnswerChange::Added(answer) | AnswerChange::AlsoHeard(answer) => {
                        DiscoveryEvent::RecordAdded(event.link, answer)
                    }
                    AnswerChange::Removed(answer, why) => {
                        DiscoveryEvent::RecordRemoved(event.link, answer, why)
                    }
                    AnswerChange::Denied => DiscoveryEvent::Denied(event.link, rtype),
                    AnswerChange::Unanswered => return,
                };
                self.tell(request, news);
            }
            Role::Service(service) => self.on_service(now, service, &event),
            Role::Host(host) => self.on_host(now, host, &event),
        }
    }

    fn on_instance(
        &mut self,
        now: Instant,
        request: RequestId,
        link: LinkId,
        name: &Name,
        turn: Turn,
    ) {
        let Some(Request::Browse(browse)) = self.requests.get_mut(request) else {
            return;
        };
        let record = (request, link, name, turn);
        let Some((instance, seen)) = note(browse, &self.services, self.instances_max, record)
        else {
            return;
        };
        let room = self.instances_max.saturating_sub(browse.found.len());
        if browse.passed_over && room >= self.instances_max.div_ceil(ROOM_PART) {
            browse.passed_over = false;
            self.with_room.push(request);
        }
        let (resolve, only) = (browse.resolve, browse.only);
        match (turn, seen) {
            (_, Seen::Nothing) => {}
            (Turn::Came, Seen::Turned | Seen::OneOfMany) => {
                if seen == Seen::Turned {
                    self.tell(request, DiscoveryEvent::Found(instance.clone()));
                }
                if resolve {
                    self.resolve_found(now, request, link, &instance, only);
                }
            }
            (Turn::Went(why), Seen::Turned | Seen::OneOfMany) => {
                if resolve {
                    self.forget_lost(
                        request,
                        link,
                        &instance,
                        only,
                        (seen == Seen::Turned).then_some(why),
                    );
                }
                if seen == Seen::Turned {
                    self.tell(request, DiscoveryEvent::Lost(instance, why));
                }
            }
        }
    }

    /// Asks again for the instances of a browse that has left some out. Known instances are
    /// reported again, and those reported before are not new.
    fn look_again(&mut self, now: Instant, request: RequestId) {
        let Some(Request::Browse(browse)) = self.requests.get_mut(request) else {
            return;
        };
        let role = Role::Instances(request);
        let query = self.asker.ask(
            now,
            &browse.name,
            Types::one(RecordType::PTR),
            browse.only,
            role,
        );
        let before = core::mem::replace(&mut browse.query, query);
        self.asker.stop(before);
    }

    fn resolve_found(
        &mut self,
        now: Instant,
        request: RequestId,
        link: LinkId,
        instance: &InstanceName,
        only: Option<LinkId>,
    ) {
        let service = self.services.join(instance, only, request);
        self.services.note_found(service, instance.name());
        self.services
            .hold_path(now, &mut self.asker, service, link, request);
    }

    /// An instance is gone from a link; `last` is the reason, if it was the last link.
    fn forget_lost(
        &mut self,
        request: RequestId,
        link: LinkId,
        instance: &InstanceName,
        only: Option<LinkId>,
        last: Option<Removal>,
    ) {
        let Some(service) = self.services.find(instance, only) else {
            return;
        };
        self.services
            .release_path(&mut self.asker, &mut self.hosts, service, link, request);
        let Some(why) = last else { return };
        if let Some(state) = self.services.leave(service, request) {
            self.tell(request, DiscoveryEvent::Removed(state, why));
        }
    }

    fn on_service(&mut self, now: Instant, service: ServiceId, event: &Event) {
        self.services
            .on_event(now, &mut self.asker, &mut self.hosts, service, event);
        //= https://www.rfc-editor.org/rfc/rfc6762#section-10.4
        //# The rdata in a DNS-SD PTR record can be determined to be incorrect if
        //# attempts to look up the SRV record it references are not successful.
        if let AnswerChange::Unanswered = &event.change {
            if let Some(instance) = self.services.instance(service).cloned() {
                self.doubt_instance(now, event.link, &instance);
            }
        }
        if let AnswerChange::Removed(answer, why) = &event.change {
            let unheard = matches!(why, Removal::Expired | Removal::Unanswered);
            if let (RData::Srv(_), true) = (&answer.data, unheard) {
                if let Some(instance) = InstanceName::from_name(&answer.name) {
                    self.doubt_instance(now, event.link, &instance);
                }
            }
        }
    }

    fn on_host(&mut self, now: Instant, host: HostId, event: &Event) {
        if let AnswerChange::Unanswered = &event.change {
            self.doubt_target(now, host, event.link);
        }
        let why = match &event.change {
            AnswerChange::Removed(_, why) => Some(*why),
            AnswerChange::Added(_)
            | AnswerChange::AlsoHeard(_)
            | AnswerChange::Denied
            | AnswerChange::Unanswered => None,
        };
        if self.hosts.on_event(host, event, &self.asker.engine) {
            let known = self.changed_hosts.or_default(host);
            *known = why.or(*known);
        }
    }

    /// Reports the changes of hosts and of their names, once each: one packet can change many
    /// addresses of a host that has thousands of users, and bring many names of an address. While
    /// services wait to be looked at, so do the changes of such a host: many packets in a row make
    /// no more work than one.
    fn tell_host_changes(&mut self, now: Instant) {
        let is_behind = self.services.is_behind(now);
        if !is_behind {
            while let Some((host, why)) = self.hosts.take_waiting() {
                self.tell_host_users(host, why);
            }
        }
        while let Some((host, why)) = self.changed_hosts.pop_first() {
            if is_behind && self.hosts.users(host).len() > HOST_USERS_TOLD_MAX {
                self.hosts.postpone(host, why);
            } else {
                self.tell_host_users(host, why);
            }
        }
        while let Some(request) = self.changed_names.pop_first() {
            if let Some(Request::HostNames { seen, .. }) = self.requests.get(request) {
                let names = seen.sorted().into_iter();
                let names = names.map(|(name, _)| name.clone()).collect();
                self.tell(request, DiscoveryEvent::HostNames(names));
            }
        }
    }

    fn tell_host_users(&mut self, host: HostId, why: Option<Removal>) {
        let users = self.hosts.users(host).to_vec();
        for user in users {
            match user {
                HostUser::Service(service) => self.services.on_host_change(service, why),
                HostUser::Lookup(request) => self.tell_host(request),
            }
        }
    }

    /// Handles a service whose host does not answer. The records that led there may be wrong, and
    /// are asked for again. A host may be silent for a while, so nothing is removed unless the
    /// owner of the service says something else.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-10.4
    //# Sometimes a cache record can be determined to be stale when a client
    //# attempts to use the rdata it contains, and the client finds that
    //# rdata to be incorrect.
    fn doubt_target(&mut self, now: Instant, host: HostId, link: LinkId) {
        let engine = &mut self.asker.engine;
        if !self.hosts.offered(&[host], engine).addresses.is_empty() {
            return;
        }
        for user in self.hosts.users(host) {
            let HostUser::Service(service) = user else {
                continue;
            };
            if let Some(instance) = self.services.instance(*service) {
                engine.ask_once_more(now, link, instance.name(), RecordType::SRV);
            }
        }
    }

    /// Reports the current state to a host lookup, if it has changed since the last report.
    pub(super) fn tell_host(&mut self, request: RequestId) {
        let Some(Request::Host { hosts, reported }) = self.requests.get_mut(request) else {
            return;
        };
        let mut state = self.hosts.offered(hosts, &self.asker.engine);
        let spelling = self.hosts.spelling(hosts);
        let news = match reported {
            Some(reported) => **reported != state,
            None => state != super::event::HostState::default(),
        };
        if news {
            *reported = Some(Box::new(state.clone()));
            state.name = spelling;
            self.tell(request, DiscoveryEvent::Host(state));
        }
    }

    fn on_type(&mut self, request: RequestId, event: &Event) {
        let Some((name, turn)) = pointer(&event.change) else {
            return;
        };
        let Some(Request::Types { seen, listed, .. }) = self.requests.get_mut(request) else {
            return;
        };
        let Some(service_type) = ServiceType::from_listing(name) else {
            return;
        };
        let news = match turn {
            Turn::Came => {
                let is_new = seen.appear(name, event.link) == Seen::Turned;
                (is_new && listed.add(&service_type))
                    .then_some(DiscoveryEvent::TypeFound(service_type))
            }
            Turn::Went(_) => {
                let is_gone = seen.vanish(name, event.link) == Seen::Turned;
                (is_gone && listed.remove(&service_type))
                    .then_some(DiscoveryEvent::TypeLost(service_type))
            }
        };
        if let Some(news) = news {
            self.tell(request, news);
        }
    }

    fn on_host_name(&mut self, request: RequestId, event: &Event) {
        let Some((name, turn)) = pointer(&event.change) else {
            return;
        };
        let Some(Request::HostNames { seen, .. }) = self.requests.get_mut(request) else {
            return;
        };
        let turned = match turn {
            Turn::Came => seen.appear(name, event.link),
            Turn::Went(_) => seen.vanish(name, event.link),
        };
        if turned == Seen::Turned {
            self.changed_names.insert(request);
        }
    }
}

/// Notes that an instance has appeared or disappeared on a link, for a browse. Returns the instance
/// and what it means; `None` if that is nothing, or if the browse has found too many.
fn note(
    browse: &mut Browse,
    services: &Services,
    instances_max: usize,
    (request, link, name, turn): (RequestId, LinkId, &Name, Turn),
) -> Option<(InstanceName, Seen)> {
    let instance = browse.instance(name)?;
    let service = match &browse.found {
        Instances::Named(_) => None,
        Instances::Resolved(_) => services.found_by(&instance, browse.only, request),
    };
    // A name in several spellings is one instance, and is reported in its first spelling.
    let known = match &browse.found {
        Instances::Named(names) => names.spelling(name),
        Instances::Resolved(_) => service.and_then(|service| services.found_as(service)),
    };
    let is_shown = matches!(turn, Turn::Came);
    if is_shown && known.is_none() && browse.found.len() >= instances_max {
        browse.passed_over = true;
        return None;
    }
    let known = known.and_then(|known| browse.instance(known));
    let instance = known.unwrap_or(instance);
    let name = instance.name();
    let seen = match &mut browse.found {
        Instances::Named(names) if is_shown => names.appear(name, link),
        Instances::Named(names) => names.vanish(name, link),
        Instances::Resolved(count) => {
            let links = service.map(|service| services.paths_of(service, request));
            let seen = Seen::on(&links.unwrap_or_default(), link, is_shown);
            if seen == Seen::Turned {
                *count = match is_shown {
                    true => count.saturating_add(1),
                    false => count.saturating_sub(1),
                };
            }
            seen
        }
    };
    Some((instance, seen))
}

/// Returns the name to which a PTR record points, and whether the record appeared or disappeared.
fn pointer(change: &AnswerChange) -> Option<(&Name, Turn)> {
    let (answer, turn) = match change {
        AnswerChange::Added(answer) => (answer, Turn::Came),
        AnswerChange::Removed(answer, why) => (answer, Turn::Went(*why)),
        AnswerChange::AlsoHeard(_) | AnswerChange::Denied | AnswerChange::Unanswered => {
            return None;
        }
    };
    let RData::Ptr(name) = &answer.data else {
        return None;
    };
    Some((name, turn))
}

/// The part of a browse's room that must be free before it asks again for what it left out.
const ROOM_PART: usize = 8;
