//! Addresses have their interface, and their scope where they have no meaning without it.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use cooee_proto::dnssd::service::LinkedAddress;
use cooee_proto::link::LinkId;

use super::{INTERFACES_MAX, InterfaceNames, ScopedAddr};
use crate::testing::{LAN, Offer, interface_names, service};

fn scoped(ip: &str) -> ScopedAddr {
    let ip: IpAddr = ip.parse().expect("an address in a test is one");
    ScopedAddr::new(LinkedAddress { ip, link: LAN }, &interface_names())
}

#[test]
fn only_a_link_local_ipv6_address_is_written_with_its_interface() {
    let cases = [
        ("fe80::1", "fe80::1%lan0", 2, true),
        ("fd00::1", "fd00::1", 0, false),
        ("fd00::1", "fd00::1", 0, false),
        ("10.0.0.1", "10.0.0.1", 0, false),
        ("169.254.7.7", "169.254.7.7", 0, true),
    ];
    for (ip, text, scope_id, is_link_local) in cases {
        let address = scoped(ip);
        assert_eq!(address.to_string(), text);
        assert_eq!(address.scope_id(), scope_id, "{ip}");
        assert_eq!(address.is_link_local(), is_link_local, "{ip}");
        assert_eq!(
            (address.interface().name(), address.interface().index()),
            ("lan0", 2)
        );
    }
}

#[test]
fn the_address_to_connect_to_has_the_scope_id_of_a_link_local_address() {
    let SocketAddr::V6(address) = scoped("fe80::1").socket_addr(80) else {
        panic!("IPv6")
    };
    let expected: Ipv6Addr = "fe80::1".parse().expect("an address");
    assert_eq!(
        (*address.ip(), address.port(), address.scope_id()),
        (expected, 80, 2)
    );
    assert_eq!(
        scoped("fd00::1").socket_addr(80).to_string(),
        "[fd00::1]:80"
    );
    assert_eq!(
        scoped("10.0.0.1").socket_addr(80).to_string(),
        "10.0.0.1:80"
    );
}

#[test]
fn a_service_gives_what_its_records_say() {
    let service = service(
        &Offer::new("Front. Desk")
            .with_type("_ipp._tcp")
            .with_port(631),
    );
    assert_eq!(service.name(), "Front. Desk");
    assert_eq!(
        service.instance().to_string(),
        "Front\\. Desk._ipp._tcp.local"
    );
    assert_eq!(service.service_type().to_string(), "_ipp._tcp");
    assert_eq!(service.host().labels().count(), 3);
    assert_eq!(
        (service.port(), service.priority(), service.weight()),
        (631, 0, 0)
    );
    assert_eq!(service.txt().get("path"), Some("/"));
    assert_eq!(
        service.socket_addrs(),
        ["10.0.0.9:631".parse().expect("an address")]
    );
    assert!(format!("{service:?}").contains("lan0"));
}

#[test]
fn an_interface_that_is_gone_is_still_known_by_name_and_an_unknown_one_by_index() {
    let mut names = InterfaceNames::default();
    names.learn([(2, "eth0"), (3, "wlan0")].into_iter());
    names.learn([(3, "wlan0"), (4, "usb0")].into_iter());
    let known: Vec<String> = (2..6)
        .map(|index| names.of(LinkId(index)).to_string())
        .collect();
    assert_eq!(known, ["eth0", "wlan0", "usb0", "5"]);
    names.learn([(2, "eth7")].into_iter());
    assert_eq!(names.of(LinkId(2)).name(), "eth7");
}

#[test]
fn the_names_of_interfaces_that_come_and_go_for_ever_are_not_all_kept() {
    let mut names = InterfaceNames::default();
    for index in 1..5_000 {
        names.learn([(index, "tap0")].into_iter());
    }
    assert!(names.0.len() <= INTERFACES_MAX);
    assert_eq!(names.of(LinkId(4_999)).name(), "tap0");
}
