//! Sending on Linux: `sendmmsg`, up to [`BATCH`] datagrams per call.
//!
//! In:  addressed datagrams. Out: how many the kernel accepted.

use std::io;
use std::mem::zeroed;
use std::os::fd::AsRawFd;

use socket2::{SockAddr, Socket};

use super::{Addressed, BATCH};
use crate::control::{Control, leave_by};
use crate::interface::Family;

pub(crate) fn send(
    socket: &Socket,
    interface_index: u32,
    family: Family,
    datagrams: &[Addressed<'_>],
) -> io::Result<usize> {
    // Most answers are single datagrams, and need no room for more.
    match datagrams.len() {
        0 | 1 => send_up_to::<1>(socket, interface_index, family, datagrams),
        _ => send_up_to::<BATCH>(socket, interface_index, family, datagrams),
    }
}

fn send_up_to<const ROOM: usize>(
    socket: &Socket,
    interface_index: u32,
    family: Family,
    datagrams: &[Addressed<'_>],
) -> io::Result<usize> {
    let mut control = Control::empty();
    let control_length = leave_by(interface_index, family, &mut control);
    let group = datagrams.first().map(|first| SockAddr::from(first.to));
    let Some(first) = group else { return Ok(0) };
    let mut names: [SockAddr; ROOM] = std::array::from_fn(|_| first.clone());
    // SAFETY: these are C structures of integers and pointers, for which all zeros are valid.
    let (mut buffers, mut headers) = unsafe {
        (
            zeroed::<[libc::iovec; ROOM]>(),
            zeroed::<[libc::mmsghdr; ROOM]>(),
        )
    };
    let mut count = 0;
    let parts = headers.iter_mut().zip(&mut names).zip(&mut buffers);
    for (datagram, ((header, name), buffer)) in datagrams.iter().zip(parts) {
        *name = SockAddr::from(datagram.to);
        *buffer = libc::iovec {
            iov_base: datagram.bytes.as_ptr().cast_mut().cast(),
            iov_len: datagram.bytes.len(),
        };
        let header = &mut header.msg_hdr;
        header.msg_name = name.as_ptr().cast_mut().cast();
        header.msg_namelen = name.len();
        header.msg_iov = buffer;
        header.msg_iovlen = 1;
        if !datagram.to.ip().is_multicast() {
            // The socket's multicast interface determines where group datagrams leave. Other
            // datagrams would follow the routing table, which may have another route to the same
            // address.
            header.msg_control = control.0.as_mut_ptr().cast();
            header.msg_controllen = control_length as _;
        }
        count += 1;
    }
    // SAFETY: the first `count` headers point at names, buffers and the control message, all
    // alive in this frame or borrowed for it; the kernel only reads them.
    let sent =
        unsafe { libc::sendmmsg(socket.as_raw_fd(), headers.as_mut_ptr(), count, FLAGS as _) };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

const FLAGS: libc::c_int = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
