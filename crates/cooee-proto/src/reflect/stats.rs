//! What a rule has done.
//!
//! In:  what crosses, and what is refused.
//! Out: [`RuleStats`].

use super::crossing::CrossingContent;
use super::rule::Refusal;

/// Counters of a rule. All only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleStats {
    /// Packets with questions that were sent to the link of the services.
    pub queries: u64,
    /// Packets with answers, announcements or goodbyes that were multicast to the other link.
    pub answers: u64,
    /// Packets with answers that were sent to one host.
    pub replies: u64,
    /// Records in these answers and replies.
    pub records: u64,
    /// Bytes of all these packets, without headers of IP and UDP.
    pub bytes: u64,
    /// Packets that were not needed, because everything in them had been sent less than a second
    /// before.
    pub repeated: u64,
    /// Packets that were dropped because the rule had sent as many as its rate allows, or too many
    /// were waiting.
    pub over_rate: u64,
    refused: [u64; Refusal::ALL.len()],
}

impl RuleStats {
    /// Returns how many questions and records were refused for a reason.
    pub fn refused(&self, reason: Refusal) -> u64 {
        let mut all = Refusal::ALL.iter().zip(&self.refused);
        all.find(|(known, _)| **known == reason)
            .map_or(0, |(_, count)| *count)
    }

    pub(super) fn refuse(&mut self, reason: Refusal) {
        let mut all = Refusal::ALL.iter().zip(&mut self.refused);
        if let Some((_, count)) = all.find(|(known, _)| **known == reason) {
            *count = count.saturating_add(1);
        }
    }

    pub(super) fn count(&mut self, content: &CrossingContent) {
        let (packets, records) = match content {
            CrossingContent::Query(_) => (&mut self.queries, 0),
            CrossingContent::Answer(answer) => (&mut self.answers, answer.items.len()),
            CrossingContent::Reply(reply) => (&mut self.replies, reply.items.len()),
        };
        *packets = packets.saturating_add(1);
        self.records = self.records.saturating_add(records as u64);
    }
}
