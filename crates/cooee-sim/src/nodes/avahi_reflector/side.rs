//! One interface of an Avahi reflector over one address family: what it remembers and plans.
//!
//! In:  records and questions, from the link and from other sides.
//! Out: messages of everything that is planned, as soon as one item is due.

use std::net::IpAddr;
use std::time::Duration;

use cooee_proto::time::Instant;
use cooee_wire::{Class, Flags, MessageBuilder, Name, Record, RecordFields, RecordType, Section};

use crate::rng::Rng;
use crate::{ms, secs};

/// A side's cache, and its plans with their histories.
#[derive(Default)]
pub(super) struct Side {
    cache: Vec<Cached>,
    queries: Vec<Planned<QuestionKey>>,
    responses: Vec<Planned<Record>>,
    probes: Vec<Planned<Record>>,
}

/// A question's name and type.
pub(super) type QuestionKey = (Name, RecordType);

struct Cached {
    record: Record,
    since: Instant,
    until: Instant,
}

/// Something to send, or something that was lately on the link.
struct Planned<T> {
    what: T,
    /// When it is due, or when it was on the link.
    at: Instant,
    is_done: bool,
}

impl Side {
    /// Keeps a record of the link; a goodbye or a flush leaves older ones a second.
    pub(super) fn keep(&mut self, now: Instant, record: &Record) {
        for cached in &mut self.cache {
            let is_same = is_same(&cached.record, record);
            let is_flushed = record.cache_flush
                && is_in_set(&cached.record, record)
                && now.saturating_since(cached.since) > secs(1);
            if (is_same && record.ttl.is_goodbye()) || (!is_same && is_flushed) {
                cached.until = cached.until.min(now + secs(1));
            }
        }
        if !record.ttl.is_goodbye() {
            self.cache.retain(|cached| !is_same(&cached.record, record));
            self.cache.push(Cached {
                record: record.clone(),
                since: now,
                until: now + lifetime(record),
            });
        }
    }

    /// Returns what the cache knows about a question.
    pub(super) fn known(&self, now: Instant, asked: &QuestionKey) -> Vec<Record> {
        let live = self.cache.iter().filter(|cached| cached.until > now);
        let records = live.map(|cached| cached.record.clone());
        records.filter(|record| answers(asked, record)).collect()
    }

    pub(super) fn plan_query(&mut self, now: Instant, asked: &QuestionKey) {
        forget(&mut self.queries, now, QUERY_HISTORY);
        if self.queries.iter().all(|planned| planned.what != *asked) {
            self.queries.push(Planned::due(now, asked.clone()));
        }
    }

    /// Notes a question of the link, which stands for one that is planned.
    pub(super) fn hear_query(&mut self, now: Instant, asked: &QuestionKey) {
        self.queries.retain(|planned| planned.what != *asked);
        self.queries.push(Planned::done(now, asked.clone()));
    }

    pub(super) fn plan_probe(&mut self, now: Instant, record: &Record) {
        forget(&mut self.probes, now, PROBE_HISTORY);
        let is_there = |planned: &Planned<Record>| is_same(&planned.what, record);
        if !self.probes.iter().any(is_there) {
            self.probes.push(Planned::due(now, record.clone()));
        }
    }

    /// Plans a response, unless it was lately on the link.
    pub(super) fn plan_response(
        &mut self,
        now: Instant,
        record: &Record,
        jitter: Option<&mut Rng>,
    ) {
        forget(&mut self.responses, now, RESPONSE_HISTORY);
        let at = now + jitter.map_or(Duration::ZERO, |rng| rng.between(ms(20), ms(120)));
        let mut planned = Planned::due(at, record.clone());
        let mut same = self.responses.iter();
        if let Some(place) = same.position(|other| is_same(&other.what, record)) {
            let other = self.responses.swap_remove(place);
            if other.is_done && stands_for(&other.what, record) {
                self.responses.push(other);
                return;
            }
            if !other.is_done {
                planned.at = planned.at.min(other.at);
                planned.what.cache_flush |= other.what.cache_flush;
            }
        }
        self.responses.push(planned);
    }

    /// Notes a response of the link, which stands for one that is planned.
    pub(super) fn hear_response(&mut self, now: Instant, record: &Record) {
        let mut same = self.responses.iter();
        if let Some(place) = same.position(|other| is_same(&other.what, record)) {
            let other = &self.responses[place];
            if !other.is_done && !stands_for(record, &other.what) {
                return;
            }
            self.responses.swap_remove(place);
        }
        self.responses.push(Planned::done(now, record.clone()));
    }

    pub(super) fn next_due(&self) -> Option<Instant> {
        let times = [
            due_times(&self.queries).min(),
            due_times(&self.responses).min(),
            due_times(&self.probes).min(),
        ];
        times.into_iter().flatten().min()
    }

