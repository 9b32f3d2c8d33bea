//! The rate limit: how much one source may send before the excess is dropped unread.
//!
//! In:  the source of each packet, and the kind of message in its header.
//! Out: whether it is read; [`Notice`]s for the log.
//!
//! There are three buckets for each source, without its port: queries, responses, and probes for
//! names of ours, because a name that is not defended is lost. Each packet costs one look-up and a
//! move to the end of the list, whatever it contains.

use alloc::collections::VecDeque;
use core::net::IpAddr;

use crate::event::Notice;
use crate::limits::{FEW_ANSWERS_MAX, Limits, Rate, RateLimit};
use crate::link::LinkId;
use crate::peers::{PeerAddr, Peers};
use crate::time::{Duration, Instant};
use crate::timing::{FLOOD_MEMORY, SOURCE_MEMORY};

/// The bucket from which a packet draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drawing {
    Query,
    Response,
    /// A probe for a name of ours.
    Probe,
}

/// The recently heard sources, and how much they may still send.
pub(crate) struct RateLimiter {
    limit: Option<RateLimit>,
    max: usize,
    /// By the time of their last packet.
    sources: Peers<SourceBudget>,
    /// The bucket of the records that the questions of all of them cause us to multicast.
    answers: Bucket,
    warned: bool,
    notices: VecDeque<Notice>,
    notices_max: u32,
    notices_paced: Bucket,
    /// How many notices were dropped because there were too many.
    pub(crate) notices_dropped: u64,
    /// How often a source exceeded its limit.
    pub(crate) violations: u64,
    /// How many were forgotten to make room for others.
    pub(crate) evicted: u64,
    /// When the last of them was.
    evicted_at: Option<Instant>,
}

#[derive(Default)]
struct SourceBudget {
    queries: Bucket,
    responses: Bucket,
    probes: Bucket,
    answers: Bucket,
    /// Until when it is not heard, or was not, if it exceeded its limit and that was reported.
    over: Option<Instant>,
}

/// A token bucket, represented by the moment at which it is full again.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bucket {
    full_at: Instant,
}

impl Bucket {
    /// Draws one token. Returns whether there was one.
    pub(crate) fn draw(&mut self, now: Instant, rate: Rate) -> bool {
        self.draw_above(now, rate, 0)
    }

    /// Draws one token, but none of the last `kept`. Returns whether there was one.
    pub(crate) fn draw_above(&mut self, now: Instant, rate: Rate, kept: u32) -> bool {
        let full_at = self.full_at.max(now) + rate.interval();
        let kept = rate.interval().saturating_mul(kept);
        let granted = full_at + kept <= now + rate.span();
        if granted {
            self.full_at = full_at;
        }
        granted
    }

    /// Draws this many tokens, or as many as there are above the last `kept`. Returns how many.
    fn draw_many(&mut self, now: Instant, rate: Rate, kept: u32, count: u32) -> u32 {
        let full_at = self.full_at.max(now);
        let kept = rate.interval().saturating_mul(kept);
        let left = (now + rate.span())
            .saturating_since(full_at + kept)
            .as_nanos();
        let there = left.checked_div(rate.interval().as_nanos());
        let there = there.and_then(|there| u32::try_from(there).ok());
        let granted = count.min(there.unwrap_or(u32::MAX));
        self.full_at = full_at + rate.interval().saturating_mul(granted);
        granted
    }

    /// Takes back a token that was drawn and is not needed.
    fn put_back(&mut self, rate: Rate) {
        self.full_at = self.full_at - rate.interval();
    }

    fn is_full(self, now: Instant) -> bool {
        self.full_at <= now
    }
}

impl RateLimiter {
    pub(crate) fn new(limit: Option<RateLimit>, limits: &Limits, key: u64) -> Self {
        Self {
            limit,
            max: limits.sources_max.max(1),
            sources: Peers::new(key),
            answers: Bucket::default(),
            warned: false,
            notices: VecDeque::new(),
            notices_max: limits.notices_at_once_max,
            notices_paced: Bucket::default(),
            notices_dropped: 0,
            violations: 0,
            evicted: 0,
            evicted_at: None,
        }
    }

