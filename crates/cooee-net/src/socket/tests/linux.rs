//! Behaviour that only Linux has, or that only its tools can show.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use super::{FAMILIES, hear, hear_nothing, open};
use crate::interface::Family;
use crate::recv::RecvBatch;
use crate::socket::{MDNS_GROUP_V4, MDNS_PORT, MulticastSocket, SocketOptions};
use crate::test_cable;
use crate::watch::Watcher;

/// A second cable beside the first.
const TWO_CABLES: &str = "
    for s in accept_dad router_solicitations; do echo 0 > /proc/sys/net/ipv6/conf/default/$s; done
    ip link set lo up
    for n in 0 2; do
        ip link add lan$n type veth peer name lan$((n + 1))
        ip addr add 10.99.$n.1/24 dev lan$n
        ip link set lan$n up
        ip link set lan$((n + 1)) up
        echo 1 > /proc/sys/net/ipv4/conf/lan$((n + 1))/accept_local
    done
    # The carrier is noticed with a delay; link-local addresses come with it.
    for dev in lan0 lan1 lan2 lan3; do
        n=0
        until ip -6 addr show dev $dev scope link | grep -q fe80 || [ $n = 500 ]; do
            sleep 0.01
            n=$((n + 1))
        done
    done
";

/// Returns an IPv6 address with a scope, in the kernel's form.
fn scoped(ip: Ipv6Addr, scope: u32) -> SocketAddr {
    SocketAddr::V6(SocketAddrV6::new(ip, MDNS_PORT, 0, scope))
}

fn is_member(family: Family, interface: &str) -> bool {
    let index = test_cable::interface(interface).index;
    match family {
        Family::V4 => {
            let text = fs::read_to_string("/proc/net/igmp").expect("Linux has it");
            // A line per interface that begins with its index, then indented lines per group.
            let mut current = String::new();
            text.lines().any(|line| {
                if !line.starts_with(['\t', ' ']) {
                    current = line
                        .split_whitespace()
                        .next()
                        .unwrap_or_default()
                        .to_owned();
                }
                current == index.to_string() && line.trim_start().starts_with("FB0000E0")
            })
        }
        Family::V6 => {
            let text = fs::read_to_string("/proc/net/igmp6").expect("Linux has it");
            let start = format!("{index} ");
            text.lines().any(|line| {
                line.trim_start().starts_with(&start)
                    && line.contains("ff0200000000000000000000000000fb")
            })
        }
    }
}

#[test]
fn the_group_is_joined_on_that_interface_and_left_on_drop_and_close() {
    test_cable::run(
        "socket::tests::linux::the_group_is_joined_on_that_interface_and_left_on_drop_and_close",
        test_cable::CABLE,
        || {
            for (family, _) in FAMILIES {
                assert!(!is_member(family, "lan0"), "{family}");
                let socket = open("lan0", family);
                assert!(is_member(family, "lan0"), "{family}");
                assert!(!is_member(family, "lan1"), "{family}");
                drop(socket);
                assert!(!is_member(family, "lan0"), "{family}");
                let socket = open("lan1", family);
                socket.rejoin().expect("joins again");
                assert!(is_member(family, "lan1"), "{family}");
                socket.close().expect("leaves");
                assert!(!is_member(family, "lan1"), "{family}");
            }
        },
    );
}

/// Linux removes IPv6 from an interface whose MTU is too small for it, and returns it without
/// memberships.
#[test]
fn a_membership_that_the_kernel_forgot_is_had_again_by_rejoining() {
    test_cable::run(
        "socket::tests::linux::a_membership_that_the_kernel_forgot_is_had_again_by_rejoining",
        test_cable::CABLE,
        || {
            let socket = open("lan0", Family::V6);
            let mut watcher = Watcher::new().expect("can be had");
            test_cable::sh("ip link set lan0 mtu 1200");
            test_cable::sh("ip link set lan0 mtu 1500");
            assert!(!is_member(Family::V6, "lan0"), "nothing was forgotten");
            assert!(watcher.drain(), "nobody was reported");
            let index = test_cable::interface("lan0").index;
            assert!(watcher.take_interrupted().contains(&index));
            socket.rejoin().expect("joins again");
            assert!(is_member(Family::V6, "lan0"));
        },
    );
}

