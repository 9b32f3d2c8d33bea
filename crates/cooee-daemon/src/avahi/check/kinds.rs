//! The kinds of arguments: names, types, domains, addresses, attributes, data of records.
//!
//! In:  text or bytes of a client.
//! Out: types of the library, or the error that belongs to the kind.

use std::net::{IpAddr, Ipv4Addr};

use cooee::{Name, RData, RecordType, ServiceType, Txt};

use crate::avahi::error::ErrorCode;
use crate::avahi::names::{LABEL_BYTES_MAX, join, labels};

/// Reads a service's name: text of 1 to 63 bytes.
///
/// # Errors
///
/// Returns `InvalidServiceName`.
pub fn service_name(text: &str) -> Result<String, ErrorCode> {
    let fits = !text.is_empty() && text.len() <= LABEL_BYTES_MAX;
    let is_printable = !text.bytes().any(|byte| byte.is_ascii_control());
    match fits && is_printable {
        true => Ok(text.to_owned()),
        false => Err(ErrorCode::InvalidServiceName),
    }
}

/// Reads exactly `_name._tcp` or `_name._udp`.
///
/// # Errors
///
/// Returns `InvalidServiceType`.
pub fn strict_type(text: &str) -> Result<ServiceType, ErrorCode> {
    let labels = labels(text).ok_or(ErrorCode::InvalidServiceType)?;
    match labels.as_slice() {
        [service, protocol] => type_of(service, protocol).ok_or(ErrorCode::InvalidServiceType),
        _ => Err(ErrorCode::InvalidServiceType),
    }
}

/// Reads a type to browse: a chain of labels that begin with an underscore, such as
/// `_printer._sub._http._tcp`. Returns its full name under `local`.
///
/// # Errors
///
/// Returns `InvalidServiceType`.
pub fn generic_type(text: &str) -> Result<Name, ErrorCode> {
    let labels = labels(text).ok_or(ErrorCode::InvalidServiceType)?;
    if labels.is_empty() || !labels.iter().all(|label| is_type_label(label)) {
        return Err(ErrorCode::InvalidServiceType);
    }
    under_local(&labels).ok_or(ErrorCode::InvalidServiceType)
}

/// Reads a whole subtype, `_printer._sub._http._tcp`: its first label, and its type.
///
/// # Errors
///
/// Returns `InvalidServiceSubtype`.
pub fn subtype(text: &str) -> Result<(String, ServiceType), ErrorCode> {
    let labels = labels(text).ok_or(ErrorCode::InvalidServiceSubtype)?;
    let [first, sub, service, protocol] = labels.as_slice() else {
        return Err(ErrorCode::InvalidServiceSubtype);
    };
    let is_sub = is_type_label(first) && sub.eq_ignore_ascii_case("_sub");
    let of = type_of(service, protocol).filter(|_| is_sub);
    Ok((first.clone(), of.ok_or(ErrorCode::InvalidServiceSubtype)?))
}

/// Reads a domain; the empty text is the default domain, `local`.
///
/// # Errors
///
/// Returns `InvalidDomainName`.
pub fn domain(text: &str) -> Result<Domain, ErrorCode> {
    let labels = labels(text).ok_or(ErrorCode::InvalidDomainName)?;
    match labels.as_slice() {
        [] => Ok(Domain::Local),
        [only] if only.eq_ignore_ascii_case("local") => Ok(Domain::Local),
        _ => Ok(Domain::Other),
    }
}

/// The domain of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// `local`.
    Local,
    /// Any other.
    Other,
}

impl Domain {
    /// Returns whether it is `local`.
    pub fn is_local(self) -> bool {
        self == Self::Local
    }

    /// Refuses every domain but `local`.
    ///
    /// # Errors
    ///
    /// Returns `NotSupported`.
    pub(super) fn supported(self) -> Result<(), ErrorCode> {
        match self {
            Self::Local => Ok(()),
            Self::Other => Err(ErrorCode::NotSupported),
        }
    }
}

