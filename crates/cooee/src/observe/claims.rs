//! Which host claims which unique record.
//!
//! In:  responses.
//! Out: conflicts: two hosts that claim one name with different data. RFC 6762 section 9.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use cooee_wire::{Message, NameRef, RecordType};

use super::breach::Breach;
use super::limits::{CHANGE_AFTER, CLAIM_KEPT, CLAIMS_MAX};
use super::recent::Recent;
use super::sighting::{LinkFamily, Sighting};

type Key = (LinkFamily, u64, RecordType);

/// The unique records and their owners.
#[derive(Debug)]
pub(super) struct Claims {
    owners: Recent<Key, Owners>,
}

#[derive(Debug, Default)]
struct Owners {
    current: Option<RecordClaim>,
    former: Option<IpAddr>,
}

#[derive(Clone, Copy, Debug)]
struct RecordClaim {
    host: IpAddr,
    /// The data of all records of this name and type in one message.
    digest: u64,
    at: Duration,
}

impl Claims {
    pub(super) fn new() -> Self {
        Self {
            owners: Recent::new(CLAIMS_MAX, CLAIM_KEPT),
        }
    }

    /// Returns how many are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.owners.len()
    }

    /// Notes the unique records of a response. Returns each conflict, with the other host.
    pub(super) fn note(
        &mut self,
        now: Duration,
        seed: u64,
        sighting: &Sighting<'_>,
        message: &Message<'_>,
    ) -> Vec<(IpAddr, Breach)> {
        let link = LinkFamily::of(sighting);
        let mut sets: HashMap<Key, (NameRef<'_>, u64)> = HashMap::new();
        for (_, record) in message.records().flatten() {
            if !record.cache_flush || !CLAIMED.contains(&record.rtype) {
                continue;
            }
            let Ok(name) = record.name.fold_hash(seed) else {
                continue;
            };
            let key = (link, name, record.rtype);
            if record.ttl.is_goodbye() {
                self.owners.remove(&key);
                continue;
            }
            if let Ok(data) = record.data().and_then(|data| data.fold_hash(seed)) {
                let (_, digest) = sets.entry(key).or_insert((record.name, 0));
                // The order of the records has no meaning.
                *digest ^= data;
            }
        }
        let mut conflicts = Vec::new();
        let mut sets: Vec<_> = sets.into_iter().collect();
        sets.sort_unstable_by_key(|((_, _, rtype), (name, _))| (name.offset(), *rtype));
        for (key, (name, digest)) in sets {
            let claim = RecordClaim {
                host: sighting.source.ip(),
                digest,
                at: now,
            };
            let other = self.owners.entry(now, key).and_then(|it| it.claim(claim));
            if let Some((other, name)) = other.zip(name.to_name().ok()) {
                let (_, _, rtype) = key;
                conflicts.push((other, Breach::Conflict { name, rtype, other }));
            }
        }
        conflicts
    }
}

impl Owners {
    /// Takes a claim. Returns the other host if there is a conflict.
    fn claim(&mut self, new: RecordClaim) -> Option<IpAddr> {
        let Some(current) = self.current else {
            self.current = Some(new);
            return None;
        };
        if current.host == new.host || current.digest == new.digest {
            // A reflector, or a proxy, repeats the data of another host.
            let host = current.host;
            self.current = Some(RecordClaim { host, ..new });
            return None;
        }
        // A host whose address has changed also seems to be two; but then the first is silent.
        let is_both = self.former == Some(new.host) || new.at.abs_diff(current.at) < CHANGE_AFTER;
        self.former = Some(current.host);
        self.current = Some(new);
        is_both.then_some(current.host)
    }
}

/// The types that only one host has for a name.
const CLAIMED: [RecordType; 3] = [RecordType::A, RecordType::AAAA, RecordType::SRV];
