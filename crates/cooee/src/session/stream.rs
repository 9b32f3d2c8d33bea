//! Streams: what all subscriptions have in common.
//!
//! In:  a queue that the driver fills.
//! Out: `Stream`, `next`, `try_next` and the blocking twin, the same for every kind of event.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::command::{Command, SubscriptionId};
use super::handle::Mdns;
use super::queue::{Coalesce, End, Received, Receiver};
use super::shared::Shared;
use crate::callback;

/// An item of a queue that users read as an event.
pub(crate) trait IntoEvent: Coalesce {
    /// The event that users read.
    type Event;

    /// Converts the item into the event.
    fn into_event(self) -> Self::Event;

    /// Returns the event for `missed` dropped items; `None` if none is needed.
    fn lagged(missed: u64) -> Option<Self::Event>;
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
            pub fn blocking(self) -> $crate::blocking::Events<Self> {
                let shared = self.feed.shared();
                $crate::blocking::Events::new(self, shared)
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
