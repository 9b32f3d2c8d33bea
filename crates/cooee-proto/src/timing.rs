//! Every interval the RFCs ask for, named, typed and cited.
//!
//! RFC 6762 sections 5.2, 5.4, 7, 10 and 11.

use crate::time::Duration;

//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//# a Multicast DNS querier SHOULD
//# also delay the first query of the series by a randomly chosen amount
//# in the range 20-120 ms.
pub(crate) const FIRST_QUERY_DELAY_MIN: Duration = Duration::from_millis(20);
/// The upper end of the first query's delay; see [`FIRST_QUERY_DELAY_MIN`].
pub(crate) const FIRST_QUERY_DELAY_MAX: Duration = Duration::from_millis(120);

//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//# the interval between the first
//# two queries MUST be at least one second
pub(crate) const QUERY_INTERVAL_FIRST: Duration = Duration::from_secs(1);

//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//# the intervals between
//# successive queries MUST increase by at least a factor of two
pub(crate) const QUERY_INTERVAL_FACTOR: u32 = 2;

//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//# When the interval between queries reaches or exceeds 60 minutes, a
//# querier MAY cap the interval to a maximum of 60 minutes, and perform
//# subsequent queries at a steady-state rate of one query per hour.
pub(crate) const QUERY_INTERVAL_MAX: Duration = Duration::from_secs(60 * 60);

/// How much later than planned a query may go out to share a packet with another one: this part
/// of its interval.
pub(crate) const QUERY_ALIGNMENT_PART: u32 = 50;

//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//# The querier should plan to issue a query at 80% of the record
//# lifetime, and then if no answer is received, at 85%, 90%, and 95%.
pub(crate) const REFRESH_PERCENT: [u32; 4] = [80, 85, 90, 95];

//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//# a random variation of 2% of
//# the record TTL should be added
pub(crate) const REFRESH_VARIATION_PERCENT: u32 = 2;

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.1
//# Queriers receiving a Multicast DNS response with a TTL of zero SHOULD
//# NOT immediately delete the record from the cache, but instead record
//# a TTL of 1 and then delete the record one second later.
pub(crate) const GOODBYE_GRACE: Duration = Duration::from_secs(1);

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
//# When receiving records with the cache-flush bit set, all
//# records older than one second are marked to be deleted one second in
//# the future.
pub(crate) const FLUSH_GRACE: Duration = Duration::from_secs(1);

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.4
//# it MUST issue two or more queries for the resource record in
//# dispute.
pub(crate) const RECONFIRM_QUERIES: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_secs(1),
    Duration::from_secs(4),
];

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.4
//# If no response is received within ten seconds, then, even
//# though its TTL may indicate that it is not yet due to expire, that
//# record SHOULD be promptly flushed from the cache.
pub(crate) const RECONFIRM_TIMEOUT: Duration = Duration::from_secs(10);

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.5
//# After seeing two or more of these queries, and seeing no multicast
//# response containing the expected answer within ten seconds
pub(crate) const UNANSWERED_QUERIES_MIN: u8 = 2;
/// How long an answer to others' queries may take; see [`UNANSWERED_QUERIES_MIN`].
pub(crate) const UNANSWERED_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one unanswered query of another host is remembered: a second one that comes later
/// starts anew. The first retransmissions of a query come 1, 2 and 4 s apart (section 5.2).
pub(crate) const UNANSWERED_MEMORY: Duration = Duration::from_secs(60);

/// How long after a question that asked for it a unicast response is taken: the longest delay of
/// a responder is 500 ms (section 7.2), and the network has its own.
pub(crate) const UNICAST_RESPONSE_WINDOW: Duration = Duration::from_secs(2);

/// How long one of our own packets is recognised when it comes back: by loopback at once, over an
/// access point or an echoing switch soon after.
pub(crate) const ECHO_WINDOW: Duration = Duration::from_secs(2);
