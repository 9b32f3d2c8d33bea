//! Control messages there and back.

use std::mem::zeroed;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use super::{Control, gather, leave_by, note, source, write};
use crate::interface::Family;
use crate::packet_info::PacketInfo;

/// The message with the interface of an IPv4 datagram, and its shortest useful length.
#[cfg(not(target_os = "freebsd"))]
const INTERFACE_V4: libc::c_int = libc::IP_PKTINFO;
#[cfg(target_os = "freebsd")]
const INTERFACE_V4: libc::c_int = libc::IP_RECVIF;
const LENGTH_V4: usize = if cfg!(target_os = "freebsd") { 4 } else { 12 };

fn read_back(control: &mut Control, length: usize) -> PacketInfo {
    // SAFETY: all zeros are valid for this C structure.
    let mut header = unsafe { zeroed::<libc::msghdr>() };
    header.msg_control = control.0.as_mut_ptr().cast();
    header.msg_controllen = length as _;
    // SAFETY: the control memory is initialised, aligned and alive.
    unsafe { gather(&header) }
}

#[test]
fn the_interface_to_leave_by_reads_back_as_the_interface() {
    // FreeBSD has no such message for IPv4.
    let families = [Family::V6, Family::V4];
    let count = if cfg!(target_os = "freebsd") { 1 } else { 2 };
    for family in families.into_iter().take(count) {
        let mut control = Control::empty();
        let length = leave_by(0x0102, family, &mut control);
        assert_eq!(
            read_back(&mut control, length).interface_index,
            0x0102,
            "{family}"
        );
    }
}

#[test]
fn no_control_bytes_tell_nothing() {
    assert_eq!(read_back(&mut Control::empty(), 0), PacketInfo::default());
}

#[test]
fn control_messages_that_are_too_short_tell_nothing() {
    let mut info = PacketInfo::default();
    for length in 0..LENGTH_V4 {
        let data = &[1; 12][..length];
        note(&mut info, libc::IPPROTO_IP, INTERFACE_V4, data);
    }
    for length in 0..16 {
        note(
            &mut info,
            libc::IPPROTO_IPV6,
            libc::IPV6_PKTINFO,
            &[1; 16][..length],
        );
    }
    assert_eq!(info, PacketInfo::default());
}

#[test]
fn a_message_of_another_kind_is_passed_over() {
    let mut control = Control::empty();
    let length = write(&mut control, libc::SOL_SOCKET, libc::SCM_RIGHTS, &[9; 4]);
    assert_eq!(read_back(&mut control, length), PacketInfo::default());
}

#[test]
fn a_length_beyond_the_message_is_not_followed() {
    let mut control = Control::empty();
    let length = leave_by(7, Family::V6, &mut control);
    // A second header that claims less than a header's size ends the iteration.
    assert_eq!(read_back(&mut control, length + 8).interface_index, 7);
}

#[test]
fn a_source_address_keeps_port_and_scope() {
    let v4 = SocketAddr::from((Ipv4Addr::new(10, 0, 0, 9), 5353));
    let v6 = SocketAddr::V6(SocketAddrV6::new(
        Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 9),
        5353,
        0,
        3,
    ));
    for address in [v4, v6] {
        let packed = socket2::SockAddr::from(address);
        // SAFETY: all zeros are valid for this C structure.
        let mut storage = unsafe { zeroed::<libc::sockaddr_storage>() };
        // SAFETY: the packed address is at most as long as a storage, which is where it goes.
        unsafe {
            std::ptr::copy_nonoverlapping(
                packed.as_ptr().cast::<u8>(),
                std::ptr::from_mut(&mut storage).cast(),
                packed.len() as usize,
            );
        }
        assert_eq!(source(&storage), Some(address));
    }
}

#[test]
fn an_address_of_no_known_family_is_none() {
    // SAFETY: all zeros are valid for this C structure.
    let storage = unsafe { zeroed::<libc::sockaddr_storage>() };
    assert_eq!(source(&storage), None);
}
