//! What the engine counts.
//!
//! In:  verdicts and events inside the engine.
//! Out: [`Stats`], a snapshot of plain numbers.

use crate::transmit::Ignored;

/// Counters since the engine was created, and the present sizes of its tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Responses with relevant records.
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
    /// How often a query packet waited because too many were made.
    pub queries_held: u64,
    /// Records that were evicted because the cache was full.
    pub evicted: u64,
    /// Records refused because their name had too many types, their set too many records, or the
    /// cache no room besides records that are asked about.
    pub refused: u64,
    /// Conflicts about names of ours: each causes probing, and the announcements of one name.
    pub conflicts: u64,
    /// Packets to the group that the system accepted over no family.
    pub unsent: u64,
    /// Unicast replies that were not sent because too many were waiting.
    pub replies_dropped: u64,
    /// How often the further questions of a query were skipped because it asked for too much.
    pub questions_skipped: u64,
    /// Records that were not multicast because the questions of one source, or of all, wanted too many.
    pub answers_withheld: u64,
    /// Truncated queries not stored because there were too many: their answers did not wait for
    /// more than one packet of known answers.
    pub truncated_dropped: u64,
    /// How often a source exceeded its rate limit, after it had kept it.
    pub sources_limited: u64,
    /// Sources forgotten because too many were remembered.
    pub sources_evicted: u64,
    /// Sources that the rate limit remembers now.
    pub sources: usize,
    /// Unicast replies that were not sent because too many unknown peers wanted one.
    pub unknown_peers_refused: u64,
    /// Packets of ours that were forgotten while they could still come back.
    pub sent_forgotten: u64,
    /// Withdrawn records that were forgotten within a second of their last multicast.
    pub ended_forgotten: u64,
    /// Notices that were not reported because there were too many.
    pub notices_dropped: u64,
    /// The number of remembered hosts that were answered by unicast.
    pub recent_peers: usize,
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
    /// Returns how many datagrams were ignored for `reason`.
    pub fn count(&self, reason: Ignored) -> u64 {
        self.0.get(reason as usize).copied().unwrap_or_default()
    }

    /// Iterates over every reason with its count.
    pub fn iter(&self) -> impl Iterator<Item = (Ignored, u64)> + '_ {
        Ignored::ALL.into_iter().zip(self.0)
    }

    pub(crate) fn add(&mut self, reason: Ignored) {
        if let Some(count) = self.0.get_mut(reason as usize) {
            *count = count.saturating_add(1);
        }
    }
}
