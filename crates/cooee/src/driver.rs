//! The driver: one thread that owns the sockets and the engine.
//!
//! In:  datagrams, commands, interface changes, deadlines.
//! Out: datagrams, and events in the consumers' queues. It never waits for a consumer.
//!
//! Each turn first reads the sockets in rotation, within a budget, so that the kernel does not have
//! to drop datagrams. It answers at once what it can. Then it does everything else that is due,
//! sends the results, and wakes each consumer once.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use cooee_net::{
    Clock, Damper, Decision, InterfacesError, Received, RecvBatch, ResumeDetector, SelectionRule,
    SocketOptions, Waited, Waiter, Watcher,
};
use cooee_proto::config::Config;
use cooee_proto::dnssd::Agent;
use cooee_proto::dnssd::event::{AgentEvent, News};
use cooee_proto::link::LinkId;
use cooee_proto::time::Instant;
use cooee_proto::transmit::{Datagram, Ignored, Verdict};

use crate::error::StartError;
use crate::event::discovery::CachedRecord;
use crate::event::service::InterfaceNames;
use crate::event::warning::Warning;
use crate::lock::lock;
use crate::metrics::{Metrics, count};
use crate::session::command::{COMMANDS_KEPT, Command};
use crate::session::handle::Mdns;
use crate::session::publishing::Reply;
use crate::session::shared::Shared;

mod budget;
mod burst;
mod interfaces;
mod links;
mod monitors;
mod outbox;
mod port;
mod publications;
mod reflection;
mod requery;
mod selection;
mod sending;
mod subscriptions;
mod warnings;

use budget::Budget;
use burst::Burst;
use links::Links;
use monitors::Monitors;
use outbox::Outbox;
use port::{MDNS_PORT, exchange_port};
use publications::Publications;
use reflection::Reflection;
use requery::Requery;
use selection::Selection;
use sending::Pause;
use subscriptions::Subscriptions;
use warnings::Warnings;

/// The source of the system's name for this host.
pub(crate) type HostNames = fn() -> Option<String>;

/// The settings with which a driver starts.
pub(crate) struct Settings {
    pub(crate) rule: SelectionRule,
    pub(crate) config: Config,
    pub(crate) sockets: SocketOptions,
    pub(crate) queue_capacity: usize,
    pub(crate) state_file: Option<PathBuf>,
    pub(crate) host_names: HostNames,
}

/// Opens the sockets, starts the thread, and returns the first handle.
pub(crate) fn start(settings: Settings) -> Result<Mdns, StartError> {
    let watcher = Watcher::new().map_err(InterfacesError::from)?;
    let selection = Selection::new(settings.rule);
    let decisions = selection
        .first(watcher.interfaces())
        .map_err(InterfacesError::from)?;
    let waiter = Waiter::new().map_err(StartError::Wait)?;
    let state_file = settings.state_file.as_deref();
    let shared = Shared::new(waiter.alarm(), settings.queue_capacity, state_file);
    let shared = Arc::new(shared);
    shared.note_reach(selection.families(), settings.sockets.port);
    let mut config = settings.config;
    let has_unicast = !cooee_net::port_is_shared(settings.sockets.port);
    config.unicast_responses = has_unicast;
    let source_check = config.source_check;
    let now = Instant::since_epoch(Clock::now());
    let seed = RandomState::new().hash_one(now.as_nanos());
    let watcher = waiter.watch_changes(watcher, CHANGES_KEY);
    let watcher = watcher.map_err(|error| {
        tracing::warn!(%error, "interface changes cannot be followed");
        shared.note(Warning::Changes(error));
    });
    let mut driver = Driver {
        links: Links::new(selection.families(), settings.sockets),
        agent: Agent::new(config, seed, now),
        subscriptions: Subscriptions::default(),
        publications: Publications::new(shared.memory.is_on()),
        monitors: Monitors::default(),
        outbox: Outbox::default(),
        batch: RecvBatch::new(),
        names: InterfaceNames::default(),
        warnings: Warnings::default(),
        burst: Burst::default(),
        requery: Requery::new(),
        reflection: Reflection::new(seed, source_check, has_unicast),
        metrics: Metrics::default(),
        damper: Damper::new(),
        resume: ResumeDetector::new(),
        recheck_at: now,
        host_names: settings.host_names,
        host_name_at: now,
        pause: Pause::default(),
        ready: Vec::new(),
        reading: VecDeque::new(),
        commands: Vec::new(),
        selection,
        watcher: watcher.ok(),
        waiter,
        shared: Arc::clone(&shared),
    };
    driver.open(now, decisions)?;
    let ended = Ended(Arc::clone(&shared));
    thread::Builder::new()
        .name("cooee".to_owned())
        .spawn(move || {
            let ended = ended;
            ended.0.enter_thread();
            driver.run();
        })
        .map_err(StartError::Thread)?;
    Ok(Mdns::from_shared(shared))
}

