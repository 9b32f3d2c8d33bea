//! One entry of a group: a service, a subtype, an address or a record.
//!
//! In:  the checked arguments of `AddService` and its siblings.
//! Out: the records that it claims on this host; the name that it claims on the link; what to register
//!      for it.

use std::rc::Rc;

use cooee::{
    Family, InstanceName, Mdns, Name, RData, RegisterError, RegisterRecord, Registration,
    ServiceType, Srv, Ttl, Txt,
};

use super::claim::{Claim, Owner};
use crate::avahi::check::{Address, Record, Service, ServiceRef};
use crate::avahi::error::ErrorCode;
use crate::avahi::flags::{PublishFlags, Scope};
use crate::avahi::reverse::reverse_name;

/// The name of this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnHost {
    /// As it is now.
    pub(crate) name: Name,
    /// As it was asked for: by this name the library knows it.
    pub(crate) requested: Name,
}

/// The present name, and the one that was asked for.
impl From<(Name, Name)> for OwnHost {
    fn from((name, requested): (Name, Name)) -> Self {
        Self { name, requested }
    }
}

/// What a client publishes with one call.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    /// A service.
    Service(ServiceEntry),
    /// A record of its own.
    Record(Record),
}

/// A service, with the subtypes that were added to it.
#[derive(Clone, Debug)]
pub(crate) struct ServiceEntry {
    pub(crate) service: ServiceRef,
    instance: InstanceName,
    /// The host that runs it, if it is not this one.
    pub(crate) host: Option<Name>,
    pub(crate) port: u16,
    pub(crate) txt: Txt,
    pub(crate) subtypes: Vec<String>,
}

impl Entry {
    /// Creates the entry of a service. A host that is this one is left out.
    ///
    /// # Errors
    ///
    /// Returns an error if the full name of the service is too long.
    pub(crate) fn service(
        Service { service, host }: Service,
        port: u16,
        txt: Txt,
        own_host: &OwnHost,
    ) -> Result<Self, ErrorCode> {
        let instance = instance(&service)?;
        Ok(Self::Service(ServiceEntry {
            service,
            instance,
            host: host.filter(|host| *host != own_host.name),
            port,
            txt,
            subtypes: Vec::new(),
        }))
    }

    /// Creates the entry of a subtype of a service that is not in the group.
    pub(crate) fn subtype(service: ServiceRef, label: &str) -> Result<Self, ErrorCode> {
        let data = RData::Ptr(instance(&service)?.name().clone());
        let labels = [label.as_bytes(), b"_sub"].into_iter();
        let of_type = service.service_type.name().labels();
        let name = Name::from_labels(labels.chain(of_type));
        Ok(Self::Record(Record {
            scope: service.scope,
            flags: PublishFlags::NONE,
            name: name.map_err(|_| ErrorCode::InvalidServiceSubtype)?,
            ttl_secs: TTL_SECS,
            data,
        }))
    }

    /// Returns the records that it claims on this host.
    pub(crate) fn claims(&self, owner: Owner, own_host: &OwnHost) -> Vec<Rc<Claim>> {
        let claim = |scope: Scope, flags, name: &Name, data| {
            Rc::new(Claim {
                owner,
                scope,
                flags,
                name: name.clone(),
                data,
            })
        };
        match self {
            Self::Service(entry) => {
                let srv = entry.srv(own_host);
                let name = entry.instance.name();
                let pointer = RData::Ptr(name.clone());
                let of_type = entry.service.service_type.name();
                let (scope, unique) = (entry.service.scope, PublishFlags::UNIQUE);
                vec![
                    claim(scope, unique, name, srv),
                    claim(scope, unique, name, RData::Txt(entry.txt.data().clone())),
                    claim(scope, PublishFlags::NONE, of_type, pointer),
                ]
            }
            Self::Record(record) => {
                let (flags, data) = (record.flags, record.data.clone());
                vec![claim(record.scope, flags, &record.name, data)]
            }
        }
    }

    /// Returns where it is published.
    pub(crate) fn scope(&self) -> Scope {
        match self {
            Self::Service(service) => service.service.scope,
            Self::Record(record) => record.scope,
        }
    }

    /// Returns the service, if it is one.
    pub(crate) fn as_service(&self) -> Option<&ServiceEntry> {
        match self {
            Self::Service(service) => Some(service),
            Self::Record(_) => None,
        }
    }

    /// Returns the service, if it is the one that a client names.
    pub(crate) fn as_named_service(&self, named: &ServiceRef) -> Option<&ServiceEntry> {
        self.as_service().filter(|service| service.is(named))
    }

    /// Returns the service, to change it.
    pub(crate) fn as_service_mut(&mut self) -> Option<&mut ServiceEntry> {
        match self {
            Self::Service(service) => Some(service),
            Self::Record(_) => None,
        }
    }

    /// Returns what it is when a record replaces one of its records, if that is among them.
    pub(crate) fn updated(&self, new: &Record) -> Option<Self> {
        if self.scope() != new.scope {
            return None;
        }
        match self {
            Self::Record(old) => {
                let is_same = old.name == new.name && old.data.rtype() == new.data.rtype();
                is_same.then(|| Self::Record(new.clone()))
            }
            Self::Service(service) => {
                let RData::Txt(data) = &new.data else {
                    return None;
                };
                let mut service = service.clone();
                service.txt = Txt::from_data(data.clone());
                (*service.instance.name() == new.name).then_some(Self::Service(service))
            }
        }
    }

