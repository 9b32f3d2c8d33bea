//! The engine: the one place where the cache, the querier and the links meet.
//!
//! In:  datagrams, the passage of time, changes of links, queries of the user.
//! Out: events, packets, the next deadline.
//! RFC 6762; the parts cite their clauses.

mod alias;
mod drain;
mod receive;

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use cooee_wire::{Name, RData, RecordType};
use slab::Slab;

use crate::cache::Cache;
use crate::compose::query::{QueryComposer, Sources};
use crate::config::Config;
use crate::event::{Event, Query, QueryId};
use crate::intake::MESSAGE_LEN_MAX;
use crate::intake::echo::Echo;
use crate::link::{LinkChange, LinkId, LinkInfo};
use crate::names::{NameId, Names};
use crate::querier::{Querier, QuestionId};
use crate::rng::Rng;
use crate::stats::Stats;
use crate::time::Instant;
use crate::timing::UNICAST_RESPONSE_WINDOW;
use crate::transmit::{Datagram, Deadline, Destination, Transmit, Verdict, Wakeup};

/// The Multicast DNS engine: no clock, no socket, no thread of its own.
///
/// The driver tells it what happens and when, then drains [`poll_event`](Self::poll_event) and
/// [`poll_transmit`](Self::poll_transmit), and calls [`handle_timeout`](Self::handle_timeout) by
/// the time [`poll_timeout`](Self::poll_timeout) names. Early, late and repeated calls do no harm.
pub struct Engine {
    config: Config,
    names: Names,
    cache: Cache,
    querier: Querier,
    queries: Slab<QueryState>,
    generation: u32,
    links: BTreeMap<LinkId, Link>,
    composer: QueryComposer,
    echo: Echo,
    events: VecDeque<Event>,
    stats: Stats,
}

struct Link {
    info: LinkInfo,
    /// Unicast responses are taken until then: we have asked for some.
    unicast_until: Option<Instant>,
}

/// A query of the user: the question it asks, and those that aliases have led to.
struct QueryState {
    id: QueryId,
    rtype: RecordType,
    link: Option<LinkId>,
    chain: Vec<ChainLink>,
}

#[derive(Clone, Copy)]
struct ChainLink {
    name: NameId,
    question: QuestionId,
}

impl Engine {
    /// Makes an engine. The same seed and the same inputs give the same packets and events.
    pub fn new(config: Config, seed: u64, _now: Instant) -> Self {
        let mut rng = Rng::new(seed);
        Self {
            names: Names::new(rng.seed()),
            cache: Cache::new(config.limits.clone(), &mut rng),
            querier: Querier::new(config.limits.suppressions_max, &mut rng),
            config,
            queries: Slab::new(),
            generation: 0,
            links: BTreeMap::new(),
            composer: QueryComposer::default(),
            echo: Echo::default(),
            events: VecDeque::new(),
            stats: Stats::default(),
        }
    }

    /// Takes a datagram that a socket has received.
    pub fn handle_datagram(&mut self, now: Instant, datagram: Datagram<'_>) -> Verdict {
        let verdict = self.receive(now, &datagram);
        match verdict {
            Verdict::Response => self.stats.responses = self.stats.responses.saturating_add(1),
            Verdict::Query => self.stats.queries = self.stats.queries.saturating_add(1),
            Verdict::Ignored(reason) => self.stats.ignored.add(reason),
        }
        self.drain(now);
        verdict
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.cache.on_timeout(now, &mut self.names);
        self.drain(now);
    }

    /// Takes a change of the host's links.
    pub fn handle_link(&mut self, now: Instant, change: LinkChange) {
        match change {
            LinkChange::Up { link, info } => {
                self.links.insert(
                    link,
                    Link {
                        info,
                        unicast_until: None,
                    },
                );
                self.ask_anew(now, link);
            }
            LinkChange::Down { link } => self.drop_link(link),
            LinkChange::Resumed => {
                self.cache.on_timeout(now, &mut self.names);
                let links: Vec<LinkId> = self.links.keys().copied().collect();
                for link in links {
                    self.ask_anew(now, link);
                }
            }
        }
        self.drain(now);
    }

    /// Asks for records until [`stop_query`](Self::stop_query). What the cache holds is told at
    /// once; equal queries share their questions.
    pub fn start_query(&mut self, now: Instant, query: Query) -> QueryId {
        self.generation = self.generation.wrapping_add(1);
        let entry = self.queries.vacant_entry();
        let slot = u32::try_from(entry.key()).expect("fewer than 2^32 queries fit into memory");
        let id = QueryId {
            slot,
            generation: self.generation,
        };
        entry.insert(QueryState {
            id,
            rtype: query.rtype,
            link: query.link,
            chain: Vec::new(),
        });
        let name = self.names.hold(&query.name);
        self.attach(now, id, name);
        self.names.release(name);
        self.drain(now);
        id
    }

