//! What the records of a domain say about a service.
//!
//! In:  SRV, TXT and address records.
//! Out: [`ZoneService`], and how one differs from another. RFC 6763 sections 5 and 6, RFC 2782.

use std::net::IpAddr;

use cooee::{RData, Srv, Txt};

use crate::convert::unicast_service;
use crate::output::{Instance, Service};

/// A service with everything that is needed to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ZoneService {
    pub(super) srv: Srv,
    pub(super) txt: Txt,
    /// Each once, IPv6 before IPv4, as on a link.
    pub(super) addresses: Vec<IpAddr>,
}

impl ZoneService {
    /// Returns it as it is reported.
    pub(super) fn report(&self, instance: &Instance) -> Service {
        unicast_service(instance, &self.srv, &self.txt, &self.addresses)
    }

    /// Returns what is different now, in the words of reports.
    pub(super) fn changes(&self, before: &Self) -> Vec<&'static str> {
        let parts = [
            ("endpoint", self.srv != before.srv),
            ("txt", self.txt != before.txt),
            ("addresses", self.addresses != before.addresses),
        ];
        let changed = parts.into_iter().filter(|(_, differs)| *differs);
        changed.map(|(part, _)| part).collect()
    }
}

/// Returns the SRV record to use: the lowest priority, then the highest weight. A list that is shown
/// does not draw lots.
pub(super) fn first_choice(records: &[RData]) -> Option<Srv> {
    let srvs = records.iter().filter_map(|data| {
        let RData::Srv(srv) = data else {
            return None;
        };
        Some(srv)
    });
    srvs.min_by_key(|srv| (srv.priority, u16::MAX.saturating_sub(srv.weight)))
        .cloned()
}

/// Returns the TXT record; an empty one if there is none.
pub(super) fn attributes(records: &[RData]) -> Txt {
    let txt = records.iter().find_map(|data| {
        let RData::Txt(txt) = data else {
            return None;
        };
        Some(Txt::from_data(txt.clone()))
    });
    txt.unwrap_or_else(Txt::empty)
}

/// Returns the addresses that can be used from afar: a link-local IPv6 address does not say on which
/// link.
pub(super) fn addresses<'r>(records: impl Iterator<Item = &'r RData>) -> Vec<IpAddr> {
    let usable = records.filter_map(RData::ip).filter(|ip| match ip {
        IpAddr::V4(_) => true,
        IpAddr::V6(ip) => !ip.is_unicast_link_local(),
    });
    let mut addresses: Vec<IpAddr> = usable.take(ADDRESSES_MAX).collect();
    addresses.sort_by_key(|ip| (ip.is_ipv4(), *ip));
    addresses.dedup();
    addresses
}

/// How many addresses of a host are used.
const ADDRESSES_MAX: usize = 64;
