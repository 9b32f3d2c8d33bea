//! Many streams read as one, on this thread, until a moment in time.
//!
//! In:  streams of reports, which may be added while others run.
//! Out: the next report, or the word that time is up or that all streams have ended.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Instant;

use futures_core::Stream;

/// A stream of anything the program says.
pub(crate) type Source<T> = Pin<Box<dyn Stream<Item = T>>>;

/// The streams being read.
pub(crate) struct Watch<T> {
    sources: Vec<Source<T>>,
    /// Whose turn it is first, so that a busy stream does not starve the others.
    turn: usize,
}

/// What came of waiting.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next<T> {
    Item(T),
    TimeUp,
    /// Every stream has ended.
    Ended,
}

impl<T> Watch<T> {
    /// Reads nothing yet.
    pub(crate) fn new() -> Self {
        Self {
            sources: Vec::new(),
            turn: 0,
        }
    }

    /// Reads this stream too.
    pub(crate) fn add(&mut self, source: impl Stream<Item = T> + 'static) {
        self.sources.push(Box::pin(source));
    }

    /// Waits for the next item until `deadline`, or for ever without one. What is there comes
    /// first, however late it is.
    pub(crate) fn next(&mut self, deadline: Option<Instant>) -> Next<T> {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut context = Context::from_waker(&waker);
        loop {
            if let Some(item) = self.poll(&mut context) {
                return Next::Item(item);
            }
            if self.sources.is_empty() {
                return Next::Ended;
            }
            let Some(deadline) = deadline else {
                thread::park();
                continue;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Next::TimeUp;
            }
            thread::park_timeout(left);
        }
    }

    /// The next item if one is there.
    pub(crate) fn ready(&mut self) -> Option<T> {
        self.poll(&mut Context::from_waker(Waker::noop()))
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Option<T> {
        let mut unread = self.sources.len();
        while unread > 0 {
            if self.turn >= self.sources.len() {
                self.turn = 0;
            }
            let source = self.sources.get_mut(self.turn)?;
            match source.as_mut().poll_next(context) {
                Poll::Ready(Some(item)) => {
                    self.turn += 1;
                    return Some(item);
                }
                Poll::Ready(None) => drop(self.sources.swap_remove(self.turn)),
                Poll::Pending => self.turn += 1,
            }
            unread -= 1;
        }
        None
    }
}

/// Turns the items of one stream into those of another, leaving out what has no counterpart.
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

/// A future as a stream of one item.
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

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests;
