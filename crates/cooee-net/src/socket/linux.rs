//! Socket options of Linux and Android.
//!
//! In:  a fresh socket. Out: one option set per function, so that an error knows its name.
//!
//! `SO_REUSEADDR` and `SO_REUSEPORT` (kernel 3.9) both are set for `bind`: the second lets us share
//! with programs that came before and set only that one. Unicast reaches one of the sharers.
//!
//! After `bind`, `SO_REUSEPORT` is taken back for IPv4. Since kernel 6.6 a multicast that only one
//! socket of the machine wants is found early, and then handed to *any* socket of that one's
//! `SO_REUSEPORT` group, which is every socket of this user on the port: with a socket per
//! interface the datagram lands, now and then, on one that did not join there and is lost to the
//! one that did. A socket without the flag keeps what is its own.

use std::io;

use socket2::Socket;

use super::unix::set;
pub(super) use super::unix::{join_v4, leave_v4};
use crate::interface::{Family, Interface};

pub(super) fn reuse_port(socket: &Socket) -> io::Result<()> {
    socket.set_reuse_port(true)
}

/// Keeps IPv4 multicast from being handed to other sockets of the port; see the head of this file.
pub(super) fn after_bind(socket: &Socket, family: Family) -> io::Result<()> {
    match family {
        Family::V4 => set(socket, libc::SOL_SOCKET, libc::SO_REUSEPORT, 0).or(Ok(())),
        Family::V6 => Ok(()),
    }
}

/// Nothing to do: without the reuse options a bind is exclusive.
pub(super) fn exclusive(_socket: &Socket) -> io::Result<()> {
    Ok(())
}

/// Asks for a buffer; with the right to, beyond the system's ceiling.
pub(super) fn receive_buffer(socket: &Socket, bytes: usize) -> io::Result<()> {
    let forced = libc::c_int::try_from(bytes).unwrap_or(libc::c_int::MAX);
    // The kernel doubles what it is asked for, to cover its own bookkeeping.
    set(socket, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, forced / 2)
        .or_else(|_| socket.set_recv_buffer_size(bytes))
}

/// Has each datagram tell its interface and destination, when it came, where the system can say, and
/// how many were dropped before it.
pub(super) fn packet_info(socket: &Socket, family: Family) -> io::Result<()> {
    set(socket, libc::SOL_SOCKET, libc::SO_RXQ_OVFL, 1)?;
    set(socket, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, 1).or(Ok::<_, io::Error>(()))?;
    match family {
        Family::V4 => set(socket, libc::IPPROTO_IP, libc::IP_PKTINFO, 1),
        Family::V6 => set(socket, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, 1),
    }
}

/// Has each datagram tell its TTL.
pub(super) fn received_ttl(socket: &Socket, family: Family) -> io::Result<()> {
    match family {
        Family::V4 => set(socket, libc::IPPROTO_IP, libc::IP_RECVTTL, 1),
        Family::V6 => set(socket, libc::IPPROTO_IPV6, libc::IPV6_RECVHOPLIMIT, 1),
    }
}

/// Keeps out the groups that other sockets of this machine joined.
pub(super) fn only_joined(socket: &Socket, family: Family) -> io::Result<()> {
    match family {
        Family::V4 => set(socket, libc::IPPROTO_IP, IP_MULTICAST_ALL, 0),
        Family::V6 => set(socket, libc::IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0),
    }
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
    // The loopback address has host scope, which the kernel does not choose as a source by itself.
    let source = interface.first_ipv4().filter(|ip| ip.is_loopback());
    let request = libc::ip_mreqn {
        imr_multiaddr: libc::in_addr { s_addr: 0 },
        imr_address: libc::in_addr {
            s_addr: source.map_or(0, |ip| u32::from(ip).to_be()),
        },
        imr_ifindex: i32::try_from(interface.index).unwrap_or(0),
    };
    set(socket, libc::IPPROTO_IP, libc::IP_MULTICAST_IF, request)
}

// From <linux/in.h> and <linux/in6.h>; not every target of the libc crate names them.
const IP_MULTICAST_ALL: libc::c_int = 49;
const IPV6_MULTICAST_ALL: libc::c_int = 29;
