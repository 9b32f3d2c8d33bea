//! Questions of the diagnosis itself, from sockets of its own.
//!
//! In:  the hosts that were heard by multicast.
//! Out: how each answers: to a question by multicast that wants a unicast answer, to one that wants
//!      a multicast answer, and to one by unicast. RFC 6762 sections 5.4 and 5.5.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use cooee_net::{
    Destination, Family, Interface, MulticastSocket, Outgoing, RecvBatch, SocketOptions,
};
use cooee_wire::{Class, Flags, MessageBuilder, Name, RecordType};

use super::{EVERYTHING, Step, Watching};
use crate::diagnose::facts::{Facts, OpenFailure, PeerProbe};
use crate::diagnose::traffic::{Answered, Heard, family_of};

/// Asks a question by multicast on a link, and notes what the system says.
pub(super) fn send_question(
    observation: &mut Watching,
    place: usize,
    name: &Name,
    rtype: RecordType,
) {
    let Some(link) = observation.facts.links.get(place) else {
        return;
    };
    let (index, family, interface) = (link.index, link.family, link.interface.clone());
    let bytes = question(name, rtype, false);
    let refused = match open(&observation.facts, index, family) {
        Some(Ok(socket)) => socket.send_multicast(&bytes).err(),
        Some(Err(failure)) => {
            observation.facts.failures.push(failure);
            return;
        }
        None => return,
    };
    match refused {
        None => observation
            .facts
            .traffic
            .note_sent((index, family), Arc::from(bytes)),
        Some(error) => {
            if let Some(link) = observation.facts.links.get_mut(place) {
                link.refused = Some(format!("{interface}: {error}"));
            }
        }
    }
}

/// Hosts that are asked, and the sockets that ask them.
pub(super) struct PeerProbes {
    sockets: Vec<MulticastSocket>,
    batch: RecvBatch,
    asked: Vec<Asked>,
}

/// A host that is asked for something that it has said by multicast.
struct Asked {
    index: u32,
    probe: PeerProbe,
    name: Name,
    rtype: RecordType,
}

impl PeerProbes {
    /// Chooses the hosts, and opens a socket on each of their links.
    pub(super) fn start(facts: &mut Facts) -> Self {
        add_neighbours(facts);
        let mut asked: Vec<Asked> = Vec::new();
        let mut peers: Vec<_> = facts.traffic.peers.iter().collect();
        // Those that were heard in this round first.
        peers.sort_by_key(|(_, peer)| peer.silent_rounds);
        for ((index, ip), peer) in peers {
            let family = family_of(*ip);
            let on_link =
                |asked: &&Asked| asked.index == *index && family.contains(asked.probe.peer);
            let Some((name, rtype)) = &peer.question else {
                continue;
            };
            if asked.iter().filter(on_link).count() >= PEERS_ASKED {
                continue;
            }
            asked.push(Asked {
                index: *index,
                probe: unanswered(*ip, peer.multicasts > 0 || peer.was_heard),
                name: name.clone(),
                rtype: *rtype,
            });
        }
        let mut sockets: Vec<MulticastSocket> = Vec::new();
        for Asked { index, probe, .. } in &asked {
            let family = family_of(probe.peer);
            let is_it = |socket: &MulticastSocket| {
                socket.interface_index() == *index && socket.family() == family
            };
            if !sockets.iter().any(is_it) {
                sockets.extend(open(facts, *index, family).and_then(Result::ok));
            }
        }
        Self {
            sockets,
            batch: RecvBatch::with_slots(BATCH_SLOTS),
            asked,
        }
    }

    /// Asks every chosen host in the way of the step.
    pub(super) fn ask(&mut self, step: Step, observation: &mut Watching) {
        for Asked {
            index,
            probe,
            name,
            rtype,
        } in &self.asked
        {
            let family = family_of(probe.peer);
            let bytes = question(name, *rtype, step != Step::WantMulticast);
            let destination = match step {
                Step::Pause | Step::Listen | Step::WantUnicast | Step::WantMulticast => {
                    Destination::Multicast
                }
                Step::AskAlone => {
                    let port = observation.facts.port;
                    Destination::Unicast(SocketAddr::new(probe.peer, port))
                }
            };
            let mut sockets = self.sockets.iter();
            let socket = sockets
                .find(|socket| socket.interface_index() == *index && socket.family() == family);
            let outgoing = Outgoing {
                bytes: &bytes,
                destination,
            };
            let sent = socket.is_some_and(|socket| socket.send_batch(&[outgoing]).is_ok());
            let traffic = &mut observation.facts.traffic;
            if sent && destination == Destination::Multicast {
                traffic.note_sent((*index, family), Arc::from(bytes));
            }
            traffic.note_asked((*index, probe.peer));
        }
    }

