//! Resolving a service for a client.
//!
//! In:  the service's name and type, the interface and family, the family of the address.
//! Out: [`Found`] each time that it is complete or has changed, or [`Resolution::Nothing`] once when
//!      nothing was found for five seconds. RFC 6763 section 5 (SRV) and 6 (TXT).

use std::future::poll_fn;
use std::net::IpAddr;

use cooee::{Family, Name, RData, RecordType};
use tokio::time::{Instant, sleep_until};

use super::change::{Change, HeardRecord};
use super::watch::{RecordWatch, Watches, poll_any};
use super::{REPLAY_QUIET, RESOLVE_LIMIT, after};
use crate::avahi::check::LookUpService;
use crate::avahi::flags::{LookupFlags, Scope};

/// What a resolver reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resolution<T> {
    /// It was found, or has changed.
    Found(T),
    /// It was not found in time. It is still looked for.
    Nothing,
}

/// A resolved service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) interface: u32,
    pub(crate) family: Family,
    pub(crate) host: Name,
    pub(crate) port: u16,
    /// `None` if no address was wanted.
    pub(crate) address: Option<IpAddr>,
    /// The TXT strings; none if they were not wanted.
    pub(crate) txt: Vec<Vec<u8>>,
}

/// A service that is being resolved. Dropping it ends its queries.
pub(crate) struct ServiceResolver {
    watches: Watches,
    /// What is not to be asked for.
    flags: LookupFlags,
    /// The family of the address that is wanted; either if `None`.
    family: Option<Family>,
    /// This host: its addresses of one family are no answer over the other, as from Avahi.
    own_host: Option<Name>,
    srv: RecordWatch,
    txt: Option<RecordWatch>,
    /// The host whose addresses are asked for, and the queries for them.
    host: Option<(HeardOn, Name, Vec<RecordWatch>)>,
    /// What is known, in the order in which it was heard.
    known: Vec<HeardRecord>,
    reported: Option<Found>,
    /// Until when what comes is from the cache.
    replayed: Option<Instant>,
    limit: Option<Instant>,
}

type HeardOn = (u32, Family);

impl ServiceResolver {
    /// Starts to ask. The name is that of the instance, or of the type if the client gave none.
    pub(crate) fn start(
        watches: &Watches,
        asked: &LookUpService,
        name: &Name,
        own_host: Option<Name>,
    ) -> Self {
        let watch = |rtype| RecordWatch::start(watches, asked.scope, name.clone(), rtype);
        let wants_txt = !asked.flags.has(LookupFlags::NO_TXT);
        Self {
            srv: watch(RecordType::SRV),
            txt: wants_txt.then(|| watch(RecordType::TXT)),
            watches: watches.clone(),
            flags: asked.flags,
            family: asked.family,
            own_host,
            host: None,
            known: Vec::new(),
            reported: None,
            replayed: after(REPLAY_QUIET),
            limit: after(RESOLVE_LIMIT),
        }
    }

    /// Returns whether what comes now is from the cache.
    pub(crate) fn is_replaying(&self) -> bool {
        self.replayed.is_some_and(|end| Instant::now() < end)
    }

    /// Waits for the next answer.
    pub(crate) async fn next(&mut self) -> Resolution<Found> {
        loop {
            let Some(change) = self.change().await else {
                self.limit = None;
                return Resolution::Nothing;
            };
            self.apply(change);
            self.follow_host();
            match self.found() {
                Some(found) if self.reported.as_ref() != Some(&found) => {
                    self.limit = None;
                    self.reported = Some(found.clone());
                    return Resolution::Found(found);
                }
                Some(_) => {}
                None if self.reported.take().is_some() => {
                    self.limit = after(RESOLVE_LIMIT);
                }
                None => {}
            }
        }
    }

    /// Waits for the next change; `None` if the time is over.
    async fn change(&mut self) -> Option<Change> {
        let limit = self.limit;
        let change = poll_fn(|context| {
            let addresses = self.host.iter_mut().flat_map(|(_, _, watches)| watches);
            let of_name = [&mut self.srv].into_iter().chain(&mut self.txt);
            poll_any(of_name.chain(addresses), context)
        });
        tokio::select! {
            biased;
            change = change => Some(change),
            () = until(limit) => None,
        }
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::Came(item) => self.known.push(item),
            Change::Went(item) => self.known.retain(|known| *known != item),
            Change::Denied(..) => {}
        }
    }

    /// Asks for the addresses of the host that the first SRV record names.
    fn follow_host(&mut self) {
        if self.flags.has(LookupFlags::NO_ADDRESS) {
            return;
        }
        let wanted = self
            .srvs()
            .next()
            .map(|(place, target, _)| (place, target.clone()));
        let followed = self.host.as_ref();
        let followed = followed.map(|(place, target, _)| (*place, target.clone()));
        if wanted == followed {
            return;
        }
        let is_address = |item: &HeardRecord| item.data.ip().is_some();
        self.known.retain(|item| !is_address(item));
        self.host = wanted.map(|(place, target)| {
            let scope = Scope {
                interface: Some(place.0),
                protocol: Some(place.1),
            };
            let watch = |rtype: &RecordType| {
                RecordWatch::start(&self.watches, scope, target.clone(), *rtype)
            };
            let watches = address_types(self.family).iter().map(watch).collect();
            (place, target, watches)
        });
    }

    /// Returns the SRV records, each with where it was heard, its target and its port.
    fn srvs(&self) -> impl Iterator<Item = (HeardOn, &Name, u16)> {
        self.known.iter().filter_map(|item| {
            let RData::Srv(srv) = &item.data else {
                return None;
            };
            Some(((item.interface, item.family), &srv.target, srv.port))
        })
    }

    /// Returns the service, if all that is wanted of it is known.
    fn found(&self) -> Option<Found> {
        let (place, host, port) = self.srvs().next()?;
        let at_place = || {
            let known = self.known.iter();
            known.filter(|item| (item.interface, item.family) == place)
        };
        let txt = at_place().find_map(|item| {
            let RData::Txt(txt) = &item.data else {
                return None;
            };
            Some(txt.strings().map(<[u8]>::to_vec).collect())
        });
        let is_ours = self.own_host.as_ref() == Some(host);
        let mut addresses = at_place().filter_map(|item| item.data.ip());
        let address = addresses.find(|ip| !is_ours || ip.is_ipv4() == (place.1 == Family::V4));
        let needs_address = !self.flags.has(LookupFlags::NO_ADDRESS);
        if needs_address && address.is_none() {
            return None;
        }
        Some(Found {
            interface: place.0,
            family: place.1,
            host: host.clone(),
            port,
            address,
            txt: match self.txt {
                Some(_) => txt?,
                None => Vec::new(),
            },
        })
    }
}

/// Returns the types of the address records of a family, or of both.
pub(crate) fn address_types(family: Option<Family>) -> &'static [RecordType] {
    match family {
        Some(Family::V4) => &[RecordType::A],
        Some(Family::V6) => &[RecordType::AAAA],
        None => &[RecordType::A, RecordType::AAAA],
    }
}

/// Waits until a moment; for ever if there is none.
pub(crate) async fn until(limit: Option<Instant>) {
    match limit {
        Some(limit) => sleep_until(limit).await,
        None => std::future::pending().await,
    }
}
