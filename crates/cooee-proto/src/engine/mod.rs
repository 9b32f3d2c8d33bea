//! The engine: the one place where the cache, the querier and the links meet.
//!
//! In:  datagrams, the passage of time, changes of links, queries of the user.
//! Out: events, packets, the next deadline.
//! RFC 6762; the parts cite their clauses.

mod alias;
mod answer;
mod conflict;
mod drain;
mod effort;
mod heard;
mod neighbour;
mod publish;
mod receive;
mod truncated;

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::net::IpAddr;

use cooee_wire::{Name, RData, RecordType};
use slab::Slab;

pub use self::publish::{ClaimChange, ClaimEvent, RecordSet, RegisterError};

use crate::cache::Cache;
use crate::collections::{Few, id_of};
use crate::compose;
use crate::compose::query::{QueryComposer, Sources};
use crate::config::Config;
use crate::event::{Event, Notice, Query, QueryId};
use crate::intake::MESSAGE_LEN_MAX;
use crate::intake::echo::Echo;
use crate::intake::rate::RateLimiter;
use crate::link::{LinkChange, LinkId, LinkInfo};
use crate::names::{NameId, Names};
use crate::prober::Prober;
use crate::querier::{Querier, QuestionId};
use crate::responder::Responder;
use crate::rng::Rng;
use crate::stats::Stats;
use crate::time::Instant;
use crate::timing::UNICAST_RESPONSE_WINDOW;
use crate::transmit::{
    Datagram, Deadline, Delivery, Destination, Route, Transmit, Verdict, Wakeup,
};

/// The Multicast DNS engine: no clock, no socket, no thread of its own.
///
/// The driver tells it what happens and when, then drains [`poll_event`](Self::poll_event) and
/// [`poll_transmit`](Self::poll_transmit), says of each packet with
/// [`handle_transmit`](Self::handle_transmit) whether it was sent, and calls [`handle_timeout`](Self::handle_timeout) by
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
    prober: Prober,
    responder: Responder,
    rng: Rng,
    claim_events: VecDeque<ClaimEvent>,
    echo: Echo,
    rate: RateLimiter,
    events: VecDeque<Event>,
    stats: Stats,
    /// How many packets were polled.
    transmits: u64,
}

struct Link {
    info: LinkInfo,
    /// Unicast responses are taken until then: we have asked for some.
    unicast_until: Option<Instant>,
}

impl Link {
    /// Takes on other addresses of the same network. Returns whether it is the same: an address
    /// stays, and no family comes in whose hosts have not heard us yet.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-8.4
    //# For example, if any of a host's IP
    //# addresses change, it MUST re-announce those address records.
    fn takes_on(&mut self, info: &LinkInfo) -> bool {
        let stays = info
            .addresses
            .iter()
            .any(|address| self.info.has_address(address.ip));
        let knows = |ip: IpAddr| {
            self.info
                .addresses
                .iter()
                .any(|known| known.ip.is_ipv4() == ip.is_ipv4())
        };
        let is_same = stays && info.addresses.iter().all(|address| knows(address.ip));
        if is_same {
            self.info = info.clone();
        }
        is_same
    }
}

/// A query of the user: the question it asks, and those that aliases have led to.
struct QueryState {
    generation: u32,
    rtype: RecordType,
    link: Option<LinkId>,
    chain: Few<ChainLink, 1>,
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
        let (rate_limit, limits) = (config.rate_limit, config.limits.clone());
        Self {
            names: Names::new(rng.seed()),
            cache: Cache::new(limits.clone(), &mut rng),
            querier: Querier::new(limits.suppressions_max, &mut rng),
            config,
            queries: Slab::new(),
            generation: 0,
            links: BTreeMap::new(),
            composer: QueryComposer::default(),
            prober: Prober::new(&mut rng),
            responder: Responder::new(rng.seed(), &limits),
            claim_events: VecDeque::new(),
            rng: Rng::new(rng.seed()),
            rate: RateLimiter::new(rate_limit, &limits, rng.seed()),
            echo: Echo::default(),
            events: VecDeque::new(),
            stats: Stats::default(),
            transmits: 0,
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
        self.doubt_neighbours(now);
        self.establish_due(now);
        self.drain(now);
    }

