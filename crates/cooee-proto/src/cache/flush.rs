//! Records that end before their TTL: goodbyes, replaced records, unconfirmed ones.
//!
//! In:  what the owner or the user of a record reports.
//! Out: records planned to end, with the grace period of the RFC. RFC 6762 sections 10.1, 10.2 and
//!      10.4.

use cooee_wire::RData;

use super::{Cache, Change, Entry, EntryId, Plan, SetId, short};
use crate::event::Removal;
use crate::link::LinkId;
use crate::names::{NameId, Names};
use crate::time::Instant;
use crate::timing::{FLUSH_GRACE, GOODBYE_GRACE};

impl Cache {
    pub(super) fn goodbye(&mut self, now: Instant, id: EntryId) {
        let ttl_max = self.ttl_max();
        self.amend(id, |entry| {
            entry.end_after(now, GOODBYE_GRACE, Removal::Goodbye, ttl_max)
        });
    }

    /// Ends the records that were received longest ago, if they are old enough. A record that was
    /// once found old is not checked again until it is received. So repeated flushing costs no more
    /// than what it removes.
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
    ///
    /// `except` is the record that flushes, if it is known.
    pub(super) fn flush(&mut self, now: Instant, set: SetId, except: Option<EntryId>) {
        let (source, ttl_max) = (self.source, self.ttl_max());
        let mut is_contested = false;
        while let Some(record_set) = self.sets.get_mut(set.0 as usize) {
            let Some(id) = record_set.oldest() else {
                break;
            };
            let is_old = |entry: &&Entry| now.saturating_since(entry.received) > FLUSH_GRACE;
            let Some(entry) = self.entries.get(id.0 as usize).filter(is_old) else {
                break;
            };
            record_set.flushed(entry.slot);
            self.amend(id, |entry| match entry.plan {
                Plan::Ending { .. } => {}
                Plan::Live { .. } | Plan::Reconfirming { .. } => {
                    let is_it = except == Some(id);
                    is_contested |= entry.unique && entry.source != source && !is_it;
                    entry.end_after(now, FLUSH_GRACE, Removal::Replaced, ttl_max);
                }
            });
        }
        if is_contested {
            self.tell_contest(set);
        }
    }

    /// Handles two hosts that send different data of a set: those who ask about it must hear from
    /// the owner.
    pub(super) fn tell_contest(&mut self, set: SetId) {
        if let Some(set) = self.sets.get(set.0 as usize).filter(|set| set.asked) {
            let (link, name, rtype) = (set.link, set.name, set.rtype);
            self.changes
                .push_back(Change::Contested { link, name, rtype });
        }
    }

    /// Records that a record was received: it is now the last of its set that a flush would end.
    pub(super) fn heard_now(&mut self, id: EntryId) {
        let Some(entry) = self.entries.get(id.0 as usize) else {
            return;
        };
        if let Some(set) = self.sets.get_mut(entry.set.0 as usize) {
            set.heard_again(entry.slot);
        }
    }

    /// Reconfirms a record that a user has found wrong: it is asked for, and ends if nobody
    /// confirms it.
    ///
    /// Returns whether there was such a record.
    pub(crate) fn reconfirm(
        &mut self,
        now: Instant,
        link: LinkId,
        name: NameId,
        data: &RData,
        names: &Names,
    ) -> bool {
        let Some(set) = self.find_set(link, name, data.rtype()) else {
            return false;
        };
        let hash = short(data.fold_hash(self.key));
        let found = self.find_in(set, hash, |entry| entry.data.to_rdata(names) == *data);
        let Some(id) = found else {
            return false;
        };
        self.amend(id, |entry| entry.doubt(now, Removal::Unconfirmed));
        true
    }
}
