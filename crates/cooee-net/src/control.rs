//! Control messages of Unix sockets: a datagram's interface, destination and TTL, both ways.
//!
//! In:  the control bytes that `recvmsg` filled; the interface by which a datagram is to leave.
//! Out: [`PacketInfo`]; the control bytes for `sendmsg`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
#[cfg(any(target_os = "linux", target_os = "android"))]
use std::time::Duration;

use crate::interface::Family;
use crate::packet_info::PacketInfo;

/// Aligned room for the control messages of one datagram.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(crate) struct Control(pub(crate) [u8; CONTROL_BYTES]);

impl Control {
    pub(crate) const fn empty() -> Self {
        Self([0; CONTROL_BYTES])
    }
}

/// Gathers what the control messages of a received datagram contain.
///
/// # Safety
/// `header` must be as `recvmsg` left it: its control pointer and length describe memory that is
/// initialised, aligned for `cmsghdr` and alive.
pub(crate) unsafe fn gather(header: &libc::msghdr) -> PacketInfo {
    let mut info = PacketInfo::default();
    // SAFETY: the caller guarantees that the header is valid; the macro reads only its fields.
    let mut message = unsafe { libc::CMSG_FIRSTHDR(header) };
    for _ in 0..CONTROL_MESSAGES_MAX {
        // SAFETY: the pointer is null or at a cmsghdr inside the control memory, by the contract
        // of CMSG_FIRSTHDR and CMSG_NXTHDR.
        let Some(found) = (unsafe { message.as_ref() }) else {
            break;
        };
        // SAFETY: see above; CMSG_DATA only computes an address.
        let data = unsafe { libc::CMSG_DATA(found) };
        let offset = data as usize - std::ptr::from_ref(found) as usize;
        let whole: usize = found.cmsg_len as _; // its type is the platform's
        let length = whole.saturating_sub(offset);
        // SAFETY: the kernel wrote `cmsg_len` bytes from the header on, so `length` bytes follow
        // at `data`, inside the control memory.
        let data = unsafe { std::slice::from_raw_parts(data.cast_const(), length) };
        note(&mut info, found.cmsg_level, found.cmsg_type, data);
        // SAFETY: both point into the same control memory.
        message = unsafe { libc::CMSG_NXTHDR(header, found) };
    }
    info
}