    /// Returns the messages that are due. What else is planned goes with them.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let mut messages = Vec::new();
        let asked = take(now, &mut self.queries);
        if !asked.is_empty() {
            let known: Vec<Record> = asked
                .iter()
                .flat_map(|asked| self.known_answers(now, asked))
                .collect();
            messages.extend(pack(Flags::QUERY, &asked, Section::Answer, &known));
        }
        let proposed = take(now, &mut self.probes);
        let names = proposed.iter().map(|record| record.name.clone());
        let asked: Vec<QuestionKey> = names.map(|name| (name, RecordType::ANY)).collect();
        messages.extend(pack(Flags::QUERY, &asked, Section::Authority, &proposed));
        let answers = take(now, &mut self.responses);
        messages.extend(pack(Flags::RESPONSE, &[], Section::Answer, &answers));
        messages
    }

    /// Returns what the cache knows about a question and has heard in the first half of its life.
    fn known_answers(&self, now: Instant, asked: &QuestionKey) -> Vec<Record> {
        let is_young = |cached: &&Cached| {
            let age = now.saturating_since(cached.since);
            cached.until > now && age < lifetime(&cached.record) / 2
        };
        let young = self.cache.iter().filter(is_young);
        let records = young.map(|cached| cached.record.clone());
        records.filter(|record| answers(asked, record)).collect()
    }
}

impl<T> Planned<T> {
    fn due(at: Instant, what: T) -> Self {
        Self {
            what,
            at,
            is_done: false,
        }
    }

    fn done(at: Instant, what: T) -> Self {
        Self {
            what,
            at,
            is_done: true,
        }
    }
}

/// Takes all that is planned, if something of it is due, and keeps it as history.
fn take<T: Clone>(now: Instant, planned: &mut [Planned<T>]) -> Vec<T> {
    if due_times(planned).min().is_none_or(|at| at > now) {
        return Vec::new();
    }
    let waiting = planned.iter_mut().filter(|planned| !planned.is_done);
    let taken = waiting.map(|planned| {
        (planned.is_done, planned.at) = (true, now);
        planned.what.clone()
    });
    taken.collect()
}

fn due_times<T>(planned: &[Planned<T>]) -> impl Iterator<Item = Instant> {
    let waiting = planned.iter().filter(|planned| !planned.is_done);
    waiting.map(|planned| planned.at)
}

fn forget<T>(planned: &mut Vec<Planned<T>>, now: Instant, history: Duration) {
    planned.retain(|planned| !planned.is_done || now.saturating_since(planned.at) <= history);
}

/// Builds as many messages as the records need.
fn pack(flags: Flags, asked: &[QuestionKey], section: Section, records: &[Record]) -> Vec<Vec<u8>> {
    if asked.is_empty() && records.is_empty() {
        return Vec::new();
    }
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, flags, PACKET_MAX);
    for (name, rtype) in asked {
        let written = builder.question(name, *rtype, Class::IN, false);
        written.expect("few questions");
    }
    let mut written = 0;
    while let Some(record) = records.get(written) {
        let is_flush = record.cache_flush && flags.is_response();
        let fields = RecordFields {
            cache_flush: is_flush,
            ..RecordFields::from(record)
        };
        if builder.record(section, fields).is_err() {
            break;
        }
        written += 1;
    }
    let rest = &records[written..];
    if !rest.is_empty() && !flags.is_response() {
        builder.set_truncated();
    }
    builder.finish();
    let mut messages = vec![bytes];
    messages.extend(pack(flags, &[], section, rest));
    messages
}

/// Returns whether both records are the same but for their TTL and their flush bit.
pub(super) fn is_same(one: &Record, other: &Record) -> bool {
    is_in_set(one, other) && one.data == other.data
}

fn is_in_set(one: &Record, other: &Record) -> bool {
    one.name == other.name && one.rtype() == other.rtype()
}

/// Returns whether a record that was on the link makes another one unnecessary.
fn stands_for(was: &Record, record: &Record) -> bool {
    was.ttl.is_goodbye() == record.ttl.is_goodbye()
        && was.ttl.as_secs() >= record.ttl.as_secs() / 2
        && (was.cache_flush || !record.cache_flush)
}

fn answers((name, rtype): &QuestionKey, record: &Record) -> bool {
    let is_type = *rtype == RecordType::ANY || *rtype == record.rtype();
    is_type && record.name == *name
}

fn lifetime(record: &Record) -> Duration {
    secs(u64::from(record.ttl.as_secs()))
}

/// Returns whether the address of a record is valid on its own link alone.
pub(super) fn is_link_local(record: &Record) -> bool {
    record.data.ip().is_some_and(|ip| match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    })
}

/// How long a question on the link stands for others.
const QUERY_HISTORY: Duration = ms(100);
/// How long a probe on the link stands for others.
const PROBE_HISTORY: Duration = ms(150);
/// How long a response on the link stands for others.
const RESPONSE_HISTORY: Duration = ms(500);
/// The most bytes of a message.
const PACKET_MAX: usize = 1_440;
