//! Truncated queries: their answers wait for the packets that list the querier's known answers.
//!
//! In:  queries with the TC bit, and packets without questions that follow them.
//! Out: answers delayed, up to a limit; answers that nobody needs any more. RFC 6762 sections 7.2
//!      and 18.5.

use super::Engine;
use super::heard::Heard;
use crate::responder::record::Asker;
use crate::time::Instant;
use crate::timing::{TRUNCATED_DELAY_MAX, TRUNCATED_DELAY_MIN};

impl Engine {
    /// Handles a truncated query: its answers wait for the packets that follow. Returns its id.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-18.5
    //# A responder SHOULD
    //# record this fact, and wait for those additional Known-Answer records,
    //# before deciding whether to respond.
    pub(super) fn await_more(&mut self, now: Instant, heard: &Heard<'_>, until: Instant) -> Asker {
        let host = (heard.link, heard.source);
        let max = self.config.limits.truncated_queries_max;
        match self.responder.truncated.remember(now, host, until, max) {
            Some(query) => Asker::Truncated(query),
            None => {
                self.stats.truncated_dropped = self.stats.truncated_dropped.saturating_add(1);
                Asker::Anybody
            }
        }
    }

    /// Handles a packet without questions: more known answers of a host that asked before. A host
    /// that asks over both address families asks twice, and lists its known answers twice.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-7.2
    //# If the responder sees any of its answers listed in the
    //# Known-Answer lists of subsequent packets from the querying host, it
    //# MUST delete that answer from the list of answers it is planning to
    //# give (provided that no other host on the network has also issued a
    //# query for that record and is waiting to receive an answer).
    pub(super) fn hear_more_known_answers(&mut self, now: Instant, heard: &Heard<'_>) {
        let host @ (link, source) = (heard.link, heard.source);
        let queries = self.responder.truncated.of_host(now, host);
        if queries.is_empty() {
            return;
        }
        for id in self.known_answers(heard) {
            let responder = &mut self.responder;
            let (registry, truncated) = (&mut responder.registry, &responder.truncated);
            let until = |query| truncated.until(now, query);
            let outbox = &mut responder.outbox;
            if outbox.satisfy(registry, (link, id), &queries, until) {
                self.rate.take_back_answer();
            }
            responder.replies.cancel(link, source, id);
        }
        //= https://www.rfc-editor.org/rfc/rfc6762#section-7.2
        //# If the responder receives additional Known-Answer packets with the TC
        //# bit set, it SHOULD extend the delay as necessary to ensure a pause of
        //# 400-500 ms after the last such packet before it sends its answer.
        if heard.message.header().flags.truncated() {
            let until = now + self.rng.delay(TRUNCATED_DELAY_MIN, TRUNCATED_DELAY_MAX);
            if let Some(until) = self.responder.truncated.extend(now, host, until) {
                self.responder.replies.postpone(link, source, until);
            }
        }
    }
}
