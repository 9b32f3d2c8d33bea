//! What all Unix systems have in common: membership by interface index, and setting options.
//!
//! In:  a socket, a group, an interface's index; an option and its value.
//! Out: the system's answer.

use std::io;
use std::mem::size_of;
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd;

use socket2::{InterfaceIndexOrAddress, Socket};

/// Joins a group on an interface by its index.
pub(super) fn join_v4(
    socket: &Socket,
    group: &Ipv4Addr,
    index: u32,
    _address: Option<Ipv4Addr>,
) -> io::Result<()> {
    socket.join_multicast_v4_n(group, &InterfaceIndexOrAddress::Index(index))
}

/// Leaves a group on an interface by its index.
pub(super) fn leave_v4(
    socket: &Socket,
    group: &Ipv4Addr,
    index: u32,
    _address: Option<Ipv4Addr>,
) -> io::Result<()> {
    socket.leave_multicast_v4_n(group, &InterfaceIndexOrAddress::Index(index))
}

/// Sets an option whose value is an int or a C structure of plain integers.
pub(super) fn set<T: Copy>(
    socket: &Socket,
    level: libc::c_int,
    name: libc::c_int,
    value: T,
) -> io::Result<()> {
    // SAFETY: the pointer and the size describe `value`, which lives through the call; the
    // kernel only reads it.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            name,
            std::ptr::from_ref(&value).cast(),
            size_of::<T>() as libc::socklen_t,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
