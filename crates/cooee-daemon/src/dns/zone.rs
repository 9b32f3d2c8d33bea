//! The domains that are answered for.
//!
//! In:  the settings, the links in use, a name.
//! Out: the [`Zone`] in which the name is; none if it is in none.

use std::sync::Arc;

use cooee::{Name, RData, RecordType, Ttl};
use cooee_wire::{Class, Record};

use super::links::{Link, Links};
use super::reverse::ReverseName;
use super::scope::Scope;
use crate::config::{DnsServer, LinkZone, Prefix};

/// A domain that is answered for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Zone {
    /// Its name.
    pub(super) apex: Name,
    pub(super) shows: Shows,
    pub(super) scope: Scope,
    /// Its servers.
    pub(super) servers: Vec<Name>,
    /// The mailbox of its administrator, as a name.
    pub(super) contact: Name,
}

/// What a zone shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shows {
    /// The names of all links, as they are.
    Local,
    /// The names of one link, with the name of the zone in place of `local`.
    Link,
    /// The addresses of a link.
    Addresses {
        /// The zone in which the hosts are; `local` if there is none.
        hosts: Option<Name>,
    },
}

/// Finds the zone of a name: the one with the longest name.
pub(super) fn find(settings: &DnsServer, links: &Links, name: &Name) -> Option<Zone> {
    let zones = settings.zones.iter();
    let within = zones.filter(|zone| name.ends_with(&zone.name));
    if let Some(zone) = within.max_by_key(|zone| zone.name.label_count()) {
        return Some(of_link(zone, links));
    }
    if settings.serves_local && name.ends_with(&Name::LOCAL) {
        return Some(without_server(Name::LOCAL, Shows::Local, Scope::All));
    }
    let reverse = ReverseName::read(name).filter(|_| settings.serves_reverse)?;
    of_addresses(settings, links, name, reverse)
}

fn of_link(zone: &LinkZone, links: &Links) -> Zone {
    Zone {
        apex: zone.name.clone(),
        shows: Shows::Link,
        scope: links.index(&zone.interface).map_or(Scope::None, Scope::One),
        servers: zone.servers.clone(),
        contact: zone.contact.clone(),
    }
}

/// Returns the zone of the addresses of a link. Where a zone shows the names of that link, the hosts
/// are in it.
fn of_addresses(
    settings: &DnsServer,
    links: &Links,
    name: &Name,
    reverse: ReverseName,
) -> Option<Zone> {
    let within = |network: &&Prefix| network.bits() <= reverse.bits && network.contains(reverse.ip);
    let on_link = |link: &Link| link.networks.iter().find(within).copied();
    let mut used = links.used.iter();
    let (link, network) = used.find_map(|link| Some((link, on_link(link)?)))?;
    let apex = last_labels(name, reverse.domain_labels(network.bits()))?;
    let mut zones = settings.zones.iter();
    let hosts = zones.find(|zone| zone.interface == link.name);
    let shows = Shows::Addresses {
        hosts: hosts.map(|zone| zone.name.clone()),
    };
    let scope = Scope::One(link.index);
    match hosts {
        Some(zone) => Some(Zone {
            apex,
            shows,
            scope,
            servers: zone.servers.clone(),
            contact: zone.contact.clone(),
        }),
        None if settings.serves_local => Some(without_server(apex, shows, scope)),
        None => None,
    }
}

/// Returns a zone that is served only here, with its own name as that of its server (RFC 6303
/// section 3).
fn without_server(apex: Name, shows: Shows, scope: Scope) -> Zone {
    Zone {
        servers: vec![apex.clone()],
        apex,
        shows,
        scope,
        contact: NOBODY,
    }
}

/// Returns the name of the last labels of a name.
fn last_labels(name: &Name, count: usize) -> Option<Name> {
    let skipped = name.label_count().checked_sub(count)?;
    Name::from_labels(name.labels().skip(skipped)).ok()
}

impl Zone {
    /// Returns whether it shows the addresses of a link, and not its services.
    pub(super) fn shows_addresses(&self) -> bool {
        matches!(self.shows, Shows::Addresses { .. })
    }

    /// Returns the labels of a name before those of the zone.
    pub(super) fn labels_before<'n>(&self, name: &'n Name) -> impl Iterator<Item = &'n [u8]> {
        let count = name.label_count().saturating_sub(self.apex.label_count());
        name.labels().take(count)
    }

    /// Returns its SOA record.
    //= https://www.rfc-editor.org/rfc/rfc8766#section-6.1
    //# The SERIAL field MUST be zero.
    //= https://www.rfc-editor.org/rfc/rfc8766#section-6.1
    //# The MINIMUM field (used to control the lifetime of negative cache
    //# entries) SHOULD contain the value 10.
    pub(super) fn soa(&self, ttl_secs: u32) -> Record {
        let server = self.servers.first().unwrap_or(&self.apex);
        let mut bytes = [server.as_wire(), self.contact.as_wire()].concat();
        let numbers = [SERIAL, REFRESH_SECS, RETRY_SECS, EXPIRE_SECS, ttl_secs];
        bytes.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
        self.at_apex(RecordType::SOA, &bytes, ttl_secs)
    }

    /// Returns its NS records.
    pub(super) fn name_servers(&self, ttl_secs: u32) -> Vec<Record> {
        let servers = self.servers.iter();
        let record = |server: &Name| self.at_apex(RecordType::NS, server.as_wire(), ttl_secs);
        servers.map(record).collect()
    }

    fn at_apex(&self, rtype: RecordType, bytes: &[u8], ttl_secs: u32) -> Record {
        Record {
            name: self.apex.clone(),
            class: Class::IN,
            ttl: Ttl(ttl_secs),
            cache_flush: false,
            data: RData::Opaque {
                rtype,
                bytes: Arc::from(bytes),
            },
        }
    }
}

/// The administrator of a zone that has none (RFC 6303 section 3).
const NOBODY: Name = Name::from_static(&(b"\x06nobody\x07invalid\0" as &[u8]));

//= https://www.rfc-editor.org/rfc/rfc8766#section-6.1
//# The RECOMMENDED values are: REFRESH 7200,
//# RETRY 3600, and EXPIRE 86400.
const SERIAL: u32 = 0;
const REFRESH_SECS: u32 = 7_200;
const RETRY_SECS: u32 = 3_600;
const EXPIRE_SECS: u32 = 86_400;
