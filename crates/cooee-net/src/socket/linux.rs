//! Socket options of Linux and Android.
//!
//! In:  a new socket. Out: one option set per function, so that an error knows its name.
//!
//! `SO_REUSEADDR` and `SO_REUSEPORT` (kernel 3.9) are both set for `bind`. The second lets us share
//! the port with programs that started earlier and set only that one. Unicast reaches one of the
//! sharing sockets.
//!
//! After `bind`, `SO_REUSEPORT` is cleared for IPv4. Since kernel 6.6, a multicast that only one
//! socket of the machine wants is found early, and then delivered to *any* socket of that socket's
//! `SO_REUSEPORT` group. The group contains every socket of this user on the port. With one socket
//! per interface, some datagrams would reach a socket that did not join the group on that
//! interface, and the right socket would lose them. A socket without the flag gets its own
//! datagrams.

use std::io;

use socket2::Socket;

use super::unix::set;
pub(super) use super::unix::{join_v4, leave_v4};
use crate::interface::{Family, Interface};

pub(super) fn reuse_port(socket: &Socket) -> io::Result<()> {
    socket.set_reuse_port(true)
}

/// Prevents IPv4 multicasts from being delivered to other sockets of the port; see the top of this
/// file.
pub(super) fn after_bind(socket: &Socket, family: Family) -> io::Result<()> {
    match family {
        Family::V4 => set(socket, libc::SOL_SOCKET, libc::SO_REUSEPORT, 0).or(Ok(())),
        Family::V6 => Ok(()),
    }
}

/// Does nothing: without the reuse options, a bind is exclusive.
pub(super) fn exclusive(_socket: &Socket) -> io::Result<()> {
    Ok(())
}

/// Requests a buffer; with the privilege for it, above the system's limit.
pub(super) fn receive_buffer(socket: &Socket, bytes: usize) -> io::Result<()> {
    let forced = libc::c_int::try_from(bytes).unwrap_or(libc::c_int::MAX);
    // The kernel doubles the requested size, for its own bookkeeping.
    set(socket, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, forced / 2)
        .or_else(|_| socket.set_recv_buffer_size(bytes))
}

/// Attaches to each datagram its interface and destination, its arrival time (where the system
/// reports it), and how many datagrams were dropped before it.
pub(super) fn packet_info(socket: &Socket, family: Family) -> io::Result<()> {
    set(socket, libc::SOL_SOCKET, libc::SO_RXQ_OVFL, 1)?;
    set(socket, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, 1).or(Ok::<_, io::Error>(()))?;
    match family {
        Family::V4 => set(socket, libc::IPPROTO_IP, libc::IP_PKTINFO, 1),
        Family::V6 => set(socket, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, 1),
    }
}

/// Attaches the TTL to each datagram.
pub(super) fn received_ttl(socket: &Socket, family: Family) -> io::Result<()> {
    match family {
        Family::V4 => set(socket, libc::IPPROTO_IP, libc::IP_RECVTTL, 1),
        Family::V6 => set(socket, libc::IPPROTO_IPV6, libc::IPV6_RECVHOPLIMIT, 1),
    }
}

/// Keeps out groups that other sockets of this machine joined.
pub(super) fn only_joined(socket: &Socket, family: Family) -> io::Result<()> {
    match family {
        Family::V4 => set(socket, libc::IPPROTO_IP, IP_MULTICAST_ALL, 0),
        Family::V6 => set(socket, libc::IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0),
    }
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
    // The loopback address has host scope, so the kernel does not choose it as a source.
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
