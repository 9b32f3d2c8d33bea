//! Sending on Apple systems and FreeBSD: one `sendmsg` per datagram.
//!
//! In:  addressed datagrams. Out: how many the kernel accepted.

use std::io;
use std::mem::zeroed;
use std::os::fd::AsRawFd;

use socket2::{SockAddr, Socket};

use super::Addressed;
use crate::control::{Control, leave_by};
use crate::interface::Family;

pub(crate) fn send(
    socket: &Socket,
    interface_index: u32,
    family: Family,
    datagrams: &[Addressed<'_>],
) -> io::Result<usize> {
    let mut control = Control::empty();
    let control_length = leave_by(interface_index, family, &mut control);
    for (sent, datagram) in datagrams.iter().enumerate() {
        // The socket's multicast interface determines where group datagrams leave. Other datagrams
        // would follow the routing table, which may have another route to the same address.
        let length = if datagram.to.ip().is_multicast() {
            0
        } else {
            control_length
        };
        match send_one(socket, datagram, &mut control, length) {
            Ok(()) => {}
            Err(error) if sent == 0 => return Err(error),
            Err(_) => return Ok(sent),
        }
    }
    Ok(datagrams.len())
}

fn send_one(
    socket: &Socket,
    datagram: &Addressed<'_>,
    control: &mut Control,
    control_length: usize,
) -> io::Result<()> {
    let name = SockAddr::from(datagram.to);
    let mut buffer = libc::iovec {
        iov_base: datagram.bytes.as_ptr().cast_mut().cast(),
        iov_len: datagram.bytes.len(),
    };
    // SAFETY: a C structure of integers and pointers, for which all zeros are valid.
    let mut header = unsafe { zeroed::<libc::msghdr>() };
    header.msg_name = name.as_ptr().cast_mut().cast();
    header.msg_namelen = name.len();
    header.msg_iov = &mut buffer;
    header.msg_iovlen = 1;
    if control_length > 0 {
        header.msg_control = control.0.as_mut_ptr().cast();
        header.msg_controllen = control_length as _;
    }
    // SAFETY: the header points at a name, a buffer and the control message, all alive in this
    // frame or borrowed for it; the kernel only reads them.
    let sent = unsafe { libc::sendmsg(socket.as_raw_fd(), &header, libc::MSG_DONTWAIT) };
    if sent < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}
