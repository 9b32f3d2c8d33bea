//! One question that is asked again and again, and the set of them.
//!
//! In:  records and failures, the time.
//! Out: when to ask again; what is known, and whether that is too old.
//!
//! Records are asked for again when their TTL has run out, between [`POLL_MIN`] and [`POLL_MAX`]
//! after the answer. The minimum grows with the number of questions, so that on average no more
//! than [`QUESTIONS_PER_SEC_MAX`] are asked. After a failure it takes [`RETRY_MIN`], then twice as
//! long each time up to [`RETRY_MAX`]; what was known stays known for [`STALE_MAX`] longer than its
//! TTL says.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use cooee::{Name, RData, RecordType};

use super::message::{DnsQuestion, ZoneRecords};
use super::services::first_choice;
use crate::quiescence::after;

/// A question that is asked again and again.
pub(super) struct ZoneSlot {
    pub(super) due: Instant,
    pub(super) is_asked: bool,
    /// It was answered, or has failed.
    pub(super) was_tried: bool,
    pub(super) failures: u32,
    /// What is known, and until when.
    pub(super) known: Option<(ZoneRecords, Instant)>,
    /// What was known is too old.
    pub(super) is_stale: bool,
}

/// The questions that are kept, while they are derived.
pub(super) struct Wanted {
    now: Instant,
    wait_min: Duration,
    slots: HashMap<DnsQuestion, ZoneSlot>,
    kept: HashMap<DnsQuestion, ZoneSlot>,
    others: HashMap<DnsQuestion, ZoneRecords>,
}

impl Wanted {
    /// Starts with these questions, of which none is kept yet. `others` are records that save
    /// questions.
    pub(super) fn new(
        now: Instant,
        slots: HashMap<DnsQuestion, ZoneSlot>,
        others: HashMap<DnsQuestion, ZoneRecords>,
    ) -> Self {
        Self {
            now,
            wait_min: poll_min(slots.len()),
            slots,
            kept: HashMap::new(),
            others,
        }
    }

    /// Starts with these questions, of which all are kept.
    pub(super) fn all(
        now: Instant,
        slots: HashMap<DnsQuestion, ZoneSlot>,
        others: HashMap<DnsQuestion, ZoneRecords>,
    ) -> Self {
        Self {
            wait_min: poll_min(slots.len()),
            kept: slots,
            ..Self::new(now, HashMap::new(), others)
        }
    }

    /// Returns the host of an instance, as far as it is known.
    pub(super) fn target(&self, instance: &Name) -> Option<Name> {
        let srv = DnsQuestion::new(instance, RecordType::SRV);
        let records = self.kept.get(&srv)?.known_data()?;
        first_choice(records).map(|srv| srv.target)
    }

    /// Returns the questions that are kept.
    pub(super) fn into_slots(self) -> HashMap<DnsQuestion, ZoneSlot> {
        self.kept
    }

    /// Keeps a question, or adds it.
    pub(super) fn slot(&mut self, name: &Name, rtype: RecordType) -> &ZoneSlot {
        let question = DnsQuestion::new(name, rtype);
        let (before, given) = (self.slots.remove(&question), self.others.remove(&question));
        let (now, wait_min) = (self.now, self.wait_min);
        let slot = self.kept.entry(question);
        let slot = slot.or_insert_with(|| before.unwrap_or_else(|| ZoneSlot::new(now)));
        if let Some(given) = given.filter(|_| !slot.is_asked) {
            slot.was_tried = true;
            slot.accept(now, wait_min, given);
        }
        slot
    }

    /// Returns why something is not listed.
    pub(super) fn why_gone(&self) -> &'static str {
        let mut lists = self.kept.iter();
        let is_stale = lists.any(|(asked, slot)| asked.rtype == RecordType::PTR && slot.is_stale);
        if is_stale { UNANSWERED } else { EXPIRED }
    }
}

impl ZoneSlot {
    fn new(now: Instant) -> Self {
        Self {
            due: now,
            is_asked: false,
            was_tried: false,
            failures: 0,
            known: None,
            is_stale: false,
        }
    }

    /// Returns the records; none if what was known is too old, and `None` if nothing was ever known.
    pub(super) fn known_data(&self) -> Option<&[RData]> {
        let known = self.known.as_ref();
        let data = known.map(|(records, _)| records.data.as_slice());
        data.or(self.is_stale.then_some(&[]))
    }

    /// Returns the names to which the records point.
    pub(super) fn pointers(&self) -> impl Iterator<Item = &Name> {
        let data = self.known_data().unwrap_or_default().iter();
        data.filter_map(|data| {
            let RData::Ptr(name) = data else {
                return None;
            };
            Some(name)
        })
    }

    /// Takes the records. Returns whether they are different.
    pub(super) fn accept(
        &mut self,
        now: Instant,
        wait_min: Duration,
        mut records: ZoneRecords,
    ) -> bool {
        // Servers change the order for no reason.
        records.data.sort_by(RData::canonical_cmp);
        let ttl = Duration::from_secs(records.ttl_secs.into());
        let before = self.known.as_ref().map(|(before, _)| &before.data);
        let is_news = before != Some(&records.data);
        self.due = after(now, ttl.clamp(wait_min, POLL_MAX));
        self.known = Some((records, after(now, ttl)));
        (self.failures, self.is_stale) = (0, false);
        is_news
    }

    /// Takes that there was no answer. Returns whether what was known is too old because of it.
    pub(super) fn fail(&mut self, now: Instant) -> bool {
        let factor = 1_u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        self.due = after(now, RETRY_MIN.saturating_mul(factor).min(RETRY_MAX));
        self.failures = self.failures.saturating_add(1);
        let is_old = |(_, until): &mut (_, Instant)| after(*until, STALE_MAX) <= now;
        let is_news = self.known.take_if(is_old).is_some();
        self.is_stale |= is_news;
        is_news
    }
}

/// Returns the shortest time between an answer and the same question, among so many.
pub(super) fn poll_min(count: usize) -> Duration {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    let share = count.div_ceil(QUESTIONS_PER_SEC_MAX).max(1);
    POLL_MIN.saturating_mul(share).min(POLL_MAX)
}

/// The reasons in reports: the domain does not list it any more; no server says whether it does; its
/// host has no usable address.
pub(super) const EXPIRED: &str = "expired";
pub(super) const UNANSWERED: &str = "unanswered";
pub(super) const NO_ADDRESS: &str = "no address";

/// The shortest and the longest time from an answer to the same question.
const POLL_MIN: Duration = Duration::from_secs(1);
const POLL_MAX: Duration = Duration::from_secs(600);

/// How many questions a second are asked again, on average.
const QUESTIONS_PER_SEC_MAX: u32 = 100;

/// The shortest and the longest time from a failure to the same question.
const RETRY_MIN: Duration = Duration::from_secs(5);
const RETRY_MAX: Duration = Duration::from_secs(60);

/// How much longer than its TTL something counts as known while nobody answers.
const STALE_MAX: Duration = Duration::from_secs(60);
