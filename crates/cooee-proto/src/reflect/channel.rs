//! What was heard and sent on a link over one address family.
//!
//! In:  records and questions, from others and from the reflector itself.
//! Out: whether a record is news there, was there a moment ago, or has another owner; whether a
//!      question was asked a moment ago. RFC 6762 sections 6 (one second between multicasts of a
//!      record), 7.3, 7.4 and 10.2.
//!
//! This is also what breaks loops. Another reflector brings back what this one has sent, within a
//! second; it was there a moment ago and does not cross again.

use alloc::vec::Vec;

use cooee_wire::{RecordType, Section};

use super::heard::{HeardRecord, Keys};
use super::recent::Recent;
use crate::collections::SmallList;
use crate::time::{Duration, Instant};
use crate::timing::{
    MULTICAST_GAP_MIN, REFLECTED_CLAIM_TTL, REFLECTED_MORE_KNOWN_WINDOW, REFLECTED_PROBE_GAP,
    REFLECTED_PROBE_TTL, REFLECTED_QUESTION_GAP,
};

pub(super) struct Channel {
    records: Recent<SeenRecord>,
    /// When the older records of a set were last flushed, by set.
    flushed: Recent<Instant>,
    /// By name.
    claims: Recent<SmallList<Claim, 2>>,
    /// How each question was asked lately: at least the last time.
    asked: Recent<SmallList<Asking, 1>>,
    /// How many keys of known answers were remembered since old questions were last put aside.
    known_len: usize,
}

/// A record that was on the link.
#[derive(Clone, Copy, Default)]
struct SeenRecord {
    at: Instant,
    until: Instant,
    /// The largest of the last second.
    ttl_secs: u32,
    goodbye_at: Option<Instant>,
    /// How often it was seen since it became known.
    times: u8,
}

/// A unique record of another host.
#[derive(Clone, Copy)]
struct Claim {
    record: u64,
    until: Instant,
}

/// One time at which a question was asked.
struct Asking {
    at: Instant,
    /// Whether the reflector asked.
    is_ours: bool,
    /// The keys of its known answers.
    known: Vec<u64>,
}

/// A record as it was sent or heard.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sighting {
    keys: Keys,
    ttl_secs: u32,
    is_flush: bool,
    /// Whether once is enough: who asked for it asks again if it is lost.
    is_told: bool,
}

impl Sighting {
    /// Returns that of a record that was asked for and came to this host alone.
    pub(super) fn of_reply(item: &HeardRecord) -> Self {
        Self {
            is_told: true,
            ..Self::from(item)
        }
    }
}

impl From<&HeardRecord> for Sighting {
    fn from(item: &HeardRecord) -> Self {
        Self {
            keys: item.keys,
            ttl_secs: item.record.ttl.as_secs(),
            is_flush: item.record.cache_flush,
            is_told: false,
        }
    }
}

impl Channel {
    pub(super) fn new() -> Self {
        Self {
            records: Recent::new(RECORDS_MAX),
            flushed: Recent::new(RECORDS_MAX),
            claims: Recent::new(NAMES_MAX),
            asked: Recent::new(QUESTIONS_MAX),
            known_len: 0,
        }
    }

    /// Notes a record that was multicast, by whomever.
    pub(super) fn note(&mut self, now: Instant, sighting: Sighting) {
        let Sighting {
            keys,
            ttl_secs,
            is_flush,
            is_told,
        } = sighting;
        let was_live = self.is_live(now, keys);
        let seen = self.records.entry(keys.record);
        if ttl_secs == 0 {
            (seen.goodbye_at, seen.until, seen.times) = (Some(now), now, 0);
            return;
        }
        let times = if was_live { seen.times } else { 0 };
        let told = if is_told { TOLD_TIMES } else { 1 };
        // What comes back from elsewhere may have lost some of its TTL.
        let is_repeated = now.saturating_since(seen.at) < MULTICAST_GAP_MIN;
        let before = if is_repeated { seen.ttl_secs } else { 0 };
        *seen = SeenRecord {
            at: now,
            until: now + Duration::from_secs(u64::from(ttl_secs)),
            ttl_secs: ttl_secs.max(before),
            times: times.saturating_add(told),
            ..*seen
        };
        if is_flush {
            *self.flushed.entry(keys.set) = now;
        }
    }

