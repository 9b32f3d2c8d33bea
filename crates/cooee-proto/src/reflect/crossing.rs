//! What waits to be sent to another link, and how it becomes a packet.
//!
//! In:  questions and records that a rule lets through.
//! Out: packets no longer than the link allows, and what to remember when they have left. RFC 6762
//!      sections 6.7 (legacy unicast responses), 7.2 (known answers in several packets) and 17.

use alloc::vec::Vec;
use core::net::SocketAddr;

use cooee_wire::{Flags, MessageBuilder, RecordFields, Section, Ttl};

use super::askers::LegacyQuestion;
use super::channel::Sighting;
use super::heard::{ChannelId, HeardQuestion, HeardRecord};
use crate::timing::LEGACY_TTL_SECS_MAX;
use crate::transmit::{Destination, MESSAGE_LEN_MAX};

/// Something that crosses by a rule.
pub(super) struct Crossing {
    pub(super) rule: usize,
    /// The number of the message that crosses.
    pub(super) heard: u64,
    /// Where it goes.
    pub(super) target: ChannelId,
    pub(super) content: CrossingContent,
}

pub(super) enum CrossingContent {
    Query(CrossingQuery),
    Answer(CrossingAnswer),
    Reply(CrossingReply),
}

pub(super) struct CrossingQuery {
    pub(super) asked: Vec<HeardQuestion>,
    pub(super) known: Vec<HeardRecord>,
    pub(super) proposed: Vec<HeardRecord>,
    pub(super) is_truncated: bool,
}

/// An answer for everybody.
pub(super) struct CrossingAnswer {
    pub(super) items: Vec<HeardRecord>,
    /// What of it somebody has asked for, or is news, by [`HeardRecord::unit`].
    pub(super) needed: Vec<u64>,
    /// Whether it came to this host alone, because of a question that crossed.
    pub(super) is_reply: bool,
}

/// An answer for one host.
pub(super) struct CrossingReply {
    pub(super) to: SocketAddr,
    pub(super) legacy: Option<LegacyQuestion>,
    pub(super) items: Vec<HeardRecord>,
}

/// What to remember of a packet that has left.
#[derive(Debug, Default)]
pub(super) struct Marks {
    pub(super) sightings: Vec<Sighting>,
    /// Each with the keys of its known answers.
    pub(super) questions: Vec<(u64, Vec<u64>)>,
}

/// A packet in the buffer, and what did not fit into it.
pub(super) struct Written {
    pub(super) destination: Destination,
    pub(super) marks: Marks,
    pub(super) rest: Option<CrossingContent>,
}

impl Crossing {
    /// Adds what crosses of the same message by another rule, or answers of another one that fit
    /// into a packet of `budget` bytes too. Returns what cannot be added.
    pub(super) fn merge(&mut self, other: Self, budget: usize) -> Option<Self> {
        let is_same = self.heard == other.heard;
        if self.target != other.target || !(is_same || self.packs(&other, budget)) {
            return Some(other);
        }
        match (&mut self.content, other.content) {
            (CrossingContent::Query(query), CrossingContent::Query(more)) => query.merge(more),
            (CrossingContent::Answer(answer), CrossingContent::Answer(more)) => {
                merge_items(&mut answer.items, more.items);
                answer.needed.extend(more.needed);
            }
            (CrossingContent::Reply(reply), CrossingContent::Reply(more))
                if reply.to == more.to =>
            {
                merge_items(&mut reply.items, more.items);
            }
            (_, content) => return Some(Self { content, ..other }),
        }
        None
    }

