//! What a user wants published, and its records.
//!
//! In:  a service, a host, records of any kind.
//! Out: record sets for the engine. RFC 6763 sections 4.1, 6, 7.1 and 9; RFC 6762 section 10
//!      (TTLs).

use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use cooee_wire::{Name, RData, RecordType, Srv, Ttl};

use super::super::instance_name::InstanceName;
use super::super::nfc;
use super::super::request::reverse_name;
use super::super::service_type::{ServiceType, ServiceTypeError, Subtype, service_types};
use super::super::txt::Txt;
use super::PublishError;
use super::naming::OnConflict;
use crate::link::{Family, LinkId, LinkInfo};
use crate::registrations::{OwnedRecord, RecordSet};

/// A service to publish.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ServiceSpec {
    /// The instance label, the part for people.
    pub label: String,
    /// The label to try first instead, unless it is not to be renamed: the one that was chosen
    /// after an earlier conflict (RFC 6762 section 9).
    pub start_as: Option<String>,
    /// The service type.
    pub service_type: ServiceType,
    /// Whether the type may break the rules for service names, as those of some devices do. Default
    /// false (RFC 6763 section 7).
    pub any_type: bool,
    /// The subtypes under which it can also be found (RFC 6763 section 7.1).
    pub subtypes: Vec<Subtype>,
    /// The port; 0 for a service to which nobody should connect.
    pub port: u16,
    /// The SRV priority; lower is tried first. Default 0.
    pub priority: u16,
    /// The SRV weight, among equal priorities. Default 0.
    pub weight: u16,
    /// Its attributes.
    pub txt: Txt,
    /// Further records of the instance's name, of types that the service does not have itself.
    pub records: Vec<ExtraRecord>,
    /// The host that runs it.
    pub host: HostSpec,
    /// The only links on which to publish it; all links if empty. Its host is published on all.
    pub links: Vec<LinkId>,
    /// The only address family over which to publish it; both if `None`. Its host is published over
    /// both.
    pub over: Option<Family>,
    /// What to do when another host uses its name.
    pub on_conflict: OnConflict,
    /// The TTLs.
    pub ttls: Ttls,
}

/// A host to publish. Users that name the same host with the same addresses and links share it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct HostSpec {
    /// Its name, such as `printer.local`.
    pub name: Name,
    /// The label to try first instead, as for a service.
    pub start_as: Option<String>,
    /// Its addresses; if `None`, those that this host has on each link.
    pub addresses: Option<Vec<IpAddr>>,
    /// Further records of its name, other than addresses.
    pub records: Vec<ExtraRecord>,
    /// The only links on which to publish it; all links if empty.
    pub links: Vec<LinkId>,
    /// What to do when another host uses its name.
    pub on_conflict: OnConflict,
    /// Whether its name is the system's, and changes with it
    /// ([`Agent::rename_system_host`](crate::dnssd::Agent::rename_system_host)).
    pub is_system: bool,
}

/// A further record of a service or a host, under its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtraRecord {
    /// Its data.
    pub data: RData,
    /// Its TTL in seconds.
    pub ttl: Ttl,
}

/// How long others may use what is published, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ttls {
    /// Records that name a host: SRV, A, AAAA, reverse PTR. Default 120.
    pub host: Ttl,
    /// All others: PTR, TXT. Default 4,500.
    pub other: Ttl,
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-10
//# As a general rule, the recommended TTL value for Multicast DNS
//# resource records with a host name as the resource record's name
//# (e.g., A, AAAA, HINFO) or a host name contained within the resource
//# record's rdata (e.g., SRV, reverse mapping PTR record) SHOULD be 120
//# seconds.
//= https://www.rfc-editor.org/rfc/rfc6762#section-10
//# The recommended TTL value for other Multicast DNS resource records is
//# 75 minutes.
impl Default for Ttls {
    fn default() -> Self {
        Self {
            host: Ttl(120),
            other: Ttl(4_500),
        }
    }
}

impl Ttls {
    /// Returns the TTL of a record with this data.
    pub fn of(self, data: &RData) -> Ttl {
        match data {
            RData::A(_) | RData::Aaaa(_) | RData::Srv(_) | RData::Cname(_) | RData::Hinfo(_) => {
                self.host
            }
            RData::Ptr(_) | RData::Txt(_) | RData::Nsec(_) | RData::Opaque { .. } => self.other,
            _ => self.other,
        }
    }
}

