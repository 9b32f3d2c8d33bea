//! How a message travels: one transmit becomes a packet per family, each with its own fate per
//! receiver.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use cooee_proto::link::Family;
use cooee_proto::time::Instant;
use cooee_proto::transmit::{Delivery, Destination, Fate, Route, SendFailure};

use crate::host::{Interface, group};
use crate::node::MDNS_PORT;
use crate::queue::Coming;
use crate::recording::{Packet, Transmission};
use crate::world::World;

/// A packet that no host of the world sent.
#[derive(Clone, Debug)]
pub struct Foreign<'a> {
    /// Its claimed source: any address, any port.
    pub source: SocketAddr,
    /// Its destination: a group, or the address of one host.
    pub destination: IpAddr,
    /// Its contents.
    pub bytes: &'a [u8],
}

/// A message that could not leave its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misdirected {
    /// When.
    pub at: Instant,
    /// The host that tried.
    pub host: Rc<str>,
    /// Where it should have gone.
    pub route: Route,
}

impl World {
    /// Sends a packet nobody on the link made: spoofed, off-link, broken, as the test likes.
    ///
    /// It reaches each receiver without loss after the latency of the link; to a group, everyone
    /// of that family, else who has the address. Over IPv4 no host hears one that says it comes from
    /// the host itself: its system drops it.
    pub fn inject(&mut self, link: &str, foreign: &Foreign<'_>) {
        self.inject_where(link, foreign, |_| true);
    }

    /// Sends such a packet to one host alone, whatever its destination is: as a frame to the
    /// link-layer address of that host.
    pub fn inject_to(&mut self, host: &str, link: &str, foreign: &Foreign<'_>) {
        let only = self.host_index(host);
        self.inject_where(link, foreign, |host| host == only);
    }

    fn inject_where(&mut self, link: &str, foreign: &Foreign<'_>, hears: impl Fn(usize) -> bool) {
        let link = self.link_index(link);
        let destination = SocketAddr::new(foreign.destination, MDNS_PORT);
        let packet = Rc::new(Packet {
            source: foreign.source,
            destination,
            bytes: foreign.bytes.into(),
        });
        self.note(None, link, vec![Rc::clone(&packet)]);
        let delay = self.links[link].weather.latency;
        for member in 0..self.links[link].members.len() {
            let receiver = self.links[link].members[member];
            if hears(receiver.0) && !self.is_own_v4(receiver.0, foreign.source.ip()) {
                self.arrive_after(delay, receiver, &packet);
            }
        }
    }

    fn is_own_v4(&self, host: usize, source: IpAddr) -> bool {
        let mut ends = self.hosts[host].interfaces.iter();
        source.is_ipv4() && ends.any(|end| end.info.has_address(source))
    }

    /// Carries one message of a node to every host that can hear it.
    pub(super) fn carry(
        &mut self,
        host: usize,
        (route, port): (Route, Option<u16>),
        bytes: &[u8],
    ) -> Delivery {
        let mine = |end: &Interface| end.up && end.id == route.link;
        let Some(interface) = self.hosts[host].interfaces.iter().position(mine) else {
            return self.misdirect(host, route);
        };
        let own = self.hosts[host].node.as_ref().map(|node| node.port());
        let port = port.or(own).unwrap_or(MDNS_PORT);
        let mut packets = self.packets((host, interface), port, route.destination, bytes);
        if packets.is_empty() {
            return self.misdirect(host, route);
        }
        let mut delivery = Delivery::default();
        let refused = &self.hosts[host].interfaces[interface].refused;
        packets.retain(|packet| {
            let family = Family::of(packet.destination.ip());
            let everywhere = self.hosts[host].refuses.get(&family).copied();
            let here = refused.contains(&family).then_some(SendFailure::Forbidden);
            let refusal = everywhere.or(here);
            delivery.note(family, refusal.map_or(Fate::Left, Fate::Failed));
            refusal.is_none()
        });
        if packets.is_empty() {
            return delivery;
        }
        let link = self.hosts[host].interfaces[interface].link;
        self.note(Some(host), link, packets.clone());
        for packet in &packets {
            self.fan_out((host, interface), link, packet);
        }
        delivery
    }

