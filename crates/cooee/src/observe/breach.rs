//! The rules that messages break.
//!
//! In:  nothing.
//! Out: [`Breach`]: what is wrong, with the section of the RFC that says so.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use cooee_wire::{Name, Rcode, RecordType};

/// A rule that a message breaks: of RFC 6762, or one about names in RFC 6763 or RFC 6335.
///
/// Its text form says what is wrong, without the section.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Breach {
    /// A host asks again without a pause of one second.
    QueryTooSoon {
        /// The name that it asks for.
        name: Name,
        /// The type that it asks for.
        rtype: RecordType,
        /// How long ago it asked before.
        gap: Duration,
    },
    /// A host keeps asking without doubling its intervals.
    QueryNotSlowing {
        /// The name that it asks for.
        name: Name,
        /// The type that it asks for.
        rtype: RecordType,
    },
    /// A response comes from another port than 5353.
    ResponsePort {
        /// The port.
        port: u16,
    },
    /// A response contains questions.
    QuestionInResponse,
    /// A legacy response has a TTL over ten seconds.
    LegacyTtl {
        /// The owner of the record.
        name: Name,
        /// The TTL in seconds.
        secs: u32,
    },
    /// A host probes without the records that it proposes.
    ProbeWithoutAuthority {
        /// The name that it probes for.
        name: Name,
    },
    /// Two hosts claim one name with different data.
    Conflict {
        /// The name.
        name: Name,
        /// The type of the record that both have.
        rtype: RecordType,
        /// The other host.
        other: IpAddr,
    },
    /// A TTL is longer than a day.
    TtlTooLong {
        /// The owner of the record.
        name: Name,
        /// The TTL in seconds.
        secs: u32,
    },
    /// The cache-flush bit is set in a shared record.
    FlushOnShared {
        /// The owner of the record.
        name: Name,
    },
    /// The cache-flush bit is set in a known answer.
    FlushInKnownAnswer {
        /// The owner of the record.
        name: Name,
    },
    /// The cache-flush bit is set in a legacy response.
    FlushToLegacy {
        /// The owner of the record.
        name: Name,
    },
    /// The IP TTL, or hop limit, of a response is not 255.
    HopLimit {
        /// The IP TTL or hop limit.
        hops: u8,
    },
    /// The identifier of a multicast message is not zero.
    Id {
        /// The identifier.
        id: u16,
    },
    /// The operation code is not zero.
    Opcode {
        /// The operation code.
        opcode: u8,
    },
    /// The response code is not zero.
    Rcode {
        /// The response code.
        rcode: Rcode,
    },
    /// A flag has the wrong value.
    Flag {
        /// The flag.
        flag: HeaderFlag,
        /// Whether it is set.
        set: bool,
    },
    /// The name of a service is not UTF-8, or it has control characters.
    InstanceText {
        /// The name.
        name: Name,
    },
    /// The second label of a service type is neither `_tcp` nor `_udp`.
    Protocol {
        /// The service type.
        name: Name,
    },
    /// The first label of a service type is not allowed.
    ServiceName {
        /// The service type.
        name: Name,
        /// What the label must be.
        rule: &'static str,
    },
}

/// A flag in the header of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HeaderFlag {
    /// Authoritative Answer.
    Aa,
    /// Truncated.
    Tc,
    /// Recursion Desired.
    Rd,
    /// Recursion Available.
    Ra,
    /// The reserved bit.
    Z,
    /// Authentic Data.
    Ad,
    /// Checking Disabled.
    Cd,
}

impl HeaderFlag {
    /// Returns its name, such as `AA`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aa => "AA",
            Self::Tc => "TC",
            Self::Rd => "RD",
            Self::Ra => "RA",
            Self::Z => "Z",
            Self::Ad => "AD",
            Self::Cd => "CD",
        }
    }

    const fn section(self) -> &'static str {
        match self {
            Self::Aa => "18.4",
            Self::Tc => "18.5",
            Self::Rd => "18.6",
            Self::Ra => "18.7",
            Self::Z => "18.8",
            Self::Ad => "18.9",
            Self::Cd => "18.10",
        }
    }
}

impl Breach {
    /// Returns the number of the RFC that has the rule: 6762, 6763 or 6335.
    #[must_use]
    pub const fn rfc(&self) -> u16 {
        match self {
            Self::InstanceText { .. } | Self::Protocol { .. } => 6763,
            Self::ServiceName { .. } => 6335,
            Self::QueryTooSoon { .. }
            | Self::QueryNotSlowing { .. }
            | Self::ResponsePort { .. }
            | Self::QuestionInResponse
            | Self::LegacyTtl { .. }
            | Self::ProbeWithoutAuthority { .. }
            | Self::Conflict { .. }
            | Self::TtlTooLong { .. }
            | Self::FlushOnShared { .. }
            | Self::FlushInKnownAnswer { .. }
            | Self::FlushToLegacy { .. }
            | Self::HopLimit { .. }
            | Self::Id { .. }
            | Self::Opcode { .. }
            | Self::Rcode { .. }
            | Self::Flag { .. } => 6762,
        }
    }

