//! One publication: the names that were requested, the present names, and its watchers.
//!
//! In:  the request; events about it.
//! Out: its names for its owner; what a watcher has missed; replies to waiting callers.

use std::sync::{Arc, Mutex};

use cooee_proto::dnssd::PublishError;
use cooee_proto::dnssd::event::RequestId;
use cooee_proto::dnssd::instance_name::InstanceName;
use cooee_proto::time::Instant;
use cooee_wire::Name;

use crate::error::RegisterError;
use crate::event::publication::Status;
use crate::lock::lock;
use crate::session::SubscriptionId;
use crate::session::publishing::{Latest, Names, Publishing, Reply, UpdateEnd};
use crate::session::queue::{End, Sender};

/// Something that is published.
pub(super) struct Publication {
    /// `None` when nothing is published any more.
    pub(super) request: Option<RequestId>,
    /// The names as they were requested, for everything that may be renamed.
    pub(super) asked: RequestedNames,
    pub(super) names: Arc<Mutex<Names>>,
    pub(super) watchers: Vec<(SubscriptionId, Sender<Status>)>,
    pub(super) deadline: Option<Instant>,
    pub(super) is_unreported: bool,
    /// Whether it has ever held its name.
    pub(super) is_won: bool,
    /// Who waits until its name is claimed and everything is announced.
    pub(super) claiming: Option<Sender<Reply<Result<(), RegisterError>>>>,
    /// Who waits until a change is announced.
    pub(super) updating: Vec<Updater>,
    /// Each `Status::Waiting` that is not over.
    pub(super) waits: Vec<Status>,
}

/// A caller that waits for the announcement of a change.
pub(super) struct Updater {
    pub(super) reply: Sender<Reply<Result<(), UpdateEnd>>>,
    pub(super) deadline: Option<Instant>,
}

/// The requested names of a service and its host, or of a host.
#[derive(Default)]
pub(super) struct RequestedNames {
    pub(super) instance: Option<Name>,
    pub(super) host: Option<Name>,
    /// Whether the host was requested by the system's name, whatever that is.
    pub(super) is_system: bool,
}

impl Publication {
    /// Records that everything is announced in its present form.
    pub(super) fn on_announced(&mut self) {
        for waiting in self.updating.drain(..) {
            waiting.reply.push(Reply(Ok(())));
        }
        if let Some(waiting) = self.claiming.take_if(|_| self.is_won) {
            waiting.push(Reply(Ok(())));
        }
    }

    /// Records that nothing of it is published any more.
    pub(super) fn on_end(&mut self, why: &Status) {
        for waiting in self.updating.drain(..) {
            let refused = UpdateEnd::Refused(PublishError::Unknown);
            waiting.reply.push(Reply(Err(refused)));
        }
        let Some(waiting) = self.claiming.take() else {
            return;
        };
        match why {
            Status::Failed(error) => {
                waiting.push(Reply(Err(error.clone())));
            }
            Status::NameTaken(name) => {
                let name = name.clone();
                waiting.push(Reply(Err(RegisterError::NameTaken { name })));
            }
            Status::Withdrawn
            | Status::Registered(_)
            | Status::Renamed { .. }
            | Status::HostRegistered(_)
            | Status::HostRenamed { .. }
            | Status::RecordRegistered
            | Status::Waiting { .. }
            | Status::WaitingOver { .. }
            | Status::UpdateDelayed { .. }
            | Status::Nameless(_)
            | Status::Lagged { .. } => {}
        }
    }

    /// Records that it was not claimed in time.
    pub(super) fn on_timeout(&mut self) {
        if let Some(waiting) = self.claiming.take() {
            waiting.close(End::TimedOut);
        }
    }

    /// Reports to those whose changes were not announced in time.
    pub(super) fn expire_updates(&mut self, now: Instant) {
        self.updating.retain(|waiting| {
            let is_late = waiting.deadline.is_some_and(|at| at <= now);
            if is_late {
                waiting.reply.push(Reply(Err(UpdateEnd::TimedOut)));
            }
            !is_late
        });
    }

