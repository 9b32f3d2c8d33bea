//! What is shown of services and hosts when only one address family is wanted.
//!
//! In:  events of the library, with the addresses of both families; `-4`, `-6`.
//! Out: reports with the addresses of the wanted family, as if there were no others: a service
//!      without one is not resolved.

use std::collections::HashMap;
use std::net::IpAddr;

use cooee::{Family, InstanceName, Mdns, ServiceEvent};

use crate::args::Options;
use crate::convert;
use crate::output::Report;
use crate::target::texts;

/// The wanted families; both, unless one is excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Families {
    v4: bool,
    v6: bool,
}

impl Families {
    /// Returns those that the command line leaves.
    pub(crate) fn of(options: &Options) -> Self {
        Self {
            v4: !options.ipv6,
            v6: !options.ipv4,
        }
    }

    /// Returns whether both are wanted.
    pub(crate) fn are_both(self) -> bool {
        self.v4 && self.v6
    }

    /// Returns the wanted ones in the interfaces' type.
    pub(crate) fn wanted(self) -> impl Iterator<Item = Family> {
        [self.v4.then_some(Family::V4), self.v6.then_some(Family::V6)]
            .into_iter()
            .flatten()
    }

    /// Returns the wanted one, if it is only one.
    pub(crate) fn only(self) -> Option<Family> {
        self.wanted().next().filter(|_| !self.are_both())
    }

    /// Asks only for the wanted ones.
    pub(crate) fn narrow(self, lookup: cooee::LookupHost) -> cooee::LookupHost {
        match (self.v4, self.v6) {
            (true, false) => lookup.ipv4_only(),
            (false, true) => lookup.ipv6_only(),
            (true, true) | (false, false) => lookup,
        }
    }

    /// The addresses that are announced of a host: those given, or this machine's own.
    pub(crate) fn announced(self, given: &[IpAddr], mdns: &Mdns) -> Vec<String> {
        if !given.is_empty() {
            return texts(given);
        }
        let mut own = Vec::new();
        let decisions = mdns.interfaces();
        for decision in decisions.iter().filter(|decision| decision.selected) {
            let interface = &decision.interface;
            let usable = interface.addresses.iter().filter(|address| address.usable);
            own.extend(usable.map(|address| own_address(address.ip, &interface.name)));
        }
        self.keep(&mut own);
        own
    }

    /// Keeps the wanted addresses, in text form, with or without an interface.
    pub(crate) fn keep(self, addresses: &mut Vec<String>) {
        addresses.retain(|address| {
            if address.contains(':') {
                self.v6
            } else {
                self.v4
            }
        });
    }
}

/// The address of an interface as it is announced: with the interface if it is link-local.
fn own_address(ip: IpAddr, interface: &str) -> String {
    match ip {
        IpAddr::V6(v6) if v6.is_unicast_link_local() => format!("{ip}%{interface}"),
        IpAddr::V4(_) | IpAddr::V6(_) => ip.to_string(),
    }
}

/// The services of one stream as they are shown.
pub(crate) struct Shown {
    families: Families,
    /// The addresses shown of each; used only with one family.
    shown: HashMap<InstanceName, Vec<String>>,
}

impl Shown {
    /// Creates an empty list.
    pub(crate) fn new(families: Families) -> Self {
        Self {
            families,
            shown: HashMap::new(),
        }
    }

    /// Returns a service event as it is shown; `service_type` as for [`convert::service_event`].
    pub(crate) fn event(
        &mut self,
        event: ServiceEvent,
        service_type: Option<&str>,
    ) -> Option<Report> {
        let name = match &event {
            ServiceEvent::Added(service) | ServiceEvent::Updated { service, .. } => {
                Some(service.instance())
            }
            ServiceEvent::Removed { last, .. } => Some(last.instance()),
            ServiceEvent::Unavailable(name) => Some(name),
            ServiceEvent::Lagged { .. } | _ => None,
        };
        let name = name.cloned();
        let report = convert::service_event(event, service_type)?;
        match name {
            Some(name) if !self.families.are_both() => self.narrow(name, report),
            Some(_) => Some(report),
            None => {
                self.shown.clear();
                Some(report)
            }
        }
    }

    fn narrow(&mut self, name: InstanceName, report: Report) -> Option<Report> {
        let (mut service, changed) = match report {
            Report::Resolved(service) => (service, Vec::new()),
            Report::Updated { service, changed } => (service, changed),
            Report::Removed { mut service, why } => {
                self.shown.remove(&name)?;
                self.families.keep(&mut service.addresses);
                return Some(Report::Removed { service, why });
            }
            Report::Found(_)
            | Report::Unavailable(_)
            | Report::Lost { .. }
            | Report::Type { .. }
            | Report::Host { .. }
            | Report::Reverse { .. }
            | Report::Record(_)
            | Report::Denied { .. }
            | Report::Lagged { .. } => return Some(report),
        };
        self.families.keep(&mut service.addresses);
        if service.addresses.is_empty() {
            service.addresses = self.shown.remove(&name)?;
            let why = "no address";
            return Some(Report::Removed { service, why });
        }
        let before = self.shown.insert(name, service.addresses.clone());
        let Some(before) = before else {
            return Some(Report::Resolved(service));
        };
        let is_same = before == service.addresses;
        let mut changed = changed;
        changed.retain(|part| *part != "addresses" || !is_same);
        (!changed.is_empty()).then_some(Report::Updated { service, changed })
    }
}

#[cfg(test)]
mod tests {
    use super::{Families, Shown};
    use crate::output::tests::service;
    use crate::output::{Report, Service};

    fn with(addresses: &[&str]) -> Service {
        let mut service = service();
        service.addresses = addresses.iter().map(|text| (*text).to_owned()).collect();
        service
    }

    #[test]
    fn a_service_is_there_for_as_long_as_it_has_an_address_of_the_family() {
        let mut shown = Shown::new(Families {
            v4: false,
            v6: true,
        });
        let web = cooee::InstanceName::new("Web", &"_http._tcp".parse().unwrap()).unwrap();
        let mut tell = |report| shown.narrow(web.clone(), report);
        let updated = |addresses: &[&str], changed: &[&'static str]| Report::Updated {
            service: with(addresses),
            changed: changed.to_vec(),
        };
        let gone = |addresses: &[&str], why| Report::Removed {
            service: with(addresses),
            why,
        };
        assert_eq!(tell(Report::Resolved(with(&["10.0.0.1"]))), None);
        assert_eq!(
            tell(updated(&["10.0.0.1", "fe80::1%eth0"], &["addresses"])),
            Some(Report::Resolved(with(&["fe80::1%eth0"])))
        );
        assert_eq!(tell(updated(&["fe80::1%eth0"], &["addresses"])), None);
        assert_eq!(
            tell(updated(
                &["10.0.0.2", "fe80::1%eth0"],
                &["addresses", "txt"]
            )),
            Some(updated(&["fe80::1%eth0"], &["txt"]))
        );
        assert_eq!(
            tell(updated(&["10.0.0.2"], &["addresses"])),
            Some(gone(&["fe80::1%eth0"], "no address"))
        );
        assert_eq!(tell(gone(&["10.0.0.2"], "goodbye")), None);
        tell(Report::Resolved(with(&["fe80::1%eth0"])));
        assert_eq!(
            tell(gone(&["10.0.0.2", "fe80::1%eth0"], "goodbye")),
            Some(gone(&["fe80::1%eth0"], "goodbye"))
        );
    }
}
