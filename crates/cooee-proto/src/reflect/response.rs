//! A response that crosses from the link of the services.
//!
//! In:  a response that was heard where a rule has its services.
//! Out: those of its records that the rule lets through: for everybody, if somebody has asked for
//!      them or they are news; for those who asked for a reply of their own. RFC 6762 sections 5.4,
//!      6, 6.1 (negative responses) and 10.1 (goodbyes).

use alloc::vec::Vec;

use cooee_wire::{RData, Section};

use super::askers::{WaitingHost, Wants};
use super::channel::Sighting;
use super::crossing::{Crossing, CrossingAnswer, CrossingContent, CrossingReply};
use super::heard::{ChannelId, HeardMessage, HeardQuestion, HeardRecord};
use super::rule::Refusal;
use super::{ActiveRule, Reflector};
use crate::time::{Duration, Instant};
use crate::timing::{REFLECTED_HOST_TTL, REFLECTED_WITHHELD_TTL};

/// What becomes of a response by one rule.
#[derive(Default)]
struct Passing {
    items: Vec<HeardRecord>,
    needed: Vec<u64>,
    replies: Vec<Wants>,
}

impl Reflector {
    pub(super) fn hear_response(&mut self, now: Instant, heard: &HeardMessage) {
        let channel = self.channel(heard.channel);
        for item in heard.items.iter().filter(|item| is_stated(item)) {
            if heard.is_multicast {
                channel.note(now, Sighting::from(item));
            } else {
                channel.note_unicast(item);
            }
            channel.note_claim(now, item);
        }
        let key = self.key;
        for place in 0..self.rules.len() {
            let Some(target) = self.target(place, heard) else {
                continue;
            };
            if let Some(active) = self.rules.get_mut(place) {
                active.learn_hosts(now, key, &heard.items);
            }
            let outcome = self.judge_response(now, place, heard, target);
            self.send_outcome(now, place, (heard, target), outcome);
        }
    }

    /// Returns where the answers of a rule go, if it has its services on this channel.
    fn target(&self, place: usize, heard: &HeardMessage) -> Option<ChannelId> {
        let rule = &self.rules.get(place)?.rule;
        let family = heard.channel.family;
        let target = ChannelId {
            link: rule.to,
            family,
        };
        let applies = rule.from == heard.channel.link && rule.covers(family);
        (applies && self.is_open(target)).then_some(target)
    }

    fn judge_response(
        &mut self,
        now: Instant,
        place: usize,
        heard: &HeardMessage,
        target: ChannelId,
    ) -> Passing {
        let mut outcome = Passing::default();
        let mut withheld: Vec<&HeardRecord> = Vec::new();
        for item in heard.items.iter().filter(|item| is_stated(item)) {
            match self.judge_item(now, place, heard, target, item) {
                Ok(is_needed) => {
                    self.add_replies(now, place, heard.channel, item, &mut outcome.replies);
                    outcome.items.push(item.clone());
                    if is_needed {
                        outcome.needed.push(item.unit());
                    }
                }
                Err(reason) => {
                    if reason == Refusal::LinkLocal {
                        withheld.push(item);
                    }
                    self.refuse(place, reason);
                }
            }
        }
        outcome.leave_out_denials(&withheld);
        if let Some(active) = self.rules.get_mut(place) {
            active.learn_withheld(now, &outcome.items, &withheld);
        }
        outcome
    }

    /// Judges a record. Returns whether somebody needs it on the other link.
    fn judge_item(
        &self,
        now: Instant,
        place: usize,
        heard: &HeardMessage,
        target: ChannelId,
        item: &HeardRecord,
    ) -> Result<bool, Refusal> {
        let active = self.rules.get(place).ok_or(Refusal::Type)?;
        let is_mine = |asker: &&WaitingHost| asker.rule == place;
        let askers = || self.askers.of(now, heard.channel, item).filter(is_mine);
        let is_contested = || active.rule.one_zone && askers().any(|asker| asker.is_probe);
        let is_known = active.knows_host(now, self.key);
        let filter = &active.rule.filter;
        filter.judge_record(&item.record, &item.owner, |name| {
            is_known(name) || is_contested()
        })?;
        let there = self.channels.get(&target);
        let here = self.channels.get(&heard.channel);
        if let (Some(there), Some(here), false) = (there, here, active.rule.one_zone) {
            let mut names = [Some(item.keys.name), self.target_of(item)]
                .into_iter()
                .flatten();
            if names.any(|name| there.is_taken(now, name, here)) {
                return Err(Refusal::Taken);
            }
        }
        let is_news = there.is_none_or(|there| there.is_news(now, item));
        let is_asked_for = askers().any(|asker| matches!(asker.wants, Wants::Multicast));
        Ok(is_asked_for || (heard.is_multicast && is_news))
    }

