//! One cached record: its data, how long it is believed, and when something is due for it.
//!
//! In:  the record as it was last received.
//! Out: the next moment at which something is due for it, and what. RFC 6762 sections 5.2 (cache
//!      maintenance), 10.1, 10.2 and 10.4.

use cooee_wire::Ttl;

use super::SetId;
use super::data::Data;
use crate::collections::mix;
use crate::due_order::{DuePlace, Scheduled};
use crate::event::Removal;
use crate::link::Families;
use crate::time::{Duration, Instant, NANOS_PER_MILLI, nanos, part_of};
use crate::timing::{
    MULTICAST_GAP_MIN, RECONFIRM_QUERIES, RECONFIRM_TIMEOUT, REFRESH_MOMENTS, REFRESH_PERCENT,
    REFRESH_TTL_SECS_MIN, REFRESH_VARIATION_PERCENT,
};

/// A record in the cache.
pub(crate) struct Entry {
    pub(super) set: SetId,
    /// Its position in its set.
    pub(super) slot: u32,
    /// Its position in the order of the cache's deadlines.
    due_place: DuePlace,
    pub(super) data: Data,
    /// The TTL with which it was last received.
    pub(super) ttl: Ttl,
    pub(super) unique: bool,
    /// Whether it answers anything: not if it is an address that no host can have.
    pub(super) usable: bool,
    pub(super) received: Instant,
    /// A random number of the packet that contained it.
    pub(super) packet: u16,
    /// The host that sent it first, in eight bits of a hash.
    pub(super) source: u8,
    /// The families over which it was received.
    pub(super) families: Families,
    pub(super) plan: Plan,
    /// While it lives, when another host last listed it as known: no answer is owed for it then.
    /// While it is being reconfirmed, since when. While it is ending, when it ends.
    moment: Option<Instant>,
}

impl Scheduled for Entry {
    fn due_place(&mut self) -> &mut DuePlace {
        &mut self.due_place
    }
}

/// What will happen to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// It lives until its TTL ends. Counts the refreshing queries that were requested.
    Live { refreshes: u8 },
    /// It is being reconfirmed, for this reason. It ends unless it is received again. Counts the
    /// queries that were requested.
    Reconfirming { queries: u8, why: Removal },
    /// It ends unless it is received again, for this reason.
    Ending { why: Removal },
}

impl Plan {
    /// The plan of a record that was just received.
    pub(super) const NEW: Self = Self::Live { refreshes: 0 };
}

/// What is due for a record when its deadline has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Nothing.
    Nothing,
    /// Ask for it again.
    Refresh,
    /// Remove it.
    Removal(Removal),
}

impl Entry {
    /// Creates the entry of a record that has just been received.
    pub(super) fn new(now: Instant, set: SetId, data: Data, (packet, source): (u16, u8)) -> Self {
        Self {
            set,
            slot: 0,
            due_place: DuePlace::default(),
            data,
            ttl: Ttl(0),
            unique: false,
            usable: true,
            received: now,
            packet,
            source,
            families: Families::default(),
            plan: Plan::NEW,
            moment: None,
        }
    }

    /// Renews a record that was received again.
    pub(super) fn renew(&mut self, now: Instant, ttl: Ttl, unique: bool) {
        self.ttl = ttl;
        self.unique = unique;
        self.received = now;
        self.plan = Plan::NEW;
        self.moment = None;
    }

    /// Returns when it ends, if it is not received again. No record is believed for longer than
    /// `ttl_max`.
    pub(super) fn expires(&self, ttl_max: Ttl) -> Instant {
        let lived = self.received + lifetime(self.believed(ttl_max));
        match (self.plan, self.moment) {
            (Plan::Live { .. }, _) | (_, None) => lived,
            (Plan::Reconfirming { .. }, Some(since)) => lived.min(since + RECONFIRM_TIMEOUT),
            (Plan::Ending { .. }, Some(at)) => at,
        }
    }

    /// Ends the record after `grace`, or when its TTL ends if that is sooner.
    pub(super) fn end_after(&mut self, now: Instant, grace: Duration, why: Removal, ttl_max: Ttl) {
        self.moment = Some(self.expires(ttl_max).min(now + grace));
        self.plan = Plan::Ending { why };
    }

    /// Starts to reconfirm the record: it is asked for, and ends if it is not received again.
    pub(super) fn doubt(&mut self, now: Instant, why: Removal) {
        match self.plan {
            Plan::Live { .. } => {
                self.moment = Some(now);
                self.plan = Plan::Reconfirming { queries: 0, why };
            }
            Plan::Reconfirming { .. } | Plan::Ending { .. } => {}
        }
    }

    /// Returns the part of the TTL for which it is believed.
    fn believed(&self, ttl_max: Ttl) -> Ttl {
        Ttl(self.ttl.as_secs().min(ttl_max.as_secs()))
    }

    /// Returns when something is due next. Only a record that somebody asks about is refreshed, at
    /// one of the moments that have `phase`.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
    //# A Multicast DNS querier MUST NOT
    //# perform this cache maintenance for records for which it has no local
    //# clients with an active interest.
    pub(super) fn deadline(&self, asked: bool, phase: Duration, ttl_max: Ttl) -> Instant {
        if !asked {
            return self.expires(ttl_max);
        }
        let believed = self.believed(ttl_max);
        //= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
        //# Before the record expiry time
        //# is reached, a Multicast DNS querier that has local clients with an
        //# active interest in the state of that record (e.g., a network browsing
        //# window displaying a list of discovered services to the user) SHOULD
        //# reissue its query to determine whether the record is still valid.
        let next_query = match self.plan {
            // A record with such a short TTL is not kept alive: it ends, and is asked for then.
            Plan::Live { .. } if believed.as_secs() < REFRESH_TTL_SECS_MIN => None,
            Plan::Live { refreshes } => {
                let percent = REFRESH_PERCENT.get(usize::from(refreshes));
                percent.map(|&percent| self.refreshed_at(believed, percent, phase))
            }
            Plan::Reconfirming { queries, .. } => {
                let after = RECONFIRM_QUERIES.get(usize::from(queries));
                self.moment.zip(after).map(|(since, &after)| since + after)
            }
            Plan::Ending { .. } => None,
        };
        match next_query {
            Some(at) => at.min(self.expires(ttl_max)),
            None => self.expires(ttl_max),
        }
    }

