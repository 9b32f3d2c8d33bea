//! Statistics by host.
//!
//! In:  messages and what was observed of each.
//! Out: [`HostStats`] of each host, as many as there is room for; whether two addresses belong to
//!      one host. RFC 6762 section 14.

use std::cmp::Reverse;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use cooee_wire::{Message, Name, NameRef, RDataRef};

use super::kind::MessageKind;
use super::limits::{HOST_KEPT, HOSTS_MAX, OWN_NAMES_MAX};
use super::observation::Observation;
use super::recent::Recent;
use super::sighting::Sighting;

/// What one host has sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostStats {
    /// A name that the host has given to its source address.
    pub name: Option<Name>,
    /// How many messages it has sent.
    pub packets: u64,
    /// How many bytes they had.
    pub bytes: u64,
    /// How many questions it has asked, probes included.
    pub questions: u64,
    /// How many records its responses had as answers.
    pub answers: u64,
    /// How many messages were in conflict with another host.
    pub conflicts: u64,
    /// How many breaches of RFC 6762 its messages had.
    pub breaches: u64,
    /// How many messages were malformed.
    pub malformed: u64,
    /// When it was seen first.
    pub first: Option<SystemTime>,
    /// When it was seen last.
    pub last: Option<SystemTime>,
}

/// The hosts.
#[derive(Debug)]
pub(super) struct Hosts {
    by_address: Recent<IpAddr, KnownHost>,
    others: HostStats,
}

/// One host, or one interface of it.
#[derive(Debug, Default)]
struct KnownHost {
    stats: HostStats,
    /// Hashes of the names that it has given to its source address, the last one at the end.
    names: Vec<u64>,
}

impl Hosts {
    pub(super) fn new() -> Self {
        Self {
            by_address: Recent::new(HOSTS_MAX, HOST_KEPT),
            others: HostStats::default(),
        }
    }

    pub(super) fn count(&mut self, now: Duration, sighting: &Sighting<'_>, seen: &Observation) {
        let known = self.by_address.entry(now, sighting.source.ip());
        let stats = known.map_or(&mut self.others, |host| &mut host.stats);
        stats.count(sighting, seen);
    }

    /// Learns from a response how its sender calls itself.
    pub(super) fn learn(
        &mut self,
        now: Duration,
        seed: u64,
        source: IpAddr,
        message: &Message<'_>,
    ) {
        let mut names = own_names(source, message).peekable();
        if names.peek().is_none() {
            return;
        }
        let Some(host) = self.by_address.entry(now, source) else {
            return;
        };
        for (name, is_certain) in names {
            if let Ok(hash) = name.fold_hash(seed) {
                host.names.retain(|known| *known != hash);
                if host.names.len() >= OWN_NAMES_MAX {
                    host.names.remove(0);
                }
                host.names.push(hash);
            }
            if is_certain {
                host.stats.name = name.to_name().ok().or(host.stats.name.take());
            }
        }
    }

    /// Returns whether two addresses belong to one host: it has given both of them the same name.
    ///
    /// A host with two interfaces on one link sends from two addresses, and each interface announces
    /// its own. Two hosts of one name that announce their own addresses look the same.
    pub(super) fn is_one(&self, one: IpAddr, other: IpAddr) -> bool {
        let names = |ip| self.by_address.get(&ip).map_or(&[][..], |host| &host.names);
        one == other || names(one).iter().any(|name| names(other).contains(name))
    }

    /// Counts a conflict of the host that did not send the message.
    pub(super) fn add_conflict(&mut self, now: Duration, host: IpAddr) {
        let known = self.by_address.entry(now, host);
        let stats = known.map_or(&mut self.others, |host| &mut host.stats);
        stats.conflicts = stats.conflicts.saturating_add(1);
    }

    pub(super) fn sorted(&self) -> Vec<(IpAddr, HostStats)> {
        let hosts = self.by_address.iter();
        let mut hosts: Vec<_> = hosts
            .filter(|(_, host)| host.stats.packets > 0 || host.stats.conflicts > 0)
            .map(|(ip, host)| (*ip, host.stats.clone()))
            .collect();
        hosts.sort_by_key(|(host, stats)| (Reverse((stats.packets, stats.bytes)), *host));
        hosts
    }

    pub(super) fn others(&self) -> &HostStats {
        &self.others
    }
}

impl HostStats {
    fn count(&mut self, sighting: &Sighting<'_>, seen: &Observation) {
        let add = |count: &mut u64, more: u64| *count = count.saturating_add(more);
        add(&mut self.packets, 1);
        add(&mut self.bytes, sighting.bytes.len() as u64);
        add(&mut self.breaches, seen.breaches.len() as u64);
        let conflicts = seen
            .breaches
            .iter()
            .any(|breach| breach.as_str() == "conflict");
        add(&mut self.conflicts, u64::from(conflicts));
        self.first = self.first.or(Some(sighting.at));
        self.last = Some(sighting.at);
        if let MessageKind::Malformed(_) = seen.kind {
            add(&mut self.malformed, 1);
            return;
        }
        if let Ok(message) = Message::parse(sighting.bytes) {
            let header = message.header();
            if header.flags.is_response() {
                add(&mut self.answers, u64::from(header.counts.answers));
            } else {
                add(&mut self.questions, u64::from(header.counts.questions));
            }
        }
    }
}

/// Returns the names in a response that have its source address, and whether that is certain.
///
/// A link-local source may announce its other IPv6 addresses alone, as Avahi does.
fn own_names<'a>(
    source: IpAddr,
    message: &Message<'a>,
) -> impl Iterator<Item = (NameRef<'a>, bool)> {
    let is_link_local = |ip: IpAddr| match ip {
        IpAddr::V4(_) => false,
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    let addresses = || {
        let alive = message.records().flatten();
        let alive = alive.filter(|(_, record)| !record.ttl.is_goodbye());
        alive.filter_map(|(_, record)| match record.data() {
            Ok(RDataRef::A(ip)) => Some((record.name, IpAddr::V4(ip))),
            Ok(RDataRef::Aaaa(ip)) => Some((record.name, IpAddr::V6(ip))),
            Ok(_) | Err(_) => None,
        })
    };
    let is_alone = is_link_local(source) && !addresses().any(|(_, ip)| is_link_local(ip));
    let names = addresses().filter_map(move |(name, ip)| {
        let is_certain = ip == source;
        (is_certain || is_alone && ip.is_ipv6()).then_some((name, is_certain))
    });
    names.collect::<Vec<_>>().into_iter()
}