    /// Returns the section of the RFC that has the rule, such as `10.2`.
    #[must_use]
    pub const fn section(&self) -> &'static str {
        match self {
            Self::QueryTooSoon { .. } | Self::QueryNotSlowing { .. } => "5.2",
            Self::ResponsePort { .. } | Self::QuestionInResponse => "6",
            Self::LegacyTtl { .. } => "6.7",
            Self::ProbeWithoutAuthority { .. } => "8.2",
            Self::Conflict { .. } => "9",
            Self::TtlTooLong { .. } => "10",
            Self::FlushOnShared { .. }
            | Self::FlushInKnownAnswer { .. }
            | Self::FlushToLegacy { .. } => "10.2",
            Self::HopLimit { .. } => "11",
            Self::Id { .. } => "18.1",
            Self::Opcode { .. } => "18.3",
            Self::Rcode { .. } => "18.11",
            Self::Flag { flag, .. } => flag.section(),
            Self::InstanceText { .. } => "4.1.1",
            Self::Protocol { .. } => "4.1.2",
            Self::ServiceName { .. } => "5.1",
        }
    }

    /// Returns a short stable name in lower case with underscores, such as `flush_on_shared`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::QueryTooSoon { .. } => "query_too_soon",
            Self::QueryNotSlowing { .. } => "query_not_slowing",
            Self::ResponsePort { .. } => "response_port",
            Self::QuestionInResponse => "question_in_response",
            Self::LegacyTtl { .. } => "legacy_ttl",
            Self::ProbeWithoutAuthority { .. } => "probe_without_authority",
            Self::Conflict { .. } => "conflict",
            Self::TtlTooLong { .. } => "ttl_too_long",
            Self::FlushOnShared { .. } => "flush_on_shared",
            Self::FlushInKnownAnswer { .. } => "flush_in_known_answer",
            Self::FlushToLegacy { .. } => "flush_to_legacy",
            Self::HopLimit { .. } => "hop_limit",
            Self::Id { .. } => "id",
            Self::Opcode { .. } => "opcode",
            Self::Rcode { .. } => "rcode",
            Self::Flag { .. } => "flag",
            Self::InstanceText { .. } => "instance_text",
            Self::Protocol { .. } => "protocol",
            Self::ServiceName { .. } => "service_name",
        }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::QueryTooSoon { name, rtype, gap } => {
                let ms = gap.as_millis();
                write!(f, "asks for {name} {rtype} again after {ms} ms")
            }
            Self::QueryNotSlowing { name, rtype } => {
                write!(f, "asks for {name} {rtype} without doubling its intervals")
            }
            Self::ResponsePort { port } => write!(f, "a response from port {port}"),
            Self::QuestionInResponse => f.write_str("a response with a question"),
            Self::LegacyTtl { name, secs } => {
                write!(f, "a TTL of {secs} s in a legacy response, at {name}")
            }
            Self::ProbeWithoutAuthority { name } => {
                write!(f, "probes for {name} without the proposed records")
            }
            Self::Conflict { name, rtype, other } => {
                write!(f, "claims {name} {rtype}, as {other} does with other data")
            }
            Self::TtlTooLong { name, secs } => write!(f, "a TTL of {secs} s at {name}"),
            Self::FlushOnShared { name } => write!(f, "cache-flush at the shared record {name}"),
            Self::FlushInKnownAnswer { name } => {
                write!(f, "cache-flush in the known answer {name}")
            }
            Self::FlushToLegacy { name } => write!(f, "cache-flush in a legacy response at {name}"),
            Self::HopLimit { hops } => write!(f, "a hop limit of {hops}"),
            Self::Id { id } => write!(f, "the identifier {id}"),
            Self::Opcode { opcode } => write!(f, "the operation code {opcode}"),
            Self::Rcode { rcode } => write!(f, "the response code {rcode}"),
            Self::Flag { flag, set } => {
                let state = if *set { "set" } else { "not set" };
                write!(f, "the flag {} is {state}", flag.as_str())
            }
            Self::InstanceText { name } => {
                write!(f, "{name} is not UTF-8 or has control characters")
            }
            Self::Protocol { name } => write!(f, "{name} is neither _tcp nor _udp"),
            Self::ServiceName { name, rule } => write!(f, "{name} {rule}"),
        }
    }
}