    /// Notes a record that was sent to this host alone: others do not know it by that.
    pub(super) fn note_unicast(&mut self, item: &HeardRecord) {
        self.records.entry(item.keys.record);
    }

    /// Notes that another host has a unique record, or probes for it.
    pub(super) fn note_claim(&mut self, now: Instant, item: &HeardRecord) {
        let span = match item.section {
            Section::Authority => REFLECTED_PROBE_TTL,
            Section::Answer | Section::Additional if item.record.cache_flush => REFLECTED_CLAIM_TTL,
            Section::Answer | Section::Additional => return,
        };
        if !CLAIMING.contains(&item.record.rtype()) {
            return;
        }
        let claims = self.claims.entry(item.keys.name);
        claims.retain(|claim| claim.until > now && claim.record != item.keys.record);
        if !item.is_goodbye() && claims.len() < CLAIMS_PER_NAME_MAX {
            claims.push(Claim {
                record: item.keys.record,
                until: now + span,
            });
        }
    }

    /// Returns whether a record has to be told: it is not known here, or not yet from two packets,
    /// or it ends one that is known.
    pub(super) fn is_news(&self, now: Instant, item: &HeardRecord) -> bool {
        let seen = self.records.get(item.keys.record);
        if item.is_goodbye() {
            return seen.is_none_or(|seen| seen.until > now);
        }
        let is_told = seen.is_some_and(|seen| seen.times >= TOLD_TIMES);
        !is_told || !self.is_live(now, item.keys)
    }

    /// Returns until when a record may not be multicast here, if it was less than a second ago.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-7.4
    //# If a host is planning to send an answer, and it sees another host on
    //# the network send a response message containing the same answer
    //# record, and the TTL in that record is not less than the TTL this host
    //# would have given, then this host SHOULD treat its own answer as
    //# having been sent, and not also send an identical answer itself.
    pub(super) fn was_just_sent(&self, now: Instant, item: &HeardRecord) -> Option<Instant> {
        let seen = self.records.get(item.keys.record)?;
        let last = if item.is_goodbye() {
            seen.goodbye_at?
        } else if seen.ttl_secs >= item.record.ttl.as_secs() {
            seen.at
        } else {
            return None;
        };
        let free = last + MULTICAST_GAP_MIN;
        (free > now).then_some(free)
    }

    /// Returns whether a record was ever heard here, as far as is remembered.
    fn knows(&self, record: u64) -> bool {
        self.records.get(record).is_some()
    }

    /// Returns whether a name has an owner here with records that are not on the link `origin`.
    pub(super) fn is_taken(&self, now: Instant, name: u64, origin: &Self) -> bool {
        let claims = self.claims.get(name);
        claims.is_some_and(|claims| {
            let mut foreign = claims.iter().filter(|claim| claim.until > now);
            foreign.any(|claim| !origin.knows(claim.record))
        })
    }

    /// Notes a question with its known answers.
    ///
    /// Each list of known answers is remembered for itself. Otherwise two hosts that know different
    /// ones would make each other's question new, and two reflectors would ask both without end.
    pub(super) fn note_question(&mut self, now: Instant, key: u64, known: Vec<u64>, is_ours: bool) {
        self.known_len = self.known_len.saturating_add(known.len());
        if self.known_len > KNOWN_MAX {
            self.asked.put_aside();
            self.known_len = known.len();
        }
        let times = self.asked.entry(key);
        times.retain(|time| now.saturating_since(time.at) < REFLECTED_QUESTION_GAP);
        let is_full = times.len() >= ASKED_AT_ONCE_MAX;
        if is_full && !is_ours {
            return;
        }
        if is_full {
            times.clear();
        }
        times.push(Asking {
            at: now,
            is_ours,
            known,
        });
    }