    fn misdirect(&mut self, host: usize, route: Route) -> Delivery {
        let host = Rc::clone(&self.hosts[host].name);
        self.misdirected.push(Misdirected {
            at: self.now,
            host,
            route,
        });
        Delivery::default()
    }

    fn packets(
        &self,
        (host, interface): (usize, usize),
        port: u16,
        destination: Destination,
        bytes: &[u8],
    ) -> Vec<Rc<Packet>> {
        let end = &self.hosts[host].interfaces[interface];
        let bytes: Rc<[u8]> = bytes.into();
        let packet = |to: SocketAddr| {
            let source = end.source(Family::of(to.ip()))?;
            let source = SocketAddr::new(source, port);
            Some(Rc::new(Packet {
                source,
                destination: to,
                bytes: Rc::clone(&bytes),
            }))
        };
        match destination {
            Destination::Multicast => {
                let groups = Family::BOTH.map(|family| SocketAddr::new(group(family), MDNS_PORT));
                groups.into_iter().filter_map(packet).collect()
            }
            Destination::MulticastBy(family) => {
                let group = SocketAddr::new(group(family), MDNS_PORT);
                packet(group).into_iter().collect()
            }
            Destination::Unicast(to) => packet(unscoped(to)).into_iter().collect(),
        }
    }

    fn fan_out(&mut self, sender: (usize, usize), link: usize, packet: &Rc<Packet>) {
        for member in 0..self.links[link].members.len() {
            let receiver = self.links[link].members[member];
            if receiver == sender {
                self.loop_back(receiver, link, packet);
            } else if !self.links[link].blocked.contains(&(sender.0, receiver.0)) {
                self.expose(receiver, link, packet);
            }
        }
    }

    /// Delivers a host's own packet to itself: at once from its own stack, later from an echoing
    /// switch.
    fn loop_back(&mut self, receiver: (usize, usize), link: usize, packet: &Rc<Packet>) {
        self.arrive_after(LOOP_DELAY, receiver, packet);
        if self.links[link].weather.echo && packet.destination.ip().is_multicast() {
            self.expose(receiver, link, packet);
        }
    }

    /// Exposes one packet to the weather on its way to one receiver.
    fn expose(&mut self, receiver: (usize, usize), link: usize, packet: &Rc<Packet>) {
        let end = &mut self.hosts[receiver.0].interfaces[receiver.1];
        let fate = self.links[link]
            .weather
            .fate(&mut self.rng, &mut end.channel);
        for delay in fate.into_iter().flatten() {
            self.arrive_after(delay, receiver, packet);
        }
    }

    fn arrive_after(&mut self, delay: Duration, receiver: (usize, usize), packet: &Rc<Packet>) {
        let (host, interface) = receiver;
        if self.hosts[host].interfaces[interface].hears(packet.destination.ip()) {
            let packet = Rc::clone(packet);
            self.queue.push(
                self.now + delay,
                Coming::Arrival {
                    host,
                    interface,
                    packet,
                },
            );
        }
    }

    fn note(&mut self, host: Option<usize>, link: usize, packets: Vec<Rc<Packet>>) {
        let to = packets[0].destination.ip();
        let off_link = host.is_some_and(|host| {
            let ends = &self.hosts[host].interfaces;
            !to.is_multicast()
                && !ends
                    .iter()
                    .any(|end| end.link == link && end.info.is_on_link(to))
        });
        self.recording.transmissions.push(Transmission {
            at: self.now,
            host: host.map(|host| Rc::clone(&self.hosts[host].name)),
            link: Rc::clone(&self.links[link].name),
            packets,
            off_link,
        });
    }
}

impl Interface {
    /// Returns whether the interface accepts a packet to this destination.
    pub(crate) fn hears(&self, destination: IpAddr) -> bool {
        if destination.is_multicast() {
            self.up && self.has_family(Family::of(destination))
        } else {
            self.up && self.info.has_address(destination)
        }
    }
}

fn unscoped(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip(), address.port())
}

/// How long a host's own stack takes to loop a packet back.
const LOOP_DELAY: Duration = Duration::from_micros(10);
