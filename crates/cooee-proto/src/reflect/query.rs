//! A query that crosses to the link of the services.
//!
//! In:  a query that was heard where a rule lets services be found.
//! Out: the same query, as far as the rule allows, for the link of the services; who waits for its
//!      answers. RFC 6762 sections 5.4, 6.7, 7.1, 7.2 (known answers in several packets), 7.3
//!      (duplicate questions) and 8 (probes).

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::net::SocketAddr;

use cooee_wire::Section;

use super::askers::{LegacyQuestion, WaitingHost, Wants};
use super::crossing::{Crossing, CrossingContent, CrossingQuery};
use super::heard::{ChannelId, HeardMessage, HeardQuestion, HeardRecord};
use super::rule::Refusal;
use super::{ActiveRule, Reflector};
use crate::collections::mix;
use crate::time::Instant;
use crate::timing::REFLECTED_MORE_KNOWN_WINDOW;
use crate::transmit::MDNS_PORT;

/// Truncated queries that crossed: more of their known answers may follow, or have come before
/// them.
#[derive(Default)]
pub(super) struct Continuations {
    crossed: VecDeque<Continued>,
    early: VecDeque<(Instant, HeardMessage)>,
}

struct Continued {
    channel: ChannelId,
    source: SocketAddr,
    rule: usize,
    until: Instant,
}

impl Reflector {
    pub(super) fn hear_query(&mut self, now: Instant, heard: HeardMessage) {
        let crosses = self.cross_query(now, &heard);
        if crosses && heard.is_truncated && !heard.questions.is_empty() {
            for early in self.truncated.take_early(now, &heard) {
                self.cross_query(now, &early);
            }
        } else if !crosses && heard.questions.is_empty() {
            self.truncated.keep_early(now, heard);
        }
    }

    /// Lets a query cross by each rule that allows it. Returns whether one does.
    fn cross_query(&mut self, now: Instant, heard: &HeardMessage) -> bool {
        let crossings: Vec<Crossing> = (0..self.rules.len())
            .filter_map(|rule| self.judge_query(now, rule, heard))
            .collect();
        self.note_questions(now, heard);
        let crosses = !crossings.is_empty();
        for crossing in crossings {
            self.push(now, crossing);
        }
        crosses
    }

    /// Remembers what was asked on the link itself.
    fn note_questions(&mut self, now: Instant, heard: &HeardMessage) {
        let proposal = proposal(heard);
        let is_legacy = heard.source.port() != MDNS_PORT;
        let channel = self.channel(heard.channel);
        for proposed in heard.of(Section::Authority) {
            channel.note_claim(now, proposed);
        }
        for asked in &heard.questions {
            match proposal {
                Some(proposal) => {
                    channel.note_question(now, asked.key ^ proposal, Vec::new(), false);
                }
                // Its answers go to others by unicast.
                None if asked.is_unicast || is_legacy => {}
                None => {
                    let known = asked.known_answers(heard.of(Section::Answer));
                    channel.note_question(now, asked.key, known, false);
                }
            }
        }
    }

    /// Returns what of a query crosses by a rule.
    fn judge_query(
        &mut self,
        now: Instant,
        place: usize,
        heard: &HeardMessage,
    ) -> Option<Crossing> {
        let active = self.rules.get(place)?;
        let (family, rule) = (heard.channel.family, &active.rule);
        let target = ChannelId {
            link: rule.from,
            family,
        };
        if rule.to != heard.channel.link || !rule.covers(family) || !self.is_open(target) {
            return None;
        }
        let proposal = proposal(heard);
        if proposal.is_some() && !rule.one_zone {
            self.refuse(place, Refusal::Probe);
            return None;
        }
        let asked = self.judge_questions(now, place, heard, proposal.is_some());
        let continues = self.truncated.continues(now, place, heard);
        if asked.is_empty() && !continues {
            return None;
        }
        let mut known = self.passing(now, place, heard, Section::Answer);
        let proposed = self.passing(now, place, heard, Section::Authority);
        self.wait_for(now, place, (heard, target), &asked, proposal.is_some());
        let asked = self.not_just_asked(now, place, (target, asked), &known, proposal);
        if !continues {
            // Responders take all that comes from here for one querier's. What it knows of other
            // questions would withhold the answers from another one.
            known.retain(|item| asked.iter().any(|asked| asked.is_answered_by(item)));
        }
        if asked.is_empty() && known.is_empty() {
            return None;
        }
        let is_alone = self.leave_common(now, target, &asked, &mut known);
        if !is_alone {
            self.truncated.end(place);
        } else if heard.is_truncated {
            self.truncated.add(now, place, heard);
        }
        Some(Crossing {
            rule: place,
            heard: heard.number,
            target,
            content: CrossingContent::Query(CrossingQuery {
                asked,
                known,
                proposed,
                is_truncated: heard.is_truncated && is_alone,
            }),
        })
    }

