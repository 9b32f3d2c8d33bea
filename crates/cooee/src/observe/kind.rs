//! The purposes of messages.
//!
//! In:  nothing.
//! Out: [`MessageKind`], with a name for each.

use std::fmt;

use cooee_wire::DecodeError;

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MessageKind {
    /// A query; or more known answers to the one before it.
    Query,
    /// A query that asks whether a name is free, with the proposed records.
    Probe,
    /// A multicast response that nobody asked for.
    Announcement,
    /// A response to a question.
    Response,
    /// A response whose answers all have a TTL of zero.
    Goodbye,
    /// A query from another port than 5353: its answer goes to that port.
    LegacyQuery,
    /// Not a message of DNS, or one that ends too early.
    Malformed(DecodeError),
}

impl MessageKind {
    /// The names of all kinds, as [`as_str`](Self::as_str) returns them.
    pub const NAMES: [&'static str; 7] = [
        Self::Query.as_str(),
        Self::Probe.as_str(),
        Self::Announcement.as_str(),
        Self::Response.as_str(),
        Self::Goodbye.as_str(),
        Self::LegacyQuery.as_str(),
        MALFORMED,
    ];

    /// Returns the name in lower case with hyphens, such as `legacy-query`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Probe => "probe",
            Self::Announcement => "announcement",
            Self::Response => "response",
            Self::Goodbye => "goodbye",
            Self::LegacyQuery => "legacy-query",
            Self::Malformed(_) => MALFORMED,
        }
    }
}

impl fmt::Display for MessageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

const MALFORMED: &str = "malformed";
