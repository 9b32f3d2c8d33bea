//! Converts the library's values into reports.
//!
//! In:  events of the library.
//! Out: reports with plain strings.

use std::net::IpAddr;

use cooee::{
    Answer, Decision, Family, Host, InstanceEvent, Name, OpenError, RData, RecordEvent, Removal,
    ServiceDiff, ServiceEvent, Srv, Txt, TypeEvent,
};

use crate::escape;
use crate::output::{
    self, Action, Deaf, Instance, Interface, Named, Record, Report, hex, txt_strings,
};

/// Converts a service event; `service_type` is the type as the user wrote it, if there was one.
pub(crate) fn service_event(event: ServiceEvent, service_type: Option<&str>) -> Option<Report> {
    Some(match event {
        ServiceEvent::Added(service) => Report::Resolved(convert(&service, service_type)),
        ServiceEvent::Updated { service, diff } => Report::Updated {
            service: convert(&service, service_type),
            changed: changed(diff),
        },
        ServiceEvent::Removed { last, why } => Report::Removed {
            service: convert(&last, service_type),
            why: reason(why),
        },
        ServiceEvent::Unavailable(name) => Report::Unavailable(Instance::new(&name, service_type)),
        ServiceEvent::Lagged { missed } => Report::Lagged { missed },
        _ => return None,
    })
}

/// Converts an instance event, with the type as for [`service_event`].
pub(crate) fn instance_event(event: InstanceEvent, service_type: Option<&str>) -> Option<Report> {
    Some(match event {
        InstanceEvent::Found(name) => Report::Found(Instance::new(&name, service_type)),
        InstanceEvent::Lost {
            instance: name,
            why,
        } => Report::Lost {
            instance: Instance::new(&name, service_type),
            why: reason(why),
        },
        InstanceEvent::Lagged { missed } => Report::Lagged { missed },
        _ => return None,
    })
}

/// Converts a type event.
pub(crate) fn type_event(event: TypeEvent) -> Option<Report> {
    Some(match event {
        TypeEvent::Found(found) => Report::Type {
            action: Action::Add,
            service_type: found.to_string(),
        },
        TypeEvent::Lost(lost) => Report::Type {
            action: Action::Remove,
            service_type: lost.to_string(),
        },
        TypeEvent::Lagged { missed } => Report::Lagged { missed },
        _ => return None,
    })
}

/// Converts a record event of a query for `name`.
pub(crate) fn record_event(event: RecordEvent, name: &Name) -> Option<Report> {
    Some(match event {
        RecordEvent::Added {
            record: answer,
            interface,
        } => Report::Record(record(Action::Add, &answer, interface.name())),
        RecordEvent::Removed {
            record: answer,
            interface,
            ..
        } => Report::Record(record(Action::Remove, &answer, interface.name())),
        RecordEvent::Denied { rtype, .. } => Report::Denied {
            name: Named::new(name),
            rtype: rtype.to_string(),
        },
        RecordEvent::Lagged { missed } => Report::Lagged { missed },
        _ => return None,
    })
}

/// Converts a resolved service.
pub(crate) fn resolved(service: &cooee::Service) -> Report {
    Report::Resolved(convert(service, None))
}

/// Converts a service of a domain of unicast DNS, which is not on an interface.
pub(crate) fn unicast_service(
    instance: &Instance,
    srv: &Srv,
    txt: &Txt,
    addresses: &[IpAddr],
) -> output::Service {
    let addresses = distinct(addresses.iter());
    described(instance.clone(), &srv.target, srv.port, txt, addresses)
}

/// Converts a host with all its addresses.
pub(crate) fn host(host: &Host) -> Report {
    Report::Host {
        name: Named::new(&host.name),
        addresses: distinct(host.addresses.iter().cloned()),
    }
}

/// Converts an address with all its names.
pub(crate) fn reverse(address: String, names: &[Name]) -> Report {
    let names: Vec<Named> = names.iter().map(Named::new).collect();
    let exact = || names.iter().map(|name| name.text().to_owned()).collect();
    Report::Reverse {
        address,
        names_exact: names
            .iter()
            .any(|name| name.name_exact.is_some())
            .then(exact),
        names: names.into_iter().map(|name| name.name).collect(),
    }
}

