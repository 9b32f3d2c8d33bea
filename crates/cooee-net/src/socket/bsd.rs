//! Socket options of Apple systems and FreeBSD.
//!
//! In:  a fresh socket. Out: one option set per function, so that an error knows its name.
//!
//! `SO_REUSEADDR` and `SO_REUSEPORT`: here it is the second that lets several sockets bind the same
//! port, when all of them set it. Multicast reaches all of them, unicast the one bound last.

use std::io;

use socket2::Socket;

use super::unix::set;
pub(super) use super::unix::{join_v4, leave_v4};
use crate::interface::{Family, Interface};

pub(super) fn reuse_port(socket: &Socket) -> io::Result<()> {
    socket.set_reuse_port(true)
}

/// Nothing to do here; see the Linux twin.
pub(super) fn after_bind(_socket: &Socket, _family: Family) -> io::Result<()> {
    Ok(())
}

/// Nothing to do: without the reuse options a bind is exclusive.
pub(super) fn exclusive(_socket: &Socket) -> io::Result<()> {
    Ok(())
}

/// Asks for a buffer; these systems refuse what is beyond their ceiling, so asks for less then.
pub(super) fn receive_buffer(socket: &Socket, bytes: usize) -> io::Result<()> {
    let mut bytes = bytes;
    loop {
        match socket.set_recv_buffer_size(bytes) {
            Err(_) if bytes > RECEIVE_BUFFER_BYTES_MIN => bytes /= 2,
            result => return result,
        }
    }
}

/// Has each datagram tell its interface and destination.
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

/// Has each datagram tell its TTL.
pub(super) fn received_ttl(socket: &Socket, family: Family) -> io::Result<()> {
    match family {
        Family::V4 => set(socket, libc::IPPROTO_IP, libc::IP_RECVTTL, 1),
        Family::V6 => set(socket, libc::IPPROTO_IPV6, libc::IPV6_RECVHOPLIMIT, 1),
    }
}

/// Nothing to do: these systems deliver only what the socket itself joined.
pub(super) fn only_joined(_socket: &Socket, _family: Family) -> io::Result<()> {
    Ok(())
}

/// Chooses the interface that group datagrams leave by.
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

/// Below this there is no point in asking for less.
const RECEIVE_BUFFER_BYTES_MIN: usize = 64 * 1024;
