//! Who has asked what, and how soon again.
//!
//! In:  questions with their times.
//! Out: whether a host repeats a question too soon; whether a response was asked for.
//! RFC 6762 section 5.2.

use std::net::IpAddr;
use std::time::Duration;

use cooee_wire::RecordType;

use super::limits::{
    ANSWER_WITHIN, COPY_WITHIN, QUESTION_KEPT, QUESTIONS_MAX, SHORT_GAP_MAX, SHORT_GAPS,
    is_too_soon,
};
use super::recent::Recent;
use super::sighting::LinkFamily;

/// The questions of each host.
#[derive(Debug)]
pub(super) struct Questions {
    asked: Recent<(LinkFamily, IpAddr, u64, RecordType), Repetition>,
}

/// How a host asks one question.
#[derive(Debug, Default)]
struct Repetition {
    last: Option<Duration>,
    was_copied: bool,
    short_gaps: u8,
}

/// A pace that is too fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// Asked again this soon.
    Soon(Duration),
    /// Asked again and again after short pauses.
    NotSlowing,
}

impl Questions {
    pub(super) fn new() -> Self {
        Self {
            asked: Recent::new(QUESTIONS_MAX, QUESTION_KEPT),
        }
    }

    /// Returns how many are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.asked.len()
    }

    /// Notes a question. Returns its pace if that is too fast.
    pub(super) fn pace(
        &mut self,
        now: Duration,
        link: LinkFamily,
        source: IpAddr,
        name: u64,
        rtype: RecordType,
    ) -> Option<Pace> {
        let key = (link, source, name, rtype);
        self.asked.entry(now, key)?.next(now)
    }
}

impl Repetition {
    fn next(&mut self, now: Duration) -> Option<Pace> {
        let last = self.last.replace(now)?;
        // A clock that was set back tells nothing.
        let gap = now.checked_sub(last)?;
        if gap < COPY_WITHIN && !std::mem::replace(&mut self.was_copied, true) {
            return None;
        }
        if gap >= COPY_WITHIN {
            self.was_copied = false;
        }
        if gap >= SHORT_GAP_MAX {
            self.short_gaps = 0;
            return None;
        }
        self.short_gaps = self.short_gaps.saturating_add(1);
        if is_too_soon(gap) {
            return Some(Pace::Soon(gap));
        }
        //= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
        //# the intervals between
        //# successive queries MUST increase by at least a factor of two
        (self.short_gaps >= SHORT_GAPS).then_some(Pace::NotSlowing)
    }
}

/// The last two hosts that have asked a question, and when.
type LastAskers = [Option<(IpAddr, Duration)>; 2];

/// The hosts that have asked each question last.
#[derive(Debug)]
pub(super) struct Askers {
    recent: Recent<(LinkFamily, u64, RecordType), LastAskers>,
}

impl Askers {
    pub(super) fn new() -> Self {
        Self {
            recent: Recent::new(QUESTIONS_MAX, ANSWER_WITHIN),
        }
    }

    /// Returns how many are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.recent.len()
    }

    /// Notes who asks.
    pub(super) fn note(
        &mut self,
        now: Duration,
        link: LinkFamily,
        name: u64,
        rtype: RecordType,
        source: IpAddr,
    ) {
        for rtype in [rtype, SOME_TYPE] {
            let Some(askers) = self.recent.entry(now, (link, name, rtype)) else {
                return;
            };
            let [first, second] = askers;
            // A host does not answer itself, so two different ones are enough.
            if first.is_some_and(|(host, _)| host != source) {
                *second = *first;
            }
            *first = Some((source, now));
        }
    }

    /// Returns whether another host than the responder has asked for this record just before.
    pub(super) fn asked(
        &self,
        now: Duration,
        link: LinkFamily,
        name: u64,
        rtype: RecordType,
        responder: IpAddr,
    ) -> bool {
        // A denial answers a question for any type.
        let types = match rtype {
            RecordType::NSEC => [SOME_TYPE, SOME_TYPE],
            rtype => [rtype, RecordType::ANY],
        };
        let askers = types.map(|rtype| self.recent.get(&(link, name, rtype)));
        askers
            .into_iter()
            .flatten()
            .flatten()
            .flatten()
            .any(|(host, at)| *host != responder && now.abs_diff(*at) <= ANSWER_WITHIN)
    }
}

/// Stands for a question of whatever type; no record has it.
const SOME_TYPE: RecordType = RecordType(0);
