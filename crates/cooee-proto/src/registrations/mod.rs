//! What this host registers: records that are published and withdrawn together, under one claimed
//! name or none.
//!
//! In:  record sets of the user.
//! Out: the ids that the engine and its user use for them; why a set is refused. RFC 6762 sections
//!      2 (unique and shared records) and 8.1 (probing).

mod table;

use alloc::vec::Vec;
use core::fmt;

use cooee_wire::{Name, RData, RecordType, Ttl};

pub(crate) use self::table::{RecordIds, Registration, Registrations};
use crate::link::{Family, LinkId};
use crate::ordered::{Key, keys};

/// A registration that lives until it is withdrawn. No two of an engine have the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistrationId {
    pub(crate) slot: u32,
    pub(crate) generation: u32,
}

impl Key for RegistrationId {
    const BITS: u32 = <(u32, u32)>::BITS;

    fn to_bits(self) -> u128 {
        (self.slot, self.generation).to_bits()
    }

    fn from_bits(bits: u128) -> Self {
        let (slot, generation) = Key::from_bits(bits);
        Self { slot, generation }
    }
}

/// A record of this host, which several registrations may publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RecordId(pub(crate) u32);

keys! {
    RecordId: u32 RecordId, |id| id.0;
    WithdrawalId: u64 WithdrawalId, |id| id.0;
}

/// A withdrawal of one registration or several. No two of an engine have the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WithdrawalId(pub(crate) u64);

/// A withdrawal whose goodbyes were all tried once (RFC 6762 section 10.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawn {
    /// The withdrawal.
    pub id: WithdrawalId,
    /// The goodbyes that were sent, by link. A goodbye that the system has refused is not included,
    /// although it is tried again later.
    pub goodbyes: Vec<GoodbyesOn>,
}

/// The goodbyes of a withdrawal that were sent on one link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoodbyesOn {
    /// The link.
    pub link: LinkId,
    /// How many datagrams held a goodbye; IPv4 and IPv6 count separately.
    pub datagrams: usize,
    /// How many records they withdrew, counted in each datagram.
    pub records: usize,
}

/// A record to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedRecord {
    /// Its name.
    pub name: Name,
    /// Its TTL in seconds: 120 for records that name a host, 4,500 for others (RFC 6762 section
    /// 10).
    pub ttl: Ttl,
    /// Whether this host alone owns the records of this name and type.
    pub unique: bool,
    /// Its data.
    pub data: RData,
    /// The only link on which it is valid; every link if `None`.
    pub link: Option<LinkId>,
}

/// Records that are published and withdrawn together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordSet {
    /// The name to claim by probing before any of them is published. `None` skips probing: for
    /// shared records, for unique ones that cannot be in use elsewhere, and for those that a proxy
    /// takes over from a responder that has verified them.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
    //# Similarly, if a responder is acting as a proxy,
    //# taking over from another Multicast DNS responder that has already
    //# verified the uniqueness of the record, then the proxy SHOULD NOT
    //# repeat the probing step for those records.
    pub claim: Option<Name>,
    /// The records.
    pub records: Vec<OwnedRecord>,
    /// Whether other programs on this host may also own the claimed name, as with the host's own
    /// name: packets from an address of this host are then no conflict.
    pub cooperates: bool,
    /// The only links on which to claim the name and publish the records; every link if empty.
    /// Fixed at registration.
    pub links: Vec<LinkId>,
    /// The only address family over which to claim the name, to publish the records and to answer;
    /// both if `None`. A link without an address of it does not count. Fixed at registration.
    pub over: Option<Family>,
    /// Whether addresses by which no host is reached are published, if that does no harm:
    /// unspecified ones, and those that are reserved for documentation.
    pub any_address: bool,
}

/// Why records cannot be registered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegisterError {
    /// Another registration of this host claims the name.
    NameTaken {
        /// The name.
        name: Name,
    },
    /// A record does not fit into the largest possible packet (RFC 6762 section 17).
    TooLarge {
        /// The record's name.
        name: Name,
        /// Its type.
        rtype: RecordType,
    },
    /// The name has more addresses of one family than others store.
    TooManyAddresses {
        /// The name.
        name: Name,
        /// How many it may have: [`Limits::addresses_per_name_max`](crate::Limits::addresses_per_name_max).
        max: usize,
    },
    /// There is no registration with this id any more.
    Unknown,
    /// There are as many registrations as the limits allow.
    Full,
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameTaken { name } => write!(f, "this host has already registered `{name}`"),
            Self::TooLarge { name, rtype } => {
                write!(
                    f,
                    "the {rtype} record of `{name}` does not fit into a packet of 9,000 bytes"
                )
            }
            Self::TooManyAddresses { name, max } => {
                write!(f, "`{name}` has more than {max} addresses of one family")
            }
            Self::Unknown => f.write_str("the registration does not exist any more"),
            Self::Full => f.write_str("the limit of registrations is reached"),
        }
    }
}

impl core::error::Error for RegisterError {}
