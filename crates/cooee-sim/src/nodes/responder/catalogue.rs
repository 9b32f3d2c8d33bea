//! What a responder holds: records of services, addresses per link, what does not exist.

use std::net::IpAddr;

use cooee_proto::link::LinkId;
use cooee_wire::{Class, Name, Nsec, RData, Record, Srv, Ttl, TxtData, TypeBitmap};

use super::{Policy, Responder};

/// Builds the records of one service.
#[derive(Clone, Debug)]
pub struct ServiceRecords {
    /// The instance's own label: any text.
    pub instance: String,
    /// The type, as `_http._tcp`.
    pub service_type: String,
    /// Subtypes, as `_printer`.
    pub subtypes: Vec<String>,
    /// The host that runs it.
    pub host: Name,
    /// The port.
    pub port: u16,
    /// TXT strings.
    pub txt: Vec<String>,
}

impl ServiceRecords {
    /// Returns a service on port 80 with TXT `path=/` and no subtypes.
    pub fn new(instance: &str, service_type: &str, host: &Name) -> Self {
        Self {
            instance: instance.into(),
            service_type: service_type.into(),
            subtypes: Vec::new(),
            host: host.clone(),
            port: 80,
            txt: vec!["path=/".into()],
        }
    }

    /// Returns the name of the type, such as `_http._tcp.local`.
    pub fn type_name(&self) -> Name {
        local_path(&self.service_type)
    }

    /// Returns the name of the instance.
    pub fn name(&self) -> Name {
        let name = self.type_name().prepend(self.instance.as_bytes());
        name.expect("an instance label of at most 63 bytes")
    }

    /// Returns the TXT record.
    pub fn txt_record(&self, ttl: Ttl) -> Record {
        let strings = self.txt.iter().map(String::as_bytes);
        let data = TxtData::from_strings(strings).expect("TXT strings of at most 255 bytes");
        unique(&self.name(), ttl, RData::Txt(data))
    }

    /// Returns the SRV record.
    pub fn srv_record(&self, ttl: Ttl) -> Record {
        let srv = Srv {
            priority: 0,
            weight: 0,
            port: self.port,
            target: self.host.clone(),
        };
        unique(&self.name(), ttl, RData::Srv(srv))
    }

    /// Returns all records: enumeration, PTR of type and subtypes, SRV, TXT.
    pub fn records(&self, policy: &Policy) -> Vec<Record> {
        let (ttl, type_name) = (policy.ttl_other, self.type_name());
        let enumeration = local_path("_services._dns-sd._udp");
        let mut records = vec![
            shared(&enumeration, ttl, RData::Ptr(type_name.clone())),
            shared(&type_name, ttl, RData::Ptr(self.name())),
            self.srv_record(policy.ttl_host),
            self.txt_record(ttl),
        ];
        for subtype in &self.subtypes {
            let owner = local_path(&format!("{subtype}._sub.{}", self.service_type));
            records.push(shared(&owner, ttl, RData::Ptr(self.name())));
        }
        records
    }
}

impl Responder {
    /// Returns all that the host holds on a link: records, then its addresses there.
    pub(super) fn catalogue(&self, link: LinkId) -> Vec<Record> {
        let mut records = self.records.clone();
        records.extend(self.address_records(link));
        records
    }

    /// Returns the host's addresses on a link.
    pub fn address_records(&self, link: LinkId) -> Vec<Record> {
        let addresses = self
            .links
            .get(&link)
            .into_iter()
            .flat_map(|info| &info.addresses);
        let data = addresses.map(|address| match address.ip {
            IpAddr::V4(v4) => RData::A(v4),
            IpAddr::V6(v6) => RData::Aaaa(v6),
        });
        data.map(|data| unique(&self.host, self.policy.ttl_host, data))
            .collect()
    }

    /// Returns the record that says which types a name of ours has, and so which it does not have.
    pub(super) fn denial(&self, name: &Name, held: &[Record]) -> Record {
        let types = held
            .iter()
            .filter(|record| record.name == *name)
            .map(Record::rtype);
        let nsec = Nsec {
            next: name.clone(),
            types: TypeBitmap::from_types(types),
        };
        unique(name, self.policy.ttl_host, RData::Nsec(nsec))
    }
}

pub(super) fn local(label: &str) -> Name {
    local_path("")
        .prepend(label.as_bytes())
        .expect("a label of at most 63 bytes")
}

fn local_path(path: &str) -> Name {
    let labels = path
        .split('.')
        .filter(|label| !label.is_empty())
        .chain(["local"]);
    Name::from_labels(labels.map(str::as_bytes)).expect("a path of short labels")
}

fn unique(name: &Name, ttl: Ttl, data: RData) -> Record {
    Record {
        name: name.clone(),
        class: Class::IN,
        ttl,
        cache_flush: true,
        data,
    }
}

fn shared(name: &Name, ttl: Ttl, data: RData) -> Record {
    Record {
        name: name.clone(),
        class: Class::IN,
        ttl,
        cache_flush: false,
        data,
    }
}
