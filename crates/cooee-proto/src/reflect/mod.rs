//! The reflector: lets services of one link be found on another, as far as rules allow.
//!
//! In:  what is heard on the links, and [`Rule`]s.
//! Out: packets for other links; counters. RFC 6762 sections 5.4, 6, 6.7, 7 and 10.2, each across
//!      two links.
//!
//! A reflector stands beside an [`Engine`](crate::Engine) and hears what it hears. It answers
//! nothing itself: a question crosses to the link of the services, and what their hosts answer
//! crosses back, a hundredth of a second later, so that the answers of many hosts share packets.
//!
//! ```
//! use cooee_proto::reflect::{Reflector, Rule, ServiceFilter};
//! use cooee_proto::{Delivery, Instant, LinkAddress, LinkChange, LinkId, LinkInfo};
//!
//! let mut reflector = Reflector::new(0x1234); // the seed should be random
//! for (link, ip) in [(LinkId(2), "10.0.1.1".parse()?), (LinkId(3), "10.0.2.1".parse()?)] {
//!     let addresses = vec![LinkAddress { ip, prefix_len: 24 }];
//!     let info = LinkInfo { addresses, mtu: 1_500 };
//!     reflector.handle_link(LinkChange::Up { link, info });
//! }
//! let printers = ServiceFilter::of_types(["_ipp._tcp".parse()?]);
//! reflector.set_rules(vec![Rule::new(LinkId(2), LinkId(3), printers)]);
//!
//! let (now, mut packet) = (Instant::ZERO, Vec::new());
//! // `reflector.handle_datagram(now, datagram)` for each datagram, then, and when
//! // `reflector.poll_timeout()` says:
//! while let Some(reflected) = reflector.poll_transmit(now, &mut packet) {
//!     // Send `packet` to `reflected.route`, then say what became of it.
//!     reflector.handle_transmit(now, reflected, Delivery::LEFT);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod askers;
mod channel;
mod crossing;
mod heard;
mod owner;
mod pattern;
mod query;
mod recent;
mod response;
mod rule;
mod stats;
mod waiting;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::net::IpAddr;

pub use self::pattern::Pattern;
pub use self::rule::{Refusal, Rule, ServiceFilter};
pub use self::stats::RuleStats;

use self::askers::WaitingHosts;
use self::channel::Channel;
use self::crossing::{Crossing, CrossingAnswer, CrossingContent, Marks, Written};
use self::heard::{ChannelId, HeardMessage, HeardRecord};
use self::query::Continuations;
use self::recent::Recent;
use self::waiting::CrossingQueue;
use crate::collections::mix;
use crate::config::SourceCheck;
use crate::intake;
use crate::intake::rate::Bucket;
use crate::link::{Family, LinkChange, LinkId, LinkInfo};
use crate::links::message_len_max;
use crate::time::Instant;
use crate::timing::REFLECTED_JITTER;
use crate::transmit::{Datagram, Delivery, Fate, Route};

/// Reflects services between the links of this host.
pub struct Reflector {
    /// Keys all hashes, so that nobody can choose names that collide.
    key: u64,
    source_check: SourceCheck,
    links: BTreeMap<LinkId, LinkInfo>,
    rules: Vec<ActiveRule>,
    channels: BTreeMap<ChannelId, Channel>,
    askers: WaitingHosts,
    truncated: Continuations,
    /// How many messages were heard.
    heard: u64,
    waiting: CrossingQueue,
}

/// A rule and what is known because of it.
struct ActiveRule {
    rule: Rule,
    /// Hosts on which services are that cross, and until when, by name.
    hosts: Recent<Instant>,
    /// Questions whose answers are only valid on the link of the services, and until when.
    withheld: Recent<Instant>,
    budgets: Budgets,
    stats: RuleStats,
}

/// How much a rule may still send, by kind. So that questions cannot use up what answers need.
#[derive(Default)]
struct Budgets {
    queries: Bucket,
    answers: Bucket,
    replies: Bucket,
}

/// A packet that the reflector has written. Nothing in it counts as sent before the caller hands
/// this back with the result.
#[derive(Debug)]
#[must_use = "nothing counts as sent before its delivery is reported to `handle_transmit`"]
pub struct Reflected {
    /// Its destination.
    pub route: Route,
    /// The place of its rule among those that were set.
    pub rule: usize,
    /// The number, among the messages that were heard, of the first one of which it has something.
    pub cause: u64,
    channel: ChannelId,
    marks: Marks,
}

impl Reflector {
    /// Returns a reflector without links and rules. The seed should be random.
    pub fn new(seed: u64) -> Self {
        Self {
            key: mix(seed),
            source_check: SourceCheck::default(),
            links: BTreeMap::new(),
            rules: Vec::new(),
            channels: BTreeMap::new(),
            askers: WaitingHosts::new(),
            truncated: Continuations::default(),
            heard: 0,
            waiting: CrossingQueue::default(),
        }
    }