    /// Returns the questions that a rule lets through.
    fn judge_questions(
        &mut self,
        now: Instant,
        place: usize,
        heard: &HeardMessage,
        is_probe: bool,
    ) -> Vec<HeardQuestion> {
        let mut passing = Vec::new();
        for asked in &heard.questions {
            match self.judge_asked(now, place, asked, is_probe) {
                Ok(()) => passing.push(asked.clone()),
                Err(reason) => self.refuse(place, reason),
            }
        }
        passing
    }

    fn judge_asked(
        &self,
        now: Instant,
        place: usize,
        asked: &HeardQuestion,
        is_probe: bool,
    ) -> Result<(), Refusal> {
        let active = self.rules.get(place).ok_or(Refusal::Type)?;
        let is_known = active.knows_host(now, self.key);
        let filter = &active.rule.filter;
        filter.judge_question(&asked.name, asked.rtype, |name| is_probe || is_known(name))?;
        if active.is_withheld(now, asked) {
            return Err(Refusal::LinkLocal);
        }
        Ok(())
    }

    /// Returns the records of a section that a rule lets through: known answers, or what a probe
    /// proposes.
    fn passing(
        &self,
        now: Instant,
        place: usize,
        heard: &HeardMessage,
        section: Section,
    ) -> Vec<HeardRecord> {
        let Some(active) = self.rules.get(place) else {
            return Vec::new();
        };
        let is_known = active.knows_host(now, self.key);
        let is_proposed = section == Section::Authority;
        let passes = |item: &&HeardRecord| {
            let filter = &active.rule.filter;
            let judgement = filter.judge_record(&item.record, &item.owner, |name| {
                is_proposed || is_known(name)
            });
            judgement.is_ok()
        };
        heard.of(section).filter(passes).cloned().collect()
    }

    /// Remembers who waits for the answers.
    fn wait_for(
        &mut self,
        now: Instant,
        rule: usize,
        (heard, target): (&HeardMessage, ChannelId),
        questions: &[HeardQuestion],
        is_probe: bool,
    ) {
        // A reply to elsewhere would leave the link by a router.
        let is_near = self.reaches(heard.channel.link, heard.source.ip());
        for asked in questions {
            let wants = match wants(heard, asked) {
                Wants::Legacy(_) if !is_near => continue,
                Wants::Unicast(_) if !is_near => Wants::Multicast,
                wants @ (Wants::Multicast | Wants::Unicast(_) | Wants::Legacy(_)) => wants,
            };
            let asker = WaitingHost::new(now, rule, wants, is_probe);
            self.askers.add(now, target, asked.key, asker);
        }
    }

    /// Returns the questions that nobody has asked on the other link a moment ago, as they are
    /// asked there.
    ///
    /// They ask for a unicast answer, if the rule does not say otherwise. A question for everybody
    /// would replace those of the hosts of that link (RFC 6762 section 7.3), which would not get
    /// the answers of further links; and everybody there would get the answers.
    fn not_just_asked(
        &mut self,
        now: Instant,
        rule: usize,
        (target, questions): (ChannelId, Vec<HeardQuestion>),
        known: &[HeardRecord],
        proposal: Option<u64>,
    ) -> Vec<HeardQuestion> {
        let active = self.rules.get(rule);
        let asks_for_unicast = active.is_some_and(|active| active.rule.unicast_answers);
        let channel = self.channel(target);
        let mut left = Vec::new();
        for mut asked in questions {
            let is_repeated = match proposal {
                Some(proposal) => {
                    // It is noted with what it proposes: the next host may probe for the same.
                    asked.key ^= proposal;
                    channel.was_just_probed(now, asked.key)
                }
                None => {
                    asked.is_unicast = asks_for_unicast;
                    let known = asked.known_answers(known.iter());
                    channel.was_just_asked(now, asked.key, &known)
                }
            };
            if !is_repeated {
                left.push(asked);
            }
        }
        left
    }

