//! Passive observation of failures: others ask and nobody answers.
//!
//! In:  questions and known answers received from other hosts.
//! Out: reconfirmation of records that were due as an answer twice and did not come. RFC 6762
//!      section 10.5.

use alloc::vec::Vec;

use cooee_wire::{RecordRef, RecordType};

use super::{Cache, EntryId, SetId, short};
use crate::collections::SmallList;
use crate::event::Removal;
use crate::link::LinkId;
use crate::names::{NameId, Names};
use crate::time::Instant;
use crate::timing::{
    DUPLICATE_QUESTION_WINDOW, UNANSWERED_MEMORY, UNANSWERED_QUERIES_MIN, UNANSWERED_TIMEOUT,
};

/// Questions about a set of records that nobody has answered yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Suspicion {
    /// When the first of them was received.
    since: Instant,
    /// When the last of them was received.
    latest: Instant,
    heard: u8,
    /// When they are evaluated.
    pub(super) judged_at: Instant,
}

impl Cache {
    /// Records that another host has asked, by multicast, for the records of a name.
    pub(crate) fn overhear_question(
        &mut self,
        now: Instant,
        link: LinkId,
        name: NameId,
        rtype: RecordType,
    ) {
        let of_name: SmallList<SetId, 4> = self.by_name.get(name).into();
        for id in of_name {
            let Some(set) = self.sets.get_mut(id.0 as usize) else {
                continue;
            };
            if set.link != link || (set.rtype != rtype && rtype != RecordType::ANY) {
                continue;
            }
            let before = set.more().and_then(|more| more.suspicion);
            let suspicion = count_question(now, before);
            set.expand().suspicion = Some(suspicion);
            if let Some(before) = before {
                self.suspicions.remove((before.judged_at, id));
            }
            self.suspicions.insert((suspicion.judged_at, id));
        }
    }

    /// Records that another host has listed a record as known: no answer is owed for it.
    pub(crate) fn overhear_known_answer(
        &mut self,
        now: Instant,
        link: LinkId,
        name: NameId,
        record: &RecordRef<'_>,
        names: &Names,
    ) {
        let Some(set) = self.find_set(link, name, record.rtype) else {
            return;
        };
        let Ok(data) = record.data() else { return };
        let Ok(hash) = data.fold_hash(self.key).map(short) else {
            return;
        };
        if let Some(id) = self.find_entry(set, &data, hash, names) {
            if let Some(entry) = self.entries.get_mut(id.0 as usize) {
                entry.vouch(now);
            }
        }
    }

    /// Returns whether we would list this record as a known answer ourselves.
    pub(crate) fn would_list(
        &self,
        now: Instant,
        link: LinkId,
        name: NameId,
        record: &RecordRef<'_>,
        names: &Names,
    ) -> bool {
        let Some(set) = self.find_set(link, name, record.rtype) else {
            return false;
        };
        let Ok(data) = record.data() else {
            return false;
        };
        let Ok(hash) = data.fold_hash(self.key).map(short) else {
            return false;
        };
        self.find_entry(set, &data, hash, names)
            .and_then(|id| self.entries.get(id.0 as usize))
            .is_some_and(|entry| entry.is_known_answer(now, self.ttl_max()))
    }

    /// Reconfirms the records that were due as an answer and did not come.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-10.5
    //# After seeing two or more of these queries, and seeing no multicast
    //# response containing the expected answer within ten seconds, then even
    //# though its TTL may indicate that it is not yet due to expire, that
    //# record SHOULD be flushed from the cache.
    pub(super) fn judge_suspicions(&mut self, now: Instant) {
        while let Some((at, id)) = self.suspicions.first() {
            if at > now {
                return;
            }
            self.suspicions.pop_first();
            self.judge(now, id);
        }
    }

    fn judge(&mut self, now: Instant, id: SetId) {
        let Some(set) = self.sets.get_mut(id.0 as usize) else {
            return;
        };
        let Some(suspicion) = set.take_suspicion(&mut self.entries) else {
            return;
        };
        if suspicion.heard < UNANSWERED_QUERIES_MIN {
            return;
        }
        let is_unanswered = |id: &EntryId| {
            let entry = self.entries.get(id.0 as usize);
            entry.is_some_and(|entry| entry.was_due(suspicion.since))
        };
        let unanswered: Vec<EntryId> = set.entries().filter(is_unanswered).collect();
        // Others' questions may have been sent to this host alone. So the records are asked for
        // before they are dropped.
        for id in unanswered {
            self.amend(id, |entry| entry.doubt(now, Removal::Unanswered));
        }
    }
}

/// Counts a question. One that comes a moment later counts as the same, received over the other
/// address family or from another host at the same time: its answer would be the same, too.
fn count_question(now: Instant, before: Option<Suspicion>) -> Suspicion {
    match before {
        Some(before) if now.saturating_since(before.latest) < DUPLICATE_QUESTION_WINDOW => before,
        Some(before) if now.saturating_since(before.since) <= UNANSWERED_MEMORY => {
            let heard = before.heard.saturating_add(1);
            // The second question starts the clock; further ones do not restart it.
            let judged_at = if before.heard < UNANSWERED_QUERIES_MIN {
                now + UNANSWERED_TIMEOUT
            } else {
                before.judged_at
            };
            Suspicion {
                since: before.since,
                latest: now,
                heard,
                judged_at,
            }
        }
        Some(_) | None => Suspicion {
            since: now,
            latest: now,
            heard: 1,
            judged_at: now + UNANSWERED_MEMORY,
        },
    }
}
