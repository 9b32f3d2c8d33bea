//! What waits to be sent to other links.
//!
//! In:  what crosses.
//! Out: questions at once; answers and replies after a moment, as many in one packet as fit. RFC 6762
//!      section 6.4.

use alloc::collections::VecDeque;

use super::crossing::{Crossing, CrossingContent};
use crate::time::Instant;
use crate::timing::REFLECTED_PACKING_DELAY;

#[derive(Default)]
pub(super) struct CrossingQueue {
    queries: VecDeque<Crossing>,
    /// Each with the time at which it is sent, in this order.
    answers: VecDeque<(Instant, Crossing)>,
    /// The bytes that all their records take.
    len: usize,
}

impl CrossingQueue {
    /// Adds something, if there is room: to a packet of at most `budget` bytes that waits already,
    /// or else to the queue. Returns what there is no room for.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-6.4
    //# When possible, a responder SHOULD, for the sake of network
    //# efficiency, aggregate as many responses as possible into a single
    //# Multicast DNS response message.
    pub(super) fn push(
        &mut self,
        now: Instant,
        crossing: Crossing,
        budget: usize,
    ) -> Option<Crossing> {
        let crossing = self.merge(crossing, budget)?;
        let len = self.len.saturating_add(crossing.content.len());
        let count = self.queries.len().saturating_add(self.answers.len());
        if count >= WAITING_MAX || len > WAITING_LEN_MAX {
            return Some(crossing);
        }
        self.len = len;
        match &crossing.content {
            CrossingContent::Query(_) => self.queries.push_back(crossing),
            CrossingContent::Answer(_) | CrossingContent::Reply(_) => {
                let due = now + REFLECTED_PACKING_DELAY;
                let place = self.answers.partition_point(|(other, _)| *other <= due);
                self.answers.insert(place, (due, crossing));
            }
        }
        None
    }

    /// Adds it to what waits. Returns what is to be sent by itself.
    fn merge(&mut self, crossing: Crossing, budget: usize) -> Option<Crossing> {
        let heard = crossing.heard;
        let answers = self.answers.iter_mut().map(|(_, waiting)| waiting);
        let latest = answers.rev().chain(self.queries.iter_mut().rev());
        let near = latest
            .enumerate()
            .filter(|(place, waiting)| *place < MERGED_MAX || waiting.heard == heard);
        let mut left = Some(crossing);
        for (_, waiting) in near {
            let len = waiting.content.len();
            left = waiting.merge(left?, budget);
            let more = waiting.content.len().saturating_sub(len);
            self.len = self.len.saturating_add(more);
        }
        left
    }

    /// Puts back what did not fit into a packet, or what is too early. It is due at `due`, before
    /// all that is due then.
    pub(super) fn put_back(&mut self, due: Instant, crossing: Crossing) {
        self.len = self.len.saturating_add(crossing.content.len());
        match &crossing.content {
            CrossingContent::Query(_) => self.queries.push_front(crossing),
            CrossingContent::Answer(_) | CrossingContent::Reply(_) => {
                let place = self.answers.partition_point(|(other, _)| *other < due);
                self.answers.insert(place, (due, crossing));
            }
        }
    }

    /// Returns what is to be sent next, if it is due.
    pub(super) fn take(&mut self, now: Instant) -> Option<Crossing> {
        let is_due = |(due, _): &(Instant, Crossing)| *due <= now;
        let crossing = match self.queries.pop_front() {
            Some(query) => query,
            None if self.answers.front().is_some_and(is_due) => self.answers.pop_front()?.1,
            None => return None,
        };
        self.len = self.len.saturating_sub(crossing.content.len());
        Some(crossing)
    }

    /// Returns when something is due.
    pub(super) fn due(&self) -> Option<Instant> {
        match self.queries.front() {
            Some(_) => Some(Instant::ZERO),
            None => self.answers.front().map(|(due, _)| *due),
        }
    }

    /// Drops what is not to be sent any more.
    pub(super) fn retain(&mut self, is_kept: impl Fn(&Crossing) -> bool) {
        self.queries.retain(&is_kept);
        self.answers.retain(|(_, crossing)| is_kept(crossing));
        let answers = self.answers.iter().map(|(_, crossing)| crossing);
        let all = self.queries.iter().chain(answers);
        let lens = all.map(|crossing| crossing.content.len());
        self.len = lens.fold(0, usize::saturating_add);
    }
}

/// To how many packets that wait a further answer may be added: the latest ones.
const MERGED_MAX: usize = 16;
/// How many packets may wait to be sent. Full: a further one is dropped and counted.
const WAITING_MAX: usize = 1_024;
/// How many bytes of records may wait. Full: as above.
const WAITING_LEN_MAX: usize = 1 << 20;
