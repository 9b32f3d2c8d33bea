//! What goes in and what comes out: datagrams, verdicts, transmits and deadlines.
//!
//! In:  bytes with where they came from.
//! Out: a [`Verdict`] on them; bytes with where they shall go; when to wake up, and why.

use core::net::{IpAddr, SocketAddr};

use crate::link::LinkId;
use crate::time::Instant;

/// A datagram as it was received.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    /// The link it was received on.
    pub link: LinkId,
    /// Who sent it.
    pub source: SocketAddr,
    /// The address it was sent to: the group, or one of ours.
    pub destination: IpAddr,
    /// Its payload.
    pub bytes: &'a [u8],
}

/// What became of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// A response with records for our cache.
    Response,
    /// A query about names that we know.
    Query,
    /// Nothing of it concerns this host, or it had to be dropped.
    Ignored(Ignored),
}

/// Why a datagram was ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Ignored {
    /// It speaks of names that nobody here asks about.
    NotOurs,
    /// It is one of our own packets, come back.
    OwnEcho,
    /// It came in on a link that is not up.
    UnknownLink,
    /// It comes from no subnet of the link, and came to an address of ours or is refused for that
    /// alone ([`SourceCheck::SameSubnet`](crate::SourceCheck::SameSubnet)).
    OffLink,
    /// It is a response whose source port is not 5353.
    ResponsePort,
    /// It is a unicast response and no question of ours asked for one.
    Unsolicited,
    /// Its source port is 0, or its source no unicast address.
    BadSource,
    /// It is longer than 9,000 bytes.
    TooLong,
    /// It has an opcode or rcode other than 0.
    Opcode,
    /// It cannot be read as a DNS message.
    Malformed,
    /// Its source has sent more than the rate limit allows.
    RateLimited,
}

impl Ignored {
    /// Every reason there is.
    pub const ALL: [Self; 11] = [
        Self::NotOurs,
        Self::OwnEcho,
        Self::UnknownLink,
        Self::OffLink,
        Self::ResponsePort,
        Self::Unsolicited,
        Self::BadSource,
        Self::TooLong,
        Self::Opcode,
        Self::Malformed,
        Self::RateLimited,
    ];

    /// A stable name for counters and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotOurs => "not_ours",
            Self::OwnEcho => "own_echo",
            Self::UnknownLink => "unknown_link",
            Self::OffLink => "off_link",
            Self::ResponsePort => "response_port",
            Self::Unsolicited => "unsolicited",
            Self::BadSource => "bad_source",
            Self::TooLong => "too_long",
            Self::Opcode => "opcode",
            Self::Malformed => "malformed",
            Self::RateLimited => "rate_limited",
        }
    }
}

/// Where to send the bytes that `poll_transmit` wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// The link to send on.
    pub link: LinkId,
    /// To whom.
    pub destination: Destination,
}

/// To whom a packet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    //= https://www.rfc-editor.org/rfc/rfc6762#section-6
    //# The destination UDP port in all Multicast DNS responses MUST be 5353,
    //# and the destination address MUST be the mDNS IPv4 link-local
    //# multicast address 224.0.0.251 or its IPv6 equivalent FF02::FB, except
    //# when generating a reply to a query that explicitly requested a
    //# unicast response:
    //# * via the unicast-response bit,
    /// To 224.0.0.251 and to ff02::fb, port 5353: to each that the link has a socket for.
    Multicast,
    /// To one host.
    Unicast(SocketAddr),
}

/// When to call `handle_timeout` next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The moment.
    pub at: Instant,
    /// What is due then: a busy loop explains itself.
    pub reason: Wakeup,
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wakeup {
    /// A cached record expires or wants refreshing.
    Cache,
    /// A question is to be sent.
    Question,
    /// A probe is to be sent, or a claim is established.
    Probe,
    /// An answer or an announcement is to be multicast.
    Answer,
    /// A unicast reply is to be sent.
    Reply,
    /// A name has been disputed for so long that its user is to be told, or a change of a service
    /// has waited long enough.
    Nameless,
}
