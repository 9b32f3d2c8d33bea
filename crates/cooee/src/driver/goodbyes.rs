//! Counting goodbyes as they are sent, for whoever withdraws something and wants to know.
//!
//! In:  the names that were withdrawn; datagrams that were sent.
//! Out: [`Goodbyes`] for each withdrawal. While nobody asks, nothing is read.
//! RFC 6762 section 10.1.

use std::collections::HashMap;

use cooee_proto::link::LinkId;
use cooee_wire::{Message, Name, RDataRef};

use crate::publication::{Goodbyes, GoodbyesOn};
use crate::service::InterfaceNames;

/// The withdrawals of this turn, and what was sent for each.
#[derive(Default)]
pub(super) struct Ledger {
    reports: Vec<Goodbyes>,
    by_name: HashMap<Name, Vec<usize>>,
    /// Counts every goodbye, whatever its name: everything is being withdrawn.
    total: Option<Goodbyes>,
}

impl Ledger {
    /// Counts the goodbyes of these names from now on; gives the number of their report.
    pub(super) fn expect(&mut self, names: Vec<Name>) -> usize {
        let place = self.reports.len();
        self.reports.push(Goodbyes::default());
        for name in names {
            self.by_name.entry(name).or_default().push(place);
        }
        place
    }

    /// Counts all goodbyes from now on.
    pub(super) fn expect_all(&mut self) {
        self.total = Some(Goodbyes::default());
    }

    /// Gives the reports in order, and stops counting.
    pub(super) fn close(&mut self) -> Vec<Goodbyes> {
        self.by_name.clear();
        std::mem::take(&mut self.reports)
    }

    /// Gives what was counted since everything is being withdrawn.
    pub(super) fn total(&mut self) -> Goodbyes {
        self.total.take().unwrap_or_default()
    }

    /// Notes a datagram that was sent.
    pub(super) fn sent(&mut self, link: LinkId, bytes: &[u8], names: &InterfaceNames) {
        if self.by_name.is_empty() && self.total.is_none() {
            return;
        }
        let Ok(message) = Message::parse(bytes) else {
            return;
        };
        if !message.header().flags.is_response() {
            return;
        }
        let mut all = 0_usize;
        let mut counts: HashMap<usize, usize> = HashMap::new();
        for record in message.answers().flatten() {
            if !record.ttl.is_goodbye() {
                continue;
            }
            all = all.saturating_add(1);
            let target = match record.data() {
                Ok(RDataRef::Ptr(target)) => target.to_name().ok(),
                _ => None,
            };
            let names = record.name.to_name().ok().into_iter().chain(target);
            let mut places = names.filter_map(|name| self.by_name.get(&name));
            for &place in places.next().into_iter().flatten() {
                let count: &mut usize = counts.entry(place).or_default();
                *count = count.saturating_add(1);
            }
        }
        for (place, records) in counts {
            if let Some(report) = self.reports.get_mut(place) {
                add(report, link, records, names);
            }
        }
        if let Some(total) = self.total.as_mut().filter(|_| all > 0) {
            add(total, link, all, names);
        }
    }
}

fn add(report: &mut Goodbyes, link: LinkId, records: usize, names: &InterfaceNames) {
    let known = report
        .interfaces
        .iter_mut()
        .find(|on| on.interface.index() == link.0);
    match known {
        Some(on) => {
            on.datagrams = on.datagrams.saturating_add(1);
            on.records = on.records.saturating_add(records);
        }
        None => report.interfaces.push(GoodbyesOn {
            interface: names.of(link),
            datagrams: 1,
            records,
        }),
    }
}
