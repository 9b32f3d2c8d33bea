//! Which interfaces are used, which are not, and with which reason.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{
    Decision, InterfaceSelector, Reason, SelectError, SelectionRule, matches_pattern, select,
};
use crate::interface::{Family, Interface, InterfaceAddress, InterfaceFlags, InterfaceKind};

const V4: InterfaceAddress = InterfaceAddress {
    ip: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
    prefix_len: 24,
    usable: true,
};
const V6: InterfaceAddress = InterfaceAddress {
    ip: IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1)),
    prefix_len: 64,
    usable: true,
};

/// Returns an interface that is up, supports multicast and has an address: only its name can be a
/// reason to refuse it.
fn named(name: &str) -> Interface {
    Interface {
        name: name.to_owned(),
        index: name.bytes().map(u32::from).sum(),
        flags: InterfaceFlags {
            up: true,
            running: true,
            multicast: true,
            ..Default::default()
        },
        kind: InterfaceKind::VirtualPair,
        mtu: 1500,
        addresses: vec![V4],
    }
}

fn of_kind(kind: InterfaceKind) -> Interface {
    Interface {
        kind,
        ..named("eth0")
    }
}

fn loopback() -> Interface {
    let mut lo = named("lo");
    lo.flags.loopback = true;
    lo.kind = InterfaceKind::Loopback;
    lo
}

fn decide(interface: &Interface, rule: &SelectionRule) -> Decision {
    // A second interface that is always used, so that one remains.
    let list = [interface.clone(), named("always0")];
    match select(&list, rule) {
        Ok(mut decisions) => decisions.swap_remove(0),
        Err(SelectError::NothingLeft { mut decisions }) => decisions.swap_remove(0),
        Err(error) => panic!("{error}"),
    }
}

fn by_default(interface: &Interface) -> (bool, String) {
    let decision = decide(interface, &SelectionRule::default());
    (decision.selected, decision.reason.to_string())
}

#[test]
fn the_default_rule_judges_by_name() {
    let table = [
        ("utun3", false, "VPN by name (utun*)"),
        ("tun0", false, "VPN by name (tun*)"),
        ("ppp0", false, "VPN by name (ppp*)"),
        ("wg0", false, "VPN by name (wg*)"),
        ("tailscale0", false, "VPN by name (tailscale*)"),
        ("wireguard1", false, "VPN by name (wireguard*)"),
        ("docker0", false, "container by name (docker0)"),
        ("veth0", false, "container by name (veth*)"),
        ("vethae2abb8", false, "container by name (veth*)"),
        ("br-1", false, "container by name (br-*)"),
        ("br-2b25342b1d88", false, "container by name (br-*)"),
        ("vmnet8", false, "container by name (vmnet*)"),
        ("eth0", true, "up and multicast-capable"),
        ("lan1", true, "up and multicast-capable"),
        ("wlan0", true, "up and multicast-capable"),
        ("en0", true, "up and multicast-capable"),
        ("br0", true, "up and multicast-capable"),
        ("docker1", true, "up and multicast-capable"),
        ("Wi-Fi", true, "up and multicast-capable"),
        ("", true, "up and multicast-capable"),
    ];
    for (name, selected, reason) in table {
        assert_eq!(
            by_default(&named(name)),
            (selected, reason.to_owned()),
            "{name}"
        );
    }
}

#[test]
fn the_default_rule_judges_by_kind_where_the_system_tells() {
    let table = [
        (InterfaceKind::Ethernet, true, "up and multicast-capable"),
        (InterfaceKind::Wireless, true, "up and multicast-capable"),
        (InterfaceKind::VirtualPair, true, "up and multicast-capable"),
        (InterfaceKind::Bridge, true, "up and multicast-capable"),
        (InterfaceKind::Other, true, "up and multicast-capable"),
        (InterfaceKind::Vpn, false, "VPN by kind"),
        (InterfaceKind::Container, false, "container by kind"),
        (
            InterfaceKind::BridgeMember,
            false,
            "bridge member (the bridge is used instead)",
        ),
        (InterfaceKind::PeerToPeer, false, "peer-to-peer radio link"),
        (InterfaceKind::Loopback, false, "loopback"),
    ];
    for (kind, selected, reason) in table {
        assert_eq!(
            by_default(&of_kind(kind)),
            (selected, reason.to_owned()),
            "{kind}"
        );
    }
}

#[test]
fn the_default_rule_judges_by_state() {
    type Change = fn(&mut Interface);
    let states: [(Change, &str); 6] = [
        (|interface| interface.flags.up = false, "down"),
        (
            |interface| interface.flags.multicast = false,
            "not multicast-capable",
        ),
        (|interface| interface.flags.loopback = true, "loopback"),
        (
            |interface| interface.flags.point_to_point = true,
            "point-to-point link",
        ),
        (|interface| interface.addresses.clear(), "no usable address"),
        (
            |interface| interface.addresses[0].usable = false,
            "no usable address",
        ),
    ];
    for (change, reason) in states {
        let mut interface = named("eth0");
        change(&mut interface);
        assert_eq!(by_default(&interface), (false, reason.to_owned()));
    }
    let mut unplugged = named("eth0");
    unplugged.flags.running = false;
    assert!(by_default(&unplugged).0, "a cable can be plugged in later");
}

