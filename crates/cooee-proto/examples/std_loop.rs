//! Publishes a service, with the engine driven by one thread and one `std::net::UdpSocket`.
//!
//! Usage: `cargo run -p cooee-proto --example std_loop 192.168.1.5/24`, with an address of one of
//! this host's interfaces. Then `cooee browse _http._tcp` on any host of that network shows it.
//!
//! To keep the example short, it speaks IPv4 on one interface. Two things are left to a real
//! driver. It should tell the engine to which address each datagram was sent, which takes
//! `recvmsg`. And it should report each interface that comes and goes with `handle_link`.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_types,
    reason = "a driver has a clock, and an example shows what happens"
)]

use std::collections::hash_map::RandomState;
use std::error::Error;
use std::hash::{BuildHasher, Hasher};
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use cooee_proto::dnssd::event::News;
use cooee_proto::dnssd::{HostSpec, ServiceSpec};
use cooee_proto::{
    Agent, Config, Datagram, Delivery, Destination, Family, Fate, Instant, LinkAddress, LinkChange,
    LinkId, LinkInfo, MDNS_GROUP_V4, MDNS_PORT, MESSAGE_LEN_MAX, SendFailure,
};
use socket2::{Domain, Protocol, Socket, Type};

/// The engine knows a link by a number; with one interface, any will do.
const LINK: LinkId = LinkId(1);

fn main() -> Result<(), Box<dyn Error>> {
    let argument = std::env::args()
        .nth(1)
        .ok_or("usage: std_loop ADDRESS/PREFIX")?;
    let (ip, prefix_len) = argument.split_once('/').ok_or("no prefix length")?;
    let address = LinkAddress {
        ip: ip.parse()?,
        prefix_len: prefix_len.parse()?,
    };
    publish(address, &|| false)
}

/// Publishes a service on the interface with this address, until `stop` returns true.
pub(crate) fn publish(address: LinkAddress, stop: &dyn Fn() -> bool) -> Result<(), Box<dyn Error>> {
    let socket = open(address.ip)?;
    let start = std::time::Instant::now();
    let now = || Instant::since_epoch(start.elapsed());

    // The engine neither opens sockets nor asks for the time: it takes all of that as arguments.
    let mut config = Config::default();
    config.unicast_responses = false; // another program may hold the port, too
    let mut agent = Agent::new(config, RandomState::new().build_hasher().finish(), now());
    let info = LinkInfo {
        addresses: vec![address],
        mtu: 1_500,
    };
    agent.handle_link(now(), LinkChange::Up { link: LINK, info });
    let host = HostSpec::own("std-loop.local".parse()?);
    let service = ServiceSpec::new("Front Door", "_http._tcp".parse()?, 8080, host);
    agent.publish_service(now(), service)?;

    let mut packet = Vec::with_capacity(MESSAGE_LEN_MAX);
    let mut buffer = [0; MESSAGE_LEN_MAX + 1];
    while !stop() {
        while let Some(transmit) = agent.poll_transmit(now(), &mut packet) {
            let v4 = send(&socket, transmit.route.destination, &packet);
            let delivery = Delivery {
                v4,
                v6: Fate::Unsuited,
            };
            agent.handle_transmit(now(), transmit, delivery);
        }
        while let Some(event) = agent.poll_event() {
            if let News::Publication(event) = event.news {
                println!("{event:?}");
            }
        }
        let due = agent.poll_timeout().map(|deadline| deadline.at);
        let wait = due.map_or(Duration::MAX, |at| at.saturating_since(now()));
        if wait.is_zero() {
            agent.handle_timeout(now());
            continue;
        }
        // Wakes up now and then to look at `stop`.
        socket.set_read_timeout(Some(wait.clamp(Duration::from_millis(1), LOOK_EVERY)))?;
        match socket.recv_from(&mut buffer) {
            Ok((len, source)) => {
                let datagram = Datagram {
                    link: LINK,
                    source,
                    destination: MDNS_GROUP_V4.into(),
                    bytes: &buffer[..len],
                };
                let _verdict = agent.handle_datagram(now(), datagram);
            }
            Err(error) if is_timeout(error.kind()) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

const LOOK_EVERY: Duration = Duration::from_millis(200);

fn is_timeout(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Sends a packet, and returns what became of it: nothing counts as sent before it was.
fn send(socket: &UdpSocket, destination: Destination, packet: &[u8]) -> Fate {
    let to = match destination {
        Destination::Unicast(to) => to,
        Destination::MulticastBy(Family::V6) => return Fate::Unsuited,
        Destination::Multicast | Destination::MulticastBy(Family::V4) => {
            (MDNS_GROUP_V4, MDNS_PORT).into()
        }
    };
    match socket.send_to(packet, to) {
        Ok(_) => Fate::Left,
        Err(_) => Fate::Failed(SendFailure::Other),
    }
}

/// Opens a socket that shares port 5353 with other programs, and joins the group on one interface.
/// `std` cannot set the options that sharing takes; `socket2` can.
fn open(ip: IpAddr) -> Result<UdpSocket, Box<dyn Error>> {
    let IpAddr::V4(ip) = ip else {
        return Err("this example speaks IPv4 only".into());
    };
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_reuse_address(true)?;
    #[cfg(unix)]
    socket.set_reuse_port(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, MDNS_PORT)).into())?;
    socket.join_multicast_v4(&MDNS_GROUP_V4, &ip)?;
    socket.set_multicast_if_v4(&ip)?;
    socket.set_multicast_ttl_v4(255)?;
    socket.set_ttl_v4(255)?;
    socket.set_multicast_loop_v4(true)?;
    Ok(socket.into())
}
