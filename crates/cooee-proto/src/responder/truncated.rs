//! Truncated queries: hosts that have asked and have not yet listed all their known answers.
//!
//! In:  queries with the TC bit, and the packets of known answers that follow them.
//! Out: until when the answers to each wait. RFC 6762 section 7.2.

use alloc::vec::Vec;
use core::net::SocketAddr;

use crate::collections::SmallList;
use crate::limits::TRUNCATED_PER_HOST_MAX;
use crate::link::LinkId;
use crate::time::Instant;
use crate::timing::TRUNCATED_WAIT_MAX;

/// A truncated query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TruncatedId(u32);

/// The truncated queries whose further packets may still come, the oldest first.
#[derive(Default)]
pub(crate) struct TruncatedQueries {
    queries: Vec<Truncated>,
    count: u32,
}

struct Truncated {
    id: TruncatedId,
    link: LinkId,
    source: SocketAddr,
    /// When its first packet came.
    first: Instant,
    /// When its answers are due.
    until: Instant,
}

impl TruncatedQueries {
    /// Stores a query with the time at which its answers are due. If its host has several already,
    /// it joins the latest of them. Returns `None` if there is no room.
    pub(crate) fn remember(
        &mut self,
        now: Instant,
        (link, source): (LinkId, SocketAddr),
        until: Instant,
        max: usize,
    ) -> Option<TruncatedId> {
        self.queries.retain(|query| query.until > now);
        let is_same = |query: &&mut Truncated| (query.link, query.source) == (link, source);
        let mut of_host = self.queries.iter_mut().filter(is_same);
        if let Some(latest) = of_host.nth(TRUNCATED_PER_HOST_MAX.saturating_sub(1)) {
            latest.wait_until(until);
            return Some(latest.id);
        }
        if self.queries.len() >= max {
            return None;
        }
        self.count = self.count.wrapping_add(1);
        let id = TruncatedId(self.count);
        self.queries.push(Truncated {
            id,
            link,
            source,
            first: now,
            until,
        });
        Some(id)
    }

    /// Handles more packets of a host: its answers wait, those to its oldest query up to the limit.
    /// Returns until when these wait.
    pub(crate) fn extend(
        &mut self,
        now: Instant,
        (link, source): (LinkId, SocketAddr),
        until: Instant,
    ) -> Option<Instant> {
        let mut earliest: Option<Instant> = None;
        for query in &mut self.queries {
            if (query.link, query.source) == (link, source) && query.until > now {
                query.wait_until(until);
                earliest = Some(earliest.map_or(query.until, |at| at.min(query.until)));
            }
        }
        earliest
    }

    /// Returns the queries of a host that may not have listed everything yet.
    pub(crate) fn of_host(
        &self,
        now: Instant,
        (link, source): (LinkId, SocketAddr),
    ) -> SmallList<TruncatedId, TRUNCATED_PER_HOST_MAX> {
        let is_open =
            |query: &&Truncated| (query.link, query.source) == (link, source) && query.until > now;
        let open = self.queries.iter().filter(is_open);
        open.map(|query| query.id).collect()
    }

    /// Returns until when the answers to a query wait, if they do.
    pub(crate) fn until(&self, now: Instant, id: TruncatedId) -> Option<Instant> {
        let query = self.queries.iter().find(|query| query.id == id);
        query.map(|query| query.until).filter(|until| *until > now)
    }

    /// Returns whether any answer may have to wait.
    pub(crate) fn is_empty(&self) -> bool {
        self.queries.is_empty()
    }

    /// Forgets a link.
    pub(crate) fn drop_link(&mut self, link: LinkId) {
        self.queries.retain(|query| query.link != link);
    }

    /// Returns how many queries are remembered.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.queries.len()
    }
}

impl Truncated {
    fn wait_until(&mut self, until: Instant) {
        let latest = self.first + TRUNCATED_WAIT_MAX;
        self.until = self.until.max(until.min(latest));
    }
}
