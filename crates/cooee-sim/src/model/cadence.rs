//! How often a browser asks: at least as often as the back-off says, whatever hostile hosts send.
//! They can make it list many known answers, which postpones its next question, but not beyond six
//! minutes after the last, or twice the last interval.
//!
//! In:  every query on the links, which browses run, which of their services are not resolved.
//! Out: a panic if a browser has been silent for longer than it may. RFC 6762 sections 5.2 (the
//!      back-off) and 7.3 (another's question instead of one's own).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cooee_proto::dnssd::event::DiscoveryEvent;
use cooee_proto::time::Instant;
use cooee_wire::{Message, Name, RData, RecordType};

use super::keys::KEY;
use super::letter::type_name;
use super::{LINKS, Model, PEERS, host_of, peer_name};
use crate::recording::Transmission;
use crate::{ms, secs};

/// When each peer has to ask next.
pub(super) struct Cadence {
    type_name: Name,
    /// The next question for the type, of each peer that browses, on each link that is up.
    browses: BTreeMap<(usize, usize), Pace>,
    /// When the engine of each peer tries a link again at the latest that its system has refused.
    tried_again: BTreeMap<(usize, usize), Instant>,
    /// When the addresses of a peer on a link last changed. What it asked a moment before may come
    /// back late, and is then not known as its own.
    readdressed: BTreeMap<(usize, usize), Instant>,
    /// The last questions about a name, of each peer.
    asked: BTreeMap<(usize, u64), AskedTimes>,
    /// The hosts on which any host has said a service is.
    targets: BTreeMap<u64, BTreeSet<u64>>,
    /// When a peer found an instance that it has not resolved since.
    found: BTreeMap<(usize, Name), Instant>,
}

/// The latest moments for the next question of a series.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// The latest moment after this many questions of others that may have counted as its own.
    due: [Option<Instant>; SUPPRESSIONS_MAX + 1],
    /// The interval that follows the last own question.
    interval: Duration,
    /// When the last own question was asked.
    asked: Instant,
    /// Whether the system of the peer refuses to send now.
    refused: bool,
}

/// The last question of a peer about something, and the latest one after it that may have counted
/// as its own.
#[derive(Clone, Copy, Debug)]
struct AskedTimes {
    last: Instant,
    suppressed: usize,
}

impl Default for Cadence {
    fn default() -> Self {
        Self {
            type_name: type_name(),
            browses: BTreeMap::new(),
            tried_again: BTreeMap::new(),
            readdressed: BTreeMap::new(),
            asked: BTreeMap::new(),
            targets: BTreeMap::new(),
            found: BTreeMap::new(),
        }
    }
}

impl Cadence {
    /// Processes a message of any host.
    pub(super) fn take(&mut self, link: usize, transmission: &Transmission, message: &Message<'_>) {
        let host = transmission.host.as_deref().and_then(host_of);
        if message.header().flags.is_response() {
            self.note_targets(message);
            return;
        }
        if message.header().counts.questions == 0 {
            for peer in (0..PEERS).filter(|peer| host == Some(*peer)) {
                if let Some(pace) = self.browses.get_mut(&(peer, link)) {
                    pace.list_more(transmission.at);
                }
            }
        }
        // A question that cannot be read to its end replaces no other.
        let whole = message.records().all(|record| record.is_ok());
        for question in message.questions().flatten() {
            let mine = |peer: usize| host == Some(peer);
            let may_stand = whole && transmission.is_multicast() && !question.unicast_response;
            if question.rtype == RecordType::PTR && question.name.matches(&self.type_name) {
                for peer in 0..PEERS {
                    if let Some(pace) = self.browses.get_mut(&(peer, link)) {
                        pace.check(peer, link, transmission.at);
                        if mine(peer) {
                            pace.ask(transmission.at);
                            let changed = self.readdressed.get(&(peer, link));
                            if let Some(&changed) = changed.filter(|at| **at >= transmission.at) {
                                pace.come_back(changed);
                            }
                        } else if may_stand {
                            pace.overhear(transmission.at);
                        }
                    }
                }
            } else if let Ok(name) = question.name.fold_hash(KEY) {
                for peer in (0..PEERS).filter(|peer| mine(*peer) || may_stand) {
                    self.note_question(transmission.at, peer, name, mine(peer));
                }
            }
        }
    }

    /// A peer has reported something about an instance.
    pub(super) fn stir(&mut self, at: Instant, peer: usize, news: &DiscoveryEvent) {
        let (name, is_new) = match news {
            DiscoveryEvent::Found(instance) => (instance.name(), true),
            DiscoveryEvent::Lost(instance, _) => (instance.name(), false),
            DiscoveryEvent::Added(service)
            | DiscoveryEvent::Updated(service, _)
            | DiscoveryEvent::Removed(service, _) => (service.instance.name(), false),
            DiscoveryEvent::Unavailable(_)
            | DiscoveryEvent::Host(_)
            | DiscoveryEvent::TypeFound(_)
            | DiscoveryEvent::TypeLost(_)
            | DiscoveryEvent::HostNames(_)
            | DiscoveryEvent::RecordAdded(..)
            | DiscoveryEvent::RecordRemoved(..)
            | DiscoveryEvent::Denied(..) => return,
        };
        let key = (peer, name.clone());
        if is_new {
            self.found.insert(key, at);
        } else {
            self.found.remove(&key);
        }
    }

