//! Query packets: due questions, then known answers, continued over packets with TC.
//!
//! In:  what is due on a link; the cache; the room in a packet.
//! Out: one query packet per call. RFC 6762 sections 5.3 (several questions), 7.1 and 7.2 (known
//!      answers), 17 (packet size), 18 (message format).

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use cooee_wire::{
    Class, Flags, MessageBuilder, Name, RData, RecordFields, RecordType, Section, Ttl,
};

use crate::asking::Interest;
use crate::cache::{Cache, Cached};
use crate::collections::SmallList;
use crate::link::LinkId;
use crate::link_map::LinkMap;
use crate::links::Gate;
use crate::names::{NameId, Names};
use crate::querier::{AskedQuestion, Querier};
use crate::time::Instant;

/// Known answers that did not fit and follow in further packets, by link.
#[derive(Default)]
pub(crate) struct QueryComposer {
    following: LinkMap<VecDeque<KnownAnswer>>,
}

/// The sources from which the packets are made.
pub(crate) struct Sources<'a> {
    pub(crate) querier: &'a mut Querier,
    pub(crate) cache: &'a Cache,
    pub(crate) names: &'a Names,
    /// How many known answers a query lists.
    pub(crate) known_answers_max: usize,
    /// Whether unicast responses reach us.
    pub(crate) unicast_responses: bool,
}

/// A packet that was made.
#[derive(Debug)]
pub(crate) struct Composed {
    pub(crate) link: LinkId,
    pub(crate) questions: u16,
    pub(crate) known_answers: u16,
    /// How many known answers were not listed because a query may not list as many.
    pub(crate) unlisted: u32,
    /// Whether a question in it asks for unicast responses.
    pub(crate) unicast: bool,
    /// Its questions.
    pub(crate) asked: SmallList<AskedQuestion, 4>,
}

struct KnownAnswer {
    name: Name,
    ttl: Ttl,
    data: RData,
}

impl QueryComposer {
    /// Writes the next due packet into `buf`, if there is one.
    pub(crate) fn compose(
        &mut self,
        gate: Gate<'_>,
        sources: Sources<'_>,
        buf: &mut Vec<u8>,
    ) -> Option<Composed> {
        let now = gate.now;
        let following = self.following.keys().find(|link| gate.is_open(*link));
        if let Some(link) = following {
            let known = self.following.remove(link).unwrap_or_default();
            //= https://www.rfc-editor.org/rfc/rfc6762#section-18.1
            //# In multicast query messages, the Query Identifier SHOULD be set to
            //# zero on transmission.
            let budget = gate.budget(link);
            let builder = MessageBuilder::new(buf, 0, Flags::QUERY, budget);
            return Some(self.finish(builder, (link, budget), Asked::following(known)));
        }
        let link = sources.querier.due_link(now, |link| gate.is_open(link))?;
        if !sources.querier.may_make_packet(now) {
            return None;
        }
        let budget = gate.budget(link);
        let mut builder = MessageBuilder::new(buf, 0, Flags::QUERY, budget);
        let asked = ask_due(now, link, sources, &mut builder);
        Some(self.finish(builder, (link, budget), asked))
    }

    /// Drops what was to follow on a link that is gone.
    pub(crate) fn drop_link(&mut self, link: LinkId) {
        self.following.remove(link);
    }

    //= https://www.rfc-editor.org/rfc/rfc6762#section-7.2
    //# It MUST then set the TC
    //# (Truncated) bit in the header before sending the query.  It MUST
    //# immediately follow the packet with another query packet containing no
    //# questions and as many more Known-Answer records as will fit.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-7.2
    //# In this
    //# case, it should issue a Multicast DNS query containing a question and
    //# as many Known-Answer records as will fit.
    fn finish(
        &mut self,
        mut builder: MessageBuilder<'_>,
        (link, budget): (LinkId, usize),
        mut asked: Asked,
    ) -> Composed {
        let before = builder.len();
        list_known(&mut builder, &mut asked.known);
        let counts = builder.counts();
        let listed = (counts.answers, builder.len().saturating_sub(before));
        for question in &mut asked.questions {
            let listing = packets(question.known_answers, listed, budget);
            question.packets = question.packets.saturating_add(listing);
        }
        if !asked.known.is_empty() {
            builder.set_truncated();
            self.following.insert(link, asked.known);
        }
        builder.finish();
        Composed {
            link,
            questions: counts.questions,
            known_answers: counts.answers,
            unlisted: asked.unlisted,
            unicast: asked.unicast,
            asked: asked.questions,
        }
    }
}

