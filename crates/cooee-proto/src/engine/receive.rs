//! What a datagram changes in the engine.
//!
//! In:  an admitted message.
//! Out: records in the cache; questions that others ask for us; a verdict. RFC 6762 sections 6
//!      (responses), 7.1, 7.3, 10.5 and 11.

use cooee_wire::{Counts, Message, NameRef, QuestionRef, Section, Ttl};

use super::Engine;
use super::effort::Effort;
use super::heard::{Heard, Known};
use crate::compose::query::is_missing;
use crate::intake;
use crate::intake::echo::content_hash;
use crate::intake::rate::Drawing;
use crate::limits::PROBED_NAMES_MAX;
use crate::link::LinkId;
use crate::names::NameId;
use crate::peers::PeerAddr;
use crate::time::{Duration, Instant};
use crate::timing::{DATAGRAM_AGE_MAX, UNICAST_RESPONSE_WINDOW};
use crate::transmit::{Datagram, Ignored, MDNS_PORT, Verdict};

impl Engine {
    /// Handles a datagram that a socket has received.
    pub fn handle_datagram(&mut self, now: Instant, datagram: Datagram<'_>) -> Verdict {
        self.handle_late_datagram(now, Duration::ZERO, datagram)
    }

    /// Handles a datagram that has waited to be read because the process or the machine was
    /// stopped.
    ///
    /// With an age of more than a second, a query is not answered, and the records of a response
    /// are that much older.
    pub fn handle_late_datagram(
        &mut self,
        now: Instant,
        age: Duration,
        datagram: Datagram<'_>,
    ) -> Verdict {
        let age = if age > DATAGRAM_AGE_MAX {
            age
        } else {
            Duration::ZERO
        };
        self.give_up_unreported();
        let verdict = if self.is_copy(now, &datagram) {
            Verdict::Ignored(Ignored::OwnEcho)
        } else {
            self.receive(now, age, &datagram)
        };
        match verdict {
            Verdict::Response => self.stats.responses = self.stats.responses.saturating_add(1),
            Verdict::Query => self.stats.queries = self.stats.queries.saturating_add(1),
            Verdict::Ignored(reason) => self.stats.ignored.add(reason),
        }
        self.drain(now);
        verdict
    }

    /// Ignores the copies of a packet that this program has sent, but not this engine: for two
    /// seconds, packets from this host that are equal. A [`Reflector`](crate::reflect::Reflector)
    /// beside it sends such packets.
    pub fn ignore_copies(&mut self, now: Instant, packet: &[u8]) {
        let max = self.config.limits.sent_packets_max;
        self.copies.sent(now, content_hash(packet), max);
    }

    fn is_copy(&mut self, now: Instant, datagram: &Datagram<'_>) -> bool {
        !self.copies.is_empty()
            && self.links.has_address(datagram.source.ip())
            && self.copies.is_echo(now, datagram.bytes)
    }

    /// Handles a datagram of some age: zero, or so old that only its records about others count.
    pub(super) fn receive(
        &mut self,
        now: Instant,
        age: Duration,
        datagram: &Datagram<'_>,
    ) -> Verdict {
        let Some(link) = self.links.info(datagram.link) else {
            return Verdict::Ignored(Ignored::UnknownLink);
        };
        let admitted = match intake::admit(datagram, link, self.config.source_check) {
            Ok(admitted) => admitted,
            Err(reason) => return Verdict::Ignored(reason),
        };
        let message = &admitted.message;
        let is_response = message.header().flags.is_response();
        let from_us = self.links.has_address(datagram.source.ip());
        // It is no longer known whether a packet from this host is our own.
        if !age.is_zero() && (from_us || !is_response) {
            return Verdict::Ignored(Ignored::Late);
        }
        let is_due_back = from_us && self.echo.is_due_back(now, datagram.bytes);
        if !is_due_back {
            if let Err(reason) = self.limit_rate(now, datagram, message) {
                return Verdict::Ignored(reason);
            }
        }
        if is_response && !admitted.multicast && !self.awaits_unicast(now, datagram.link, message) {
            return Verdict::Ignored(Ignored::Unsolicited);
        }
        //= https://www.rfc-editor.org/rfc/rfc6762#section-18.1
        //# Multicast DNS implementations SHOULD listen for unsolicited responses
        //# issued by hosts booting up (or waking up from sleep or otherwise
        //# joining the network).
        //= https://www.rfc-editor.org/rfc/rfc6762#section-18.1
        //# Since these unsolicited responses may contain
        //# a useful answer to a question for which the querier is currently
        //# awaiting an answer, Multicast DNS implementations SHOULD examine all
        //# received Multicast DNS response messages for useful answers, without
        //# regard to the contents of the ID field or the Question Section.
        let Some(known) = self.find_concern(message, is_response) else {
            return Verdict::Ignored(Ignored::NotOurs);
        };
        let heard = Heard {
            known,
            link: datagram.link,
            source: datagram.source,
            message,
            multicast: admitted.multicast,
            from_us,
            is_echo: false,
        };
        // Two hosts may ask exactly the same, so an own query must also come from us.
        let may_be_own = heard.from_us || is_response;
        if may_be_own && self.echo.is_echo(now, datagram.bytes) {
            let heard = Heard {
                is_echo: true,
                ..heard
            };
            self.hear_oneself(now, &heard, is_response);
            return Verdict::Ignored(Ignored::OwnEcho);
        }
        self.responder.end_burst();
        if self.is_co_resident(now, &heard) {
            self.handle_co_resident(now, &heard, is_response);
        }
        if is_response {
            self.hear_claims(now, &heard);
            self.cache_records(now, (datagram.link, datagram.source.ip()), message, age);
            return Verdict::Response;
        }
        let is_whole = self.judge_whole(&heard);
        if admitted.multicast && datagram.source.port() == MDNS_PORT {
            self.overhear(now, &heard, is_whole);
        }
        self.hear_simultaneous_probe(now, &heard);
        self.answer_query(now, &heard);
        Verdict::Query
    }