    /// Reads the unicasts that came to these sockets. The driver has the multicasts, too.
    pub(super) fn read(&mut self, at: Duration) -> Vec<Heard> {
        let mut heard = Vec::new();
        for socket in &self.sockets {
            for _ in 0..BATCHES_MAX {
                if !socket
                    .recv_batch(&mut self.batch)
                    .is_ok_and(|count| count > 0)
                {
                    break;
                }
                let unicasts = self.batch.iter();
                let unicasts = unicasts.filter(|received| !received.destination.is_multicast());
                heard.extend(unicasts.map(|received| Heard {
                    at,
                    interface_index: match received.interface_index {
                        0 => socket.interface_index(),
                        index => index,
                    },
                    source: received.source,
                    destination: received.destination,
                    bytes: Arc::from(received.bytes),
                }));
            }
        }
        heard
    }

    /// Notes how the hosts have answered since the step began.
    pub(super) fn note(&mut self, step: Step, facts: &mut Facts) {
        for Asked { index, probe, .. } in &mut self.asked {
            let peer = facts.traffic.peers.get(&(*index, probe.peer));
            let answered = peer.map_or_else(Answered::default, |peer| peer.answered);
            match step {
                Step::Pause | Step::Listen => {}
                Step::WantUnicast => probe.wanted_unicast = answered,
                Step::WantMulticast => probe.wanted_multicast = answered,
                Step::AskAlone => probe.asked_alone = answered,
            }
        }
        if step != Step::AskAlone {
            return;
        }
        for link in &mut facts.links {
            let asked = self.asked.iter();
            let of_link = asked.filter(|asked| {
                asked.index == link.index && link.family.contains(asked.probe.peer)
            });
            link.peers = of_link.map(|asked| asked.probe.clone()).collect();
        }
    }
}

fn unanswered(peer: IpAddr, was_heard: bool) -> PeerProbe {
    PeerProbe {
        peer,
        was_heard,
        wanted_unicast: Answered::default(),
        wanted_multicast: Answered::default(),
        asked_alone: Answered::default(),
    }
}

/// Where no host was heard, asks the neighbours of which the system knows which services they have.
fn add_neighbours(facts: &mut Facts) {
    let (Ok(neighbours), Ok(name)) = (&facts.system.neighbours, EVERYTHING.parse::<Name>()) else {
        return;
    };
    for link in facts.links.iter().filter(|link| link.family == Family::V4) {
        let mut peers = facts.traffic.peers.iter();
        if peers.any(|((index, ip), peer)| {
            *index == link.index && ip.is_ipv4() && peer.question.is_some()
        }) {
            continue;
        }
        let on_it = neighbours
            .iter()
            .filter(|it| it.interface == link.interface);
        for neighbour in on_it.take(PEERS_ASKED) {
            let peer = facts.traffic.peers.entry((link.index, neighbour.ip));
            peer.or_default().question = Some((name.clone(), RecordType::PTR));
        }
    }
}

/// Opens a socket of its own on a link; `None` if the interface is gone.
fn open(facts: &Facts, index: u32, family: Family) -> Option<Result<MulticastSocket, OpenFailure>> {
    let mut decisions = facts.decisions.iter();
    let decision = decisions.find(|decision| decision.interface.index == index)?;
    let interface: &Interface = &decision.interface;
    let options = SocketOptions {
        port: facts.port,
        ..SocketOptions::default()
    };
    let opened = MulticastSocket::open(interface, family, &options);
    Some(match opened {
        Ok((socket, _)) => Ok(socket),
        Err(error) => Err(OpenFailure::from(&error)),
    })
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-18.1
//# In multicast query messages, the Query Identifier SHOULD be set to
//# zero on transmission.
fn question(name: &Name, rtype: RecordType, wants_unicast: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut message = MessageBuilder::new(&mut bytes, 0, Flags::QUERY, QUESTION_BYTES_MAX);
    // A question always has room.
    let _ = message.question(name, rtype, Class::IN, wants_unicast);
    message.finish();
    bytes
}

/// How many hosts are asked on each link and family.
const PEERS_ASKED: usize = 3;

/// Room for a name of any length.
const QUESTION_BYTES_MAX: usize = 512;

const BATCH_SLOTS: usize = 8;

/// How many batches are read before the driver's messages are taken again.
const BATCHES_MAX: usize = 32;
