//! The driver's answers to single commands.
//!
//! In:  a command with a queue for its answer.
//! Out: the answer, or why there is none.

use std::future::poll_fn;
use std::task::Poll;

use super::handle::Mdns;
use super::publishing::Reply;
use super::queue::{End, Received, Receiver};
use crate::error::DriverError;

/// Waits for the driver's answer to a command.
pub(crate) async fn reply<T>(receiver: Receiver<Reply<T>>, mdns: &Mdns) -> Result<T, DriverError> {
    match answer(&receiver, mdns).await {
        Ok(item) => Ok(item),
        Err(End::Driver(error)) => Err(error),
        Err(End::TimedOut | End::Done) => Err(DriverError::Stopped),
    }
}

/// Waits for the one item of a queue. The driver is not informed if the wait is given up.
pub(crate) async fn answer<T>(receiver: &Receiver<Reply<T>>, mdns: &Mdns) -> Result<T, End> {
    let shared = mdns.shared();
    poll_fn(|context| {
        if let Err(error) = shared.is_here() {
            return Poll::Ready(Err(End::Driver(error)));
        }
        match receiver.poll(context) {
            Poll::Ready(Ok(Received::Item(Reply(item)))) => Poll::Ready(Ok(item)),
            Poll::Ready(Ok(Received::Lagged(_))) => Poll::Ready(Err(End::Done)),
            Poll::Ready(Err(end)) => Poll::Ready(Err(end)),
            Poll::Pending => match shared.may_wait() {
                Ok(()) => Poll::Pending,
                Err(error) => Poll::Ready(Err(End::Driver(error))),
            },
        }
    })
    .await
}
