//! Socket options of Windows.
//!
//! In:  a new socket. Out: one option set per function, so that an error knows its name.
//!
//! There is no `SO_REUSEPORT`. `SO_REUSEADDR` lets any program bind the same port, even one that is
//! used by a program that did not ask to share. Every implementation of Multicast DNS on Windows
//! sets it; without it, the port cannot be shared at all. Multicast reaches all sharing sockets.
//!
//! An interface is named by its index if the system accepts that for IPv4, otherwise by one of its
//! addresses (Wine 8 accepts only those).

use std::io;
use std::net::Ipv4Addr;
use std::os::windows::io::AsRawSocket;

use socket2::{InterfaceIndexOrAddress, Socket};
use windows_sys::Win32::Networking::WinSock::{
    IP_MULTICAST_IF, IP_PKTINFO, IP_RECVTTL, IPPROTO_IP, IPPROTO_IPV6, IPV6_HOPLIMIT, IPV6_PKTINFO,
    SO_EXCLUSIVEADDRUSE, SOCKET, SOL_SOCKET, setsockopt,
};

use crate::interface::{Family, Interface};

/// Does nothing: there is no such option, and `SO_REUSEADDR` is sufficient.
pub(super) fn reuse_port(_socket: &Socket) -> io::Result<()> {
    Ok(())
}

/// Does nothing here; see the Linux version.
pub(super) fn after_bind(_socket: &Socket, _family: Family) -> io::Result<()> {
    Ok(())
}

/// Makes the next bind fail if any program holds the port.
pub(super) fn exclusive(socket: &Socket) -> io::Result<()> {
    set(socket, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1)
}

pub(super) fn receive_buffer(socket: &Socket, bytes: usize) -> io::Result<()> {
    socket.set_recv_buffer_size(bytes)
}

/// Attaches the interface and the destination to each datagram.
pub(super) fn packet_info(socket: &Socket, family: Family) -> io::Result<()> {
    match family {
        Family::V4 => set(socket, IPPROTO_IP, IP_PKTINFO, 1),
        Family::V6 => set(socket, IPPROTO_IPV6, IPV6_PKTINFO, 1),
    }
}

/// Attaches the TTL to each datagram.
pub(super) fn received_ttl(socket: &Socket, family: Family) -> io::Result<()> {
    match family {
        Family::V4 => set(socket, IPPROTO_IP, IP_RECVTTL, 1),
        Family::V6 => set(socket, IPPROTO_IPV6, IPV6_HOPLIMIT, 1),
    }
}

/// Does nothing: Windows delivers only groups that the socket itself joined.
pub(super) fn only_joined(_socket: &Socket, _family: Family) -> io::Result<()> {
    Ok(())
}

/// Sets the interface by which group datagrams leave.
pub(super) fn multicast_interface(
    socket: &Socket,
    family: Family,
    interface: &Interface,
) -> io::Result<()> {
    match family {
        // An index is written as an address of 0.0.0.0/8, in network order.
        Family::V4 => {
            let by_index = interface.index.to_be() as i32;
            set(socket, IPPROTO_IP, IP_MULTICAST_IF, by_index).or_else(|error| {
                let address = interface.first_ipv4().ok_or(error)?;
                socket.set_multicast_if_v4(&address)
            })
        }
        Family::V6 => socket.set_multicast_if_v6(interface.index),
    }
}

/// Joins a group on an interface by its index, or by one of its addresses.
pub(super) fn join_v4(
    socket: &Socket,
    group: &Ipv4Addr,
    index: u32,
    address: Option<Ipv4Addr>,
) -> io::Result<()> {
    socket
        .join_multicast_v4_n(group, &InterfaceIndexOrAddress::Index(index))
        .or_else(|error| socket.join_multicast_v4(group, &address.ok_or(error)?))
}

/// Leaves a group on an interface by its index, or by one of its addresses.
pub(super) fn leave_v4(
    socket: &Socket,
    group: &Ipv4Addr,
    index: u32,
    address: Option<Ipv4Addr>,
) -> io::Result<()> {
    socket
        .leave_multicast_v4_n(group, &InterfaceIndexOrAddress::Index(index))
        .or_else(|error| socket.leave_multicast_v4(group, &address.ok_or(error)?))
}

fn set(socket: &Socket, level: i32, name: i32, value: i32) -> io::Result<()> {
    let bytes = value.to_ne_bytes();
    // SAFETY: the pointer and the length describe `bytes`, which live through the call; the
    // system only reads them.
    let result = unsafe {
        setsockopt(
            socket.as_raw_socket() as SOCKET,
            level,
            name,
            bytes.as_ptr(),
            bytes.len() as i32,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
