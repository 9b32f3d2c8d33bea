//! Answering: which of our records a query asks for, where they go, and when.
//!
//! In:  a query from the network.
//! Out: multicasts for the outbox, unicast replies; answers that are no longer needed. RFC 6762
//!      sections 5.4, 5.5, 6, 6.1, 6.3, 6.5, 6.7, 7.1 and 7.2 (delays).

use alloc::vec::Vec;

use cooee_wire::{Class, QuestionRef, RecordType};

use super::Engine;
use super::effort::Effort;
use super::heard::Heard;
use crate::collections::SmallList;
use crate::link::LinkId;
use crate::names::NameId;
use crate::registrations::Registration;
use crate::responder::record::{Asker, RecordId};
use crate::responder::{Legacy, Owned, Reply, When};
use crate::rng::Rng;
use crate::time::{Duration, Instant};
use crate::timing::{SHARED_DELAY_MAX, SHARED_DELAY_MIN, TRUNCATED_DELAY_MAX, TRUNCATED_DELAY_MIN};
use crate::transmit::MDNS_PORT;

/// One record to answer with.
#[derive(Clone, Copy)]
struct PendingAnswer {
    id: RecordId,
    unique: bool,
    /// Whether the question asks for unicast.
    unicast: bool,
    /// Whether it defends its name against a probe.
    defends: bool,
}

type Answers = SmallList<PendingAnswer, 4>;

/// How many of the answers that count may be multicast for one query.
#[derive(Clone, Copy, Default)]
struct Grant {
    granted: u32,
    drawn: u32,
}

impl Grant {
    /// Returns whether the next answer is among those that may be multicast. If not all are, they
    /// are chosen by chance, so that none of them is withheld for ever.
    fn take(&mut self, rng: &mut Rng) -> bool {
        let takes = self.granted >= self.drawn
            || rng.below(u64::from(self.drawn)) < u64::from(self.granted);
        self.granted = self.granted.saturating_sub(u32::from(takes));
        self.drawn = self.drawn.saturating_sub(1);
        takes
    }
}

impl Engine {
    /// Answers a query with our records.
    pub(super) fn answer_query(&mut self, now: Instant, heard: &Heard<'_>) {
        if self.responder.is_empty() {
            return;
        }
        if heard.message.header().counts.questions == 0 {
            self.hear_more_known_answers(now, heard);
            return;
        }
        let known = self.stamp_known_answers(heard);
        //= https://www.rfc-editor.org/rfc/rfc6762#section-6.3
        //# Multicast DNS responders MUST correctly handle DNS query messages
        //# containing more than one question, by answering any or all of the
        //# questions to which they have answers.
        let mut answers = Answers::new();
        let mut is_sole = true;
        let mut effort = Effort::new();
        for (at, question) in heard.message.questions().map_while(Result::ok).enumerate() {
            let found = self.name_asked(heard.known, at, &question);
            let owned = |name| Some((name, self.responder.of_name(name).len()));
            let Some((name, owned)) = found.and_then(owned).filter(|(_, owned)| *owned > 0) else {
                is_sole = false;
                continue;
            };
            let proposed = usize::from(heard.message.header().counts.authorities);
            if !effort.spend(owned.saturating_add(proposed)) {
                self.stats.questions_skipped = self.stats.questions_skipped.saturating_add(1);
                break;
            }
            is_sole &= self.judge_question(now, heard, (name, &question), known, &mut answers);
        }
        //= https://www.rfc-editor.org/rfc/rfc6762#section-6
        //# A Multicast DNS responder MUST only respond when it has a positive,
        //# non-null response to send, or it authoritatively knows that a
        //# particular record does not exist.
        //= https://www.rfc-editor.org/rfc/rfc6762#section-6
        //# For shared records, NXDOMAIN and
        //# other error responses MUST NOT be sent.
        if answers.is_empty() {
            return;
        }
        let delay = self.delay(heard, &answers, is_sole);
        if heard.source.port() == MDNS_PORT {
            self.route(now, heard, &answers, delay);
        } else {
            self.reply_legacy(now, heard, &answers, delay);
        }
    }