    /// Sets whose packets are heard. Default: as in RFC 6762 section 11.
    #[must_use]
    pub fn with_source_check(mut self, check: SourceCheck) -> Self {
        self.source_check = check;
        self
    }

    /// Replaces the rules. What is known and counted because of a rule that stays is kept. At most
    /// 64 rules count.
    pub fn set_rules(&mut self, rules: Vec<Rule>) {
        let present = self.rules.iter().map(|active| &active.rule);
        if present.eq(rules.iter().take(RULES_MAX)) {
            return;
        }
        let mut before = core::mem::take(&mut self.rules);
        for rule in rules.into_iter().take(RULES_MAX) {
            let same = before.iter().position(|active| active.rule == rule);
            let active = match same {
                Some(place) => before.swap_remove(place),
                None => ActiveRule::new(rule),
            };
            self.rules.push(active);
        }
        // They know rules by their places.
        self.askers = WaitingHosts::new();
        self.truncated = Continuations::default();
        self.waiting.retain(|_| false);
    }

    /// Returns the rules in their order, each with what it has done.
    pub fn rules(&self) -> impl Iterator<Item = (&Rule, &RuleStats)> {
        let rules = self.rules.iter();
        rules.map(|active| (&active.rule, &active.stats))
    }

    /// Handles a link that came, went or changed.
    pub fn handle_link(&mut self, change: LinkChange) {
        match change {
            LinkChange::Up { link, info } => {
                self.links.insert(link, info);
            }
            LinkChange::Down { link } => {
                self.links.remove(&link);
                self.channels.retain(|channel, _| channel.link != link);
                self.waiting.retain(|crossing| crossing.target.link != link);
            }
            LinkChange::Missed { .. } | LinkChange::Resumed => {}
        }
    }

    /// Handles a datagram that a socket has received. Datagrams from addresses of this host are
    /// ignored: its own services are on all its links anyway.
    pub fn handle_datagram(&mut self, now: Instant, datagram: Datagram<'_>) {
        let link = datagram.link;
        let concerns = |active: &ActiveRule| active.rule.from == link || active.rule.to == link;
        let source = datagram.source.ip();
        let Some(info) = self.links.get(&link) else {
            return;
        };
        if !self.rules.iter().any(concerns) || self.is_own(source) {
            return;
        }
        let Ok(admitted) = intake::admit(&datagram, info, self.source_check) else {
            return;
        };
        let header = admitted.message.header();
        self.heard = self.heard.wrapping_add(1);
        let mut heard = HeardMessage {
            number: self.heard,
            channel: ChannelId {
                link,
                family: Family::of(source),
            },
            source: datagram.source,
            is_multicast: admitted.multicast,
            id: header.id,
            is_truncated: header.flags.truncated(),
            questions: Vec::new(),
            items: Vec::new(),
        };
        heard.read(self.key, &admitted.message);
        if header.flags.is_response() {
            self.hear_response(now, &heard);
        } else if heard.is_multicast {
            self.hear_query(now, heard);
        }
    }

    /// Writes the next packet into `packet`, which is cleared first. Returns where to send it, or
    /// `None` if there is nothing to send now.
    pub fn poll_transmit(&mut self, now: Instant, packet: &mut Vec<u8>) -> Option<Reflected> {
        while let Some(crossing) = self.waiting.take(now) {
            let reflected = self.compose(now, crossing, packet);
            if reflected.is_some() {
                return reflected;
            }
        }
        None
    }

    /// Handles the result of a packet.
    pub fn handle_transmit(&mut self, now: Instant, reflected: Reflected, delivery: Delivery) {
        if delivery.over(reflected.channel.family) != Fate::Left {
            return;
        }
        let Marks {
            sightings,
            questions,
        } = reflected.marks;
        let channel = self.channel(reflected.channel);
        for sighting in sightings {
            channel.note(now, sighting);
        }
        for (question, known) in questions {
            channel.note_question(now, question, known, true);
        }
    }

