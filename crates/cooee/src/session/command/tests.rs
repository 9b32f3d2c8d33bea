//! The inbox: wakes the driver once, and refuses what comes too late.

use std::task::{Context, Poll, Waker};

use super::{Command, Ending, Inbox, Request, Sink, SubscriptionId};
use crate::error::DriverError;
use crate::session::queue::{End, Overflow, Receiver, channel};

fn start() -> (Command, Receiver<crate::session::unread::TypeNews>) {
    let (sender, receiver) = channel(1, Overflow::Restart);
    let request = Request::Types { link: None };
    let id = SubscriptionId(1);
    (
        Command::Start {
            id,
            request,
            sink: Sink::Types(sender),
            ending: Ending::WhenStopped,
        },
        receiver,
    )
}

#[test]
fn only_the_first_command_of_a_turn_wakes_the_driver() {
    let inbox = Inbox::new();
    assert_eq!(inbox.push(Command::Shutdown), Ok(true));
    assert_eq!(inbox.push(Command::Shutdown), Ok(false));
    let mut commands = Vec::new();
    inbox.take(&mut commands);
    assert_eq!(commands.len(), 2);
    assert_eq!(inbox.push(Command::Shutdown), Ok(true));
}

#[test]
fn a_request_that_comes_too_late_is_refused_and_its_consumer_told() {
    let inbox = Inbox::new();
    inbox.close();
    let (command, receiver) = start();
    assert_eq!(inbox.push(command), Err(DriverError::Stopped));
    let end = receiver.poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(
        end,
        Poll::Ready(Err(End::Driver(DriverError::Stopped)))
    ));
}

#[test]
fn a_request_that_the_driver_never_took_ends_with_it() {
    let inbox = Inbox::new();
    let (command, receiver) = start();
    assert_eq!(inbox.push(command), Ok(true));
    inbox.close();
    let end = receiver.poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(
        end,
        Poll::Ready(Err(End::Driver(DriverError::Stopped)))
    ));
}
