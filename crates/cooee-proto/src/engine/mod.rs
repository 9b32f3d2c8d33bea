//! The engine: the one place where the cache, the querier and the links meet.
//!
//! In:  datagrams, the passage of time, changes of links, queries of the user.
//! Out: events, packets, the next deadline. RFC 6762; the parts cite their clauses.

mod alias;
mod announcing;
mod answer;
mod claim;
mod co_resident;
mod conflict;
mod drain;
mod effort;
mod heard;
mod in_flight;
mod outage;
mod receive;
mod registration;
mod sending;
mod truncated;

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::fmt;

use cooee_wire::{Name, RData, RecordType};

use self::announcing::Unannounced;
pub use self::claim::{ClaimChange, ClaimEvent};
use self::in_flight::InFlight;

use crate::cache::Cache;
use crate::collections::Queue;
use crate::compose::query::QueryComposer;
use crate::config::Config;
use crate::event::{CachedAnswer, Event, Notice, Query, QueryId};
use crate::intake::echo::Echo;
use crate::intake::rate::RateLimiter;
use crate::limits::Limits;
use crate::link::{LinkChange, LinkId, LinkInfo};
use crate::links::Links;
use crate::names::Names;
use crate::prober::Prober;
use crate::querier::Querier;
use crate::queries::{Reports, Types};
use crate::registrations::Registrations;
use crate::responder::Responder;
use crate::rng::Rng;
use crate::stats::Stats;
use crate::time::Instant;
use crate::transmit::{Deadline, Wakeup};

/// The Multicast DNS engine, without a clock, a socket or a thread.
///
/// The driver passes in what happens and when. Then it drains [`poll_event`](Self::poll_event) and
/// [`poll_transmit`](Self::poll_transmit), and reports with
/// [`handle_transmit`](Self::handle_transmit) whether each packet was sent. It calls
/// [`handle_timeout`](Self::handle_timeout) at the time that [`poll_timeout`](Self::poll_timeout)
/// returns. Early, late and repeated calls do no harm.
pub struct Engine {
    config: Config,
    names: Names,
    cache: Cache,
    querier: Querier,
    reports: Reports,
    links: Links,
    composer: QueryComposer,
    registrations: Registrations,
    prober: Prober,
    responder: Responder,
    rng: Rng,
    claim_events: Queue<ClaimEvent>,
    unannounced: Unannounced,
    echo: Echo,
    /// Packets that another part of this program has sent.
    copies: Echo,
    rate: RateLimiter,
    stats: Stats,
    in_flight: InFlight,
    notices: VecDeque<Notice>,
    /// Until when another program of this host is taken to share the port.
    co_resident_until: Option<Instant>,
}

