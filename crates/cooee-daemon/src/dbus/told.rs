//! How what was found is said on the bus.
//!
//! In:  a found service, an address of a host, a name of an address.
//! Out: the arguments of `Found`, and of the replies of `ResolveService` and its siblings.

use std::net::IpAddr;

use cooee::{Family, Name, RData, ServiceType};

use super::House;
use crate::avahi::check::LookUpService;
use crate::avahi::flags::{ANY, ResultFlags, protocol_number};
use crate::avahi::names;
use crate::lookup::change::HeardRecord;
use crate::lookup::service::Found;

/// What a found service is reported with.
pub(super) type ServiceBody = (
    i32,
    i32,
    String,
    String,
    &'static str,
    String,
    i32,
    String,
    u16,
    Vec<Vec<u8>>,
    u32,
);

/// Turns what was found into the arguments of `Found`, and of the replies of `Resolve...`.
pub(super) struct Told<'a> {
    pub(super) house: &'a House,
    pub(super) client: u32,
    /// Whether it is from the cache.
    pub(super) cached: bool,
}

impl Told<'_> {
    /// Returns the flags of something that is found, which the same client may have published.
    pub(super) fn flags(&self, name: &Name, data: &RData) -> ResultFlags {
        let cached = match self.cached {
            true => ResultFlags::CACHED,
            false => ResultFlags::NONE,
        };
        let registry = self.house.publisher.registry.borrow();
        let local = registry.flags(name, data, self.client);
        let flags = ResultFlags::MULTICAST.with(cached).with(local);
        match self.house.host.name().as_ref() == Some(name) {
            true => flags.with(ResultFlags::LOCAL),
            false => flags,
        }
    }

    /// Returns the flags of a host or an address, which are never a client's own.
    fn host_flags(&self, name: &Name, host: &Name, data: &RData) -> ResultFlags {
        let flags = self.flags(name, data).without(ResultFlags::OUR_OWN);
        match self.house.host.name().as_ref() == Some(host) {
            true => flags.with(ResultFlags::LOCAL),
            false => flags,
        }
    }

    /// Returns what is said of a found service.
    pub(super) fn service(
        &self,
        asked: &LookUpService,
        name: &Name,
        mut found: Found,
    ) -> ServiceBody {
        // A TXT record without attributes holds an empty string, because it must hold one.
        found.txt.retain(|string| !string.is_empty());
        let (interface, protocol) = place(found.interface, found.family);
        let srv = RData::Srv(cooee::Srv {
            priority: 0,
            weight: 0,
            port: found.port,
            target: found.host.clone(),
        });
        let flags = match self.house.is_here(&found.host) {
            true => self.flags(name, &srv),
            false => self.flags(name, &srv).without(ResultFlags::LOCAL),
        };
        let (family, address) = match found.address {
            Some(address) => (protocol_number(family_of(address)), address.to_string()),
            None => (ANY, String::new()),
        };
        (
            interface,
            protocol,
            asked.name.clone().unwrap_or_default(),
            type_text(&asked.service_type),
            LOCAL,
            names::of(&found.host),
            family,
            address,
            found.port,
            // The last string first, as Avahi sends them: its client library turns them round.
            found.txt.into_iter().rev().collect(),
            flags.bits(),
        )
    }

    /// Returns what is said of a found address of a host.
    pub(super) fn host(&self, item: &HeardRecord) -> Option<(i32, i32, String, i32, String, u32)> {
        let (interface, protocol) = place(item.interface, item.family);
        let address = item.data.ip()?;
        let flags = self.host_flags(&item.name, &item.name, &item.data);
        let family = protocol_number(family_of(address));
        let name = names::of(&item.name);
        Some((
            interface,
            protocol,
            name,
            family,
            address.to_string(),
            flags.bits(),
        ))
    }

    /// Returns what is said of a found name of an address.
    pub(super) fn address(
        &self,
        address: IpAddr,
        item: &HeardRecord,
    ) -> Option<(i32, i32, i32, String, String, u32)> {
        let (interface, protocol) = place(item.interface, item.family);
        let RData::Ptr(name) = &item.data else {
            return None;
        };
        let flags = self.host_flags(&item.name, name, &item.data);
        let family = protocol_number(family_of(address));
        let text = address.to_string();
        Some((
            interface,
            protocol,
            family,
            text,
            names::of(name),
            flags.bits(),
        ))
    }
}

fn type_text(of_type: &ServiceType) -> String {
    let labels = of_type.name().labels().take(2);
    names::join(labels)
}

/// Returns the numbers of an interface and a family.
pub(super) fn place(interface: u32, family: Family) -> (i32, i32) {
    let interface = i32::try_from(interface).unwrap_or(ANY);
    (interface, protocol_number(family))
}

fn family_of(address: IpAddr) -> Family {
    match address {
        IpAddr::V4(_) => Family::V4,
        IpAddr::V6(_) => Family::V6,
    }
}

/// The domain of everything.
pub(super) const LOCAL: &str = "local";
