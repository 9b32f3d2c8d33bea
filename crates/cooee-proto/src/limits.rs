//! The limit of each table, and what happens when it is full.
//!
//! In:  the caller's choices, each with a default.
//! Out: [`Limits`], read by every table of the engine; [`RateLimit`], read at its border.

use crate::time::{Duration, part_of};

/// The capacities of the engine's tables.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// How many records the cache holds. Default 65,536.
    ///
    /// Full: the record that nobody asks about and that expires soonest makes room. If all are
    /// asked about, a further record is not stored. So a flood displaces no known record.
    pub cache_records_max: usize,
    /// How many bytes of names and rdata the cache holds. Default 16 MiB. Full: as above.
    pub cache_bytes_max: usize,
    /// How many of them may be records that nobody asks about. Default 1,024.
    ///
    /// Such records arrived together with records that somebody asks about, and save a question if
    /// they are needed later. Full: of the host that sent the most of them, the one that expires
    /// soonest makes room.
    pub cache_idle_records_max: usize,
    /// How many bytes of names and rdata these may hold. Default 2 MiB. Full: as above.
    pub cache_idle_bytes_max: usize,
    /// How many record types one name can have on a link, besides the well-known ones and those
    /// that are asked for. Default 64.
    ///
    /// Full: a record of a further type is not stored.
    pub types_per_name_max: usize,
    /// How many PTR records one name can have on a link. Default 10,240: a type can have this many
    /// instances.
    ///
    /// Beyond two fifths, it fills slowly, and not while more hosts send than
    /// [`sources_max`](Self::sources_max). Full: a host that has sent many more than the sender of
    /// the new record makes room. If there is none, the new record is not stored, and is asked for
    /// again later.
    pub pointers_per_name_max: usize,
    /// How many records of one other type a name can have on a link. Default 64.
    ///
    /// Full: a host that has sent many more than the sender of the new record makes room. If there
    /// is none, the new record is not stored.
    pub records_per_set_max: usize,
    /// The longest time for which a record is believed without being received again, in seconds.
    /// Default 4,500, 75 minutes. A record with a longer TTL is refreshed as if it had this one.
    pub ttl_secs_max: u32,
    /// How many records a query of ours lists as known. Default 10,240, as many as a type can have
    /// instances: about 250 packets.
    ///
    /// Full: the others are not listed, and their owners answer once more. Each of these answers
    /// postpones the next query as much as a packet of known answers does.
    pub known_answers_max: usize,
    /// How many aliases (CNAME records) a query follows. Default 8.
    ///
    /// Full: the chain ends there; the query gets no answer through it.
    pub alias_depth_max: usize,
    /// How many times in a row another host's question replaces ours (RFC 6762 section 7.3).
    /// Default 3.
    pub suppressions_max: u8,
    /// How many instances one browse follows. Default 32,768.
    ///
    /// Full: further ones are not reported until an eighth of the room is free.
    pub instances_per_browse_max: usize,
    /// How many registrations there may be. Default 65,536. Full: a further one is an error.
    pub registrations_max: usize,
    /// How many addresses of one family a name of ours can have on a link. Default 64, as many as
    /// others store.
    ///
    /// Full: more given addresses are an error; of the addresses of interfaces, the first are used.
    pub addresses_per_name_max: usize,
    /// How many unicast replies may be waiting. Default 4,096.
    ///
    /// Full: a further one is not sent; the querier asks again.
    pub replies_max: usize,
    /// How many unknown peers, which were not answered recently, are answered by unicast per
    /// second. Default 50; with 0 none is.
    ///
    /// Half of them are reserved for hosts that were refused and ask again.
    ///
    /// Full: a querier that can be answered by multicast is answered that way. A legacy querier
    /// (RFC 6762 section 6.7) gets no answer, and asks again. Replies to unused addresses keep the
    /// operating system busy for seconds, until nothing leaves any more.
    pub unknown_peers_per_second_max: u32,
    /// How many hosts that were answered by unicast are remembered. Default 1,024.
    ///
    /// Full: the one answered longest ago counts as an unknown peer again.
    pub recent_peers_max: usize,
    /// How many hosts that asked and were not answered by unicast are remembered. Default 4,096.
    ///
    /// Full: the one refused longest ago counts as one that asks for the first time.
    pub unknown_peers_refused_max: usize,
    /// How many truncated queries are remembered until their last packet has come. Default 256.
    ///
    /// Full: a further one is answered after 400 to 500 ms, whatever its further packets list.
    pub truncated_queries_max: usize,
    /// How many sources the rate limit remembers, by address and link. Default 12,288.
    ///
    /// Full: the one heard longest ago is forgotten, which does it no harm. At four fifths there is
    /// a notice.
    pub sources_max: usize,
    /// How many packets of ours are remembered for the two seconds in which they may come back.
    /// Default 8,192: more than a burst of announcements of 10,000 services has.
    ///
    /// Full: the one sent first is forgotten. If it comes back, it is taken for a packet of another
    /// program of this host, with equal records, which is no conflict.
    pub sent_packets_max: usize,
    /// How many withdrawn records are remembered for the second in which they may not be multicast
    /// again. Default 1,024. Full: the one withdrawn first is forgotten.
    pub ended_records_max: usize,
    /// How many notices, and log lines for them, there may be at once; after that one per second.
    /// Default 16. Full: further notices are only counted.
    pub notices_at_once_max: u32,
}

