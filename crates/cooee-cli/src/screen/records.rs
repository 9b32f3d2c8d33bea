//! When the records of services were last received, and from whom.
//!
//! In:  the messages that arrive anyway; nothing is asked for it.
//! Out: age, time left and sender of the records of a name.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use cooee::{Direction, InstanceName, MonitorEvent, Name, RecordType, Verdict};
use cooee_wire::{Message, RData};

/// What the messages have said about records, the latest for each name and type.
#[derive(Debug, Default)]
pub(crate) struct Records(HashMap<(Name, RecordType), Receipt>);

/// The latest receipt of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Receipt {
    at: Duration,
    ttl: Duration,
    /// The host that sent it.
    pub(crate) source: IpAddr,
}

/// A record as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) rtype: &'static str,
    pub(crate) age: Duration,
    pub(crate) left: Duration,
    pub(crate) source: IpAddr,
}

/// A record of a message, reduced to what is shown.
#[derive(Clone, Debug)]
pub(crate) struct Sighting {
    name: Name,
    rtype: RecordType,
    ttl: Duration,
    source: IpAddr,
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
        let name = match record.data {
            // The pointer to an instance is shown with it.
            RData::Ptr(instance) => instance,
            RData::A(_) | RData::Aaaa(_) | RData::Srv(_) | RData::Txt(_) => record.name,
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
        })
    });
    shown.collect()
}

impl Records {
    /// Stores what a message said; nothing new beyond a limit.
    pub(crate) fn take(&mut self, now: Duration, sightings: Vec<Sighting>) {
        for sighting in sightings {
            let key = (sighting.name, sighting.rtype);
            if sighting.ttl.is_zero() {
                self.0.remove(&key);
            } else if self.0.len() < RECORDS_MAX || self.0.contains_key(&key) {
                let receipt = Receipt {
                    at: now,
                    ttl: sighting.ttl,
                    source: sighting.source,
                };
                self.0.insert(key, receipt);
            }
        }
    }

    /// Forgets the records of an instance.
    pub(crate) fn forget(&mut self, instance: &InstanceName) {
        for rtype in OF_INSTANCE {
            self.0.remove(&(instance.name().clone(), rtype));
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
            let receipt = self.0.get(&(name?.clone(), rtype))?;
            let age = now.saturating_sub(receipt.at);
            Some(Seen {
                rtype: rtype.mnemonic().unwrap_or_default(),
                age,
                left: receipt.ttl.saturating_sub(age),
                source: receipt.source,
            })
        });
        found.collect()
    }
}

const OF_INSTANCE: [RecordType; 3] = [RecordType::PTR, RecordType::SRV, RecordType::TXT];
const OF_HOST: [RecordType; 2] = [RecordType::A, RecordType::AAAA];

/// How many records are remembered. Full: new ones are shown without age.
const RECORDS_MAX: usize = 50_000;