    /// The addresses of a peer on a link change.
    pub(super) fn readdress(&mut self, at: Instant, peer: usize, link: usize) {
        self.readdressed.insert((peer, link), at);
        if let Some(pace) = self.browses.get_mut(&(peer, link)) {
            pace.come_back(at);
        }
    }

    /// Returns when the engine of a host tries a link again at the latest that its system has
    /// refused.
    pub(super) fn tried_again(&self, host: usize, link: usize) -> Instant {
        let at = self.tried_again.get(&(host, link));
        at.copied().unwrap_or(Instant::ZERO)
    }

    /// A peer has restarted, or has stopped a search, and knows nothing of what it had found.
    pub(super) fn forget(&mut self, peer: usize) {
        self.found.retain(|(of, _), _| *of != peer);
    }

    fn note_question(&mut self, at: Instant, peer: usize, name: u64, own: bool) {
        let known = self.asked.get(&(peer, name)).copied();
        let known = known.unwrap_or(AskedTimes {
            last: Instant::ZERO,
            suppressed: 0,
        });
        let suppressed = if own { 0 } else { known.suppressed + 1 };
        if suppressed <= SUPPRESSIONS_MAX {
            let last = at;
            self.asked
                .insert((peer, name), AskedTimes { last, suppressed });
        }
    }

    fn note_targets(&mut self, message: &Message<'_>) {
        for (_, record) in message.records().flatten() {
            if record.rtype != RecordType::SRV {
                continue;
            }
            let (Ok(name), Ok(record)) = (record.name.fold_hash(KEY), record.to_record()) else {
                continue;
            };
            if let RData::Srv(srv) = record.data {
                let target = srv.target.fold_hash(KEY);
                self.targets.entry(name).or_default().insert(target);
            }
        }
    }

    /// Returns when a peer last asked about an instance or a host that it may be on.
    fn last_asked(&self, peer: usize, instance: &Name) -> Option<Instant> {
        let name = instance.fold_hash(KEY);
        let targets = self.targets.get(&name).into_iter().flatten();
        let names = targets.chain([&name]);
        let asked = names.filter_map(|name| self.asked.get(&(peer, *name)));
        asked.map(|asked| asked.last).max()
    }
}

impl Pace {
    fn new(now: Instant, tried_again: Instant) -> Self {
        // At this very moment the peer may have asked, and may have heard another ask.
        let mut pace = Self {
            due: [None; SUPPRESSIONS_MAX + 1],
            interval: next_interval(Duration::ZERO),
            asked: now,
            refused: false,
        };
        pace.due[0] = Some(now.max(tried_again) + FIRST_WITHIN);
        pace.overhear(now);
        pace
    }

    /// A question was asked by the peer itself.
    fn ask(&mut self, at: Instant) {
        // It may be one that refreshes what is known, and leave the series as it is.
        let latest = self.latest();
        let reached = self.due.iter().rposition(Option::is_some);
        for _ in 0..=reached.unwrap_or_default() {
            self.interval = next_interval(self.interval);
        }
        self.asked = at;
        self.due = [None; SUPPRESSIONS_MAX + 1];
        self.due[0] = Some(latest.max(at + self.interval));
    }

    /// The known answers of the last own question take more than one packet, which may postpone the
    /// next.
    fn list_more(&mut self, at: Instant) {
        if at.saturating_since(self.asked) > FOLLOWS_WITHIN {
            return;
        }
        self.interval = self.interval.max(with_tolerance(POSTPONED_MAX));
        self.due[0] = self.due[0].max(Some(self.asked + self.interval));
    }

    /// Processes a question of another host. It may or may not count as the peer's own: the peer
    /// may not have heard it, or know less.
    fn overhear(&mut self, at: Instant) {
        let mut interval = self.interval;
        let mut before = self.due[0];
        for due in &mut self.due[1..] {
            interval = next_interval(interval);
            let counted = before
                .filter(|before| *before >= at)
                .map(|_| at + interval + LATE);
            before = *due;
            *due = (*due).max(counted);
        }
    }

    /// Copies of the peer's own questions may come back from now on as those of another host.
    fn come_back(&mut self, at: Instant) {
        for _ in 0..SUPPRESSIONS_MAX {
            self.overhear(at);
        }
    }

    fn latest(&self) -> Instant {
        let due = self.due.iter().flatten().max();
        due.copied().unwrap_or(Instant::ZERO)
    }

    fn check(&self, peer: usize, link: usize, at: Instant) {
        assert!(
            self.refused || at <= self.latest(),
            "p{peer} asks too seldom for services on {}: due at {:?}, now {at:?}, {self:?}",
            LINKS[link],
            self.latest()
        );
    }
}

