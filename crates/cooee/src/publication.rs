//! A publication, as its user sees it: its names, its status, its end.
//!
//! In:  events from the driver.
//! Out: its present names, a stream of [`Status`], reports of goodbyes. RFC 6762 sections 8
//!      (probing and announcing), 9 (conflicts) and 10.1 (goodbyes).

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use cooee_proto::RecordSet;
use cooee_proto::dnssd::ServiceSpec;
use cooee_proto::dnssd::instance_name::InstanceName;
use cooee_proto::dnssd::service_type::Subtype;
use cooee_proto::dnssd::txt::{Txt, TxtError};
use cooee_proto::dnssd::{HostSpec, PublishError};
use cooee_wire::Name;

use crate::command::{Command, SubscriptionId};
use crate::error::DriverError;
use crate::mdns::{Mdns, lock};
use crate::queue::{Coalesce, End, Overflow, Received, Receiver, Sender, channel};
use crate::register::RegisterError;
use crate::service::InterfaceId;
use crate::stream::{Feed, stream};

mod status;

pub use status::Status;

stream! {
    /// A stream of what becomes of something published.
    ///
    /// It begins with what it is now, if that is known, after `Renamed` and `HostRenamed` if its
    /// names are others than those asked for, and `Waiting` for each interface and family that takes
    /// nothing. It ends after `NameTaken`, `Failed` and `Withdrawn`.
    /// Dropping it withdraws nothing.
    StatusStream of Status => Status
}

/// The goodbyes that were sent (RFC 6762 section 10.1).
///
/// Empty if nothing that was withdrawn had been announced, or if other registrations still need all
/// of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Goodbyes {
    /// Where they were sent, interface by interface.
    pub interfaces: Vec<GoodbyesOn>,
}

impl Goodbyes {
    /// Returns whether none was sent.
    pub fn is_empty(&self) -> bool {
        self.interfaces.is_empty()
    }

    /// Returns how many datagrams were sent.
    pub fn datagrams(&self) -> usize {
        self.interfaces.iter().map(|on| on.datagrams).sum()
    }
}

/// The goodbyes that were sent on one interface.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GoodbyesOn {
    /// The interface.
    pub interface: InterfaceId,
    /// How many datagrams held a goodbye; IPv4 and IPv6 count separately.
    pub datagrams: usize,
    /// How many records had a goodbye, counted in each datagram.
    pub records: usize,
}

/// What is to be published.
#[derive(Clone, Debug)]
pub(crate) enum Publishing {
    Service(ServiceSpec),
    Host(HostSpec),
    Records(RecordSet),
}

/// A change of a published service; a `None` changes nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Change {
    pub(crate) txt: Option<Txt>,
    pub(crate) port: Option<u16>,
    pub(crate) subtypes: Option<Vec<Subtype>>,
    /// Changes of single attributes, after `txt`.
    pub(crate) keys: Vec<TxtEdit>,
}

/// A change of one attribute.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TxtEdit {
    Set { key: String, value: Vec<u8> },
    Remove { key: String },
}

impl TxtEdit {
    /// Applies the change.
    pub(crate) fn apply(&self, txt: &Txt) -> Result<Txt, TxtError> {
        match self {
            Self::Set { key, value } => txt.with(key, value),
            Self::Remove { key } => Ok(txt.without(key)),
        }
    }
}

/// A change on its way to the driver.
pub(crate) struct Updating {
    pub(crate) id: SubscriptionId,
    pub(crate) change: Change,
    pub(crate) reply: Sender<Reply<Result<(), UpdateEnd>>>,
    pub(crate) deadline: Option<cooee_proto::time::Instant>,
}

/// Why a change was not announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum UpdateEnd {
    Refused(PublishError),
    Txt(TxtError),
    TimedOut,
}

/// The names that something published has or tries now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    pub(crate) instance: Option<InstanceName>,
    pub(crate) host: Option<Name>,
    /// The last status of its claim.
    pub(crate) latest: Option<Status>,
}

