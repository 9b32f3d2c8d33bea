//! Sending in batches: one system call for many packets.
//!
//! In:  the engine's transmits.
//! Out: datagrams on the sockets of their links; the result of each, for the engine.

use std::io;
use std::net::SocketAddr;

use cooee_net::{Destination as To, Family, MulticastSocket, Outgoing, Refusal};
use cooee_proto::dnssd::Agent;
use cooee_proto::link::{Family as EngineFamily, LinkId};
use cooee_proto::reflect::Reflected;
use cooee_proto::time::Instant;
use cooee_proto::transmit::{Delivery, Destination, Fate, Route, SendFailure, Transmit};

use super::links::Links;
use super::monitors::Monitors;
use super::port::{MDNS_PORT, exchange_port};
use super::reflection::Reflection;
use crate::event::service::InterfaceNames;
use crate::metrics::{SocketMetrics, count};

/// Packets that are being sent; their buffers are reused.
#[derive(Default)]
pub(super) struct Outbox {
    packets: Vec<Packet>,
    filled: usize,
}

struct Packet {
    /// Present until its result is reported.
    report: Option<Report>,
    route: Route,
    bytes: Vec<u8>,
    delivery: Delivery,
}

/// To whom the result of a packet is reported.
enum Report {
    Engine(Transmit),
    Reflector(Reflected),
}

impl Outbox {
    /// Takes packets from the engine, then from the reflector. Returns whether there may be more.
    pub(super) fn fill(
        &mut self,
        now: Instant,
        agent: &mut Agent,
        reflection: &mut Reflection,
    ) -> bool {
        let mut engine_is_done = false;
        self.filled = 0;
        while self.filled < BATCH {
            if self.packets.len() == self.filled {
                self.packets.push(Packet::empty());
            }
            let Some(packet) = self.packets.get_mut(self.filled) else {
                return false;
            };
            if !engine_is_done {
                let transmit = agent.poll_transmit(now, &mut packet.bytes);
                packet.report = transmit.map(Report::Engine);
                engine_is_done = packet.report.is_none();
            }
            if engine_is_done {
                let reflected = reflection.poll_transmit(now, &mut packet.bytes);
                packet.report = reflected.map(Report::Reflector);
            }
            let Some(report) = &packet.report else {
                return false;
            };
            packet.route = report.route();
            packet.delivery = Delivery::default();
            self.filled = self.filled.saturating_add(1);
        }
        true
    }

    /// Returns whether any of the packets goes to the group.
    pub(super) fn has_multicast(&self) -> bool {
        let packets = self.packets.iter().take(self.filled);
        let mut destinations = packets.map(|packet| packet.route.destination);
        destinations.any(|destination| !matches!(destination, Destination::Unicast(_)))
    }

    /// Reports the result of each packet to the one that wrote it.
    pub(super) fn report(&mut self, now: Instant, agent: &mut Agent, reflection: &mut Reflection) {
        for packet in self.packets.iter_mut().take(self.filled) {
            match packet.report.take() {
                None => {}
                Some(Report::Engine(transmit)) => {
                    agent.handle_transmit(now, transmit, packet.delivery);
                }
                Some(Report::Reflector(reflected)) => {
                    agent.ignore_copies(now, &packet.bytes);
                    reflection.handle_transmit(now, reflected, packet.delivery);
                }
            }
        }
    }

    /// Sends the packets: multicasts on every socket of the link, in order per socket.
    pub(super) fn send(
        &mut self,
        links: &Links,
        monitors: &mut Monitors,
        names: &InterfaceNames,
        metrics: &mut SocketMetrics,
    ) {
        let packets = self.packets.get_mut(..self.filled).unwrap_or_default();
        for run in packets.chunk_by_mut(|one, other| one.route.link == other.route.link) {
            let Some(link) = run.first().map(|packet| packet.route.link) else {
                continue;
            };
            for family in links.families() {
                if let Some(socket) = links.of(link, *family) {
                    send_run(socket, run, monitors, names, metrics);
                }
            }
        }
    }
}