/// Reads the full name of a host: at least two labels, and no IP address.
///
/// # Errors
///
/// Returns `InvalidHostName`.
pub fn fqdn(text: &str) -> Result<Name, ErrorCode> {
    let labels = labels(text).ok_or(ErrorCode::InvalidHostName)?;
    let bytes = || labels.iter().map(String::as_bytes);
    if labels.len() < 2 || join(bytes()).parse::<Ipv4Addr>().is_ok() {
        return Err(ErrorCode::InvalidHostName);
    }
    Name::from_labels(bytes()).map_err(|_| ErrorCode::InvalidHostName)
}

/// Reads the name of a host that is one label, and returns it without escapes.
///
/// # Errors
///
/// Returns `InvalidHostName`.
pub fn host_label(text: &str) -> Result<String, ErrorCode> {
    match labels(text).as_deref() {
        Some([label]) => Ok(label.clone()),
        _ => Err(ErrorCode::InvalidHostName),
    }
}

/// Reads the name of a host in `local`: `www` or `www.local`, with escapes as Avahi has them.
///
/// # Errors
///
/// Returns `InvalidHostName`.
pub fn local_host(text: &str) -> Result<Name, ErrorCode> {
    let labels = labels(text).ok_or(ErrorCode::InvalidHostName)?;
    let label = match labels.as_slice() {
        [label] => label,
        [label, domain] if domain.eq_ignore_ascii_case("local") => label,
        _ => return Err(ErrorCode::InvalidHostName),
    };
    if label.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(ErrorCode::InvalidHostName);
    }
    under_local([label]).ok_or(ErrorCode::InvalidHostName)
}

/// Reads an IP address.
///
/// # Errors
///
/// Returns `InvalidAddress`.
pub fn address(text: &str) -> Result<IpAddr, ErrorCode> {
    text.parse().map_err(|_| ErrorCode::InvalidAddress)
}

/// Returns whether an address names one host to others. With loopback, multicast, broadcast or
/// IPv4-mapped addresses they would reach themselves, many hosts or nobody.
pub fn names_a_host(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(ip) => !ip.is_loopback() && !ip.is_multicast() && !ip.is_broadcast(),
        IpAddr::V6(ip) => !ip.is_loopback() && !ip.is_multicast() && ip.to_ipv4_mapped().is_none(),
    }
}

/// Reads the strings of a TXT record, in the order of the wire; empty ones are left out.
///
/// # Errors
///
/// Returns `InvalidRecord` if one is too long, or if all together do not fit.
pub fn txt<'a>(strings: impl IntoIterator<Item = &'a [u8]>) -> Result<Txt, ErrorCode> {
    let strings = strings.into_iter().filter(|string| !string.is_empty());
    Txt::exactly(strings).map_err(|_| ErrorCode::InvalidRecord)
}

/// Reads the data of a record.
///
/// # Errors
///
/// Returns `InvalidRdata`.
pub fn rdata(rtype: u16, bytes: &[u8]) -> Result<RData, ErrorCode> {
    if bytes.is_empty() {
        return Err(ErrorCode::InvalidRdata);
    }
    RData::parse(RecordType(rtype), bytes).map_err(|_| ErrorCode::InvalidRdata)
}

/// Returns whether a label can be part of a type.
fn is_type_label(label: &str) -> bool {
    label.len() > 2 && label.starts_with('_')
}

fn type_of(service: &String, protocol: &String) -> Option<ServiceType> {
    let is_protocol = ["_tcp", "_udp"]
        .iter()
        .any(|known| protocol.eq_ignore_ascii_case(known));
    if !is_protocol || !is_type_label(service) {
        return None;
    }
    ServiceType::from_name(&under_local([service, protocol])?)
}

fn under_local<'a>(labels: impl IntoIterator<Item = &'a String>) -> Option<Name> {
    let labels = labels.into_iter().map(String::as_bytes);
    let name = Name::from_labels(labels).ok()?;
    name.concat(&Name::LOCAL).ok()
}
