//! News and repetition.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Known;
use crate::interface::{Interface, InterfaceAddress, InterfaceFlags, InterfaceKind};

const ADDRESS: InterfaceAddress = InterfaceAddress {
    ip: IpAddr::V6(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1)),
    prefix_len: 64,
    usable: true,
};

fn interface(index: u32) -> Interface {
    Interface {
        name: format!("eth{index}"),
        index,
        flags: InterfaceFlags {
            up: true,
            running: true,
            multicast: true,
            ..Default::default()
        },
        kind: InterfaceKind::Ethernet,
        mtu: 1500,
        addresses: vec![ADDRESS],
    }
}

fn bare(index: u32) -> Interface {
    Interface {
        addresses: Vec::new(),
        ..interface(index)
    }
}

#[test]
fn a_link_said_again_is_no_news_and_keeps_its_addresses() {
    let mut known = Known::new(vec![interface(1)]);
    assert!(!known.link(bare(1)));
    assert_eq!(known.interfaces(), [interface(1)]);
}

#[test]
fn a_carrier_lost_a_new_name_and_a_new_kind_are_news() {
    let changes: [fn(&mut Interface); 4] = [
        |interface| interface.flags.running = false,
        |interface| interface.name = "lan0".to_owned(),
        |interface| interface.kind = InterfaceKind::BridgeMember,
        |interface| interface.mtu = 9000,
    ];
    for change in changes {
        let mut known = Known::new(vec![interface(1)]);
        let mut news = bare(1);
        change(&mut news);
        assert!(known.link(news.clone()), "{news:?}");
        assert!(!known.link(news));
        assert_eq!(known.interfaces()[0].addresses, [ADDRESS]);
    }
}

#[test]
fn a_new_link_takes_its_place_by_index() {
    let mut known = Known::new(vec![interface(1), interface(3)]);
    assert!(known.link(bare(2)));
    let indexes: Vec<u32> = known.interfaces().iter().map(|known| known.index).collect();
    assert_eq!(indexes, [1, 2, 3]);
    assert!(known.link_gone(2));
    assert!(!known.link_gone(2));
}

#[test]
fn an_address_said_again_is_no_news_whatever_its_lifetime() {
    let mut known = Known::new(vec![interface(1)]);
    assert!(!known.address(1, ADDRESS));
}

#[test]
fn an_address_that_becomes_usable_or_deprecated_is_news() {
    let mut known = Known::new(vec![interface(1)]);
    let deprecated = InterfaceAddress {
        usable: false,
        ..ADDRESS
    };
    assert!(known.address(1, deprecated.clone()));
    assert!(!known.address(1, deprecated));
    assert!(known.address(1, ADDRESS));
    assert_eq!(known.interfaces()[0].addresses, [ADDRESS]);
}

#[test]
fn an_address_gone_is_news_once_and_its_twin_with_another_prefix_stays() {
    let mut known = Known::new(vec![interface(1)]);
    let twin = InterfaceAddress {
        prefix_len: 128,
        ..ADDRESS
    };
    assert!(known.address(1, twin.clone()));
    assert!(known.address_gone(1, &ADDRESS));
    assert!(!known.address_gone(1, &ADDRESS));
    assert_eq!(known.interfaces()[0].addresses, [twin]);
}

#[test]
fn addresses_of_unknown_interfaces_are_no_news() {
    let mut known = Known::new(Vec::new());
    assert!(!known.address(9, ADDRESS));
    assert!(!known.address_gone(9, &ADDRESS));
}

#[test]
fn a_list_in_another_order_of_addresses_is_the_same_list() {
    let second = InterfaceAddress {
        ip: IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)),
        prefix_len: 8,
        usable: true,
    };
    let with = |addresses: Vec<InterfaceAddress>| Interface {
        addresses,
        ..interface(1)
    };
    let mut known = Known::new(vec![with(vec![ADDRESS, second.clone()])]);
    assert!(!known.replace(vec![with(vec![second.clone(), ADDRESS])]));
    assert!(known.replace(vec![with(vec![second])]));
    assert!(known.replace(Vec::new()));
}

#[test]
fn an_interface_that_lost_something_is_interrupted_though_it_has_it_back() {
    let interruptions: [fn(&mut Known); 4] = [
        |known| {
            known.link_gone(1);
            known.link(interface(1));
        },
        |known| {
            known.address_gone(1, &ADDRESS);
            known.address(1, ADDRESS);
        },
        |known| {
            known.replace(vec![interface(2)]);
        },
        |known| {
            known.replace(vec![bare(1), interface(2)]);
        },
    ];
    for (number, interrupt) in interruptions.iter().enumerate() {
        let mut known = Known::new(vec![interface(1), interface(2)]);
        interrupt(&mut known);
        assert_eq!(known.take_interrupted(), [1], "interrupt {number}");
        assert!(known.take_interrupted().is_empty(), "reported once");
    }
}

#[test]
fn what_comes_or_is_said_again_interrupts_nothing() {
    let mut known = Known::new(vec![interface(1)]);
    known.link(bare(1));
    known.link(interface(2));
    known.link_gone(3);
    known.address(
        1,
        InterfaceAddress {
            usable: false,
            ..ADDRESS
        },
    );
    known.address_gone(
        1,
        &InterfaceAddress {
            prefix_len: 48,
            ..ADDRESS
        },
    );
    known.replace(vec![interface(1), interface(2), interface(3)]);
    assert!(known.take_interrupted().is_empty());
}

#[test]
fn when_notices_are_lost_every_interface_may_be_interrupted() {
    let mut known = Known::new(vec![interface(1), interface(2)]);
    known.shake_all();
    assert_eq!(known.take_interrupted(), [1, 2]);
}
