//! The keys of `avahi-daemon.conf`.
//!
//! In:  its text.
//! Out: changes of a [`Config`]; a remark for each line that is unknown, wrong, or has no effect.

use std::net::IpAddr;

use super::ini::{self, Setting};
use super::{Config, Dbus, Remark};
use crate::avahi::check::{domain, host_label};

/// Reads a file into a configuration. Whatever is wrong with a line costs only that line.
pub fn read(text: &str, config: &mut Config) -> Vec<Remark> {
    let (settings, mut remarks) = ini::read(text);
    for setting in &settings {
        if let Err(text) = apply(setting, config) {
            let line = setting.line;
            remarks.push(Remark { line, text });
        }
    }
    remarks.sort_by_key(|remark| remark.line);
    remarks
}

fn apply(setting: &Setting, config: &mut Config) -> Result<(), String> {
    let Setting { value, .. } = setting;
    match (setting.group.as_str(), setting.key.as_str()) {
        ("server", key) => server(key, value, config),
        ("publish", key) => publish(key, value, config),
        ("wide-area", key @ "enable-wide-area") => no_effect(key, is_yes(value), UNSUPPORTED),
        ("reflector", key @ "enable-reflector") => {
            let instead = "`[[reflect]]` in cooeed.toml says what may cross";
            no_effect(key, is_yes(value), instead)
        }
        // The line that would switch the reflector on gets the remark.
        ("reflector", "reflect-ipv" | "reflect-filters") => Ok(()),
        ("rlimits", key) if RLIMITS.contains(&key) => {
            no_effect(key, true, "set limits in the unit of the service manager")
        }
        ("wide-area" | "reflector" | "rlimits", key) => Err(unknown(key)),
        (group, _) => Err(format!("the group `[{group}]` is unknown and ignored")),
    }
}

fn server(key: &str, value: &str, config: &mut Config) -> Result<(), String> {
    match key {
        "host-name" => {
            let label = host_label(value).map_err(|_| format!("`{value}` is not one label"))?;
            config.host_name = Some(label);
        }
        "host-name-from-machine-id" => config.host_name_from_machine_id = value == "yes",
        "domain-name" => {
            let is_local = domain(value).is_ok_and(|domain| domain.is_local());
            if !is_local {
                return Err(format!("`{value}` is not supported: the domain is `local`"));
            }
        }
        "browse-domains" => config.browse_domains.extend(list(value)),
        "use-ipv4" => config.use_ipv4 = is_yes(value),
        "use-ipv6" => config.use_ipv6 = is_yes(value),
        "allow-interfaces" => config.allow_interfaces = list(value),
        "deny-interfaces" => config.deny_interfaces = list(value),
        "allow-point-to-point" => config.allow_point_to_point = is_yes(value),
        "enable-dbus" => config.dbus = dbus(value),
        "cache-entries-max" => config.limits.cache_records_max = Some(number(value)?),
        "clients-max" => config.limits.clients_max = number(value)?,
        "objects-per-client-max" => config.limits.objects_per_client_max = number(value)?,
        "entries-per-entry-group-max" => config.limits.entries_per_group_max = number(value)?,
        "ratelimit-interval-usec" => {
            return no_effect(key, number(value)? != RATELIMIT_INTERVAL_USEC, OWN_RATE);
        }
        "ratelimit-burst" => return no_effect(key, number(value)? != RATELIMIT_BURST, OWN_RATE),
        "use-iff-running" => config.only_running = is_yes(value),
        "check-response-ttl" | "disallow-other-stacks" => {
            return no_effect(key, is_yes(value), UNSUPPORTED);
        }
        _ => return Err(unknown(key)),
    }
    Ok(())
}

fn publish(key: &str, value: &str, config: &mut Config) -> Result<(), String> {
    match key {
        "disable-publishing" => config.publishes = !is_yes(value),
        "disable-user-service-publishing" => config.clients_may_publish = !is_yes(value),
        "add-service-cookie" => config.adds_cookie = is_yes(value),
        "publish-addresses" => config.publishes_addresses = is_yes(value),
        "publish-hinfo" => config.publishes_hinfo = is_yes(value),
        "publish-dns-servers" => config.dns_servers = addresses(value)?,
        "publish-workstation" | "publish-resolv-conf-dns-servers" => {
            return no_effect(key, is_yes(value), UNSUPPORTED);
        }
        // The domain `local` needs no record of its own.
        "publish-domain" => {}
        // A packet is the same over IPv4 and IPv6.
        "publish-aaaa-on-ipv4" | "publish-a-on-ipv6" => {
            return no_effect(
                key,
                !is_yes(value),
                "all addresses are sent over IPv4 and IPv6",
            );
        }
        _ => return Err(unknown(key)),
    }
    Ok(())
}

/// Reads a boolean as Avahi does, by its first character.
fn is_yes(value: &str) -> bool {
    value.starts_with(['y', 'Y', '1', 't', 'T'])
}

fn dbus(value: &str) -> Dbus {
    match value.as_bytes().first() {
        Some(b'w' | b'W') => Dbus::Optional,
        _ if is_yes(value) => Dbus::Required,
        _ => Dbus::Off,
    }
}

fn list(value: &str) -> Vec<String> {
    let items = value.split(',').map(str::trim);
    let items = items.filter(|item| !item.is_empty());
    items.map(str::to_owned).collect()
}

/// Reads a list of addresses.
fn addresses(value: &str) -> Result<Vec<IpAddr>, String> {
    let wrong = |item: &String| format!("`{item}` is not an IP address; the line is ignored");
    let items = list(value);
    let read = items
        .iter()
        .map(|item| item.parse().map_err(|_| wrong(item)));
    read.collect()
}

fn number(value: &str) -> Result<usize, String> {
    let wrong = || format!("`{value}` is not a number; the line is ignored");
    value.parse().map_err(|_| wrong())
}

/// Reports a setting that asks for what the daemon does not do.
fn no_effect(key: &str, is_asked: bool, reason: &str) -> Result<(), String> {
    match is_asked {
        true => Err(format!("`{key}` has no effect: {reason}")),
        false => Ok(()),
    }
}

fn unknown(key: &str) -> String {
    format!("the key `{key}` is unknown and ignored; avahi-daemon would refuse the file")
}

const UNSUPPORTED: &str = "it is not supported";

const OWN_RATE: &str = "the daemon has limits of its own for what it sends";

/// The value in Avahi's own file.
const RATELIMIT_INTERVAL_USEC: usize = 1_000_000;

/// The value in Avahi's own file.
const RATELIMIT_BURST: usize = 1_000;

const RLIMITS: [&str; 7] = [
    "rlimit-as",
    "rlimit-core",
    "rlimit-data",
    "rlimit-fsize",
    "rlimit-nofile",
    "rlimit-stack",
    "rlimit-nproc",
];
