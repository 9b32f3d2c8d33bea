//! Who waits for an answer from another link.
//!
//! In:  questions that cross.
//! Out: for each record that is heard, who asked for it, and how they want it. RFC 6762 sections
//!      5.4 (unicast responses) and 6.7 (legacy unicast responses).

use core::net::{IpAddr, SocketAddr};

use cooee_wire::RecordType;

use super::heard::{ChannelId, HeardQuestion, HeardRecord, set_key};
use super::recent::Recent;
use crate::collections::{SmallList, mix};
use crate::time::Instant;
use crate::timing::{REFLECTED_PROBE_GAP, UNICAST_RESPONSE_WINDOW};

/// The askers of questions on the links where they are answered.
pub(super) struct WaitingHosts {
    by_question: Recent<SmallList<WaitingHost, 1>>,
    /// When a record was last sent to one host, by both.
    replied: Recent<Instant>,
}

/// One that asked, through a rule.
#[derive(Clone, Debug)]
pub(super) struct WaitingHost {
    pub(super) rule: usize,
    pub(super) wants: Wants,
    /// Whether it probes for the name.
    pub(super) is_probe: bool,
    until: Instant,
}

/// How an asker wants its answer.
#[derive(Clone, Debug)]
pub(super) enum Wants {
    /// By multicast.
    Multicast,
    /// By unicast.
    Unicast(SocketAddr),
    /// By unicast, as a reply of conventional DNS.
    Legacy(LegacyQuestion),
}

/// A question of a resolver that knows no Multicast DNS.
#[derive(Clone, Debug)]
pub(super) struct LegacyQuestion {
    pub(super) to: SocketAddr,
    pub(super) id: u16,
    pub(super) asked: HeardQuestion,
}

impl WaitingHost {
    pub(super) fn new(now: Instant, rule: usize, wants: Wants, is_probe: bool) -> Self {
        Self {
            rule,
            wants,
            is_probe,
            until: now + UNICAST_RESPONSE_WINDOW,
        }
    }
}

impl Wants {
    /// Returns where to send the answer, unless it is for everybody.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Multicast => None,
            Self::Unicast(to) => Some(*to),
            Self::Legacy(question) => Some(question.to),
        }
    }
}

impl WaitingHosts {
    pub(super) fn new() -> Self {
        Self {
            by_question: Recent::new(QUESTIONS_MAX),
            replied: Recent::new(REPLIES_MAX),
        }
    }

    /// Returns whether a record is due to be sent to one host, and notes that it is sent. Two
    /// reflectors that ask each other would otherwise answer each other without end.
    pub(super) fn is_reply_due(
        &mut self,
        now: Instant,
        to: SocketAddr,
        item: &HeardRecord,
    ) -> bool {
        let address = match to.ip() {
            IpAddr::V4(v4) => u128::from(u32::from(v4)),
            IpAddr::V6(v6) => u128::from(v6),
        };
        let [high, low] = [(address >> 64) as u64, address as u64];
        let host = mix(mix(high) ^ low ^ (u64::from(to.port()) << 48));
        let last = self.replied.entry(mix(host ^ item.keys.record));
        let is_due = *last == Instant::ZERO || now.saturating_since(*last) >= REFLECTED_PROBE_GAP;
        if is_due {
            *last = now;
        }
        is_due
    }

    /// Adds one that asked a question, which is answered on `origin`.
    pub(super) fn add(
        &mut self,
        now: Instant,
        origin: ChannelId,
        question: u64,
        asker: WaitingHost,
    ) {
        let askers = self.by_question.entry(place(origin, question));
        let (rule, to) = (asker.rule, asker.wants.address());
        let is_same = |other: &WaitingHost| other.rule == rule && other.wants.address() == to;
        askers.retain(|other| other.until > now && !is_same(other));
        let is_alone = |other: &WaitingHost| other.wants.address().is_some();
        let alone = askers.iter().filter(|other| is_alone(other)).count();
        if to.is_some() && alone >= ASKERS_PER_QUESTION_MAX {
            let first = askers.iter().position(is_alone);
            first.map(|place| askers.remove(place));
        }
        askers.push(asker);
    }

    /// Returns those that asked for a record which was heard on `origin`.
    pub(super) fn of<'a>(
        &'a self,
        now: Instant,
        origin: ChannelId,
        item: &HeardRecord,
    ) -> impl Iterator<Item = &'a WaitingHost> + use<'a> {
        let any = set_key(item.keys.name, RecordType::ANY);
        let questions = [item.keys.set, any];
        let askers = questions.into_iter().filter_map(move |question| {
            let askers = self.by_question.get(place(origin, question))?;
            Some(askers.iter())
        });
        askers.flatten().filter(move |asker| asker.until > now)
    }
}

fn place(origin: ChannelId, question: u64) -> u64 {
    let family = origin.family as u64;
    mix(question ^ mix((u64::from(origin.link.0) << 1) | family))
}

/// How many questions may wait for answers. Full: those asked longest ago are forgotten; they are
/// asked again.
const QUESTIONS_MAX: usize = 4_096;
/// How many records of replies are remembered. Full: they may be sent once more.
const REPLIES_MAX: usize = 8_192;
/// How many hosts may wait for a reply of their own to one question. Full: the one that asked
/// first gets none; it asks again. Those that wait for a multicast are never forgotten for them.
const ASKERS_PER_QUESTION_MAX: usize = 16;
