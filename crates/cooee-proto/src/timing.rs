//! Every interval of the RFCs, named, typed and cited.
//!
//! RFC 6762 sections 5.2, 5.4, 7, 10 and 11.

use crate::time::Duration;

//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//# To
//# avoid accidental synchronization when, for some reason, multiple
//# clients begin querying at exactly the same moment (e.g., because of
//# some common external trigger event), a Multicast DNS querier SHOULD
//# also delay the first query of the series by a randomly chosen amount
//# in the range 20-120 ms.
pub(crate) const FIRST_QUERY_DELAY_MIN: Duration = Duration::from_millis(20);
/// The upper end of the first query's delay; see [`FIRST_QUERY_DELAY_MIN`].
pub(crate) const FIRST_QUERY_DELAY_MAX: Duration = Duration::from_millis(120);

//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//# Therefore, when retransmitting Multicast DNS queries to implement
//# this kind of continuous monitoring, the interval between the first
//# two queries MUST be at least one second, the intervals between
//# successive queries MUST increase by at least a factor of two, and the
//# querier MUST implement Known-Answer Suppression, as described below
//# in Section 7.1.
pub(crate) const QUERY_INTERVAL_FIRST: Duration = Duration::from_secs(1);

//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//# Therefore, when retransmitting Multicast DNS queries to implement
//# this kind of continuous monitoring, the interval between the first
//# two queries MUST be at least one second, the intervals between
//# successive queries MUST increase by at least a factor of two, and the
//# querier MUST implement Known-Answer Suppression, as described below
//# in Section 7.1.
pub(crate) const QUERY_INTERVAL_FACTOR: u32 = 2;

//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//# When the interval between queries reaches or exceeds 60 minutes, a
//# querier MAY cap the interval to a maximum of 60 minutes, and perform
//# subsequent queries at a steady-state rate of one query per hour.
pub(crate) const QUERY_INTERVAL_MAX: Duration = Duration::from_secs(60 * 60);

/// Up to which interval the cost of a query postpones the next one: longer intervals double. So
/// nobody can postpone our questions by more than this, however many false records must be listed
/// as known.
pub(crate) const POSTPONED_INTERVAL_MAX: Duration = Duration::from_secs(360);

/// How long a question rests for each packet that its last query took, with its known answers. So a
/// question of up to 60 packets takes 20 packets per second on average, whatever others send.
pub(crate) const QUERY_REST_PER_PACKET: Duration = Duration::from_millis(50);
/// How long it rests at most: a record in doubt ends within ten seconds, and has to be asked for
/// twice before (RFC 6762 section 10.4).
pub(crate) const QUERY_REST_MAX: Duration = Duration::from_secs(3);

/// How many more queries are not postponed after one has brought something new that an earlier one
/// should have brought. With two, the last of 1,000 hosts is found as soon as without any
/// postponement, even where one packet in five is lost; with one, a host in a few thousand is not.
pub(crate) const QUERIES_AFTER_NEWS: u8 = 2;

/// The longest time between queries for a unique record that is needed and was not received. RFC
/// 6762 asks intervals to double up to an hour for lists that are kept up to date. Looking for one
/// host or service is another operation.
//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//# Determining when no further
//# responses are required depends on the type of operation being
//# performed.
pub(crate) const MISSING_INTERVAL_MAX: Duration = Duration::from_secs(60);

/// The shortest TTL, in seconds, of a record that is refreshed before it ends. Many new records
/// with shorter TTLs would make us ask several times for each.
pub(crate) const REFRESH_TTL_SECS_MIN: u32 = 10;

/// How long after an answer is gone the next query of a running series may come. If it is further
/// away, the series begins again.
pub(crate) const REVIVAL_WAIT_MAX: Duration = Duration::from_secs(8);

/// The interval that follows the fourth query of a series. When that query is sent, the first three
/// had no answer, and the record that led to the question is reconfirmed.
//= https://www.rfc-editor.org/rfc/rfc6762#section-10.4
//# The rdata in a DNS-SD PTR record can be determined to be incorrect if
//# attempts to look up the SRV record it references are not successful.
pub(crate) const UNANSWERED_INTERVAL: Duration = Duration::from_secs(8);

/// How long after our question a record counts as an answer to it: a responder waits at most 500 ms
/// (RFC 6762 section 7.2), and the network has its own delays.
pub(crate) const ANSWER_WINDOW: Duration = Duration::from_secs(2);