#[test]
fn a_descriptor_that_lives_on_elsewhere_does_not_keep_the_membership() {
    test_cable::run(
        "socket::tests::linux::a_descriptor_that_lives_on_elsewhere_does_not_keep_the_membership",
        test_cable::CABLE,
        || {
            let socket = open("lan0", Family::V4);
            let inherited = socket.socket().try_clone().expect("a descriptor more");
            drop(socket);
            assert!(!is_member(Family::V4, "lan0"));
            drop(inherited);
        },
    );
}

/// Each flow has an even chance of reaching the wrong one of two sockets of a `SO_REUSEPORT` group.
/// None of forty may do so.
#[test]
fn every_multicast_reaches_the_socket_of_its_interface_and_no_other() {
    test_cable::run(
        "socket::tests::linux::every_multicast_reaches_the_socket_of_its_interface_and_no_other",
        TWO_CABLES,
        || {
            for (family, group) in FAMILIES {
                let (near, far) = (open("lan1", family), open("lan3", family));
                let lan0 = test_cable::interface("lan0");
                let to = match group {
                    IpAddr::V4(group) => SocketAddr::from((group, MDNS_PORT)),
                    IpAddr::V6(group) => scoped(group, lan0.index),
                };
                for _ in 0..40 {
                    let domain = if to.is_ipv4() {
                        Domain::IPV4
                    } else {
                        Domain::IPV6
                    };
                    let sender = Socket::new(domain, Type::DGRAM, None).expect("a socket");
                    if to.is_ipv4() {
                        sender
                            .set_multicast_if_v4(&Ipv4Addr::new(10, 99, 0, 1))
                            .expect("lan0");
                    }
                    sender.send_to(b"cooee", &to.into()).expect("sends");
                }
                let heard = hear(&near, 40);
                assert_eq!(heard.len(), 40, "{family}");
                let index = test_cable::interface("lan1").index;
                assert!(heard.iter().all(|heard| heard.index == index), "{heard:?}");
                hear_nothing(&far);
            }
        },
    );
}

#[test]
fn groups_that_others_joined_are_not_heard() {
    test_cable::run(
        "socket::tests::linux::groups_that_others_joined_are_not_heard",
        test_cable::CABLE,
        || {
            let there = open("lan1", Family::V4);
            let other_group = Ipv4Addr::new(239, 1, 2, 3);
            let options = SocketOptions {
                group_v4: other_group,
                ..SocketOptions::default()
            };
            let (other, _) =
                MulticastSocket::open(&test_cable::interface("lan1"), Family::V4, &options)
                    .expect("opens");
            let (sender, _) =
                MulticastSocket::open(&test_cable::interface("lan0"), Family::V4, &options)
                    .expect("opens");
            sender
                .send_multicast(b"not for Multicast DNS")
                .expect("sends");
            assert_eq!(hear(&other, 1).len(), 1);
            hear_nothing(&there);
        },
    );
}

#[test]
fn what_the_kernel_drops_is_counted() {
    test_cable::run(
        "socket::tests::linux::what_the_kernel_drops_is_counted",
        test_cable::CABLE,
        || {
            let options = SocketOptions {
                receive_buffer_bytes: 8 * 1024,
                ..SocketOptions::default()
            };
            let (there, _) =
                MulticastSocket::open(&test_cable::interface("lan1"), Family::V4, &options)
                    .expect("opens");
            let here = open("lan0", Family::V4);
            for _ in 0..200 {
                here.send_multicast(&[7; 300]).expect("sends");
            }
            assert_eq!(there.dropped(), 0, "not known before something is received");
            let early = hear(&there, 200).len();
            assert!(
                (1..200).contains(&early),
                "{early} of 200 in a buffer for a few"
            );
            here.send_multicast(b"the next one tells").expect("sends");
            assert_eq!(hear(&there, 1).len(), 1);
            assert_eq!(there.dropped(), 200 - early as u64);
        },
    );
}

#[test]
fn a_datagram_tells_how_long_it_waited_to_be_read() {
    test_cable::run(
        "socket::tests::linux::a_datagram_tells_how_long_it_waited_to_be_read",
        test_cable::CABLE,
        || {
            for (family, _) in FAMILIES {
                let (here, there) = (open("lan0", family), open("lan1", family));
                here.send_multicast(b"waits").expect("sends");
                let waited = Duration::from_millis(60);
                std::thread::sleep(waited);
                let mut batch = RecvBatch::new();
                let mut age = None;
                while age.is_none() {
                    there.recv_batch(&mut batch).expect("receives");
                    age = batch.iter().map(|received| received.age).next();
                }
                assert!(age.is_some_and(|age| age >= waited), "{family}: {age:?}");
            }
        },
    );
}

