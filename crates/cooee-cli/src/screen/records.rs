//! When the records of services were last received, and from whom.
//!
//! In:  the messages that arrive anyway, and for records of which no message was seen, what the
//!      library has in its cache; nothing is asked on the network for it.
//! Out: age, time left and sender of the records of a name.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use cooee::{CachedRecord, Direction, InstanceName, MonitorEvent, Name, RecordType, Verdict};
use cooee_wire::{Message, RData};

use crate::escape::escape;

/// What the messages have said about records, the latest for each name and type.
#[derive(Debug, Default)]
pub(crate) struct Records {
    receipts: HashMap<(Name, RecordType), Receipt>,
    /// The hosts of addresses, by what the hosts say.
    hosts: HashMap<IpAddr, Name>,
}

/// The latest receipt of a record, as it was known at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Receipt {
    at: Duration,
    age: Duration,
    left: Duration,
    /// The host that sent it, if its message was seen.
    source: Option<IpAddr>,
}

/// A record as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) rtype: &'static str,
    pub(crate) age: Duration,
    pub(crate) left: Duration,
    /// The name of the host that sent it, or its address.
    pub(crate) source: Option<String>,
}

/// A record to look up in the cache of the library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unseen {
    pub(crate) name: Name,
    pub(crate) rtype: RecordType,
    /// The instance to which the record has to point, if it is a pointer.
    instance: Option<Name>,
}

/// A record of a message, reduced to what is shown.
#[derive(Clone, Debug)]
pub(crate) struct Sighting {
    name: Name,
    rtype: RecordType,
    ttl: Duration,
    source: IpAddr,
    /// The address that it gives to its name.
    address: Option<IpAddr>,
}

/// Returns the records of a response that was accepted.
pub(crate) fn sightings(event: &MonitorEvent) -> Vec<Sighting> {
    let MonitorEvent::Message(message) = event else {
        return Vec::new();
    };
    let Direction::Seen {
        source,
        verdict: Verdict::Response,
        ..
    } = message.direction
    else {
        return Vec::new();
    };
    of_message(&message.bytes, source.ip())
}

/// Returns the records of a response, whatever else is in it.
pub(crate) fn of_message(bytes: &[u8], source: IpAddr) -> Vec<Sighting> {
    let Ok(parsed) = Message::parse(bytes) else {
        return Vec::new();
    };
    if !parsed.header().flags.is_response() {
        return Vec::new();
    }
    let records = parsed.records().filter_map(Result::ok);
    let records = records.filter_map(|(_, record)| record.to_record().ok());
    let shown = records.filter_map(|record| {
        let rtype = record.rtype();
        let (name, address) = match record.data {
            // The pointer to an instance is shown with it.
            RData::Ptr(instance) => (instance, None),
            RData::A(_) | RData::Aaaa(_) => (record.name, record.data.ip()),
            RData::Srv(_) | RData::Txt(_) => (record.name, None),
            RData::Cname(_) | RData::Nsec(_) | RData::Hinfo(_) | RData::Opaque { .. } => {
                return None;
            }
            _ => return None,
        };
        Some(Sighting {
            name,
            rtype,
            ttl: Duration::from_secs(u64::from(record.ttl.as_secs())),
            source,
            address,
        })
    });
    shown.collect()
}

/// A record in the cache of the library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) data: RData,
    pub(crate) age: Duration,
    pub(crate) left: Duration,
}

impl From<CachedRecord> for Kept {
    fn from(cached: CachedRecord) -> Self {
        Self {
            data: cached.record.data,
            age: cached.age,
            left: cached.remaining,
        }
    }
}

impl Unseen {
    /// Returns whether it is the record that was looked for.
    fn is(&self, found: &Kept) -> bool {
        self.instance
            .as_ref()
            .is_none_or(|wanted| matches!(&found.data, RData::Ptr(name) if name == wanted))
    }
}

impl Records {
    /// Stores what a message said; nothing new beyond a limit.
    pub(crate) fn take(&mut self, now: Duration, sightings: Vec<Sighting>) {
        for sighting in sightings {
            self.learn(&sighting);
            let key = (sighting.name, sighting.rtype);
            if sighting.ttl.is_zero() {
                self.receipts.remove(&key);
            } else {
                let receipt = Receipt {
                    at: now,
                    age: Duration::ZERO,
                    left: sighting.ttl,
                    source: Some(sighting.source),
                };
                self.store(key, receipt);
            }
        }
    }

