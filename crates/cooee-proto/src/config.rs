//! What the caller settles once.
//!
//! In:  the application's choices.
//! Out: [`Config`], taken by the engine when it is made.

use crate::limits::{Limits, RateLimit};

/// Whose packets are let in, by the address they come from.
///
/// What is refused is counted as [`Ignored::OffLink`](crate::transmit::Ignored::OffLink).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SourceCheck {
    /// What came to the multicast group is local whatever its source; what came to an address of
    /// ours has to come from a subnet of the link (RFC 6762 section 11).
    #[default]
    Local,
    /// Multicast, too, has to come from a subnet of the link or a link-local address. Hosts of
    /// another subnet on the same link, which RFC 6762 lets in, are not heard then.
    SameSubnet,
}

/// The engine's settings.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Whether answers sent by unicast reach us: false when another program shares port 5353,
    /// since the operating system hands a unicast datagram to one socket only.
    ///
    /// RFC 6762 section 15.1. Default: true.
    pub unicast_responses: bool,
    /// How much of everything is kept at the most.
    pub limits: Limits,
    /// How much one source may say; `None` reads everything. Default: 100 queries and 1,000 responses a
    /// second.
    pub rate_limit: Option<RateLimit>,
    /// Whose packets are let in. Default: [`SourceCheck::Local`].
    pub source_check: SourceCheck,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            unicast_responses: true,
            limits: Limits::default(),
            rate_limit: Some(RateLimit::default()),
            source_check: SourceCheck::default(),
        }
    }
}
