//! The checks of what clients browse and resolve.
//!
//! In:  the arguments of `ServiceBrowserNew` and its siblings.
//! Out: what is to be asked for, or the first error.

use std::net::IpAddr;

use cooee::{Family, Name, ServiceType};

use super::kinds::{address, domain, fqdn, generic_type, service_name, strict_type};
use crate::avahi::error::ErrorCode;
use crate::avahi::flags::{LookupFlags, Scope, read_protocol};
use crate::avahi::names::read;
use crate::avahi::state::DomainBrowserKind;

/// The arguments that all calls have: interface, protocol, flags.
#[derive(Clone, Copy, Debug)]
pub struct LookUp {
    /// The interface.
    pub interface: i32,
    /// The protocol.
    pub protocol: i32,
    /// The flags.
    pub flags: u32,
}

/// A service to resolve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookUpService {
    /// Where to ask.
    pub scope: Scope,
    /// What is not to be asked for.
    pub flags: LookupFlags,
    /// The service's name; the type itself if `None`.
    pub name: Option<String>,
    /// Its type.
    pub service_type: ServiceType,
    /// The family of the address that is wanted; either if `None`.
    pub family: Option<Family>,
}

/// Types to browse, or services of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookUpTypes {
    /// Where to ask.
    pub scope: Scope,
    /// The full name to ask for.
    pub name: Name,
}

/// A host to resolve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookUpHost {
    /// Where to ask.
    pub scope: Scope,
    /// The full name of the host.
    pub name: Name,
    /// The family of the address that is wanted; either if `None`.
    pub family: Option<Family>,
}

/// An address to resolve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookUpAddress {
    /// Where to ask.
    pub scope: Scope,
    /// The address.
    pub address: IpAddr,
}

/// A record to browse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookUpRecord {
    /// Where to ask.
    pub scope: Scope,
    /// Its name.
    pub name: Name,
    /// Its type.
    pub rtype: u16,
}

/// Checks `ServiceBrowserNew`. Returns the full name to ask for.
///
/// # Errors
///
/// Returns the first error, in Avahi's order.
pub fn service_browser(
    call: LookUp,
    service_type: &str,
    in_domain: &str,
) -> Result<LookUpTypes, ErrorCode> {
    let scope = call.scope()?;
    let in_domain = domain(in_domain)?;
    let flags = browser_flags(call.flags, LookupFlags::NONE)?;
    let name = generic_type(service_type)?;
    asked_by_multicast(flags)?;
    in_domain.supported()?;
    Ok(LookUpTypes { scope, name })
}

/// Checks `ServiceTypeBrowserNew`.
///
/// # Errors
///
/// Returns the first error, in Avahi's order.
pub fn type_browser(call: LookUp, in_domain: &str) -> Result<Scope, ErrorCode> {
    let scope = call.scope()?;
    let in_domain = domain(in_domain)?;
    asked_by_multicast(browser_flags(call.flags, LookupFlags::NONE)?)?;
    in_domain.supported()?;
    Ok(scope)
}

/// Checks `DomainBrowserNew`; the kind has been read before.
///
/// # Errors
///
/// Returns the first error, in Avahi's order.
pub fn domain_browser(
    call: LookUp,
    in_domain: &str,
    kind: DomainBrowserKind,
) -> Result<(Scope, DomainBrowserKind), ErrorCode> {
    Ok((type_browser(call, in_domain)?, kind))
}

/// Checks `ServiceResolverNew`.
///
/// # Errors
///
/// Returns the first error, in Avahi's order.
pub fn service_resolver(
    call: LookUp,
    name: &str,
    service_type: &str,
    in_domain: &str,
    family: i32,
) -> Result<LookUpService, ErrorCode> {
    let scope = call.scope()?;
    let family = read_protocol(family)?;
    let in_domain = domain(in_domain)?;
    let name = match name {
        "" => None,
        _ => Some(service_name(name)?),
    };
    let service_type = strict_type(service_type)?;
    let further = LookupFlags::NO_TXT.with(LookupFlags::NO_ADDRESS);
    let flags = browser_flags(call.flags, further)?;
    asked_by_multicast(flags)?;
    in_domain.supported()?;
    Ok(LookUpService {
        scope,
        flags,
        name,
        service_type,
        family,
    })
}

/// Checks `HostNameResolverNew`.
///
/// # Errors
///
/// Returns the first error, in Avahi's order.
pub fn host_name_resolver(call: LookUp, name: &str, family: i32) -> Result<LookUpHost, ErrorCode> {
    let scope = call.scope()?;
    let name = fqdn(name)?;
    let family = read_protocol(family)?;
    asked_by_multicast(browser_flags(call.flags, LookupFlags::NONE)?)?;
    Ok(LookUpHost {
        scope,
        name,
        family,
    })
}

/// Checks `AddressResolverNew`.
///
/// # Errors
///
/// Returns the first error, in Avahi's order.
pub fn address_resolver(call: LookUp, text: &str) -> Result<LookUpAddress, ErrorCode> {
    let address = address(text)?;
    let scope = call.scope()?;
    asked_by_multicast(browser_flags(call.flags, LookupFlags::NONE)?)?;
    Ok(LookUpAddress { scope, address })
}

/// Checks `RecordBrowserNew`.
///
/// # Errors
///
/// Returns the first error, in Avahi's order.
pub fn record_browser(
    call: LookUp,
    name: &str,
    class: u16,
    rtype: u16,
) -> Result<LookUpRecord, ErrorCode> {
    let name = read(name).ok_or(ErrorCode::InvalidDomainName)?;
    let scope = call.scope()?;
    if rtype == ANY || class == ANY {
        return Err(ErrorCode::IsPattern);
    }
    if class != CLASS_IN {
        return Err(ErrorCode::InvalidKey);
    }
    asked_by_multicast(browser_flags(call.flags, LookupFlags::NONE)?)?;
    Ok(LookUpRecord { scope, name, rtype })
}

/// Checks the flags of a call: those that all have, and some that only this one has.
///
/// # Errors
///
/// Returns `InvalidFlags`.
pub fn browser_flags(bits: u32, further: LookupFlags) -> Result<LookupFlags, ErrorCode> {
    let flags = LookupFlags::from_bits(bits);
    let transports = LookupFlags::USE_WIDE_AREA.with(LookupFlags::USE_MULTICAST);
    match flags.is_within(transports.with(further)) && !flags.has(transports) {
        true => Ok(flags),
        false => Err(ErrorCode::InvalidFlags),
    }
}

impl LookUp {
    fn scope(self) -> Result<Scope, ErrorCode> {
        Scope::read(self.interface, self.protocol)
    }
}

/// Refuses what is to be asked for by unicast DNS.
fn asked_by_multicast(flags: LookupFlags) -> Result<(), ErrorCode> {
    match flags.has(LookupFlags::USE_WIDE_AREA) {
        true => Err(ErrorCode::NotSupported),
        false => Ok(()),
    }
}

const CLASS_IN: u16 = 1;

/// Any type, or any class.
const ANY: u16 = 255;
