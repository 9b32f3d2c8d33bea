//! The handle: users hold, clone and drop it.
//!
//! In:  a [`Builder`]'s options; calls from any thread.
//! Out: requests to the driver, which lives as long as a handle or a stream does.

use std::fmt;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::process;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::thread::{self, ThreadId};
use std::time::Duration;

use cooee_net::{Alarm, Clock, Decision, InterfaceSelector};
use cooee_proto::link::LinkId;
use cooee_proto::time::Instant;
use cooee_wire::Name;
use event_listener::{EventListener, Listener};

use crate::command::{Command, Inbox, Request, Sink, SubscriptionId};
use crate::error::{DriverError, StartError, UnknownInterface, Warning};
use crate::memory::{Complain, Memory, StateFileError};
use crate::metrics::Metrics;
use crate::publication::Goodbyes;
use crate::queue::Receiver;
use crate::register;
use crate::service::Service;
use crate::stream::{Feed, Told};
use crate::{blocking, callback};

mod builder;

pub use builder::{Builder, interfaces};
pub(crate) use builder::{HostNames, Settings};

/// A handle to a Multicast DNS driver: one thread with its sockets and its cache.
///
/// Handles are cheap to clone and can be used from any thread. The driver ends, and its sockets are
/// closed, when the last handle and the last stream are dropped, or by [`Mdns::shutdown`]. Dropping
/// the last one waits for that: usually some milliseconds, at most half a second.
#[derive(Clone)]
pub struct Mdns(Arc<Handle>);

impl Mdns {
    /// Starts a driver on the default interfaces: those that are up and support multicast, without
    /// loopback, VPNs and containers.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no interface to use, or if no socket can be opened on any of
    /// them; see [`StartError`].
    pub fn new() -> Result<Self, StartError> {
        Self::builder().build()
    }

    /// Starts a driver with options.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Returns every interface of this machine as of the last change: used or not, and why.
    pub fn interfaces(&self) -> Vec<Decision> {
        lock(&self.shared().state).decisions.to_vec()
    }

    /// Returns the problems with which the driver started or went on, latest last, at most 64.
    pub fn warnings(&self) -> Vec<Arc<Warning>> {
        lock(&self.shared().state).warnings.clone()
    }

    /// Returns what the driver has done, as of its last turn.
    pub fn metrics(&self) -> Metrics {
        *lock(&self.shared().metrics)
    }

    /// Re-verifies a service (RFC 6762 section 10.4): its records are asked for again, and removed
    /// if no answer confirms them within 10 seconds.
    ///
    /// Call this when connecting to the service has failed.
    ///
    /// # Errors
    ///
    /// Returns an error if the driver accepts no requests.
    pub fn reconfirm(&self, service: &Service) -> Result<(), DriverError> {
        self.shared()
            .send(Command::Reconfirm(service.instance().clone()))
    }

    /// Withdraws everything and ends the driver. Awaiting it waits until the goodbyes are sent and
    /// the sockets are closed, and returns what was sent where.
    ///
    /// All streams end, and all other waits end with an error, even if the result is not awaited.
    pub fn shutdown(&self) -> Shutdown {
        // Fails only if that has already happened.
        let _ = self.shared().send(Command::Shutdown);
        Shutdown {
            shared: Arc::clone(self.shared()),
            listener: None,
        }
    }

    pub(crate) fn from_shared(shared: Arc<Shared>) -> Self {
        Self(Arc::new(Handle { shared }))
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0.shared
    }

    /// Starts a request; `deadline` counts from now.
    pub(crate) fn start<T: Told>(
        &self,
        request: Request,
        sink: Sink,
        receiver: Receiver<T>,
        deadline: Option<Duration>,
    ) -> Result<Feed<T>, DriverError> {
        let id = self.shared().next_id();
        let deadline = deadline.map(after);
        self.shared().send(Command::Start {
            id,
            request,
            sink,
            deadline,
        })?;
        Ok(Feed::new(receiver, id, self.clone()))
    }
}

impl fmt::Debug for Mdns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mdns")
            .field("stopped", &self.shared().stopped.is_set())
            .finish()
    }
}

/// Shared by all clones of a handle; dropping the last one ends the driver.
struct Handle {
    shared: Arc<Shared>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        if self.shared.send(Command::Shutdown).is_ok() && !self.shared.is_own_thread() {
            // Makes sure that sockets and thread are gone when the handle is. Usually takes less
            // than a millisecond.
            self.shared.stopped.wait(CLOSE_WAIT_MAX);
        }
    }
}

/// Waits for the end of a driver. Created by [`Mdns::shutdown`].
#[must_use = "the driver ends all the same, but only awaiting tells when it has"]
pub struct Shutdown {
    shared: Arc<Shared>,
    listener: Option<EventListener>,
}

impl Shutdown {
    /// Waits on this thread: the blocking twin of awaiting it.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not possible to wait for the driver here ([`DriverError`]). The
    /// driver ends anyway, unless this process was forked.
    pub fn wait(self) -> Result<Goodbyes, DriverError> {
        blocking::wait(self)
    }
}

impl Future for Shutdown {
    type Output = Result<Goodbyes, DriverError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.shared.is_here()?;
        loop {
            if self.shared.stopped.is_set() {
                return Poll::Ready(Ok(lock(&self.shared.state).goodbyes.clone()));
            }
            self.shared.may_wait()?;
            let Some(listener) = self.listener.as_mut() else {
                self.listener = Some(self.shared.stopped.event.listen());
                continue;
            };
            match Pin::new(listener).poll(context) {
                Poll::Ready(()) => self.listener = None,
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl fmt::Debug for Shutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shutdown")
            .field("done", &self.shared.stopped.is_set())
            .finish()
    }
}

/// State shared by handles and the driver.
pub(crate) struct Shared {
    inbox: Inbox,
    alarm: Alarm,
    pub(crate) stopped: Latch,
    pub(crate) state: Mutex<State>,
    pub(crate) metrics: Mutex<Metrics>,
    pub(crate) memory: Memory,
    /// The process of the driver's thread.
    process: u32,
    /// The driver's thread, once it runs.
    thread: OnceLock<ThreadId>,
    next_id: AtomicU64,
    queue_capacity: usize,
}

/// State of the driver that handles can see.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) decisions: Arc<[Decision]>,
    pub(crate) warnings: Vec<Arc<Warning>>,
    /// The goodbyes that were sent at the end.
    pub(crate) goodbyes: Goodbyes,
    /// The system's name for this host, as the driver last read it.
    pub(crate) system_host: Option<Name>,
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

    /// The same, as seen by a process that was forked since.
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
        known.unwrap_or_else(|| register::system_host(None))
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

    fn is_own_thread(&self) -> bool {
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
    fn wait(&self, timeout: Duration) -> bool {
        let listener = self.event.listen();
        self.is_set() || listener.wait_timeout(timeout).is_some()
    }
}

/// Returns the moment this long from now.
pub(crate) fn after(duration: Duration) -> Instant {
    Instant::since_epoch(Clock::now()) + duration
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long dropping the last handle waits for the driver to close its sockets.
const CLOSE_WAIT_MAX: Duration = Duration::from_millis(500);

/// How many warnings are kept.
const WARNINGS_MAX: usize = 64;