/// Reports that the driver has ended, for any reason, after everything it held is dropped.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.leave_thread();
    }
}

struct Driver {
    shared: Arc<Shared>,
    // Sockets and watcher are removed from the waiter before the waiter is dropped.
    links: Links,
    watcher: Option<Waited<Watcher>>,
    waiter: Waiter,
    agent: Agent,
    subscriptions: Subscriptions,
    publications: Publications,
    monitors: Monitors,
    outbox: Outbox,
    batch: RecvBatch,
    names: InterfaceNames,
    warnings: Warnings,
    selection: Selection,
    damper: Damper,
    resume: ResumeDetector,
    /// When to list the interfaces, even without a change notification.
    recheck_at: Instant,
    host_names: HostNames,
    /// When to check the system's name for this host; at the latest in the turn after that.
    host_name_at: Instant,
    /// How long the next wait may be.
    pause: Pause,
    burst: Burst,
    requery: Requery,
    reflection: Reflection,
    metrics: Metrics,
    // Kept between turns to reuse their memory.
    ready: Vec<usize>,
    reading: VecDeque<usize>,
    commands: Vec<Command>,
}

impl Driver {
    /// Opens the first sockets.
    fn open(&mut self, now: Instant, decisions: Vec<Decision>) -> Result<(), StartError> {
        let failures = self.apply(now, decisions, &[]);
        if self.links.open_sockets() == 0 && !failures.is_empty() {
            return Err(StartError::Open { failures });
        }
        for failure in failures {
            tracing::warn!(error = %failure, "a socket could not be opened; trying again later");
            self.shared.note(Warning::Open(failure));
        }
        self.recheck_at = now + self.recheck_interval();
        self.follow_host_name(now);
        self.publish();
        Ok(())
    }

    fn run(mut self) {
        while self.turn().is_continue() {
            self.wait();
        }
        self.leave(time());
    }

    /// Waits for something to do.
    fn wait(&mut self) {
        if let Some(pause) = self.burst.pause(time()) {
            thread::sleep(pause);
        }
        let now = time();
        let deadlines = [
            self.agent.poll_timeout().map(|deadline| deadline.at),
            self.subscriptions.deadline(),
            self.publications.deadline(),
            self.links.deadline(),
            self.requery.deadline(),
            self.reflection.deadline(),
            self.damper.deadline().map(Instant::since_epoch),
            Some(self.recheck_at),
            Some(now + WAIT_MAX),
        ];
        let next = deadlines.into_iter().flatten().min().unwrap_or(now);
        let timeout = match self.pause {
            Pause::UntilDue => next.saturating_since(now),
            Pause::None => Duration::ZERO,
            Pause::AtLeast(pause) => next.saturating_since(now).max(pause),
        };
        if let Err(error) = self.waiter.wait(Some(timeout), &mut self.ready) {
            tracing::error!(%error, "waiting for sockets failed");
            self.ready.clear();
            // Nothing reports datagrams now; a pause keeps this from using up the CPU.
            thread::sleep(FAILED_WAIT_PAUSE);
        }
    }

