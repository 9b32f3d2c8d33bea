//! Records that are gone and were multicast lately: when they come back, they wait their second.
//!
//! In:  records that lost their last registration.
//! Out: when one was last multicast.
//! RFC 6762 section 6 (one second between multicasts).

use alloc::collections::VecDeque;

use cooee_wire::{Name, RData};

use super::record::OwnRecord;
use crate::limits::ENDED_RECORDS_MAX;
use crate::link::LinkId;
use crate::time::Instant;
use crate::timing::MULTICAST_GAP_MIN;

/// The last multicasts of records that are gone, in the order of their going.
#[derive(Default)]
pub(super) struct Ended(VecDeque<Last>);

struct Last {
    at: Instant,
    link: LinkId,
    name: Name,
    data: RData,
}

impl Ended {
    /// Remembers a record that has gone. Full: the one that went first is forgotten.
    pub(super) fn note(&mut self, name: &Name, record: &OwnRecord) {
        for on in &record.on_links {
            let Some(at) = on.multicast.max(on.before) else {
                continue;
            };
            if self.0.len() >= ENDED_RECORDS_MAX {
                self.0.pop_front();
            }
            self.0.push_back(Last {
                at,
                link: on.link,
                name: name.clone(),
                data: record.data.clone(),
            });
        }
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

    pub(super) fn drop_link(&mut self, link: LinkId) {
        self.0.retain(|last| last.link != link);
    }
}
