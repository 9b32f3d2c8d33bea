//! What is left out on a link because a co-resident responder leaves it out, and until when.
//!
//! In:  records that are left out, and that no longer are.
//! Out: the record that has been left out longest. RFC 6762 section 15.

use alloc::collections::BTreeSet;

use super::record::RecordId;
use crate::collections::IdMap;
use crate::link::LinkId;
use crate::time::Instant;

/// The records that are left out. They are few.
#[derive(Default)]
pub(super) struct Yielded {
    until: IdMap<(LinkId, RecordId), Instant>,
    order: BTreeSet<(Instant, LinkId, RecordId)>,
}

impl Yielded {
    /// Adds a record that is not left out yet.
    pub(super) fn add(&mut self, until: Instant, (link, id): (LinkId, RecordId)) {
        self.until.insert((link, id), until);
        self.order.insert((until, link, id));
    }

    /// Removes a record.
    pub(super) fn remove(&mut self, on @ (link, id): (LinkId, RecordId)) {
        if let Some(until) = self.until.remove(&on) {
            self.order.remove(&(until, link, id));
        }
    }

    /// Removes what is left out on a link.
    pub(super) fn drop_link(&mut self, link: LinkId) {
        self.until.retain(|(other, _), _| *other != link);
        self.order.retain(|&(_, other, _)| other != link);
    }

    /// Returns the record that has been left out longest, and until when it is.
    pub(super) fn first(&self) -> Option<(Instant, (LinkId, RecordId))> {
        let &(until, link, id) = self.order.first()?;
        Some((until, (link, id)))
    }
}
