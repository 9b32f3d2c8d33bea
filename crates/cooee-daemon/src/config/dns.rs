//! Settings of the DNS server, which is off unless it listens somewhere.
//!
//! In:  the table `[dns]` of the daemon's own file.
//! Out: a [`DnsServer`], or what is wrong with the table and the word at which it is.

mod prefix;
mod table;

use std::net::SocketAddr;
use std::time::Duration;

use cooee::Name;

pub use prefix::Prefix;
pub(super) use table::DnsTable;

/// Settings of the DNS server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsServer {
    /// The addresses on which it listens. It is off if there are none.
    pub listen: Vec<SocketAddr>,
    /// Who may ask. If it is empty, the hosts that share a network with the address that they ask.
    pub allow: Vec<Prefix>,
    /// Whether it answers for `local`.
    pub serves_local: bool,
    /// Whether it answers for the addresses on the links.
    pub serves_reverse: bool,
    /// How long it waits when nobody on the links answers.
    pub wait_max: Duration,
    /// How many questions per second one source may ask.
    pub requests_per_second: u32,
    /// How many questions per second are passed on to the links.
    pub link_questions_per_second: u32,
    /// The longest TTL in an answer, in seconds.
    pub ttl_secs_max: u32,
    /// The zones that each show one link.
    pub zones: Vec<LinkZone>,
}

/// A zone that shows what is on one link (RFC 8766).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkZone {
    /// Its name.
    pub name: Name,
    /// The interface on the link.
    pub interface: String,
    /// The servers of the zone, of which this one is the first.
    pub servers: Vec<Name>,
    /// The mailbox of its administrator, as a name.
    pub contact: Name,
}

impl DnsServer {
    /// Returns whether it is on.
    pub fn is_on(&self) -> bool {
        !self.listen.is_empty()
    }
}

impl Default for DnsServer {
    fn default() -> Self {
        Self {
            listen: Vec::new(),
            allow: Vec::new(),
            serves_local: true,
            serves_reverse: true,
            wait_max: super::SILENCE_MAX,
            requests_per_second: 1_000,
            link_questions_per_second: 100,
            ttl_secs_max: TTL_SECS_MAX,
            zones: Vec::new(),
        }
    }
}

//= https://www.rfc-editor.org/rfc/rfc8766#section-5.5.1
//# For traditional Unicast DNS queries (those
//# received without using Long-Lived Queries (LLQ) [RFC8764] or DNS Push
//# Notification subscriptions [RFC8765]), the DNS TTLs reported in the
//# resulting Unicast DNS response MUST be capped to be no more than ten
//# seconds.
/// The longest TTL that can be set, in seconds.
const TTL_SECS_MAX: u32 = 10;

#[cfg(test)]
mod tests;
