//! Real sockets on a separate cable.
//!
//! These tests also run as a Windows program under Wine. Comments say what Wine 8 lacks.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use super::{
    MDNS_GROUP_V4, MDNS_GROUP_V6, MDNS_PORT, MulticastSocket, Seams, SocketOptions, port_is_shared,
};
use crate::error::{Operation, Warning};
use crate::interface::Family;
use crate::recv::{RecvBatch, SLOT_BYTES};
use crate::send::{Destination, Outgoing};
use crate::test_cable;

const FAMILIES: [(Family, IpAddr); 2] = [
    (Family::V4, IpAddr::V4(MDNS_GROUP_V4)),
    (Family::V6, IpAddr::V6(MDNS_GROUP_V6)),
];

/// The parts of a datagram that the tests compare.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Heard {
    bytes: Vec<u8>,
    source: SocketAddr,
    destination: IpAddr,
    index: u32,
    ttl: Option<u8>,
    truncated: bool,
}

fn open(interface: &str, family: Family) -> MulticastSocket {
    let interface = test_cable::interface(interface);
    MulticastSocket::open(&interface, family, &SocketOptions::default())
        .expect("opens")
        .0
}

/// Reads until `count` datagrams arrived or two seconds passed.
fn hear(socket: &MulticastSocket, count: usize) -> Vec<Heard> {
    hear_for(socket, count, Duration::from_secs(2))
}

/// Reads for long enough to receive anything that was sent before.
fn hear_nothing(socket: &MulticastSocket) {
    assert_eq!(hear_for(socket, 1, Duration::from_millis(150)), []);
}