impl HostSpec {
    /// Returns the host with its name in form C, and the names in its further records.
    pub(in crate::dnssd) fn nfc(&self) -> Self {
        Self {
            name: nfc::name(&self.name),
            records: nfc_extras(&self.records),
            ..self.clone()
        }
    }
}

/// Further records with the names in their data in form C.
pub(in crate::dnssd) fn nfc_extras(records: &[ExtraRecord]) -> Vec<ExtraRecord> {
    let nfc = |record: &ExtraRecord| ExtraRecord {
        data: nfc::data(&record.data),
        ..record.clone()
    };
    records.iter().map(nfc).collect()
}

impl ServiceSpec {
    /// Creates a service without attributes or subtypes.
    //= https://www.rfc-editor.org/rfc/rfc6763#section-5
    //# However, in the overwhelmingly common case, a single advertised
    //# DNS-SD service instance is described by exactly one SRV record, and
    //# in this common case the priority and weight fields of the SRV record
    //# SHOULD both be set to zero.
    pub fn new(label: &str, service_type: ServiceType, port: u16, host: HostSpec) -> Self {
        Self {
            label: label.into(),
            start_as: None,
            service_type,
            any_type: false,
            subtypes: Vec::new(),
            port,
            priority: 0,
            weight: 0,
            txt: Txt::empty(),
            records: Vec::new(),
            host,
            links: Vec::new(),
            over: None,
            on_conflict: OnConflict::default(),
            ttls: Ttls::default(),
        }
    }

    /// Checks that its type can be published.
    ///
    /// # Errors
    ///
    /// Returns an error if its service name breaks a rule, and that is not allowed.
    pub fn check_type(&self) -> Result<(), ServiceTypeError> {
        if self.any_type {
            return Ok(());
        }
        self.service_type.check_service_name()
    }

    /// Returns its records under a name and on a host, which need not be the ones it was created
    /// with.
    //= https://www.rfc-editor.org/rfc/rfc6763#section-6
    //# Every DNS-SD service MUST have a TXT record in addition to its SRV
    //# record, with the same name, even if the service has no additional
    //# data to store and the TXT record contains no more than a single zero
    //# byte.
    //= https://www.rfc-editor.org/rfc/rfc6763#section-6.3
    //# This information -- target host name and
    //# port number -- MUST NOT be duplicated using key/value attributes in
    //# the TXT record.
    pub(super) fn records(
        &self,
        label: &str,
        host: &Name,
    ) -> Result<(InstanceName, RecordSet), PublishError> {
        check(&self.records, INSTANCE_TYPES)?;
        let instance = InstanceName::new(label, &self.service_type)?;
        let full = instance.name().clone();
        let srv = Srv {
            priority: self.priority,
            weight: self.weight,
            port: self.port,
            target: host.clone(),
        };
        let types = service_types();
        let service_type = self.service_type.name().clone();
        let mut records = Vec::from([
            self.record(
                &service_type,
                self.ttls.other,
                false,
                RData::Ptr(full.clone()),
            ),
            self.record(&full, self.ttls.host, true, RData::Srv(srv)),
            self.record(
                &full,
                self.ttls.other,
                true,
                RData::Txt(self.txt.data().clone()),
            ),
            self.record(&types, self.ttls.other, false, RData::Ptr(service_type)),
        ]);
        for subtype in &self.subtypes {
            let subtype = nfc::subtype(subtype);
            let name = self.service_type.subtype_name(&subtype);
            records.push(self.record(&name, self.ttls.other, false, RData::Ptr(full.clone())));
        }
        for extra in &self.records {
            records.push(self.record(&full, extra.ttl, true, extra.data.clone()));
        }
        Ok((
            instance,
            RecordSet {
                claim: Some(full),
                records,
                links: self.links.clone(),
                over: self.over,
                ..RecordSet::default()
            },
        ))
    }

    fn record(&self, name: &Name, ttl: Ttl, unique: bool, data: RData) -> OwnedRecord {
        OwnedRecord {
            name: name.clone(),
            ttl,
            unique,
            data,
            link: None,
        }
    }
}

