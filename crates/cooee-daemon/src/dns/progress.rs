//! When a question that is asked on the links can be answered.
//!
//! In:  what is heard, and when.
//! Out: whether there is an answer now, whether there will be none, or until when to wait. RFC 8766
//!      section 5.6.

use std::collections::HashMap;
use std::time::Duration;

use cooee::{Name, RData, RecordType, Ttl};
use tokio::time::Instant;

/// What is known of the answer to a question.
#[derive(Debug)]
pub(super) struct Progress {
    begun: Instant,
    /// Whether several hosts may answer.
    is_shared: bool,
    records: HashMap<HeardOnLink, Ttl>,
    first_heard: Option<Instant>,
    last_heard: Option<Instant>,
    /// The links on which the owner of the name says that there is no such record.
    denied: Vec<u32>,
}

/// A record and the link on which it was heard.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct HeardOnLink {
    pub(super) link: u32,
    pub(super) name: Name,
    pub(super) data: RData,
}

/// Whether there is an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// The records are complete, as far as can be known.
    Complete,
    /// The name exists, but has no such record.
    Absent,
    /// Nobody has answered in time.
    Silent,
    /// It is too early to say.
    WaitUntil(Instant),
}

impl Progress {
    /// Begins a question for records of a type.
    pub(super) fn begin(now: Instant, name: &Name, rtype: RecordType) -> Self {
        Self {
            begun: now,
            is_shared: is_shared(name, rtype),
            records: HashMap::new(),
            first_heard: None,
            last_heard: None,
            denied: Vec::new(),
        }
    }

    /// Notes a record that was heard.
    pub(super) fn on_heard(&mut self, now: Instant, record: HeardOnLink, ttl: Ttl) {
        self.denied.retain(|link| *link != record.link);
        self.records.insert(record, ttl);
        self.first_heard.get_or_insert(now);
        self.last_heard = Some(now);
    }

    /// Notes that a record has gone.
    pub(super) fn on_gone(&mut self, record: &HeardOnLink) {
        self.records.remove(record);
    }

    /// Notes that everything that is there will be reported once more, as if the question began now.
    pub(super) fn on_lost(&mut self, now: Instant) {
        self.begun = now;
        self.records.clear();
        self.denied.clear();
        self.first_heard = None;
        self.last_heard = None;
    }

    /// Notes that the owner of the name has no such record on a link.
    pub(super) fn on_denied(&mut self, link: u32) {
        if !self.denied.contains(&link) {
            self.denied.push(link);
        }
    }

    /// Returns when the first record was heard, if any is there.
    pub(super) fn heard(&self) -> Option<Instant> {
        self.first_heard.filter(|_| !self.records.is_empty())
    }

    /// Returns when the wait for a first answer ends, as long as there has been none.
    pub(super) fn silent_from(&self, wait_max: Duration) -> Option<Instant> {
        match self.first_heard {
            Some(_) => None,
            None => Some(later(self.begun, wait_max)),
        }
    }

    /// Returns whether nobody has answered in time, or whatever was heard has gone. A question that
    /// began as good as now minus the wait counts too.
    pub(super) fn is_silent(&self, now: Instant, wait_max: Duration) -> bool {
        self.records.is_empty() && later(self.begun, wait_max) <= later(now, PACKET_WAIT)
    }

    /// Returns the records.
    pub(super) fn records(&self) -> impl Iterator<Item = (&HeardOnLink, Ttl)> {
        self.records.iter().map(|(record, ttl)| (record, *ttl))
    }

    /// Judges a question that is asked on some links. The name may be known to exist since a moment.
    pub(super) fn judge(
        &self,
        now: Instant,
        links: &[u32],
        exists_since: Option<Instant>,
        wait_max: Duration,
    ) -> State {
        let limit = later(self.begun, wait_max);
        let (until, then) = match self.heard() {
            Some(first) => (
                self.complete_at(first).min(limit.max(first)),
                State::Complete,
            ),
            None if self.is_denied(links) => return State::Absent,
            None => match exists_since {
                Some(since) => (
                    later(since.max(self.begun), SIBLING_WAIT).min(limit),
                    State::Absent,
                ),
                None => (limit, State::Silent),
            },
        };
        match now < until {
            true => State::WaitUntil(until),
            false => then,
        }
    }

    /// Returns when no more records are expected.
    //= https://www.rfc-editor.org/rfc/rfc8766#section-5.6
    //# As soon as any Multicast DNS response packet is received that
    //# contains one or more positive answers to that question (with or
    //# without the Cache Flush bit [RFC6762] set) or a negative answer
    //# (signified via a Multicast DNS NSEC record [RFC6762]), the
    //# Discovery Proxy generates a Unicast DNS response message
    //# containing the corresponding (filtered and translated) answers and
    //# sends it to the remote client.
    fn complete_at(&self, first: Instant) -> Instant {
        if !self.is_shared {
            return later(first, PACKET_WAIT);
        }
        let last = self.last_heard.unwrap_or(first);
        later(last, ANSWERS_GAP).max(later(self.begun, ANSWERS_WAIT))
    }

    fn is_denied(&self, links: &[u32]) -> bool {
        !links.is_empty() && links.iter().all(|link| self.denied.contains(link))
    }
}

/// Returns whether several hosts may have records of a name and type.
pub(super) fn is_shared(name: &Name, rtype: RecordType) -> bool {
    let is_address = name
        .labels()
        .last()
        .is_some_and(|label| label.eq_ignore_ascii_case(b"arpa"));
    match rtype {
        RecordType::PTR => !is_address,
        RecordType::ANY => true,
        _ => false,
    }
}

/// Returns the moment after a time; the moment itself if the other is too far away.
fn later(moment: Instant, time: Duration) -> Instant {
    moment.checked_add(time).unwrap_or(moment)
}

/// How long the records of one packet, or those of the cache, take to be reported.
pub(super) const PACKET_WAIT: Duration = Duration::from_millis(20);

/// How long several hosts have for their answers: a question is delayed by 120 ms at most (RFC 6762
/// section 5.2) and an answer by 500 ms (section 6).
const ANSWERS_WAIT: Duration = Duration::from_millis(700);

/// How long after the last answer another one is expected: answers are delayed by 20 to 120 ms
/// (RFC 6762 section 6).
const ANSWERS_GAP: Duration = Duration::from_millis(120);

/// How long a host that has answered a question for another type may take for this one.
const SIBLING_WAIT: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests;
