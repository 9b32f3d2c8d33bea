//! A bus with nobody on it but the daemon: clients are names that a test makes up.
//!
//! In:  calls in the name of a client; that a client leaves.
//! Out: the daemon's replies. Its signals are counted by their names and dropped.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::future::poll_fn;
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::rc::Rc;

use futures_core::Stream;
use serde::Serialize;

use tokio::sync::oneshot;
use zbus::message::Type;
use zbus::zvariant::DynamicType;
use zbus::{Connection, Message, MessageStream, OwnedObjectPath, connection};

use crate::task::Task;

/// The bus's end of the daemon's connection.
pub(super) struct Bus {
    connection: Connection,
    waiting: Rc<RefCell<HashMap<u32, oneshot::Sender<Message>>>>,
    /// Clients that do not read.
    stuck: Rc<RefCell<HashSet<String>>>,
    signals: Signals,
    _reader: Task,
}

/// How many signals of each name came.
type Signals = Rc<RefCell<HashMap<String, usize>>>;

impl Bus {
    /// Returns a bus, and the connection to it for the daemon. Must run in a `LocalSet`.
    pub(super) async fn new() -> (Self, Connection) {
        let (ours, theirs) = UnixStream::pair().expect("a pair of sockets");
        let guid = zbus::Guid::generate();
        let ours = connection::Builder::unix_stream(ours).server(guid);
        let ours = ours.p2p().build();
        let theirs = connection::Builder::unix_stream(theirs).p2p().build();
        let (ours, theirs) = tokio::join!(ours, theirs);
        let (ours, theirs) = (ours.expect("a bus"), theirs.expect("a connection"));
        let (waiting, stuck, signals) = (Rc::default(), Rc::default(), Signals::default());
        let reader = Reader {
            connection: ours.clone(),
            waiting: Rc::clone(&waiting),
            stuck: Rc::clone(&stuck),
            signals: Rc::clone(&signals),
        };
        let reader = Task::spawn(reader.read());
        let bus = Self {
            connection: ours,
            waiting,
            stuck,
            signals,
            _reader: reader,
        };
        (bus, theirs)
    }

    /// Calls a method of the daemon, and waits for the reply, which is no error.
    pub(super) async fn call<B>(
        &self,
        client: &str,
        (path, interface): (&str, &str),
        member: &str,
        body: &B,
    ) -> Message
    where
        B: Serialize + DynamicType,
    {
        let reply = self.begin(client, (path, interface), member, body).await;
        let reply = reply.await.expect("a reply");
        let kind = reply.message_type();
        assert_eq!(kind, Type::MethodReturn, "{member}: {reply:?}");
        reply
    }

    /// Calls a method of the daemon.
    pub(super) async fn begin<B>(
        &self,
        client: &str,
        (path, interface): (&str, &str),
        member: &str,
        body: &B,
    ) -> oneshot::Receiver<Message>
    where
        B: Serialize + DynamicType,
    {
        let call = Message::method_call(path, member)
            .sender(client)
            .interface(format!("org.freedesktop.Avahi.{interface}"))
            .build(body)
            .expect("a call");
        let (sender, reply) = oneshot::channel();
        let serial = call.primary_header().serial_num().get();
        self.waiting.borrow_mut().insert(serial, sender);
        self.connection.send(&call).await.expect("the daemon reads");
        reply
    }

    /// Creates an object for a client, and returns its path.
    pub(super) async fn create<B>(&self, client: &str, member: &str, body: &B) -> String
    where
        B: Serialize + DynamicType,
    {
        let interface = match member.ends_with("Prepare") {
            true => "Server2",
            false => "Server",
        };
        let reply = self.call(client, ("/", interface), member, body).await;
        let path: OwnedObjectPath = reply.body().deserialize().expect(member);
        path.as_str().to_owned()
    }

    /// Returns how many signals of a name came.
    pub(super) fn signals(&self, member: &str) -> usize {
        self.signals.borrow().get(member).copied().unwrap_or(0)
    }

    /// Lets a client read nothing any more, so that it answers nothing either.
    pub(super) fn stick(&self, client: &str) {
        self.stuck.borrow_mut().insert(client.to_owned());
    }

    /// Says that a client has left.
    pub(super) async fn leave(&self, client: &str) {
        let signal = Message::signal(BUS_PATH, BUS, "NameOwnerChanged")
            .sender(BUS)
            .build(&(client, client, ""))
            .expect("a signal");
        let sent = self.connection.send(&signal).await;
        sent.expect("the daemon reads");
    }

    /// Forgets the calls that have no reply yet: their clients have left.
    pub(super) fn forget(&self) {
        self.waiting.borrow_mut().clear();
    }
}

/// Reads what the daemon sends.
struct Reader {
    connection: Connection,
    waiting: Rc<RefCell<HashMap<u32, oneshot::Sender<Message>>>>,
    stuck: Rc<RefCell<HashSet<String>>>,
    signals: Signals,
}

impl Reader {
    async fn read(self) {
        let mut messages = MessageStream::from(&self.connection);
        while let Some(Ok(message)) = next(&mut messages).await {
            match message.message_type() {
                Type::MethodCall => {
                    let to = message.header().destination().map(ToString::to_string);
                    if !to.is_some_and(|to| self.stuck.borrow().contains(&to)) {
                        answer(&self.connection, &message).await;
                    }
                }
                Type::MethodReturn | Type::Error => {
                    let serial = message.header().reply_serial();
                    let serial = serial.expect("a reply names its call").get();
                    if let Some(waits) = self.waiting.borrow_mut().remove(&serial) {
                        // The test may not wait for it.
                        let _ = waits.send(message);
                    }
                }
                Type::Signal => {
                    let header = message.header();
                    let member = header.member().expect("a signal has a member").to_string();
                    *self.signals.borrow_mut().entry(member).or_default() += 1;
                }
            }
        }
    }
}

/// Answers a call of the daemon to the bus itself.
async fn answer(connection: &Connection, call: &Message) {
    let header = call.header();
    let member = header.member().expect("a call has a member");
    let reply = Message::method_return(&header);
    let reply = match member.as_str() {
        "RequestName" => reply.build(&PRIMARY_OWNER),
        _ => reply.build(&()),
    };
    let sent = connection.send(&reply.expect("a reply")).await;
    sent.expect("the daemon reads");
}

async fn next(messages: &mut MessageStream) -> Option<Result<Message, zbus::Error>> {
    poll_fn(|context| Pin::new(&mut *messages).poll_next(context)).await
}

const BUS: &str = "org.freedesktop.DBus";
const BUS_PATH: &str = "/org/freedesktop/DBus";

/// The answer to a program that has the name it wants.
const PRIMARY_OWNER: u32 = 1;
