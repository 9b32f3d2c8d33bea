//! Sending in batches: one system call for many packets.
//!
//! In:  the engine's transmits.
//! Out: datagrams on the sockets of their links; failures are counted and cost that datagram alone.

use std::io;
use std::net::SocketAddr;

use cooee_net::{Destination as To, Family, MulticastSocket, Outgoing};
use cooee_proto::dnssd::Agent;
use cooee_proto::link::LinkId;
use cooee_proto::time::Instant;
use cooee_proto::transmit::{Destination, Transmit};

use super::goodbyes::Ledger;
use super::links::Links;
use super::port::{MDNS_PORT, exchange_port};
use super::taps::Taps;
use crate::metrics::{SocketMetrics, count};
use crate::service::InterfaceNames;

/// Packets on their way out; their buffers are used again.
#[derive(Default)]
pub(super) struct Outbox {
    packets: Vec<Packet>,
    filled: usize,
}

struct Packet {
    transmit: Transmit,
    bytes: Vec<u8>,
}

impl Outbox {
    /// Takes packets from the engine; tells whether there may be more.
    pub(super) fn fill(&mut self, now: Instant, agent: &mut Agent) -> bool {
        self.filled = 0;
        while self.filled < BATCH {
            if self.packets.len() == self.filled {
                self.packets.push(Packet::empty());
            }
            let Some(packet) = self.packets.get_mut(self.filled) else {
                return false;
            };
            let Some(transmit) = agent.poll_transmit(now, &mut packet.bytes) else {
                return false;
            };
            packet.transmit = transmit;
            self.filled = self.filled.saturating_add(1);
        }
        true
    }

    /// Whether a packet that was taken last goes to the group.
    pub(super) fn has_multicast(&self) -> bool {
        let packets = self.packets.iter().take(self.filled);
        let mut destinations = packets.map(|packet| packet.transmit.destination);
        destinations.any(|destination| destination == Destination::Multicast)
    }

    /// Sends what was taken: multicasts on every socket of the link, in order per socket.
    pub(super) fn send(
        &self,
        links: &Links,
        taps: &mut Taps,
        ledger: &mut Ledger,
        names: &InterfaceNames,
        metrics: &mut SocketMetrics,
    ) {
        let packets = self.packets.get(..self.filled).unwrap_or_default();
        for run in packets.chunk_by(|one, other| one.transmit.link == other.transmit.link) {
            let Some(link) = run.first().map(|packet| packet.transmit.link) else {
                continue;
            };
            for family in links.families() {
                if let Some(socket) = links.of(link, *family) {
                    send_run(socket, run, taps, ledger, names, metrics);
                }
            }
        }
    }
}

impl Packet {
    fn empty() -> Self {
        let transmit = Transmit {
            link: LinkId(0),
            destination: Destination::Multicast,
        };
        Self {
            transmit,
            bytes: Vec::new(),
        }
    }

    /// Where the packet goes by a socket of a family, if it goes there.
    fn to(&self, family: Family, port: u16) -> Option<To> {
        match self.transmit.destination {
            Destination::Multicast => Some(To::Multicast),
            Destination::Unicast(to) => {
                let to = exchange_port(to, MDNS_PORT, port);
                family.contains(to.ip()).then_some(To::Unicast(to))
            }
        }
    }
}

/// Sends the packets of one link by one of its sockets.
fn send_run(
    socket: &MulticastSocket,
    run: &[Packet],
    taps: &mut Taps,
    ledger: &mut Ledger,
    names: &InterfaceNames,
    metrics: &mut SocketMetrics,
) {
    let mut list = [Outgoing {
        bytes: &[],
        destination: To::Multicast,
    }; BATCH];
    let mut filled = 0_usize;
    let outgoing = run.iter().filter_map(|packet| {
        let destination = packet.to(socket.family(), socket.group().port())?;
        Some(Outgoing {
            bytes: &packet.bytes,
            destination,
        })
    });
    for (place, datagram) in list.iter_mut().zip(outgoing) {
        *place = datagram;
        filled = filled.saturating_add(1);
    }
    let mut left = list.get(..filled).unwrap_or_default();
    while !left.is_empty() {
        let sent = match socket.send_batch(left) {
            Ok(sent) => sent.min(left.len()),
            Err(error) => {
                note_failure(socket, &error, metrics);
                left = left.get(1..).unwrap_or_default();
                continue;
            }
        };
        let (gone, rest) = left.split_at(sent);
        for datagram in gone {
            count(&mut metrics.sent, 1);
            count(&mut metrics.sent_bytes, datagram.bytes.len() as u64);
            let link = LinkId(socket.interface_index());
            ledger.sent(link, datagram.bytes, names);
            taps.sent(
                link,
                address(socket, datagram.destination),
                datagram.bytes,
                names,
            );
        }
        if sent == 0 {
            return;
        }
        left = rest;
    }
}

fn address(socket: &MulticastSocket, destination: To) -> SocketAddr {
    match destination {
        To::Multicast => socket.group(),
        To::Unicast(to) => to,
    }
}

/// Counts a failure: no address yet, no buffer, no network. The protocol repeats what matters.
fn note_failure(socket: &MulticastSocket, error: &io::Error, metrics: &mut SocketMetrics) {
    count(&mut metrics.send_errors, 1);
    let interface = socket.interface_name();
    tracing::debug!(interface, family = %socket.family(), %error, "sending failed");
}

/// How many packets are sent at once.
const BATCH: usize = 32;