#[test]
fn a_large_buffer_is_had_or_warned_of() {
    test_cable::run(
        "socket::tests::linux::a_large_buffer_is_had_or_warned_of",
        test_cable::CABLE,
        || {
            for asked in [64 * 1024, 1 << 30] {
                let options = SocketOptions {
                    receive_buffer_bytes: asked,
                    ..SocketOptions::default()
                };
                let opened =
                    MulticastSocket::open(&test_cable::interface("lan0"), Family::V4, &options);
                let (socket, warnings) = opened.expect("opens whatever is granted");
                let granted = socket.receive_buffer_bytes().expect("can be asked");
                let warned = warnings
                    .iter()
                    .any(|warning| warning.to_string().contains("burst"));
                assert_eq!(
                    warned,
                    granted < asked,
                    "{granted} of {asked}: {warnings:?}"
                );
            }
        },
    );
}

#[test]
fn a_program_that_sets_only_reuse_addr_shares_the_port_before_and_after() {
    test_cable::run(
        "socket::tests::linux::a_program_that_sets_only_reuse_addr_shares_the_port_before_and_after",
        test_cable::CABLE,
        || {
            let foreign = || {
                let socket = Socket::new(Domain::IPV4, Type::DGRAM, None).expect("a socket");
                socket.set_reuse_address(true).expect("an option");
                let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, MDNS_PORT));
                socket.bind(&any.into()).map(|()| socket)
            };
            let before = foreign().expect("first");
            let ours = open("lan0", Family::V4);
            let after = foreign().expect("third");
            ours.send_multicast(b"cooee").expect("sends");
            assert_eq!(hear(&ours, 1).len(), 1);
            drop((before, after));
        },
    );
}

/// `lo` has no multicast flag and its address has host scope; chosen by name, it works anyway.
#[test]
fn the_loopback_interface_carries_multicast_from_its_own_address() {
    test_cable::run(
        "socket::tests::linux::the_loopback_interface_carries_multicast_from_its_own_address",
        test_cable::CABLE,
        || {
            let lo = open("lo", Family::V4);
            lo.send_multicast(b"cooee").expect("sends");
            let heard = hear(&lo, 1);
            assert_eq!(heard.len(), 1);
            assert_eq!(
                heard[0].source,
                SocketAddr::from((Ipv4Addr::LOCALHOST, MDNS_PORT))
            );
            assert_eq!(heard[0].destination, IpAddr::V4(MDNS_GROUP_V4));
            assert_eq!(heard[0].index, test_cable::interface("lo").index);
        },
    );
}

#[test]
fn a_unicast_leaves_by_the_sockets_interface_whatever_the_routes_say() {
    test_cable::run(
        "socket::tests::linux::a_unicast_leaves_by_the_sockets_interface_whatever_the_routes_say",
        TWO_CABLES,
        || {
            // The routing table has this host behind lan2; a neighbour entry makes ARP unnecessary.
            test_cable::sh("ip route add 10.99.9.9/32 dev lan2");
            test_cable::sh("ip neigh add 10.99.9.9 lladdr 02:00:00:00:00:09 dev lan0");
            let sent = |interface: &str| {
                let path = format!("ip -s -o link show {interface} | sed 's/.*TX:[^0-9]*//'");
                let output = std::process::Command::new("sh")
                    .args(["-c", &path])
                    .output();
                let text = String::from_utf8(output.expect("ip runs").stdout).expect("text");
                let packets = text
                    .split_whitespace()
                    .nth(1)
                    .and_then(|word| word.parse().ok());
                packets.unwrap_or_else(|| panic!("no count in {text}"))
            };
            let here = open("lan0", Family::V4);
            let before: (u64, u64) = (sent("lan0"), sent("lan2"));
            for _ in 0..50 {
                here.send_to(b"cooee", SocketAddr::from(([10, 99, 9, 9], 5353)))
                    .expect("sends");
            }
            let after: (u64, u64) = (sent("lan0"), sent("lan2"));
            assert!(after.0 - before.0 >= 50, "{before:?} {after:?}");
            assert!(after.1 - before.1 < 50, "{before:?} {after:?}");
        },
    );
}