impl HostSpec {
    /// Creates this host, with the addresses that it has on each link.
    pub fn own(name: Name) -> Self {
        Self {
            name,
            start_as: None,
            addresses: None,
            records: Vec::new(),
            links: Vec::new(),
            on_conflict: OnConflict::default(),
            is_system: false,
        }
    }

    /// Checks that its further records can be published.
    pub(super) fn check(&self) -> Result<(), PublishError> {
        check(&self.records, ADDRESS_TYPES)
    }
}

/// Which addresses a host has.
#[derive(Clone, Copy)]
pub(super) enum Given<'a> {
    /// These, on every link.
    These(&'a [IpAddr]),
    /// On each link its own, up to this number per family.
    OfLinks(usize),
}

/// Returns the records of a host, with the addresses that count on each link.
//= https://www.rfc-editor.org/rfc/rfc6762#section-6.2
//# When a Multicast DNS responder sends a Multicast DNS response message
//# containing its own address records, it MUST include all addresses
//# that are valid on the interface on which it is sending the message,
//# and MUST NOT include addresses that are not valid on that interface
//# (such as addresses that may be configured on the host's other
//# interfaces).
//= https://www.rfc-editor.org/rfc/rfc6762#section-14
//# Except in the case of proxying and other similar specialized uses,
//# addresses in IPv4 or IPv6 address records in Multicast DNS responses
//# MUST be valid for use on the interface on which the response is being
//# sent.
//= https://www.rfc-editor.org/rfc/rfc6762#section-6.2
//# For example, if an interface has both an IPv6 link-
//# local and an IPv6 routable address, both should be included in the
//# response message so that queriers receive both and can make their own
//# choice about which to use.
pub(super) fn host_records<'l, 'e>(
    name: &Name,
    ttl: Ttl,
    given: Given<'_>,
    extra: impl Iterator<Item = &'e ExtraRecord>,
    links: impl Iterator<Item = (LinkId, &'l LinkInfo)>,
) -> RecordSet {
    let addresses: Vec<(Option<LinkId>, IpAddr)> = match given {
        Given::These(these) => these.iter().map(|&ip| (None, ip)).collect(),
        Given::OfLinks(max) => {
            let of_family = |info: &'l LinkInfo, family| {
                let all = info.addresses.iter().map(|address| address.ip);
                all.filter(move |ip| Family::of(*ip) == family).take(max)
            };
            let of_link = |(link, info): (LinkId, &'l LinkInfo)| {
                let both = Family::BOTH.into_iter();
                let both = both.flat_map(move |family| of_family(info, family));
                both.map(move |ip| (Some(link), ip))
            };
            links.flat_map(of_link).collect()
        }
    };
    let record = |name: &Name, ttl, data, link| OwnedRecord {
        name: name.clone(),
        ttl,
        unique: true,
        data,
        link,
    };
    let both = addresses.into_iter().flat_map(|(link, ip)| {
        let forward = record(name, ttl, ip.into(), link);
        let data = RData::Ptr(name.clone());
        [forward, record(&reverse_name(ip), ttl, data, link)]
    });
    let mut records: Vec<OwnedRecord> = both.collect();
    for extra in extra {
        let further = record(name, extra.ttl, extra.data.clone(), None);
        if !records.contains(&further) {
            records.push(further);
        }
    }
    RecordSet {
        claim: Some(name.clone()),
        records,
        cooperates: matches!(given, Given::OfLinks(_)),
        ..RecordSet::default()
    }
}

/// Checks that records can have the same name as those of these types.
fn check(extra: &[ExtraRecord], taken: &[RecordType]) -> Result<(), PublishError> {
    // An alias stands alone, and the engine denies the types that a name lacks.
    let alone = [RecordType::CNAME, RecordType::NSEC];
    let unfit =
        |rtype: &RecordType| taken.contains(rtype) || alone.contains(rtype) || rtype.is_pseudo();
    match extra.iter().map(|extra| extra.data.rtype()).find(unfit) {
        Some(rtype) => Err(PublishError::ExtraRecord { rtype }),
        None => Ok(()),
    }
}

/// The types that a service itself has under its name.
const INSTANCE_TYPES: &[RecordType] = &[RecordType::SRV, RecordType::TXT];
/// The types that a host itself has under its name.
const ADDRESS_TYPES: &[RecordType] = &[RecordType::A, RecordType::AAAA];