#[test]
fn only_addresses_of_wanted_families_count() {
    let v6_only = SelectionRule {
        ipv4: false,
        ..SelectionRule::default()
    };
    let v4_only = SelectionRule {
        ipv6: false,
        ..SelectionRule::default()
    };
    let with_v6 = Interface {
        addresses: vec![V6],
        ..named("eth0")
    };
    assert!(decide(&with_v6, &v6_only).selected);
    for (interface, rule, family, text) in [
        (&with_v6, &v4_only, Family::V4, "no usable IPv4 address"),
        (
            &named("eth0"),
            &v6_only,
            Family::V6,
            "no usable IPv6 address",
        ),
    ] {
        let reason = decide(interface, rule).reason;
        assert_eq!(reason, Reason::NoUsableAddressOf(family));
        assert_eq!(reason.to_string(), text);
    }
}

#[test]
fn a_list_is_obeyed_with_a_warning_for_what_the_default_rule_refuses() {
    for (interface, text) in [
        (
            named("wg0"),
            "chosen by name or index, although excluded by default: VPN by name (wg*)",
        ),
        (
            loopback(),
            "chosen by name or index, although excluded by default: loopback",
        ),
    ] {
        let rule = SelectionRule::list([interface.name.as_str().into()]);
        let decision = decide(&interface, &rule);
        assert!(decision.selected && decision.is_warning(), "{decision:?}");
        assert_eq!(decision.reason.to_string(), text);
    }
    let plain = decide(&named("eth0"), &SelectionRule::list(["eth0".into()]));
    assert!(plain.selected && !plain.is_warning());
}

#[test]
fn a_list_takes_names_and_indexes_and_nothing_else() {
    let eth0 = named("eth0");
    let by_index = SelectionRule::list([InterfaceSelector::Index(eth0.index)]);
    let list = [eth0, named("eth1")];
    let decisions = select(&list, &by_index).expect("eth0 is there");
    let taken: Vec<bool> = decisions.iter().map(|decision| decision.selected).collect();
    assert_eq!(taken, [true, false]);
    assert_eq!(decisions[1].reason, Reason::NotInList);
}

#[test]
fn a_filter_replaces_the_default_rule_but_not_what_is_possible() {
    let rule = SelectionRule::filter(|interface| interface.name != "eth1");
    assert_eq!(decide(&named("wg0"), &rule).reason, Reason::TakenByFilter);
    assert_eq!(
        decide(&named("eth1"), &rule).reason,
        Reason::RefusedByFilter
    );
    let mut down = named("eth2");
    down.flags.up = false;
    assert_eq!(decide(&down, &rule).reason, Reason::Down);
}

#[test]
fn all_takes_vpns_and_containers_that_are_able() {
    for name in ["wg0", "docker0", "eth0"] {
        assert!(
            decide(&named(name), &SelectionRule::all()).selected,
            "{name}"
        );
    }
    let mut mute = named("tun0");
    mute.flags.multicast = false;
    assert_eq!(
        decide(&mute, &SelectionRule::all()).reason,
        Reason::NotMulticast
    );
}

#[test]
fn an_empty_list_is_an_error_that_says_what_to_do() {
    let error = select(&[named("eth0")], &SelectionRule::list([])).expect_err("empty");
    let text = "the list of interfaces is empty: name at least one, or give no list to use the \
                default rule";
    assert_eq!(error.to_string(), text);
}

#[test]
fn an_unknown_name_is_an_error_that_lists_what_there_is() {
    let list = [loopback(), named("eth0")];
    let error = select(&list, &SelectionRule::list(["eth9".into()])).expect_err("no eth9");
    assert_eq!(
        error.to_string(),
        "there is no interface \"eth9\"; there are lo (index 219), eth0 (index 369)"
    );
    let error = select(&[], &SelectionRule::list([7.into()])).expect_err("nothing at all");
    assert_eq!(
        error.to_string(),
        "there is no interface index 7; this machine has none"
    );
}

#[test]
fn nothing_left_is_an_error_that_lists_every_interface_and_why() {
    let mut down = named("eth0");
    down.flags.up = false;
    let list = [loopback(), named("wg0"), down];
    let error = select(&list, &SelectionRule::default()).expect_err("nothing to use");
    assert_eq!(
        error.to_string(),
        "no interface to use: lo: loopback, wg0: VPN by name (wg*), eth0: down; choose one by \
         name to use it anyway"
    );
}

#[test]
fn no_family_is_an_error() {
    let rule = SelectionRule {
        ipv4: false,
        ipv6: false,
        ..SelectionRule::default()
    };
    assert!(matches!(
        select(&[named("eth0")], &rule),
        Err(SelectError::NoFamily)
    ));
}

#[test]
fn a_pattern_is_a_name_or_a_beginning() {
    assert!(matches_pattern("docker0", "docker0"));
    assert!(!matches_pattern("docker0", "docker01"));
    assert!(matches_pattern("wg*", "wg"));
    assert!(matches_pattern("wg*", "wg12"));
    assert!(!matches_pattern("wg*", "lwg0"));
}