    /// Finds the answers to one question. Returns whether they are complete: unique.
    fn judge_question(
        &mut self,
        now: Instant,
        heard: &Heard<'_>,
        (name, question): (NameId, &QuestionRef<'_>),
        known: u64,
        answers: &mut Answers,
    ) -> bool {
        //= https://www.rfc-editor.org/rfc/rfc6762#section-6
        //# As with Unicast DNS, generally only DNS class 1 ("Internet")
        //# is used, but should client software use classes other than 1, the
        //# matching rules described above MUST be used.
        if question.class != Class::IN && question.class != Class::ANY {
            return false;
        }
        let link = heard.link;
        //= https://www.rfc-editor.org/rfc/rfc6762#section-5.5
        //# When a Multicast DNS responder receives a
        //# query via direct unicast, it SHOULD respond as it would for "QU"
        //# questions, as described above in Section 5.4.
        let unicast = question.unicast_response || !heard.multicast;
        let defends = self.is_probe_for(heard, question);
        let (mut found, mut sole) = (false, true);
        //= https://www.rfc-editor.org/rfc/rfc6762#section-6.5
        //# When responding to queries using qtype "ANY" (255) and/or qclass
        //# "ANY" (255), a Multicast DNS responder MUST respond with *ALL* of its
        //# records that match the query.
        for &Owned { rtype, id } in self.responder.of_name(name) {
            if !matches_type(question.rtype, rtype) {
                continue;
            }
            let record = self.responder.record(id);
            let Some(record) = record.filter(|record| record.is_live_on(link)) else {
                continue;
            };
            found = true;
            sole &= record.unique;
            if record.stamp != known && record.is_over(heard.family()) {
                answers.push(PendingAnswer {
                    id,
                    unique: record.unique,
                    unicast,
                    defends,
                });
            }
        }
        //= https://www.rfc-editor.org/rfc/rfc6762#section-6
        //# For unique records, where the host
        //# has already established sole ownership of the name, it MUST return
        //# negative answers to queries for records that it knows not to exist.
        //= https://www.rfc-editor.org/rfc/rfc6762#section-6
        //# For example, a host with no IPv6 address, that has claimed sole
        //# ownership of the name "host.local." for all rrtypes, MUST respond to
        //# AAAA queries for "host.local." by sending a negative answer
        //# indicating that no AAAA records exist for that name.
        //= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
        //# Any time a responder receives a query for a name for which it has
        //# verified exclusive ownership, for a type for which that name has no
        //# records, the responder MUST (except as allowed in (a) below) respond
        //# asserting the nonexistence of that record using a DNS NSEC record
        //# [RFC4034].
        //= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
        //# A responder MUST only generate negative responses to queries for
        //# which it has legitimate ownership of the name, rrtype, and rrclass in
        //# question, and can legitimately assert that no record with that name,
        //# rrtype, and rrclass exists.
        let holder = self.holder(name, link);
        let holder = holder.filter(|holder| !found && holder.is_over(heard.family()));
        if let Some(over) = holder.map(|holder| holder.over) {
            let claim = (name, over);
            let id = self.responder.negative(now, &mut self.names, claim, link);
            answers.push(PendingAnswer {
                id,
                unique: true,
                unicast,
                defends: false,
            });
        }
        sole
    }

    /// Returns the registration that has claimed a name, if that is ours on a link.
    fn holder(&self, name: NameId, link: LinkId) -> Option<&Registration> {
        let claimant = self.registrations.claimant(name);
        claimant.filter(|claimant| self.prober.is_held_on(claimant.id, link))
    }

    /// Returns the delay of answers that defend no name; answers that do are not delayed.
    fn delay(&mut self, heard: &Heard<'_>, answers: &[PendingAnswer], is_sole: bool) -> Duration {
        let header = heard.message.header();
        //= https://www.rfc-editor.org/rfc/rfc6762#section-7.2
        //# A Multicast DNS responder seeing a Multicast DNS query with the TC
        //# bit set defers its response for a time period randomly selected in
        //# the interval 400-500 ms.
        if header.flags.truncated() {
            return self.rng.delay(TRUNCATED_DELAY_MIN, TRUNCATED_DELAY_MAX);
        }
        //= https://www.rfc-editor.org/rfc/rfc6762#section-6.3
        //# Unlike single-question
        //# queries, where responding without delay is allowed in appropriate
        //# cases, for query messages containing more than one question, all
        //# (non-defensive) answers SHOULD be randomly delayed in the range
        //# 20-120 ms, or 400-500 ms if the TC (truncated) bit is set.
        let all_unique = is_sole && answers.iter().all(|answer| answer.unique);
        //= https://www.rfc-editor.org/rfc/rfc6762#section-6
        //# In the case where a Multicast DNS responder has good reason to
        //# believe that it will be the only responder on the link that will send
        //# a response (i.e., because it is able to answer every question in the
        //# query message, and for all of those answer records it has previously
        //# verified that the name, rrtype, and rrclass are unique on the link),
        //# it SHOULD NOT impose any random delay before responding, and SHOULD
        //# normally generate its response within at most 10 ms.
        if header.counts.questions > 1 || !all_unique {
            return self.rng.delay(SHARED_DELAY_MIN, SHARED_DELAY_MAX);
        }
        Duration::ZERO
    }

    /// Routes each answer: by multicast, or by unicast if that is requested and sufficient.
    fn route(
        &mut self,
        now: Instant,
        heard: &Heard<'_>,
        answers: &[PendingAnswer],
        delay: Duration,
    ) {
        let link = heard.link;
        let truncated = heard.message.header().flags.truncated();
        //= https://www.rfc-editor.org/rfc/rfc6762#section-11
        //# If a responder receives a query
        //# addressed to the mDNS IPv4 link-local multicast address 224.0.0.251,
        //# from a source address not apparently on the same subnet as the
        //# responder (or, in the case of IPv6, from a source IPv6 address for
        //# which the responder does not have any address with the same prefix on
        //# that interface), then even if the query indicates that a unicast
        //# response is preferred (see Section 5.4, "Questions Requesting Unicast
        //# Responses"), the responder SHOULD elect to respond by multicast
        //# anyway, since it can reasonably predict that a unicast response with
        //# an apparently non-local source address will probably be ignored.
        let wants_unicast = answers.iter().any(|answer| answer.unicast);
        // A unicast packet to this host reaches one of the programs that share the port, and not
        // always the one that asked.
        let reaches_asker = !heard.from_us || heard.is_echo;
        let by_unicast = wants_unicast && reaches_asker && self.can_reply(now, heard);
        let asker = match truncated {
            true => self.await_more(now, heard, now + delay),
            false => Asker::Anybody,
        };
        let (mut at_once, mut unicast) = (SmallList::new(), SmallList::new());
        let mut grant = self.grant_multicasts(now, heard, answers, by_unicast);
        for answer in answers {
            let record = self.responder.record(answer.id);
            let stale = record.is_none_or(|record| record.wants_multicast(now, link));
            //= https://www.rfc-editor.org/rfc/rfc6762#section-5.4
            //# When receiving a question with the unicast-response bit set, a
            //# responder SHOULD usually respond with a unicast packet directed back
            //# to the querier.
            if answer.unicast && by_unicast && answer.defends {
                //= https://www.rfc-editor.org/rfc/rfc6762#section-5.4
                //# In the
                //# case of answering a probe question (Section 8.1) with the unicast-
                //# response bit set, the responder should always generate the requested
                //# unicast response, but it may also send a multicast announcement if
                //# the time since the last multicast announcement of that record is more
                //# than a quarter of its TTL.
                at_once.push(answer.id);
            } else if answer.unicast && by_unicast && !stale {
                unicast.push(answer.id);
            }
            //= https://www.rfc-editor.org/rfc/rfc6762#section-6
            //# Except for these three specific cases, responses MUST NOT be sent via
            //# unicast, because then the "Passive Observation of Failures"
            //# mechanisms described in Section 10.5 would not work correctly.
            if !answer.unicast || !by_unicast || stale {
                if self.is_drawn(answer, link) && !grant.take(&mut self.rng) {
                    self.stats.answers_withheld = self.stats.answers_withheld.saturating_add(1);
                    continue;
                }
                let (when, asker) = match answer.defends {
                    true => (When::defending(now), Asker::Anybody),
                    false => (When::after(now, delay, truncated), asker),
                };
                self.responder.multicast((link, answer.id), when, asker);
            }
        }
        for (records, due) in [(at_once, now), (unicast, now + delay)] {
            let reply = Reply {
                link,
                to: heard.source,
                legacy: None,
                records,
            };
            self.reply(now, due, reply);
        }
    }

    /// Returns how many of some answers may be multicast for this querier. Our own questions may
    /// have them all.
    fn grant_multicasts(
        &mut self,
        now: Instant,
        heard: &Heard<'_>,
        answers: &[PendingAnswer],
        by_unicast: bool,
    ) -> Grant {
        let link = heard.link;
        let is_stale = |answer: &PendingAnswer| {
            let record = self.responder.record(answer.id);
            record.is_none_or(|record| record.wants_multicast(now, link))
        };
        let is_multicast =
            |answer: &PendingAnswer| !answer.unicast || !by_unicast || is_stale(answer);
        let drawn = answers.iter();
        let drawn = drawn.filter(|answer| is_multicast(answer) && self.is_drawn(answer, link));
        let drawn = u32::try_from(drawn.count()).unwrap_or(u32::MAX);
        if heard.is_echo || drawn == 0 {
            return Grant::default();
        }
        let granted = self
            .rate
            .grant_answers(now, (link, heard.source.ip()), drawn);
        Grant { granted, drawn }
    }

    /// Returns whether an answer counts among those that a source may have multicast: it defends no
    /// name, and is not about to be multicast anyway.
    fn is_drawn(&self, answer: &PendingAnswer, link: LinkId) -> bool {
        let record = self.responder.record(answer.id);
        let on = record.and_then(|record| record.on(link));
        !answer.defends && on.is_none_or(|on| on.pending.is_none())
    }

    //= https://www.rfc-editor.org/rfc/rfc6762#section-6.7
    //# In this case, the Multicast DNS responder MUST send a UDP response
    //# directly back to the querier, via unicast, to the query packet's
    //# source IP address and port.
    fn reply_legacy(
        &mut self,
        now: Instant,
        heard: &Heard<'_>,
        answers: &[PendingAnswer],
        delay: Duration,
    ) {
        if !self.can_reply(now, heard) {
            return;
        }
        let question = |question: QuestionRef<'_>| {
            Some((
                question.name.to_name().ok()?,
                question.rtype,
                question.class,
            ))
        };
        let mut questions = SmallList::new();
        for asked in heard.message.questions().map_while(Result::ok) {
            questions.extend(question(asked));
        }
        let legacy = Legacy {
            id: heard.message.header().id,
            questions,
        };
        let mut records = SmallList::new();
        for answer in answers {
            records.push(answer.id);
        }
        let reply = Reply {
            link: heard.link,
            to: heard.source,
            legacy: Some(legacy),
            records,
        };
        self.reply(now, now + delay, reply);
    }

