//! What passes between a guard and the driver: something to publish, its changes, replies.
//!
//! In:  what a call wants to publish or to change.
//! Out: the same for the driver; the present names and the replies for the caller.

use std::sync::{Arc, Mutex};

use cooee_proto::RecordSet;
use cooee_proto::dnssd::instance_name::InstanceName;
use cooee_proto::dnssd::service_type::Subtype;
use cooee_proto::dnssd::txt::{Txt, TxtError};
use cooee_proto::dnssd::{HostSpec, PublishError, ServiceSpec};
use cooee_proto::time::Instant;
use cooee_wire::{Name, RData};

use super::SubscriptionId;
use super::queue::{Coalesce, Sender};
use crate::error::RegisterError;
use crate::event::publication::Status;

/// What is to be published.
#[derive(Clone, Debug)]
pub(crate) enum Publishing {
    /// A service, and its name as it is requested.
    Service(Box<ServiceSpec>, InstanceName),
    Host(HostSpec),
    Records(RecordSet),
}

/// A change of something published.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Service(ServiceChange),
    /// Records in the place of the present ones.
    Records(RecordSet),
}

/// A change of a published service; a `None` changes nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ServiceChange {
    pub(crate) txt: Option<Txt>,
    pub(crate) port: Option<u16>,
    pub(crate) subtypes: Option<Vec<Subtype>>,
    /// The further records of its name.
    pub(crate) records: Option<Vec<RData>>,
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
    pub(crate) deadline: Option<Instant>,
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
    pub(crate) latest: Latest,
}

/// The last status of a claim. Nearly always a service is registered, under its present name.
#[derive(Clone, Debug, Default)]
pub(crate) enum Latest {
    #[default]
    None,
    Registered,
    Other(Box<Status>),
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
    pub(crate) deadline: Option<Instant>,
}

impl Names {
    /// Returns the last status of its claim.
    pub(crate) fn latest(&self) -> Option<Status> {
        match &self.latest {
            Latest::None => None,
            Latest::Registered => self.instance.clone().map(Status::Registered),
            Latest::Other(status) => Some((**status).clone()),
        }
    }

    /// Returns the names as they are requested.
    pub(crate) fn of(publishing: &Publishing) -> Self {
        match publishing {
            Publishing::Service(spec, requested) => Self {
                instance: Some(requested.clone()),
                host: Some(spec.host.name.clone()),
                latest: Latest::None,
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
