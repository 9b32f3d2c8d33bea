//! Resolving a host's name, or an address, for a client.
//!
//! In:  a name and the family of its address; or an address.
//! Out: the first address, or the first name, each time that it changes; or [`Resolution::Nothing`] once
//!      when nothing was found for five seconds, or sooner for whoever is in a hurry.

use std::future::poll_fn;
use std::time::Duration;

use cooee::{Family, Name, RData, RecordType};
use tokio::time::Instant;

use super::change::{Change, HeardRecord};
use super::hearing::{Hearing, Next};
use super::service::{Resolution, address_types, until};
use super::watch::{RecordWatch, Watches, poll_any};
use super::{REPLAY_QUIET, RESOLVE_LIMIT, after};
use crate::avahi::check::{LookUpAddress, LookUpHost};

/// Follows the first record that answers some queries. Dropping it ends them.
pub(crate) struct FirstResolver {
    watches: Vec<RecordWatch>,
    /// What is known, in the order in which it was heard.
    known: Vec<HeardRecord>,
    reported: Option<HeardRecord>,
    /// This host: its IPv4 addresses are no answer over IPv6, as from Avahi.
    own_host: Option<Name>,
    /// Until when what comes is from the cache.
    replayed: Option<Instant>,
    limit: Option<Instant>,
    /// What may still be denied before nothing can come.
    hearing: Option<Hearing>,
}

impl FirstResolver {
    /// Looks for an address of a host.
    pub(crate) fn of_host(watches: &Watches, asked: &LookUpHost, own_host: Option<Name>) -> Self {
        let types = address_types(asked.family).iter();
        let watch = |rtype: &RecordType| {
            RecordWatch::start(watches, asked.scope, asked.name.clone(), *rtype)
        };
        Self::of(types.map(watch).collect(), own_host)
    }

    /// Looks for a name of an address.
    pub(crate) fn of_address(
        watches: &Watches,
        asked: &LookUpAddress,
        name: Name,
        own_host: Option<Name>,
    ) -> Self {
        Self::of(
            vec![RecordWatch::start(
                watches,
                asked.scope,
                name,
                RecordType::PTR,
            )],
            own_host,
        )
    }

    fn of(watches: Vec<RecordWatch>, own_host: Option<Name>) -> Self {
        Self {
            watches,
            known: Vec::new(),
            reported: None,
            own_host,
            replayed: after(REPLAY_QUIET),
            limit: after(RESOLVE_LIMIT),
            hearing: None,
        }
    }

    /// Gives up after another time, or as soon as all of these types are denied on all of these
    /// links.
    pub(crate) fn hurried(self, links: &[u32], types: &[RecordType], limit: Duration) -> Self {
        Self {
            limit: after(limit.min(RESOLVE_LIMIT)),
            hearing: Some(Hearing::new(links, types)),
            ..self
        }
    }

    /// Returns whether what comes now is from the cache.
    pub(crate) fn is_replaying(&self) -> bool {
        self.replayed.is_some_and(|end| Instant::now() < end)
    }

    /// Waits for the next answer.
    pub(crate) async fn next(&mut self) -> Resolution<HeardRecord> {
        loop {
            let limit = self.limit;
            let change = poll_fn(|context| poll_any(self.watches.iter_mut(), context));
            let change = tokio::select! {
                biased;
                change = change => change,
                () = until(limit) => {
                    self.limit = None;
                    return Resolution::Nothing;
                }
            };
            match change {
                Change::Came(item) if self.is_mute(&item) => continue,
                Change::Came(item) => self.known.push(item),
                Change::Went(item) => self.known.retain(|known| *known != item),
                Change::Denied(link, rtype) => {
                    let hearing = self.hearing.as_mut();
                    let next = hearing.map(|hearing| hearing.on_denied(link, rtype));
                    if next != Some(Next::GiveUp) {
                        continue;
                    }
                    self.limit = None;
                    return Resolution::Nothing;
                }
            }
            let first = self.known.first();
            if first == self.reported.as_ref() {
                continue;
            }
            self.reported = first.cloned();
            match &self.reported {
                Some(item) => {
                    self.limit = None;
                    return Resolution::Found(item.clone());
                }
                None => self.limit = after(RESOLVE_LIMIT),
            }
        }
    }

    /// Returns whether Avahi would not say this over this family: the IPv4 addresses of this host, and
    /// its name for them.
    fn is_mute(&self, item: &HeardRecord) -> bool {
        let is_ours = |name: &Name| self.own_host.as_ref() == Some(name);
        let is_v4 = if let RData::Ptr(host) = &item.data {
            is_ours(host) && item.name.labels().any(|label| label == b"in-addr")
        } else {
            is_ours(&item.name) && item.data.ip().is_some_and(|ip| ip.is_ipv4())
        };
        item.family == Family::V6 && is_v4
    }
}
