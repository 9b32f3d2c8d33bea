//! The tables `[dns]` and `[[dns.zone]]`.
//!
//! In:  what the reader of the file has found in them.
//! Out: a [`DnsServer`], or an error with the word at which it is.

use std::net::SocketAddr;
use std::time::Duration;

use cooee::Name;
use serde::Deserialize;

use super::{DnsServer, LinkZone, Prefix, TTL_SECS_MAX};

/// What the file may say about the DNS server.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::config) struct DnsTable {
    listen: Vec<String>,
    allow: Vec<String>,
    local: Option<bool>,
    reverse: Option<bool>,
    wait_ms: Option<u64>,
    requests_per_second: Option<u32>,
    link_questions_per_second: Option<u32>,
    ttl_max_s: Option<u32>,
    zone: Vec<ZoneTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ZoneTable {
    name: String,
    interface: String,
    server_name: String,
    #[serde(default)]
    other_servers: Vec<String>,
    contact: Option<String>,
}

/// A word of the file, and what is wrong with it.
pub(in crate::config) type Wrong = (String, String);

impl DnsTable {
    /// Returns the settings.
    pub(in crate::config) fn read(self) -> Result<DnsServer, Wrong> {
        let usual = DnsServer::default();
        let zones = self.zone.into_iter().map(ZoneTable::read);
        let server = DnsServer {
            listen: each(&self.listen, listen)?,
            allow: each(&self.allow, str::parse::<Prefix>)?,
            serves_local: self.local.unwrap_or(usual.serves_local),
            serves_reverse: self.reverse.unwrap_or(usual.serves_reverse),
            wait_max: wait(self.wait_ms)?.unwrap_or(usual.wait_max),
            requests_per_second: positive("requests-per-second", self.requests_per_second)?
                .unwrap_or(usual.requests_per_second),
            link_questions_per_second: positive(
                "link-questions-per-second",
                self.link_questions_per_second,
            )?
            .unwrap_or(usual.link_questions_per_second),
            ttl_secs_max: ttl(self.ttl_max_s)?.unwrap_or(usual.ttl_secs_max),
            zones: zones.collect::<Result<_, _>>()?,
        };
        zones_differ(&server.zones)?;
        Ok(server)
    }
}

impl ZoneTable {
    fn read(self) -> Result<LinkZone, Wrong> {
        let name = domain(&self.name)?;
        if name.ends_with(&Name::LOCAL) || name.is_root() {
            let reason = format!("`{}` cannot be the zone of one link", self.name);
            return Err((self.name, reason));
        }
        let mut servers = vec![domain(&self.server_name)?];
        for server in &self.other_servers {
            servers.push(domain(server)?);
        }
        //= https://www.rfc-editor.org/rfc/rfc8766#section-6.2
        //# The target host name in the RDATA of an NS record MUST NOT reference
        //# a name that falls within any zone delegated to a Discovery Proxy.
        if let Some(server) = servers.iter().find(|server| server.ends_with(&name)) {
            let reason = format!("the server `{server}` must not be within its zone `{name}`");
            return Err((self.server_name, reason));
        }
        let contact = match &self.contact {
            Some(contact) => mailbox(contact)?,
            None => domain(&format!("hostmaster.{}", self.server_name))?,
        };
        Ok(LinkZone {
            name,
            interface: self.interface,
            servers,
            contact,
        })
    }
}

fn zones_differ(zones: &[LinkZone]) -> Result<(), Wrong> {
    let mut before = zones;
    while let Some((zone, rest)) = before.split_last() {
        if rest.iter().any(|other| other.name == zone.name) {
            let name = zone.name.to_string();
            return Err((name.clone(), format!("there are two zones `{name}`")));
        }
        let servers = zones.iter().flat_map(|other| &other.servers);
        if let Some(server) = servers.clone().find(|server| server.ends_with(&zone.name)) {
            let reason = format!("the server `{server}` must not be within a zone of a link");
            return Err((server.to_string(), reason));
        }
        before = rest;
    }
    Ok(())
}

/// Reads `127.0.0.1:53` or `[::1]:53`.
fn listen(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|_| {
        format!("`{text}` is not an address with a port: expected `127.0.0.1:53` or `[::1]:53`")
    })?;
    let ip = address.ip().to_canonical();
    if ip.is_unspecified() {
        let advice = "name each address on which to listen";
        return Err(format!("`{text}` is every address of this host: {advice}"));
    }
    if ip.is_multicast() {
        return Err(format!("`{text}` is not the address of a host"));
    }
    Ok(address)
}

fn each<T>(texts: &[String], read: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, Wrong> {
    let read = |text: &String| read(text).map_err(|reason| (text.clone(), reason));
    texts.iter().map(read).collect()
}

fn domain(text: &str) -> Result<Name, Wrong> {
    text.parse().map_err(|error| {
        let reason = format!("`{text}` is not a domain name: {error}");
        (text.to_owned(), reason)
    })
}

/// Reads `admin@example.com`, or the same as a name.
fn mailbox(text: &str) -> Result<Name, Wrong> {
    let Some((user, host)) = text.split_once('@') else {
        return domain(text);
    };
    let host = domain(host)?;
    host.prepend(user.as_bytes()).map_err(|error| {
        let reason = format!("`{text}` is not a mailbox: {error}");
        (text.to_owned(), reason)
    })
}

fn wait(millis: Option<u64>) -> Result<Option<Duration>, Wrong> {
    match millis {
        Some(millis) if millis > WAIT_MILLIS_MAX => {
            let reason = format!("`wait-ms` can be {WAIT_MILLIS_MAX} at most");
            Err(("wait-ms".to_owned(), reason))
        }
        Some(millis) => Ok(Some(Duration::from_millis(millis))),
        None => Ok(None),
    }
}

fn ttl(seconds: Option<u32>) -> Result<Option<u32>, Wrong> {
    match seconds {
        Some(seconds) if seconds > TTL_SECS_MAX => {
            let reason = format!("`ttl-max-s` can be {TTL_SECS_MAX} at most (RFC 8766)");
            Err(("ttl-max-s".to_owned(), reason))
        }
        given => Ok(given),
    }
}

fn positive(key: &str, number: Option<u32>) -> Result<Option<u32>, Wrong> {
    match number {
        Some(0) => Err((key.to_owned(), format!("`{key}` must be 1 at least"))),
        given => Ok(given),
    }
}

/// The longest wait that can be set: resolvers have given up by then.
const WAIT_MILLIS_MAX: u64 = 10_000;
