//! Real sockets on a cable of their own.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::{MDNS_GROUP_V4, MDNS_GROUP_V6, MulticastSocket, SocketOptions};
use crate::interface::Family;
use crate::lab;
use crate::recv::RecvBatch;

/// What tests keep of a datagram.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Heard {
    bytes: Vec<u8>,
    source: SocketAddr,
    destination: IpAddr,
    index: u32,
    ttl: Option<u8>,
}

fn open(interface: &str, family: Family) -> MulticastSocket {
    let interface = lab::interface(interface);
    MulticastSocket::open(&interface, family, &SocketOptions::default())
        .expect("opens")
        .0
}

/// Reads until `count` datagrams came or two seconds passed.
fn hear(socket: &MulticastSocket, count: usize) -> Vec<Heard> {
    let mut batch = RecvBatch::with_slots(8);
    let mut heard = Vec::new();
    let end = Instant::now() + Duration::from_secs(2);
    while heard.len() < count && Instant::now() < end {
        if socket.recv_batch(&mut batch).expect("receives") == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        heard.extend(batch.iter().map(|datagram| Heard {
            bytes: datagram.bytes.to_vec(),
            source: datagram.source,
            destination: datagram.destination,
            index: datagram.interface_index,
            ttl: datagram.ttl,
        }));
    }
    heard
}

#[test]
fn a_multicast_is_heard_at_the_other_end_with_interface_destination_and_ttl() {
    lab::run(
        "socket::tests::a_multicast_is_heard_at_the_other_end_with_interface_destination_and_ttl",
        lab::CABLE,
        || {
            for (family, group) in [
                (Family::V4, IpAddr::V4(MDNS_GROUP_V4)),
                (Family::V6, IpAddr::V6(MDNS_GROUP_V6)),
            ] {
                let here = open("lan0", family);
                let there = open("lan1", family);
                here.send_multicast(b"cooee").expect("sends");
                let heard = hear(&there, 1);
                assert_eq!(heard.len(), 1, "{family}");
                assert_eq!(heard[0].bytes, b"cooee");
                assert_eq!(heard[0].destination, group);
                assert_eq!(heard[0].index, lab::interface("lan1").index);
                assert_eq!(heard[0].ttl, Some(255));
                assert_eq!(heard[0].source.port(), 5353);
            }
        },
    );
}