    /// Returns when the record is asked for again: at a random moment after a part of its TTL. There
    /// are few such moments, with `phase`, so that records of several hosts share a packet.
    fn refreshed_at(&self, believed: Ttl, percent: u32, phase: Duration) -> Instant {
        let most = percent_of(believed, REFRESH_VARIATION_PERCENT);
        let step = step_in(most);
        let least = self.received
            + percent_of(believed, percent)
            + self.variation(percent, most.saturating_sub(step));
        let (early, step) = (least.as_nanos().saturating_sub(nanos(phase)), nanos(step));
        match early.checked_rem(step) {
            Some(past) if past > 0 => least + Duration::from_nanos(step.saturating_sub(past)),
            Some(_) | None => least,
        }
    }

    /// Returns a random part of `most`, which is the same for all records of one packet with one
    /// TTL. So records that were received together are asked for together.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
    //# To avoid the case where multiple Multicast DNS queriers on a network
    //# all issue their queries simultaneously, a random variation of 2% of
    //# the record TTL should be added, so that queries are scheduled to be
    //# performed at 80-82%, 85-87%, 90-92%, and then 95-97% of the TTL.
    fn variation(&self, percent: u32, most: Duration) -> Duration {
        let share = mix(u64::from(self.packet) << 8 ^ u64::from(percent)) >> 48;
        // Sixteen bits of it: 65,536 steps, and no overflow for any TTL.
        Duration::from_nanos((nanos(most) >> 16).saturating_mul(share))
    }

    /// Returns what is due now that its deadline has come.
    pub(super) fn due(&mut self, now: Instant, ttl_max: Ttl) -> Due {
        if now >= self.expires(ttl_max) {
            //= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
            //# After this interval has passed, the answer will no longer be valid
            //# and SHOULD be deleted from the cache.
            return Due::Removal(match self.plan {
                Plan::Live { .. } => Removal::Expired,
                Plan::Reconfirming { why, .. } | Plan::Ending { why } => why,
            });
        }
        match &mut self.plan {
            Plan::Live { refreshes: count } | Plan::Reconfirming { queries: count, .. } => {
                *count = count.saturating_add(1)
            }
            Plan::Ending { .. } => return Due::Nothing,
        }
        // The deadline of a record that nobody asks about is its end, which was handled above.
        Due::Refresh
    }

    /// Returns whether half of its life is left, in whole seconds as they are written: it may then be
    /// in a known-answer list. The time for which it is believed counts if that is shorter than its
    /// TTL, because a question that refreshes it must be answered.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-7.1
    //# Therefore, a Multicast DNS querier SHOULD NOT include
    //# records in the Known-Answer list whose remaining TTL is less than
    //# half of their original TTL.
    pub(super) fn is_known_answer(&self, now: Instant, ttl_max: Ttl) -> bool {
        let believed = self.believed(ttl_max);
        let left = self.left_of(believed, now).as_secs();
        self.is_believed() && left.saturating_mul(2) >= believed.as_secs()
    }

    /// Records that another host also knows it.
    pub(super) fn vouch(&mut self, now: Instant) {
        if self.is_believed() {
            self.moment = Some(now);
        }
    }

    /// Returns whether it was due as an answer to a question asked then, and no host has listed it
    /// as known. A record that was received less than a second before was not due, because its
    /// owner may not send it again so soon.
    pub(super) fn was_due(&self, since: Instant) -> bool {
        let is_vouched = self.moment.is_some_and(|at| at >= since);
        self.is_believed() && !is_vouched && self.received + MULTICAST_GAP_MIN <= since
    }

    /// Returns whether it is neither ending nor being reconfirmed.
    pub(super) fn is_believed(&self) -> bool {
        matches!(self.plan, Plan::Live { .. })
    }

    /// Returns what is left of the TTL that its owner gave it, in whole seconds.
    pub(super) fn ttl_left(&self, now: Instant) -> Ttl {
        self.left_of(self.ttl, now)
    }

    fn left_of(&self, ttl: Ttl, now: Instant) -> Ttl {
        let ends = self.received + lifetime(ttl);
        let left = ends.saturating_since(now).as_secs();
        Ttl(u32::try_from(left).unwrap_or(u32::MAX))
    }
}

fn lifetime(ttl: Ttl) -> Duration {
    Duration::from_secs(u64::from(ttl.as_secs()))
}

/// Returns the time between the moments at which records are asked for, where these vary by `most`:
/// a power of two in milliseconds, so that the moments of a long TTL are among those of a short one.
fn step_in(most: Duration) -> Duration {
    let millis = nanos(most) / NANOS_PER_MILLI / REFRESH_MOMENTS;
    Duration::from_millis(millis.checked_ilog2().map_or(1, |log| 1 << log))
}

fn percent_of(ttl: Ttl, percent: u32) -> Duration {
    part_of(lifetime(ttl).saturating_mul(percent), 100)
}