fn hear_for(socket: &MulticastSocket, count: usize, limit: Duration) -> Vec<Heard> {
    let mut batch = RecvBatch::with_slots(8);
    let mut heard = Vec::new();
    let end = Instant::now() + limit;
    while heard.len() < count && Instant::now() < end {
        if socket.recv_batch(&mut batch).expect("receives") == 0 {
            std::thread::sleep(Duration::from_millis(2));
        }
        heard.extend(batch.iter().map(|datagram| Heard {
            bytes: datagram.bytes.to_vec(),
            source: datagram.source,
            destination: datagram.destination,
            index: datagram.interface_index,
            ttl: datagram.ttl,
            truncated: datagram.truncated,
        }));
    }
    heard
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-11
//= type=test
//# All Multicast DNS responses (including responses sent via unicast)
//# SHOULD be sent with IP TTL set to 255.
//= https://www.rfc-editor.org/rfc/rfc6762#section-5.2
//= type=test
//# A compliant Multicast DNS querier, which implements the rules
//# specified in this document, MUST send its Multicast DNS queries from
//# UDP source port 5353 (the well-known port assigned to mDNS), and MUST
//# listen for Multicast DNS replies sent to UDP destination port 5353 at
//# the mDNS link-local multicast address (224.0.0.251 and/or its IPv6
//# equivalent FF02::FB).
//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# The source UDP port in all Multicast DNS responses MUST be 5353 (the
//# well-known port assigned to mDNS).
#[test]
fn a_multicast_is_heard_at_the_other_end_with_interface_destination_and_ttl() {
    test_cable::run(
        "socket::tests::a_multicast_is_heard_at_the_other_end_with_interface_destination_and_ttl",
        test_cable::CABLE,
        || {
            for (family, group) in FAMILIES {
                let here = open("lan0", family);
                let there = open("lan1", family);
                here.send_multicast(b"cooee").expect("sends");
                let heard = hear(&there, 1);
                assert_eq!(heard.len(), 1, "{family}");
                assert_eq!(heard[0].bytes, b"cooee");
                assert_eq!(heard[0].destination, group);
                assert_eq!(heard[0].index, test_cable::interface("lan1").index);
                assert_eq!(heard[0].ttl, Some(255));
                assert_eq!(heard[0].source.port(), MDNS_PORT);
                hear_nothing(&there);
            }
        },
    );
}

#[test]
fn a_link_local_source_carries_the_scope_of_the_interface_it_was_heard_on() {
    test_cable::run(
        "socket::tests::a_link_local_source_carries_the_scope_of_the_interface_it_was_heard_on",
        test_cable::CABLE,
        || {
            let (here, there) = (open("lan0", Family::V6), open("lan1", Family::V6));
            here.send_multicast(b"cooee").expect("sends");
            let heard = hear(&there, 1);
            let SocketAddr::V6(source) = heard[0].source else {
                panic!("{heard:?}")
            };
            assert!(source.ip().is_unicast_link_local(), "{source}");
            assert_eq!(source.scope_id(), test_cable::interface("lan1").index);
        },
    );
}

#[test]
fn our_own_multicast_comes_back_to_us() {
    test_cable::run(
        "socket::tests::our_own_multicast_comes_back_to_us",
        test_cable::CABLE,
        || {
            for (family, group) in FAMILIES {
                let here = open("lan0", family);
                here.send_multicast(b"cooee").expect("sends");
                let heard = hear(&here, 1);
                assert_eq!(heard.len(), 1, "{family}");
                assert_eq!((heard[0].destination, heard[0].ttl), (group, Some(255)));
            }
        },
    );
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-11
//= type=test
//# All Multicast DNS responses (including responses sent via unicast)
//# SHOULD be sent with IP TTL set to 255.
#[test]
fn a_unicast_to_the_port_is_told_from_a_multicast() {
    test_cable::run(
        "socket::tests::a_unicast_to_the_port_is_told_from_a_multicast",
        test_cable::CABLE,
        || {
            let here = open("lan0", Family::V4);
            let own = Ipv4Addr::new(10, 99, 0, 1);
            // It is not that of the loopback interface, though the datagram never leaves this
            // machine.
            let index = test_cable::interface("lan0").index;
            here.send_to(b"cooee", SocketAddr::from((own, MDNS_PORT)))
                .expect("sends");
            let heard = hear(&here, 1);
            assert_eq!(heard[0].destination, IpAddr::V4(own));
            assert_eq!(heard[0].ttl, Some(255));
            assert_eq!(heard[0].index, index);
            let link_local = test_cable::interface("lan0")
                .first_link_local_ipv6()
                .expect("lan0 has one");
            let here = open("lan0", Family::V6);
            // Without a scope, the socket's interface is used.
            here.send_to(b"cooee", SocketAddr::from((link_local, MDNS_PORT)))
                .expect("sends");
            let heard = hear(&here, 1);
            assert_eq!(heard[0].destination, IpAddr::V6(link_local));
            assert_eq!(heard[0].ttl, Some(255));
            assert_eq!(heard[0].index, index);
        },
    );
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-15.1
//= type=test
//# For this reason, all Multicast DNS implementations SHOULD use the
//# SO_REUSEPORT and/or SO_REUSEADDR options (or equivalent as
//# appropriate for the operating system in question) so they will all be
//# able to bind to UDP port 5353 and receive incoming multicast packets
//# addressed to that port.
#[test]
fn two_sockets_share_the_port_and_both_hear_every_multicast() {
    test_cable::run(
        "socket::tests::two_sockets_share_the_port_and_both_hear_every_multicast",
        test_cable::CABLE,
        || {
            for (family, _) in FAMILIES {
                let sender = open("lan0", family);
                let (first, second) = (open("lan1", family), open("lan1", family));
                for _ in 0..20 {
                    sender.send_multicast(b"cooee").expect("sends");
                }
                assert_eq!(hear(&first, 20).len(), 20, "{family}");
                assert_eq!(hear(&second, 20).len(), 20, "{family}");
            }
        },
    );
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-15.1
//= type=test
//# One way to detect if there is another
//# Multicast DNS implementation already running is to attempt binding to
//# port 5353 without using SO_REUSEPORT and/or SO_REUSEADDR, and if that
//# fails it indicates that some other socket is already bound to this
//# port.
#[test]
fn a_port_is_shared_while_somebody_holds_it() {
    test_cable::run(
        "socket::tests::a_port_is_shared_while_somebody_holds_it",
        test_cable::CABLE,
        || {
            for (family, _) in FAMILIES {
                assert!(!port_is_shared(MDNS_PORT), "{family}");
                let holder = open("lan0", family);
                assert!(port_is_shared(MDNS_PORT), "{family}");
                drop(holder);
            }
            assert!(!port_is_shared(MDNS_PORT));
        },
    );
}

#[test]
fn a_port_held_by_one_who_does_not_share_is_an_error_with_a_hint() {
    test_cable::run(
        "socket::tests::a_port_held_by_one_who_does_not_share_is_an_error_with_a_hint",
        test_cable::CABLE,
        || {
            let _holder = UdpSocket::bind("0.0.0.0:5353").expect("nobody else is here");
            let lan0 = test_cable::interface("lan0");
            let result = MulticastSocket::open(&lan0, Family::V4, &SocketOptions::default());
            let error = result.expect_err("the port is taken");
            assert_eq!(error.operation, Operation::Bind);
            let text = error.to_string();
            assert!(text.starts_with("interface lan0 (index "), "{text}");
            // Windows reports WSAEACCES here, which is a matter of policy.
            let hint = if cfg!(windows) && error.cause.kind() != io::ErrorKind::AddrInUse {
                "forbids it"
            } else {
                "another program holds this port"
            };
            assert!(text.contains(hint), "{text}");
        },
    );
}

#[test]
fn a_refused_reuse_port_is_a_warning_and_the_socket_works() {
    test_cable::run(
        "socket::tests::a_refused_reuse_port_is_a_warning_and_the_socket_works",
        test_cable::CABLE,
        || {
            let refusing = Seams {
                reuse_port: |_| Err(io::ErrorKind::Unsupported.into()),
            };
            let options = SocketOptions::default();
            let lan0 = test_cable::interface("lan0");
            let opened = MulticastSocket::open_with(&lan0, Family::V4, &options, &refusing);
            let (socket, warnings) = opened.expect("opens all the same");
            let refused = |warning: &Warning| matches!(warning, Warning::ReusePortRefused { .. });
            assert_eq!(
                warnings.iter().filter(|warning| refused(warning)).count(),
                1
            );
            let other = open("lan0", Family::V4);
            socket.send_multicast(b"cooee").expect("sends");
            assert_eq!((hear(&socket, 1).len(), hear(&other, 1).len()), (1, 1));
        },
    );
}

#[test]
fn a_batch_is_sent_whole_and_in_order() {
    test_cable::run(
        "socket::tests::a_batch_is_sent_whole_and_in_order",
        test_cable::CABLE,
        || {
            for (family, _) in FAMILIES {
                let (here, there) = (open("lan0", family), open("lan1", family));
                let payloads: Vec<[u8; 2]> = (0..100_u16).map(u16::to_be_bytes).collect();
                let datagrams: Vec<Outgoing<'_>> = payloads
                    .iter()
                    .map(|bytes| Outgoing {
                        bytes,
                        destination: Destination::Multicast,
                    })
                    .collect();
                assert_eq!(here.send_batch(&datagrams).expect("sends"), 100);
                let heard: Vec<Vec<u8>> = hear(&there, 100)
                    .into_iter()
                    .map(|heard| heard.bytes)
                    .collect();
                assert_eq!(heard, payloads, "{family}");
                assert_eq!(here.send_batch(&[]).expect("nothing to do"), 0);
            }
        },
    );
}

#[test]
fn a_batch_stops_before_a_datagram_that_cannot_be_sent() {
    test_cable::run(
        "socket::tests::a_batch_stops_before_a_datagram_that_cannot_be_sent",
        test_cable::CABLE,
        || {
            let here = open("lan0", Family::V4);
            let wrong = Destination::Unicast(SocketAddr::from((Ipv6Addr::LOCALHOST, MDNS_PORT)));
            let good = Outgoing {
                bytes: b"good",
                destination: Destination::Multicast,
            };
            let bad = Outgoing {
                bytes: b"bad",
                destination: wrong,
            };
            assert_eq!(
                here.send_batch(&[good, good, bad, good])
                    .expect("the first goes"),
                2
            );
            let error = here
                .send_batch(&[bad, good])
                .expect_err("of the other family");
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
            assert_eq!(error.to_string(), "::1 is no IPv4 address");
            assert_eq!(hear(&here, 3).len(), 2);
        },
    );
}

#[test]
fn a_datagram_longer_than_a_slot_is_cut_and_says_so() {
    test_cable::run(
        "socket::tests::a_datagram_longer_than_a_slot_is_cut_and_says_so",
        test_cable::CABLE,
        || {
            let (here, there) = (open("lan0", Family::V4), open("lan1", Family::V4));
            for length in [SLOT_BYTES, SLOT_BYTES + 1] {
                here.send_multicast(&vec![7; length]).expect("sends");
            }
            let heard = hear(&there, 2);
            let lengths: Vec<(usize, bool)> = heard
                .iter()
                .map(|heard| (heard.bytes.len(), heard.truncated))
                .collect();
            assert_eq!(lengths, [(SLOT_BYTES, false), (SLOT_BYTES, true)]);
        },
    );
}

#[test]
fn an_empty_datagram_is_a_datagram() {
    test_cable::run(
        "socket::tests::an_empty_datagram_is_a_datagram",
        test_cable::CABLE,
        || {
            let (here, there) = (open("lan0", Family::V4), open("lan1", Family::V4));
            here.send_multicast(b"").expect("sends");
            let heard = hear(&there, 1);
            assert_eq!((heard.len(), heard[0].bytes.len()), (1, 0));
        },
    );
}

#[test]
fn an_interface_that_is_not_there_is_an_error_that_names_it() {
    test_cable::run(
        "socket::tests::an_interface_that_is_not_there_is_an_error_that_names_it",
        test_cable::CABLE,
        || {
            for (family, group) in FAMILIES {
                let mut gone = test_cable::interface("lan0");
                gone.name = "gone7".to_owned();
                gone.index = 7777;
                gone.addresses.clear();
                let result = MulticastSocket::open(&gone, family, &SocketOptions::default());
                let text = result.expect_err("nothing has that index").to_string();
                assert!(text.starts_with("interface gone7 (index 7777): "), "{text}");
                assert!(
                    text.contains(&format!("group {group}, port 5353")),
                    "{text}"
                );
                assert!(text.contains("is the interface still there"), "{text}");
            }
        },
    );
}

#[test]
fn rejoining_keeps_the_socket_hearing() {
    test_cable::run(
        "socket::tests::rejoining_keeps_the_socket_hearing",
        test_cable::CABLE,
        || {
            for (family, _) in FAMILIES {
                let (here, there) = (open("lan0", family), open("lan1", family));
                for _ in 0..3 {
                    there.rejoin().expect("joins again");
                }
                here.send_multicast(b"cooee").expect("sends");
                assert_eq!(hear(&there, 1).len(), 1, "{family}");
                hear_nothing(&there);
                there.close().expect("leaves");
            }
        },
    );
}

#[test]
fn an_idle_socket_gives_nothing_and_does_not_wait() {
    test_cable::run(
        "socket::tests::an_idle_socket_gives_nothing_and_does_not_wait",
        test_cable::CABLE,
        || {
            let here = open("lan0", Family::V4);
            let mut batch = RecvBatch::new();
            assert_eq!(here.recv_batch(&mut batch).expect("no error"), 0);
            assert!(batch.is_empty());
            here.send_multicast(b"cooee").expect("sends");
            assert_eq!(hear(&here, 1).len(), 1);
            assert_eq!(here.recv_batch(&mut batch).expect("no error"), 0);
            assert!(batch.is_empty(), "what was heard before is not heard again");
        },
    );
}

#[cfg(target_os = "linux")]
mod linux;