    /// Leaves those known answers that other hosts which ask the same now know too. Returns whether
    /// there are none.
    fn leave_common(
        &mut self,
        now: Instant,
        target: ChannelId,
        asked: &[HeardQuestion],
        known: &mut Vec<HeardRecord>,
    ) -> bool {
        let channel = self.channel(target);
        let mut is_alone = true;
        for asked in asked {
            if let Some(common) = channel.known_in_common(now, asked.key) {
                is_alone = false;
                known.retain(|item| {
                    !asked.is_answered_by(item) || common.contains(&item.keys.record)
                });
            }
        }
        is_alone
    }

    pub(super) fn refuse(&mut self, rule: usize, reason: Refusal) {
        if let Some(active) = self.rules.get_mut(rule) {
            active.stats.refuse(reason);
        }
    }
}

impl ActiveRule {
    /// Returns whether a host has a service that crosses.
    pub(super) fn knows_host(
        &self,
        now: Instant,
        key: u64,
    ) -> impl Fn(&cooee_wire::Name) -> bool + '_ {
        move |name| {
            let until = self.hosts.get(name.fold_hash(key));
            until.is_some_and(|until| *until > now)
        }
    }
}

impl Continuations {
    fn add(&mut self, now: Instant, rule: usize, heard: &HeardMessage) {
        self.crossed.retain(|one| one.until > now);
        if self.crossed.len() >= TRUNCATED_MAX {
            self.crossed.pop_front();
        }
        self.crossed.push_back(Continued {
            channel: heard.channel,
            source: heard.source,
            rule,
            until: now + REFLECTED_MORE_KNOWN_WINDOW,
        });
    }

    /// Lets no more known answers cross by a rule for the queries so far.
    fn end(&mut self, rule: usize) {
        self.crossed.retain(|one| one.rule != rule);
    }

    /// Returns whether a message without a question continues a query that has crossed.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-7.2
    //# It MUST immediately follow the packet with another query packet
    //# containing no questions and as many more Known-Answer records as will
    //# fit.
    fn continues(&self, now: Instant, rule: usize, heard: &HeardMessage) -> bool {
        let is_it = |one: &Continued| {
            (one.channel, one.source, one.rule) == (heard.channel, heard.source, rule)
                && one.until > now
        };
        heard.questions.is_empty() && self.crossed.iter().any(is_it)
    }

    /// Keeps known answers that came before their query: packets overtake each other.
    fn keep_early(&mut self, now: Instant, heard: HeardMessage) {
        self.early.retain(|(until, _)| *until > now);
        if self.early.len() >= EARLY_MAX {
            self.early.pop_front();
        }
        let until = now + REFLECTED_MORE_KNOWN_WINDOW;
        self.early.push_back((until, heard));
    }

    /// Returns the known answers that came before a query.
    fn take_early(&mut self, now: Instant, query: &HeardMessage) -> Vec<HeardMessage> {
        self.early.retain(|(until, _)| *until > now);
        let all = core::mem::take(&mut self.early).into_iter();
        let (its, others) = all.partition(|(_, early): &(Instant, HeardMessage)| {
            (early.channel, early.source) == (query.channel, query.source)
        });
        self.early = others;
        let its: VecDeque<(Instant, HeardMessage)> = its;
        its.into_iter().map(|(_, early)| early).collect()
    }
}

fn wants(heard: &HeardMessage, asked: &HeardQuestion) -> Wants {
    //= https://www.rfc-editor.org/rfc/rfc6762#section-6.7
    //# If the source UDP port in a received Multicast DNS query is not port
    //# 5353, this indicates that the querier originating the query is a
    //# simple resolver such as described in Section 5.1, "One-Shot Multicast
    //# DNS Queries", which does not fully implement all of Multicast DNS.
    if heard.source.port() != MDNS_PORT {
        return Wants::Legacy(LegacyQuestion {
            to: heard.source,
            id: heard.id,
            asked: asked.clone(),
        });
    }
    if asked.is_unicast {
        Wants::Unicast(heard.source)
    } else {
        Wants::Multicast
    }
}

/// Returns a key of what a probe proposes, if it is one.
fn proposal(heard: &HeardMessage) -> Option<u64> {
    let mut proposed = heard.of(Section::Authority).peekable();
    proposed.peek()?;
    let keys = proposed.map(|item| item.keys.record);
    Some(keys.fold(1, |key, record| mix(key ^ record)))
}

/// How many packets of known answers wait for their query. Full: the oldest does not cross; its
/// known answers are given once more.
const EARLY_MAX: usize = 32;
/// How many truncated queries are remembered. Full: the rest of the oldest does not cross; its
/// known answers are given once more.
const TRUNCATED_MAX: usize = 64;
