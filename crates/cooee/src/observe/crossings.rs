//! Which responses bring records across from another link.
//!
//! In:  responses.
//! Out: the host on another link that has sent the same records just before.

use std::net::IpAddr;
use std::time::Duration;

use cooee_wire::{Message, RecordRef};

use super::limits::{CROSSING_WITHIN, RECORDS_MAX};
use super::recent::Recent;

/// Which host has sent which unique record first, on which interface.
#[derive(Debug)]
pub(super) struct Crossings {
    first: Recent<u64, Option<FirstSent>>,
}

#[derive(Clone, Copy, Debug)]
struct FirstSent {
    interface: u32,
    host: IpAddr,
    at: Duration,
}

impl Crossings {
    pub(super) fn new() -> Self {
        Self {
            first: Recent::new(RECORDS_MAX, CROSSING_WITHIN),
        }
    }

    /// Notes the unique records of a response. Returns the host that has sent one of them on another
    /// interface just before.
    pub(super) fn note(
        &mut self,
        now: Duration,
        seed: u64,
        (interface, source): (u32, IpAddr),
        message: &Message<'_>,
    ) -> Option<IpAddr> {
        let records = message.records().flatten();
        let unique = records.filter(|(_, record)| record.cache_flush);
        let keys: Vec<_> = unique.filter_map(|(_, it)| key_of(seed, &it)).collect();
        let mut origin = None;
        for key in keys {
            let first = self.first.entry(now, key)?;
            let is_fresh = |sent: &FirstSent| now.abs_diff(sent.at) <= CROSSING_WITHIN;
            let others = first.filter(|sent| is_fresh(sent) && sent.host != source);
            let Some(sent) = others else {
                *first = Some(FirstSent {
                    interface,
                    host: source,
                    at: now,
                });
                continue;
            };
            if sent.interface != interface {
                origin = origin.or(Some(sent.host));
            }
        }
        origin
    }
}

/// Returns a key of a record's name, type, data and end.
fn key_of(seed: u64, record: &RecordRef<'_>) -> Option<u64> {
    let name = record.name.fold_hash(seed).ok()?;
    let is_end = u64::from(record.ttl.is_goodbye());
    let kind = (u64::from(record.rtype.0) << 1) | is_end;
    record.data().ok()?.fold_hash(name ^ kind).ok()
}
