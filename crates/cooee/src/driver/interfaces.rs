//! The driver's turn, second part: follows the machine's interfaces.
//!
//! In:  sleep, changes of interfaces, failed sockets, datagrams that the kernel dropped.
//! Out: sockets opened, closed and joined again; [`LinkChange`]s for the engine.

use std::sync::Arc;
use std::time::Duration;

use cooee_net::Decision;
use cooee_proto::link::LinkChange;
use cooee_proto::time::Instant;

use super::{CHANGES_KEY, Driver, elapsed, selection};
use crate::event::warning::Warning;
use crate::lock::lock;
use crate::metrics::count;
use cooee_proto::dnssd::host_name;

impl Driver {
    /// Handles a resume: after sleep, every link may be another network.
    pub(super) fn notice_resume(&mut self, now: Instant) {
        let Some(slept) = self.resume.check() else {
            return;
        };
        tracing::debug!(?slept, "the machine slept");
        count(&mut self.metrics.driver.resumes, 1);
        self.links.rejoin(now);
        self.agent.handle_link(now, LinkChange::Resumed);
        self.recheck_at = now;
    }

    /// Handles changes of interfaces after they have settled, and reopens failed sockets.
    pub(super) fn follow_changes(&mut self, now: Instant) {
        if let Some(watcher) = &mut self.watcher {
            let reported = self.ready.contains(&CHANGES_KEY) && watcher.drain();
            let due = self.recheck_at <= now;
            let found = due && watcher.recheck();
            if due {
                self.recheck_at = now + watcher.recheck_interval();
            }
            if reported || found {
                self.damper.note(elapsed(now));
            }
        } else if self.recheck_at <= now {
            self.recheck_at = now + RECHECK_INTERVAL;
            self.damper.note(elapsed(now));
        }
        if self.damper.take(elapsed(now)) {
            count(&mut self.metrics.driver.interface_changes, 1);
            self.reselect(now);
            self.host_name_at = now;
        }
        let (changes, failures) = self.links.retry(now, &self.waiter, &self.shared);
        count(&mut self.metrics.sockets.open_errors, failures.len() as u64);
        for change in changes {
            self.agent.handle_link(now, change);
        }
    }

    /// Checks the system's name for this host. If it has changed, everything that is published
    /// under it moves.
    pub(super) fn follow_host_name(&mut self, now: Instant) {
        self.host_name_at = now + HOST_NAME_INTERVAL;
        let Some(given) = (self.host_names)() else {
            return;
        };
        let name = host_name::system_host_name(Some(&given));
        let before = lock(&self.shared.state).system_host.replace(name.clone());
        if before.is_none_or(|before| before == name) {
            return;
        }
        tracing::debug!(%name, "the system has another name for this host");
        let start_as = self.shared.memory.recall(&name);
        self.agent
            .rename_system_host(now, &name, start_as.as_deref());
        self.publications.rename_system_host(&name);
    }

    fn reselect(&mut self, now: Instant) {
        let listed = match &mut self.watcher {
            Some(watcher) => Ok((watcher.interfaces().to_vec(), watcher.take_interrupted())),
            None => cooee_net::interfaces().map(|interfaces| (interfaces, Vec::new())),
        };
        match listed {
            Ok((interfaces, interrupted)) => {
                let decisions = self.selection.again(&interfaces);
                for failure in self.apply(now, decisions, &interrupted) {
                    tracing::warn!(error = %failure, "a socket could not be opened; trying again later");
                    self.shared.note(Warning::Open(failure));
                }
            }
            Err(error) => tracing::warn!(%error, "listing the interfaces failed"),
        }
    }

    /// Opens and closes sockets as decided, and informs the engine about its links.
    pub(super) fn apply(
        &mut self,
        now: Instant,
        decisions: Vec<Decision>,
        interrupted: &[u32],
    ) -> Vec<cooee_net::OpenError> {
        let names = decisions.iter().map(|decision| &decision.interface);
        self.names
            .learn(names.map(|interface| (interface.index, interface.name.as_str())));
        let selected = decisions.iter().filter(|decision| decision.selected);
        for decision in selected.clone().filter(|decision| decision.is_warning()) {
            self.shared.note_decision(decision);
        }
        let interfaces = selected.map(|decision| &decision.interface);
        let (changes, failures) =
            self.links
                .apply(now, interfaces, interrupted, &self.waiter, &self.shared);
        count(&mut self.metrics.sockets.open_errors, failures.len() as u64);
        let before = Arc::clone(&lock(&self.shared.state).decisions);
        selection::changed(&before, &decisions).for_each(Decision::log);
        lock(&self.shared.state).decisions = decisions.into();
        for change in changes {
            tracing::debug!(?change, "link");
            self.reflection.handle_link(&change, &self.names);
            self.agent.handle_link(now, change);
        }
        failures
    }

    /// Lets the engine ask again where datagrams were dropped.
    pub(super) fn query_again(&mut self, now: Instant) {
        for link in self.requery.take(now) {
            tracing::debug!(%link, "datagrams were dropped unread; asking again");
            self.agent.handle_link(now, LinkChange::Missed { link });
        }
    }

    pub(super) fn recheck_interval(&self) -> Duration {
        self.watcher
            .as_ref()
            .map_or(RECHECK_INTERVAL, |watcher| watcher.recheck_interval())
    }
}

/// How often the system's name for this host is checked. No wait ends for this check: each wait
/// ends within [`WAIT_MAX`](super::WAIT_MAX).
const HOST_NAME_INTERVAL: Duration = Duration::from_secs(5);

/// How often interfaces are listed if the system does not report changes.
const RECHECK_INTERVAL: Duration = Duration::from_secs(5);