/// Something to publish, on its way to the driver.
pub(crate) struct Publish {
    pub(crate) id: SubscriptionId,
    pub(crate) publishing: Publishing,
    pub(crate) names: Arc<Mutex<Names>>,
    /// A watcher from the start.
    pub(crate) watcher: Option<(SubscriptionId, Sender<Status>)>,
    /// Who waits until its name is claimed and everything is announced.
    pub(crate) claiming: Option<Sender<Reply<Result<(), RegisterError>>>>,
    pub(crate) deadline: Option<cooee_proto::time::Instant>,
}

/// The user's guard of something published. Dropping it withdraws it.
pub(crate) struct Publication {
    id: SubscriptionId,
    names: Arc<Mutex<Names>>,
    mdns: Mdns,
    /// Whether the driver was asked to withdraw it.
    is_withdrawn: bool,
}

impl Publication {
    /// Publishes; the feed has its status from the start.
    pub(crate) fn start(
        mdns: &Mdns,
        publishing: Publishing,
    ) -> Result<(Self, Feed<Status>), DriverError> {
        let watcher = mdns.shared().next_id();
        let (sender, receiver) = channel(STATUS_CAPACITY, Overflow::DropOldest);
        let begun = Self::begin(mdns, publishing, |publish| {
            publish.watcher = Some((watcher, sender));
        })?;
        Ok((begun, Feed::new(receiver, watcher, mdns.clone())))
    }

    /// Publishes. Returns what is needed to wait until the name is claimed and everything is
    /// announced.
    pub(crate) fn claim(
        mdns: &Mdns,
        publishing: Publishing,
        deadline: Option<Duration>,
    ) -> Result<(Self, Claim), DriverError> {
        let (sender, receiver) = channel(1, Overflow::DropOldest);
        let begun = Self::begin(mdns, publishing, |publish| {
            publish.claiming = Some(sender);
            publish.deadline = deadline.map(crate::mdns::after);
        })?;
        let mdns = mdns.clone();
        Ok((begun, Claim { receiver, mdns }))
    }

    fn begin(
        mdns: &Mdns,
        publishing: Publishing,
        complete: impl FnOnce(&mut Publish),
    ) -> Result<Self, DriverError> {
        let id = mdns.shared().next_id();
        let names = Arc::new(Mutex::new(Names::of(&publishing)));
        let mut publish = Publish {
            id,
            publishing,
            names: Arc::clone(&names),
            watcher: None,
            claiming: None,
            deadline: None,
        };
        complete(&mut publish);
        mdns.shared().send(Command::Publish(Box::new(publish)))?;
        Ok(Self {
            id,
            names,
            mdns: mdns.clone(),
            is_withdrawn: false,
        })
    }

    pub(crate) fn names(&self) -> Names {
        lock(&self.names).clone()
    }

    /// Returns a stream of its status, beginning with the present one.
    pub(crate) fn status(&self) -> StatusStream {
        let shared = self.mdns.shared();
        let watcher = shared.next_id();
        let (sender, receiver) = channel(STATUS_CAPACITY, Overflow::DropOldest);
        // Fails only if the driver has ended, which ends the queue.
        let _ = shared.send(Command::Watch {
            id: self.id,
            watcher,
            sender,
        });
        StatusStream {
            feed: Feed::new(receiver, watcher, self.mdns.clone()),
        }
    }

    /// Returns what is needed to change it.
    pub(crate) fn handle(&self) -> Handle {
        Handle {
            id: self.id,
            mdns: self.mdns.clone(),
        }
    }

    /// Withdraws it, and returns the goodbyes that were sent.
    pub(crate) async fn withdraw(mut self) -> Result<Goodbyes, DriverError> {
        let (sender, receiver) = channel(1, Overflow::DropOldest);
        self.mdns.shared().send(Command::Withdraw {
            id: self.id,
            reply: Some(sender),
        })?;
        self.is_withdrawn = true;
        reply(receiver, &self.mdns).await
    }
}

