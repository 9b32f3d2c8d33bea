//! Statistics by host.
//!
//! In:  messages and what was observed of each.
//! Out: [`HostStats`] of each host, as many as there is room for.

use std::cmp::Reverse;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use cooee_wire::{Message, Name, RDataRef};

use super::kind::MessageKind;
use super::limits::{HOST_KEPT, HOSTS_MAX};
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
    by_address: Recent<IpAddr, HostStats>,
    others: HostStats,
}

impl Hosts {
    pub(super) fn new() -> Self {
        Self {
            by_address: Recent::new(HOSTS_MAX, HOST_KEPT),
            others: HostStats::default(),
        }
    }

    pub(super) fn count(&mut self, now: Duration, sighting: &Sighting<'_>, seen: &Observation) {
        let host = sighting.source.ip();
        let known = self.by_address.entry(now, host);
        let is_known = known.is_some();
        let stats = known.unwrap_or(&mut self.others);
        stats.count(sighting, seen);
        if is_known {
            if let Some(name) = own_name(sighting) {
                stats.name = Some(name);
            }
        }
    }

    /// Counts a conflict of the host that did not send the message.
    pub(super) fn add_conflict(&mut self, now: Duration, host: IpAddr) {
        let stats = self.by_address.entry(now, host).unwrap_or(&mut self.others);
        stats.conflicts = stats.conflicts.saturating_add(1);
    }

    pub(super) fn sorted(&self) -> Vec<(IpAddr, HostStats)> {
        let hosts = self.by_address.iter();
        let mut hosts: Vec<_> = hosts.map(|(host, stats)| (*host, stats.clone())).collect();
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

/// Returns the name in a response that has the source address of the response.
fn own_name(sighting: &Sighting<'_>) -> Option<Name> {
    let message = Message::parse(sighting.bytes).ok()?;
    if !message.header().flags.is_response() {
        return None;
    }
    let source = sighting.source.ip();
    let mut records = message.records().flatten();
    let (_, own) = records.find(|(_, record)| match record.data() {
        Ok(RDataRef::A(address)) => source == address,
        Ok(RDataRef::Aaaa(address)) => source == address,
        Ok(_) | Err(_) => false,
    })?;
    own.name.to_name().ok()
}
