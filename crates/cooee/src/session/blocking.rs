//! Blocking twins: iterators over every stream, waits for every future.
//!
//! In:  a stream or a future, which the driver's thread advances.
//! Out: the same events and results, on a thread that sleeps until they come. No runtime is needed.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! let mdns = cooee::Mdns::new()?;
//! let services = mdns.browse("_http._tcp").start()?.blocking();
//! for event in services.for_at_most(Duration::from_secs(3)) {
//!     println!("{event}");
//! }
//! let printer = mdns.resolve("_ipp._tcp", "Front Desk").wait()?;
//! println!("{:?}", printer.socket_addrs());
//! mdns.shutdown().wait()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use futures_core::Stream;

use super::shared::Shared;
use crate::callback;
use crate::error::{DriverError, variants};

/// A stream as an iterator that waits for each event.
///
/// The iterator ends when the driver has shut down, which any thread can request. It also ends
/// where it is not possible to wait for the driver ([`DriverError`]). Dropping it stops the
/// request.
#[must_use = "an iterator tells nothing unless it is read, and dropping it stops the request"]
pub struct Events<S> {
    stream: S,
    shared: Arc<Shared>,
}

/// Why [`Events::next_timeout`] returned no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NextError {
    /// No event came in time. More may come.
    TimedOut,
    /// No event will come: the driver has shut down, or everything was reported.
    Stopped,
    /// It is not possible to wait for the driver here.
    Driver(DriverError),
}

impl fmt::Display for NextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("no event came in time"),
            Self::Stopped => {
                f.write_str("the Multicast DNS driver has shut down, or has no more events")
            }
            Self::Driver(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NextError {}

variants! {
    NextError: Driver(DriverError);
}

impl<S: Stream + Unpin> Events<S> {
    pub(crate) fn new(stream: S, shared: Arc<Shared>) -> Self {
        Self { stream, shared }
    }

    /// Waits for the next event, for at most `timeout`. With zero, takes an event that is already
    /// there.
    ///
    /// # Errors
    ///
    /// Returns [`NextError::TimedOut`] if no event came in time, [`NextError::Stopped`] after a
    /// shutdown, and [`NextError::Driver`] where it is not possible to wait for the driver.
    pub fn next_timeout(&mut self, timeout: Duration) -> Result<S::Item, NextError> {
        self.next_until(Instant::now().checked_add(timeout))
    }

    /// Iterates until `duration` from now has passed, for any number of events.
    pub fn for_at_most(self, duration: Duration) -> Until<S> {
        Until {
            deadline: Instant::now().checked_add(duration),
            events: self,
        }
    }

    /// Returns the stream.
    pub fn into_stream(self) -> S {
        self.stream
    }

    /// Waits until `deadline`; `None` means without a limit.
    fn next_until(&mut self, deadline: Option<Instant>) -> Result<S::Item, NextError> {
        let stream = &mut self.stream;
        let next =
            std::future::poll_fn(|context| std::pin::Pin::new(&mut *stream).poll_next(context));
        // On a driver's thread it ends with an error, in any function that calls it.
        let _inside = callback::Inside::enter();
        match poll_until(next, deadline) {
            Some(Some(event)) => Ok(event),
            Some(None) => Err(self
                .shared
                .may_wait()
                .map_or_else(NextError::Driver, |()| NextError::Stopped)),
            None => Err(NextError::TimedOut),
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for Events<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("stream", &self.stream)
            .finish_non_exhaustive()
    }
}

impl<S: Stream + Unpin> Iterator for Events<S> {
    type Item = S::Item;

    fn next(&mut self) -> Option<S::Item> {
        self.next_until(None).ok()
    }
}

/// An iterator over events that ends at a set time. Created by [`Events::for_at_most`].
#[derive(Debug)]
#[must_use = "an iterator tells nothing unless it is read, and dropping it stops the request"]
pub struct Until<S> {
    events: Events<S>,
    deadline: Option<Instant>,
}

impl<S: Stream + Unpin> Iterator for Until<S> {
    type Item = S::Item;

    fn next(&mut self) -> Option<S::Item> {
        self.events.next_until(self.deadline).ok()
    }
}

/// Waits for a future whose end the driver guarantees: by its deadline, or by ending itself.
pub(crate) fn wait<F: Future>(future: F) -> F::Output {
    let _inside = callback::Inside::enter();
    let mut future = pin!(future);
    loop {
        if let Some(output) = poll_until(future.as_mut(), None) {
            return output;
        }
    }
}

/// Polls a future on this thread until it is ready or the deadline has passed.
fn poll_until<F: Future>(future: F, deadline: Option<Instant>) -> Option<F::Output> {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Parked(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
        let Some(deadline) = deadline else {
            thread::park();
            continue;
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        thread::park_timeout(left);
    }
}

struct Parked(Thread);

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests;