    /// Returns the key of the host that a record points to.
    fn target_of(&self, item: &HeardRecord) -> Option<u64> {
        let RData::Srv(srv) = &item.record.data else {
            return None;
        };
        Some(srv.target.fold_hash(self.key))
    }

    /// Adds those that asked for a record and want a reply of their own.
    fn add_replies(
        &mut self,
        now: Instant,
        place: usize,
        origin: ChannelId,
        item: &HeardRecord,
        replies: &mut Vec<Wants>,
    ) {
        let askers = self.askers.of(now, origin, item);
        let here = askers.filter(|asker| asker.rule == place);
        let wanted: Vec<Wants> = here.map(|asker| asker.wants.clone()).collect();
        for wants in wanted {
            let Some(to) = wants.address() else { continue };
            let is_new = replies.iter().all(|known| known.address() != Some(to));
            let has_room = !is_new || replies.len() < REPLIES_PER_RESPONSE_MAX;
            if has_room && self.askers.is_reply_due(now, to, item) && is_new {
                replies.push(wants);
            }
        }
    }

    fn send_outcome(
        &mut self,
        now: Instant,
        rule: usize,
        (heard, target): (&HeardMessage, ChannelId),
        outcome: Passing,
    ) {
        let Passing {
            items,
            needed,
            replies,
        } = outcome;
        let mut contents = Vec::new();
        for wants in replies {
            let Some(to) = wants.address() else { continue };
            let legacy = match wants {
                Wants::Legacy(question) => Some(question),
                Wants::Multicast | Wants::Unicast(_) => None,
            };
            let items = items.clone();
            contents.push(CrossingContent::Reply(CrossingReply { to, legacy, items }));
        }
        if !needed.is_empty() {
            contents.push(CrossingContent::Answer(CrossingAnswer {
                items,
                needed,
                is_reply: !heard.is_multicast,
            }));
        }
        for content in contents {
            let crossing = Crossing {
                rule,
                heard: heard.number,
                target,
                content,
            };
            self.push(now, crossing);
        }
    }
}

impl Passing {
    /// Leaves out what says of a host which types it has, if not all of its addresses cross.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
    //# A responder MUST only generate negative responses to queries for
    //# which it has legitimate ownership of the name, rrtype, and rrclass in
    //# question, and can legitimately assert that no record with that name,
    //# rrtype, and rrclass exists.
    fn leave_out_denials(&mut self, withheld: &[&HeardRecord]) {
        self.items.retain(|item| {
            let is_denial = matches!(item.record.data, RData::Nsec(_));
            let is_partial = || {
                withheld
                    .iter()
                    .any(|other| other.keys.name == item.keys.name)
            };
            !is_denial || !is_partial()
        });
    }
}

impl ActiveRule {
    /// Remembers the hosts of services that cross.
    fn learn_hosts(&mut self, now: Instant, key: u64, items: &[HeardRecord]) {
        for item in items.iter().filter(|item| is_stated(item)) {
            let RData::Srv(srv) = &item.record.data else {
                continue;
            };
            let filter = &self.rule.filter;
            let crosses = filter.judge_record(&item.record, &item.owner, |_| true);
            if crosses.is_ok() && !item.is_goodbye() {
                let ttl = Duration::from_secs(u64::from(item.record.ttl.as_secs()));
                let until = self.hosts.entry(srv.target.fold_hash(key));
                *until = (*until).max(now + ttl.min(REFLECTED_HOST_TTL));
            }
        }
    }

    /// Remembers which questions have answers, but none that may cross: who asks them gets none,
    /// and asks again and again. Goodbyes say nothing about the records that are left.
    fn learn_withheld(&mut self, now: Instant, crossed: &[HeardRecord], withheld: &[&HeardRecord]) {
        for item in crossed.iter().filter(|item| !item.is_goodbye()) {
            if self.withheld.get(item.keys.set).is_some() {
                *self.withheld.entry(item.keys.set) = Instant::ZERO;
            }
        }
        for stays in withheld.iter().filter(|item| !item.is_goodbye()) {
            let set = stays.keys.set;
            if crossed.iter().all(|item| item.keys.set != set) {
                *self.withheld.entry(set) = now + REFLECTED_WITHHELD_TTL;
            }
        }
    }

    /// Returns whether all answers to a question are only valid on the link of the services.
    pub(super) fn is_withheld(&self, now: Instant, asked: &HeardQuestion) -> bool {
        let until = self.withheld.get(asked.key);
        until.is_some_and(|until| *until > now)
    }
}

/// Returns whether a record of a response is stated by its sender.
fn is_stated(item: &HeardRecord) -> bool {
    match item.section {
        Section::Answer | Section::Additional => true,
        Section::Authority => false,
    }
}

/// How many hosts get a reply of their own because of one response. Full: further ones get none;
/// they ask again.
const REPLIES_PER_RESPONSE_MAX: usize = 32;
