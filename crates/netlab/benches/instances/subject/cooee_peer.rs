//! Cooee as a library, as its documentation says to use it.
//!
//! In:  the link.
//! Out: how many instances it resolved with an address, and what that cost.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use cooee::{Mdns, ServiceEvent};
use netlab::bench::own_cpu;
use netlab::error::{Context, Result};

use super::{Measured, SERVICE_TYPE};

pub(crate) fn browse(count: u32, limit: Duration) -> Result<Measured> {
    let (start, cpu) = (Instant::now(), own_cpu());
    let mdns = Mdns::new().context("cooee")?;
    let mut events = mdns
        .browse(SERVICE_TYPE)
        .start()
        .context("cooee")?
        .blocking();
    let (mut found, mut last) = (HashSet::new(), start);
    while found.len() < count as usize {
        let left = limit.saturating_sub(start.elapsed());
        let Ok(event) = events.next_timeout(left) else {
            break;
        };
        if let ServiceEvent::Added(service) = event {
            if found.insert(service.name().into_owned()) {
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
