//! Which addresses are reported, of those received on three links, and in what order.

use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use core::net::IpAddr;

use super::{admit, arrange};
use crate::address::Unreachable;
use crate::config::Config;
use crate::dnssd::service::LinkedAddress;
use crate::engine::Engine;
use crate::link::{LinkAddress, LinkChange, LinkId, LinkInfo};
use crate::time::Instant;

const LAN: LinkId = LinkId(2);
const WIFI: LinkId = LinkId(3);
const LO: LinkId = LinkId(1);

fn engine() -> Engine {
    let mut engine = Engine::new(Config::default(), 1, Instant::ZERO);
    let links = [
        (LO, vec![("127.0.0.1", 8), ("::1", 128)]),
        (
            LAN,
            vec![("10.0.0.1", 24), ("fd00::1", 64), ("fe80::1", 64)],
        ),
        (WIFI, vec![("10.9.0.1", 24), ("fe80::2", 64)]),
    ];
    for (link, addresses) in links {
        let addresses = addresses.into_iter().map(|(ip, prefix_len)| LinkAddress {
            ip: ip.parse().unwrap(),
            prefix_len,
        });
        let info = LinkInfo {
            addresses: addresses.collect(),
            mtu: 1_500,
        };
        engine.handle_link(Instant::ZERO, LinkChange::Up { link, info });
    }
    engine
}

/// Returns the reported addresses of those received on links.
fn offered(heard: &[(&str, LinkId)]) -> Vec<(alloc::string::String, LinkId)> {
    let heard = heard.iter().map(|&(ip, link)| LinkedAddress {
        ip: ip.parse().unwrap(),
        link,
    });
    let (engine, heard) = (engine(), heard.collect::<Vec<_>>());
    let mut offered = Vec::new();
    admit(&mut offered, heard.iter().copied(), &engine);
    arrange(&mut offered, &engine);
    let offered = offered.iter();
    offered
        .map(|address| (address.ip.to_string(), address.link))
        .collect()
}

#[test]
fn nothing_is_offered_that_no_host_can_be_reached_by() {
    for unusable in [
        "0.0.0.0",
        "0.1.2.3",
        "::",
        "127.0.0.1",
        "127.1.2.3",
        "::1",
        "224.0.0.251",
        "239.1.2.3",
        "ff02::fb",
        "255.255.255.255",
        "192.0.2.1",
        "198.51.100.1",
        "203.0.113.1",
        "2001:db8::1",
        "3fff:fff::1",
        "::ffff:10.0.0.9",
        "10.0.0.255",
    ] {
        let reported = offered(&[(unusable, LAN), ("10.0.0.9", LAN)]);
        assert_eq!(reported, [("10.0.0.9".to_string(), LAN)], "{unusable}");
    }
}

#[test]
fn the_loopback_address_is_offered_where_it_was_heard_on_the_loopback_interface() {
    assert_eq!(
        offered(&[("127.0.0.1", LO), ("::1", LO)]),
        [("::1".to_string(), LO), ("127.0.0.1".to_string(), LO)]
    );
}

#[test]
fn addresses_of_the_link_are_offered_before_others() {
    let heard = [
        ("10.200.0.9", LAN),
        ("2a00::9", LAN),
        ("fe80::9", LAN),
        ("10.0.0.9", LAN),
        ("fd00::9", LAN),
    ];
    let reported: Vec<_> = offered(&heard).into_iter().map(|(ip, _)| ip).collect();
    assert_eq!(
        reported,
        ["fd00::9", "10.0.0.9", "fe80::9", "2a00::9", "10.200.0.9"]
    );
}

#[test]
fn an_address_heard_on_two_links_is_offered_once_on_the_link_that_it_belongs_to() {
    assert_eq!(
        offered(&[("10.9.0.9", LAN), ("10.9.0.9", WIFI), ("10.9.0.9", WIFI)]),
        [("10.9.0.9".to_string(), WIFI)]
    );
    assert_eq!(
        offered(&[("fe80::9", WIFI), ("fe80::9", LAN)]).len(),
        2,
        "it may be another host on each"
    );
}

#[test]
fn each_kind_of_address_that_cannot_be_published_says_why() {
    for (ip, why) in [
        ("0.0.0.0", Unreachable::Unspecified),
        ("::1", Unreachable::Loopback),
        ("ff02::fb", Unreachable::Multicast),
        ("255.255.255.255", Unreachable::Broadcast),
        ("203.0.113.7", Unreachable::Documentation),
        ("::ffff:10.0.0.1", Unreachable::Mapped),
    ] {
        assert_eq!(Unreachable::of(ip.parse::<IpAddr>().unwrap()), Some(why));
        assert!(why.to_string().starts_with("it "), "{why}");
    }
    for ip in [
        "10.0.0.1",
        "169.254.1.1",
        "fe80::1",
        "3fff:1000::1",
        "100.64.0.1",
    ] {
        assert_eq!(Unreachable::of(ip.parse::<IpAddr>().unwrap()), None, "{ip}");
    }
}
