//! The records of a device, and the messages that hold them.
//!
//! In:  a [`Device`] and the addresses of its port; queries.
//! Out: probes, announcements, answers with additional records, goodbyes. RFC 6763 section 12.

use cooee_wire::{
    Class, Message, MessageBuilder, Name, Nsec, QuestionRef, RData, Record, RecordFields,
    RecordType, Section, Srv, Ttl, TxtData, TypeBitmap,
};

use super::{Device, DeviceAnswer, DeviceService, flags};
use crate::error::{Context, Error, Result};
use crate::lab::Port;

/// Everything a device holds.
pub(super) struct DeviceRecords {
    /// Those of each service, then those of the host.
    groups: Vec<Vec<Record>>,
    host: Name,
    device: Device,
}

impl DeviceRecords {
    pub(super) fn new(device: &Device, port: &Port) -> Result<Self> {
        let host = name(&format!("{}.local", device.host))?;
        let mut all = Self {
            groups: Vec::new(),
            host: host.clone(),
            device: device.clone(),
        };
        for service in &device.services {
            all.groups.push(Vec::new());
            all.add_service(service)?;
        }
        all.groups.push(Vec::new());
        let v6 = [port.link_local, port.ipv6].into_iter().flatten();
        let addresses = port.ipv4.map(RData::A).into_iter();
        for data in addresses.chain(v6.map(RData::Aaaa)) {
            all.add(&host, true, data);
        }
        Ok(all)
    }

    fn add_service(&mut self, service: &DeviceService) -> Result<()> {
        let service_type = name(&format!("{}.local", service.service_type))?;
        let instance = service_type
            .prepend(service.instance.as_bytes())
            .context(&service.instance)?;
        let list = name("_services._dns-sd._udp.local")?;
        self.add(&list, false, RData::Ptr(service_type.clone()));
        self.add(&service_type, false, RData::Ptr(instance.clone()));
        for subtype in &service.subtypes {
            let subtype = name(&format!("{subtype}._sub.{}.local", service.service_type))?;
            self.add(&subtype, false, RData::Ptr(instance.clone()));
        }
        let srv = Srv {
            priority: 0,
            weight: 0,
            port: service.port,
            target: self.host.clone(),
        };
        self.add(&instance, true, RData::Srv(srv));
        let strings = service.txt.iter().map(Vec::as_slice);
        let txt = TxtData::from_strings(strings).context("TXT")?;
        self.add(&instance, true, RData::Txt(txt));
        Ok(())
    }

    fn add(&mut self, owner: &Name, cache_flush: bool, data: RData) {
        let is_host = matches!(data, RData::Srv(_) | RData::A(_) | RData::Aaaa(_));
        let ttl = if is_host {
            self.device.host_ttl_secs
        } else {
            self.device.service_ttl_secs
        };
        let record = Record {
            name: owner.clone(),
            class: Class::IN,
            ttl: Ttl(ttl),
            cache_flush,
            data,
        };
        if let Some(group) = self.groups.last_mut() {
            group.push(record);
        }
    }

    /// Returns a probe for its unique names; the answers are wanted by unicast.
    pub(super) fn probe(&self) -> Result<Vec<u8>> {
        // A long text is not proposed, like that of most devices.
        let proposed = self
            .unique()
            .filter(|record| record.rtype() != RecordType::TXT);
        let unique: Vec<Record> = proposed.cloned().collect();
        let mut names: Vec<Name> = unique.iter().map(|record| record.name.clone()).collect();
        names.dedup();
        let asked: Vec<_> = names.iter().map(|name| (name, RecordType::ANY)).collect();
        write(false, &asked, &[(Section::Authority, &unique)], None)
    }

    /// Returns a question for others of its kind, if it has that habit.
    pub(super) fn question(&self) -> Result<Option<Vec<u8>>> {
        let first = self.device.services.first().filter(|_| self.device.asks);
        let Some(service) = first else {
            return Ok(None);
        };
        let service_type = name(&format!("{}.local", service.service_type))?;
        let asked = [(&service_type, RecordType::PTR)];
        write(false, &asked, &[], None).map(Some)
    }

    /// Returns the messages that announce everything: one for each service, one for the host.
    pub(super) fn announcements(&self) -> Result<Vec<Vec<u8>>> {
        let announcement = |group: &Vec<Record>| {
            let denials = self.denials(group);
            let sections = [
                (Section::Answer, group.as_slice()),
                (Section::Additional, &denials),
            ];
            write(true, &[], &sections, None)
        };
        self.groups.iter().map(announcement).collect()
    }

    /// Returns the messages that withdraw everything.
    pub(super) fn goodbyes(&self) -> Result<Vec<Vec<u8>>> {
        let goodbye = |group: &Vec<Record>| {
            let sections = [(Section::Answer, group.as_slice())];
            write(true, &[], &sections, Some(Ttl::ZERO))
        };
        self.groups.iter().map(goodbye).collect()
    }

