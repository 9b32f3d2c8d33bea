//! Records that are gone and were multicast lately: when they come back, they wait their second.
//!
//! In:  records that lost their last registration or their link.
//! Out: when one was last multicast.
//! RFC 6762 section 6 (one second between multicasts).

use alloc::collections::VecDeque;

use cooee_wire::{Name, RData};

use super::record::OnLink;
use crate::limits::ENDED_RECORDS_MAX;
use crate::link::LinkId;
use crate::time::Instant;
use crate::timing::MULTICAST_GAP_MIN;

/// The last multicasts of records that are gone, in the order of their going.
///
/// Goodbyes are not among them, they say another thing: a record that returns waits until a second
/// after it was last said to be there, which is never longer than caches keep it after its goodbye.
//= https://www.rfc-editor.org/rfc/rfc6762#section-10.1
//# Queriers receiving a Multicast DNS response with a TTL of zero SHOULD
//# NOT immediately delete the record from the cache, but instead record
//# a TTL of 1 and then delete the record one second later.
#[derive(Default)]
pub(super) struct Ended(VecDeque<Last>);

struct Last {
    at: Instant,
    link: LinkId,
    name: Name,
    data: RData,
}

impl Ended {
    /// Remembers a record that has gone from a link. Full: the one that went first is forgotten.
    pub(super) fn note(&mut self, name: &Name, data: &RData, on: &OnLink) {
        let Some(at) = on.last_multicast() else {
            return;
        };
        if self.0.len() >= ENDED_RECORDS_MAX {
            self.0.pop_front();
        }
        self.0.push_back(Last {
            at,
            link: on.link,
            name: name.clone(),
            data: data.clone(),
        });
    }

    /// When a record was last multicast on a link before it went, if that is not long ago.
    pub(super) fn last(
        &mut self,
        now: Instant,
        name: &Name,
        data: &RData,
        link: LinkId,
    ) -> Option<Instant> {
        let is_free = |last: &Last| last.at + MULTICAST_GAP_MIN <= now;
        while self.0.front().is_some_and(is_free) {
            self.0.pop_front();
        }
        let same = |last: &&Last| last.link == link && last.data == *data && last.name == *name;
        self.0.iter().filter(same).map(|last| last.at).max()
    }
}
