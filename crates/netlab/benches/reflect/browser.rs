//! The browser on the other link.
//!
//! In:  a host.
//! Out: how many services it has resolved and not lost.

use std::time::Duration;

use netlab::clock::{monotonic, wait_until};
use netlab::error::Result;
use netlab::program::Running;
use netlab::{Node, cooee};

use crate::router::SERVICE_TYPE;

/// `cooee browse`; dropping it kills it.
pub(crate) struct Browser(Running);

impl Browser {
    pub(crate) fn start(node: &Node) -> Result<Self> {
        cooee::start(node, &["browse", SERVICE_TYPE]).map(Self)
    }

    pub(crate) fn found(&self) -> Result<usize> {
        let events = cooee::objects(&self.0.stdout())?;
        cooee::services(&events).map(|services| services.len())
    }

    /// Waits until it has exactly this many. Returns how long that took, if it came so far.
    pub(crate) fn wait(&self, wanted: usize, limit: Duration) -> Option<Duration> {
        let since = monotonic();
        let has_them = || self.found().is_ok_and(|found| found == wanted);
        wait_until(limit, has_them).then(|| monotonic().saturating_sub(since))
    }
}
