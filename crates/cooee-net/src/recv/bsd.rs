//! Receiving on Apple systems and FreeBSD: `recvmsg` until nothing waits or the batch is full.
//!
//! In:  a non-blocking socket. Out: the filled slots of the batch.

use std::io;
use std::mem::zeroed;
use std::os::fd::AsRawFd;

use socket2::Socket;

use super::{RecvBatch, Slot};
use crate::control::{Control, gather, source};

/// Fills the batch with the waiting datagrams. Returns their number, which is not zero.
pub(crate) fn fill(socket: &Socket, batch: &mut RecvBatch) -> io::Result<usize> {
    batch.fill_each(|position, slot| receive(socket, position, slot))
}

fn receive(socket: &Socket, position: usize, bytes: &mut [u8]) -> io::Result<Option<Slot>> {
    let mut control = Control::empty();
    // SAFETY: these are C structures of integers and pointers, for which all zeros are valid.
    let (mut name, mut header) =
        unsafe { (zeroed::<libc::sockaddr_storage>(), zeroed::<libc::msghdr>()) };
    let mut buffer = libc::iovec {
        iov_base: bytes.as_mut_ptr().cast(),
        iov_len: bytes.len(),
    };
    header.msg_name = std::ptr::from_mut(&mut name).cast();
    header.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
    header.msg_iov = &mut buffer;
    header.msg_iovlen = 1;
    header.msg_control = control.0.as_mut_ptr().cast();
    header.msg_controllen = control.0.len() as _;
    // SAFETY: the header points at a name, a buffer and control memory that live in this frame or
    // are borrowed for it, and nobody else touches them during the call.
    let length = unsafe { libc::recvmsg(socket.as_raw_fd(), &mut header, libc::MSG_DONTWAIT) };
    let length = usize::try_from(length).map_err(|_| io::Error::last_os_error())?;
    // SAFETY: recvmsg filled this header, and its control memory is alive in this frame.
    let info = unsafe { gather(&header) };
    Ok(source(&name).map(|source| Slot {
        position,
        length,
        truncated: header.msg_flags & libc::MSG_TRUNC != 0,
        source,
        info,
    }))
}