    /// Returns the answer to those questions of a query that want theirs by unicast, or to the
    /// other ones.
    pub(super) fn answer(
        &self,
        query: &Message<'_>,
        is_unicast: bool,
    ) -> Result<Option<DeviceAnswer>> {
        let mut answers: Vec<Record> = Vec::new();
        for question in query.questions().flatten() {
            if question.unicast_response == is_unicast {
                answers.extend(self.answers(&question));
            }
        }
        answers.retain(|answer| !is_known(answer, query));
        if answers.is_empty() {
            return Ok(None);
        }
        let additional = self.additional(&answers);
        let sections = [
            (Section::Answer, answers.as_slice()),
            (Section::Additional, &additional),
        ];
        Ok(Some(DeviceAnswer {
            message: write(true, &[], &sections, None)?,
            is_shared: answers.iter().any(|answer| !answer.cache_flush),
        }))
    }

    fn answers(&self, question: &QuestionRef<'_>) -> Vec<Record> {
        let rtype = question.rtype;
        let named = || {
            let all = self.groups.iter().flatten();
            all.filter(|record| question.name.matches(&record.name))
        };
        let is_type = |record: &&Record| rtype == RecordType::ANY || rtype == record.rtype();
        let answers: Vec<Record> = named().filter(is_type).cloned().collect();
        if !answers.is_empty() || !self.device.denies {
            return answers;
        }
        let owned: Vec<Record> = named()
            .filter(|record| record.cache_flush)
            .cloned()
            .collect();
        self.denials(&owned)
    }

    /// Returns what goes along with answers: what is needed to use a service, and what its names
    /// do not have.
    fn additional(&self, answers: &[Record]) -> Vec<Record> {
        let mut names: Vec<Name> = answers.iter().filter_map(pointed_to).collect();
        let is_service = answers.iter().any(|answer| pointed_to(answer).is_some());
        if is_service {
            names.push(self.host.clone());
        }
        let of_names = |record: &&Record| names.contains(&record.name);
        let unique = self.unique().filter(of_names);
        let mut additional: Vec<Record> = unique.cloned().collect();
        additional.retain(|record| !answers.contains(record));
        let all = [answers, &additional].concat();
        additional.extend(self.denials(&all));
        additional
    }

    /// Returns for each unique name of these records which types it has.
    fn denials(&self, records: &[Record]) -> Vec<Record> {
        if !self.device.denies {
            return Vec::new();
        }
        let unique = records.iter().filter(|record| record.cache_flush);
        let mut names: Vec<Name> = unique.map(|record| record.name.clone()).collect();
        names.sort_by(|one, other| one.as_wire().cmp(other.as_wire()));
        names.dedup();
        let denial = |name: Name| {
            let its = self.unique().filter(|record| record.name == name);
            let types = TypeBitmap::from_types(its.map(Record::rtype));
            Record {
                class: Class::IN,
                ttl: Ttl(self.device.host_ttl_secs),
                cache_flush: true,
                data: RData::Nsec(Nsec {
                    next: name.clone(),
                    types,
                }),
                name,
            }
        };
        names.into_iter().map(denial).collect()
    }

    fn unique(&self) -> impl Iterator<Item = &Record> {
        let all = self.groups.iter().flatten();
        all.filter(|record| record.cache_flush)
    }
}

/// Returns the name that a record leads to.
fn pointed_to(record: &Record) -> Option<Name> {
    if let RData::Ptr(name) = &record.data {
        return Some(name.clone());
    }
    let RData::Srv(srv) = &record.data else {
        return None;
    };
    Some(srv.target.clone())
}

fn is_known(answer: &Record, query: &Message<'_>) -> bool {
    let mut known = query.answers().flatten();
    known.any(|known| {
        known.rtype == answer.rtype()
            && known.ttl.as_secs() >= answer.ttl.as_secs() / 2
            && known.name.matches(&answer.name)
            && known.data().is_ok_and(|data| data.matches(&answer.data))
    })
}

/// Writes a message. Of the additional records, those that do not fit are left out.
fn write(
    is_response: bool,
    asked: &[(&Name, RecordType)],
    sections: &[(Section, &[Record])],
    ttl: Option<Ttl>,
) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut message = MessageBuilder::new(&mut bytes, 0, flags(is_response), BUDGET_BYTES);
    for (name, rtype) in asked {
        let written = message.question(name, *rtype, Class::IN, true);
        written.map_err(|_| Error::new("message too small"))?;
    }
    for (section, records) in sections {
        for record in *records {
            let fields = RecordFields {
                ttl: ttl.unwrap_or(record.ttl),
                // What is proposed or withdrawn flushes nothing.
                cache_flush: record.cache_flush && is_response,
                ..RecordFields::from(record)
            };
            let is_written = message.record(*section, fields).is_ok();
            if !is_written && *section != Section::Additional {
                return Err(Error::new("message too small"));
            }
        }
    }
    message.finish();
    Ok(bytes)
}

fn name(text: &str) -> Result<Name> {
    text.parse().context(text)
}

/// The room for a message: all that fits an Ethernet frame.
const BUDGET_BYTES: usize = 1440;