/// Shows the settings and the counters, not the tables.
impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("config", &self.config)
            .field("links", &self.links.ids().count())
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Creates an engine. The same seed and the same inputs give the same packets and events.
    pub fn new(config: Config, seed: u64, _now: Instant) -> Self {
        let mut rng = Rng::new(seed);
        let (rate_limit, limits) = (config.rate_limit, config.limits.clone());
        Self {
            names: Names::new(rng.seed()),
            cache: Cache::new(limits.clone(), config.follow_families, &mut rng),
            querier: Querier::new(limits.suppressions_max, &mut rng),
            config,
            reports: Reports::default(),
            links: Links::default(),
            composer: QueryComposer::default(),
            registrations: Registrations::default(),
            prober: Prober::new(&mut rng),
            responder: Responder::new(rng.seed(), &limits),
            claim_events: Queue::default(),
            unannounced: Unannounced::default(),
            rng: Rng::new(rng.seed()),
            rate: RateLimiter::new(rate_limit, &limits, rng.seed()),
            echo: Echo::default(),
            copies: Echo::default(),
            stats: Stats::default(),
            in_flight: InFlight::default(),
            notices: VecDeque::new(),
            co_resident_until: None,
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.give_up_unreported();
        self.cache.on_timeout(now, &mut self.names);
        self.recheck_co_residents(now);
        self.establish_due(now);
        self.drain(now);
    }

    /// Handles a change of the host's links.
    pub fn handle_link(&mut self, now: Instant, change: LinkChange) {
        self.give_up_unreported();
        // The host may have slept: expired records are removed first.
        self.cache.on_timeout(now, &mut self.names);
        match change {
            // Without addresses, nothing can be received or sent.
            LinkChange::Up { link, info } if info.addresses.is_empty() => {
                self.drop_link(now, link);
            }
            LinkChange::Up { link, info } => self.link_up(now, link, info),
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
                let links: Vec<LinkId> = self.links.ids().collect();
                for link in links {
                    self.ask_anew(now, link);
                    self.claim_on(now, link);
                }
            }
        }
        self.drain(now);
    }

    /// A link is there, or has other addresses than before.
    fn link_up(&mut self, now: Instant, link: LinkId, info: LinkInfo) {
        self.responder.keep_reachable(link, |to| info.reaches(to));
        let arrival = self.links.arrive(now, link, info);
        self.tell_claims_all(link, arrival.news);
        //= https://www.rfc-editor.org/rfc/rfc6762#section-8.3
        //# A Multicast DNS responder MUST NOT send announcements in the absence
        //# of information that its network connectivity may have changed in some
        //# relevant way.
        if arrival.is_new {
            self.ask_anew(now, link);
            self.claim_on(now, link);
        } else {
            self.leave_lost_family(link);
        }
    }

    /// Asks for records until [`stop_query`](Self::stop_query). Cached records are reported at
    /// once; equal queries share their questions.
    pub fn start_query(&mut self, now: Instant, query: Query) -> QueryId {
        let types = Types::one(query.rtype);
        self.start_asking(now, &query.name, types, query.link)
    }

    /// Like [`start_query`](Self::start_query), for records of one type or of two.
    pub(crate) fn start_asking(
        &mut self,
        now: Instant,
        name: &Name,
        types: Types,
        link: Option<LinkId>,
    ) -> QueryId {
        self.give_up_unreported();
        let id = self.querier.queries.start(types, link);
        let spelled = name;
        let name = self.names.hold(name);
        if !self.querier.is_asked(name) && self.responder.of_name(name).is_empty() {
            self.names.spell(name, spelled);
        }
        self.attach(now, id, name);
        self.names.release(name);
        self.drain(now);
        id
    }

    /// Ends a query. Its events that were not polled yet are dropped.
    pub fn stop_query(&mut self, id: QueryId) {
        self.give_up_unreported();
        if let Some(query) = self.querier.queries.stop(id) {
            for &name in query.chain() {
                self.detach(id, query.types, name);
            }
        }
    }

    /// Returns the records that answer a query now, each with its link.
    pub(crate) fn answers(&self, id: QueryId) -> impl Iterator<Item = (LinkId, RData)> + '_ {
        let query = self.querier.queries.get(id);
        query.into_iter().flat_map(move |query| {
            let questions = query.questions();
            questions
                .flat_map(|(name, rtype)| self.cache.records(name, rtype, &self.names))
                .filter(|record| query.concerns(record.link))
                .map(|record| (record.link, record.data))
        })
    }

    /// Returns the records of a name and type that are in the cache, each with its age; of every
    /// type for [`RecordType::ANY`]. Nothing is asked for it, and an alias is not followed. The
    /// cache keeps what somebody asks about, and little else.
    pub fn cached(
        &self,
        now: Instant,
        name: &Name,
        rtype: RecordType,
    ) -> impl Iterator<Item = CachedAnswer> + '_ {
        let name = self.names.find_name(name);
        name.into_iter()
            .flat_map(move |name| self.cache.aged_records(now, name, rtype, &self.names))
    }

    /// Reconfirms a record that its user found wrong. It is asked for, and removed if nobody
    /// confirms it within 10 s (RFC 6762 section 10.4).
    ///
    /// Returns whether the cache holds such a record on that link.
    pub fn reconfirm(&mut self, now: Instant, link: LinkId, name: &Name, data: &RData) -> bool {
        let Some(name) = self.names.find_name(name) else {
            return false;
        };
        let known = self.cache.reconfirm(now, link, name, data, &self.names);
        if known {
            self.cache.on_timeout(now, &mut self.names);
            self.drain(now);
        }
        known
    }

    /// Asks once more for the records of a query, which may be wrong. The question lists none of them
    /// as known, so that their owner answers. They stay unless others replace them.
    pub(crate) fn ask_once_more(
        &mut self,
        now: Instant,
        link: LinkId,
        name: &Name,
        rtype: RecordType,
    ) {
        if let Some(name) = self.names.find_name(name) {
            self.querier.doubt(now, link, name, rtype);
        }
    }

    /// Returns the next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.reports.poll(&self.querier.queries)
    }

    /// Returns whether there is an event to poll.
    pub(crate) fn has_events(&self) -> bool {
        !self.reports.is_empty()
    }

    /// Returns the next notice for the log.
    pub fn poll_notice(&mut self) -> Option<Notice> {
        self.notices.pop_front().or_else(|| self.rate.poll_notice())
    }

    /// Returns when to call [`handle_timeout`](Self::handle_timeout). Then drain
    /// [`poll_transmit`](Self::poll_transmit) and [`poll_event`](Self::poll_event). What is due to
    /// be sent stays due until it is drained.
    pub fn poll_timeout(&self) -> Option<Deadline> {
        let open_at = |link| self.links.open_at(link);
        let deadlines = [
            (self.prober.next_deadline(open_at), Wakeup::Probe),
            (self.querier.next_deadline(open_at), Wakeup::Question),
            (self.links.next_retry(), Wakeup::Retry),
            (self.in_flight.next_deadline(), Wakeup::Unreported),
            (self.cache.next_deadline(), Wakeup::Cache),
        ];
        let due = deadlines
            .into_iter()
            .filter_map(|(at, reason)| Some(Deadline { at: at?, reason }));
        let due = due.chain(self.responder.deadlines(open_at).into_iter().flatten());
        due.min_by_key(|deadline| deadline.at)
    }

    /// Returns the engine's counters.
    pub fn stats(&self) -> Stats {
        let (cache_records, cache_bytes) = self.cache.size();
        let mut stats = Stats {
            suppressed: self.querier.suppressed,
            queries_held: self.querier.held,
            conflicts: self.prober.conflicts.total,
            evicted: self.cache.evicted,
            refused: self.cache.refused,
            sources_limited: self.rate.violations,
            sources_evicted: self.rate.evicted,
            sent_forgotten: self.echo.forgotten,
            notices_dropped: self.rate.notices_dropped,
            sources: self.rate.len(),
            cache_records,
            cache_bytes,
            open_questions: self.querier.len(),
            ..self.stats
        };
        self.responder.count(&mut stats);
        stats
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.config.limits
    }

    /// Returns the links that are up.
    pub fn links(&self) -> impl Iterator<Item = (LinkId, &LinkInfo)> {
        self.links.iter()
    }

    fn ask_anew(&mut self, now: Instant, link: LinkId) {
        self.querier.link_up(now, link, &self.cache);
    }

    fn drop_link(&mut self, now: Instant, link: LinkId) {
        let news = self.links.remove(link);
        self.tell_claims_all(link, news);
        self.composer.drop_link(link);
        self.querier.link_down(link);
        self.prober.drop_link(link);
        self.unannounced.drop_link(link);
        self.responder.drop_link(now, &self.names, link);
        self.cache.drop_link(link, &mut self.names);
    }
}

#[cfg(test)]
mod tests;
