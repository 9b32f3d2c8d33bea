//! The crate `mdns-sd`, as its documentation says to use it.
//!
//! In:  the link.
//! Out: how many instances it resolved with an address, and what that cost.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use mdns_sd::{ServiceDaemon, ServiceEvent};
use netlab::bench::own_cpu;
use netlab::error::{Context, Result};

use super::{Measured, SERVICE_TYPE};

pub(crate) fn browse(count: u32, limit: Duration) -> Result<Measured> {
    let (start, cpu) = (Instant::now(), own_cpu());
    let daemon = ServiceDaemon::new().context("mdns-sd")?;
    let events = daemon
        .browse(&format!("{SERVICE_TYPE}.local."))
        .context("mdns-sd")?;
    let (mut found, mut last) = (HashSet::new(), start);
    while found.len() < count as usize {
        let left = limit.saturating_sub(start.elapsed());
        let Ok(event) = events.recv_timeout(left) else {
            break;
        };
        if let ServiceEvent::ServiceResolved(service) = event {
            if !service.addresses.is_empty() && found.insert(service.fullname.clone()) {
                last = Instant::now();
            }
        }
    }
    let cpu = own_cpu().saturating_sub(cpu);
    let found = u32::try_from(found.len()).context("found")?;
    Ok(Measured {
        found,
        time: last - start,
        cpu,
    })
}
