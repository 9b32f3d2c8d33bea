//! The answers of a responder: what, when, in which packets.

use std::time::Duration;

use cooee_proto::time::Instant;
use cooee_proto::transmit::{Datagram, Destination};
use cooee_wire::{
    Flags, Message, MessageBuilder, Name, QuestionRef, RData, Record, RecordRef, RecordType,
    Section,
};

use super::{Pending, Responder};
use crate::ms;

impl Responder {
    /// Removes the querier's known answers from what waits for it.
    pub(super) fn spare_known(&mut self, datagram: &Datagram<'_>, message: &Message<'_>) {
        //= https://www.rfc-editor.org/rfc/rfc6762#section-7.1
        //# A Multicast DNS responder MUST NOT answer a Multicast DNS query if
        //# the answer it would give is already included in the Answer Section
        //# with an RR TTL at least half the correct value.
        let asker = datagram.source;
        for pending in self
            .pending
            .iter_mut()
            .filter(|pending| pending.asker == asker)
        {
            pending.answers.retain(|answer| !is_known(answer, message));
        }
    }

    /// Chooses the answers to a query and when to send them.
    pub(super) fn plan_answers(
        &mut self,
        now: Instant,
        datagram: &Datagram<'_>,
        message: &Message<'_>,
    ) {
        let held = self.catalogue(datagram.link);
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
        let link = self.links.get(&datagram.link);
        let near = link.is_some_and(|info| info.is_on_link(datagram.source.ip()));
        let mut by_unicast = Vec::new();
        let mut by_multicast = Vec::new();
        for question in message.questions().flatten() {
            let mut answers = self.answers(&question, &held);
            if self.policy.known_answers {
                answers.retain(|answer| !is_known(answer, message));
            }
            let unicast = question.unicast_response && self.policy.unicast && near;
            let list = if unicast {
                &mut by_unicast
            } else {
                &mut by_multicast
            };
            list.extend(answers);
        }
        let delay = self.delay(message);
        let gap = self.gap(message);
        let (link, asker) = (datagram.link, datagram.source);
        let choices = [
            (Destination::Unicast(asker), by_unicast),
            (Destination::Multicast, by_multicast),
        ];
        for (to, answers) in choices {
            if !answers.is_empty() {
                self.pending.push(Pending {
                    at: now + delay,
                    link,
                    to,
                    asker,
                    gap,
                    answers,
                });
            }
        }
    }

    fn answers(&self, question: &QuestionRef<'_>, held: &[Record]) -> Vec<Record> {
        let named = || {
            held.iter()
                .filter(|record| question.name.matches(&record.name))
        };
        let found: Vec<Record> = named()
            .filter(|record| self.fits(question.rtype, record.rtype()))
            .cloned()
            .collect();
        if !found.is_empty() || !self.policy.nsec {
            return found;
        }
        let owned = named().find(|record| record.cache_flush);
        owned
            .map(|record| self.denial(&record.name, held))
            .into_iter()
            .collect()
    }

    fn fits(&self, asked: RecordType, held: RecordType) -> bool {
        let alias = self.policy.follow_aliases && held == RecordType::CNAME;
        asked == held || asked == RecordType::ANY || alias
    }

    fn delay(&mut self, message: &Message<'_>) -> Duration {
        //= https://www.rfc-editor.org/rfc/rfc6762#section-7.2
        //# A Multicast DNS responder seeing a Multicast DNS query with the TC
        //# bit set defers its response for a time period randomly selected in
        //# the interval 400-500 ms.
        if message.header().flags.truncated() {
            return self.rng.between(ms(400), ms(500));
        }
        self.rng
            .between(self.policy.delay_min, self.policy.delay_max)
    }

    fn gap(&self, message: &Message<'_>) -> Duration {
        //= https://www.rfc-editor.org/rfc/rfc6762#section-6
        //# In this special case
        //# only, when responding via multicast to a probe, a Multicast DNS
        //# responder is only required to delay its transmission as necessary to
        //# ensure an interval of at least 250 ms since the last time the record
        //# was multicast on that interface.
        let is_probe = message.header().counts.authorities > 0;
        let gap = self.policy.gap;
        if is_probe { gap.min(ms(250)) } else { gap }
    }

    /// Sends an answer whose time has come.
    pub(super) fn answer(&mut self, now: Instant, mut pending: Pending) {
        let (link, gap) = (pending.link, pending.gap);
        let gap_max = self.policy.gap;
        self.lately
            .retain(|(at, ..)| now.saturating_since(*at) < gap_max);
        if pending.to == Destination::Multicast {
            let lately = &self.lately;
            let recent = |record: &Record| {
                lately.iter().any(|(at, on, sent)| {
                    *on == link && sent == record && now.saturating_since(*at) < gap
                })
            };
            pending.answers.retain(|answer| !recent(answer));
            let spoken = pending
                .answers
                .iter()
                .map(|record| (now, link, record.clone()));
            self.lately.extend(spoken);
        }
        if pending.answers.is_empty() {
            return;
        }
        let wanted = if self.policy.additionals {
            self.catalogue(link)
        } else {
            Vec::new()
        };
        for message in pack(&pending.answers, &wanted) {
            self.ready.push_back((link, pending.to, message));
        }
    }
}

/// Builds as many messages as the answers need; each has the additional records of its answers.
pub(super) fn pack(answers: &[Record], held: &[Record]) -> Vec<Vec<u8>> {
    if answers.is_empty() {
        return Vec::new();
    }
    let additionals = additionals(answers, held);
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::RESPONSE, PACKET_MAX);
    let mut fits = true;
    for answer in answers {
        fits &= builder.record(Section::Answer, answer.into()).is_ok();
    }
    for additional in additionals {
        fits &= builder
            .record(Section::Additional, additional.into())
            .is_ok();
    }
    builder.finish();
    if fits || answers.len() == 1 {
        return vec![bytes];
    }
    let (first, second) = answers.split_at(answers.len() / 2);
    [pack(first, held), pack(second, held)].concat()
}

/// Returns what the querier will want next: RFC 6763 section 12.
fn additionals<'h>(answers: &[Record], held: &'h [Record]) -> Vec<&'h Record> {
    let mut chosen: Vec<&Record> = Vec::new();
    let mut wanted: Vec<Name> = answers.iter().filter_map(target).collect();
    while let Some(name) = wanted.pop() {
        for record in held.iter().filter(|record| record.name == name) {
            if !chosen.contains(&record) && !answers.contains(record) && record.cache_flush {
                chosen.push(record);
                wanted.extend(target(record));
            }
        }
    }
    chosen
}

fn target(record: &Record) -> Option<Name> {
    match &record.data {
        RData::Ptr(name) | RData::Cname(name) => Some(name.clone()),
        RData::Srv(srv) => Some(srv.target.clone()),
        RData::A(_)
        | RData::Aaaa(_)
        | RData::Txt(_)
        | RData::Nsec(_)
        | RData::Hinfo(_)
        | RData::Opaque { .. } => None,
        _ => None,
    }
}

fn is_known(answer: &Record, message: &Message<'_>) -> bool {
    let tells = |known: &RecordRef<'_>| {
        known.ttl.as_secs() >= answer.ttl.as_secs() / 2
            && known.rtype == answer.rtype()
            && known.name.matches(&answer.name)
            && known.data().is_ok_and(|data| data.matches(&answer.data))
    };
    message.answers().flatten().any(|known| tells(&known))
}

/// The most bytes of a message: what fits an Ethernet packet over IPv6.
const PACKET_MAX: usize = 1_440;