impl Limits {
    /// Returns limits for a device with 64 KiB of heap: enough to publish four services and to
    /// follow six.
    ///
    /// With them, an [`Agent`](crate::Agent) needs less than 56 KiB where pointers have 64 bits,
    /// and less on a microcontroller, whatever other hosts send. A service that is followed takes
    /// about 4 KiB: raise the fields where the device has room.
    ///
    /// ```
    /// use cooee_proto::{Agent, Config, Instant, Limits};
    ///
    /// let mut config = Config::default();
    /// config.limits = Limits::small();
    /// config.limits.registrations_max = 16;
    /// let agent = Agent::new(config, 0x1234, Instant::ZERO);
    /// # let _ = agent;
    /// ```
    pub fn small() -> Self {
        Self {
            cache_records_max: 48,
            cache_bytes_max: 4 << 10,
            cache_idle_records_max: 16,
            cache_idle_bytes_max: 1 << 10,
            types_per_name_max: 8,
            pointers_per_name_max: 10,
            records_per_set_max: 8,
            ttl_secs_max: 4_500,
            known_answers_max: 32,
            alias_depth_max: 2,
            suppressions_max: 3,
            instances_per_browse_max: 6,
            registrations_max: 8,
            addresses_per_name_max: 4,
            replies_max: 8,
            unknown_peers_per_second_max: 10,
            recent_peers_max: 8,
            unknown_peers_refused_max: 8,
            truncated_queries_max: 4,
            sources_max: 24,
            sent_packets_max: 16,
            ended_records_max: 16,
            notices_at_once_max: 2,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cache_records_max: 65_536,
            cache_bytes_max: 16 << 20,
            cache_idle_records_max: 1_024,
            cache_idle_bytes_max: 2 << 20,
            types_per_name_max: 64,
            pointers_per_name_max: 10_240,
            records_per_set_max: 64,
            ttl_secs_max: 4_500,
            known_answers_max: 10_240,
            alias_depth_max: 8,
            suppressions_max: 3,
            instances_per_browse_max: 32_768,
            registrations_max: 65_536,
            addresses_per_name_max: 64,
            replies_max: 4_096,
            unknown_peers_per_second_max: 50,
            recent_peers_max: 1_024,
            unknown_peers_refused_max: 4_096,
            truncated_queries_max: 256,
            sources_max: 12_288,
            sent_packets_max: 8_192,
            ended_records_max: 1_024,
            notices_at_once_max: 16,
        }
    }
}