/// How long it is remembered when a settled question was asked: longer than any rule looks back.
pub(crate) const QUESTION_MEMORY: Duration = Duration::from_secs(10);

/// How long a denial is believed before the question is asked again, because any host can deny.
pub(crate) const DENIAL_BELIEVED: Duration = MISSING_INTERVAL_MAX;

/// When the owner of a record is asked after two hosts have contradicted each other about it: after
/// the grace period of the older record, and not by all listeners at once.
pub(crate) const CONTEST_DELAY_MIN: Duration = Duration::from_millis(1_100);
/// The upper end of that delay; see [`CONTEST_DELAY_MIN`].
pub(crate) const CONTEST_DELAY_MAX: Duration = Duration::from_millis(2_100);

/// When a record is asked for again for which a name temporarily had no room.
pub(crate) const CROWD_RETRY: Duration = Duration::from_secs(10);
/// The same if there is no room at all, and known records are reconfirmed to make some.
pub(crate) const CROWD_RETRY_FULL: Duration = MISSING_INTERVAL_MAX;

/// For how long after a source had to be forgotten more hosts are assumed to send than can be
/// remembered.
pub(crate) const FLOOD_MEMORY: Duration = Duration::from_secs(60);

/// How close together equal questions of two hosts, or of one host over both address families, are
/// if neither replaces a later one (RFC 6762 section 7.3): a quarter of the shortest interval.
pub(crate) const DUPLICATE_QUESTION_WINDOW: Duration = Duration::from_millis(250);

/// How much later than planned a query may be sent to share a packet with another one: this part of
/// its interval.
pub(crate) const QUERY_ALIGNMENT_PART: u32 = 50;

//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//# The querier should plan to issue a query at 80% of the record
//# lifetime, and then if no answer is received, at 85%, 90%, and 95%.
//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//# To perform this cache maintenance, a Multicast DNS querier should
//# plan to retransmit its query after at least 50% of the record
//# lifetime has elapsed.
pub(crate) const REFRESH_PERCENT: [u32; 4] = [80, 85, 90, 95];

//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//# a random variation of 2% of
//# the record TTL should be added
pub(crate) const REFRESH_VARIATION_PERCENT: u32 = 2;

/// At how many moments of that variation, at least, a record may be asked for. With fewer, more
/// records share a packet, and more hosts answer at the same time.
pub(crate) const REFRESH_MOMENTS: u64 = 8;

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
//# When the cache receives this hint that it should reconfirm some
//# record, it MUST issue two or more queries for the resource record in
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
/// starts again. The first retransmissions of a query come 1, 2 and 4 s apart (section 5.2).
pub(crate) const UNANSWERED_MEMORY: Duration = Duration::from_secs(60);

/// How long after a question that asked for it a unicast response is accepted: the longest delay of
/// a responder is 500 ms (section 7.2), and the network has its own.
pub(crate) const UNICAST_RESPONSE_WINDOW: Duration = Duration::from_secs(2);

/// How long an echo of our own packet is recognised: by loopback it comes at once, over an access
/// point or an echoing switch soon after.
pub(crate) const ECHO_WINDOW: Duration = Duration::from_secs(2);

/// How long after its refusal a host that asks counts as one that asks again: copies of one query,
/// over both address families, come sooner.
pub(crate) const STRANGER_RETURN_MIN: Duration = Duration::from_millis(500);

/// How long a silent source is remembered for the rate limit: its bucket is full again long before.
pub(crate) const SOURCE_MEMORY: Duration = Duration::from_secs(60);

//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//# To protect the network against excessive packet flooding due to
//# software bugs or malicious attack, a Multicast DNS responder MUST NOT
//# (except in the one special case of answering probe queries) multicast
//# a record on a given interface until at least one second has elapsed
//# since the last time that record was multicast on that particular
//# interface.
pub(crate) const MULTICAST_GAP_MIN: Duration = Duration::from_secs(1);

/// How long after an answer was suppressed, because another host gave it (section 7.4), it is not
/// suppressed again. The querier may not have heard what we heard. It asks again after a second,
/// and once more two seconds later.
pub(crate) const LEFT_OUT_MEMORY: Duration = Duration::from_secs(5);

//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//# In this special case
//# only, when responding via multicast to a probe, a Multicast DNS
//# responder is only required to delay its transmission as necessary to
//# ensure an interval of at least 250 ms since the last time the record
//# was multicast on that interface.
pub(crate) const PROBE_DEFENCE_GAP_MIN: Duration = Duration::from_millis(250);

