//! DriverState shared by handles and the driver's thread: the inbox, what handles can read, the end.
//!
//! In:  commands from handles; interfaces, warnings and metrics from the driver.
//! Out: commands for the driver; what handles read; a latch that reports the end.

use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{self, ThreadId};
use std::time::Duration;

use cooee_net::{Alarm, Clock, Decision, Family, InterfaceSelector};
use cooee_proto::dnssd::host_name;
use cooee_proto::link::LinkId;
use cooee_proto::time::Instant;
use cooee_wire::Name;
use event_listener::{EventListener, Listener};

use super::SubscriptionId;
use super::command::{Command, Inbox};
use crate::callback;
use crate::error::{DriverError, StateFileError, UnknownInterface};
use crate::event::publication::Goodbyes;
use crate::event::warning::Warning;
use crate::lock::lock;
use crate::memory::{Complain, Memory};
use crate::metrics::Metrics;
use crate::reflect::RuleStats;

/// DriverState shared by handles and the driver.
pub(crate) struct Shared {
    inbox: Inbox,
    alarm: Alarm,
    pub(crate) stopped: Latch,
    pub(crate) state: Mutex<DriverState>,
    pub(crate) metrics: Mutex<Metrics>,
    /// What each rule of the reflector has done.
    pub(crate) reflected: Mutex<Vec<RuleStats>>,
    pub(crate) memory: Memory,
    /// The process of the driver's thread.
    process: u32,
    /// The driver's thread, when it runs.
    thread: OnceLock<ThreadId>,
    next_id: AtomicU64,
    queue_capacity: usize,
}

/// DriverState of the driver that handles can see.
#[derive(Default)]
pub(crate) struct DriverState {
    pub(crate) decisions: Arc<[Decision]>,
    pub(crate) warnings: Vec<Arc<Warning>>,
    /// The goodbyes that were sent at the end.
    pub(crate) goodbyes: Goodbyes,
    /// The system's name for this host, as the driver last read it.
    pub(crate) system_host: Option<Name>,
    /// The families that the driver uses.
    pub(crate) families: Vec<Family>,
    /// The port of the sockets.
    pub(crate) port: u16,
}

impl Shared {
    pub(crate) fn new(alarm: Alarm, queue_capacity: usize, state_file: Option<&Path>) -> Self {
        let (memory, spoiled) = match state_file {
            Some(path) => Memory::open(path),
            None => (Memory::default(), None),
        };
        let shared = Self {
            inbox: Inbox::new(),
            alarm,
            stopped: Latch::default(),
            state: Mutex::default(),
            metrics: Mutex::default(),
            reflected: Mutex::default(),
            memory,
            process: process::id(),
            thread: OnceLock::new(),
            next_id: AtomicU64::new(0),
            queue_capacity,
        };
        if let Some(error) = spoiled {
            shared.note_state(error);
        }
        shared
    }

    /// Notes the families and the port of the sockets.
    pub(crate) fn note_reach(&self, families: Vec<Family>, port: u16) {
        let mut state = lock(&self.state);
        (state.families, state.port) = (families, port);
    }

    /// Returns the same, as seen by a process that was forked since.
    #[cfg(test)]
    pub(crate) fn into_forked_off(mut self) -> Self {
        self.process = self.process.wrapping_add(1);
        self
    }

