//! Browses for a service type, with the engine driven by a tokio task.
//!
//! Usage: `cargo run -p cooee-proto --example tokio_loop 192.168.1.5/24 _http._tcp`, with an
//! address of one of this host's interfaces. It prints services as they come, change and go.
//!
//! To keep the example short, it speaks IPv4 on one interface; `std_loop` says what a real driver
//! does besides.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_types,
    reason = "a driver has a clock, and an example shows what happens"
)]

use std::collections::hash_map::RandomState;
use std::error::Error;
use std::hash::{BuildHasher, Hasher};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::ControlFlow;
use std::time::Duration;

use cooee_proto::dnssd::event::{DiscoveryEvent, News};
use cooee_proto::{
    Agent, BrowseOptions, Config, Datagram, Delivery, Destination, Family, Fate, Instant,
    LinkAddress, LinkChange, LinkId, LinkInfo, MDNS_GROUP_V4, MDNS_PORT, MESSAGE_LEN_MAX,
    SendFailure,
};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

/// The engine knows a link by a number; with one interface, any will do.
const LINK: LinkId = LinkId(1);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, service_type] = arguments.as_slice() else {
        return Err("usage: tokio_loop ADDRESS/PREFIX TYPE".into());
    };
    let (ip, prefix_len) = address.split_once('/').ok_or("no prefix length")?;
    let address = LinkAddress {
        ip: ip.parse()?,
        prefix_len: prefix_len.parse()?,
    };
    browse(address, service_type, |event| {
        println!("{event:?}");
        ControlFlow::Continue(())
    })
    .await
}

/// Browses on the interface with this address, until `each` breaks.
pub(crate) async fn browse(
    address: LinkAddress,
    service_type: &str,
    mut each: impl FnMut(DiscoveryEvent) -> ControlFlow<()>,
) -> Result<(), Box<dyn Error>> {
    let socket = open(address.ip)?;
    let start = tokio::time::Instant::now();
    let now = || Instant::since_epoch(start.elapsed());

    let mut config = Config::default();
    config.unicast_responses = false; // another program may hold the port, too
    let mut agent = Agent::new(config, RandomState::new().build_hasher().finish(), now());
    let info = LinkInfo {
        addresses: vec![address],
        mtu: 1_500,
    };
    agent.handle_link(now(), LinkChange::Up { link: LINK, info });
    let options = BrowseOptions {
        resolve: true,
        ..BrowseOptions::default()
    };
    agent.browse(now(), &service_type.parse()?, options);

    let mut packet = Vec::with_capacity(MESSAGE_LEN_MAX);
    let mut buffer = [0; MESSAGE_LEN_MAX + 1];
    loop {
        while let Some(transmit) = agent.poll_transmit(now(), &mut packet) {
            let v4 = send(&socket, transmit.route.destination, &packet).await;
            let delivery = Delivery {
                v4,
                v6: Fate::Unsuited,
            };
            agent.handle_transmit(now(), transmit, delivery);
        }
        while let Some(event) = agent.poll_event() {
            if let News::Discovery(event) = event.news {
                if each(event).is_break() {
                    return Ok(());
                }
            }
        }
        let due = agent.poll_timeout().map(|deadline| deadline.at);
        let wait = due.map_or(A_DAY, |at| at.saturating_since(now()));
        tokio::select! {
            received = socket.recv_from(&mut buffer) => {
                let (len, source) = received?;
                let datagram = Datagram {
                    link: LINK,
                    source,
                    destination: MDNS_GROUP_V4.into(),
                    bytes: &buffer[..len],
                };
                let _verdict = agent.handle_datagram(now(), datagram);
            }
            () = tokio::time::sleep(wait) => agent.handle_timeout(now()),
        }
    }
}

const A_DAY: Duration = Duration::from_secs(86_400);

/// Sends a packet, and returns what became of it: nothing counts as sent before it was.
async fn send(socket: &UdpSocket, destination: Destination, packet: &[u8]) -> Fate {
    let to = match destination {
        Destination::Unicast(to) => to,
        Destination::MulticastBy(Family::V6) => return Fate::Unsuited,
        Destination::Multicast | Destination::MulticastBy(Family::V4) => {
            (MDNS_GROUP_V4, MDNS_PORT).into()
        }
    };
    match socket.send_to(packet, to).await {
        Ok(_) => Fate::Left,
        Err(_) => Fate::Failed(SendFailure::Other),
    }
}

/// Opens a socket that shares port 5353 with other programs, and joins the group on one interface.
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
    socket.set_nonblocking(true)?;
    Ok(UdpSocket::from_std(socket.into())?)
}