/// How many packets one source may send before the excess is dropped unread.
///
/// A source is an address on a link, with any port. Packets of this host that come back do not
/// count, and neither do probes for names of others. Probes for names of ours are counted
/// separately from other queries, up to the same rate: a name is defended even in a flood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    /// For queries. Default 100 per second, 500 at once.
    pub queries: Rate,
    /// For responses. Default 1,000 per second, 10,000 at once: a host that announces 10,000
    /// services is busy, but honest.
    pub responses: Rate,
    /// For the records that its questions may cause us to multicast. Default 2,000 per second,
    /// 20,000 at once: a browse for a type with 10,000 instances, twice. Answers that defend a
    /// name, or are about to be multicast anyway, are never withheld.
    pub answers: Rate,
    /// For the records that the questions of all sources together may cause us to multicast.
    /// Default 8,000 per second, 80,000 at once: as much as four sources.
    ///
    /// A record is multicast at most once per second on a link, so a host with 8,000 records never
    /// gets there. Questions that ask for more than 100 records leave half of those at once to the
    /// other questions.
    pub all_answers: Rate,
    /// How long a source that exceeded its limit is ignored, except for probes for names of ours.
    /// Default `None`: it is accepted within the limit. A minute is common.
    ///
    /// A source address is easily forged, so this lets a forger silence an honest host.
    pub cool_down: Option<Duration>,
}

impl RateLimit {
    /// Limits queries to this number per second and five times as many at once, responses to ten
    /// and a hundred times as many, answers to twenty and two hundred times, and the answers to all
    /// sources together to four times that. At least 1.
    pub fn queries_per_sec(count: u32) -> Self {
        let times = |factor| count.max(1).saturating_mul(factor);
        Self {
            queries: Rate::new(times(1), times(5)),
            responses: Rate::new(times(10), times(100)),
            answers: Rate::new(times(20), times(200)),
            all_answers: Rate::new(times(80), times(800)),
            cool_down: None,
        }
    }
}

impl Default for RateLimit {
    fn default() -> Self {
        Self::queries_per_sec(100)
    }
}

/// A number of packets per second, and a number at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    per_sec: u32,
    burst: u32,
}

impl Rate {
    /// Creates a rate of packets per second, with a burst after a pause. At least 1 of each.
    pub fn new(per_sec: u32, burst: u32) -> Self {
        Self {
            per_sec: per_sec.max(1),
            burst: burst.max(1),
        }
    }

    /// Returns how many packets per second it allows.
    pub fn per_sec(self) -> u32 {
        self.per_sec
    }

    /// Returns how many packets it allows at once after a pause.
    pub fn burst(self) -> u32 {
        self.burst
    }

    /// Returns the time from one packet to the next.
    pub(crate) fn interval(self) -> Duration {
        part_of(Duration::from_secs(1), self.per_sec)
    }

    /// Returns the time in which an empty bucket fills.
    pub(crate) fn span(self) -> Duration {
        self.interval().saturating_mul(self.burst)
    }
}

/// How many truncated queries of one host, over one address family, are distinguished. Full: a
/// further one counts as a part of the latest.
pub(crate) const TRUNCATED_PER_HOST_MAX: usize = 4;

/// How many truncated queries can wait for one answer, and withdraw their request. Full: the answer
/// is sent whatever they list later.
pub(crate) const ASKERS_MAX: usize = 16;

/// How many names of a probe are checked, before the rate limit, for one of ours: more than fit
/// into an Ethernet packet with their proposed records.
pub(crate) const PROBED_NAMES_MAX: usize = 100;

/// How many names that this host itself uses a user's function may choose in a row. Full: the name
/// is given up.
pub(crate) const NAMES_CHOSEN_AT_ONCE_MAX: u32 = 64;

/// How many records a query may have multicast without leaving some to the queries of others.
pub(crate) const FEW_ANSWERS_MAX: u32 = 100;

/// How many pointers per second are accepted beyond those that a name gets at once.
pub(crate) const CROWD_GROWTH_PER_SEC: u32 = 64;
/// How many of them are accepted at once after a pause.
pub(crate) const CROWD_GROWTH_BURST: u32 = 640;

/// How many query packets per second this host makes at most, besides those that list further known
/// answers. The limit holds for all causes and all senders together.
pub(crate) const QUERY_PACKETS_PER_SEC: u32 = 50;
/// How many of them it makes at once after a pause: the questions about 10,000 instances.
pub(crate) const QUERY_PACKETS_BURST: u32 = 1_000;
