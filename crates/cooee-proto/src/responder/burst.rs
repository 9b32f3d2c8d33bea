//! Packets that are one answer: made at one moment for one link, with nothing heard in between.
//!
//! In:  the packets made; the datagrams heard.
//! Out: which answer a packet is a part of.
//! RFC 6762 sections 6 (one second between multicasts) and 17 (answers of several packets).

use crate::link::LinkId;
use crate::time::Instant;

/// A number that the packets of one answer share, and no others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BurstId(u32);

/// The packets being made.
#[derive(Default)]
pub(crate) struct Burst {
    id: BurstId,
    open: Option<(LinkId, Instant)>,
}

impl Burst {
    /// A packet is made for a link: it goes on with what is being said there, or begins anew.
    pub(crate) fn packet(&mut self, link: LinkId, now: Instant) -> BurstId {
        if self.open != Some((link, now)) {
            self.open = Some((link, now));
            self.id = BurstId(self.id.0.wrapping_add(1));
        }
        self.id
    }

    /// All is said that was to be said, or something was heard: what follows is another answer.
    pub(crate) fn end(&mut self) {
        self.open = None;
    }
}
