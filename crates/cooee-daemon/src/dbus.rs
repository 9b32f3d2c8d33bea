//! The D-Bus door: `org.freedesktop.Avahi`.
//!
//! In:  calls of clients on the bus.
//! Out: replies, errors and signals as avahi-daemon sends them. Signals of an object go to the client
//!      that created it, and to nobody else.
//!
//! Calls are read and answered on the message layer of `zbus`: its object server knows no owner of an
//! object, and answers wrong arguments with other errors than Avahi.

mod adding;
mod call;
mod clients;
mod group;
mod interface;
mod lookups;
mod object;
mod resolve;
mod server;
#[cfg(test)]
mod tests;
mod told;
mod unread;
mod voice;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use cooee::Name;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc};
use zbus::message::Type;
use zbus::{Connection, Message, MessageStream};

use self::clients::Clients;
use self::voice::Voice;
use crate::avahi::error::ErrorCode;
use crate::avahi::state::ServerState;
use crate::config::Limits;
use crate::host::Host;
use crate::lookup::watch::Watches;
use crate::publish::entry::OwnHost;
use crate::publish::publisher::Publisher;
use crate::task::Task;

/// What all clients share.
pub(crate) struct House {
    pub(crate) watches: Watches,
    pub(crate) host: Host,
    pub(crate) publisher: Rc<Publisher>,
    pub(crate) limits: Rc<Cell<Limits>>,
    /// Whether clients may publish.
    pub(crate) clients_may_publish: bool,
    /// Whether anything is published at all.
    pub(crate) publishes: bool,
    /// Domains that the configuration names for browsing.
    pub(crate) browse_domains: Vec<String>,
    pub(crate) counters: Rc<BusCounters>,
}

/// How much the clients have.
#[derive(Debug, Default)]
pub(crate) struct BusCounters {
    pub(crate) clients: Cell<usize>,
    pub(crate) objects: Cell<usize>,
}

impl BusCounters {
    fn count_clients(&self, more: isize) {
        let counted = self.clients.get().saturating_add_signed(more);
        self.clients.set(counted);
    }

    fn count_objects(&self, more: isize) {
        let counted = self.objects.get().saturating_add_signed(more);
        self.objects.set(counted);
    }
}

impl House {
    /// Returns whether a name is one of this host: its present one, or the one that was asked for.
    fn is_here(&self, host: &Name) -> bool {
        let names = self.host.names();
        names.is_some_and(|(name, requested)| *host == name || *host == requested)
    }

    /// Returns the present name of this host, and the one by which the library knows it.
    fn own_host(&self) -> Result<OwnHost, ErrorCode> {
        let names = self.host.names().ok_or(ErrorCode::InvalidHostName)?;
        Ok(OwnHost::from(names))
    }
}

/// Why the door closed.
#[derive(Debug)]
pub(crate) enum DoorError {
    /// The bus failed, or is gone.
    Bus(zbus::Error),
    /// Another program has the name: avahi-daemon runs.
    NameTaken,
}

impl std::fmt::Display for DoorError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bus(error) => write!(f, "D-Bus: {error}"),
            Self::NameTaken => write!(f, "another program has the name {NAME} on D-Bus"),
        }
    }
}

impl std::error::Error for DoorError {}

impl From<zbus::Error> for DoorError {
    fn from(error: zbus::Error) -> Self {
        Self::Bus(error)
    }
}