//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//# In any case where there may be multiple responses, such as queries
//# where the answer is a member of a shared resource record set, each
//# responder SHOULD delay its response by a random amount of time
//# selected with uniform random distribution in the range 20-120 ms.
pub(crate) const SHARED_DELAY_MIN: Duration = Duration::from_millis(20);
/// The upper end of a shared answer's delay; see [`SHARED_DELAY_MIN`].
pub(crate) const SHARED_DELAY_MAX: Duration = Duration::from_millis(120);

//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//# In the case where the query has the TC (truncated) bit set,
//# indicating that subsequent Known-Answer packets will follow,
//# responders SHOULD delay their responses by a random amount of time
//# selected with uniform random distribution in the range 400-500 ms, to
//# allow enough time for all the Known-Answer packets to arrive, as
//# described in Section 7.2, "Multipacket Known-Answer Suppression".
//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//# A Multicast DNS responder on Ethernet [IEEE.802.3] and similar shared
//# multiple access networks SHOULD have the capability of delaying its
//# responses by up to 500 ms, as described below.
pub(crate) const TRUNCATED_DELAY_MIN: Duration = Duration::from_millis(400);
/// The upper end of the delay of an answer to a truncated query; see [`TRUNCATED_DELAY_MIN`].
pub(crate) const TRUNCATED_DELAY_MAX: Duration = Duration::from_millis(500);

/// How long after the first packet of a truncated query its answers wait for further ones at most.
/// A list of 10,000 known answers is a burst of about 250 packets. A host that continues for
/// longer, in any host's name, prevents no answer.
pub(crate) const TRUNCATED_WAIT_MAX: Duration = Duration::from_secs(2);

/// How long a datagram may have waited to be read and still count as just received: less than the
/// time in which an own packet is recognised, and less than any other interval that begins with a
/// datagram.
pub(crate) const DATAGRAM_AGE_MAX: Duration = Duration::from_secs(1);

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.7
//# The resource record TTL given in a legacy unicast response SHOULD NOT
//# be greater than ten seconds, even if the true TTL of the Multicast
//# DNS resource record is higher.
pub(crate) const LEGACY_TTL_SECS_MAX: u32 = 10;

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
//# When ready to send its Multicast DNS probe packet(s) the host should
//# first wait for a short random delay time, uniformly distributed in
//# the range 0-250 ms.
pub(crate) const PROBE_DELAY_MAX: Duration = Duration::from_millis(250);

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
//# 250 ms after the first query, the host should send a second; then,
//# 250 ms after that, a third.
pub(crate) const PROBE_INTERVAL: Duration = Duration::from_millis(250);
/// How many probes there are; see [`PROBE_INTERVAL`].
pub(crate) const PROBES: u8 = 3;

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
//# If fifteen conflicts occur within any ten-second period, then the
//# host MUST wait at least five seconds before each successive
//# additional probe attempt.
pub(crate) const CONFLICTS_MAX: usize = 15;
/// The period in which conflicts are counted; see [`CONFLICTS_MAX`].
pub(crate) const CONFLICTS_PERIOD: Duration = Duration::from_secs(10);
/// How long to wait after too many of them; see [`CONFLICTS_MAX`].
pub(crate) const CONFLICTS_PAUSE: Duration = Duration::from_secs(5);

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.2
//# If the host finds that its
//# own data is lexicographically earlier, then it defers to the winning
//# host by waiting one second, and then begins probing for this record
//# again.
pub(crate) const TIEBREAK_PAUSE: Duration = Duration::from_secs(1);

/// How many simultaneous probes in a row may be lost before the name is given up: the first may
/// have been a stale packet (RFC 6762 section 8.2), the second is another host.
pub(crate) const TIEBREAK_LOSSES_MAX: u8 = 2;

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.3
//# The Multicast DNS responder MUST send at least two unsolicited
//# responses, one second apart.
pub(crate) const ANNOUNCEMENTS: u8 = 2;
/// The time between announcements; see [`ANNOUNCEMENTS`].
pub(crate) const ANNOUNCEMENT_INTERVAL: Duration = Duration::from_secs(1);

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.4
//# For example, when a responder has
//# several responses it plans to send, each delayed by a different
//# interval, then earlier responses SHOULD be delayed by up to an
//# additional 500 ms if that will permit them to be aggregated with
//# other responses scheduled to go out a little later.
pub(crate) const AGGREGATION_WINDOW: Duration = Duration::from_millis(500);