    /// Returns the name that it claims on the link. The name of this host is claimed already.
    pub(crate) fn claimed_name(&self, own_host: &OwnHost) -> Option<&Name> {
        match self {
            Self::Service(service) => Some(service.instance.name()),
            Self::Record(record) => {
                let is_claimed = record.flags.has(PublishFlags::UNIQUE)
                    && !record.flags.has(PublishFlags::NO_PROBE)
                    && record.name != own_host.name;
                is_claimed.then_some(&record.name)
            }
        }
    }

    /// Returns its records under the name that it claims, each with its TTL.
    pub(crate) fn own_records(&self, own_host: &OwnHost) -> Vec<(RData, Ttl)> {
        match self {
            Self::Service(service) => {
                let txt = RData::Txt(service.txt.data().clone());
                vec![
                    (service.srv(own_host), Ttl(HOST_TTL_SECS)),
                    (txt, Ttl(TTL_SECS)),
                ]
            }
            Self::Record(record) => vec![(record.data.clone(), Ttl(record.ttl_secs))],
        }
    }

    /// Describes a record that claims no name.
    ///
    /// # Errors
    ///
    /// Returns an error for a service, which always claims one.
    pub(crate) fn alone(&self, mdns: &Mdns) -> Result<RegisterRecord, RegisterError> {
        let record = match self {
            Self::Record(record) => record,
            Self::Service(service) => {
                let name = service.instance.name().clone();
                return Err(RegisterError::NameTaken { name });
            }
        };
        let request = mdns
            .register_record(record.name.clone(), record.data.clone())
            .ttl(Ttl(record.ttl_secs))
            .any_address();
        let request = match record.flags.has(PublishFlags::UNIQUE) {
            true => request.unprobed(),
            false => request.shared(),
        };
        let request = match record.scope.interface {
            Some(index) => request.interface_index(index),
            None => request,
        };
        Ok(match record.scope.protocol {
            Some(Family::V4) => request.ipv4_only(),
            Some(Family::V6) => request.ipv6_only(),
            None => request,
        })
    }
}

impl ServiceEntry {
    /// Returns whether it is this service, as a client named it.
    fn is(&self, named: &ServiceRef) -> bool {
        self.service.scope == named.scope
            && instance(named).is_ok_and(|named| named.name() == self.instance.name())
    }

    fn srv(&self, own_host: &OwnHost) -> RData {
        RData::Srv(Srv {
            priority: 0,
            weight: 0,
            port: self.port,
            target: self.host.as_ref().unwrap_or(&own_host.name).clone(),
        })
    }

    /// Returns the names that point to others, so that it is found.
    pub(crate) fn pointers(&self) -> Vec<(Name, Name)> {
        let of_type = self.service.service_type.name();
        let instance = self.instance.name();
        let mut pointers = vec![(of_type.clone(), instance.clone())];
        if let Ok(listing) = "_services._dns-sd._udp.local".parse() {
            pointers.push((listing, of_type.clone()));
        }
        for subtype in &self.subtypes {
            let labels = [subtype.as_bytes(), b"_sub"].into_iter();
            if let Ok(name) = Name::from_labels(labels.chain(of_type.labels())) {
                pointers.push((name, instance.clone()));
            }
        }
        pointers
    }

    /// Describes a service on this host.
    pub(crate) fn registration(&self, own_host: &OwnHost) -> Registration {
        let of_type = self.service.service_type.clone();
        let registration = Registration::new(of_type, &self.service.name, self.port)
            .any_type()
            // Whoever publishes it chooses the next name; the host is renamed by itself.
            .rename_with(|_, _| None)
            .host_named(own_host.requested.clone())
            .txt(&self.txt);
        let subtypes = self.subtypes.iter();
        let registration =
            subtypes.fold(registration, |all, subtype| all.subtype(subtype.as_str()));
        let registration = match self.service.scope.interface {
            Some(index) => registration.interface_index(index),
            None => registration,
        };
        match self.service.scope.protocol {
            Some(Family::V4) => registration.ipv4_only(),
            Some(Family::V6) => registration.ipv6_only(),
            None => registration,
        }
    }
}

/// Returns the records of an address: its own, and the reverse one if that is wanted.
pub(crate) fn address_records(address: Address) -> Vec<Record> {
    let name = address.name;
    let record = |flags, name, data| Record {
        scope: address.scope,
        flags: address.flags.with(flags),
        name,
        ttl_secs: HOST_TTL_SECS,
        data,
    };
    let data = address.address.into();
    let reverse = reverse_name(address.address);
    let reverse = reverse.filter(|_| !address.flags.has(PublishFlags::NO_REVERSE));
    let forward = PublishFlags::UNIQUE.with(PublishFlags::ALLOW_MULTIPLE);
    let mut entries = vec![record(forward, name.clone(), data)];
    entries.extend(reverse.map(|of| record(PublishFlags::UNIQUE, of, RData::Ptr(name))));
    entries
}

/// Returns the full name of a service.
pub(crate) fn instance(service: &ServiceRef) -> Result<InstanceName, ErrorCode> {
    of_type(&service.name, &service.service_type)
}

fn of_type(name: &str, service_type: &ServiceType) -> Result<InstanceName, ErrorCode> {
    InstanceName::new(name, service_type).map_err(|_| ErrorCode::InvalidServiceName)
}

/// How long others may use an address or an SRV record, in seconds (RFC 6762 section 10).
const HOST_TTL_SECS: u32 = 120;

/// How long others may use any other record, in seconds.
const TTL_SECS: u32 = 4_500;
