//! Records that an asker is likely to ask for next.
//!
//! In:  the records of an answer, as they were heard on the link; what is known of the link.
//! Out: the records to which they point, as the zone shows them. Nothing is asked for them. RFC 6763
//!      section 12.

use std::collections::HashSet;

use cooee::{Name, RData, RecordType, Ttl};
use cooee_wire::Record;

use super::progress::HeardOnLink;
use super::questions::Questions;
use super::zone::Zone;

/// Finds additional records.
pub(super) struct Additional<'a> {
    questions: &'a Questions,
    zone: &'a Zone,
    ttl_secs_max: u32,
    seen: HashSet<Name>,
    records: Vec<Record>,
}

impl<'a> Additional<'a> {
    pub(super) fn new(questions: &'a Questions, zone: &'a Zone, ttl_secs_max: u32) -> Self {
        Self {
            questions,
            zone,
            ttl_secs_max,
            seen: HashSet::new(),
            records: Vec::new(),
        }
    }

    /// Returns the records to which an answer points. Record sets are not divided.
    //= https://www.rfc-editor.org/rfc/rfc6763#section-12.1
    //# When including a DNS-SD Service Instance Enumeration or Selective
    //# Instance Enumeration (subtype) PTR record in a response packet, the
    //# server/responder SHOULD include the following additional records:
    pub(super) async fn to(mut self, answers: &[(HeardOnLink, Ttl)]) -> Vec<Record> {
        if self.zone.shows_addresses() || answers.len() > ANSWERS_MAX {
            return self.records;
        }
        let mut hosts = Vec::new();
        for (answer, _) in answers {
            if let RData::Ptr(instance) = &answer.data {
                hosts.extend(self.of_instance(instance).await);
            }
            if let RData::Srv(srv) = &answer.data {
                hosts.push(srv.target.clone());
            }
        }
        for host in hosts {
            self.of_host(&host).await;
        }
        self.records
    }

    /// Adds the records of an instance, if it is one. Returns its hosts.
    async fn of_instance(&mut self, instance: &Name) -> Vec<Name> {
        if !is_instance(instance) || !self.seen.insert(instance.clone()) {
            return Vec::new();
        }
        let services = self.add(instance, RecordType::SRV).await;
        self.add(instance, RecordType::TXT).await;
        let targets = services.into_iter().filter_map(|data| {
            let RData::Srv(srv) = data else { return None };
            Some(srv.target)
        });
        targets.collect()
    }

    //= https://www.rfc-editor.org/rfc/rfc6763#section-12.2
    //# When including an SRV record in a response packet, the
    //# server/responder SHOULD include the following additional records:
    async fn of_host(&mut self, host: &Name) {
        if self.seen.insert(host.clone()) {
            self.add(host, RecordType::A).await;
            self.add(host, RecordType::AAAA).await;
        }
    }

    /// Adds what is known of a name and type. Returns the data on the link.
    async fn add(&mut self, name: &Name, rtype: RecordType) -> Vec<RData> {
        let known = self.questions.cached(self.zone.scope, name, rtype).await;
        let mut data = Vec::new();
        let from = self.records.len();
        for (heard, ttl) in known {
            let ttl_secs = ttl.as_secs().min(self.ttl_secs_max);
            let record = self.zone.record(&heard.name, &heard.data, ttl_secs);
            let is_other = |record: &Record| {
                let others = self.records.get(from..).unwrap_or_default();
                heard.name == *name && others.iter().all(|other| other.data != record.data)
            };
            let record = record.filter(is_other);
            self.records.extend(record);
            data.push(heard.data);
        }
        data
    }
}

/// Returns whether a name may be that of a service: an instance, a type and a domain.
fn is_instance(name: &Name) -> bool {
    let types = name.labels().skip(1).take(2);
    types.filter(|label| label.starts_with(b"_")).count() == 2
}

/// The most answers for which additional records are looked up: those of more do not fit into one
/// datagram.
const ANSWERS_MAX: usize = 8;
