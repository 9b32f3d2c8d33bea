//! The handle: what users hold, clone and drop.
//!
//! In:  a [`Builder`]'s choices; calls from any thread.
//! Out: requests to the driver, which lives for as long as a handle or a stream does.

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
/// Handles are cheap clones and can be used from any thread. The driver ends and its sockets are
/// closed when the last handle and the last stream are dropped, or by [`Mdns::shutdown`]. Dropping
/// the last one waits for that: some milliseconds as a rule, half a second at the most.
#[derive(Clone)]
pub struct Mdns(Arc<Handle>);

impl Mdns {
    /// Starts a driver on the default interfaces: those that are up and can multicast, without
    /// loopback, VPNs and containers.
    ///
    /// # Errors
    ///
    /// No interface to use, or no socket on any of them: see [`StartError`].
    pub fn new() -> Result<Self, StartError> {
        Self::builder().build()
    }

    /// Starts a driver with choices.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Every interface of this machine as of the last change: taken or refused, and why.
    pub fn interfaces(&self) -> Vec<Decision> {
        lock(&self.shared().state).decisions.to_vec()
    }

    /// What did not keep the driver from starting or going on, latest last, 64 at the most.
    pub fn warnings(&self) -> Vec<Arc<Warning>> {
        lock(&self.shared().state).warnings.clone()
    }

    /// What the driver has done, as of its last turn.
    pub fn metrics(&self) -> Metrics {
        *lock(&self.shared().metrics)
    }

    /// Doubts a service: what is known of it is asked for again, and forgotten if nobody confirms
    /// it within 10 seconds (RFC 6762 section 10.4).
    ///
    /// To be called when connecting to it has failed.
    ///
    /// # Errors
    ///
    /// The driver cannot be asked.
    pub fn reconfirm(&self, service: &Service) -> Result<(), DriverError> {
        self.shared()
            .send(Command::Reconfirm(service.instance().clone()))
    }

    /// Withdraws everything and ends the driver. Awaiting it waits until the goodbyes are on the
    /// wire and the sockets are closed, and gives what was sent where.
    ///
    /// All streams end, all other waits end with an error. Also when nobody awaits it.
    pub fn shutdown(&self) -> Shutdown {
        // Fails only when that has happened already.
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

/// What all clones of a handle share; the last one to go ends the driver.
struct Handle {
    shared: Arc<Shared>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        if self.shared.send(Command::Shutdown).is_ok() && !self.shared.is_own_thread() {
            // So that sockets and thread are gone when the handle is. Usually under a millisecond.
            self.shared.stopped.wait(CLOSE_WAIT_MAX);
        }
    }
}

/// Waits for the end of a driver. Made by [`Mdns::shutdown`].
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
    /// The driver cannot be waited for here ([`DriverError`]); it ends all the same, unless this
    /// process was forked off.
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

/// What handles and the driver share.
pub(crate) struct Shared {
    inbox: Inbox,
    alarm: Alarm,
    pub(crate) stopped: Latch,
    pub(crate) state: Mutex<State>,
    pub(crate) metrics: Mutex<Metrics>,
    pub(crate) memory: Memory,
    /// The process that the driver's thread is in.
    process: u32,
    /// The driver's thread, once it runs.
    thread: OnceLock<ThreadId>,
    next_id: AtomicU64,
    queue_capacity: usize,
}

/// What the driver lets handles see.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) decisions: Arc<[Decision]>,
    pub(crate) warnings: Vec<Arc<Warning>>,
    /// What was said at the end.
    pub(crate) goodbyes: Goodbyes,
    /// The system's name for this host, as the driver has last seen it.
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

    /// The same as a process sees it that was forked off since.
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

    /// Says whether the driver's thread is in this process. In one that was forked off it is not.
    pub(crate) fn is_here(&self) -> Result<(), DriverError> {
        match self.process == process::id() {
            true => Ok(()),
            false => Err(DriverError::Forked),
        }
    }

    /// Says whether this code may wait for the driver.
    pub(crate) fn may_wait(&self) -> Result<(), DriverError> {
        self.is_here()?;
        callback::may_wait()
    }

    /// Gives the driver a command and wakes it.
    pub(crate) fn send(&self, command: Command) -> Result<(), DriverError> {
        self.is_here()?;
        if self.inbox.push(command)? && !self.is_own_thread() {
            if let Err(error) = self.alarm.ring() {
                // The driver looks at its inbox at every turn, and turns at least every few seconds.
                tracing::warn!(%error, "waking the driver failed");
            }
        }
        Ok(())
    }

    pub(crate) fn take_commands(&self, commands: &mut Vec<Command>) {
        self.inbox.take(commands);
    }

    /// Finds the link of an interface in use.
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

    /// The system's name for this host, as far as the driver knows: what is registered before a
    /// change is noticed moves with what was registered before it.
    pub(crate) fn system_host(&self) -> Name {
        let known = lock(&self.state).system_host.clone();
        known.unwrap_or_else(|| register::system_host(None))
    }

    /// Keeps the warning of a decision, once.
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

    /// Keeps a warning for [`Mdns::warnings`]; of many, the oldest are forgotten.
    pub(crate) fn note(&self, warning: Warning) {
        let mut state = lock(&self.state);
        if state.warnings.len() >= WARNINGS_MAX {
            state.warnings.remove(0);
        }
        state.warnings.push(Arc::new(warning));
    }

    /// Remembers the name that was won for the one asked for.
    pub(crate) fn remember(self: &Arc<Self>, asked: Name, won: Name) {
        let complain = || -> Complain {
            let shared = Arc::clone(self);
            Box::new(move |error| shared.note_state(error))
        };
        self.memory.note(asked, won, complain);
    }

    /// Keeps and logs what is wrong with the state file.
    pub(crate) fn note_state(&self, error: StateFileError) {
        tracing::warn!(%error, "names are not remembered as they should be");
        self.note(Warning::StateFile(error));
    }

    pub(crate) fn enter_thread(&self) {
        callback::enter_driver_thread();
        let _ = self.thread.set(thread::current().id());
    }

    /// Refuses commands from now on and tells whoever waits for the end.
    pub(crate) fn leave_thread(&self) {
        self.inbox.close();
        self.memory.close();
        self.stopped.set();
    }

    fn is_own_thread(&self) -> bool {
        self.thread.get() == Some(&thread::current().id())
    }
}

/// Something that happens once and can be waited for.
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

    /// Waits on this thread; tells whether it has happened.
    fn wait(&self, timeout: Duration) -> bool {
        let listener = self.event.listen();
        self.is_set() || listener.wait_timeout(timeout).is_some()
    }
}

/// The moment so long from now.
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