/// Converts an interface and the decision about it.
pub(crate) fn interface(decision: &Decision, failures: &[OpenError]) -> Interface {
    let interface = &decision.interface;
    let failures = failures.iter();
    let deaf = failures.filter(|failure| failure.index == interface.index);
    let addresses = interface.addresses.iter();
    Interface {
        name: interface.name.clone(),
        index: interface.index,
        selected: decision.selected,
        reason: decision.reason.to_string(),
        addresses: addresses
            .map(|own| format!("{}/{}", own.ip, own.prefix_len))
            .collect(),
        deaf: deaf.map(deaf_family).collect(),
    }
}

fn deaf_family(failure: &OpenError) -> Deaf {
    let family = match failure.group {
        IpAddr::V4(_) => Family::V4,
        IpAddr::V6(_) => Family::V6,
    };
    Deaf {
        family: family.to_string(),
        reason: failure.to_string(),
    }
}

fn convert(service: &cooee::Service, service_type: Option<&str>) -> output::Service {
    let mut interfaces: Vec<String> = Vec::new();
    for address in service.addresses() {
        if !interfaces
            .iter()
            .any(|name| name == address.interface().name())
        {
            interfaces.push(address.interface().name().to_owned());
        }
    }
    let on = service.addresses();
    let on = on.map(|address| (address.interface().name().to_owned(), address.to_string()));
    let instance = Instance::new(service.instance(), service_type);
    let addresses = distinct(service.addresses());
    output::Service {
        interfaces,
        on: on.collect(),
        ..described(
            instance,
            service.host(),
            service.port(),
            service.txt(),
            addresses,
        )
    }
}

/// Makes a service of its parts, on no interface.
fn described(
    instance: Instance,
    host: &Name,
    port: u16,
    txt: &Txt,
    addresses: Vec<String>,
) -> output::Service {
    let host = Named::new(host);
    let (strings, txt_hex) = txt_strings(txt);
    output::Service {
        instance,
        host: host.name,
        host_exact: host.name_exact,
        port,
        txt: strings,
        txt_shown: txt.strings().map(escape::exact).collect(),
        txt_hex,
        addresses,
        interfaces: Vec::new(),
        on: Vec::new(),
        txt_raw: txt.exact_strings().map(hex).collect(),
    }
}

/// Returns addresses as text; one that several links know appears once.
fn distinct(addresses: impl Iterator<Item = impl ToString>) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for address in addresses {
        let text = address.to_string();
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

fn changed(diff: ServiceDiff) -> Vec<&'static str> {
    let parts = [
        ("endpoint", diff.endpoint),
        ("txt", diff.txt),
        ("addresses", diff.addresses),
    ];
    parts
        .into_iter()
        .filter(|(_, differs)| *differs)
        .map(|(part, _)| part)
        .collect()
}

fn reason(why: Removal) -> &'static str {
    match why {
        Removal::Goodbye => "goodbye",
        Removal::Expired => "expired",
        Removal::Replaced => "replaced",
        Removal::InterfaceGone => "interface gone",
        Removal::Unconfirmed => "not confirmed",
        Removal::Unanswered => "unanswered",
        Removal::Evicted => "evicted",
        Removal::Unavailable => "not available",
        _ => "gone",
    }
}

fn record(action: Action, answer: &Answer, interface: &str) -> Record {
    Record {
        action,
        name: Named::new(&answer.name),
        rtype: answer.data.rtype().to_string(),
        ttl: answer.ttl.as_secs(),
        rdata: hex(&uncompressed(&answer.data)),
        text: format!("{:#}", answer.data),
        text_shown: answer.data.to_string(),
        interface: interface.to_owned(),
    }
}

fn uncompressed(data: &RData) -> Vec<u8> {
    let mut bytes = Vec::new();
    data.write_uncompressed(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests;
