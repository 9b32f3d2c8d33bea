//! What the engine counts.
//!
//! In:  verdicts and events inside the engine.
//! Out: [`Stats`], a snapshot of plain numbers.

use crate::transmit::Ignored;

/// Counters since the engine was made, and the sizes of its tables now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Responses that held something of interest.
    pub responses: u64,
    /// Queries of others about names known here.
    pub queries: u64,
    /// Datagrams that were ignored, by reason.
    pub ignored: IgnoredStats,
    /// Records that could not be read, in packets that could.
    pub malformed_records: u64,
    /// Query packets made.
    pub packets: u64,
    /// Questions put into them.
    pub questions: u64,
    /// Known answers put into them.
    pub known_answers: u64,
    /// Records that were known and not listed, because a query may not list as many.
    pub known_answers_unlisted: u64,
    /// Questions that another host asked for us (RFC 6762 section 7.3).
    pub suppressed: u64,
    /// Times that a query packet waited because too many were made.
    pub queries_held: u64,
    /// Records that left the cache because it was full.
    pub evicted: u64,
    /// Records refused because their name had too many types, their set too many records, or the
    /// cache no room beside what is asked about.
    pub refused: u64,
    /// Conflicts about names of ours: each draws a probing, and the announcements of one name.
    pub conflicts: u64,
    /// Packets to the group that the system took by no family.
    pub unsent: u64,
    /// Unicast replies that were not sent because too many were waiting.
    pub replies_dropped: u64,
    /// Times that the further questions of a query were not judged because it asked for too much.
    pub questions_skipped: u64,
    /// Records that were not multicast because the questions of one source wanted too many.
    pub answers_withheld: u64,
    /// Truncated queries not remembered because too many were: their answers did not wait for
    /// more than one packet of known answers.
    pub truncated_dropped: u64,
    /// Times that a source went over its rate limit, after it had kept it.
    pub sources_limited: u64,
    /// Sources forgotten because too many were remembered.
    pub sources_evicted: u64,
    /// Sources that the rate limit remembers now.
    pub sources: usize,
    /// Unicast replies that were not sent because too many strangers wanted one.
    pub strangers_refused: u64,
    /// Packets of ours forgotten before the time in which they may come back was over.
    pub sent_forgotten: u64,
    /// Withdrawn records forgotten before the second after their last multicast was over.
    pub ended_forgotten: u64,
    /// Notices not told because there were too many.
    pub notices_dropped: u64,
    /// Hosts remembered that asked to be answered by unicast.
    pub acquaintances: usize,
    /// Records in the cache now.
    pub cache_records: usize,
    /// Bytes of names and rdata in the cache now.
    pub cache_bytes: usize,
    /// Questions being asked now.
    pub open_questions: usize,
}

/// How many datagrams were ignored, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IgnoredStats([u64; Ignored::ALL.len()]);

impl IgnoredStats {
    /// How many datagrams were ignored for `reason`.
    pub fn count(&self, reason: Ignored) -> u64 {
        self.0.get(reason as usize).copied().unwrap_or_default()
    }

    /// Every reason with its count.
    pub fn iter(&self) -> impl Iterator<Item = (Ignored, u64)> + '_ {
        Ignored::ALL.into_iter().zip(self.0)
    }

    pub(crate) fn add(&mut self, reason: Ignored) {
        if let Some(count) = self.0.get_mut(reason as usize) {
            *count = count.saturating_add(1);
        }
    }
}
