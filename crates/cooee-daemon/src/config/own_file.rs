//! The daemon's own file, `/etc/cooee/cooeed.toml`.
//!
//! In:  its text.
//! Out: changes of a [`Config`], or the first error, with its line. The book lists all keys.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use cooee::Name;
use serde::Deserialize;

use super::dns::DnsTable;
use super::reflect::{self, ReflectTable};
use super::{AliasHost, Config, DnsServer, Listen, Remark};
use crate::avahi::check::{local_host, names_a_host};

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    text_socket: TextSocketTable,
    limits: LimitsTable,
    status: StatusTable,
    metrics: MetricsTable,
    dns: DnsTable,
    reflect: Vec<ReflectTable>,
    aliases: Vec<String>,
    host: Vec<HostTable>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct TextSocketTable {
    enabled: Option<bool>,
    path: Option<PathBuf>,
    clients_max: Option<usize>,
    silence_ms: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct LimitsTable {
    clients_max: Option<usize>,
    objects_per_client_max: Option<usize>,
    entries_per_group_max: Option<usize>,
    cache_records_max: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct StatusTable {
    path: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct MetricsTable {
    listen: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct HostTable {
    name: String,
    addresses: Vec<IpAddr>,
}

/// Reads a file into a configuration.
///
/// # Errors
///
/// Returns the first error; the configuration is then unchanged.
pub fn read(text: &str, config: &mut Config) -> Result<(), Remark> {
    let mut file: File = toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        at(text, start, error.message().trim())
    })?;
    let metrics = file.metrics.listen.as_deref().map(listen);
    let metrics = metrics
        .transpose()
        .map_err(|reason| find(text, "listen", &reason))?;
    let read = |name: &String| local(name).map_err(|reason| find(text, name, &reason));
    let aliases = file.aliases.iter().map(read).collect::<Result<_, _>>()?;
    let names = file.host.iter().map(|host| read(&host.name));
    let names: Vec<Name> = names.collect::<Result<_, _>>()?;
    let mut addresses = file.host.iter().flat_map(|host| &host.addresses);
    if let Some(address) = addresses.find(|address| !names_a_host(**address)) {
        let reason = format!("`{address}` is not an address by which others reach a host");
        return Err(find(text, &address.to_string(), &reason));
    }
    let dns = std::mem::take(&mut file.dns).read();
    let dns = dns.map_err(|(word, reason)| find(text, &word, &reason))?;
    let rules = reflect::read(&file.reflect);
    config.reflect = rules.map_err(|(word, reason)| find(text, &word, &reason))?;
    config.aliases = aliases;
    let hosts = names.into_iter().zip(&file.host);
    config.hosts = hosts
        .map(|(name, host)| AliasHost {
            name,
            addresses: host.addresses.clone(),
        })
        .collect();
    apply(file, metrics, dns, config);
    Ok(())
}

fn apply(file: File, metrics: Option<Listen>, dns: DnsServer, config: &mut Config) {
    let text = &mut config.text_socket;
    set(&mut text.is_on, file.text_socket.enabled);
    set(&mut text.path, file.text_socket.path);
    set(&mut text.clients_max, file.text_socket.clients_max);
    let silence = file.text_socket.silence_ms.map(Duration::from_millis);
    set(&mut text.silence_max, silence);
    let limits = &mut config.limits;
    set(&mut limits.clients_max, file.limits.clients_max);
    set(
        &mut limits.objects_per_client_max,
        file.limits.objects_per_client_max,
    );
    set(
        &mut limits.entries_per_group_max,
        file.limits.entries_per_group_max,
    );
    if file.limits.cache_records_max.is_some() {
        limits.cache_records_max = file.limits.cache_records_max;
    }
    set(&mut config.status_socket, file.status.path);
    config.metrics = metrics.or(config.metrics.take());
    config.dns = dns;
}

fn set<T>(setting: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *setting = given;
    }
}

/// Reads `127.0.0.1:9353`, `[::1]:9353` or `unix:/run/cooeed/metrics`.
fn listen(text: &str) -> Result<Listen, String> {
    if let Some(path) = text.strip_prefix("unix:") {
        return Ok(Listen::Unix(path.into()));
    }
    match text.parse::<SocketAddr>() {
        Ok(address) if address.ip().is_loopback() => Ok(Listen::Loopback(address)),
        Ok(_) => Err(format!("`{text}` is not on loopback")),
        Err(_) => Err(format!(
            "`{text}` is not an address: expected 127.0.0.1:PORT, [::1]:PORT or unix:PATH"
        )),
    }
}

/// Reads `www` or `www.local`.
fn local(name: &str) -> Result<Name, String> {
    local_host(name).map_err(|_| format!("`{name}` is not a name such as `www` or `www.local`"))
}

fn find(text: &str, word: &str, reason: &str) -> Remark {
    at(text, text.find(word).unwrap_or_default(), reason)
}

fn at(text: &str, position: usize, reason: &str) -> Remark {
    let before = text.as_bytes().get(..position).unwrap_or_default();
    let line = before.iter().filter(|byte| **byte == b'\n').count();
    Remark {
        line: line.saturating_add(1),
        text: reason.to_owned(),
    }
}