/// Returns the interval after another. If one is longer than planned, the next is longer by twice
/// that.
fn next_interval(interval: Duration) -> Duration {
    with_tolerance((interval * 2).clamp(INTERVAL_MIN, INTERVAL_MAX))
}

fn with_tolerance(planned: Duration) -> Duration {
    planned + planned / TOLERANCE_PART + BEHIND_OTHERS
}

impl Model {
    /// Checks that nobody has asked too rarely until now.
    pub(super) fn check_cadence(&self) {
        let now = self.world.now();
        for (&(peer, link), pace) in &self.traffic.cadence.browses {
            pace.check(peer, link, now);
        }
        for peer in 0..PEERS {
            // What cannot be sent is not asked.
            if self.is_asking(peer) && !self.refused[peer].contains(&true) {
                self.check_missing(peer, now);
            }
        }
    }

    /// Records who browses on which link from now on.
    pub(super) fn note_paces(&mut self) {
        let now = self.world.now();
        for peer in 0..PEERS {
            for link in 0..LINKS.len() {
                let asks = self.is_asking(peer) && self.is_on(peer, link);
                let Cadence {
                    browses,
                    tried_again,
                    readdressed,
                    ..
                } = &mut self.traffic.cadence;
                let refused = self.refused[peer][link];
                if refused {
                    self.away_until[peer] = now;
                    tried_again.insert((peer, link), now + TRIED_AGAIN_WITHIN);
                }
                if asks {
                    let tried_again = tried_again.get(&(peer, link)).copied();
                    let tried_again = tried_again.unwrap_or(Instant::ZERO);
                    let changed = readdressed.get(&(peer, link));
                    let is_changed = changed.is_some_and(|at| *at + LATE >= now);
                    let pace = browses.entry((peer, link));
                    let pace = pace.or_insert_with(|| {
                        let mut pace = Pace::new(now, tried_again);
                        if is_changed {
                            pace.come_back(now);
                        }
                        pace
                    });
                    pace.refused = refused;
                    if refused {
                        pace.due[0] = Some(pace.latest().max(tried_again));
                    }
                } else {
                    browses.remove(&(peer, link));
                    let away = &mut self.away_until[peer];
                    *away = now;
                }
            }
        }
    }

    /// Checks that what is not resolved is asked for as often as required.
    fn check_missing(&self, peer: usize, now: Instant) {
        let cadence = &self.traffic.cadence;
        for (_, instance) in cadence.found.keys().filter(|(of, _)| *of == peer) {
            let found = cadence.found.get(&(peer, instance.clone()));
            let asked = cadence.last_asked(peer, instance);
            let last = found.copied().max(asked).max(Some(self.away_until[peer]));
            let waited = last.map_or(Duration::ZERO, |last| now.saturating_since(last));
            assert!(
                waited <= MISSING_WITHIN,
                "p{peer} has not asked about {instance}, which it has not resolved, for {waited:?}"
            );
        }
    }

    fn is_asking(&self, peer: usize) -> bool {
        let state = &self.peers[peer];
        state.alive && !state.asleep && !state.browses.is_empty()
    }

    fn is_on(&self, peer: usize, link: usize) -> bool {
        let addresses = self.world.addresses(&peer_name(peer), LINKS[link]);
        self.peers[peer].plugged[link] && !addresses.is_empty()
    }
}

/// A first question comes within 120 ms, or a second after one that was due before.
const FIRST_WITHIN: Duration = ms(1_200);
/// A link that the system has refused is tried again within ten seconds, also for a new browse: the
/// engine learns only by trying that packets leave again. A question goes out after that.
const TRIED_AGAIN_WITHIN: Duration = secs(12);
const INTERVAL_MIN: Duration = secs(1);
const INTERVAL_MAX: Duration = secs(3_600);
/// Up to which interval known answers in several packets may postpone a question.
const POSTPONED_MAX: Duration = secs(360);
/// How soon all packets of known answers follow their question.
const FOLLOWS_WITHIN: Duration = ms(100);
/// A question may wait for others by a fiftieth of its interval, each time; this is generous.
const TOLERANCE_PART: u32 = 8;
/// What a question of another host adds, so that no two hosts ask at once, and the transit time of
/// a packet.
const BEHIND_OTHERS: Duration = ms(130);
/// How late a packet may come.
const LATE: Duration = ms(1_050);
/// How many questions of others, in a row, count as one's own.
const SUPPRESSIONS_MAX: usize = 3;
/// How long nothing may be asked about a service that somebody waits for: a minute, with its
/// alignment.
const MISSING_WITHIN: Duration = secs(70);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_questions_that_come_back_under_a_former_address_may_postpone_the_next() {
        let now = Instant::ZERO + secs(100);
        let mut pace = Pace::new(now, Instant::ZERO);
        pace.come_back(now);
        // Copies that came after 0.4 and 0.8 s have doubled the interval twice.
        pace.check(0, 0, now + ms(5_523));
        assert!(pace.latest() < now + secs(20));
    }
}
