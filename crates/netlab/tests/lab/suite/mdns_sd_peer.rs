//! The crate `mdns-sd` as a host of the link, as its documentation says to use it.
//!
//! In:  a host, and the types to browse.
//! Out: what it resolves and loses, in the form that `cooee pipe` writes.

use std::collections::BTreeMap;

use mdns_sd::{ResolvedService, ServiceDaemon, ServiceEvent};
use netlab::cooee::{self, Found};
use netlab::error::Context;
use netlab::harness::role_command;
use netlab::program::Running;
use netlab::{Node, Result};
use serde_json::json;

/// The process that browses.
pub(crate) const ROLE: &str = "role-mdns-sd";

/// Names the type that it browses.
const TYPE: &str = "COOEE_LAB_TYPE";

/// A running `mdns-sd`, which browses one type.
pub(crate) struct MdnsSd(Running);

impl MdnsSd {
    /// Browses a type, such as `_http._tcp` or `_printer._sub._http._tcp`.
    pub(crate) fn browse(node: &Node, service_type: &str) -> Result<Self> {
        let mut command = role_command(node, ROLE)?;
        command.env(TYPE, service_type);
        Running::start(command).map(Self)
    }

    /// Returns what it has found and not lost, by instance name.
    pub(crate) fn services(&self) -> Result<BTreeMap<String, Found>> {
        cooee::services(&cooee::objects(&self.0.stdout())?)
    }
}

#[allow(clippy::print_stdout, reason = "this is how the role tells the test")]
pub(crate) fn role() -> Result<()> {
    let service_type = std::env::var(TYPE).context(TYPE)?;
    let base = service_type.rsplit("._sub.").next().unwrap_or_default();
    let instance = |full: &str| full.trim_end_matches(&format!(".{base}.local.")).to_owned();
    let daemon = ServiceDaemon::new().context("mdns-sd")?;
    let events = daemon.browse(&format!("{service_type}.local."));
    for event in events.context("mdns-sd")?.iter() {
        let reported = match event {
            ServiceEvent::ServiceResolved(service) => {
                resolved(&service, &instance(&service.fullname), base)
            }
            ServiceEvent::ServiceRemoved(_, full) => {
                json!({"event": "lost", "instance": instance(&full)})
            }
            ServiceEvent::SearchStarted(_)
            | ServiceEvent::ServiceFound(..)
            | ServiceEvent::SearchStopped(_)
            | _ => continue,
        };
        println!("{reported}");
    }
    Ok(())
}

fn resolved(service: &ResolvedService, instance: &str, service_type: &str) -> serde_json::Value {
    let txt: Vec<String> = service.txt_properties.iter().map(string).collect();
    let addresses = service.addresses.iter();
    let addresses: Vec<String> = addresses.map(|one| one.to_ip_addr().to_string()).collect();
    json!({
        "event": "resolved", "instance": instance, "type": service_type,
        "host": service.host.trim_end_matches('.'), "port": service.port,
        "txt_hex": txt, "addresses": addresses,
    })
}

/// A TXT string as the wire has it, in hexadecimal.
fn string(property: &mdns_sd::TxtProperty) -> String {
    let mut bytes = property.key().as_bytes().to_vec();
    if let Some(value) = property.val() {
        bytes.push(b'=');
        bytes.extend_from_slice(value);
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