    /// Ends a query. Events of it that were not polled yet are dropped.
    pub fn stop_query(&mut self, id: QueryId) {
        if self.query(id).is_none() {
            return;
        }
        let query = self.queries.remove(id.slot as usize);
        for (depth, link) in query.chain.into_iter().enumerate() {
            self.detach(id, depth, link);
        }
    }

    /// Doubts a record: its user found it wrong. It is asked for, and removed if nobody confirms
    /// it within 10 s (RFC 6762 section 10.4).
    ///
    /// Returns whether the cache holds such a record on that link.
    pub fn reconfirm(&mut self, now: Instant, link: LinkId, name: &Name, data: &RData) -> bool {
        let Some(name) = self.names.find_name(name) else {
            return false;
        };
        let known = self.cache.reconfirm(now, link, name, data);
        if known {
            self.cache.on_timeout(now, &mut self.names);
            self.drain(now);
        }
        known
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        while let Some(event) = self.events.pop_front() {
            if self.query(event.query).is_some() {
                return Some(event);
            }
        }
        None
    }

    /// Writes the next packet to send into `buf`, and says where it goes.
    pub fn poll_transmit(&mut self, now: Instant, buf: &mut Vec<u8>) -> Option<Transmit> {
        let sources = Sources {
            querier: &mut self.querier,
            cache: &self.cache,
            names: &self.names,
            unicast_responses: self.config.unicast_responses,
        };
        let links = &self.links;
        let budget = |link| {
            links
                .get(&link)
                .map_or(MTU_MIN, |link: &Link| budget(&link.info))
        };
        let composed = self.composer.compose(now, sources, budget, buf)?;
        self.echo.sent(now, buf);
        self.stats.packets = self.stats.packets.saturating_add(1);
        self.stats.questions = self
            .stats
            .questions
            .saturating_add(composed.questions.into());
        self.stats.known_answers = self
            .stats
            .known_answers
            .saturating_add(composed.known_answers.into());
        if composed.unicast {
            if let Some(link) = self.links.get_mut(&composed.link) {
                link.unicast_until = Some(now + UNICAST_RESPONSE_WINDOW);
            }
        }
        Some(Transmit {
            link: composed.link,
            destination: Destination::Multicast,
        })
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) and drain again.
    pub fn poll_timeout(&self) -> Option<Deadline> {
        let cache = self.cache.next_deadline().map(|at| Deadline {
            at,
            reason: Wakeup::Cache,
        });
        let querier = self.querier.next_deadline().map(|at| Deadline {
            at,
            reason: Wakeup::Question,
        });
        [querier, cache]
            .into_iter()
            .flatten()
            .min_by_key(|deadline| deadline.at)
    }

    /// The engine's counters.
    pub fn stats(&self) -> Stats {
        let (cache_records, cache_bytes) = self.cache.size();
        Stats {
            suppressed: self.querier.suppressed,
            evicted: self.cache.evicted,
            refused: self.cache.refused,
            cache_records,
            cache_bytes,
            open_questions: self.querier.len(),
            ..self.stats
        }
    }

    /// The links that are up.
    pub fn links(&self) -> impl Iterator<Item = (LinkId, &LinkInfo)> {
        self.links.iter().map(|(&id, link)| (id, &link.info))
    }

    fn query(&self, id: QueryId) -> Option<&QueryState> {
        self.queries
            .get(id.slot as usize)
            .filter(|query| query.id == id)
    }

    fn query_mut(&mut self, id: QueryId) -> Option<&mut QueryState> {
        self.queries
            .get_mut(id.slot as usize)
            .filter(|query| query.id == id)
    }

    fn ask_anew(&mut self, now: Instant, link: LinkId) {
        self.querier.link_up(now, link, &self.cache);
    }

    fn drop_link(&mut self, link: LinkId) {
        self.links.remove(&link);
        self.composer.drop_link(link);
        self.querier.link_down(link);
        self.cache.drop_link(link, &mut self.names);
    }
}

/// How long a message on a link may be: what the MTU leaves after IPv6 and UDP headers.
fn budget(info: &LinkInfo) -> usize {
    let mtu = usize::try_from(info.mtu).unwrap_or(usize::MAX);
    mtu.clamp(MTU_MIN, MESSAGE_LEN_MAX)
        .saturating_sub(HEADERS_LEN)
}

/// The smallest MTU taken at its word, in bytes; a message must have room for one long name.
const MTU_MIN: usize = 576;
/// An IPv6 header and a UDP header, in bytes.
const HEADERS_LEN: usize = 40 + 8;

#[cfg(test)]
mod tests;