/// The wait until a name is claimed and announced.
pub(crate) struct Claim {
    receiver: Receiver<Reply<Result<(), RegisterError>>>,
    mdns: Mdns,
}

impl Claim {
    /// Waits until the name is claimed and everything is announced, or returns why not; `name` and
    /// `after` are the requested ones.
    pub(crate) async fn won(
        self,
        name: &Name,
        after: Option<Duration>,
    ) -> Result<(), RegisterError> {
        match answer(&self.receiver, &self.mdns).await {
            Ok(outcome) => outcome,
            Err(End::TimedOut) => {
                let (name, after) = (name.clone(), after.unwrap_or_default());
                Err(RegisterError::TimedOut { name, after })
            }
            Err(End::Driver(error)) => Err(error.into()),
            Err(End::Done) => Err(DriverError::Stopped.into()),
        }
    }
}

/// A handle for changing something published, which does not keep it published.
#[derive(Debug)]
pub(crate) struct Handle {
    id: SubscriptionId,
    mdns: Mdns,
}

impl Handle {
    /// Changes it, and waits until the change is announced.
    pub(crate) async fn update(
        &self,
        change: Change,
        deadline: Option<Duration>,
    ) -> Result<Result<(), UpdateEnd>, DriverError> {
        let (sender, receiver) = channel(1, Overflow::DropOldest);
        self.mdns.shared().send(Command::Update(Updating {
            id: self.id,
            change,
            reply: sender,
            deadline: deadline.map(crate::mdns::after),
        }))?;
        reply(receiver, &self.mdns).await
    }

    /// Changes it without waiting.
    pub(crate) fn change(&self, change: Change) -> Result<(), DriverError> {
        let (reply, _) = channel(1, Overflow::DropOldest);
        self.mdns.shared().send(Command::Update(Updating {
            id: self.id,
            change,
            reply,
            deadline: None,
        }))
    }
}

impl Drop for Publication {
    fn drop(&mut self) {
        if self.is_withdrawn {
            return;
        }
        // Fails only if the driver has ended, and has sent goodbyes for everything.
        let _ = self.mdns.shared().send(Command::Withdraw {
            id: self.id,
            reply: None,
        });
    }
}

impl Names {
    fn of(publishing: &Publishing) -> Self {
        match publishing {
            Publishing::Service(spec) => Self {
                instance: InstanceName::new(&spec.label, &spec.service_type).ok(),
                host: Some(spec.host.name.clone()),
                latest: None,
            },
            Publishing::Host(spec) => Self {
                host: Some(spec.name.clone()),
                ..Self::default()
            },
            Publishing::Records(set) => Self {
                host: set.records.first().map(|record| record.name.clone()),
                ..Self::default()
            },
        }
    }
}

/// Waits for the driver's answer to a command.
async fn reply<T>(receiver: Receiver<Reply<T>>, mdns: &Mdns) -> Result<T, DriverError> {
    match answer(&receiver, mdns).await {
        Ok(item) => Ok(item),
        Err(End::Driver(error)) => Err(error),
        Err(End::TimedOut | End::Done) => Err(DriverError::Stopped),
    }
}

/// Waits for the one item of a queue. The driver is not informed if the wait is given up.
async fn answer<T>(receiver: &Receiver<Reply<T>>, mdns: &Mdns) -> Result<T, End> {
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

/// An answer of the driver to one command.
#[derive(Debug)]
pub(crate) struct Reply<T>(pub(crate) T);

impl<T> Coalesce for Reply<T> {
    type Key = ();

    fn key(&self) -> Option<()> {
        None
    }

    fn merge(self, newer: Self) -> Option<Self> {
        Some(newer)
    }
}

/// How many unread events a status stream holds. Full: the oldest are dropped.
const STATUS_CAPACITY: usize = 64;
