//! Questions of the diagnosis itself, from sockets of its own.
//!
//! In:  the hosts that were heard by multicast.
//! Out: how each answers: to a question by multicast that wants a unicast answer, to one that wants
//!      a multicast answer, and to one by unicast. RFC 6762 sections 5.4 and 5.5.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use cooee_net::{
    Destination, Family, Interface, MulticastSocket, Outgoing, RecvBatch, SocketOptions,
};
use cooee_wire::{Class, Flags, MessageBuilder, Name, RecordType};

use super::{Step, Watching};
use crate::diagnose::facts::{Answered, Facts, OpenFailure, PeerProbe};
use crate::diagnose::traffic::{Heard, family_of};

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
    /// The responses of each host before the step, by multicast and by unicast.
    before: BTreeMap<(u32, IpAddr), (u64, u64)>,
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
    pub(super) fn start(facts: &Facts) -> Self {
        let mut asked: Vec<Asked> = Vec::new();
        for ((index, ip), peer) in &facts.traffic.peers {
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
                probe: PeerProbe {
                    peer: *ip,
                    wanted_unicast: Answered::default(),
                    wanted_multicast: Answered::default(),
                    asked_alone: Answered::default(),
                },
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
            before: BTreeMap::new(),
        }
    }

    /// Asks every chosen host in the way of the step.
    pub(super) fn ask(&mut self, step: Step, observation: &mut Watching) {
        self.before.clear();
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
                Step::Listen | Step::WantUnicast | Step::WantMulticast => Destination::Multicast,
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
            if sent && destination == Destination::Multicast {
                let traffic = &mut observation.facts.traffic;
                traffic.note_sent((*index, family), Arc::from(bytes));
            }
            let key = (*index, probe.peer);
            self.before.insert(key, responses(&observation.facts, key));
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
            let key = (*index, probe.peer);
            let before = self.before.get(&key).copied().unwrap_or_default();
            let now = responses(facts, key);
            let answered = Answered {
                by_multicast: now.0 > before.0,
                by_unicast: now.1 > before.1,
            };
            match step {
                Step::Listen => {}
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

fn responses(facts: &Facts, key: (u32, IpAddr)) -> (u64, u64) {
    let peer = facts.traffic.peers.get(&key);
    peer.map_or((0, 0), |peer| {
        (peer.multicast_responses, peer.unicast_responses)
    })
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
