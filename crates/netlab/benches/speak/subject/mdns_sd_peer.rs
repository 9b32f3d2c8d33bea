//! The crate `mdns-sd`, as its documentation says to use it.
//!
//! In:  how many services.
//! Out: all of them registered on the link.

use std::time::Duration;

use mdns_sd::{Error, ServiceDaemon, ServiceInfo};
use netlab::error::{Context, Result};

use super::{PORT, SERVICE_TYPE, begin, instance, keep};

/// How long to wait when its queue of commands is full.
const FULL_PAUSE: Duration = Duration::from_micros(100);

pub(crate) fn speak(services: u32) -> Result<()> {
    begin();
    let daemon = ServiceDaemon::new().context("mdns-sd")?;
    for number in 0..services {
        let info = ServiceInfo::new(
            &format!("{SERVICE_TYPE}.local."),
            &instance(number),
            "speaker.local.",
            "",
            PORT,
            &[("path", "/")][..],
        );
        let info = info.context("mdns-sd")?.enable_addr_auto();
        while let Err(error) = daemon.register(info.clone()) {
            if !matches!(error, Error::Again) {
                return Err(error).context("mdns-sd");
            }
            std::thread::sleep(FULL_PAUSE);
        }
    }
    keep(daemon);
    Ok(())
}
