//! The crate `mdns-sd`, as its documentation says to use it.
//!
//! In:  names of services.
//! Out: all of them registered; a line for each honest service that comes or goes.

use std::time::{Duration, Instant};

use mdns_sd::{ServiceDaemon, ServiceEvent, ServiceInfo};
use netlab::error::{Context, Result};

use super::{PORT, SERVICE_TYPE, TXT, tell};

/// Registers, and browses for others.
pub(crate) fn hold_and_browse(names: &[String], life: Duration) -> Result<()> {
    let end = Instant::now() + life;
    let daemon = ServiceDaemon::new().context("mdns-sd")?;
    let domain = format!("{SERVICE_TYPE}.local.");
    for (number, name) in (0..).zip(names) {
        let txt = TXT.split_once('=').unwrap_or_default();
        let port = PORT + number;
        let info = ServiceInfo::new(&domain, name, "victim.local.", "", port, &[txt][..]);
        let info = info.context("mdns-sd")?.enable_addr_auto();
        daemon.register(info).context("mdns-sd")?;
    }
    let events = daemon.browse(&domain).context("mdns-sd")?;
    while let Ok(event) = events.recv_timeout(end.saturating_duration_since(Instant::now())) {
        if let ServiceEvent::ServiceResolved(service) = &event {
            tell('+', label(&service.fullname));
        }
        if let ServiceEvent::ServiceRemoved(_, fullname) = &event {
            tell('-', label(fullname));
        }
    }
    Ok(())
}

/// Returns the instance's own part of its full name, in which this test has no dots.
fn label(fullname: &str) -> &str {
    fullname.split('.').next().unwrap_or_default()
}
