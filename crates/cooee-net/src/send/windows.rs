//! Sending on Windows: one `sendto` per datagram.
//!
//! In:  addressed datagrams. Out: how many the system accepted. Unicast follows the routing table;
//!      Windows sends from an address of the interface that it chooses.

use std::io;

use socket2::{SockAddr, Socket};

use super::Addressed;
use crate::interface::Family;

pub(crate) fn send(
    socket: &Socket,
    _interface_index: u32,
    _family: Family,
    datagrams: &[Addressed<'_>],
) -> io::Result<usize> {
    for (sent, datagram) in datagrams.iter().enumerate() {
        match socket.send_to(datagram.bytes, &SockAddr::from(datagram.to)) {
            Ok(_) => {}
            Err(error) if sent == 0 => return Err(error),
            Err(_) => return Ok(sent),
        }
    }
    Ok(datagrams.len())
}