fn note(info: &mut PacketInfo, level: libc::c_int, kind: libc::c_int, data: &[u8]) {
    match (level, kind) {
        (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
            // struct in6_pktinfo: address, interface index
            let Some((address, index)) = data.split_first_chunk::<16>() else {
                return;
            };
            info.destination = Some(IpAddr::V6(Ipv6Addr::from(*address)));
            info.interface_index = number(index).unwrap_or(0);
        }
        (libc::IPPROTO_IPV6, libc::IPV6_HOPLIMIT) => info.ttl = octet(data),
        (libc::IPPROTO_IP, kind) => note_v4(info, kind, data),
        #[cfg(any(target_os = "linux", target_os = "android"))]
        (libc::SOL_SOCKET, libc::SO_RXQ_OVFL) => info.dropped = number(data),
        #[cfg(any(target_os = "linux", target_os = "android"))]
        (libc::SOL_SOCKET, libc::SO_TIMESTAMPNS) => info.stamp = time(data),
        _ => {}
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn note_v4(info: &mut PacketInfo, kind: libc::c_int, data: &[u8]) {
    // struct in_pktinfo: interface index, local address, destination in the header
    if kind == libc::IP_PKTINFO {
        let Some(index) = number(data) else { return };
        let Some(address) = data.get(8..).and_then(|rest| rest.first_chunk::<4>()) else {
            return;
        };
        info.interface_index = index;
        info.destination = Some(IpAddr::V4(Ipv4Addr::from(*address)));
    } else if kind == TTL_MESSAGE {
        info.ttl = octet(data);
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn note_v4(info: &mut PacketInfo, kind: libc::c_int, data: &[u8]) {
    match kind {
        libc::IP_RECVDSTADDR => {
            let Some(address) = data.first_chunk::<4>() else {
                return;
            };
            info.destination = Some(IpAddr::V4(Ipv4Addr::from(*address)));
        }
        // struct sockaddr_dl: length u8, family u8, index u16, ...
        libc::IP_RECVIF => {
            let Some([_, _, low, high]) = data.first_chunk::<4>() else {
                return;
            };
            info.interface_index = u32::from(u16::from_ne_bytes([*low, *high]));
        }
        TTL_MESSAGE => info.ttl = octet(data),
        _ => {}
    }
}

/// The TTL is an int on Linux and for IPv6, and one byte on the BSDs; it is never above 255.
fn octet(data: &[u8]) -> Option<u8> {
    match number(data) {
        Some(value) => u8::try_from(value).ok(),
        None => data.first().copied(),
    }
}

/// Returns a timespec, whose parts are as long as a pointer.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn time(data: &[u8]) -> Option<Duration> {
    let part = |bytes: [u8; size_of::<usize>()]| usize::from_ne_bytes(bytes);
    let (secs, rest) = data.split_first_chunk()?;
    let nanos = u32::try_from(part(*rest.first_chunk()?)).ok()?;
    Some(Duration::new(part(*secs) as u64, nanos))
}

fn number(data: &[u8]) -> Option<u32> {
    data.first_chunk().copied().map(u32::from_ne_bytes)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
const TTL_MESSAGE: libc::c_int = libc::IP_TTL;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const TTL_MESSAGE: libc::c_int = libc::IP_RECVTTL;

/// Writes the control message that makes a datagram leave by an interface. Returns its length.
///
/// The length is zero where the operating system has no such message for that family (IPv4 on
/// FreeBSD).
pub(crate) fn leave_by(interface_index: u32, family: Family, control: &mut Control) -> usize {
    match family {
        Family::V4 => leave_by_v4(interface_index, control),
        Family::V6 => {
            // struct in6_pktinfo: address, interface index
            let mut data = [0; 20];
            data[16..].copy_from_slice(&interface_index.to_ne_bytes());
            write(control, libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, &data)
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn leave_by_v4(interface_index: u32, control: &mut Control) -> usize {
    // struct in_pktinfo: interface index, local address, destination (unused when sending)
    let mut data = [0; 12];
    data[..4].copy_from_slice(&interface_index.to_ne_bytes());
    write(control, libc::IPPROTO_IP, libc::IP_PKTINFO, &data)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn leave_by_v4(_interface_index: u32, _control: &mut Control) -> usize {
    0
}

/// Writes one control message. Its data must fit, and the callers' fixed sizes do.
fn write(control: &mut Control, level: libc::c_int, kind: libc::c_int, data: &[u8]) -> usize {
    // SAFETY: both macros only compute sizes.
    let (space, length) = unsafe {
        (
            libc::CMSG_SPACE(data.len() as u32) as usize,
            libc::CMSG_LEN(data.len() as u32),
        )
    };
    assert!(
        space <= CONTROL_BYTES,
        "control messages of fixed sizes fit"
    );
    *control = Control::empty();
    let header = control.0.as_mut_ptr().cast::<libc::cmsghdr>();
    // SAFETY: `control` is aligned for cmsghdr, zeroed, and holds `space` bytes, which cover the
    // header and the data at the place CMSG_DATA computes.
    unsafe {
        (*header).cmsg_level = level;
        (*header).cmsg_type = kind;
        (*header).cmsg_len = length as _;
        std::ptr::copy_nonoverlapping(data.as_ptr(), libc::CMSG_DATA(header), data.len());
    }
    space
}

/// Reads the socket address the kernel wrote.
pub(crate) fn source(storage: &libc::sockaddr_storage) -> Option<SocketAddr> {
    match i32::from(storage.ss_family) {
        libc::AF_INET => {
            // SAFETY: sockaddr_storage is larger than sockaddr_in and aligned for it, every bit
            // pattern is valid, and the family says it is one.
            let v4 = unsafe { &*std::ptr::from_ref(storage).cast::<libc::sockaddr_in>() };
            let ip = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
            Some(SocketAddr::from((ip, u16::from_be(v4.sin_port))))
        }
        libc::AF_INET6 => {
            // SAFETY: as above, for sockaddr_in6.
            let v6 = unsafe { &*std::ptr::from_ref(storage).cast::<libc::sockaddr_in6>() };
            Some(SocketAddr::V6(SocketAddrV6::new(
                Ipv6Addr::from(v6.sin6_addr.s6_addr),
                u16::from_be(v6.sin6_port),
                v6.sin6_flowinfo,
                v6.sin6_scope_id,
            )))
        }
        _ => None,
    }
}

/// Room for packet info, TTL, drop counter and stamp, the largest of which is a BSD link address.
pub(crate) const CONTROL_BYTES: usize = if cfg!(target_os = "linux") { 128 } else { 256 };

/// More than any system attaches, so that a broken list ends.
const CONTROL_MESSAGES_MAX: usize = 16;

#[cfg(test)]
mod tests;
