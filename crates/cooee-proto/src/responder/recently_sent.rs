//! Records that are gone and were multicast recently: if they return, they wait for the rest of
//! their second.
//!
//! In:  records that lost their last registration or their link.
//! Out: when one was last multicast. RFC 6762 section 6 (one second between multicasts).

use alloc::collections::VecDeque;

use cooee_wire::{Name, RData};

use super::record::OnLink;
use crate::link::LinkId;
use crate::time::Instant;
use crate::timing::MULTICAST_GAP_MIN;

/// The last multicasts of records that are gone, in the order in which they went.
///
/// Goodbyes do not count, because they say something else: a record that returns waits until a
/// second after its last announcement or answer. That is never longer than caches keep it after its
/// goodbye.
//= https://www.rfc-editor.org/rfc/rfc6762#section-10.1
//# Queriers receiving a Multicast DNS response with a TTL of zero SHOULD
//# NOT immediately delete the record from the cache, but instead record
//# a TTL of 1 and then delete the record one second later.
pub(super) struct RecentlySent {
    last: VecDeque<Last>,
    max: usize,
    /// How many were dropped too early to make room for others.
    pub(super) forgotten: u64,
}

struct Last {
    at: Instant,
    link: LinkId,
    name: Name,
    data: RData,
}

impl RecentlySent {
    pub(super) fn new(max: usize) -> Self {
        Self {
            last: VecDeque::new(),
            max: max.max(1),
            forgotten: 0,
        }
    }

    /// Stores a record that is gone from a link. Full: the one that went first is forgotten.
    pub(super) fn note(&mut self, name: &Name, data: &RData, on: &OnLink) {
        let Some(at) = on.last else {
            return;
        };
        if self.last.len() >= self.max {
            self.last.pop_front();
            self.forgotten = self.forgotten.saturating_add(1);
        }
        self.last.push_back(Last {
            at,
            link: on.link,
            name: name.clone(),
            data: data.clone(),
        });
    }

    /// Returns when a record was last multicast on a link before it went, if that was recent.
    pub(super) fn last(
        &mut self,
        now: Instant,
        name: &Name,
        data: &RData,
        link: LinkId,
    ) -> Option<Instant> {
        let is_free = |last: &Last| last.at + MULTICAST_GAP_MIN <= now;
        while self.last.front().is_some_and(is_free) {
            self.last.pop_front();
        }
        let same = |last: &&Last| last.link == link && last.data == *data && last.name == *name;
        self.last.iter().filter(same).map(|last| last.at).max()
    }
}
