//! Which links may be used now, and how long a packet may be.
//!
//! In:  the state of the links.
//! Out: what is needed to compose a packet for a link.

use super::Links;

use crate::link::{LinkId, LinkInfo};
use crate::time::Instant;
use crate::transmit::MESSAGE_LEN_MAX;

/// The links at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Gate<'a> {
    pub(crate) now: Instant,
    pub(crate) links: &'a Links,
}

impl Gate<'_> {
    /// Returns whether a link accepts packets now, as far as is known.
    pub(crate) fn is_open(self, link: LinkId) -> bool {
        let known = self.links.up.get(link);
        known.is_none_or(|link| link.troubles.is_open(self.now))
    }

    /// Returns the maximum length of a message on a link.
    pub(crate) fn budget(self, link: LinkId) -> usize {
        self.links.budget(link)
    }
}

impl Links {
    /// Returns the maximum length of a message on a link.
    pub(crate) fn budget(&self, link: LinkId) -> usize {
        self.info(link).map_or(MTU_MIN, message_len_max)
    }
}

/// Returns the maximum length of a message on a link: what the MTU leaves after IPv6 and UDP
/// headers.
pub(crate) fn message_len_max(info: &LinkInfo) -> usize {
    let mtu = usize::try_from(info.mtu).unwrap_or(usize::MAX);
    mtu.clamp(MTU_MIN, MESSAGE_LEN_MAX)
        .saturating_sub(HEADERS_LEN)
}

/// The smallest MTU that is believed, in bytes; a message must have room for one long name.
pub(crate) const MTU_MIN: usize = 576;
/// An IPv6 header and a UDP header, in bytes.
const HEADERS_LEN: usize = 40 + 8;
