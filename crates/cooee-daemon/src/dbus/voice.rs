//! What is said on the bus.
//!
//! In:  replies, errors and signals with their arguments.
//! Out: messages, in order.

use std::cell::RefCell;
use std::rc::Rc;

use serde::Serialize;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep_until};
use zbus::Message;
use zbus::message::{Flags, Type};
use zbus::zvariant::DynamicType;

use super::unread::Unread;
use crate::avahi::error::ErrorCode;
use crate::avahi::state::ServerState;

/// What a call is answered with: messages in order, the reply last if it is there already.
pub(super) type Replies = Vec<Message>;

/// Sends messages on the bus.
#[derive(Clone)]
pub(super) struct Voice {
    outbox: mpsc::Sender<Message>,
    unread: Rc<RefCell<Unread>>,
    unread_changed: Rc<Notify>,
}

/// An object's address, and the client that hears its signals.
#[derive(Clone, Debug)]
pub(super) struct ObjectAddress {
    pub(super) path: String,
    pub(super) interface: &'static str,
    pub(super) client: Rc<str>,
}

impl Voice {
    pub(super) fn new(outbox: mpsc::Sender<Message>, unread_bytes_max: usize) -> Self {
        Self {
            outbox,
            unread: Rc::new(RefCell::new(Unread::new(unread_bytes_max))),
            unread_changed: Rc::default(),
        }
    }

    /// Waits until a client does not read what it is sent, and so holds up others.
    pub(super) async fn stuck(&self) -> Rc<str> {
        loop {
            let changed = self.unread_changed.notified();
            let stuck = self.unread.borrow().stuck();
            match stuck {
                None => changed.await,
                Some((client, until)) if until <= Instant::now() => return client,
                Some((_, until)) => {
                    tokio::select! {
                        () = changed => {}
                        () = sleep_until(until) => {}
                    }
                }
            }
        }
    }

    /// Begins to count what a client is sent.
    pub(super) fn enter(&self, client: &Rc<str>) {
        self.unread.borrow_mut().enter(client);
    }

    /// Forgets what a client has not read, because it has left.
    pub(super) fn forget(&self, client: &str) {
        self.unread.borrow_mut().forget(client);
        self.unread_changed.notify_waiters();
    }

    /// Takes over the answer to a message of the daemon: of a client, or of the bus instead of it.
    pub(super) fn answered(&self, answer: &Message) {
        let header = answer.header();
        let Some(serial) = header.reply_serial() else {
            return;
        };
        let is_of_bus = header.sender().is_some_and(|name| name.as_str() == BUS);
        let mut unread = self.unread.borrow_mut();
        match is_of_bus {
            true => unread.refused(serial.get()),
            false => unread.answered(serial.get()),
        }
        self.unread_changed.notify_waiters();
    }

    /// Sends a message, and counts it if it is a signal. Waits while too many others are not sent yet.
    ///
    /// A reply is not counted: a client that only calls reads it, and answers no `Ping`.
    pub(super) async fn send(&self, message: Message) {
        let permit = match self.outbox.try_reserve() {
            Ok(permit) => Ok(permit),
            // Boxed, as other waits here: every object has room for them.
            Err(_) => Box::pin(self.outbox.reserve()).await,
        };
        // Fails only when the connection has ended.
        let Ok(permit) = permit else { return };
        let to_ping = match message.message_type() {
            Type::Signal => self.count(&message),
            Type::MethodCall | Type::MethodReturn | Type::Error => Vec::new(),
        };
        permit.send(message);
        if !to_ping.is_empty() {
            Box::pin(self.ping_each(to_ping)).await;
        }
    }

    /// Sends a signal of an object to its client, when the client has room for it.
    pub(super) async fn signal(&self, client: &str, signal: Message) {
        self.room(client).await;
        self.send(signal).await;
    }

    /// Waits while a client leaves much unread, and all together too much.
    pub(super) async fn room(&self, client: &str) {
        if !self.unread.borrow().may_be_sent(client) {
            Box::pin(self.has_read(client)).await;
        }
    }

    async fn has_read(&self, client: &str) {
        loop {
            let changed = self.unread_changed.notified();
            if self.unread.borrow().may_be_sent(client) {
                break;
            }
            changed.await;
        }
    }

