//! The rate limit: how much one source may say before more of it is dropped unread.
//!
//! In:  the source of each packet and what its header says it is.
//! Out: whether it is read; [`Notice`]s for whoever keeps a log.
//!
//! Three buckets for each source, without its port: queries, responses, and probes for names of
//! ours, since a name that is not defended is lost. Whatever a stranger sends, a packet costs one
//! look-up and a move to the end of the list.

use alloc::collections::VecDeque;
use core::net::IpAddr;

use hashbrown::HashTable;
use slab::Slab;

use crate::collections::{id_of, mix};
use crate::event::Notice;
use crate::limits::{Rate, RateLimit};
use crate::link::LinkId;
use crate::order::{Neighbours, Order, Ordered};
use crate::time::{Duration, Instant};
use crate::timing::SOURCE_MEMORY;

/// Which bucket a packet draws on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drawing {
    Query,
    Response,
    /// A probe for a name of ours.
    Probe,
}

/// Everybody who was heard lately, and how much they may still say.
pub(crate) struct RateLimiter {
    limit: Option<RateLimit>,
    max: usize,
    key: u64,
    table: HashTable<u32>,
    sources: Slab<Source>,
    /// By when they were heard last.
    order: Order,
    warned: bool,
    notices: VecDeque<Notice>,
    /// How often a source went over its limit.
    pub(crate) violations: u64,
    /// How many were forgotten to make room for others.
    pub(crate) evicted: u64,
}

struct Source {
    link: LinkId,
    ip: IpAddr,
    hash: u64,
    neighbours: Neighbours,
    heard: Instant,
    queries: Bucket,
    responses: Bucket,
    probes: Bucket,
    silent_until: Instant,
    /// Whether it is over its limit, and that was told.
    is_over: bool,
}

/// A token bucket, by the moment at which it is full again.
#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    full_at: Instant,
}

impl Bucket {
    /// Draws one token. Returns whether there was one.
    fn draw(&mut self, now: Instant, rate: Rate) -> bool {
        let full_at = self.full_at.max(now) + rate.interval();
        let granted = full_at <= now + rate.span();
        if granted {
            self.full_at = full_at;
        }
        granted
    }

    fn is_full(self, now: Instant) -> bool {
        self.full_at <= now
    }
}

impl Ordered for Source {
    fn neighbours(&mut self) -> &mut Neighbours {
        &mut self.neighbours
    }
}

impl RateLimiter {
    pub(crate) fn new(limit: Option<RateLimit>, max: usize, key: u64) -> Self {
        Self {
            limit,
            max: max.max(1),
            key,
            table: HashTable::new(),
            sources: Slab::new(),
            order: Order::default(),
            warned: false,
            notices: VecDeque::new(),
            violations: 0,
            evicted: 0,
        }
    }