    /// Returns whether the querier can be answered by unicast: it is on the link, and within the
    /// limit of unknown peers.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-11
    //# Since queriers will ignore responses apparently originating outside
    //# the local subnet, a responder SHOULD avoid generating responses that
    //# it can reasonably predict will be ignored.
    fn can_reply(&mut self, now: Instant, heard: &Heard<'_>) -> bool {
        let ip = heard.source.ip();
        let link = self.links.info(heard.link);
        link.is_some_and(|info| info.is_on_link(ip))
            && (heard.from_us
                || self
                    .responder
                    .admits(now, (heard.link, ip), &self.config.limits))
    }

    pub(super) fn reply(&mut self, now: Instant, due: Instant, reply: Reply) {
        if reply.records.is_empty() {
            return;
        }
        if !self
            .responder
            .reply(now, due, reply, self.config.limits.replies_max)
        {
            self.stats.replies_dropped = self.stats.replies_dropped.saturating_add(1);
        }
    }

    /// Stamps our records that the query lists as known, with at least half their TTL.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-7.1
    //# A Multicast DNS responder MUST NOT answer a Multicast DNS query if
    //# the answer it would give is already included in the Answer Section
    //# with an RR TTL at least half the correct value.
    fn stamp_known_answers(&mut self, heard: &Heard<'_>) -> u64 {
        let known = self.known_answers(heard);
        self.responder.stamp(&known)
    }