impl Report {
    fn route(&self) -> Route {
        match self {
            Self::Engine(transmit) => transmit.route,
            Self::Reflector(reflected) => reflected.route,
        }
    }
}

impl Packet {
    fn empty() -> Self {
        let route = Route {
            link: LinkId(0),
            destination: Destination::Multicast,
        };
        Self {
            report: None,
            route,
            bytes: Vec::new(),
            delivery: Delivery::default(),
        }
    }

    /// Returns where the packet goes on a socket of a family, if it goes there.
    fn to(&self, family: Family, port: u16) -> Option<To> {
        match self.route.destination {
            Destination::Multicast => Some(To::Multicast),
            Destination::MulticastBy(only) => {
                (engine_family(family) == only).then_some(To::Multicast)
            }
            Destination::Unicast(to) => {
                let to = exchange_port(to, MDNS_PORT, port);
                family.contains(to.ip()).then_some(To::Unicast(to))
            }
        }
    }
}

/// Sends the packets of one link on one of its sockets, and records the result of each.
fn send_run(
    socket: &MulticastSocket,
    run: &mut [Packet],
    monitors: &mut Monitors,
    names: &InterfaceNames,
    metrics: &mut SocketMetrics,
) {
    let family = socket.family();
    let mut list = [Outgoing {
        bytes: &[],
        destination: To::Multicast,
    }; BATCH];
    let mut fates = [Fate::Unsuited; BATCH];
    let mut filled = 0_usize;
    let outgoing = run.iter().filter_map(|packet| {
        let destination = packet.to(family, socket.group().port())?;
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
    let mut places = fates.iter_mut();
    while !left.is_empty() {
        let (sent, failure) = match socket.send_batch(left) {
            Ok(sent) => (sent.min(left.len()), None),
            Err(error) => (0, Some(error)),
        };
        let (gone, rest) = left.split_at(sent);
        for (datagram, fate) in gone.iter().zip(&mut places) {
            *fate = Fate::Left;
            count(&mut metrics.sent, 1);
            count(&mut metrics.sent_bytes, datagram.bytes.len() as u64);
            let link = LinkId(socket.interface_index());
            monitors.sent(
                link,
                address(socket, datagram.destination),
                datagram.bytes,
                names,
            );
        }
        left = rest;
        if sent == 0 {
            // The system refused the first of them; a refusal without an error also counts.
            let failure = failure.map_or(SendFailure::Other, |error| {
                note_failure(socket, &error, metrics)
            });
            if let Some(fate) = places.next() {
                *fate = Fate::Failed(failure);
            }
            left = left.get(1..).unwrap_or_default();
        }
    }
    let port = socket.group().port();
    let suited = run
        .iter_mut()
        .filter(|packet| packet.to(family, port).is_some());
    for (packet, fate) in suited.zip(fates) {
        packet.delivery.note(engine_family(family), fate);
    }
}

/// Converts a family to the engine's type.
fn engine_family(family: Family) -> EngineFamily {
    match family {
        Family::V4 => EngineFamily::V4,
        Family::V6 => EngineFamily::V6,
    }
}

fn address(socket: &MulticastSocket, destination: To) -> SocketAddr {
    match destination {
        To::Multicast => socket.group(),
        To::Unicast(to) => to,
    }
}

/// Counts a failure, and returns its kind.
fn note_failure(
    socket: &MulticastSocket,
    error: &io::Error,
    metrics: &mut SocketMetrics,
) -> SendFailure {
    count(&mut metrics.send_errors, 1);
    let interface = socket.interface_name();
    tracing::debug!(interface, family = %socket.family(), %error, "sending failed");
    match Refusal::of(error) {
        Refusal::Forbidden => SendFailure::Forbidden,
        Refusal::NoNetwork => SendFailure::NoNetwork,
        Refusal::NoRoom => SendFailure::NoRoom,
        Refusal::TooLong => SendFailure::TooLong,
        Refusal::Other | _ => SendFailure::Other,
    }
}

/// How many packets are sent at once.
const BATCH: usize = 32;
