//! Records that end before their TTL does: goodbyes, replaced records, doubted ones.
//!
//! In:  what the owner or the user of a record says.
//! Out: records planned to end, with the grace the RFC gives them.
//! RFC 6762 sections 10.1, 10.2 and 10.4.

use alloc::vec::Vec;

use cooee_wire::RData;

use super::{Cache, EntryId, Plan, SetId};
use crate::event::Removal;
use crate::link::LinkId;
use crate::names::NameId;
use crate::time::Instant;
use crate::timing::{FLUSH_GRACE, GOODBYE_GRACE};

impl Cache {
    pub(super) fn goodbye(&mut self, now: Instant, id: EntryId) {
        self.amend(id, |entry| {
            entry.end_after(now, GOODBYE_GRACE, Removal::Goodbye)
        });
    }

    //= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
    //# all old records with that name, rrtype,
    //# and rrclass that were received more than one second ago are declared
    //# invalid, and marked to expire from the cache in one second.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
    //# Instead of merging this new record additively
    //# into the cache in addition to any previous records with the same
    //# name, rrtype, and rrclass, all old records with that name, rrtype,
    //# and rrclass that were received more than one second ago are declared
    //# invalid, and marked to expire from the cache in one second.
    pub(super) fn flush(&mut self, now: Instant, set: SetId) {
        let Some(set) = self.sets.get(set.0 as usize) else {
            return;
        };
        let is_old = |id: &EntryId| {
            self.entries.get(id.0 as usize).is_some_and(|entry| {
                !matches!(entry.plan, Plan::Ending(_))
                    && now.saturating_since(entry.received) > FLUSH_GRACE
            })
        };
        let old: Vec<EntryId> = set.entries.iter().copied().filter(is_old).collect();
        for id in old {
            self.amend(id, |entry| {
                entry.end_after(now, FLUSH_GRACE, Removal::Replaced)
            });
        }
    }

    /// A user has found a record wrong: it is asked for, and ends if nobody confirms it.
    ///
    /// Returns whether there was such a record.
    pub(crate) fn reconfirm(
        &mut self,
        now: Instant,
        link: LinkId,
        name: NameId,
        data: &RData,
    ) -> bool {
        let Some(set) = self.find_set(link, name, data.rtype()) else {
            return false;
        };
        let hash = data.fold_hash(self.key);
        let same = |id: &&EntryId| {
            let entry = self.entries.get(id.0 as usize);
            entry.is_some_and(|entry| entry.hash == hash && entry.data == *data)
        };
        let set = self.sets.get(set.0 as usize);
        let Some(id) = set.and_then(|set| set.entries.iter().find(same).copied()) else {
            return false;
        };
        self.amend(id, |entry| entry.doubt(now));
        true
    }
}
