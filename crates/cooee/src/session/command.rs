//! What handles request from the driver.
//!
//! In:  calls on a handle, on any thread.
//! Out: [`Command`]s in an [`Inbox`], which the driver empties in each turn.

use std::net::IpAddr;
use std::sync::Mutex;

use cooee_proto::dnssd::instance_name::InstanceName;
use cooee_proto::dnssd::service_type::ServiceType;
use cooee_proto::dnssd::{AddressFamilies, BrowseOptions};
use cooee_proto::link::LinkId;
use cooee_proto::time::Instant;
use cooee_wire::{Name, RecordType};

use super::SubscriptionId;
use super::publishing::{Publish, Reply, Updating};
use super::queue::Sender;
use super::unread::{AddressNames, InstanceNews, RecordNews, ServiceNews, TypeNews};
use crate::error::DriverError;
use crate::event::discovery::{CachedRecord, Host};
use crate::event::message::Message;
use crate::event::publication::{Goodbyes, Status};
use crate::lock::lock;
use crate::reflect::ReflectRule;

/// A command to the driver.
pub(crate) enum Command {
    /// Start a request and send its events to a queue.
    Start {
        id: SubscriptionId,
        request: Request,
        sink: Sink,
        ending: Ending,
    },
    /// Report the current state of a request again: its consumer has lost events.
    Restart(SubscriptionId),
    /// Stop a request: its consumer is gone.
    Stop(SubscriptionId),
    /// Show every message, of one link or of all.
    Monitor {
        id: SubscriptionId,
        link: Option<LinkId>,
        sender: Sender<Message>,
    },
    /// Report the records in the cache.
    Cached {
        name: Name,
        rtype: RecordType,
        reply: Sender<Reply<Vec<CachedRecord>>>,
    },
    /// Publish something.
    Publish(Box<Publish>),
    /// Send the status of something published to one more consumer.
    Watch {
        id: SubscriptionId,
        watcher: SubscriptionId,
        sender: Sender<Status>,
    },
    /// Let services be found on other interfaces.
    Reflect(Vec<ReflectRule>),
    /// Change a published service, and report when the change is announced.
    Update(Updating),
    /// Withdraw what is published.
    Withdraw {
        id: SubscriptionId,
        reply: Option<Sender<Reply<Goodbyes>>>,
    },
    /// Re-verify a service.
    Reconfirm(InstanceName),
    /// Send goodbyes for everything, and end.
    Shutdown,
}

/// When a request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// When its consumer stops it.
    WhenStopped,
    /// With its answer, or at this time.
    WithAnswer { by: Instant },
}

impl Ending {
    /// Returns the time at which the request ends without its answer.
    pub(crate) fn deadline(self) -> Option<Instant> {
        match self {
            Self::WhenStopped => None,
            Self::WithAnswer { by } => Some(by),
        }
    }
}

/// What a consumer wants to know.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    Browse {
        service_type: ServiceType,
        options: BrowseOptions,
    },
    BrowseAll {
        options: BrowseOptions,
    },
    Resolve {
        instance: InstanceName,
        link: Option<LinkId>,
    },
    Host {
        name: Name,
        families: AddressFamilies,
        link: Option<LinkId>,
    },
    Address {
        ip: IpAddr,
        link: Option<LinkId>,
    },
    Types {
        link: Option<LinkId>,
    },
    Query {
        name: Name,
        rtype: RecordType,
        link: Option<LinkId>,
    },
}

/// Where the events of a request go. Dropping it ends the consumer's queue.
pub(crate) enum Sink {
    Services(Sender<ServiceNews>),
    Instances(Sender<InstanceNews>),
    Types(Sender<TypeNews>),
    Host { sender: Sender<Host>, name: Name },
    AddressNames(Sender<AddressNames>),
    Records(Sender<RecordNews>),
}

/// The commands that wait for the driver.
pub(crate) struct Inbox(Mutex<Waiting>);

struct Waiting {
    commands: Vec<Command>,
    closed: bool,
}

impl Inbox {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Waiting {
            commands: Vec::new(),
            closed: false,
        }))
    }

    /// Adds a command. Returns whether it is the first, so that the driver has to be woken.
    pub(crate) fn push(&self, command: Command) -> Result<bool, DriverError> {
        let mut waiting = lock(&self.0);
        if waiting.closed {
            // The command is dropped after the lock is released: its queue ends, which wakes its
            // consumer.
            drop(waiting);
            return Err(DriverError::Stopped);
        }
        waiting.commands.push(command);
        Ok(waiting.commands.len() == 1)
    }

    /// Moves the waiting commands into `commands`.
    pub(crate) fn take(&self, commands: &mut Vec<Command>) {
        let mut waiting = lock(&self.0);
        commands.append(&mut waiting.commands);
        // Thousands come at once now and then.
        waiting.commands.shrink_to(COMMANDS_KEPT);
    }

    /// Refuses further commands, and ends the queues of those that wait.
    pub(crate) fn close(&self) {
        let unheard = {
            let mut waiting = lock(&self.0);
            waiting.closed = true;
            std::mem::take(&mut waiting.commands)
        };
        drop(unheard);
    }
}

/// For how many commands there is room when none waits.
pub(crate) const COMMANDS_KEPT: usize = 16;

#[cfg(test)]
mod tests;