    /// Returns whether a unicast response answers a question or a probe with which we have recently
    /// asked for it.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-6
    //# A Multicast DNS querier MUST only accept unicast responses if they
    //# answer a recently sent query (e.g., sent within the last two seconds)
    //# that explicitly requested unicast responses.  A Multicast DNS querier
    //# MUST silently ignore all other unicast responses.
    fn awaits_unicast(&self, now: Instant, link: LinkId, message: &Message<'_>) -> bool {
        let since = now - UNICAST_RESPONSE_WINDOW;
        if !self.links.awaits_unicast(now, link) {
            return false;
        }
        let mut records = message.records().filter_map(Result::ok);
        records.any(|(_, record)| {
            let name = self.names.find(&record.name);
            name.is_some_and(|name| {
                self.registrations.claimant(name).is_some()
                    || self.querier.awaits_unicast(since, link, name, record.rtype)
            })
        })
    }

    /// Checks the rate limit of a source, for the kind of message in the header.
    fn limit_rate(
        &mut self,
        now: Instant,
        datagram: &Datagram<'_>,
        message: &Message<'_>,
    ) -> Result<(), Ignored> {
        let drawing = if message.header().flags.is_response() {
            Drawing::Response
        } else if message.header().counts.authorities == 0 {
            Drawing::Query
        } else {
            self.judge_probe_names(message)?
        };
        let source = datagram.source.ip();
        if self.rate.admit(now, datagram.link, source, drawing) {
            Ok(())
        } else {
            Err(Ignored::RateLimited)
        }
    }

    /// Returns whether a query with proposed records probes for a name that is ours. A host that
    /// probes for thousands of other names does not concern us. Only a limited number of names is
    /// checked: a packet with more counts as an ordinary query.
    fn judge_probe_names(&self, message: &Message<'_>) -> Result<Drawing, Ignored> {
        let mut questions = message.questions().map_while(Result::ok);
        let responder = &self.responder;
        let is_ours =
            |question: QuestionRef<'_>| responder.owned_name(&self.names, &question.name).is_some();
        if questions.by_ref().take(PROBED_NAMES_MAX).any(is_ours) {
            Ok(Drawing::Probe)
        } else if questions.next().is_some() {
            Ok(Drawing::Query)
        } else {
            Err(Ignored::NotOurs)
        }
    }

    /// Returns the first question or record of a message whose name is known here: one look-up per
    /// name, before anything is decoded.
    fn find_concern(&self, message: &Message<'_>, is_response: bool) -> Option<Known> {
        let known = |(at, name): (usize, NameRef<'_>)| {
            let name = self.names.find(&name)?;
            Some(Known { at, name })
        };
        if !is_response && message.header().counts.questions > 0 {
            let questions = message.questions().map_while(Result::ok);
            let names = questions.map(|question| question.name);
            return names.enumerate().find_map(known);
        }
        let records = message.records().map_while(Result::ok);
        let names = records.map(|(_, record)| record.name);
        names.enumerate().find_map(known)
    }

    /// Handles our own packet that came back. What this host publishes, its own browsers find as
    /// others do: its questions are answered, and its answers are used. Nothing in it is a
    /// conflict.
    fn hear_oneself(&mut self, now: Instant, heard: &Heard<'_>, is_response: bool) {
        if is_response {
            let from = (heard.link, heard.source.ip());
            self.cache_records(now, from, heard.message, Duration::ZERO);
        } else if heard.message.header().counts.authorities == 0 {
            self.answer_query(now, heard);
        }
    }

    /// Handles a response's records about names that are ours.
    fn hear_claims(&mut self, now: Instant, heard: &Heard<'_>) {
        for (_, record) in heard.message.records().filter_map(Result::ok) {
            self.hear_record(now, heard, &record);
        }
    }

