//! What was heard during the observation, summed up.
//!
//! In:  messages that were sent and received.
//! Out: [`Traffic`]: round trips, hosts, claims of names, repetitions. Its size is limited.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use cooee_net::Family;
use cooee_wire::{Message, Name, RecordType, Section};

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
#[derive(Clone, Debug, Default)]
pub(super) struct Traffic {
    /// The multicasts of this host, and those of them that came back.
    pub(super) trips: BTreeMap<LinkKey, RoundTrips>,
    /// Other hosts, by the interface and their address.
    pub(super) peers: BTreeMap<(u32, IpAddr), Peer>,
    /// Who says what about a unique name.
    pub(super) claims: BTreeMap<Claimed, BTreeMap<IpAddr, BTreeSet<String>>>,
    /// Packets that came again from another address: the first source, the second, how often.
    pub(super) repeated: BTreeMap<(u32, IpAddr, IpAddr), u64>,
    /// Messages that were dropped because they came too fast.
    pub(super) missed: u64,
    sent: VecDeque<(LinkKey, Arc<[u8]>)>,
    responses: VecDeque<Response>,
}

#[derive(Clone, Debug)]
struct Response {
    at: Duration,
    interface_index: u32,
    source: IpAddr,
    bytes: Arc<[u8]>,
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
    pub(super) packets: u64,
    pub(super) multicast_responses: u64,
    pub(super) unicast_responses: u64,
    /// Something that it has answered by multicast, to be asked again.
    pub(super) question: Option<(Name, RecordType)>,
}

/// A unique record set: the interface, the name in lower case, and the type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Claimed {
    pub(super) interface_index: u32,
    pub(super) name: String,
    pub(super) rtype: u16,
}

impl Traffic {
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
        let Ok(message) = Message::parse(&heard.bytes) else {
            return;
        };
        if !message.header().flags.is_response() || !heard.destination.is_multicast() {
            return;
        }
        let claims_any = self.note_claims(heard, &message);
        if claims_any {
            self.note_repetition(heard, is_own);
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
        peer.packets = peer.packets.saturating_add(1);
        let Ok(message) = Message::parse(&heard.bytes) else {
            return;
        };
        if !message.header().flags.is_response() {
            return;
        }
        if !heard.destination.is_multicast() {
            peer.unicast_responses = peer.unicast_responses.saturating_add(1);
            return;
        }
        peer.multicast_responses = peer.multicast_responses.saturating_add(1);
        if peer.question.is_none() {
            peer.question = question(&message);
        }
    }

    /// Notes the unique records of a response. Returns whether there are any.
    fn note_claims(&mut self, heard: &Heard, message: &Message<'_>) -> bool {
        let mut claims_any = false;
        for (section, record) in message.records().map_while(Result::ok) {
            if section == Section::Authority || !record.cache_flush {
                continue;
            }
            claims_any = true;
            let is_claim = matches!(
                record.rtype,
                RecordType::A | RecordType::AAAA | RecordType::SRV
            );
            let (true, false, Ok(record)) =
                (is_claim, record.ttl.as_secs() == 0, record.to_record())
            else {
                continue;
            };
            let claimed = Claimed {
                interface_index: heard.interface_index,
                name: record.name.to_string().to_ascii_lowercase(),
                rtype: record.rtype().0,
            };
            if self.claims.len() >= CLAIMS_MAX && !self.claims.contains_key(&claimed) {
                continue;
            }
            let sources = self.claims.entry(claimed).or_default();
            let source = heard.source.ip();
            if sources.len() < CLAIMANTS_MAX || sources.contains_key(&source) {
                let data = sources.entry(source).or_default();
                if data.len() < CLAIMANTS_MAX {
                    data.insert(record.data.to_string());
                }
            }
        }
        claims_any
    }

    fn note_repetition(&mut self, heard: &Heard, is_own: impl Fn(IpAddr) -> bool) {
        let source = heard.source.ip();
        let earlier = self.responses.iter().rev().find(|earlier| {
            earlier.interface_index == heard.interface_index
                && earlier.source != source
                && earlier.source.is_ipv4() == source.is_ipv4()
                && heard.at.saturating_sub(earlier.at) <= REPETITION_MAX
                && earlier.bytes == heard.bytes
        });
        if let Some(earlier) = earlier.filter(|earlier| !(is_own(earlier.source) && is_own(source)))
        {
            let key = (heard.interface_index, earlier.source, source);
            if self.repeated.len() < CLAIMANTS_MAX || self.repeated.contains_key(&key) {
                let count = self.repeated.entry(key).or_default();
                *count = count.saturating_add(1);
            }
            return;
        }
        let response = Response {
            at: heard.at,
            interface_index: heard.interface_index,
            source,
            bytes: Arc::clone(&heard.bytes),
        };
        push(&mut self.responses, response, RESPONSES_MAX);
    }
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

/// How many responses are compared with later ones: at 9,000 bytes each, at most 2.3 MB.
const RESPONSES_MAX: usize = 256;

/// How many other hosts are remembered.
const PEERS_MAX: usize = 4_096;

/// How many unique record sets are remembered.
const CLAIMS_MAX: usize = 4_096;

/// How many hosts are remembered for each of them, and how many records of each host.
const CLAIMANTS_MAX: usize = 16;

/// How long after the first one a packet counts as the same.
const REPETITION_MAX: Duration = Duration::from_secs(2);
