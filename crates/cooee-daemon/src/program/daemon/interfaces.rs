//! Which interfaces the driver uses, and the name of this host.
//!
//! In:  the configuration.
//! Out: the options of the driver; the label to ask for.

use std::fs;

use cooee::{Builder, Family, Interface, Limits, Mdns};

use crate::config::Config;

/// Returns the options of the driver: Avahi's rule for interfaces, which uses those of containers.
pub(super) fn builder(config: &Config) -> Builder {
    let (allow, deny) = (
        config.allow_interfaces.clone(),
        config.deny_interfaces.clone(),
    );
    let (point_to_point, only_running) = (config.allow_point_to_point, config.only_running);
    let mut builder = Mdns::builder()
        .interface_filter(move |interface| {
            is_used(interface, &allow, &deny, point_to_point)
                && (interface.flags.running || !only_running)
        })
        .follow_families();
    builder = match config.only_family() {
        Some(Family::V4) => builder.ipv4_only(),
        Some(Family::V6) => builder.ipv6_only(),
        None => builder,
    };
    if !config.use_ipv4 && !config.use_ipv6 {
        tracing::warn!("neither IPv4 nor IPv6 is to be used: using both");
    }
    let mut limits = Limits::default();
    if let Some(records) = config.limits.cache_records_max {
        limits.cache_records_max = records.max(1);
    }
    if config.dns.is_on() {
        limits.cache_idle_records_max = IDLE_RECORDS_MAX;
        limits.cache_idle_bytes_max = IDLE_BYTES_MAX;
    }
    builder = builder.limits(limits);
    builder
}

fn is_used(interface: &Interface, allow: &[String], deny: &[String], point_to_point: bool) -> bool {
    let flags = interface.flags;
    let is_link = !flags.loopback && (point_to_point || !flags.point_to_point);
    let is_allowed = allow.is_empty() || allow.contains(&interface.name);
    is_link && is_allowed && !deny.contains(&interface.name)
}

/// Returns the label of the host: that of the configuration, the machine's id, or the system's name
/// up to its first dot.
pub(super) fn host_label(config: &Config) -> String {
    let machine = || fs::read_to_string("/etc/machine-id").ok();
    let label = match &config.host_name {
        Some(label) => Some(label.clone()),
        None if config.host_name_from_machine_id => machine().map(|id| id.trim().to_owned()),
        None => None,
    };
    label
        .or_else(system_label)
        .filter(|label| !label.is_empty())
        .unwrap_or_else(|| FALLBACK.to_owned())
}

fn system_label() -> Option<String> {
    let system = rustix::system::uname();
    let name = system.nodename().to_str().ok()?;
    name.split('.').next().map(str::to_owned)
}

/// How many records are kept that came together with an answer, if the DNS server is on: who has got a
/// list of services asks for the details of each.
const IDLE_RECORDS_MAX: usize = 16_384;

/// How many bytes these may hold.
const IDLE_BYTES_MAX: usize = 4 * 1_024 * 1_024;

/// A host without a name.
const FALLBACK: &str = "cooee";
