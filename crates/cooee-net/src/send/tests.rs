//! Which scope an address gets.

use std::net::{Ipv6Addr, SocketAddrV6};

use super::scoped;

fn scope_of(ip: &str, given: u32) -> u32 {
    let ip: Ipv6Addr = ip.parse().expect("an address");
    scoped(SocketAddrV6::new(ip, 5353, 0, given), 7).scope_id()
}

#[test]
fn a_link_scoped_address_without_a_scope_gets_the_interface() {
    for ip in ["fe80::1", "ff02::fb", "ff01::1", "ff12::1"] {
        assert_eq!(scope_of(ip, 0), 7, "{ip}");
        assert_eq!(scope_of(ip, 3), 3, "{ip}");
    }
}

#[test]
fn a_wider_address_gets_no_scope() {
    for ip in ["2001:db8::1", "fd00::1", "::1", "ff05::fb"] {
        assert_eq!(scope_of(ip, 0), 0, "{ip}");
    }
}