    /// Returns how the names came to differ from the requested ones, for a watcher that starts now.
    fn renames(&self, latest: &Status) -> Vec<Status> {
        match latest {
            Status::Registered(_) | Status::HostRegistered(_) | Status::Nameless(_) => {}
            // The latest event says so, or nothing is published any more.
            Status::Renamed { .. }
            | Status::HostRenamed { .. }
            | Status::RecordRegistered
            | Status::Waiting { .. }
            | Status::WaitingOver { .. }
            | Status::UpdateDelayed { .. }
            | Status::NameTaken(_)
            | Status::Failed(_)
            | Status::Withdrawn
            | Status::Lagged { .. } => return Vec::new(),
        }
        let names = lock(&self.names);
        let host = self.asked.host.clone().zip(names.host.clone());
        let host = host.filter(|(old, new)| old != new);
        let asked = self.asked.instance.as_ref();
        let instance = asked.and_then(InstanceName::from_name);
        let instance = instance.zip(names.instance.clone());
        let instance = instance.filter(|(old, new)| old != new);
        let host = host.map(|(old, new)| Status::HostRenamed { old, new });
        let instance = instance.map(|(old, new)| Status::Renamed { old, new });
        host.into_iter().chain(instance).collect()
    }

    /// Keeps what waits up to date; returns whether a status is news. A family is reported once.
    pub(super) fn is_news(&mut self, status: &Status) -> bool {
        let place = |status: &Status| match status {
            Status::Waiting {
                interface, family, ..
            }
            | Status::WaitingOver { interface, family } => Some((interface.clone(), *family)),
            Status::Registered(_)
            | Status::Renamed { .. }
            | Status::HostRegistered(_)
            | Status::HostRenamed { .. }
            | Status::RecordRegistered
            | Status::UpdateDelayed { .. }
            | Status::Nameless(_)
            | Status::NameTaken(_)
            | Status::Failed(_)
            | Status::Withdrawn
            | Status::Lagged { .. } => None,
        };
        let Some(changed) = place(status) else {
            return true;
        };
        let known = self
            .waits
            .iter()
            .position(|known| place(known) == Some(changed.clone()));
        let before = known.map(|known| self.waits.remove(known));
        // Most wait for nothing, and few for more than one link.
        self.waits.shrink_to_fit();
        if matches!(status, Status::WaitingOver { .. }) {
            return before.is_some();
        }
        self.waits.reserve_exact(1);
        self.waits.push(status.clone());
        changed.1.is_none() || before.as_ref() != Some(status)
    }

    /// Returns what one who hears of it only now has to know before the latest news.
    pub(super) fn missed(&self, latest: Option<&Status>) -> Vec<Status> {
        let mut missed = latest
            .map(|latest| self.renames(latest))
            .unwrap_or_default();
        if !latest.is_some_and(Status::is_last) {
            let waits = self.waits.iter().filter(|wait| Some(*wait) != latest);
            missed.extend(waits.cloned());
        }
        missed
    }

    pub(super) fn note(&self, status: &Status) {
        let mut names = lock(&self.names);
        match status {
            Status::Registered(now) | Status::Renamed { new: now, .. } => {
                names.instance = Some(now.clone());
            }
            Status::HostRegistered(now) | Status::HostRenamed { new: now, .. } => {
                names.host = Some(now.clone());
                if names.instance.is_some() {
                    // The last event about a service is about the service.
                    return;
                }
            }
            // It says nothing about the claim.
            Status::UpdateDelayed { .. }
            | Status::Waiting {
                family: Some(_), ..
            }
            | Status::WaitingOver {
                family: Some(_), ..
            } => return,
            Status::WaitingOver {
                interface: over,
                family: None,
            } => {
                let is_over = |latest: &Status| matches!(latest, Status::Waiting { interface, .. } if interface == over);
                if names.latest().is_some_and(|latest| is_over(&latest)) {
                    names.latest = Latest::None;
                }
                return;
            }
            Status::Waiting { family: None, .. }
            | Status::RecordRegistered
            | Status::Nameless(_)
            | Status::NameTaken(_)
            | Status::Failed(_)
            | Status::Withdrawn
            | Status::Lagged { .. } => {}
        }
        names.latest = match matches!(status, Status::Registered(_)) {
            true => Latest::Registered,
            false => Latest::Other(Box::new(status.clone())),
        };
    }
}

impl RequestedNames {
    /// Returns the requested names; `names` are the same, and are shared.
    pub(super) fn of(publishing: &Publishing, names: &Names) -> Self {
        let is_system = match publishing {
            Publishing::Service(spec, _) => spec.host.is_system,
            Publishing::Host(spec) => spec.is_system,
            Publishing::Records(_) => return Self::default(),
        };
        let instance = names.instance.as_ref();
        Self {
            instance: instance.map(|instance| instance.name().clone()),
            host: names.host.clone(),
            is_system,
        }
    }
}
