//! What one packet may cost: how many records are looked at for the sake of its questions.
//!
//! In:  how much each question asks for.
//! Out: whether the next one is still judged.

/// What is left of the effort for one packet.
pub(super) struct Effort(usize);

impl Effort {
    pub(super) fn new() -> Self {
        Self(LOOKS_MAX)
    }

    /// Sets out to look at so many records. Returns whether there was anything left to spend: the
    /// first question is judged whatever it costs.
    pub(super) fn spend(&mut self, looks: usize) -> bool {
        let may = self.0 > 0;
        self.0 = self.0.saturating_sub(looks.max(1));
        may
    }
}

/// A packet of Ethernet that probes for forty names with two records each needs a fifth of this;
/// one of 9,000 bytes can ask 1,400 times for the 10,000 instances of a type.
const LOOKS_MAX: usize = 16_384;