    /// Does everything that is due, once.
    fn turn(&mut self) -> ControlFlow<()> {
        count(&mut self.metrics.driver.turns, 1);
        self.burst.begin();
        self.receive();
        if self.burst.has_query() || self.reflection.is_due(time()) {
            self.transmit(time());
            if self.outbox.has_multicast() {
                // The copies for this host are already there, and one of them is ours.
                self.receive();
            }
        }
        let now = time();
        self.notice_resume(now);
        self.follow_changes(now);
        if self.host_name_at <= now {
            self.follow_host_name(now);
        }
        self.query_again(now);
        self.handle_commands(now)?;
        self.time_out(now);
        self.subscriptions.restart_due(now, &mut self.agent);
        self.tell(now);
        self.subscriptions.on_timeout(now, &mut self.agent);
        self.publications.on_timeout(now, &mut self.agent);
        self.transmit(now);
        // A packet that could not be sent is also news.
        self.warnings
            .apply(&mut self.agent, &self.shared, &self.names);
        self.tell(now);
        self.publish();
        let woken = [
            self.subscriptions.wake(),
            self.publications.wake(),
            self.monitors.wake(),
        ];
        let woken = woken.into_iter().fold(0, u64::saturating_add);
        count(&mut self.metrics.queues.wakes, woken);
        ControlFlow::Continue(())
    }

    /// Reads the sockets in rotation, one batch of each, within the budget.
    fn receive(&mut self) {
        self.reading.clear();
        self.reading
            .extend(self.ready.iter().filter(|key| **key != CHANGES_KEY));
        let mut budget = Budget::new(time());
        while let Some(key) = self.reading.pop_front() {
            let now = time();
            if budget.is_spent(now) {
                // The sockets are still readable, so the next wait ends at once.
                count(&mut self.metrics.driver.turns_cut_short, 1);
                self.burst.cut_short();
                return;
            }
            let Some(socket) = self.links.socket(key) else {
                continue;
            };
            match socket.recv_batch(&mut self.batch) {
                Ok(0) => {}
                Ok(count) => {
                    budget.spend(count);
                    let link = LinkId(socket.interface_index());
                    self.requery.note(now, key, link, socket.dropped());
                    self.links.note_received(key);
                    self.take_batch(now, link);
                    // A batch with room left has emptied the socket. If more datagrams have arrived
                    // since, the next wait ends at once.
                    if self.batch.is_full() {
                        self.reading.push_back(key);
                    }
                }
                Err(error) => {
                    count(&mut self.metrics.sockets.receive_errors, 1);
                    self.links.note_failure(now, key, &error);
                }
            }
        }
    }

    fn take_batch(&mut self, now: Instant, socket_link: LinkId) {
        for received in self.batch.iter() {
            count(&mut self.metrics.sockets.received, 1);
            count(
                &mut self.metrics.sockets.received_bytes,
                received.bytes.len() as u64,
            );
            let link = match received.interface_index {
                0 => socket_link,
                index => LinkId(index),
            };
            let Received {
                source,
                destination,
                bytes,
                ttl,
                age,
                ..
            } = received;
            let datagram = Datagram {
                link,
                source: exchange_port(source, self.links.port(), MDNS_PORT),
                destination,
                bytes,
            };
            let verdict = self.agent.handle_late_datagram(now, age, datagram);
            self.burst.hear(verdict);
            if verdict != Verdict::Ignored(Ignored::RateLimited) {
                self.reflection.handle_datagram(now, datagram);
            }
            tracing::trace!(%link, %source, %destination, len = bytes.len(), ?verdict, "datagram");
            if !self.monitors.is_empty() {
                self.monitors.seen(&datagram, verdict, ttl, &self.names);
            }
        }
    }