    /// Whether a packet of a source may be read.
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
        let id = self.heard(now, link, ip, limit);
        let Some(source) = self.sources.get_mut(id as usize) else {
            return true;
        };
        let (bucket, rate) = match drawing {
            Drawing::Query => (&mut source.queries, limit.queries),
            Drawing::Response => (&mut source.responses, limit.responses),
            Drawing::Probe => return source.probes.draw(now, limit.queries),
        };
        if source.silent_until > now {
            return false;
        }
        let was_full = bucket.is_full(now);
        if bucket.draw(now, rate) {
            source.is_over &= !was_full;
            return true;
        }
        if let Some(cool_down) = limit.cool_down {
            source.silent_until = now + cool_down;
        }
        if !core::mem::replace(&mut source.is_over, true) {
            self.violations = self.violations.saturating_add(1);
            self.notify(Notice::SourceLimited { link, source: ip });
        }
        false
    }

    /// How many sources are remembered.
    pub(crate) fn len(&self) -> usize {
        self.sources.len()
    }

    pub(crate) fn poll_notice(&mut self) -> Option<Notice> {
        self.notices.pop_front()
    }

    /// Finds a source, or makes it, and puts it last among those to be forgotten.
    fn heard(&mut self, now: Instant, link: LinkId, ip: IpAddr, limit: RateLimit) -> u32 {
        let hash = source_hash(self.key, link, ip);
        let sources = &self.sources;
        let is_it = |id: &u32| {
            let source = sources.get(*id as usize);
            source.is_some_and(|source| source.ip == ip && source.link == link)
        };
        let id = match self.table.find(hash, is_it) {
            Some(&id) => id,
            None => {
                self.make_room(now, limit);
                self.add((now, hash), link, ip)
            }
        };
        self.order.push_back(&mut self.sources, id);
        if let Some(source) = self.sources.get_mut(id as usize) {
            source.heard = now;
        }
        id
    }

    fn add(&mut self, (now, hash): (Instant, u64), link: LinkId, ip: IpAddr) -> u32 {
        let slot = self.sources.insert(Source {
            link,
            ip,
            hash,
            neighbours: Neighbours::default(),
            heard: now,
            queries: Bucket::default(),
            responses: Bucket::default(),
            probes: Bucket::default(),
            silent_until: Instant::ZERO,
            is_over: false,
        });
        let id = id_of(slot);
        let sources = &self.sources;
        self.table.insert_unique(hash, id, |other| {
            sources.get(*other as usize).map_or(0, |source| source.hash)
        });
        if self.sources.len() >= share(self.max, FILLING_PERCENT) && !self.warned {
            self.warned = true;
            let (tracked, max) = (self.sources.len(), self.max);
            self.notify(Notice::SourcesFilling { tracked, max });
        }
        id
    }

    /// Forgets who was not heard for long, two at a time at the most, and who was heard longest
    /// ago when there is no room.
    fn make_room(&mut self, now: Instant, limit: RateLimit) {
        let memory = SOURCE_MEMORY.max(limit.cool_down.unwrap_or(Duration::ZERO));
        for _ in 0..2 {
            let Some(oldest) = self.order.front() else {
                return;
            };
            let heard = self.sources.get(oldest as usize).map(|source| source.heard);
            if heard.is_some_and(|heard| now.saturating_since(heard) > memory) {
                self.forget(oldest);
            }
        }
        if self.sources.len() >= self.max {
            if let Some(oldest) = self.order.front() {
                self.forget(oldest);
                self.evicted = self.evicted.saturating_add(1);
            }
        }
        self.warned &= self.sources.len() >= share(self.max, CALM_PERCENT);
    }

    fn forget(&mut self, id: u32) {
        self.order.take_out(&mut self.sources, id);
        let Some(source) = self.sources.try_remove(id as usize) else {
            return;
        };
        if let Ok(found) = self.table.find_entry(source.hash, |other| *other == id) {
            found.remove();
        }
    }

    fn notify(&mut self, notice: Notice) {
        if self.notices.len() < NOTICES_MAX {
            self.notices.push_back(notice);
        }
    }
}

/// Keyed, so that nobody can choose addresses that collide.
fn source_hash(key: u64, link: LinkId, ip: IpAddr) -> u64 {
    let [high, low] = match ip {
        IpAddr::V4(v4) => [1 << 32, u64::from(u32::from(v4))],
        IpAddr::V6(v6) => {
            let bits = u128::from(v6);
            [(bits >> 64) as u64, bits as u64]
        }
    };
    mix(mix(mix(key ^ u64::from(link.0)) ^ high) ^ low)
}

fn share(whole: usize, percent: usize) -> usize {
    whole.saturating_mul(percent) / 100
}

/// How full the table is when that is worth a warning.
const FILLING_PERCENT: usize = 80;
/// How empty it has to be before the next warning.
const CALM_PERCENT: usize = 50;

/// How many notices wait to be polled; what does not fit is counted, not told.
const NOTICES_MAX: usize = 16;

#[cfg(test)]
mod tests;
