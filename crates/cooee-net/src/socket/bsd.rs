//! Socket options of Apple systems and FreeBSD.
//!
//! In:  a new socket. Out: one option set per function, so that an error knows its name.
//!
//! On these systems, several sockets can bind the same port if all of them set `SO_REUSEPORT`;
//! `SO_REUSEADDR` is not enough. Multicast reaches all of them, unicast only the one that was bound
//! last.

use std::io;

use socket2::Socket;

use super::unix::set;
pub(super) use super::unix::{join_v4, leave_v4};
use crate::interface::{Family, Interface};

pub(super) fn reuse_port(socket: &Socket) -> io::Result<()> {
    socket.set_reuse_port(true)
}

/// Does nothing here; see the Linux version.
pub(super) fn after_bind(_socket: &Socket, _family: Family) -> io::Result<()> {
    Ok(())
}

/// Does nothing: without the reuse options, a bind is exclusive.
pub(super) fn exclusive(_socket: &Socket) -> io::Result<()> {
    Ok(())
}

/// Requests a buffer. These systems refuse a size above their limit, so smaller sizes are tried.
pub(super) fn receive_buffer(socket: &Socket, bytes: usize) -> io::Result<()> {
    let mut bytes = bytes;
    loop {
        match socket.set_recv_buffer_size(bytes) {
            Err(_) if bytes > RECEIVE_BUFFER_BYTES_MIN => bytes /= 2,
            result => return result,
        }
    }
}

/// Attaches the interface and the destination to each datagram.
pub(super) fn packet_info(socket: &Socket, family: Family) -> io::Result<()> {
    match family {
        Family::V4 => packet_info_v4(socket),
        Family::V6 => set(socket, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, 1),
    }
}

#[cfg(target_vendor = "apple")]
fn packet_info_v4(socket: &Socket) -> io::Result<()> {
    // IP_PKTINFO and IP_RECVPKTINFO are one option.
    set(socket, libc::IPPROTO_IP, libc::IP_PKTINFO, 1)
}

#[cfg(not(target_vendor = "apple"))]
fn packet_info_v4(socket: &Socket) -> io::Result<()> {
    set(socket, libc::IPPROTO_IP, libc::IP_RECVDSTADDR, 1)?;
    set(socket, libc::IPPROTO_IP, libc::IP_RECVIF, 1)
}

/// Attaches the TTL to each datagram.
pub(super) fn received_ttl(socket: &Socket, family: Family) -> io::Result<()> {
    match family {
        Family::V4 => set(socket, libc::IPPROTO_IP, libc::IP_RECVTTL, 1),
        Family::V6 => set(socket, libc::IPPROTO_IPV6, libc::IPV6_RECVHOPLIMIT, 1),
    }
}

/// Does nothing: these systems deliver only groups that the socket itself joined.
pub(super) fn only_joined(_socket: &Socket, _family: Family) -> io::Result<()> {
    Ok(())
}

/// Sets the interface by which group datagrams leave.
pub(super) fn multicast_interface(
    socket: &Socket,
    family: Family,
    interface: &Interface,
) -> io::Result<()> {
    if family == Family::V6 {
        return socket.set_multicast_if_v6(interface.index);
    }
    let request = libc::ip_mreqn {
        imr_multiaddr: libc::in_addr { s_addr: 0 },
        imr_address: libc::in_addr { s_addr: 0 },
        imr_ifindex: i32::try_from(interface.index).unwrap_or(0),
    };
    set(socket, libc::IPPROTO_IP, libc::IP_MULTICAST_IF, request)
}

/// The smallest size that is tried.
const RECEIVE_BUFFER_BYTES_MIN: usize = 64 * 1024;
