//! Choosing again: an error at the start is a normal state later.

use std::net::{IpAddr, Ipv4Addr};

use cooee_net::{
    Family, Interface, InterfaceAddress, InterfaceFlags, InterfaceKind, InterfaceSelector,
    SelectError, SelectionRule,
};

use super::{Selection, changed};

fn interface(name: &str, index: u32) -> Interface {
    let ip = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    Interface {
        name: name.to_owned(),
        index,
        flags: InterfaceFlags {
            up: true,
            running: true,
            multicast: true,
            ..Default::default()
        },
        kind: InterfaceKind::Ethernet,
        mtu: 1_500,
        addresses: vec![InterfaceAddress {
            ip,
            prefix_len: 24,
            usable: true,
        }],
    }
}

fn selected(selection: &Selection, interfaces: &[Interface]) -> Vec<u32> {
    let decisions = selection.again(interfaces);
    assert_eq!(decisions.len(), interfaces.len());
    let selected = decisions.iter().filter(|decision| decision.selected);
    selected.map(|decision| decision.interface.index).collect()
}

fn list<const N: usize>(names: [&str; N]) -> Selection {
    Selection::new(SelectionRule::list(names.map(InterfaceSelector::from)))
}

#[test]
fn a_listed_interface_that_is_unplugged_is_no_error_and_is_taken_again_when_it_is_back() {
    let selection = list(["eth0", "usb0"]);
    assert_eq!(selected(&selection, &[interface("eth0", 2)]), [2]);
    assert_eq!(
        selected(&selection, &[interface("eth0", 2), interface("usb0", 7)]),
        [2, 7]
    );
}

#[test]
fn when_all_listed_interfaces_are_gone_none_is_taken() {
    let selection = list(["usb0"]);
    assert_eq!(
        selected(&selection, &[interface("eth0", 2)]),
        [] as [u32; 0]
    );
}

#[test]
fn at_the_start_a_listed_interface_that_is_not_there_is_an_error() {
    let error = list(["usb0"])
        .first(&[interface("eth0", 2)])
        .expect_err("usb0 is not there");
    assert!(matches!(error, SelectError::NotFound { .. }));
    assert!(error.to_string().contains("usb0"), "{error}");
    assert!(error.to_string().contains("eth0"), "{error}");
}

#[test]
fn when_the_default_rule_leaves_nothing_any_more_none_is_taken() {
    let selection = Selection::new(SelectionRule::default());
    assert_eq!(
        selected(&selection, &[interface("docker0", 3)]),
        [] as [u32; 0]
    );
}

#[test]
fn families_are_those_of_the_rule() {
    let mut rule = SelectionRule::default();
    assert_eq!(
        Selection::new(rule.clone()).families(),
        [Family::V4, Family::V6]
    );
    rule.ipv4 = false;
    assert_eq!(Selection::new(rule).families(), [Family::V6]);
}

#[test]
fn only_what_is_decided_otherwise_than_before_is_new() {
    let selection = Selection::new(SelectionRule::default());
    let (eth, mut wlan) = (interface("eth0", 2), interface("wlan0", 3));
    let before = selection.again(&[eth.clone(), wlan.clone()]);
    let names = |now: &[Interface]| -> Vec<String> {
        let now = selection.again(now);
        changed(&before, &now)
            .map(|decision| decision.interface.name.clone())
            .collect()
    };
    assert_eq!(names(&[eth.clone(), wlan.clone()]), [""; 0]);
    wlan.addresses.push(wlan.addresses[0].clone());
    assert_eq!(
        names(&[eth.clone(), wlan.clone()]),
        [""; 0],
        "another address decides nothing"
    );
    wlan.flags.up = false;
    assert_eq!(names(&[eth.clone(), wlan]), ["wlan0"]);
    assert_eq!(names(&[eth, interface("usb0", 4)]), ["usb0"]);
}
