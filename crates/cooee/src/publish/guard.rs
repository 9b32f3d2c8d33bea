//! The guard of something published: its names, its status, its end.
//!
//! In:  what to publish; replies from the driver.
//! Out: its present names, a stream of its status, the goodbyes that were sent. RFC 6762 sections 8
//!      (probing and announcing), 9 (conflicts) and 10.1 (goodbyes).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cooee_wire::Name;

use super::status::{STATUS_CAPACITY, StatusStream};
use crate::error::{DriverError, RegisterError};
use crate::event::publication::{Goodbyes, Status};
use crate::lock::lock;
use crate::session::SubscriptionId;
use crate::session::command::Command;
use crate::session::handle::Mdns;
use crate::session::publishing::{Change, Names, Publish, Publishing, Reply, UpdateEnd, Updating};
use crate::session::queue::{End, Overflow, Receiver, channel};
use crate::session::reply::{answer, reply};
use crate::session::shared::after;
use crate::session::stream::Feed;

/// The user's guard of something published. Dropping it withdraws it.
pub(super) struct Guard {
    id: SubscriptionId,
    names: Arc<Mutex<Names>>,
    mdns: Mdns,
    /// Whether the driver was asked to withdraw it.
    is_withdrawn: bool,
}

impl Guard {
    /// Publishes; the feed has its status from the start.
    pub(super) fn start(
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
    pub(super) fn claim(
        mdns: &Mdns,
        publishing: Publishing,
        deadline: Option<Duration>,
    ) -> Result<(Self, Claim), DriverError> {
        let (sender, receiver) = channel(1, Overflow::DropOldest);
        let begun = Self::begin(mdns, publishing, |publish| {
            publish.claiming = Some(sender);
            publish.deadline = deadline.map(after);
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

    pub(super) fn names(&self) -> Names {
        lock(&self.names).clone()
    }

    /// Returns a stream of its status, beginning with the present one.
    pub(super) fn status(&self) -> StatusStream {
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
    pub(super) fn update_target(&self) -> UpdateTarget {
        UpdateTarget {
            id: self.id,
            mdns: self.mdns.clone(),
        }
    }

    /// Withdraws it, and returns the goodbyes that were sent.
    pub(super) async fn withdraw(mut self) -> Result<Goodbyes, DriverError> {
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
pub(super) struct Claim {
    receiver: Receiver<Reply<Result<(), RegisterError>>>,
    mdns: Mdns,
}

impl Claim {
    /// Waits until the name is claimed and everything is announced, or returns why not; `name` and
    /// `after` are the requested ones.
    pub(super) async fn won(
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

/// What an update changes; it does not keep anything published.
#[derive(Debug)]
pub(super) struct UpdateTarget {
    id: SubscriptionId,
    mdns: Mdns,
}

impl UpdateTarget {
    /// Changes it, and waits until the change is announced.
    pub(super) async fn update(
        &self,
        change: Change,
        deadline: Option<Duration>,
    ) -> Result<Result<(), UpdateEnd>, DriverError> {
        let (sender, receiver) = channel(1, Overflow::DropOldest);
        self.mdns.shared().send(Command::Update(Updating {
            id: self.id,
            change,
            reply: sender,
            deadline: deadline.map(after),
        }))?;
        reply(receiver, &self.mdns).await
    }

    /// Changes it without waiting.
    pub(super) fn change(&self, change: Change) -> Result<(), DriverError> {
        let (reply, _) = channel(1, Overflow::DropOldest);
        self.mdns.shared().send(Command::Update(Updating {
            id: self.id,
            change,
            reply,
            deadline: None,
        }))
    }
}

impl Drop for Guard {
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
