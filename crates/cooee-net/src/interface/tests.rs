//! The operating system's list of interfaces that the tests create.

use std::net::{IpAddr, Ipv4Addr};

use super::Family;
use crate::test_cable;

#[test]
fn the_list_tells_name_index_flags_and_addresses() {
    test_cable::run(
        "interface::tests::the_list_tells_name_index_flags_and_addresses",
        test_cable::CABLE,
        || {
            let lan0 = test_cable::interface("lan0");
            assert!(lan0.index > 0, "{lan0:?}");
            assert!(
                lan0.flags.up && lan0.flags.running && lan0.flags.multicast,
                "{lan0:?}"
            );
            assert!(
                !lan0.flags.loopback && !lan0.flags.point_to_point,
                "{lan0:?}"
            );
            assert_eq!(lan0.mtu, 1500);
            assert!(lan0.has_usable(Family::V4), "{lan0:?}");
            let address = lan0.usable(Family::V4).next().expect("just seen");
            assert_eq!(address.ip, IpAddr::V4(Ipv4Addr::new(10, 99, 0, 1)));
            assert_eq!(address.prefix_len, 24);
        },
    );
}

#[cfg(target_os = "linux")]
mod linux {
    use crate::interface::linux::describe;
    use crate::interface::{Family, InterfaceFlags, InterfaceKind, interfaces};
    use crate::netlink::Link;
    use crate::test_cable;

    fn kind_of(link: Link) -> InterfaceKind {
        // No such radio exists, so that /sys has nothing to say.
        describe(Link {
            name: "no/such".to_owned(),
            ..link
        })
        .kind
    }

    fn ether(kind: &str) -> Link {
        Link {
            hardware: libc::ARPHRD_ETHER,
            kind: kind.to_owned(),
            ..Link::default()
        }
    }

    #[test]
    fn the_kind_is_what_the_kernel_says_and_not_the_name() {
        for (kind, expected) in [
            ("", InterfaceKind::Ethernet),
            ("veth", InterfaceKind::VirtualPair),
            ("bridge", InterfaceKind::Bridge),
            ("macvlan", InterfaceKind::Ethernet),
            ("wireguard", InterfaceKind::Vpn),
            ("sit", InterfaceKind::Vpn),
        ] {
            assert_eq!(kind_of(ether(kind)), expected, "{kind}");
        }
        for (hardware, expected) in [
            (libc::ARPHRD_PPP, InterfaceKind::Vpn),
            (libc::ARPHRD_NONE, InterfaceKind::Vpn),
            (801, InterfaceKind::Other),
        ] {
            assert_eq!(
                kind_of(Link {
                    hardware,
                    ..Link::default()
                }),
                expected,
                "{hardware}"
            );
        }
    }

    #[test]
    fn a_port_of_a_bridge_a_tun_and_a_loopback_are_that_before_all_else() {
        let bridged = Link {
            member_of: "bridge".to_owned(),
            ..ether("veth")
        };
        let bonded = Link {
            member_of: "bond".to_owned(),
            ..ether("")
        };
        let tun = Link {
            tun_type: Some(1),
            ..ether("tun")
        };
        let tap = Link {
            tun_type: Some(2),
            ..ether("tun")
        };
        let looped = Link {
            flags: libc::IFF_LOOPBACK as u32,
            ..ether("veth")
        };
        let kinds = [bridged, bonded, tun, tap, looped].map(kind_of);
        let expected = [
            InterfaceKind::BridgeMember,
            InterfaceKind::Ethernet,
            InterfaceKind::Vpn,
            InterfaceKind::Ethernet,
            InterfaceKind::Loopback,
        ];
        assert_eq!(kinds, expected);
    }

    #[test]
    fn an_interface_that_is_down_is_not_running() {
        let flags = describe(Link {
            flags: libc::IFF_RUNNING as u32,
            ..Link::default()
        })
        .flags;
        assert_eq!(flags, InterfaceFlags::default());
    }

    #[test]
    fn a_bridge_and_its_ports_are_told_from_a_pair_and_a_tunnel() {
        test_cable::run(
            "interface::tests::linux::a_bridge_and_its_ports_are_told_from_a_pair_and_a_tunnel",
            test_cable::CABLE,
            || {
                test_cable::sh(
                    "ip link add name office type bridge && ip link set lan1 master office",
                );
                assert_eq!(test_cable::interface("office").kind, InterfaceKind::Bridge);
                assert_eq!(
                    test_cable::interface("lan1").kind,
                    InterfaceKind::BridgeMember
                );
                assert_eq!(
                    test_cable::interface("lan0").kind,
                    InterfaceKind::VirtualPair
                );
                assert_eq!(test_cable::interface("lo").kind, InterfaceKind::Loopback);
            },
        );
    }

    #[test]
    fn a_tun_is_a_vpn_and_a_tap_is_not() {
        let test = "interface::tests::linux::a_tun_is_a_vpn_and_a_tap_is_not";
        test_cable::run(test, test_cable::CABLE, || {
            let make = "ip tuntap add mode tun name one && ip tuntap add mode tap name two";
            let made = std::process::Command::new("sh").args(["-c", make]).output();
            if !made.expect("sh exists").status.success() {
                return test_cable::skip(
                    test,
                    "no right to make tun and tap devices (/dev/net/tun)",
                );
            }
            assert_eq!(test_cable::interface("one").kind, InterfaceKind::Vpn);
            assert_eq!(test_cable::interface("two").kind, InterfaceKind::Ethernet);
        });
    }

    #[test]
    fn tentative_and_deprecated_addresses_are_not_usable() {
        test_cable::run(
            "interface::tests::linux::tentative_and_deprecated_addresses_are_not_usable",
            test_cable::CABLE,
            || {
                // Without a carrier, duplicate detection cannot begin or end.
                test_cable::sh("echo 1 > /proc/sys/net/ipv6/conf/default/accept_dad");
                test_cable::sh("ip link add lan2 type veth peer name lan3 && ip link set lan2 up");
                test_cable::sh("ip addr add fd00:99::5/64 dev lan2");
                assert!(!test_cable::interface("lan2").has_usable(Family::V6));
                assert_eq!(test_cable::interface("lan2").addresses.len(), 1);
                assert!(test_cable::interface("lan0").has_usable(Family::V6));
                test_cable::sh("ip addr add fd00:99::6/64 dev lan0 nodad preferred_lft 0");
                let lan0 = test_cable::interface("lan0");
                let six = |ip: &str| ip == "fd00:99::6";
                let mut addresses = lan0.addresses.iter();
                let found = addresses.find(|address| six(&address.ip.to_string()));
                assert!(!found.expect("it was added").usable, "{lan0:?}");
            },
        );
    }

    #[test]
    fn the_list_is_ordered_and_has_this_machines_loopback() {
        let list = interfaces().expect("a list");
        assert!(
            list.windows(2).all(|pair| pair[0].index < pair[1].index),
            "{list:?}"
        );
        assert!(
            list.iter().any(|interface| interface.flags.loopback),
            "{list:?}"
        );
    }
}
