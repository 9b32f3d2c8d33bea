//! Valid and invalid messages of the kernel.

use std::net::IpAddr;

use super::{Address, Dump, Link, Message, messages};

fn message(kind: u16, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(u32::try_from(16 + body.len()).expect("short").to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend([0; 10]);
    bytes.extend(body);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(u16::try_from(4 + value.len()).expect("short").to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn link_head(family: u8, index: u32, flags: u32) -> Vec<u8> {
    let mut body = vec![family, 0];
    body.extend(1_u16.to_ne_bytes());
    body.extend(index.to_ne_bytes());
    body.extend(flags.to_ne_bytes());
    body.extend(0_u32.to_ne_bytes());
    body
}

fn address_message(kind: u16, attributes: &[Vec<u8>]) -> Vec<u8> {
    let mut body = vec![libc::AF_INET as u8, 24, 0x80, 0];
    body.extend(7_u32.to_ne_bytes());
    body.extend(attributes.concat());
    message(kind, &body)
}

fn tun_link() -> Vec<u8> {
    let data = attribute(libc::IFLA_INFO_DATA, &attribute(super::TUN_TYPE, &[1]));
    let info = [attribute(libc::IFLA_INFO_KIND, b"tun\0"), data].concat();
    let mut body = link_head(0, 3, libc::IFF_UP as u32);
    body.extend(attribute(libc::IFLA_IFNAME, b"tap9\0"));
    body.extend(attribute(libc::IFLA_MTU, &1400_u32.to_ne_bytes()));
    // The kernel marks nested attributes with a bit that is not part of their type.
    body.extend(attribute(libc::IFLA_LINKINFO | 0x8000, &info));
    message(libc::RTM_NEWLINK, &body)
}

#[test]
fn a_link_tells_its_name_mtu_and_kind() {
    let decoded: Vec<Message> = messages(&tun_link()).collect();
    let expected = Link {
        index: 3,
        name: "tap9".to_owned(),
        flags: libc::IFF_UP as u32,
        mtu: 1400,
        hardware: 1,
        kind: "tun".to_owned(),
        tun_type: Some(1),
        ..Link::default()
    };
    assert_eq!(decoded, [Message::Link(expected)]);
}

#[test]
fn a_bridges_view_of_its_port_is_no_link_of_its_own() {
    let body = link_head(libc::AF_BRIDGE as u8, 3, 0);
    assert_eq!(messages(&message(libc::RTM_DELLINK, &body)).next(), None);
    let body = link_head(0, 3, 0);
    let gone = messages(&message(libc::RTM_DELLINK, &body)).next();
    assert_eq!(gone, Some(Message::LinkGone(3)));
}

#[test]
fn the_local_address_of_a_tunnel_is_ours_and_wide_flags_replace_narrow_ones() {
    let bytes = address_message(
        libc::RTM_NEWADDR,
        &[
            attribute(libc::IFA_ADDRESS, &[10, 0, 0, 2]),
            attribute(libc::IFA_LOCAL, &[10, 0, 0, 1]),
            attribute(libc::IFA_FLAGS, &0x280_u32.to_ne_bytes()),
        ],
    );
    let expected = Address {
        index: 7,
        ip: IpAddr::from([10, 0, 0, 1]),
        prefix_len: 24,
        flags: 0x280,
    };
    assert_eq!(
        messages(&bytes).collect::<Vec<_>>(),
        [Message::Address(expected)]
    );
}

#[test]
fn an_address_without_an_address_is_skipped_and_the_next_message_read() {
    let mut bytes = address_message(libc::RTM_NEWADDR, &[]);
    bytes.extend(message(super::DONE, &[0; 4]));
    assert_eq!(messages(&bytes).collect::<Vec<_>>(), [Message::Done]);
}

#[test]
fn an_acknowledgement_is_no_error() {
    let refused = message(super::ERROR, &(-libc::EPERM).to_ne_bytes());
    let acknowledged = message(super::ERROR, &0_i32.to_ne_bytes());
    assert_eq!(
        messages(&refused).next(),
        Some(Message::Refused(libc::EPERM))
    );
    assert_eq!(messages(&acknowledged).next(), None);
}

#[test]
fn bytes_cut_anywhere_yield_nothing_false_and_end() {
    let whole = tun_link();
    for length in 0..whole.len() {
        assert_eq!(messages(&whole[..length]).count(), 0, "cut to {length}");
    }
}

#[test]
fn lengths_that_lie_end_the_reading() {
    for length in [0_u32, 3, 15, 17, 0xFFFF_FFFF] {
        let mut bytes = message(super::DONE, &[]);
        bytes[..4].copy_from_slice(&length.to_ne_bytes());
        assert_eq!(messages(&bytes).count(), 0, "a length of {length}");
    }
    // An attribute of length zero would be read for ever.
    let mut body = link_head(0, 3, 0);
    body.extend([0; 8]);
    assert_eq!(messages(&message(libc::RTM_NEWLINK, &body)).count(), 1);
}

#[test]
fn a_dump_ends_with_done_and_remembers_that_it_was_interrupted() {
    let mut dump = Dump::default();
    let mut link = tun_link();
    assert!(!dump.take_in(&link).expect("a link"));
    assert!(!dump.interrupted);
    link[6] = 0x10;
    assert!(!dump.take_in(&link).expect("a link"));
    assert!(
        dump.take_in(&message(super::DONE, &[0; 4]))
            .expect("the end")
    );
    assert!(dump.interrupted);
    assert_eq!(dump.messages.len(), 2);
}

#[test]
fn a_refused_dump_is_an_error_of_the_system() {
    let refused = message(super::ERROR, &(-libc::EPERM).to_ne_bytes());
    let error = Dump::default().take_in(&refused).expect_err("refused");
    assert_eq!(error.raw_os_error(), Some(libc::EPERM));
}
