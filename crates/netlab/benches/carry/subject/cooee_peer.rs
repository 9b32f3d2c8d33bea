//! Cooee as a library, as its documentation says to use it.
//!
//! In:  what to do.
//! Out: it is done until the process is killed; instances are reported as they are found.

use cooee::{InstanceEvent, Mdns, Registration, ServiceEvent};
use netlab::error::{Context, Result};

use super::{LIFE, PORT, SERVICE_TYPE, TXT_KEY, Task, instance, tell_found, txt_value};

pub(crate) fn run(task: Task, services: u32) -> Result<()> {
    let mdns = Mdns::new().context("cooee")?;
    match task {
        Task::Names => {
            let browse = mdns.browse_instances(SERVICE_TYPE).start();
            for event in browse.context("browse")?.blocking() {
                if let InstanceEvent::Found(instance) = event {
                    tell_found(&instance.to_string());
                }
            }
        }
        Task::Services => {
            let browse = mdns.browse(SERVICE_TYPE).start();
            for event in browse.context("browse")?.blocking() {
                if let ServiceEvent::Added(service) = event {
                    tell_found(&service.name());
                }
            }
        }
        Task::Register => {
            let mut held = Vec::new();
            for number in 0..services {
                let service = Registration::new(SERVICE_TYPE, instance(number), PORT)
                    .txt((TXT_KEY, txt_value()));
                held.push(mdns.register(service).start().context("register")?);
            }
            std::thread::sleep(LIFE);
        }
    }
    Ok(())
}
