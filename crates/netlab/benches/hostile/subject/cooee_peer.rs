//! Cooee as a library, as its documentation says to use it.
//!
//! In:  names of services.
//! Out: all of them registered; a line for each honest service that comes or goes.

use std::time::{Duration, Instant};

use cooee::{Mdns, Registration, ServiceEvent};
use netlab::error::{Context, Result};

use super::{PORT, SERVICE_TYPE, TXT, tell};

/// Registers and does nothing else.
pub(crate) fn hold(names: &[String], life: Duration) -> Result<()> {
    let mdns = Mdns::new().context("cooee")?;
    let held = register(&mdns, names)?;
    std::thread::sleep(life);
    drop(held);
    Ok(())
}

/// Registers, and browses for others.
pub(crate) fn hold_and_browse(names: &[String], life: Duration) -> Result<()> {
    let end = Instant::now() + life;
    let mdns = Mdns::new().context("cooee")?;
    let held = register(&mdns, names)?;
    let mut events = mdns
        .browse(SERVICE_TYPE)
        .start()
        .context("browse")?
        .blocking();
    while let Ok(event) = events.next_timeout(end.saturating_duration_since(Instant::now())) {
        if let ServiceEvent::Added(service) = &event {
            tell('+', &service.name());
        }
        if let ServiceEvent::Removed { last, .. } = &event {
            tell('-', &last.name());
        }
    }
    drop(held);
    Ok(())
}

fn register(mdns: &Mdns, names: &[String]) -> Result<Vec<impl Sized + use<>>> {
    let registered = (0..).zip(names).map(|(number, name): (u16, _)| {
        let registration = Registration::new(SERVICE_TYPE, name, PORT + number);
        let registration = registration.txt(TXT.split_once('=').unwrap_or_default());
        mdns.register(registration).start().context("register")
    });
    registered.collect()
}