    pub(super) fn known_answers(&self, heard: &Heard<'_>) -> Vec<RecordId> {
        if heard.message.header().counts.answers == 0 {
            return Vec::new();
        }
        let responder = &self.responder;
        let ours = heard
            .message
            .answers()
            .map_while(Result::ok)
            .filter_map(|known| {
                let name = responder.owned_name(&self.names, &known.name)?;
                let id = responder.equal_to(name, &known.data().ok()?, heard.family())?;
                let true_ttl = responder.record(id)?.ttl.as_secs();
                //= https://www.rfc-editor.org/rfc/rfc6762#section-7.1
                //# If the RR TTL of the
                //# answer as given in the Answer Section is less than half of the true
                //# RR TTL as known by the Multicast DNS responder, the responder MUST
                //# send an answer so as to update the querier's cache before the record
                //# becomes in danger of expiration.
                (known.ttl.as_secs() >= true_ttl.div_ceil(2)).then_some(id)
            });
        ours.collect()
    }

    /// Returns whether the query proposes records for the name of the question.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-6
    //# A probe query
    //# can be distinguished from a normal query by the fact that a probe
    //# query contains a proposed record in the Authority Section that
    //# answers the question in the Question Section
    fn is_probe_for(&self, heard: &Heard<'_>, question: &QuestionRef<'_>) -> bool {
        if heard.message.header().counts.authorities == 0 {
            return false;
        }
        let mut proposed = heard.message.authorities().map_while(Result::ok);
        proposed.any(|record| record.name.matches_ref(&question.name))
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//# the record rrtype must match the question qtype unless
//# the qtype is "ANY" (255) or the rrtype is "CNAME" (5)
//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//# The determination of whether a given record answers a given question
//# is made using the standard DNS rules: the record name must match the
//# question name, the record rrtype must match the question qtype unless
//# the qtype is "ANY" (255) or the rrtype is "CNAME" (5), and the record
//# rrclass must match the question qclass unless the qclass is "ANY"
//# (255).
fn matches_type(asked: RecordType, rtype: RecordType) -> bool {
    if rtype == RecordType::NSEC {
        return asked == RecordType::NSEC;
    }
    asked == rtype || asked == RecordType::ANY || rtype == RecordType::CNAME
}
