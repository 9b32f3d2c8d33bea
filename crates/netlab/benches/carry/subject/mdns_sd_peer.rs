//! The crate `mdns-sd`, as its documentation says to use it.
//!
//! In:  what to do.
//! Out: it is done until the process is killed; instances are reported as they are found.

use std::time::Duration;

use mdns_sd::{Error, ServiceDaemon, ServiceEvent, ServiceInfo};
use netlab::error::{Context, Result};

use super::{HOST, LIFE, PORT, SERVICE_TYPE, TXT_KEY, Task, instance, tell_found, txt_value};

/// How long to wait when its queue of commands is full.
const FULL_PAUSE: Duration = Duration::from_micros(100);

pub(crate) fn run(task: Task, services: u32) -> Result<()> {
    let daemon = ServiceDaemon::new().context("mdns-sd")?;
    match task {
        Task::Names | Task::Services => {
            let browse = daemon.browse(&format!("{SERVICE_TYPE}.local."));
            for event in browse.context("mdns-sd")? {
                if let ServiceEvent::ServiceResolved(service) = event {
                    if !service.addresses.is_empty() {
                        tell_found(&service.fullname);
                    }
                }
            }
            Ok(())
        }
        Task::Register => register(&daemon, services),
    }
}

fn register(daemon: &ServiceDaemon, services: u32) -> Result<()> {
    let value = txt_value();
    for number in 0..services {
        let info = ServiceInfo::new(
            &format!("{SERVICE_TYPE}.local."),
            &instance(number),
            &format!("{HOST}.local."),
            "",
            PORT,
            &[(TXT_KEY, value.as_str())][..],
        );
        let info = info.context("mdns-sd")?.enable_addr_auto();
        while let Err(error) = daemon.register(info.clone()) {
            if !matches!(error, Error::Again) {
                return Err(error).context("mdns-sd");
            }
            std::thread::sleep(FULL_PAUSE);
        }
    }
    std::thread::sleep(LIFE);
    Ok(())
}