/// How long a record stays left out because a co-resident responder leaves it out, unless that
/// responder sends it again. Then its name is probed for again, and the responder answers if it is
/// there.
pub(crate) const CO_RESIDENT_TRUST: Duration = Duration::from_secs(3_600);

/// How long a link waits for the next attempt after nothing could be sent on it; then twice as long
/// each time, up to [`SEND_RETRY_MAX`].
pub(crate) const SEND_RETRY_MIN: Duration = Duration::from_millis(250);
/// The longest wait between two attempts; see [`SEND_RETRY_MIN`].
pub(crate) const SEND_RETRY_MAX: Duration = Duration::from_secs(10);

/// How long sending may fail without consequences. In a longer time, another host could have probed
/// for a name of ours without our objection, or all of our own probes could have been lost.
pub(crate) const OUTAGE_BORNE: Duration = Duration::from_millis(250 * 3);

/// How long names are tried in vain before the user is informed.
//= https://www.rfc-editor.org/rfc/rfc6762#section-9
//# After one minute of probing, if the Multicast DNS responder has
//# been unable to find any unused name, it should log an error
//# message to inform the user or operator of this fact.
pub(crate) const NAMELESS_MAX: Duration = Duration::from_secs(60);

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.4
//# A host may update the contents of any of its records at any time,
//# though a host SHOULD NOT update records more frequently than ten
//# times per minute.
pub(crate) const CHANGES_MAX: usize = 10;
/// The period in which changes are counted; see [`CHANGES_MAX`].
pub(crate) const CHANGES_PERIOD: Duration = Duration::from_secs(60);

/// How many services are looked at, at a time, after their host or a link has changed: some three
/// milliseconds of work if the host has 64 addresses.
pub(crate) const SERVICES_REPORTED_MAX: usize = 512;
/// How many users of a host hear of each change at once, even while services wait to be looked at.
pub(crate) const HOST_USERS_TOLD_MAX: usize = 16;
/// The time until the next ones; see [`SERVICES_REPORTED_MAX`].
pub(crate) const SERVICES_REPORTED_PAUSE: Duration = Duration::from_millis(5);

/// How long a reflector believes that a name has an owner on a link where it was heard: until a
/// goodbye, or as long as the longest usual TTL (RFC 6762 section 10).
pub(crate) const REFLECTED_CLAIM_TTL: Duration = Duration::from_secs(75 * 60);
/// How long it believes that a host offers a service at most: as above.
pub(crate) const REFLECTED_HOST_TTL: Duration = Duration::from_secs(75 * 60);
/// How long it believes that all addresses of a host are only valid on their own link: as long as
/// the usual TTL of an address (RFC 6762 section 10). A host that gets another one announces it.
pub(crate) const REFLECTED_WITHHELD_TTL: Duration = Duration::from_secs(120);
/// How long an answer waits for others that fit into the same packet: as long as a responder may
/// take that knows all of the answer (RFC 6762 section 6).
pub(crate) const REFLECTED_PACKING_DELAY: Duration = Duration::from_millis(10);
/// How much sooner than another packet one may come that left equally long after: a reflector lets it
/// wait until it may be sent.
pub(crate) const REFLECTED_JITTER: Duration = Duration::from_millis(100);
/// Within which time the same question does not cross again. A querier repeats it after a second
/// at the earliest (RFC 6762 section 5.2), which must cross although packets do not take equally
/// long.
pub(crate) const REFLECTED_QUESTION_GAP: Duration = Duration::from_millis(800);
/// How long it believes that of a name for which a host probes: until the host announces it, with
/// some probes more.
pub(crate) const REFLECTED_PROBE_TTL: Duration = Duration::from_secs(10);
/// Within which time the same probe is not the next one of its host, which comes after 250 ms (RFC
/// 6762 section 8.1), but has come back by another reflector. The same for the reply to it.
pub(crate) const REFLECTED_PROBE_GAP: Duration = Duration::from_millis(200);
/// How long after a truncated query more of its known answers cross: as long as a responder waits
/// for them (RFC 6762 section 7.2).
pub(crate) const REFLECTED_MORE_KNOWN_WINDOW: Duration = Duration::from_millis(500);
