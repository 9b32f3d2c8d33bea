//! Publishes hosts and aliases of files under exactly their names.
//!
//! In:  a host with its addresses, or an alias with its host.
//! Out: a registration that lives as long as the task; notes of what becomes of it.

use std::cell::RefCell;
use std::rc::Rc;

use cooee::{Mdns, Name, RData, RegisterError, RegisteredName, Status, StatusStream};

use super::hosts_file::FileHost;

/// What is known of something published from a file.
#[derive(Clone, Debug, Default)]
pub(crate) struct ItemState {
    /// Its present name.
    pub(crate) name: String,
    /// What becomes of it.
    pub(crate) stage: Stage,
}

/// The stage of something published from a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Its name is being claimed.
    #[default]
    Registering,
    /// It is announced.
    Established,
    /// It is not published, for this reason.
    Failed(String),
}

/// Where a task notes what becomes of what it publishes: for the log, and for `cooeed status`.
#[derive(Clone)]
pub(super) struct Notes {
    /// The file and perhaps what in it.
    source: String,
    state: Rc<RefCell<ItemState>>,
}

impl Notes {
    pub(super) fn new(source: String, state: &Rc<RefCell<ItemState>>) -> Self {
        let state = Rc::clone(state);
        Self { source, state }
    }

    pub(super) fn registering(&self, name: &str) {
        self.set(name, Stage::Registering);
    }

    pub(super) fn established(&self, name: &str) {
        tracing::info!("{}: \"{name}\" is established", self.source);
        self.set(name, Stage::Established);
    }

    pub(super) fn renamed(&self, old: &str, new: &str) {
        tracing::warn!(
            "{}: \"{old}\" is used by another host; trying \"{new}\"",
            self.source
        );
    }

    pub(super) fn warn(&self, reason: &str) {
        tracing::warn!("{}: {reason}", self.source);
    }

    pub(super) fn failed(&self, reason: &str) {
        tracing::error!("{}: not published: {reason}", self.source);
        self.state.borrow_mut().stage = Stage::Failed(reason.to_owned());
    }

    fn set(&self, name: &str, stage: Stage) {
        let mut state = self.state.borrow_mut();
        name.clone_into(&mut state.name);
        state.stage = stage;
    }
}

/// Publishes a host for ever.
pub(super) async fn host(mdns: Mdns, host: FileHost, notes: Notes) {
    let started = mdns
        .register_host(host.name.clone(), host.addresses.iter().copied())
        .no_rename()
        .start();
    keep(started, &host.name, &notes).await;
}

/// Publishes a host without reverse records for ever.
pub(super) async fn bare_host(mdns: Mdns, host: FileHost, notes: Notes) {
    let mut addresses = host.addresses.iter();
    let Some(first) = addresses.next() else {
        return notes.failed("it has no address");
    };
    let mut registration = mdns.register_record(host.name.clone(), RData::from(*first));
    for address in addresses {
        registration = registration.record(RData::from(*address));
    }
    let started = registration.start();
    keep(started, &host.name, &notes).await;
}

/// Publishes an alias for ever.
pub(super) async fn alias(mdns: Mdns, name: Name, host: Name, notes: Notes) {
    if name == host {
        notes.registering(&name.to_string());
        return notes.failed("it cannot be an alias of itself");
    }
    let started = mdns.register_alias(name.clone(), host).start();
    keep(started, &name, &notes).await;
}

async fn keep(
    started: Result<(RegisteredName, StatusStream), RegisterError>,
    name: &Name,
    notes: &Notes,
) {
    let (_guard, mut status) = match started {
        Ok(started) => started,
        Err(error) => return notes.failed(&error.to_string()),
    };
    let name = name.to_string();
    notes.registering(&name);
    while let Some(status) = status.next().await {
        if matches!(status, Status::HostRegistered(_) | Status::RecordRegistered) {
            notes.established(&name);
        } else if let Status::NameTaken(_) = status {
            notes.failed("another host uses the name");
        } else if let Status::Failed(error) = status {
            notes.failed(&error.to_string());
        }
    }
}
