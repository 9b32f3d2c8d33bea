//! The checks of what an entry group is given.
//!
//! In:  the arguments of `AddService` and its siblings.
//! Out: what is to be published, or the first error.

use std::net::IpAddr;

use cooee::{Name, RData, ServiceType};

use super::kinds::{
    address, domain, fqdn, names_a_host, rdata, service_name, strict_type, subtype,
};
use crate::avahi::error::ErrorCode;
use crate::avahi::flags::{PublishFlags, Scope};
use crate::avahi::names::read;

/// The first three arguments of all calls: interface, protocol, flags.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// The interface.
    pub interface: i32,
    /// The protocol.
    pub protocol: i32,
    /// The flags.
    pub flags: u32,
}

/// Which service a call is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceRef {
    /// Where it is published.
    pub scope: Scope,
    /// How.
    pub flags: PublishFlags,
    /// Its name, without escapes.
    pub name: String,
    /// Its type.
    pub service_type: ServiceType,
}

/// A service to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Where, how, and under which name.
    pub service: ServiceRef,
    /// The host that offers it; this host if `None`.
    pub host: Option<Name>,
}

/// An address to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Where it is published.
    pub scope: Scope,
    /// How.
    pub flags: PublishFlags,
    /// The name of the host.
    pub name: Name,
    /// The address.
    pub address: IpAddr,
}

/// A record to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it is published.
    pub scope: Scope,
    /// How.
    pub flags: PublishFlags,
    /// Its name.
    pub name: Name,
    /// Its TTL in seconds, never 0.
    pub ttl_secs: u32,
    /// Its type and data.
    pub data: RData,
}

/// Checks `AddService`, except the port and the attributes.
///
/// # Errors
///
/// Returns the first error, in Avahi's order.
pub fn add_service(
    group: Group,
    name: &str,
    service_type: &str,
    in_domain: &str,
    host: &str,
) -> Result<Service, ErrorCode> {
    let allowed = PublishFlags::NO_COOKIE.with(PublishFlags::UPDATE);
    let (scope, flags) = group.check(allowed)?;
    let name = service_name(name)?;
    let service_type = strict_type(service_type)?;
    let in_domain = domain(in_domain)?;
    let host = match host {
        "" => None,
        _ => Some(fqdn(host)?),
    };
    multicast(flags)?;
    in_domain.supported()?;
    let service = ServiceRef {
        scope,
        flags,
        name,
        service_type,
    };
    Ok(Service { service, host })
}

/// Checks `UpdateServiceTxt`, except the attributes.
///
/// # Errors
///
/// Returns the first error, in Avahi's order.
pub fn update_service_txt(
    group: Group,
    name: &str,
    service_type: &str,
    in_domain: &str,
) -> Result<ServiceRef, ErrorCode> {
    named(
        group,
        PublishFlags::NO_COOKIE,
        name,
        service_type,
        in_domain,
        || Ok(()),
    )
}

/// Checks `AddServiceSubtype`. Returns the service and the first label of its subtype.
///
/// # Errors
///
/// Returns the first error, in Avahi's order.
pub fn add_service_subtype(
    group: Group,
    name: &str,
    service_type: &str,
    in_domain: &str,
    whole: &str,
) -> Result<(ServiceRef, String), ErrorCode> {
    let mut label = String::new();
    let service = named(
        group,
        PublishFlags::NONE,
        name,
        service_type,
        in_domain,
        || {
            label = subtype(whole)?.0;
            Ok(())
        },
    )?;
    Ok((service, label))
}

fn named(
    group: Group,
    allowed: PublishFlags,
    name: &str,
    service_type: &str,
    in_domain: &str,
    further: impl FnOnce() -> Result<(), ErrorCode>,
) -> Result<ServiceRef, ErrorCode> {
    let (scope, flags) = group.check(allowed)?;
    let name = service_name(name)?;
    let service_type = strict_type(service_type)?;
    let in_domain = domain(in_domain)?;
    further()?;
    multicast(flags)?;
    in_domain.supported()?;
    Ok(ServiceRef {
        scope,
        flags,
        name,
        service_type,
    })
}

/// Checks `AddAddress`.
///
/// # Errors
///
/// Returns the first error, in Avahi's order.
pub fn add_address(group: Group, name: &str, text: &str) -> Result<Address, ErrorCode> {
    let address = address(text)?;
    let allowed = PublishFlags::NO_REVERSE
        .with(PublishFlags::NO_ANNOUNCE)
        .with(PublishFlags::NO_PROBE)
        .with(PublishFlags::UPDATE);
    let (scope, flags) = group.check(allowed)?;
    let name = fqdn(name)?;
    multicast(flags)?;
    // avahi-daemon publishes it. The error comes here, and not with `Commit`, because programs show
    // this one.
    if !names_a_host(address) {
        return Err(ErrorCode::InvalidAddress);
    }
    Ok(Address {
        scope,
        flags,
        name,
        address,
    })
}

/// Checks `AddRecord`.
///
/// # Errors
///
/// Returns the first error, in Avahi's order.
pub fn add_record(
    group: Group,
    name: &str,
    class: u16,
    rtype: u16,
    ttl_secs: u32,
    bytes: &[u8],
) -> Result<Record, ErrorCode> {
    let name = read(name).ok_or(ErrorCode::InvalidDomainName)?;
    let data = rdata(rtype, bytes);
    // Types that stand for several have no data to be read, but some data they must have.
    if bytes.is_empty() || !NOT_FOR_RECORDS.contains(&rtype) {
        data.as_ref().map_err(|error| *error)?;
    }
    let allowed = PublishFlags::NO_ANNOUNCE
        .with(PublishFlags::NO_PROBE)
        .with(PublishFlags::UNIQUE)
        .with(PublishFlags::ALLOW_MULTIPLE)
        .with(PublishFlags::UPDATE);
    let (scope, flags) = group.check(allowed)?;
    if ttl_secs == 0 {
        return Err(ErrorCode::InvalidTtl);
    }
    if rtype == TYPE_ANY || class == CLASS_ANY {
        return Err(ErrorCode::IsPattern);
    }
    if class != CLASS_IN {
        return Err(ErrorCode::InvalidDnsClass);
    }
    if NOT_FOR_RECORDS.contains(&rtype) {
        return Err(ErrorCode::InvalidDnsType);
    }
    multicast(flags)?;
    Ok(Record {
        scope,
        flags,
        name,
        ttl_secs,
        data: data?,
    })
}

impl Group {
    fn check(self, allowed: PublishFlags) -> Result<(Scope, PublishFlags), ErrorCode> {
        let scope = Scope::read(self.interface, self.protocol)?;
        let flags = PublishFlags::from_bits(self.flags);
        let transports = PublishFlags::USE_WIDE_AREA.with(PublishFlags::USE_MULTICAST);
        if !flags.is_within(allowed.with(transports)) || flags.has(transports) {
            return Err(ErrorCode::InvalidFlags);
        }
        Ok((scope, flags))
    }
}

/// Refuses what is to be published by unicast DNS.
fn multicast(flags: PublishFlags) -> Result<(), ErrorCode> {
    match flags.has(PublishFlags::USE_WIDE_AREA) {
        true => Err(ErrorCode::NotSupported),
        false => Ok(()),
    }
}

const CLASS_IN: u16 = 1;
const CLASS_ANY: u16 = 255;
const TYPE_ANY: u16 = 255;

/// Types of which there is no record to publish: none, OPT, TKEY, TSIG, IXFR, AXFR, ANY.
const NOT_FOR_RECORDS: [u16; 7] = [0, 41, 249, 250, 251, 252, TYPE_ANY];