    /// Adds the records of a response to the cache; the authority section is ignored.
    fn cache_records(
        &mut self,
        now: Instant,
        from: PeerAddr,
        message: &Message<'_>,
        age: Duration,
    ) {
        let (link, _) = from;
        //= https://www.rfc-editor.org/rfc/rfc6762#section-6
        //# Any questions in the Question Section of a
        //# received Multicast DNS response MUST be silently ignored.
        let Some(info) = self.links.info(link) else {
            return;
        };
        self.cache.begin_packet(from, self.rate.is_flooded(now));
        for record in message.records() {
            let received = match record {
                Ok((Section::Authority, _)) => Ok(()),
                Ok((Section::Answer | Section::Additional, mut record)) => {
                    if !record.ttl.is_goodbye() {
                        let left = Duration::from_secs(record.ttl.as_secs().into());
                        let left = left.saturating_sub(age).as_secs();
                        // Records that have expired since are ignored.
                        if left == 0 {
                            continue;
                        }
                        record.ttl = Ttl(u32::try_from(left).unwrap_or(u32::MAX));
                    }
                    let on = (link, info);
                    self.cache
                        .receive(now, on, &record, &mut self.names, &self.querier)
                }
                Err(error) => Err(error),
            };
            //= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
            //# A Multicast DNS implementation MUST NOT ignore an entire
            //# message just because that message contains one or more NSEC record(s)
            //# that the Multicast DNS implementation cannot parse.
            if received.is_err() {
                self.stats.malformed_records = self.stats.malformed_records.saturating_add(1);
            }
        }
    }

    /// Returns whether the whole query can be read, as far as its header says that it goes.
    fn judge_whole(&mut self, heard: &Heard<'_>) -> bool {
        let (message, counts) = (heard.message, heard.message.header().counts);
        let read = heard.known.at.saturating_add(1);
        let questions_alone = Counts {
            questions: counts.questions,
            ..Counts::default()
        };
        // What was looked up was read before, and there is nothing else.
        if counts == questions_alone && usize::from(counts.questions) == read {
            return true;
        }
        let is_whole = message.questions().all(|question| question.is_ok())
            && message.records().all(|record| record.is_ok());
        if !is_whole {
            self.stats.malformed_records = self.stats.malformed_records.saturating_add(1);
        }
        is_whole
    }

    /// Handles another host's multicast question: it may ask for us, and a missing answer may be
    /// significant. A query that is cut off may know more than can be read of it, and does not ask
    /// for us.
    fn overhear(&mut self, now: Instant, heard: &Heard<'_>, is_whole: bool) {
        let (link, message) = (heard.link, heard.message);
        //= https://www.rfc-editor.org/rfc/rfc6762#section-7.1
        //# A Multicast DNS querier MUST NOT cache resource records observed in
        //# the Known-Answer Section of other Multicast DNS queries.
        for record in message.answers().map_while(Result::ok) {
            if let Some(name) = self.names.find(&record.name) {
                let names = &self.names;
                self.cache
                    .overhear_known_answer(now, link, name, &record, names);
            }
        }
        let is_all = is_whole && !message.header().flags.truncated();
        let mut effort = Effort::new();
        for (at, question) in message.questions().map_while(Result::ok).enumerate() {
            let Some(name) = self.name_asked(heard.known, at, &question) else {
                continue;
            };
            if question.unicast_response {
                continue;
            }
            if !effort.spend(message.header().counts.answers.into()) {
                self.stats.questions_skipped = self.stats.questions_skipped.saturating_add(1);
                return;
            }
            self.cache
                .overhear_question(now, link, name, question.rtype);
            let is_asked = self.querier.asks_for(name, question.rtype);
            if is_asked && is_all && self.knows_all(now, link, name, &question, message) {
                let asked = (link, name, question.rtype);
                let is_missing = is_missing(
                    &self.cache,
                    &self.names,
                    &self.querier,
                    name,
                    question.rtype,
                );
                self.querier.suppress(now, asked, is_missing);
            }
        }
    }

    /// Returns whether we would list every answer to a question that the message lists as known.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-7.3
    //# If a host is planning to transmit (or retransmit) a query, and it
    //# sees another host on the network send a query containing the same
    //# "QM" question, and the Known-Answer Section of that query does not
    //# contain any records that this host would not also put in its own
    //# Known-Answer Section, then this host SHOULD treat its own query as
    //# having been sent.
    fn knows_all(
        &self,
        now: Instant,
        link: LinkId,
        name: NameId,
        question: &QuestionRef<'_>,
        message: &Message<'_>,
    ) -> bool {
        message
            .answers()
            .map_while(Result::ok)
            .filter(|record| record.rtype == question.rtype)
            .filter(|record| self.names.find(&record.name) == Some(name))
            .all(|record| self.cache.would_list(now, link, name, &record, &self.names))
    }
}
