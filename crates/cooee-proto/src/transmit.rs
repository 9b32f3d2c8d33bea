//! Inputs and outputs: datagrams, verdicts, transmits and deadlines.
//!
//! In:  bytes with their origin.
//! Out: a [`Verdict`] about them; bytes with their destination; when to wake up, and why. Where
//!      Multicast DNS is spoken: its port and groups.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::link::{Family, LinkId};
use crate::time::Instant;

/// The UDP port of Multicast DNS (RFC 6762 section 3).
pub const MDNS_PORT: u16 = 5353;

/// The IPv4 group of Multicast DNS (RFC 6762 section 3).
pub const MDNS_GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);

/// The IPv6 group of Multicast DNS (RFC 6762 section 3). Send to it with the interface as its scope.
pub const MDNS_GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfb);

//= https://www.rfc-editor.org/rfc/rfc6762#section-17
//# Even when fragmentation is used, a Multicast DNS packet, including IP
//# and UDP headers, MUST NOT exceed 9000 bytes.
/// The longest payload that the engine reads, in bytes. A driver's receive buffer needs no more;
/// with one byte more it can tell a longer datagram from one of this length.
pub const MESSAGE_LEN_MAX: usize = 9_000;

/// A datagram as it was received.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    /// The link on which it was received.
    pub link: LinkId,
    /// The sender.
    pub source: SocketAddr,
    /// The address it was sent to: the group, or one of ours.
    pub destination: IpAddr,
    /// Its payload.
    pub bytes: &'a [u8],
}

/// The engine's verdict about a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// A response with records for our cache.
    Response,
    /// A query about names that we know.
    Query,
    /// Nothing in it concerns this host, or it had to be dropped.
    Ignored(Ignored),
}

/// Why a datagram was ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Ignored {
    /// Nobody here asks about its names.
    NotOurs,
    /// It is an echo of our own packet.
    OwnEcho,
    /// It arrived on a link that is not up.
    UnknownLink,
    /// It comes from outside the link's subnets, and was sent to an address of ours or is refused
    /// for that alone ([`SourceCheck::SameSubnet`](crate::SourceCheck::SameSubnet)).
    OffLink,
    /// It is a response whose source port is not 5353.
    ResponsePort,
    /// It is a unicast response and no question of ours asked for one.
    Unsolicited,
    /// Its source port is 0, or its source is not a unicast address.
    BadSource,
    /// It is longer than 9,000 bytes.
    TooLong,
    /// It has an opcode or rcode other than 0.
    Opcode,
    /// It cannot be read as a DNS message.
    Malformed,
    /// Its source has sent more than the rate limit allows.
    RateLimited,
    /// It is a query that was read so late that nobody waits for an answer any more.
    Late,
}

impl Ignored {
    /// All reasons.
    pub const ALL: [Self; 12] = [
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
        Self::Late,
    ];

    /// Returns a stable name for counters and logs.
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
            Self::Late => "late",
        }
    }
}

/// A packet that the engine has written. Nothing in it counts as sent before the caller hands this
/// back with the result, which can be done once.
///
/// A packet that is dropped without a report counts as not sent.
#[derive(Debug)]
#[must_use = "nothing counts as sent before its delivery is reported to `handle_transmit`"]
pub struct Transmit {
    /// Its destination.
    pub route: Route,
    /// Identifies it among the packets in transit.
    pub(crate) number: u64,
}

/// The result of sending a packet, by address family.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Over IPv4.
    pub v4: Fate,
    /// Over IPv6.
    pub v6: Fate,
}

impl Delivery {
    /// It left over every family that it was for.
    pub const LEFT: Self = Self {
        v4: Fate::Left,
        v6: Fate::Left,
    };

    /// Returns its result over one family.
    pub fn over(self, family: Family) -> Fate {
        match family {
            Family::V4 => self.v4,
            Family::V6 => self.v6,
        }
    }

    /// Records its result over one family.
    pub fn note(&mut self, family: Family, fate: Fate) {
        match family {
            Family::V4 => self.v4 = fate,
            Family::V6 => self.v6 = fate,
        }
    }
}

/// The result of sending a packet over one address family.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    /// It was not for this family, or the link has no socket for it.
    #[default]
    Unsuited,
    /// The system has accepted it.
    Left,
    /// The system has refused it.
    Failed(SendFailure),
}

/// Why the system refused a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SendFailure {
    /// It is not allowed, usually because of a firewall.
    Forbidden,
    /// There is no route to the network, or no address to send from.
    NoNetwork,
    /// There is no room for it now.
    NoRoom,
    /// It is too long.
    TooLong,
    /// There is no socket for it, usually because another program holds the port.
    NoSocket,
    /// Something else.
    Other,
}

impl fmt::Display for SendFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Forbidden => "the system does not allow it; is there a firewall?",
            Self::NoNetwork => "there is no way to the network",
            Self::NoRoom => "the system has no room for it",
            Self::TooLong => "the packet is too long",
            Self::NoSocket => "there is no socket; does another program hold the port?",
            Self::Other => "the system refuses it",
        })
    }
}

/// The link and the destination of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// The link to send on.
    pub link: LinkId,
    /// The destination.
    pub destination: Destination,
}

/// The destination of a packet. A query goes to a group, whatever it asks for: no variant names a
/// DNS server.
//= https://www.rfc-editor.org/rfc/rfc6762#section-22.1
//# Name resolution APIs and libraries SHOULD recognize these names
//# as special and SHOULD NOT send queries for these names to their
//# configured (unicast) caching DNS server(s).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    //= https://www.rfc-editor.org/rfc/rfc6762#section-6
    //# The destination UDP port in all Multicast DNS responses MUST be 5353,
    //# and the destination address MUST be the mDNS IPv4 link-local
    //# multicast address 224.0.0.251 or its IPv6 equivalent FF02::FB, except
    //# when generating a reply to a query that explicitly requested a
    //# unicast response:
    //# * via the unicast-response bit,
    /// To 224.0.0.251 and to ff02::fb, port 5353: to each for which the link has a socket.
    Multicast,
    /// To the group of one family alone: the other one does not need it, or has a failure.
    MulticastBy(Family),
    /// To one host.
    Unicast(SocketAddr),
}

/// When to call `handle_timeout` next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The moment.
    pub at: Instant,
    /// The reason, which explains a busy loop.
    pub reason: Wakeup,
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wakeup {
    /// A cached record expires or needs a refresh.
    Cache,
    /// A question is to be sent.
    Question,
    /// A probe is to be sent, or a claim is established.
    Probe,
    /// An answer, an announcement or a goodbye is to be multicast.
    Answer,
    /// A unicast reply is to be sent.
    Reply,
    /// An address family that took no packets is tried again.
    Retry,
    /// A packet that was polled is given up, because nobody has reported what became of it.
    Unreported,
    /// A record that was left out for a co-resident responder is published again.
    Reclaim,
    /// A name has been disputed for so long that its user must be informed.
    Nameless,
    /// A change of a service has waited long enough.
    Update,
    /// So many services have changed at once that some are still to be reported.
    Report,
}