/// Serves clients until the bus is gone. Must run in a `LocalSet`.
///
/// # Errors
///
/// Returns an error if the name cannot be had, or when the connection ends.
pub(crate) async fn serve(connection: Connection, house: Rc<House>) -> Result<(), DoorError> {
    let mut messages = MessageStream::from(&connection);
    let (outbox, letters) = mpsc::channel(OUTBOX_MAX);
    let _writer = Task::spawn(write(connection.clone(), letters));
    watch_owners(&connection).await?;
    take_name(&connection).await?;
    let voice = Voice::new(outbox, house.limits.get().unread_bytes_max);
    let renamed = Renamed::default();
    let host = (house.host.turns(), house.host.state_when_renamed());
    let told = tell_state(host, voice.clone(), Rc::clone(&renamed));
    let _state = Task::spawn(told);
    let mut clients = Clients::new(house, voice.clone(), renamed);
    loop {
        let message = tokio::select! {
            message = next(&mut messages) => message,
            stuck = voice.stuck() => {
                tracing::warn!("the client {stuck} of D-Bus does not read what it is sent");
                clients.remove(&stuck);
                continue;
            }
        };
        let Some(message) = message.transpose()? else {
            break;
        };
        let replies = match message.message_type() {
            Type::MethodCall => call::answer(&mut clients, &message),
            Type::Signal => {
                clients.hear(&message);
                Vec::new()
            }
            Type::MethodReturn | Type::Error => {
                voice.answered(&message);
                Vec::new()
            }
        };
        for reply in replies {
            voice.send(reply).await;
        }
    }
    Err(DoorError::Bus(zbus::Error::InputOutput(
        std::io::Error::from(std::io::ErrorKind::ConnectionAborted).into(),
    )))
}

/// Asks the bus to say when a client leaves: when a name has no owner any more.
async fn watch_owners(connection: &Connection) -> Result<(), zbus::Error> {
    let rule = "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',\
                member='NameOwnerChanged',arg2=''";
    call_bus(connection, "AddMatch", &rule).await?;
    Ok(())
}

/// Takes the name on the bus, and does not wait for it.
async fn take_name(connection: &Connection) -> Result<(), DoorError> {
    let reply = call_bus(connection, "RequestName", &(NAME, DO_NOT_QUEUE)).await?;
    match reply.body().deserialize::<u32>()? {
        PRIMARY_OWNER | ALREADY_OWNER => Ok(()),
        _ => Err(DoorError::NameTaken),
    }
}

async fn call_bus<B>(
    connection: &Connection,
    method: &str,
    body: &B,
) -> Result<Message, zbus::Error>
where
    B: serde::Serialize + zbus::zvariant::DynamicType,
{
    let bus = Some("org.freedesktop.DBus");
    connection
        .call_method(bus, "/org/freedesktop/DBus", bus, method, body)
        .await
}

/// Sends replies and signals in the order in which they were made.
async fn write(connection: Connection, mut letters: mpsc::Receiver<Message>) {
    while let Some(letter) = letters.recv().await {
        if let Err(error) = connection.send(&letter).await {
            tracing::debug!(%error, "a message could not be sent");
        }
    }
}

/// The replies to `SetHostName` that wait until everybody knows of the new state.
type Renamed = Rc<RefCell<Vec<Message>>>;

/// Tells everybody on the bus when the state of the host name changes, and answers who changed it.
async fn tell_state(
    (mut turns, when_renamed): (broadcast::Receiver<ServerState>, ServerState),
    voice: Voice,
    renamed: Renamed,
) {
    loop {
        let is_renamed = match turns.recv().await {
            Ok(state) => {
                voice.server_state(state).await;
                state == when_renamed
            }
            Err(RecvError::Lagged(_)) => true,
            Err(RecvError::Closed) => return,
        };
        if is_renamed {
            for reply in renamed.take() {
                voice.send(reply).await;
            }
        }
    }
}

async fn next(messages: &mut MessageStream) -> Option<Result<Message, zbus::Error>> {
    use futures_core::Stream;
    std::future::poll_fn(|context| std::pin::Pin::new(&mut *messages).poll_next(context)).await
}

/// The name on the bus.
const NAME: &str = "org.freedesktop.Avahi";

/// A flag of `RequestName`: fail if another program has the name.
const DO_NOT_QUEUE: u32 = 4;

/// What `RequestName` answers to the one owner of the name.
const PRIMARY_OWNER: u32 = 1;
const ALREADY_OWNER: u32 = 4;

/// How many messages wait to be sent before those who make them wait.
const OUTBOX_MAX: usize = 256;
