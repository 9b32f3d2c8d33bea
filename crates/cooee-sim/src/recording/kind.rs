//! The purpose of a message, derived from its bytes and from what was asked before it.

use std::rc::Rc;
use std::time::Duration;

use cooee_wire::{Message, Name, QuestionRef, RecordRef, RecordType};

use crate::recording::{Recording, Transmission};

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A query, known answers with it or not.
    Query,
    /// A query with proposed records in the authority section.
    Probe,
    /// A query without a question: more known answers to the one before it.
    KnownAnswers,
    /// A response to a query that another host sent on the link a short while before.
    Answer,
    /// A response nobody asked for.
    Announcement,
    /// A response whose records all have a TTL of zero.
    Goodbye,
    /// Not a DNS message.
    Unreadable,
}

/// A question of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// When it was asked, since the world began.
    pub at: Duration,
    /// The link it was asked on.
    pub link: Rc<str>,
    /// The requested name.
    pub name: Name,
    /// The type asked for.
    pub rtype: RecordType,
    /// Whether a unicast answer is preferred.
    pub unicast: bool,
}

pub(crate) fn of(transmission: &Transmission, recording: &Recording) -> Kind {
    let Ok(message) = Message::parse(transmission.bytes()) else {
        return Kind::Unreadable;
    };
    let header = message.header();
    if header.flags.is_response() {
        return of_response(transmission, &message, recording);
    }
    match (header.counts.questions, header.counts.authorities) {
        (0, _) => Kind::KnownAnswers,
        (_, 0) => Kind::Query,
        (_, _) => Kind::Probe,
    }
}

fn of_response(transmission: &Transmission, message: &Message<'_>, recording: &Recording) -> Kind {
    let mut answers = message.answers().flatten().peekable();
    if answers.peek().is_some() && answers.all(|record| record.ttl.is_goodbye()) {
        return Kind::Goodbye;
    }
    let before = recording.before(transmission);
    let recent = before.take_while(|t| transmission.at.saturating_since(t.at) <= ANSWER_WITHIN);
    let mut others = recent.filter(|t| t.link == transmission.link && t.host != transmission.host);
    let asked = others.any(|t| Message::parse(t.bytes()).is_ok_and(|query| fits(&query, message)));
    if asked {
        Kind::Answer
    } else {
        Kind::Announcement
    }
}

/// Returns whether any answer of the response answers any question of the query.
fn fits(query: &Message<'_>, response: &Message<'_>) -> bool {
    !query.header().flags.is_response()
        && query.questions().flatten().any(|question| {
            response
                .answers()
                .flatten()
                .any(|answer| answers(&question, &answer))
        })
}

fn answers(question: &QuestionRef<'_>, answer: &RecordRef<'_>) -> bool {
    let kinds = [answer.rtype, RecordType::ANY];
    // A denial answers a question for any type.
    (kinds.contains(&question.rtype) || answer.rtype == RecordType::NSEC)
        && question.name.matches_ref(&answer.name)
}

pub(crate) fn questions(transmission: &Transmission, recording: &Recording) -> Vec<Asked> {
    let Ok(message) = Message::parse(transmission.bytes()) else {
        return Vec::new();
    };
    let asked = |question: QuestionRef<'_>| {
        Some(Asked {
            at: recording.age(transmission.at),
            link: transmission.link.clone(),
            name: question.name.to_name().ok()?,
            rtype: question.rtype,
            unicast: question.unicast_response,
        })
    };
    message.questions().flatten().filter_map(asked).collect()
}

/// The longest a responder waits for more known answers (500 ms) or for the second since it last
/// multicast the record, with room for the network's own delays.
const ANSWER_WITHIN: Duration = Duration::from_millis(2_000);