    /// Returns when [`poll_transmit`](Self::poll_transmit) has something to send, if nothing else is
    /// heard before; a time in the past if it has something already.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.waiting.due()
    }

    fn compose(
        &mut self,
        now: Instant,
        crossing: Crossing,
        packet: &mut Vec<u8>,
    ) -> Option<Reflected> {
        let Crossing {
            rule,
            heard,
            target,
            content,
        } = crossing;
        let budget = message_len_max(self.links.get(&target.link)?);
        let crossing = |content| Crossing {
            rule,
            heard,
            target,
            content,
        };
        if let Some(due) = self.is_early(now, target, &content) {
            self.waiting.put_back(due, crossing(content));
            return None;
        }
        let content = self.still_needed(now, rule, target, content)?;
        let active = self.rules.get_mut(rule)?;
        if !active.budgets.of(&content).draw(now, active.rule.rate) {
            active.stats.over_rate = active.stats.over_rate.saturating_add(1);
            return None;
        }
        active.stats.count(&content);
        let Written {
            destination,
            marks,
            rest,
        } = match content {
            CrossingContent::Query(query) => crossing::query(packet, target, query, budget),
            CrossingContent::Answer(answer) => crossing::answer(packet, target, answer, budget),
            CrossingContent::Reply(reply) => crossing::reply(packet, &reply, budget),
        };
        active.stats.bytes = active.stats.bytes.saturating_add(packet.len() as u64);
        if let Some(content) = rest {
            self.waiting.put_back(now, crossing(content));
        }
        let route = Route {
            link: target.link,
            destination,
        };
        Some(Reflected {
            route,
            rule,
            cause: heard,
            channel: target,
            marks,
        })
    }

    /// Returns until when an answer has to wait that comes a little too early after the one before.
    ///
    /// A host announces a record a second after the first time. Of two packets that take unequally
    /// long, the second one would be refused otherwise, and with it what flushes old records.
    fn is_early(
        &self,
        now: Instant,
        target: ChannelId,
        content: &CrossingContent,
    ) -> Option<Instant> {
        let CrossingContent::Answer(answer) = content else {
            return None;
        };
        let channel = self.channels.get(&target)?;
        let needed = |item: &&HeardRecord| answer.needed.contains(&item.unit());
        let needed = answer.items.iter().filter(needed);
        let free = needed.filter_map(|item| channel.was_just_sent(now, item));
        free.filter(|free| free.saturating_since(now) <= REFLECTED_JITTER)
            .max()
    }

    /// Returns what of a crossing has not been sent on its target in the meantime.
    fn still_needed(
        &mut self,
        now: Instant,
        rule: usize,
        target: ChannelId,
        content: CrossingContent,
    ) -> Option<CrossingContent> {
        let CrossingContent::Answer(CrossingAnswer {
            items,
            needed,
            is_reply,
        }) = content
        else {
            return Some(content);
        };
        let channel = self.channels.entry(target).or_insert_with(Channel::new);
        let due = |item: &HeardRecord| channel.was_just_sent(now, item).is_none();
        let is_needed = |item: &&HeardRecord| needed.contains(&item.unit()) && due(item);
        let mut units: Vec<u64> = items
            .iter()
            .filter(is_needed)
            .map(HeardRecord::unit)
            .collect();
        if units.is_empty() {
            let active = self.rules.get_mut(rule)?;
            active.stats.repeated = active.stats.repeated.saturating_add(1);
            return None;
        }
        units.sort_unstable();
        let goes = |item: &HeardRecord| units.binary_search(&item.unit()).is_ok() || due(item);
        let items: Vec<HeardRecord> = items.into_iter().filter(|item| goes(item)).collect();
        Some(CrossingContent::Answer(CrossingAnswer {
            items,
            needed: Vec::new(),
            is_reply,
        }))
    }

    /// Lets something wait to be sent, if there is room.
    fn push(&mut self, now: Instant, crossing: Crossing) {
        let Some(info) = self.links.get(&crossing.target.link) else {
            return;
        };
        let budget = message_len_max(info);
        let Some(refused) = self.waiting.push(now, crossing, budget) else {
            return;
        };
        if let Some(active) = self.rules.get_mut(refused.rule) {
            active.stats.over_rate = active.stats.over_rate.saturating_add(1);
        }
    }

    fn channel(&mut self, id: ChannelId) -> &mut Channel {
        self.channels.entry(id).or_insert_with(Channel::new)
    }

    fn is_own(&self, ip: IpAddr) -> bool {
        self.links.values().any(|info| info.has_address(ip))
    }

    /// Returns whether a reply to an address stays on a link.
    fn reaches(&self, link: LinkId, ip: IpAddr) -> bool {
        let info = self.links.get(&link);
        info.is_some_and(|info| info.reaches(ip) && !info.is_broadcast(ip))
    }

    /// Returns whether a link is up and has an address of a family.
    fn is_open(&self, channel: ChannelId) -> bool {
        let info = self.links.get(&channel.link);
        info.is_some_and(|info| info.has_family(channel.family))
    }
}

impl ActiveRule {
    fn new(rule: Rule) -> Self {
        Self {
            rule,
            hosts: Recent::new(HOSTS_MAX),
            withheld: Recent::new(WITHHELD_MAX),
            budgets: Budgets::default(),
            stats: RuleStats::default(),
        }
    }
}

impl Budgets {
    fn of(&mut self, content: &CrossingContent) -> &mut Bucket {
        match content {
            CrossingContent::Query(_) => &mut self.queries,
            CrossingContent::Answer(_) => &mut self.answers,
            CrossingContent::Reply(_) => &mut self.replies,
        }
    }
}

/// How many rules count.
const RULES_MAX: usize = 64;
/// How many hosts a rule knows. Full: those heard of longest ago are forgotten.
const HOSTS_MAX: usize = 8_192;
/// How many questions a rule knows that have no answer that may cross. Full: as above; they cross
/// once more.
const WITHHELD_MAX: usize = 8_192;

#[cfg(test)]
mod tests;