    /// Counts a signal. Returns whom to ask whether they read.
    fn count(&self, signal: &Message) -> Vec<Rc<str>> {
        let bytes = signal.data().len();
        let mut unread = self.unread.borrow_mut();
        match signal.header().destination() {
            Some(client) => unread.sent(client.as_str(), bytes).into_iter().collect(),
            None => unread.sent_to_all(bytes),
        }
    }

    async fn ping_each(&self, clients: Vec<Rc<str>>) {
        for client in clients {
            self.ping(&client).await;
        }
    }

    /// Asks a client whether it reads.
    async fn ping(&self, client: &Rc<str>) {
        let ping = Message::method_call("/", "Ping").interface("org.freedesktop.DBus.Peer");
        let ping = built(ping.destination(&**client).build(&()));
        // A permit first: who asks may end here, and a question that is noted must be sent.
        let permit = self.outbox.reserve().await.ok();
        if let Some((ping, permit)) = ping.zip(permit) {
            let serial = ping.primary_header().serial_num().get();
            self.unread.borrow_mut().asked(client, serial);
            self.unread_changed.notify_waiters();
            permit.send(ping);
        }
    }

    /// Tells everybody the state of the host name.
    ///
    /// avahi-daemon names only the older interface here, so clients of the newer one never hear it.
    pub(super) async fn server_state(&self, state: ServerState) {
        let error = match state {
            ServerState::Collision => ErrorCode::Collision,
            ServerState::Failure => ErrorCode::Failure,
            ServerState::Invalid | ServerState::Registering | ServerState::Running => {
                ErrorCode::Success
            }
        };
        for interface in [
            super::interface::SERVER.name,
            super::interface::SERVER2.name,
        ] {
            let signal = Message::signal("/", interface, "StateChanged")
                .build(&(state.number(), error.dbus_name()));
            if let Some(signal) = built(signal) {
                self.send(signal).await;
            }
        }
    }
}

/// Builds a signal of an object for its client.
pub(super) fn signal<B>(from: &ObjectAddress, member: &str, body: &B) -> Option<Message>
where
    B: Serialize + DynamicType,
{
    let signal = Message::signal(&*from.path, from.interface, member);
    built(signal.destination(&*from.client).build(body))
}

/// Builds the reply to a call, if the client waits for one.
pub(super) fn reply<B>(to: &Message, body: &B) -> Option<Message>
where
    B: Serialize + DynamicType,
{
    let reply = || built(Message::method_return(&to.header()).build(body));
    is_wanted(to).then(reply).flatten()
}

/// Builds Avahi's error in reply to a call.
pub(super) fn error(to: &Message, error: ErrorCode) -> Option<Message> {
    named_error(to, error.dbus_name(), error.text())
}

/// Builds an error in reply to a call, if the client waits for one.
pub(super) fn named_error(to: &Message, name: &str, text: &str) -> Option<Message> {
    let error = || built(Message::error(&to.header(), name).build(&text));
    is_wanted(to).then(error).flatten()
}

fn is_wanted(to: &Message) -> bool {
    let header = to.header();
    !header.primary().flags().contains(Flags::NO_REPLY_EXPECTED)
}

fn built(message: Result<Message, zbus::Error>) -> Option<Message> {
    message
        .inspect_err(|error| tracing::debug!(%error, "a message could not be built"))
        .ok()
}

/// The bus's own name.
pub(super) const BUS: &str = "org.freedesktop.DBus";

#[cfg(test)]
mod tests {
    use zbus::Message;
    use zbus::message::Flags;

    use super::{error, reply};
    use crate::avahi::error::ErrorCode;

    #[test]
    fn a_call_that_wants_no_reply_gets_none() {
        let call = || Message::method_call("/", "GetState");
        let wanted = call().build(&()).unwrap();
        assert!(reply(&wanted, &2_i32).is_some());
        assert!(error(&wanted, ErrorCode::BadState).is_some());
        let unwanted = call().with_flags(Flags::NO_REPLY_EXPECTED);
        let unwanted = unwanted.build(&()).unwrap();
        assert!(reply(&unwanted, &2_i32).is_none());
        assert!(error(&unwanted, ErrorCode::BadState).is_none());
    }
}
