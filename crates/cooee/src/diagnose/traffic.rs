//! What was heard during the observation, summed up.
//!
//! In:  messages that were sent and received.
//! Out: [`Traffic`]: round trips, the other hosts and their answers, and what the
//!      [`Observer`] says of claims, repetitions and broken rules. Its size is limited.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use cooee_net::Family;
use cooee_wire::{Message, Name, RecordType};

use crate::observe::{Observer, Sighting};

/// A message as the summary needs it.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    /// The time since the start of the observation.
    pub(super) at: Duration,
    pub(super) interface_index: u32,
    pub(super) source: SocketAddr,
    pub(super) destination: IpAddr,
    pub(super) bytes: Arc<[u8]>,
}

/// An interface, by its index, and a family.
pub(super) type LinkKey = (u32, Family);

/// The summary.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    /// The multicasts of this host, and those of them that came back.
    pub(super) trips: BTreeMap<LinkKey, RoundTrips>,
    /// Other hosts, by the interface and their address.
    pub(super) peers: BTreeMap<(u32, IpAddr), Peer>,
    /// What every message is, and which rules it breaks.
    pub(super) observer: Observer,
    /// Packets that came again from another address: the first source, the second, how often.
    pub(super) repeated: BTreeMap<(u32, IpAddr, IpAddr), u64>,
    /// Rules of names that are broken, by the interface, the host and what it does.
    pub(super) odd_names: BTreeSet<(u32, IpAddr, String)>,
    /// Messages that were dropped because they came too fast.
    pub(super) missed: u64,
    sent: VecDeque<(LinkKey, Arc<[u8]>)>,
}

/// What came of the multicasts of this host on one link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RoundTrips {
    pub(super) sent: u64,
    pub(super) returned: u64,
}

/// Another host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Peer {
    pub(super) responses: u64,
    pub(super) multicasts: u64,
    /// It was heard by multicast in a round before.
    pub(super) was_heard: bool,
    /// For how many rounds of a watch nothing of it was heard.
    pub(super) silent_rounds: u8,
    /// Something that it has answered by multicast, to be asked again.
    pub(super) question: Option<(Name, RecordType)>,
    /// How it has answered this question since it was asked last.
    pub(super) answered: Answered,
}

/// How a question was answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Answered {
    pub(super) by_multicast: bool,
    pub(super) by_unicast: bool,
}

impl Traffic {
    /// Returns the traffic with which the next round of a watch begins: the hosts alone.
    pub(super) fn next_round(&self) -> Self {
        let mut peers = self.peers.clone();
        for peer in peers.values_mut() {
            peer.was_heard |= peer.multicasts > 0;
            (peer.responses, peer.multicasts) = (0, 0);
            peer.silent_rounds = peer.silent_rounds.saturating_add(1);
        }
        peers.retain(|_, peer| peer.silent_rounds <= SILENT_ROUNDS_MAX);
        Self {
            peers,
            ..Self::default()
        }
    }

    /// Notes a packet that this host sent to the group.
    pub(super) fn note_sent(&mut self, link: LinkKey, bytes: Arc<[u8]>) {
        let trips = self.trips.entry(link).or_default();
        trips.sent = trips.sent.saturating_add(1);
        push(&mut self.sent, (link, bytes), SENT_MAX);
    }

    /// Notes a packet that arrived; `is_own` says whether this host has the address.
    pub(super) fn note_heard(&mut self, heard: &Heard, is_own: impl Fn(IpAddr) -> bool) {
        let source = heard.source.ip();
        if is_own(source) {
            self.note_own(heard);
        } else if self.peers.len() < PEERS_MAX
            || self.peers.contains_key(&(heard.interface_index, source))
        {
            self.note_peer(heard);
        }
        let seen = self.observer.observe(&Sighting {
            at: SystemTime::UNIX_EPOCH
                .checked_add(heard.at)
                .unwrap_or(SystemTime::UNIX_EPOCH),
            source: heard.source,
            destination: SocketAddr::new(heard.destination, MDNS_PORT),
            interface: heard.interface_index,
            hop_limit: None,
            bytes: &heard.bytes,
        });
        for breach in seen.breaches.iter().filter(|it| it.rfc() != MDNS_RFC) {
            if self.odd_names.len() < ODD_NAMES_MAX {
                let text = breach.to_string();
                self.odd_names.insert((heard.interface_index, source, text));
            }
        }
        if let Some(first) = seen.repeats {
            let key = (heard.interface_index, first, source);
            if self.repeated.len() < REPEATED_MAX || self.repeated.contains_key(&key) {
                let count = self.repeated.entry(key).or_default();
                *count = count.saturating_add(1);
            }
        }
    }