    /// Executes the commands of the handles.
    fn handle_commands(&mut self, now: Instant) -> ControlFlow<()> {
        let mut commands = std::mem::take(&mut self.commands);
        self.shared.take_commands(&mut commands);
        count(&mut self.metrics.driver.commands, commands.len() as u64);
        for command in commands.drain(..) {
            match command {
                Command::Start {
                    id,
                    request,
                    sink,
                    ending,
                } => {
                    self.subscriptions
                        .start(now, &mut self.agent, id, request, sink, ending);
                }
                Command::Restart(id) => self.subscriptions.restart(now, id),
                Command::Stop(id) => {
                    self.subscriptions.stop(now, &mut self.agent, id);
                    self.monitors.remove(id);
                    self.publications.stop_watching(id);
                }
                Command::Cached { name, rtype, reply } => {
                    let found = self.agent.cached(now, &name, rtype);
                    let found = found.map(|found| CachedRecord::new(found, &self.names));
                    reply.push(Reply(found.collect()));
                }
                Command::Publish(publish) => {
                    self.publications.start(now, &mut self.agent, *publish);
                }
                Command::Watch {
                    id,
                    watcher,
                    sender,
                } => self.publications.watch(id, watcher, sender),
                Command::Update(updating) => {
                    self.publications.update(now, &mut self.agent, updating);
                }
                Command::Withdraw { id, reply } => {
                    self.publications.withdraw(now, &mut self.agent, id, reply);
                }
                Command::Monitor { id, link, sender } => self.monitors.add(id, link, sender),
                Command::Reflect(rules) => {
                    self.reflection.set_rules(rules);
                    // What was published between the call and now is that of the old rules.
                    lock(&self.shared.reflected).clear();
                }
                Command::Reconfirm(instance) => self.agent.reconfirm(now, &instance),
                Command::Shutdown => return ControlFlow::Break(()),
            }
        }
        commands.shrink_to(COMMANDS_KEPT);
        self.commands = commands;
        ControlFlow::Continue(())
    }

    fn time_out(&mut self, now: Instant) {
        if self
            .agent
            .poll_timeout()
            .is_some_and(|deadline| deadline.at <= now)
        {
            self.agent.handle_timeout(now);
        }
    }

    /// Passes the engine's events on to the consumers' queues. A consumer may read its queue at any
    /// time, so what led to an event is counted for all to see before the event is told.
    fn tell(&mut self, now: Instant) {
        let mut next = self.agent.poll_event();
        if next.is_some() {
            self.publish();
        }
        while let Some(event) = next {
            let (agent, names) = (&mut self.agent, &self.names);
            let AgentEvent { request, news } = event;
            match news {
                News::Publication(news) => {
                    self.publications
                        .deliver(now, agent, (request, news), names);
                }
                News::Discovery(news) => {
                    let metrics = &mut self.metrics.queues;
                    let event = (request, news);
                    self.subscriptions
                        .deliver(now, agent, event, names, metrics);
                }
            }
            next = self.agent.poll_event();
        }
        for (asked, won) in self.publications.take_won() {
            self.shared.remember(asked, won);
        }
    }

    /// Publishes the metrics for the handles.
    fn publish(&mut self) {
        self.metrics.engine = self.agent.stats();
        let requests = [
            self.subscriptions.len(),
            self.publications.len(),
            self.monitors.len(),
        ];
        self.metrics.queues.requests = requests.into_iter().fold(0, usize::saturating_add);
        self.metrics.sockets.open = self.links.open_sockets();
        self.metrics.sockets.dropped_by_kernel = self.links.dropped();
        self.metrics.sockets.reopened = self.links.reopened();
        *lock(&self.shared.metrics) = self.metrics;
        if self.reflection.is_on() {
            let mut reflected = lock(&self.shared.reflected);
            reflected.clear();
            reflected.extend(self.reflection.stats());
        }
    }
}

/// Returns the time now, by the clock that counts suspend.
fn time() -> Instant {
    Instant::since_epoch(Clock::now())
}

fn elapsed(at: Instant) -> Duration {
    Duration::from_nanos(at.as_nanos())
}

/// The key of the interface watcher. Keys of sockets contain interface indices, which are never 0.
const CHANGES_KEY: usize = 0;

/// The longest wait. The system's timers may stop while the machine sleeps, so a deadline or a
/// resume can be noticed this late.
const WAIT_MAX: Duration = Duration::from_secs(5);

const FAILED_WAIT_PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests;
