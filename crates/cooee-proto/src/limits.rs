//! How much of everything is kept, and what happens when it is full.
//!
//! In:  the caller's choices, each with a default.
//! Out: [`Limits`], read by every table of the engine.

/// The capacities of the engine's tables.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// How many records the cache holds. Default 65,536.
    ///
    /// Full: the record that nobody asks about and that expires soonest makes room; when all
    /// are asked about, the one whose next deadline is soonest.
    pub cache_records_max: usize,
    /// How many bytes of names and rdata the cache holds. Default 16 MiB. Full: as above.
    pub cache_bytes_max: usize,
    /// How many record types one name can have, over all links. Default 64.
    ///
    /// Full: a record of a further type is not kept.
    pub types_per_name_max: usize,
    /// The longest time a record is believed without being heard again, in seconds. Default one
    /// day. A longer TTL counts as this one.
    pub ttl_secs_max: u32,
    /// How many aliases (CNAME records) a query follows. Default 8.
    ///
    /// Full: the chain ends there; the query gets no answer through it.
    pub alias_depth_max: usize,
    /// How many times in a row another host's question replaces ours (RFC 6762 section 7.3)
    /// before we ask again ourselves. Default 3.
    pub suppressions_max: u8,
    /// How many instances one browse follows. Default 32,768.
    ///
    /// Full: further ones are counted and not reported until there is room.
    pub instances_per_browse_max: usize,
    /// How many registrations there may be. Default 65,536. Full: a further one is an error.
    pub registrations_max: usize,
    /// How many unicast replies may be waiting. Default 4,096.
    ///
    /// Full: a further one is not sent; the querier asks again.
    pub replies_max: usize,
    /// How many truncated queries are remembered until their last packet has come. Default 64.
    ///
    /// Full: a further one is answered after 400 to 500 ms, however many packets follow.
    pub truncated_queries_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cache_records_max: 65_536,
            cache_bytes_max: 16 << 20,
            types_per_name_max: 64,
            ttl_secs_max: 86_400,
            alias_depth_max: 8,
            suppressions_max: 3,
            instances_per_browse_max: 32_768,
            registrations_max: 65_536,
            replies_max: 4_096,
            truncated_queries_max: 64,
        }
    }
}

/// How many names a user's function may choose in a row that this host has taken itself. Full: the
/// name is given up.
pub(crate) const NAMES_CHOSEN_AT_ONCE_MAX: u32 = 64;