    /// Returns whether a packet of a source may be read.
    pub(crate) fn admit(
        &mut self,
        now: Instant,
        link: LinkId,
        ip: IpAddr,
        drawing: Drawing,
    ) -> bool {
        let Some(limit) = self.limit else {
            return true;
        };
        let Some(source) = self.heard(now, (link, ip), limit) else {
            return true;
        };
        let (bucket, rate) = match drawing {
            Drawing::Query => (&mut source.queries, limit.queries),
            Drawing::Response => (&mut source.responses, limit.responses),
            Drawing::Probe => return source.probes.draw(now, limit.queries),
        };
        if source.over.is_some_and(|silent_until| silent_until > now) {
            return false;
        }
        let was_full = bucket.is_full(now);
        if bucket.draw(now, rate) {
            if was_full {
                source.over = None;
            }
            return true;
        }
        let silent_until = limit.cool_down.map_or(now, |cool_down| now + cool_down);
        if source.over.replace(silent_until).is_none() {
            self.violations = self.violations.saturating_add(1);
            self.notify(now, Notice::SourceLimited { link, source: ip });
        }
        false
    }

    /// Returns how many of some records may be multicast for the questions of a source.
    pub(crate) fn grant_answers(&mut self, now: Instant, who: PeerAddr, count: u32) -> u32 {
        let Some(limit) = self.limit else {
            return count;
        };
        let granted = match self.sources.call(now, who) {
            Some(source) => source.answers.draw_many(now, limit.answers, 0, count),
            None => count,
        };
        let all = limit.all_answers;
        let kept = if count > FEW_ANSWERS_MAX {
            all.burst() / 2
        } else {
            0
        };
        self.answers.draw_many(now, all, kept, granted)
    }

    /// Handles a record that was granted and is no longer needed: it counts no more. So nobody
    /// draws all records without having them multicast.
    pub(crate) fn take_back_answer(&mut self) {
        if let Some(limit) = self.limit {
            self.answers.put_back(limit.all_answers);
        }
    }

    /// Returns whether more hosts have sent packets recently than are remembered; usually these are
    /// forged addresses.
    pub(crate) fn is_flooded(&self, now: Instant) -> bool {
        let evicted_at = self.evicted_at;
        evicted_at.is_some_and(|at| now.saturating_since(at) <= FLOOD_MEMORY)
    }

    /// Returns how many sources are remembered.
    pub(crate) fn len(&self) -> usize {
        self.sources.len()
    }

    pub(crate) fn poll_notice(&mut self) -> Option<Notice> {
        self.notices.pop_front()
    }

    /// Finds a source, or adds it, and makes it the last to be forgotten.
    fn heard(
        &mut self,
        now: Instant,
        who: PeerAddr,
        limit: RateLimit,
    ) -> Option<&mut SourceBudget> {
        if self.sources.get(who).is_none() {
            self.make_room(now, limit);
            self.sources.add(now, who, SourceBudget::default());
            self.warn(now);
        }
        self.sources.call(now, who)
    }

    /// Reports that there is hardly any room, once until there is some again.
    fn warn(&mut self, now: Instant) {
        let (tracked, max) = (self.sources.len(), self.max);
        if tracked >= share(max, FILLING_PERCENT) && !self.warned {
            self.warned = true;
            self.notify(now, Notice::SourcesFilling { tracked, max });
        }
    }

    /// Forgets sources that were not heard for long, at most two at a time, and the one heard
    /// longest ago if there is no room.
    fn make_room(&mut self, now: Instant, limit: RateLimit) {
        let memory = SOURCE_MEMORY.max(limit.cool_down.unwrap_or(Duration::ZERO));
        for _ in 0..2 {
            let heard = self.sources.oldest();
            if heard.is_some_and(|heard| now.saturating_since(heard) > memory) {
                self.sources.forget_oldest();
            }
        }
        if self.sources.len() >= self.max {
            self.sources.forget_oldest();
            self.evicted = self.evicted.saturating_add(1);
            self.evicted_at = Some(now);
        }
        self.warned &= self.sources.len() >= share(self.max, CALM_PERCENT);
    }

    fn notify(&mut self, now: Instant, notice: Notice) {
        let rate = Rate::new(1, self.notices_max);
        let waiting = u32::try_from(self.notices.len()).unwrap_or(u32::MAX);
        if waiting < self.notices_max && self.notices_paced.draw(now, rate) {
            self.notices.push_back(notice);
        } else {
            self.notices_dropped = self.notices_dropped.saturating_add(1);
        }
    }
}

fn share(whole: usize, percent: usize) -> usize {
    whole.saturating_mul(percent) / 100
}

/// How full the table is when a warning is reported.
const FILLING_PERCENT: usize = 80;
/// How empty it must be before the next warning.
const CALM_PERCENT: usize = 50;

#[cfg(test)]
mod tests;
