//! Receiving on Linux: `recvmmsg`, up to [`SLOTS`] datagrams per call.
//!
//! In:  a non-blocking socket. Out: the filled slots of the batch.

use std::io;
use std::mem::zeroed;
use std::os::fd::AsRawFd;

use socket2::Socket;

use super::{RecvBatch, SLOTS, Slot};
use crate::control::{Control, gather, source};

/// Fills the batch with the waiting datagrams. Returns their number, which is not zero.
///
/// Usually few datagrams wait. Then the call asks only for a few, which saves preparing room for
/// more.
pub(crate) fn fill(socket: &Socket, batch: &mut RecvBatch) -> io::Result<usize> {
    if batch.expects_many() {
        fill_up_to::<SLOTS>(socket, batch)
    } else {
        fill_up_to::<SMALL>(socket, batch)
    }
}

fn fill_up_to<const ROOM: usize>(socket: &Socket, batch: &mut RecvBatch) -> io::Result<usize> {
    batch.clear();
    let mut controls = [Control::empty(); ROOM];
    // SAFETY: these are C structures of integers and pointers, for which all zeros are valid.
    let (mut names, mut buffers, mut headers) = unsafe {
        (
            zeroed::<[libc::sockaddr_storage; ROOM]>(),
            zeroed::<[libc::iovec; ROOM]>(),
            zeroed::<[libc::mmsghdr; ROOM]>(),
        )
    };
    let mut count = 0;
    let parts = headers
        .iter_mut()
        .zip(&mut names)
        .zip(&mut buffers)
        .zip(&mut controls);
    for (slot, (((header, name), buffer), control)) in batch.slots().zip(parts) {
        *buffer = libc::iovec {
            iov_base: slot.as_mut_ptr().cast(),
            iov_len: slot.len(),
        };
        let header = &mut header.msg_hdr;
        header.msg_name = std::ptr::from_mut(name).cast();
        header.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
        header.msg_iov = buffer;
        header.msg_iovlen = 1;
        header.msg_control = control.0.as_mut_ptr().cast();
        header.msg_controllen = control.0.len() as _;
        count += 1;
    }
    // SAFETY: the first `count` headers point at names, buffers and controls that live in this
    // frame or in the batch and are not touched by anyone else during the call.
    let received = unsafe {
        libc::recvmmsg(
            socket.as_raw_fd(),
            headers.as_mut_ptr(),
            count,
            libc::MSG_DONTWAIT as _,
            std::ptr::null_mut(),
        )
    };
    let received = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;
    batch.note_fill(received >= count as usize);
    batch.read_clocks();
    for (position, (header, name)) in headers.iter().zip(&names).take(received).enumerate() {
        // SAFETY: recvmmsg filled this header, and its control memory is alive in this frame.
        let info = unsafe { gather(&header.msg_hdr) };
        let Some(source) = source(name) else { continue };
        batch.push(Slot {
            position,
            length: header.msg_len as usize,
            truncated: header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0,
            source,
            info,
        });
    }
    Ok(received)
}

/// How many datagrams a call asks for while few wait.
const SMALL: usize = 4;
