//! The cost limit of one packet: how many records are examined for its questions.
//!
//! In:  the cost of each question.
//! Out: whether the next question is still handled.

/// The remaining effort for one packet.
pub(super) struct Effort(usize);

impl Effort {
    pub(super) fn new() -> Self {
        Self(LOOKS_MAX)
    }

    /// Spends effort for this many records. Returns whether any effort was left before: the first
    /// question is always handled.
    pub(super) fn spend(&mut self, looks: usize) -> bool {
        let may = self.0 > 0;
        self.0 = self.0.saturating_sub(looks.max(1));
        may
    }
}

/// An Ethernet packet that probes for forty names with two records each needs a fifth of this. One
/// of 9,000 bytes can ask 1,400 times for the 10,000 instances of a type.
const LOOKS_MAX: usize = 16_384;