    /// Notes that a host is asked its question again.
    pub(super) fn note_asked(&mut self, peer: (u32, IpAddr)) {
        if let Some(peer) = self.peers.get_mut(&peer) {
            peer.answered = Answered::default();
        }
    }

    fn note_own(&mut self, heard: &Heard) {
        let link = (heard.interface_index, family_of(heard.source.ip()));
        let is_it = |sent: &(LinkKey, Arc<[u8]>)| sent.0 == link && sent.1 == heard.bytes;
        let Some(place) = self.sent.iter().position(is_it) else {
            return;
        };
        self.sent.remove(place);
        let trips = self.trips.entry(link).or_default();
        trips.returned = trips.returned.saturating_add(1);
    }

    fn note_peer(&mut self, heard: &Heard) {
        let key = (heard.interface_index, heard.source.ip());
        let peer = self.peers.entry(key).or_default();
        peer.silent_rounds = 0;
        let by_multicast = heard.destination.is_multicast();
        if by_multicast {
            peer.multicasts = peer.multicasts.saturating_add(1);
        }
        let Ok(message) = Message::parse(&heard.bytes) else {
            return;
        };
        if !message.header().flags.is_response() {
            return;
        }
        peer.responses = peer.responses.saturating_add(1);
        match &peer.question {
            Some(asked) if answers(&message, asked) => {
                peer.answered.by_multicast |= by_multicast;
                peer.answered.by_unicast |= !by_multicast;
            }
            None if by_multicast => peer.question = question(&message),
            Some(_) | None => {}
        }
    }
}

/// Returns whether a response has a record of this name and type among its answers.
fn answers(message: &Message<'_>, (name, rtype): &(Name, RecordType)) -> bool {
    let mut answers = message.answers().map_while(Result::ok);
    answers.any(|record| record.rtype == *rtype && record.name.matches(name))
}

/// Returns the question for a record of a response: a unique one, if there is one.
fn question(message: &Message<'_>) -> Option<(Name, RecordType)> {
    let answers = || message.answers().map_while(Result::ok);
    let unique = answers().find(|record| record.cache_flush && record.ttl.as_secs() > 0);
    let record = unique.or_else(|| answers().find(|record| record.ttl.as_secs() > 0))?;
    Some((record.name.to_name().ok()?, record.rtype))
}

pub(super) fn family_of(ip: IpAddr) -> Family {
    match ip {
        IpAddr::V4(_) => Family::V4,
        IpAddr::V6(_) => Family::V6,
    }
}

fn push<T>(queue: &mut VecDeque<T>, item: T, max: usize) {
    if queue.len() >= max {
        queue.pop_front();
    }
    queue.push_back(item);
}

/// How many packets of this host wait for their return.
const SENT_MAX: usize = 256;

/// How many other hosts are remembered.
const PEERS_MAX: usize = 4_096;

/// After how many rounds without a packet a host is forgotten.
const SILENT_ROUNDS_MAX: u8 = 5;

/// How many pairs of hosts of which one repeats the other are counted.
const REPEATED_MAX: usize = 16;

/// How many broken rules of names are remembered.
const ODD_NAMES_MAX: usize = 256;

/// The RFC whose rules are about messages. The others are about names.
const MDNS_RFC: u16 = 6762;

/// The port of Multicast DNS, at which every message here was received.
const MDNS_PORT: u16 = 5353;