    /// Returns whether the answers of another message fit into the same packet: they are for the
    /// same hosts, and no record contradicts another one or flushes it.
    fn packs(&self, other: &Self, budget: usize) -> bool {
        let (items, more) = match (&self.content, &other.content) {
            (CrossingContent::Answer(answer), CrossingContent::Answer(more))
                if answer.is_reply == more.is_reply =>
            {
                (&answer.items, &more.items)
            }
            (CrossingContent::Reply(reply), CrossingContent::Reply(more))
                if reply.is_for_same(more) =>
            {
                (&reply.items, &more.items)
            }
            _ => return false,
        };
        let lens = [&self.content, &other.content].map(CrossingContent::len);
        let len = lens.into_iter().fold(HEADER_LEN_MAX, usize::saturating_add);
        let excludes = |one: &HeardRecord, other: &HeardRecord| {
            let flushes = one.record.cache_flush || other.record.cache_flush;
            let is_same = one.keys.record == other.keys.record;
            let contradicts = is_same && one.record.ttl != other.record.ttl;
            contradicts || (!is_same && flushes && one.keys.set == other.keys.set)
        };
        self.rule == other.rule
            && len <= budget
            && more
                .iter()
                .all(|one| !items.iter().any(|item| excludes(one, item)))
    }
}

impl CrossingReply {
    /// Returns whether another one answers the same question of the same host.
    fn is_for_same(&self, other: &Self) -> bool {
        let question = |reply: &Self| {
            let question = reply.legacy.as_ref();
            question.map(|question| (question.id, question.asked.key))
        };
        self.to == other.to && question(self) == question(other)
    }
}

impl CrossingQuery {
    fn merge(&mut self, more: Self) {
        for asked in more.asked {
            if self.asked.iter().all(|known| known.key != asked.key) {
                self.asked.push(asked);
            }
        }
        merge_items(&mut self.known, more.known);
        merge_items(&mut self.proposed, more.proposed);
    }
}

/// Adds records, in the order in which they were heard, each once.
fn merge_items(items: &mut Vec<HeardRecord>, more: Vec<HeardRecord>) {
    items.extend(more);
    items.sort_by_key(|item| (item.section, item.place));
    let mut told = Vec::with_capacity(items.len());
    items.retain(|item| {
        let item = (item.keys.record, item.record.ttl);
        let is_new = !told.contains(&item);
        told.push(item);
        is_new
    });
}

impl CrossingContent {
    /// Returns how many bytes its records take at most.
    pub(super) fn len(&self) -> usize {
        let of = |items: &[HeardRecord]| {
            let lens = items.iter().map(|item| {
                let record = &item.record;
                record
                    .name
                    .wire_len()
                    .saturating_add(record.data.wire_len())
                    .saturating_add(RECORD_FIELDS_LEN)
            });
            lens.fold(0, usize::saturating_add)
        };
        match self {
            Self::Query(query) => of(&query.known).saturating_add(of(&query.proposed)),
            Self::Answer(answer) => of(&answer.items),
            Self::Reply(reply) => of(&reply.items),
        }
    }
}

/// Writes a query, with as many known answers as fit.
pub(super) fn query(
    buffer: &mut Vec<u8>,
    to: ChannelId,
    query: CrossingQuery,
    budget: usize,
) -> Written {
    let CrossingQuery {
        mut asked,
        mut known,
        proposed,
        is_truncated,
    } = query;
    let mut builder = MessageBuilder::new(buffer, 0, Flags::QUERY, budget);
    let questions = fit(&asked, |one| {
        let added = builder.question(&one.name, one.rtype, one.class, one.is_unicast);
        added.is_ok()
    });
    let answers = match questions == asked.len() {
        true => fit(&known, |item| {
            builder.record(Section::Answer, fields(item)).is_ok()
        }),
        false => 0,
    };
    // A probe is short; what does not fit is not compared.
    fit(&proposed, |item| {
        builder.record(Section::Authority, fields(item)).is_ok()
    });
    let asked_later = asked.split_off(questions);
    let known_later = known.split_off(answers);
    let is_whole = asked_later.is_empty() && known_later.is_empty();
    if is_truncated || (asked_later.is_empty() && !known_later.is_empty()) {
        builder.set_truncated();
    }
    let is_empty = builder.is_empty();
    builder.finish();
    let rest = (!is_whole && !is_empty).then_some(CrossingContent::Query(CrossingQuery {
        asked: asked_later,
        known: known_later,
        proposed: Vec::new(),
        is_truncated,
    }));
    Written {
        destination: Destination::MulticastBy(to.family),
        marks: Marks {
            sightings: Vec::new(),
            questions: asked
                .iter()
                .map(|one| (one.key, one.known_answers(known.iter())))
                .collect(),
        },
        rest,
    }
}

