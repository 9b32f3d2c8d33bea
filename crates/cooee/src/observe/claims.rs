//! Which host claims which unique record.
//!
//! In:  responses.
//! Out: conflicts: two hosts that claim one name with different data. RFC 6762 sections 9 and 10.2.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use cooee_wire::{Message, Name, NameRef, RData, RecordType};

use super::breach::Breach;
use super::limits::{
    ADDRESSES_MAX, CHANGE_AFTER, CLAIM_KEPT, CLAIMANTS_MAX, CLAIMS_MAX, FLUSH_AFTER, SERVERS_MAX,
};
use super::recent::Recent;
use super::sighting::{LinkFamily, Sighting};

type Key = (LinkFamily, u64, RecordType);

/// The unique records and their owners.
#[derive(Debug)]
pub(super) struct Claims {
    sets: Recent<Key, ClaimedSet>,
}

/// A unique record set, and the hosts that claim it.
#[derive(Debug, Default)]
pub(crate) struct ClaimedSet {
    /// The name, as it was heard first.
    pub(crate) name: Option<Name>,
    /// The claims, in the order in which they were heard first.
    pub(crate) claims: Vec<RecordClaim>,
    /// The last two hosts in conflict.
    pub(crate) rivals: Option<[IpAddr; 2]>,
}

/// What one host says about a record set.
#[derive(Clone, Debug)]
pub(crate) struct RecordClaim {
    /// The host.
    pub(crate) host: IpAddr,
    /// Its data, in the order in which they were heard.
    pub(crate) data: Vec<RData>,
    at: Duration,
}

impl Claims {
    pub(super) fn new() -> Self {
        Self {
            sets: Recent::new(CLAIMS_MAX, CLAIM_KEPT),
        }
    }

    /// Returns how many are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.sets.len()
    }

    /// Iterates over the record sets, each with the number of its interface and its type.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, RecordType, &ClaimedSet)> {
        let sets = self.sets.iter();
        sets.map(|((link, _, rtype), set)| (link.interface(), *rtype, set))
    }

    /// Notes the unique records of a response. Returns each conflict, with the other host.
    ///
    /// `is_sender` says of another address whether it belongs to the host that sends this message.
    pub(super) fn note(
        &mut self,
        now: Duration,
        seed: u64,
        sighting: &Sighting<'_>,
        message: &Message<'_>,
        is_sender: impl Fn(IpAddr) -> bool,
    ) -> Vec<(IpAddr, Breach)> {
        let mut conflicts = Vec::new();
        for (key, name, data) in self.sets_of(seed, sighting, message) {
            let Some((set, name)) = self.sets.entry(now, key).zip(name.to_name().ok()) else {
                continue;
            };
            let claim = RecordClaim {
                host: sighting.source.ip(),
                data,
                at: now,
            };
            set.name.get_or_insert_with(|| name.clone());
            if let Some(other) = set.claim(claim, &is_sender) {
                let (_, _, rtype) = key;
                conflicts.push((other, Breach::Conflict { name, rtype, other }));
            }
        }
        conflicts
    }

    /// Returns the record sets that a response claims, in the order of the message. What it
    /// withdraws is removed.
    fn sets_of<'a>(
        &mut self,
        seed: u64,
        sighting: &Sighting<'_>,
        message: &Message<'a>,
    ) -> Vec<(Key, NameRef<'a>, Vec<RData>)> {
        let link = LinkFamily::of(sighting);
        let mut sets: HashMap<Key, (NameRef<'a>, Vec<RData>)> = HashMap::new();
        for (_, record) in message.records().flatten() {
            if !record.cache_flush || !CLAIMED.contains(&record.rtype) {
                continue;
            }
            let data = record.data().and_then(|data| data.to_owned());
            let (Ok(name), Ok(data)) = (record.name.fold_hash(seed), data) else {
                continue;
            };
            let key = (link, name, record.rtype);
            if record.ttl.is_goodbye() {
                if let Some(set) = self.sets.get_mut(&key) {
                    set.withdraw(&data);
                }
                continue;
            }
            let (_, known) = sets.entry(key).or_insert((record.name, Vec::new()));
            add(known, data);
        }
        let mut sets: Vec<_> = sets
            .into_iter()
            .map(|(key, (name, data))| (key, name, data))
            .collect();
        sets.sort_unstable_by_key(|((_, _, rtype), name, _)| (name.offset(), *rtype));
        sets
    }
}

impl ClaimedSet {
    /// Takes a claim. Returns the other host if there is a conflict.
    fn claim(
        &mut self,
        mut new: RecordClaim,
        is_sender: impl Fn(IpAddr) -> bool,
    ) -> Option<IpAddr> {
        let now = new.at;
        self.claims
            .retain(|claim| now.abs_diff(claim.at) < CLAIM_KEPT);
        let own = self.claims.iter().position(|claim| claim.host == new.host);
        let before = own.map(|place| self.claims.remove(place));
        let is_repeated =
            |claim: &&mut RecordClaim| new.data.iter().all(|data| claim.data.contains(data));
        if let Some(claim) = self.claims.iter_mut().find(is_repeated) {
            // A reflector, a proxy, or another interface repeats the data.
            claim.at = now;
            return None;
        }
        // A host whose address has changed also seems to be two; but then the first is silent.
        let is_present = |other: &RecordClaim| {
            let since = |before: &RecordClaim| before.at < other.at;
            now.abs_diff(other.at) < CHANGE_AFTER || before.as_ref().is_some_and(since)
        };
        let rival = self.claims.iter().find(|other| {
            let differs = !other.data.iter().any(|data| new.data.contains(data));
            differs && is_present(other) && !is_sender(other.host)
        });
        let rival = rival.map(|rival| rival.host);
        if let Some(rival) = rival {
            self.rivals = Some([rival, new.host]);
        }
        //= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
        //# all old records with that name, rrtype,
        //# and rrclass that were received more than one second ago are declared
        //# invalid
        if let Some(before) = before.filter(|before| now.abs_diff(before.at) <= FLUSH_AFTER) {
            before
                .data
                .into_iter()
                .for_each(|data| add(&mut new.data, data));
        }
        if self.claims.len() >= CLAIMANTS_MAX {
            self.claims.remove(0);
        }
        self.claims.push(new);
        rival
    }

    fn withdraw(&mut self, gone: &RData) {
        for claim in &mut self.claims {
            claim.data.retain(|data| data != gone);
        }
        self.claims.retain(|claim| !claim.data.is_empty());
    }
}

/// Adds data to a record set that does not have it, if there is room.
fn add(set: &mut Vec<RData>, data: RData) {
    let max = match data.rtype() {
        RecordType::SRV => SERVERS_MAX,
        _ => ADDRESSES_MAX,
    };
    if set.len() < max && !set.contains(&data) {
        set.push(data);
    }
}

/// The types that only one host has for a name.
const CLAIMED: [RecordType; 3] = [RecordType::A, RecordType::AAAA, RecordType::SRV];