    /// Takes a change of the host's links.
    pub fn handle_link(&mut self, now: Instant, change: LinkChange) {
        // The host may have slept: what has expired meanwhile goes first.
        self.cache.on_timeout(now, &mut self.names);
        match change {
            // There is nothing to be heard or sent from.
            LinkChange::Up { link, info } if info.addresses.is_empty() => {
                self.drop_link(now, link);
            }
            LinkChange::Up { link, info } => {
                let replies = &mut self.responder.replies;
                replies.keep_reachable(link, |to| info.reaches(to));
                let before = self.links.get_mut(&link);
                let goes_on = before.is_some_and(|known| known.takes_on(&info));
                //= https://www.rfc-editor.org/rfc/rfc6762#section-8.3
                //# A Multicast DNS responder MUST NOT send announcements in the absence
                //# of information that its network connectivity may have changed in some
                //# relevant way.
                if !goes_on {
                    self.links.insert(
                        link,
                        Link {
                            info,
                            unicast_until: None,
                        },
                    );
                    self.ask_anew(now, link);
                    self.claim_on(now, link);
                }
            }
            //= https://www.rfc-editor.org/rfc/rfc6762#section-10.3
            //# If the hardware on a given host is able to indicate physical changes
            //# of connectivity, then when the hardware indicates such a change, the
            //# host should take this information into account in its Multicast DNS
            //# cache management strategy.
            LinkChange::Down { link } => self.drop_link(now, link),
            LinkChange::Missed { link } => self.querier.ask_again(now, link),
            //= https://www.rfc-editor.org/rfc/rfc6762#section-8
            //# Whenever a Multicast DNS responder starts up, wakes up from sleep,
            //# receives an indication of a network interface "Link Change" event, or
            //# has any other reason to believe that its network connectivity may
            //# have changed in some relevant way, it MUST perform the two startup
            //# steps below: Probing (Section 8.1) and Announcing (Section 8.3).
            //= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
            //# In cases where the host
            //# has not been continuously connected and participating on the network
            //# link, it MUST first probe to re-verify uniqueness of its unique
            //# records, as described above in Section 8.1, "Probing".
            //= https://www.rfc-editor.org/rfc/rfc6762#section-10.3
            //# Likewise, when a host reboots, wakes from sleep, or undergoes some
            //# other similar discontinuous state change, the cache management
            //# strategy should take that information into account.
            LinkChange::Resumed => {
                let links: Vec<LinkId> = self.links.keys().copied().collect();
                for link in links {
                    self.ask_anew(now, link);
                    self.claim_on(now, link);
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
        let slot = id_of(entry.key());
        let id = QueryId {
            slot,
            generation: self.generation,
        };
        entry.insert(QueryState {
            generation: id.generation,
            rtype: query.rtype,
            link: query.link,
            chain: Few::new(),
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

    /// The next thing that whoever keeps a log should know.
    pub fn poll_notice(&mut self) -> Option<Notice> {
        self.rate.poll_notice()
    }

    /// Writes the next packet to send into `buf`, and says where it goes.
    ///
    /// Several packets can be polled before any is reported; what one says is not offered again
    /// meanwhile. Report each with [`handle_transmit`](Self::handle_transmit) before anything else
    /// is told to the engine.
    pub fn poll_transmit(&mut self, now: Instant, buf: &mut Vec<u8>) -> Option<Transmit> {
        let route = self.compose(now, buf)?;
        self.transmits = self.transmits.wrapping_add(1);
        let number = self.transmits;
        Some(Transmit { route, number })
    }

    /// Takes what became of a packet.
    pub fn handle_transmit(&mut self, _now: Instant, transmit: Transmit, _delivery: Delivery) {
        debug_assert!(transmit.number <= self.transmits, "it was polled here");
    }

    fn compose(&mut self, now: Instant, buf: &mut Vec<u8>) -> Option<Route> {
        let link = match self.compose_reply(now, buf) {
            Some(reply) => return Some(reply),
            None => self.compose_multicast(now, buf)?,
        };
        self.echo
            .sent(now, buf, self.config.limits.sent_packets_max);
        Some(Route {
            link,
            //= https://www.rfc-editor.org/rfc/rfc6762#section-4
            //# Any DNS query for a name ending with "254.169.in-addr.arpa." MUST
            //# be sent to the mDNS IPv4 link-local multicast address 224.0.0.251
            //# or the mDNS IPv6 multicast address FF02::FB.
            //= https://www.rfc-editor.org/rfc/rfc6762#section-4
            //# Likewise, any DNS query for a name within the reverse mapping
            //# domains for IPv6 link-local addresses ("8.e.f.ip6.arpa.",
            //# "9.e.f.ip6.arpa.", "a.e.f.ip6.arpa.", and "b.e.f.ip6.arpa.") MUST
            //# be sent to the mDNS IPv6 link-local multicast address FF02::FB or
            //# the mDNS IPv4 link-local multicast address 224.0.0.251.
            //= https://www.rfc-editor.org/rfc/rfc6762#section-22.1
            //# Name resolution APIs and libraries SHOULD recognize these names
            //# as special and SHOULD NOT send queries for these names to their
            //# configured (unicast) caching DNS server(s).
            destination: Destination::Multicast,
        })
    }

    /// When to call [`handle_timeout`](Self::handle_timeout), then drain
    /// [`poll_transmit`](Self::poll_transmit) and [`poll_event`](Self::poll_event). What is due to be
    /// sent stays due until it is drained.
    pub fn poll_timeout(&self) -> Option<Deadline> {
        let deadlines = [
            (self.responder.replies.next_deadline(), Wakeup::Reply),
            (self.prober.next_deadline(), Wakeup::Probe),
            (self.responder.next_deadline(), Wakeup::Probe),
            (self.responder.outbox.next_deadline(), Wakeup::Answer),
            (self.querier.next_deadline(), Wakeup::Question),
            (self.cache.next_deadline(), Wakeup::Cache),
        ];
        let due = deadlines
            .into_iter()
            .filter_map(|(at, reason)| Some(Deadline { at: at?, reason }));
        due.min_by_key(|deadline| deadline.at)
    }

    /// The engine's counters.
    pub fn stats(&self) -> Stats {
        let (cache_records, cache_bytes) = self.cache.size();
        Stats {
            suppressed: self.querier.suppressed,
            evicted: self.cache.evicted,
            refused: self.cache.refused,
            sources_limited: self.rate.violations,
            sources_evicted: self.rate.evicted,
            sent_forgotten: self.echo.forgotten,
            ended_forgotten: self.responder.ended_forgotten(),
            notices_dropped: self.rate.notices_dropped,
            sources: self.rate.len(),
            strangers_refused: self.responder.acquaintances.refusals,
            acquaintances: self.responder.acquaintances.len(),
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

    fn compose_reply(&mut self, now: Instant, buf: &mut Vec<u8>) -> Option<Route> {
        while let Some(mut reply) = self.responder.replies.pop_due(now) {
            let room = budget_of(&self.links, reply.link);
            let (responder, names) = (&mut self.responder, &self.names);
            let Some(left) = compose::response::compose_reply(responder, names, &reply, room, buf)
            else {
                continue;
            };
            let route = Route {
                link: reply.link,
                destination: Destination::Unicast(reply.to),
            };
            if reply.legacy.is_none() && !left.is_empty() {
                reply.records = left.into();
                self.reply(now, now, reply);
            }
            return Some(route);
        }
        None
    }

    /// Makes what is most urgent: goodbyes, then probes, then answers, then questions.
    fn compose_multicast(&mut self, now: Instant, buf: &mut Vec<u8>) -> Option<LinkId> {
        let (links, names) = (&self.links, &self.names);
        let budget = |link| budget_of(links, link);
        let responder = &mut self.responder;
        if let Some(link) = compose::response::compose_farewell(responder, budget, buf) {
            return Some(link);
        }
        let (prober, registry) = (&mut self.prober, &responder.registry);
        let unicast = self.config.unicast_responses;
        let probe = compose::probe::compose(now, prober, registry, names, unicast, budget, buf);
        if let Some(link) = probe {
            if unicast {
                self.expect_unicast(now, link);
            }
            return Some(link);
        }
        if let Some(link) = compose::response::compose_multicast(now, responder, names, budget, buf)
        {
            return Some(link);
        }
        let sources = Sources {
            querier: &mut self.querier,
            cache: &self.cache,
            names,
            known_answers_max: self.config.limits.known_answers_max,
            unicast_responses: self.config.unicast_responses,
        };
        let composed = self.composer.compose(now, sources, budget, buf)?;
        let stats = &mut self.stats;
        stats.packets = stats.packets.saturating_add(1);
        stats.questions = stats.questions.saturating_add(composed.questions.into());
        stats.known_answers = stats
            .known_answers
            .saturating_add(composed.known_answers.into());
        stats.known_answers_unlisted = stats
            .known_answers_unlisted
            .saturating_add(composed.unlisted.into());
        if composed.unicast {
            self.expect_unicast(now, composed.link);
        }
        Some(composed.link)
    }

    /// Unicast responses are taken for a while: we have asked for some.
    fn expect_unicast(&mut self, now: Instant, link: LinkId) {
        if let Some(link) = self.links.get_mut(&link) {
            link.unicast_until = Some(now + UNICAST_RESPONSE_WINDOW);
        }
    }

    fn query(&self, id: QueryId) -> Option<&QueryState> {
        self.queries
            .get(id.slot as usize)
            .filter(|query| query.generation == id.generation)
    }

    fn query_mut(&mut self, id: QueryId) -> Option<&mut QueryState> {
        self.queries
            .get_mut(id.slot as usize)
            .filter(|query| query.generation == id.generation)
    }

    fn ask_anew(&mut self, now: Instant, link: LinkId) {
        self.querier.link_up(now, link, &self.cache);
    }

    fn drop_link(&mut self, now: Instant, link: LinkId) {
        self.links.remove(&link);
        self.composer.drop_link(link);
        self.querier.link_down(link);
        self.prober.drop_link(link);
        self.responder.drop_link(now, &self.names, link);
        self.cache.drop_link(link, &mut self.names);
    }
}

fn budget_of(links: &BTreeMap<LinkId, Link>, link: LinkId) -> usize {
    links.get(&link).map_or(MTU_MIN, |link| budget(&link.info))
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