/// Writes a response to everybody, with as many records as fit.
pub(super) fn answer(
    buffer: &mut Vec<u8>,
    to: ChannelId,
    answer: CrossingAnswer,
    budget: usize,
) -> Written {
    let CrossingAnswer {
        mut items,
        is_reply,
        ..
    } = answer;
    let mut written = write_answer(buffer, &items, budget);
    if written == 0 {
        // One record that is longer than a packet: it is fragmented.
        let alone = items.get(..1).unwrap_or_default();
        written = write_answer(buffer, alone, MESSAGE_LEN_MAX).max(1);
    }
    let later = items.split_off(written.min(items.len()));
    let needed = later.iter().map(HeardRecord::unit).collect();
    let sighting = |item| match is_reply {
        true => Sighting::of_reply(item),
        false => Sighting::from(item),
    };
    Written {
        destination: Destination::MulticastBy(to.family),
        marks: Marks {
            sightings: items.iter().map(sighting).collect(),
            ..Marks::default()
        },
        rest: (!later.is_empty()).then_some(CrossingContent::Answer(CrossingAnswer {
            items: later,
            needed,
            is_reply,
        })),
    }
}

fn write_answer(buffer: &mut Vec<u8>, items: &[HeardRecord], budget: usize) -> usize {
    let mut builder = MessageBuilder::new(buffer, 0, Flags::RESPONSE, budget);
    let written = write_records(&mut builder, items, |item| fields(item));
    builder.finish();
    written
}

/// Writes a response to one host. What does not fit is left out; it asks again.
pub(super) fn reply(buffer: &mut Vec<u8>, reply: &CrossingReply, budget: usize) -> Written {
    let Some(LegacyQuestion { id, asked, .. }) = &reply.legacy else {
        write_answer(buffer, &reply.items, budget);
        return Written::unicast(reply);
    };
    let builder = MessageBuilder::new(buffer, *id, Flags::RESPONSE, budget);
    let mut builder = builder.legacy();
    let asks = builder.question(&asked.name, asked.rtype, asked.class, false);
    let written = write_records(&mut builder, &reply.items, |item| {
        //= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
        //# The cache-flush bit MUST NOT be set in any resource records in a
        //# response message sent in legacy unicast responses to UDP ports other
        //# than 5353.
        RecordFields {
            cache_flush: false,
            ttl: Ttl(item.record.ttl.as_secs().min(LEGACY_TTL_SECS_MAX)),
            ..fields(item)
        }
    });
    if asks.is_err() || written < reply.items.len() {
        builder.set_truncated();
    }
    builder.finish();
    Written::unicast(reply)
}

impl Written {
    fn unicast(reply: &CrossingReply) -> Self {
        Self {
            destination: Destination::Unicast(reply.to),
            marks: Marks::default(),
            rest: None,
        }
    }
}

/// Writes records in their order. Returns how many fit.
fn write_records<'i>(
    builder: &mut MessageBuilder<'_>,
    items: &'i [HeardRecord],
    form: impl Fn(&'i HeardRecord) -> RecordFields<'i>,
) -> usize {
    let mut section = Section::Answer;
    fit(items, |item| {
        // A response begins with an answer, even if only additional records of it cross.
        if builder.counts().answers > 0 {
            section = section.max(item.section);
        }
        builder.record(section, form(item)).is_ok()
    })
}

/// Returns how many of the first fit.
fn fit<'t, T>(all: &'t [T], mut fits: impl FnMut(&'t T) -> bool) -> usize {
    all.iter().take_while(|one| fits(one)).count()
}

fn fields(item: &HeardRecord) -> RecordFields<'_> {
    RecordFields::from(&item.record)
}

/// The bytes of a record besides its name and data: type, class, TTL and length.
const RECORD_FIELDS_LEN: usize = 10;
/// The bytes of a message besides its records: the header, and the question of a legacy query.
const HEADER_LEN_MAX: usize = 12 + 255 + 4;
