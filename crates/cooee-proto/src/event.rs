//! The engine's events: answers to queries, as they appear and disappear.
//!
//! In:  changes of the cache, matched against the questions.
//! Out: [`Event`]s for the queries.

use core::fmt;
use core::net::IpAddr;

use cooee_wire::{Name, RData, RecordType, Ttl};

use crate::link::{Families, Family, LinkId};
use crate::ordered::Key;
use crate::time::Duration;
use crate::transmit::SendFailure;

/// A query that runs until it is stopped. No two queries of an engine have the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueryId {
    pub(crate) slot: u32,
    pub(crate) generation: u32,
}

impl Key for QueryId {
    const BITS: u32 = <(u32, u32)>::BITS;

    fn to_bits(self) -> u128 {
        (self.slot, self.generation).to_bits()
    }

    fn from_bits(bits: u128) -> Self {
        let (slot, generation) = Key::from_bits(bits);
        Self { slot, generation }
    }
}

/// What to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The name.
    pub name: Name,
    /// The record type; [`RecordType::ANY`] for every type.
    pub rtype: RecordType,
    /// The only link to ask on; all links if `None`.
    pub link: Option<LinkId>,
}

/// A result of a query.
#[derive(Clone, Debug)]
pub struct Event {
    /// The query.
    pub query: QueryId,
    /// The link on which it is true.
    pub link: LinkId,
    /// The type of records that the query asks for.
    pub rtype: RecordType,
    /// What changed there.
    pub change: AnswerChange,
}

/// A change of the answers to a query on one link.
#[derive(Clone, Debug)]
pub enum AnswerChange {
    /// A record was found.
    Added(Answer),
    /// A record that was found was received over another family, too. Reported only with
    /// [`Config::follow_families`](crate::Config::follow_families).
    AlsoHeard(Answer),
    /// A record is gone.
    Removed(Answer, Removal),
    /// The owner of the name says that it has no record of this type (RFC 6762 section 6.1).
    Denied,
    /// Nobody has answered a question for an SRV or address record several times in a row. It is
    /// still asked.
    Unanswered,
}

/// A record that answers a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The record's name: the query's, or the end of a chain of aliases.
    pub name: Name,
    /// The TTL with which it was last received.
    pub ttl: Ttl,
    /// Whether its owner claims it as unique (the cache-flush bit).
    pub unique: bool,
    /// Its data.
    pub data: RData,
    /// The families over which it was received on this link.
    pub families: Families,
}

/// A record in the cache, and how old it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CachedAnswer {
    /// The record.
    pub answer: Answer,
    /// The link on which it was received.
    pub link: LinkId,
    /// How long ago it was last received. Time in which the host slept counts.
    pub age: Duration,
    /// How long it will be kept if it is not received again: what is left of its TTL, or less if the
    /// record is being reconfirmed, was replaced, or came with a TTL that is too long to be believed.
    pub remaining: Duration,
}

/// Why a record is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Removal {
    /// Its owner withdrew it (RFC 6762 section 10.1).
    Goodbye,
    /// Its TTL ended and nobody renewed it.
    Expired,
    /// Its owner replaced it (section 10.2).
    Replaced,
    /// The link went away (section 10.3).
    InterfaceGone,
    /// Reconfirmation was requested, and nobody confirmed it (section 10.4).
    Unconfirmed,
    /// Others asked for it and got no answer (section 10.5).
    Unanswered,
    /// The cache was full.
    Evicted,
    /// Of a service: it says that it is not available, because it runs on no host (RFC 2782).
    Unavailable,
}

impl fmt::Display for Removal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Goodbye => "goodbye",
            Self::Expired => "expired",
            Self::Replaced => "replaced",
            Self::InterfaceGone => "interface gone",
            Self::Unconfirmed => "not confirmed",
            Self::Unanswered => "unanswered",
            Self::Evicted => "evicted",
            Self::Unavailable => "not available",
        })
    }
}

/// Writes it like a zone file: name, TTL, class, type and data.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, ttl, data) = (&self.name, self.ttl.as_secs(), &self.data);
        write!(f, "{name} {ttl} IN {} {data}", data.rtype())
    }
}

/// A notice for the log. Each is reported once until its cause has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// A host sends more than the rate limit allows; the excess is dropped.
    SourceLimited {
        /// The link.
        link: LinkId,
        /// Its address.
        source: IpAddr,
    },
    /// Nothing can be sent on a link, or over one family of it. The engine keeps trying.
    SendingFails {
        /// The link.
        link: LinkId,
        /// The family; both if `None`.
        family: Option<Family>,
        /// The reason.
        why: SendFailure,
    },
    /// A link or family reported as `SendingFails` works again.
    SendingWorks {
        /// The link.
        link: LinkId,
        /// The family; both if `None`.
        family: Option<Family>,
    },
    /// So many hosts send that the rate limit will soon forget some.
    SourcesFilling {
        /// How many are remembered.
        tracked: usize,
        /// How many can be remembered: [`Limits::sources_max`](crate::Limits::sources_max).
        max: usize,
    },
}