/// What is sent with the questions of a query.
#[derive(Default)]
struct Asked {
    known: VecDeque<KnownAnswer>,
    unlisted: u32,
    unicast: bool,
    questions: SmallList<AskedQuestion, 4>,
}

impl Asked {
    /// Creates the rest of a query whose questions were sent.
    fn following(known: VecDeque<KnownAnswer>) -> Self {
        Self {
            known,
            ..Self::default()
        }
    }

    /// Lists a record as known, unless there are too many.
    fn list(&mut self, max: usize, name: &Name, cached: Cached) {
        if self.known.len() >= max {
            self.unlisted = self.unlisted.saturating_add(1);
            return;
        }
        self.known.push_back(KnownAnswer {
            name: name.clone(),
            ttl: cached.ttl,
            data: cached.data,
        });
    }
}

/// Puts the due questions of a link into a packet, as many as fit. Returns their known answers.
fn ask_due(
    now: Instant,
    link: LinkId,
    sources: Sources<'_>,
    builder: &mut MessageBuilder<'_>,
) -> Asked {
    let mut asked = Asked::default();
    while let Some(due) = sources.querier.due_question(now, link) {
        let name = sources.names.ours(due.id.name);
        let asks_unicast = due.unicast && sources.unicast_responses;
        if builder
            .question(name, due.id.rtype, Class::IN, asks_unicast)
            .is_err()
        {
            break;
        }
        asked.unicast |= asks_unicast;
        let before = (asked.known.len(), asked.unlisted);
        let answers =
            sources
                .cache
                .known_answers(now, link, due.id.name, due.id.rtype, sources.names);
        for cached in answers.filter(|_| !due.in_doubt) {
            asked.list(sources.known_answers_max, name, cached);
        }
        let is_missing = is_missing(
            sources.cache,
            sources.names,
            &*sources.querier,
            due.id.name,
            due.id.rtype,
        );
        sources.querier.take(link, due.id);
        let known_answers = asked.known.len().saturating_sub(before.0);
        asked.questions.push(AskedQuestion {
            id: due.id,
            unicast: asks_unicast,
            known_answers: u32::try_from(known_answers).unwrap_or(u32::MAX),
            packets: asked.unlisted.saturating_sub(before.1),
            is_missing,
        });
    }
    asked
}

/// Returns how many packets the known answers of a question take, if they are as long as those that
/// were listed in its own packet, which are so many, with so many bytes. Other questions in the
/// packet may have more known answers.
fn packets(known_answers: u32, (listed, bytes): (u16, usize), budget: usize) -> u32 {
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
    let room = u32::try_from(budget).unwrap_or(u32::MAX);
    let total = u64::from(known_answers).saturating_mul(bytes.into());
    let packet = u64::from(room).saturating_mul(listed.into());
    match packet {
        0 => 1,
        packet => u32::try_from(total.div_ceil(packet).max(1)).unwrap_or(u32::MAX),
    }
}

/// Returns whether a unique record is asked for and not known.
pub(crate) fn is_missing(
    cache: &Cache,
    names: &Names,
    interest: &impl Interest,
    name: NameId,
    rtype: RecordType,
) -> bool {
    !names.is_shared(name) && !cache.has_answer(names, interest, name, rtype)
}

/// Lists known answers, as many as fit. One that fits into no packet is not listed.
fn list_known(builder: &mut MessageBuilder<'_>, known: &mut VecDeque<KnownAnswer>) {
    while let Some(answer) = known.front() {
        //= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
        //# The cache-flush bit MUST NOT be set in any resource records in the
        //# Known-Answer list of any query message.
        let fields = RecordFields {
            name: &answer.name,
            class: Class::IN,
            cache_flush: false,
            ttl: answer.ttl,
            data: &answer.data,
        };
        let fits = builder.record(Section::Answer, fields).is_ok();
        if !fits && !builder.is_empty() {
            return;
        }
        known.pop_front();
    }
}
