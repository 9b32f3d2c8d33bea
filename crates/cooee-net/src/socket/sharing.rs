//! Whether another program holds the port.
//!
//! In:  a port. Out: whether an exclusive bind of it is refused. RFC 6762 section 15.1.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::os;
use crate::interface::Family;

//= https://www.rfc-editor.org/rfc/rfc6762#section-15.1
//# One way to detect if there is another
//# Multicast DNS implementation already running is to attempt binding to
//# port 5353 without using SO_REUSEPORT and/or SO_REUSEADDR, and if that
//# fails it indicates that some other socket is already bound to this
//# port.
/// Returns whether another socket of this machine holds a UDP port, by trying to bind it
/// exclusively.
///
/// Call this before you open your own sockets on the port. If the port is shared, unicast answers
/// reach only one of the sharing sockets.
pub fn port_is_shared(port: u16) -> bool {
    [Family::V4, Family::V6].into_iter().any(|family| {
        bind_alone(family, port).is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse)
    })
}

fn bind_alone(family: Family, port: u16) -> io::Result<()> {
    let (domain, only_v6) = match family {
        Family::V4 => (Domain::IPV4, false),
        Family::V6 => (Domain::IPV6, true),
    };
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    if only_v6 {
        socket.set_only_v6(true)?;
    }
    os::exclusive(&socket)?;
    socket.bind(&any(family, port))
}

/// Returns the unspecified address of a family with a port.
pub(super) fn any(family: Family, port: u16) -> SockAddr {
    let ip = match family {
        Family::V4 => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        Family::V6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    SockAddr::from(SocketAddr::from((ip, port)))
}
