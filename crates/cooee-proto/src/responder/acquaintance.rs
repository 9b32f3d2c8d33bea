//! Whom to answer by unicast: hosts answered lately, and so many strangers a second.
//!
//! In:  addresses that want a reply.
//! Out: whether to send it.
//!
//! A reply to an address that nobody has stays with the operating system for seconds, until it gives
//! up looking for its owner. Some hundred of them fill the socket's send buffer, and a thousand the
//! table of neighbours; then nothing leaves any more, neither for others nor for the group. Forged
//! addresses are new ones nearly always, and honest queriers come back.

use alloc::collections::BTreeMap;
use core::net::IpAddr;

use crate::link::LinkId;
use crate::time::{Duration, Instant};

/// Hosts that were answered by unicast, each with the time it last was.
#[derive(Default)]
pub(crate) struct Acquaintances {
    last: BTreeMap<(LinkId, IpAddr), Instant>,
    /// By when the strangers let in so far have used up their share.
    paid_until: Option<Instant>,
    /// How many strangers were turned away.
    pub(crate) refused: u64,
}

impl Acquaintances {
    /// Whether a host may be answered: one that was answered lately always, and of others
    /// `per_second` a second. As many are remembered.
    pub(crate) fn admit(
        &mut self,
        now: Instant,
        (link, ip): (LinkId, IpAddr),
        (per_second, max): (u32, usize),
    ) -> bool {
        if let Some(last) = self.last.get_mut(&(link, ip)) {
            *last = now;
            return true;
        }
        let paid_until = self.paid_until.map_or(now, |until| until.max(now));
        let price = Duration::from_secs(1)
            .checked_div(per_second)
            .unwrap_or(Duration::MAX);
        let after = paid_until + price;
        if after > now + Duration::from_secs(1) {
            self.refused = self.refused.saturating_add(1);
            return false;
        }
        self.paid_until = Some(after);
        self.remember(now, (link, ip), max);
        true
    }

    pub(crate) fn drop_link(&mut self, link: LinkId) {
        self.last.retain(|(other, _), _| *other != link);
    }

    /// Full: whoever was answered longest ago is a stranger again.
    fn remember(&mut self, now: Instant, who: (LinkId, IpAddr), max: usize) {
        if self.last.len() >= max {
            let oldest = self.last.iter().min_by_key(|(_, last)| **last);
            if let Some(oldest) = oldest.map(|(who, _)| *who) {
                self.last.remove(&oldest);
            }
        }
        self.last.insert(who, now);
    }
}

#[cfg(test)]
mod tests;