    /// Stores what the cache of the library has for a record. The latest one counts.
    pub(crate) fn recall(&mut self, now: Duration, unseen: Unseen, found: &[Kept]) {
        let own = found.iter().filter(|found| unseen.is(found));
        let Some(latest) = own.min_by_key(|found| found.age) else {
            return;
        };
        let receipt = Receipt {
            at: now,
            age: latest.age,
            left: latest.left,
            source: None,
        };
        let name = unseen.instance.unwrap_or(unseen.name);
        self.store((name, unseen.rtype), receipt);
    }

    fn store(&mut self, key: (Name, RecordType), receipt: Receipt) {
        if self.receipts.len() < RECORDS_MAX || self.receipts.contains_key(&key) {
            self.receipts.insert(key, receipt);
        }
    }

    /// Learns whose address it is.
    fn learn(&mut self, sighting: &Sighting) {
        let Some(address) = sighting.address else {
            return;
        };
        if sighting.ttl.is_zero() {
            self.hosts.remove(&address);
        } else if self.hosts.len() < HOSTS_MAX || self.hosts.contains_key(&address) {
            self.hosts.insert(address, sighting.name.clone());
        }
    }

    /// Forgets the records of an instance.
    pub(crate) fn forget(&mut self, instance: &InstanceName) {
        for rtype in OF_INSTANCE {
            self.receipts.remove(&(instance.name().clone(), rtype));
        }
    }

    /// Returns the records of an instance and of its host.
    pub(crate) fn of(
        &self,
        now: Duration,
        instance: &InstanceName,
        host: Option<&Name>,
    ) -> Vec<Seen> {
        let own = OF_INSTANCE.map(|rtype| (Some(instance.name()), rtype));
        let hosts = OF_HOST.map(|rtype| (host, rtype));
        let keys = own.into_iter().chain(hosts);
        let found = keys.filter_map(|(name, rtype)| {
            let receipt = self.receipts.get(&(name?.clone(), rtype))?;
            let since = now.saturating_sub(receipt.at);
            Some(Seen {
                rtype: rtype.mnemonic().unwrap_or_default(),
                age: receipt.age.saturating_add(since),
                left: receipt.left.saturating_sub(since),
                source: receipt.source.map(|source| self.sender(source)),
            })
        });
        found.collect()
    }

    fn sender(&self, source: IpAddr) -> String {
        let host = self.hosts.get(&source);
        host.map_or_else(
            || source.to_string(),
            |host| escape(&host.to_string()).into_owned(),
        )
    }

    /// Returns the records of an instance and of its host whose messages were not seen: they came
    /// before the screen, or faster than it could read them.
    pub(crate) fn unseen(
        &self,
        now: Duration,
        instance: &InstanceName,
        host: Option<&Name>,
    ) -> Vec<Unseen> {
        let is_seen = |name: &Name, rtype| {
            let receipt = self.receipts.get(&(name.clone(), rtype));
            receipt.is_some_and(|receipt| now < receipt.at.saturating_add(receipt.left))
        };
        let own = OF_INSTANCE.into_iter().filter(|rtype| {
            let name = instance.name();
            !is_seen(name, *rtype)
        });
        let own = own.map(|rtype| {
            let is_pointer = rtype == RecordType::PTR;
            Unseen {
                name: match is_pointer {
                    true => instance.service_type().name().clone(),
                    false => instance.name().clone(),
                },
                rtype,
                instance: is_pointer.then(|| instance.name().clone()),
            }
        });
        // Many hosts have addresses of one family only.
        let host = host.filter(|host| !OF_HOST.iter().any(|rtype| is_seen(host, *rtype)));
        let hosts = host.into_iter().flat_map(|host| {
            OF_HOST.map(|rtype| Unseen {
                name: host.clone(),
                rtype,
                instance: None,
            })
        });
        own.chain(hosts).collect()
    }
}

const OF_INSTANCE: [RecordType; 3] = [RecordType::PTR, RecordType::SRV, RecordType::TXT];
const OF_HOST: [RecordType; 2] = [RecordType::A, RecordType::AAAA];

/// How many records are remembered. Full: new ones are shown without age.
const RECORDS_MAX: usize = 50_000;

/// How many addresses are remembered. Full: senders are shown by address.
const HOSTS_MAX: usize = 10_000;

#[cfg(test)]
mod tests;
