//! Services, addresses and interfaces for `serde`.
//!
//! In:  values, and what any format of `serde` holds.
//! Out: the fields that the front page of the crate describes. A service without an address is
//!      refused, as no browse reports one.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use cooee_net::Family;
use cooee_proto::dnssd::instance_name::InstanceName;
use cooee_proto::dnssd::service::{LinkedAddress, Service as ResolvedService};
use cooee_proto::dnssd::txt::Txt;
use cooee_proto::link::LinkId;
use cooee_wire::Name;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::service::{InterfaceId, InterfaceNames, ScopedAddr, Service};

#[derive(Serialize, Deserialize)]
struct InterfaceFields<'a> {
    index: u32,
    name: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
struct AddressFields {
    ip: IpAddr,
    interface: InterfaceId,
}

#[derive(Serialize, Deserialize)]
struct ServiceFields<'a> {
    instance: Cow<'a, InstanceName>,
    host: Cow<'a, Name>,
    port: u16,
    priority: u16,
    weight: u16,
    txt: Cow<'a, Txt>,
    addresses: Vec<ScopedAddr>,
}

impl Serialize for InterfaceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = InterfaceFields {
            index: self.index(),
            name: Cow::Borrowed(self.name()),
        };
        fields.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for InterfaceId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let InterfaceFields { index, name } = InterfaceFields::deserialize(deserializer)?;
        if index == 0 {
            return Err(D::Error::custom("an interface never has the index 0"));
        }
        Ok(Self::new(index, &name))
    }
}

impl Serialize for ScopedAddr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = AddressFields {
            ip: self.ip(),
            interface: self.interface().clone(),
        };
        fields.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ScopedAddr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let AddressFields { ip, interface } = AddressFields::deserialize(deserializer)?;
        Ok(Self::on(ip, interface))
    }
}

impl Serialize for Service {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = ServiceFields {
            instance: Cow::Borrowed(self.instance()),
            host: Cow::Borrowed(self.host()),
            port: self.port(),
            priority: self.priority(),
            weight: self.weight(),
            txt: Cow::Borrowed(self.txt()),
            addresses: self.addresses().collect(),
        };
        fields.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Service {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = ServiceFields::deserialize(deserializer)?;
        if fields.addresses.is_empty() {
            return Err(D::Error::custom("a service has at least one address"));
        }
        let interfaces = fields.addresses.iter().map(ScopedAddr::interface);
        let interfaces: BTreeMap<u32, &str> = interfaces
            .map(|interface| (interface.index(), interface.name()))
            .collect();
        let mut names = InterfaceNames::default();
        names.learn(interfaces.into_iter());
        let linked = |address: &ScopedAddr| LinkedAddress {
            ip: address.ip(),
            link: LinkId(address.interface().index()),
        };
        let mut service = ResolvedService::new(
            fields.instance.into_owned(),
            fields.host.into_owned(),
            fields.port,
            fields.txt.into_owned(),
            fields.addresses.iter().map(linked).collect(),
        );
        (service.priority, service.weight) = (fields.priority, fields.weight);
        Ok(Self::new(Arc::new(service), &names))
    }
}

/// Writes a value as its text for people.
pub(super) fn text<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// Writes a family as `IPv4` or `IPv6`.
pub(super) fn family<S: Serializer>(
    family: &Option<Family>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match family {
        Some(family) => serializer.collect_str(family),
        None => serializer.serialize_none(),
    }
}

/// Writes a duration in seconds.
pub(super) fn seconds<S: Serializer>(
    duration: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

#[cfg(test)]
mod tests;
