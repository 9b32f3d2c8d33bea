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
    /// Handles a truncated query: its answers wait for the packets that follow. Returns who asks.
    pub(super) fn await_more(&mut self, now: Instant, heard: &Heard<'_>, until: Instant) -> Asker {
        let host = (heard.link, heard.source);
        let max = self.config.limits.truncated_queries_max;
        let asker = self.responder.await_more(now, host, until, max);
        if asker.is_none() {
            self.stats.truncated_dropped = self.stats.truncated_dropped.saturating_add(1);
        }
        asker.unwrap_or(Asker::Anybody)
    }

    /// Handles a packet without questions: more known answers of a host that asked before. A host
    /// that asks over both address families asks twice, and lists its known answers twice.
    pub(super) fn hear_more_known_answers(&mut self, now: Instant, heard: &Heard<'_>) {
        let host = (heard.link, heard.source);
        if !self.responder.awaits_more(now, host) {
            return;
        }
        let known = self.known_answers(heard);
        for _ in 0..self.responder.hear_known(now, host, &known) {
            self.rate.take_back_answer();
        }
        //= https://www.rfc-editor.org/rfc/rfc6762#section-7.2
        //# If the responder receives additional Known-Answer packets with the TC
        //# bit set, it SHOULD extend the delay as necessary to ensure a pause of
        //# 400-500 ms after the last such packet before it sends its answer.
        if heard.message.header().flags.truncated() {
            let until = now + self.rng.delay(TRUNCATED_DELAY_MIN, TRUNCATED_DELAY_MAX);
            self.responder.extend(now, host, until);
        }
    }
}