    pub(crate) fn next_id(&self) -> SubscriptionId {
        SubscriptionId(self.next_id.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn queue_capacity(&self) -> usize {
        self.queue_capacity
    }

    /// Returns whether the driver's thread is in this process; in a forked process it is not.
    pub(crate) fn is_here(&self) -> Result<(), DriverError> {
        match self.process == process::id() {
            true => Ok(()),
            false => Err(DriverError::Forked),
        }
    }

    /// Returns whether this code may wait for the driver.
    pub(crate) fn may_wait(&self) -> Result<(), DriverError> {
        self.is_here()?;
        callback::may_wait()
    }

    /// Sends the driver a command and wakes it.
    pub(crate) fn send(&self, command: Command) -> Result<(), DriverError> {
        self.is_here()?;
        if self.inbox.push(command)? && !self.is_own_thread() {
            if let Err(error) = self.alarm.ring() {
                // The driver checks its inbox in every turn, and there is a turn at least every few
                // seconds.
                tracing::warn!(%error, "waking the driver failed");
            }
        }
        Ok(())
    }

    pub(crate) fn take_commands(&self, commands: &mut Vec<Command>) {
        self.inbox.take(commands);
    }

    /// Returns the link of an interface in use.
    pub(crate) fn link(
        &self,
        selector: Option<&InterfaceSelector>,
    ) -> Result<Option<LinkId>, UnknownInterface> {
        let Some(selector) = selector else {
            return Ok(None);
        };
        let state = lock(&self.state);
        let mut in_use = state.decisions.iter().filter(|decision| decision.selected);
        let found = in_use.clone().find(|decision| match selector {
            InterfaceSelector::Name(name) => decision.interface.name == *name,
            InterfaceSelector::Index(index) => decision.interface.index == *index,
        });
        match found {
            Some(decision) => Ok(Some(LinkId(decision.interface.index))),
            None => Err(UnknownInterface {
                given: selector.clone(),
                in_use: in_use
                    .by_ref()
                    .map(|decision| decision.interface.name.clone())
                    .collect(),
            }),
        }
    }

    /// Returns the system's name for this host, as far as the driver knows. What is registered
    /// before a change is noticed moves with the earlier registrations.
    pub(crate) fn system_host(&self) -> Name {
        let known = lock(&self.state).system_host.clone();
        known.unwrap_or_else(|| host_name::system_host_name(None))
    }

    /// Stores the warning of a decision, once.
    pub(crate) fn note_decision(&self, decision: &Decision) {
        let is_known = lock(&self.state)
            .warnings
            .iter()
            .any(|known| match &**known {
                Warning::Interface(known) => {
                    known.interface.index == decision.interface.index
                        && known.reason == decision.reason
                }
                Warning::Socket(_)
                | Warning::Open(_)
                | Warning::Changes(_)
                | Warning::StateFile(_)
                | Warning::Sending { .. }
                | Warning::SendingWorks { .. }
                | Warning::RateLimited
                | Warning::SourcesFilling { .. } => false,
            });
        if !is_known {
            self.note(Warning::Interface(decision.clone()));
        }
    }

    /// Stores a warning for [`Mdns::warnings`]; if there are too many, the oldest are dropped.
    pub(crate) fn note(&self, warning: Warning) {
        let mut state = lock(&self.state);
        if state.warnings.len() >= WARNINGS_MAX {
            state.warnings.remove(0);
        }
        state.warnings.push(Arc::new(warning));
    }

    /// Stores the name that was chosen instead of the requested one.
    pub(crate) fn remember(self: &Arc<Self>, asked: Name, won: Name) {
        let complain = || -> Complain {
            let shared = Arc::clone(self);
            Box::new(move |error| shared.note_state(error))
        };
        self.memory.note(asked, won, complain);
    }

    /// Stores and logs a problem with the state file.
    pub(crate) fn note_state(&self, error: StateFileError) {
        tracing::warn!(%error, "names are not remembered as they should be");
        self.note(Warning::StateFile(error));
    }

    pub(crate) fn enter_thread(&self) {
        callback::enter_driver_thread();
        let _ = self.thread.set(thread::current().id());
    }

    /// Refuses commands from now on, and informs those who wait for the end.
    pub(crate) fn leave_thread(&self) {
        self.inbox.close();
        self.memory.close();
        self.stopped.set();
    }

    pub(crate) fn is_own_thread(&self) -> bool {
        self.thread.get() == Some(&thread::current().id())
    }
}

/// An event that happens once and can be waited for.
#[derive(Default)]
pub(crate) struct Latch {
    set: AtomicBool,
    event: event_listener::Event,
}

impl Latch {
    pub(crate) fn listen(&self) -> EventListener {
        self.event.listen()
    }

    pub(crate) fn is_set(&self) -> bool {
        self.set.load(Ordering::Acquire)
    }

    fn set(&self) {
        self.set.store(true, Ordering::Release);
        callback::wake_by(|| {
            self.event.notify(usize::MAX);
        });
    }

    /// Waits on this thread. Returns whether it has happened.
    pub(crate) fn wait(&self, timeout: Duration) -> bool {
        let listener = self.event.listen();
        self.is_set() || listener.wait_timeout(timeout).is_some()
    }
}

/// Returns the moment this long from now.
pub(crate) fn after(duration: Duration) -> Instant {
    Instant::since_epoch(Clock::now()) + duration
}

/// How many warnings are kept.
const WARNINGS_MAX: usize = 64;
