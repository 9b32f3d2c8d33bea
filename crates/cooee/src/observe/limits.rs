//! The numbers of the observer: what the RFC asks, and how much is remembered.
//!
//! In:  nothing.
//! Out: named constants. RFC 6762 sections 5.2, 6.7, 8.1, 10, 10.2 and 11.

use std::time::Duration;

/// The least time between the first two queries for the same records.
const QUERY_GAP_MIN: Duration = Duration::from_secs(1);

/// How much shorter a gap may look because packets do not all take equally long.
const JITTER_MAX: Duration = Duration::from_millis(100);

/// Returns whether a query comes too soon after one for the same records.
//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//# Therefore, when retransmitting Multicast DNS queries to implement
//# this kind of continuous monitoring, the interval between the first
//# two queries MUST be at least one second
pub(super) fn is_too_soon(gap: Duration) -> bool {
    gap < QUERY_GAP_MIN.saturating_sub(JITTER_MAX)
}

/// Returns whether two queries are as far apart as two probes.
pub(super) fn is_probe_gap(gap: Duration) -> bool {
    (PROBE_GAP.saturating_sub(JITTER_MAX)..=PROBE_GAP.saturating_add(JITTER_MAX)).contains(&gap)
}

/// The time between two probes.
const PROBE_GAP: Duration = Duration::from_millis(250);

/// A copy of a packet that comes this soon is the same packet, seen twice on its way.
pub(super) const COPY_WITHIN: Duration = Duration::from_millis(10);

/// A gap this short cannot be the third that doubles from one second, as 1, 2, 4 and 8 s do.
pub(super) const SHORT_GAP_MAX: Duration = Duration::from_secs(5);

/// How many short gaps in a row show that the gaps do not double. A program that is started again
/// begins at one second, so some more than three are allowed.
pub(super) const SHORT_GAPS: u8 = 6;

/// The longest time from a question to an answer: a second since the record was last multicast, and
/// 500 ms for more known answers, with room for delays.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_millis(2_000);

/// Two different answers this close together are from two hosts, not from one that has changed.
pub(super) const CHANGE_AFTER: Duration = Duration::from_secs(2);

/// A TTL above this many seconds, a day, keeps what is gone for too long.
pub(super) const TTL_SECS_MAX: u32 = 86_400;

/// The highest TTL in a legacy response, in seconds.
pub(super) const LEGACY_TTL_SECS_MAX: u32 = 10;

/// The IP TTL, or hop limit, of a response.
pub(super) const HOP_LIMIT: u8 = 255;

/// The port of Multicast DNS.
pub(super) const MDNS_PORT: u16 = 5353;

/// How many hosts are counted one by one. The others are counted together.
pub(super) const HOSTS_MAX: usize = 1_024;

/// A host that was silent for this long gives its place to another one, if there is no other place.
pub(super) const HOST_KEPT: Duration = Duration::from_secs(600);

/// How many questions are remembered. Those above are not checked for their pace.
pub(super) const QUESTIONS_MAX: usize = 4_096;

/// How long a question is remembered if there is no other place for another one.
pub(super) const QUESTION_KEPT: Duration = Duration::from_secs(10);

/// How many claims of unique records are remembered.
pub(super) const CLAIMS_MAX: usize = 4_096;

/// How long a claim is remembered: the TTL of most.
pub(super) const CLAIM_KEPT: Duration = Duration::from_secs(120);

/// How many hosts are remembered for one name. The one that claimed it first gives its place.
pub(super) const CLAIMANTS_MAX: usize = 8;

/// How many addresses of one name are remembered for each host.
pub(super) const ADDRESSES_MAX: usize = 16;

/// How many SRV records of one name are remembered for each host. One is usual.
pub(super) const SERVERS_MAX: usize = 2;

/// Records that come this soon one after another belong together.
pub(super) const FLUSH_AFTER: Duration = Duration::from_secs(1);

/// How many names of a host itself are remembered.
pub(super) const OWN_NAMES_MAX: usize = 4;

/// How many responses are compared with later ones.
pub(super) const RESPONSES_MAX: usize = 1_024;

/// How long after the first one a response counts as the same.
pub(super) const REPETITION_WITHIN: Duration = Duration::from_secs(2);

/// How many unique records are compared with those of other links.
pub(super) const RECORDS_MAX: usize = 4_096;

/// How long after the first one a record on another link counts as brought across.
pub(super) const CROSSING_WITHIN: Duration = Duration::from_secs(2);
