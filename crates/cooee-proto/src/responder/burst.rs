//! Packets that are one answer: made at one moment for one link, with nothing received in between.
//!
//! In:  the packets made; the datagrams received.
//! Out: the answer to which a packet belongs. RFC 6762 sections 6 (one second between multicasts)
//!      and 17 (answers of several packets).

use crate::link::LinkId;
use crate::time::Instant;

/// A number that the packets of one answer share, and no others of the same second: who sent a record
/// longer ago may send it again anyway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BurstId(u16);

/// The packets being made.
#[derive(Default)]
pub(crate) struct Burst {
    id: BurstId,
    open: Option<(LinkId, Instant)>,
}

impl Burst {
    /// Starts a packet for a link: it continues the present answer there, or begins a new one.
    pub(crate) fn packet(&mut self, link: LinkId, now: Instant) -> BurstId {
        if self.open != Some((link, now)) {
            self.open = Some((link, now));
            self.id = BurstId(self.id.0.wrapping_add(1));
        }
        self.id
    }

    /// Ends the answer: everything was sent, or something was received.
    pub(crate) fn end(&mut self) {
        self.open = None;
    }
}
