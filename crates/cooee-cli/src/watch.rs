//! Many streams read as one, on this thread, until a moment in time.
//!
//! In:  streams of reports, which may be added while others run.
//! Out: the next report; or that time is up, or that all streams have ended.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Instant;

use futures_core::Stream;

/// A stream of anything the program says.
pub(crate) type Source<T> = Pin<Box<dyn Stream<Item = T>>>;

/// The streams being read. Only those with something to read are polled, in turn.
pub(crate) struct Watch<T> {
    sources: HashMap<SourceId, (Source<T>, Waker)>,
    next_id: u64,
    calls: Arc<Calls>,
}

/// A stream among those being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SourceId(u64);

/// The result of waiting.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next<T> {
    Item(T),
    TimeUp,
    /// Every stream has ended.
    Ended,
}

impl<T> Watch<T> {
    /// Creates a watch without streams.
    pub(crate) fn new() -> Self {
        let calls = Calls {
            waiting: Mutex::default(),
            reader: thread::current(),
        };
        Self {
            sources: HashMap::new(),
            next_id: 0,
            calls: Arc::new(calls),
        }
    }

    /// Adds a stream, and reads it first once.
    pub(crate) fn add(&mut self, source: impl Stream<Item = T> + 'static) -> SourceId {
        let id = SourceId(self.next_id);
        self.next_id = self.next_id.wrapping_add(1);
        let caller = Caller {
            id,
            calls: Arc::clone(&self.calls),
        };
        let waker = Waker::from(Arc::new(caller));
        self.sources.insert(id, (Box::pin(source), waker));
        self.calls.lock().push_front(id);
        id
    }

    /// Removes a stream, and drops it.
    pub(crate) fn remove(&mut self, id: SourceId) {
        self.sources.remove(&id);
    }

    /// Waits for the next item until `deadline`, or for ever without one. An item that is there
    /// comes first, even after the deadline.
    pub(crate) fn next(&mut self, deadline: Option<Instant>) -> Next<T> {
        loop {
            if let Some(item) = self.ready() {
                return Next::Item(item);
            }
            if self.sources.is_empty() {
                return Next::Ended;
            }
            if !wait(deadline) {
                return Next::TimeUp;
            }
        }
    }

    /// Returns the next item if there is one.
    pub(crate) fn ready(&mut self) -> Option<T> {
        loop {
            let id = self.calls.lock().pop_front()?;
            let Some((source, waker)) = self.sources.get_mut(&id) else {
                continue;
            };
            let mut context = Context::from_waker(waker);
            match source.as_mut().poll_next(&mut context) {
                Poll::Ready(Some(item)) => {
                    // It may have more: it goes to the end of the line, so that it blocks no other.
                    self.calls.lock().push_back(id);
                    return Some(item);
                }
                Poll::Ready(None) => drop(self.sources.remove(&id)),
                Poll::Pending => {}
            }
        }
    }
}

/// Waits until a stream of any watch of this thread calls, or without a reason. Returns `false` if
/// it is already `deadline`.
pub(crate) fn wait(deadline: Option<Instant>) -> bool {
    let Some(deadline) = deadline else {
        thread::park();
        return true;
    };
    let left = deadline.saturating_duration_since(Instant::now());
    if !left.is_zero() {
        thread::park_timeout(left);
    }
    !left.is_zero()
}

/// The streams that have called, in order.
struct Calls {
    waiting: Mutex<VecDeque<SourceId>>,
    reader: Thread,
}

impl Calls {
    fn lock(&self) -> MutexGuard<'_, VecDeque<SourceId>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Calls for one stream.
struct Caller {
    id: SourceId,
    calls: Arc<Calls>,
}

impl Wake for Caller {
    fn wake(self: Arc<Self>) {
        self.calls.lock().push_back(self.id);
        self.calls.reader.unpark();
    }
}

/// Converts the items of one stream into those of another, leaving out those without a counterpart.
pub(crate) struct Mapped<S, F> {
    stream: S,
    map: F,
}

impl<S, F> Mapped<S, F> {
    /// Reads `stream` through `map`.
    pub(crate) fn new(stream: S, map: F) -> Self {
        Self { stream, map }
    }
}

impl<S, F, T> Stream for Mapped<S, F>
where
    S: Stream + Unpin,
    F: FnMut(S::Item) -> Option<T> + Unpin,
{
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        let this = &mut *self;
        loop {
            match Pin::new(&mut this.stream).poll_next(context) {
                Poll::Ready(Some(item)) => {
                    if let Some(mapped) = (this.map)(item) {
                        return Poll::Ready(Some(mapped));
                    }
                }
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

/// Returns a future as a stream of one item.
pub(crate) fn once<F: Future + 'static>(future: F) -> impl Stream<Item = F::Output> {
    Once(Some(Box::pin(future)))
}

struct Once<F>(Option<Pin<Box<F>>>);

impl<F: Future> Stream for Once<F> {
    type Item = F::Output;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<F::Output>> {
        let Some(future) = self.0.as_mut() else {
            return Poll::Ready(None);
        };
        future.as_mut().poll(context).map(|output| {
            self.0 = None;
            Some(output)
        })
    }
}

#[cfg(test)]
mod tests;
