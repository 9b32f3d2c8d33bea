//! Streams: what every subscription has in common.
//!
//! In:  a queue that the driver fills.
//! Out: `Stream`, `next`, `try_next` and the blocking twin, the same for every kind of event.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::callback;
use crate::command::{Command, SubscriptionId};
use crate::mdns::{Mdns, Shared};
use crate::queue::{Coalesce, End, Received, Receiver};

/// An item of a queue that users read as an event.
pub(crate) trait Told: Coalesce {
    /// What users read.
    type Event;

    /// The item as users read it.
    fn told(self) -> Self::Event;

    /// What users read when `missed` items had to be dropped; `None` if that needs no telling.
    fn lagged(missed: u64) -> Option<Self::Event>;
}

/// The consumer's side of a request; dropping it stops the request.
pub(crate) struct Feed<T: Coalesce> {
    receiver: Receiver<T>,
    id: SubscriptionId,
    /// Keeps the driver alive for as long as somebody listens.
    mdns: Mdns,
}

impl<T: Told> Feed<T> {
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
                    // A driver that waits for this code to return never gets to tell it anything.
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

    /// Reads an item; after a gap, asks the driver to tell the current state from the start.
    fn read(&self, received: Received<T>) -> Option<T::Event> {
        match received {
            Received::Item(item) => Some(item.told()),
            Received::Lagged(missed) => {
                // Fails only when the driver has ended, which the queue will say.
                let _ = self.mdns.shared().send(Command::Restart(self.id));
                T::lagged(missed)
            }
        }
    }
}

impl<T: Coalesce> Drop for Feed<T> {
    fn drop(&mut self) {
        // Fails only when the driver has ended, and all requests with it.
        let _ = self.mdns.shared().send(Command::Stop(self.id));
    }
}

/// Makes a public stream over a [`Feed`].
macro_rules! stream {
    ($(#[$attribute:meta])* $name:ident of $item:ty => $event:ty) => {
        $(#[$attribute])*
        #[must_use = "a stream tells nothing unless it is read, and dropping it stops the request"]
        pub struct $name {
            pub(crate) feed: $crate::stream::Feed<$item>,
        }

        impl $name {
            /// Waits for the next event; `None` once the driver has shut down, or cannot be waited
            /// for ([`DriverError`]($crate::DriverError)).
            pub async fn next(&mut self) -> Option<$event> {
                self.feed.next().await.ok()
            }

            /// Gives the next event if one is there, without waiting.
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
