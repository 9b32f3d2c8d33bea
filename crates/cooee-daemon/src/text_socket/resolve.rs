//! Host names to an address, addresses to a name: one answer each.
//!
//! In:  a name or an address.
//! Out: the first record that answers, with where it came from; or nothing, in time.

use std::net::IpAddr;

use cooee::{Family, Name, RData, RecordType};

use super::answer::From;
use super::context::Context;
use crate::avahi::check::{LookUpAddress, LookUpHost};
use crate::avahi::error::ErrorCode;
use crate::avahi::flags::Scope;
use crate::avahi::reverse::reverse_name;
use crate::lookup::change::HeardRecord;
use crate::lookup::host::FirstResolver;
use crate::lookup::service::{Resolution, address_types};

/// The address of a host.
pub(super) struct FoundHost {
    pub(super) from: From,
    pub(super) name: Name,
    pub(super) ip: IpAddr,
}

/// Returns the first address of a host.
pub(super) async fn host(
    context: &Context,
    name: &Name,
    family: Option<Family>,
) -> Result<FoundHost, ErrorCode> {
    let (watches, own_host) = context.driver().ok_or(ErrorCode::Timeout)?;
    let asked = LookUpHost {
        scope: Scope::default(),
        name: name.clone(),
        family,
    };
    let resolver = FirstResolver::of_host(watches, &asked, own_host);
    let found = first(context, resolver, address_types(family)).await?;
    Ok(FoundHost {
        from: From::heard(&found),
        ip: found.data.ip().ok_or(ErrorCode::NotFound)?,
        name: found.name,
    })
}

/// Returns the first name of an address.
pub(super) async fn address(context: &Context, address: IpAddr) -> Result<(From, Name), ErrorCode> {
    let name = reverse_name(address).ok_or(ErrorCode::InvalidAddress)?;
    let (watches, own_host) = context.driver().ok_or(ErrorCode::Timeout)?;
    let scope = Scope::default();
    let asked = LookUpAddress { scope, address };
    let resolver = FirstResolver::of_address(watches, &asked, name, own_host);
    let found = first(context, resolver, &[RecordType::PTR]).await?;
    let from = From::heard(&found);
    if let RData::Ptr(name) = found.data {
        Ok((from, name))
    } else {
        Err(ErrorCode::NotFound)
    }
}

/// Returns the first record that a resolver finds.
async fn first(
    context: &Context,
    resolver: FirstResolver,
    types: &[RecordType],
) -> Result<HeardRecord, ErrorCode> {
    let mut resolver = resolver.hurried(&context.links(), types, context.silence_max);
    match resolver.next().await {
        Resolution::Found(found) => Ok(found),
        Resolution::Nothing => Err(ErrorCode::Timeout),
    }
}

impl From {
    /// Returns where a record was heard.
    pub(super) fn heard(record: &HeardRecord) -> Self {
        Self {
            index: record.interface,
            transport: record.family,
        }
    }
}