    /// Returns whether a question was asked here a moment ago, with no known answer that
    /// is not among these.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-7.3
    //# If a host is planning to transmit (or retransmit) a query, and it
    //# sees another host on the network send a query containing the same
    //# "QM" question, and the Known-Answer Section of that query does not
    //# contain any records that this host would not also put in its own
    //# Known-Answer Section, then this host SHOULD treat its own query as
    //# having been sent.
    pub(super) fn was_just_asked(&self, now: Instant, key: u64, known: &[u64]) -> bool {
        self.asked_within(now, REFLECTED_QUESTION_GAP, key, |theirs| {
            known.contains(theirs)
        })
    }

    /// Returns the known answers that all questions of this kind had in common with which the
    /// reflector has asked lately, if it has.
    ///
    /// Responders wait for more known answers, and take all that come from here for those of one
    /// querier. What one host knows must not withhold an answer from another one. After as many
    /// lists as are remembered, it asks with none, so that it has asked for everybody.
    pub(super) fn known_in_common(&self, now: Instant, key: u64) -> Option<Vec<u64>> {
        let times = self.asked.get(key)?;
        if times.len() >= ASKED_AT_ONCE_MAX {
            return Some(Vec::new());
        }
        let lately = |time: &&Asking| {
            time.is_ours && now.saturating_since(time.at) < REFLECTED_MORE_KNOWN_WINDOW
        };
        let mut times = times.iter().filter(lately);
        let mut common = times.next()?.known.clone();
        for time in times {
            common.retain(|record| time.known.contains(record));
        }
        Some(common)
    }

    /// Returns whether a probe was sent here so lately that it is not the next one of its host.
    pub(super) fn was_just_probed(&self, now: Instant, key: u64) -> bool {
        self.asked_within(now, REFLECTED_PROBE_GAP, key, |_| true)
    }

    fn asked_within(
        &self,
        now: Instant,
        window: Duration,
        key: u64,
        is_known: impl Fn(&u64) -> bool,
    ) -> bool {
        let mut times = self.asked.get(key).into_iter().flatten();
        times.any(|time| now.saturating_since(time.at) < window && time.known.iter().all(&is_known))
    }

    //= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
    //# all old records with that name, rrtype,
    //# and rrclass that were received more than one second ago are declared
    //# invalid, and marked to expire from the cache in one second.
    fn is_live(&self, now: Instant, keys: Keys) -> bool {
        let seen = self.records.get(keys.record);
        seen.is_some_and(|seen| {
            let flushed = self.flushed.get(keys.set);
            let is_flushed = flushed.is_some_and(|at| *at > seen.at + MULTICAST_GAP_MIN);
            seen.until > now && !is_flushed
        })
    }
}

/// The types of records by which a host claims its names.
const CLAIMING: [RecordType; 3] = [RecordType::SRV, RecordType::A, RecordType::AAAA];
/// How many records of a channel are remembered. Full: those not seen for longest are forgotten;
/// they may cross once more.
const RECORDS_MAX: usize = 32_768;
/// How many names of other hosts are remembered. Full: as above; a name may be taken for free.
const NAMES_MAX: usize = 8_192;
/// How many questions are remembered. Full: as above; they may be asked once more.
const QUESTIONS_MAX: usize = 4_096;
/// How many keys of known answers are remembered, twice. Full: the questions before them are
/// forgotten soon; they may be asked once more.
const KNOWN_MAX: usize = 65_536;
/// How many lists of known answers of one question are remembered at once. Full: what others ask
/// does not count.
const ASKED_AT_ONCE_MAX: usize = 8;
/// How many records of a name are remembered as claims. Full: a further one does not count.
const CLAIMS_PER_NAME_MAX: usize = 16;
/// From how many packets a record is known: responders announce twice, because packets are lost.
const TOLD_TIMES: u8 = 2;
