//! Settings of the engine.
//!
//! In:  the application's choices.
//! Out: [`Config`], given to the engine when it is created.

use crate::limits::{Limits, RateLimit};

/// Whose packets are accepted, by their source address.
///
/// Refused packets are counted as [`Ignored::OffLink`](crate::transmit::Ignored::OffLink).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SourceCheck {
    /// A packet to the multicast group is local, whatever its source. A packet to an address of
    /// ours must come from a subnet of the link (RFC 6762 section 11).
    #[default]
    Local,
    /// Multicast must also come from a subnet of the link or a link-local address. This excludes
    /// hosts of another subnet on the same link, which RFC 6762 accepts.
    SameSubnet,
}

/// The engine's settings.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Whether answers sent by unicast reach us. False if another program shares port 5353, because
    /// the operating system delivers a unicast datagram to one socket only.
    ///
    /// RFC 6762 section 15.1. Default: true.
    pub unicast_responses: bool,
    /// The limits of all tables.
    pub limits: Limits,
    /// How much one source may send; `None` reads everything. Default: 100 queries and 1,000
    /// responses per second.
    pub rate_limit: Option<RateLimit>,
    /// Whose packets are accepted. Default: [`SourceCheck::Local`].
    pub source_check: SourceCheck,
    /// Whether queries are told again of a record that is received over another family. Default:
    /// false.
    pub follow_families: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            unicast_responses: true,
            limits: Limits::default(),
            rate_limit: Some(RateLimit::default()),
            source_check: SourceCheck::default(),
            follow_families: false,
        }
    }
}
