//! Streams: what all subscriptions have in common.
//!
//! In:  a queue that the driver fills.
//! Out: `Stream`, `next`, `try_next` and the blocking twin, the same for every kind of event.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::SubscriptionId;
use super::command::{Command, Ending, Request, Sink};
use super::handle::Mdns;
use super::queue::{Coalesce, End, Overflow, Received, Receiver, Sender, channel};
use super::shared::{Shared, after};
use super::unread::IntoEvent;
use crate::callback;
use crate::error::DriverError;

impl Mdns {
    /// Starts a request whose events go into a new queue. With a deadline, which counts from now,
    /// it ends with its answer; without, when the queue is dropped.
    pub(crate) fn subscribe<T: IntoEvent>(
        &self,
        request: Request,
        sink: impl FnOnce(Sender<T>) -> Sink,
        deadline: Option<Duration>,
    ) -> Result<Feed<T>, DriverError> {
        let shared = self.shared();
        let (sender, receiver) = channel(shared.queue_capacity(), Overflow::Restart);
        let id = shared.next_id();
        shared.send(Command::Start {
            id,
            request,
            sink: sink(sender),
            ending: match deadline {
                Some(deadline) => Ending::WithAnswer {
                    by: after(deadline),
                },
                None => Ending::WhenStopped,
            },
        })?;
        Ok(Feed::new(receiver, id, self.clone()))
    }
}

/// The consumer's side of a request; dropping it stops the request.
pub(crate) struct Feed<T: Coalesce> {
    receiver: Receiver<T>,
    id: SubscriptionId,
    /// Keeps the driver alive as long as there is a reader.
    mdns: Mdns,
}

impl<T: IntoEvent> Feed<T> {
    pub(crate) fn new(receiver: Receiver<T>, id: SubscriptionId, mdns: Mdns) -> Self {
        Self { receiver, id, mdns }
    }

    pub(crate) fn poll(&self, context: &mut Context<'_>) -> Poll<Result<T::Event, End>> {
        if let Err(error) = self.mdns.shared().is_here() {
            return Poll::Ready(Err(End::Driver(error)));
        }
        loop {
            match self.receiver.poll(context) {
                Poll::Ready(Ok(received)) => {
                    if let Some(event) = self.read(received) {
                        return Poll::Ready(Ok(event));
                    }
                }
                Poll::Ready(Err(end)) => return Poll::Ready(Err(end)),
                Poll::Pending => {
                    // A driver that waits for this code to return can never send it anything.
                    return match callback::may_wait() {
                        Ok(()) => Poll::Pending,
                        Err(error) => Poll::Ready(Err(End::Driver(error))),
                    };
                }
            }
        }
    }

    pub(crate) async fn next(&self) -> Result<T::Event, End> {
        poll_fn(|context| self.poll(context)).await
    }

    pub(crate) fn try_next(&self) -> Option<T::Event> {
        loop {
            if let Some(event) = self.read(self.receiver.try_next()?) {
                return Some(event);
            }
        }
    }

    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(self.mdns.shared())
    }

    /// Reads an item. After a gap, asks the driver to report the current state from the start.
    fn read(&self, received: Received<T>) -> Option<T::Event> {
        match received {
            Received::Item(item) => Some(item.into_event()),
            Received::Lagged(missed) => {
                // Fails only if the driver has ended, which the queue will report.
                let _ = self.mdns.shared().send(Command::Restart(self.id));
                T::lagged(missed)
            }
        }
    }
}

impl<T: Coalesce> Drop for Feed<T> {
    fn drop(&mut self) {
        // Fails only if the driver has ended, with all requests.
        let _ = self.mdns.shared().send(Command::Stop(self.id));
    }
}

/// Generates a public stream over a [`Feed`].
macro_rules! stream {
    ($(#[$attribute:meta])* $name:ident of $item:ty => $event:ty) => {
        $(#[$attribute])*
        #[must_use = "a stream tells nothing unless it is read, and dropping it stops the request"]
        pub struct $name {
            pub(crate) feed: $crate::session::stream::Feed<$item>,
        }

        impl $name {
            /// Waits for the next event. Returns `None` when the driver has shut down, or if it is
            /// not possible to wait for it ([`DriverError`]($crate::DriverError)).
            pub async fn next(&mut self) -> Option<$event> {
                self.feed.next().await.ok()
            }

            /// Returns the next event if there is one, without waiting.
            pub fn try_next(&mut self) -> Option<$event> {
                self.feed.try_next()
            }

            /// Turns the stream into a blocking iterator.
            pub fn blocking(self) -> $crate::session::blocking::Events<Self> {
                let shared = self.feed.shared();
                $crate::session::blocking::Events::new(self, shared)
            }
        }

        impl futures_core::Stream for $name {
            type Item = $event;

            fn poll_next(
                self: std::pin::Pin<&mut Self>,
                context: &mut std::task::Context<'_>,
            ) -> std::task::Poll<Option<$event>> {
                self.feed.poll(context).map(Result::ok)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}

pub(crate) use stream;
