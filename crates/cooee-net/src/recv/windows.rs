//! Receiving on Windows: `WSARecvMsg` until nothing waits or the batch is full.
//!
//! In:  a non-blocking socket, and the function that the system returned for it.
//! Out: the filled slots of the batch.

use std::io;
use std::mem::zeroed;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::os::windows::io::AsRawSocket;

use socket2::Socket;
use windows_sys::Win32::Networking::WinSock::{
    AF_INET, AF_INET6, CMSGHDR, IP_HOPLIMIT, IP_PKTINFO, IP_TTL, IPPROTO_IP, IPPROTO_IPV6,
    IPV6_HOPLIMIT, IPV6_PKTINFO, LPFN_WSARECVMSG, MSG_TRUNC, SIO_GET_EXTENSION_FUNCTION_POINTER,
    SIO_UDP_CONNRESET, SOCKADDR_IN, SOCKADDR_IN6, SOCKADDR_STORAGE, SOCKET, WSABUF, WSAEMSGSIZE,
    WSAID_WSARECVMSG, WSAIoctl, WSAMSG,
};

use super::{RecvBatch, Slot};
use crate::packet_info::PacketInfo;

/// The system's `WSARecvMsg` for a socket.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Receiver(LPFN_WSARECVMSG);

impl Receiver {
    /// Asks for the function, and stops the socket from reporting other hosts' closed ports as its
    /// own errors.
    pub(crate) fn of(socket: &Socket) -> io::Result<Self> {
        let mut function: LPFN_WSARECVMSG = None;
        // SAFETY: the input is a GUID, the output a function pointer of the type that GUID names,
        // with their sizes.
        unsafe {
            control(
                socket,
                SIO_GET_EXTENSION_FUNCTION_POINTER,
                &WSAID_WSARECVMSG,
                &mut function,
            )?;
        }
        let mut nothing = [0_u8; 0];
        // SAFETY: the input is a BOOL; there is no output. Systems that do not know the control
        // refuse it. The only effect is an occasional error.
        let _ = unsafe { control(socket, SIO_UDP_CONNRESET, &0_i32, &mut nothing) };
        Ok(Self(function))
    }
}

/// # Safety
/// `code` must read an `I` and write an `O`.
unsafe fn control<I, O>(socket: &Socket, code: u32, input: &I, output: &mut O) -> io::Result<()> {
    let mut written = 0;
    // SAFETY: the pointers and sizes describe `input`, `output` and `written`, which live through
    // the call; the caller guarantees their types.
    let result = unsafe {
        WSAIoctl(
            socket.as_raw_socket() as SOCKET,
            code,
            std::ptr::from_ref(input).cast(),
            size_of::<I>() as u32,
            std::ptr::from_mut(output).cast(),
            size_of::<O>() as u32,
            &mut written,
            std::ptr::null_mut(),
            None,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Fills the batch with the waiting datagrams. Returns their number, which is not zero.
pub(crate) fn fill(
    socket: &Socket,
    receiver: Receiver,
    batch: &mut RecvBatch,
) -> io::Result<usize> {
    batch.fill_each(|position, bytes| receive(socket, receiver, position, bytes))
}

fn receive(
    socket: &Socket,
    receiver: Receiver,
    position: usize,
    bytes: &mut [u8],
) -> io::Result<Option<Slot>> {
    let Some(function) = receiver.0 else {
        return Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "the system has no WSARecvMsg",
        ));
    };
    // SAFETY: a C structure of integers, for which all zeros are valid.
    let mut name = unsafe { zeroed::<SOCKADDR_STORAGE>() };
    let mut control = [0_u64; CONTROL_WORDS];
    let mut buffer = WSABUF {
        len: bytes.len() as u32,
        buf: bytes.as_mut_ptr(),
    };
    let mut message = WSAMSG {
        name: std::ptr::from_mut(&mut name).cast(),
        namelen: size_of::<SOCKADDR_STORAGE>() as i32,
        lpBuffers: &mut buffer,
        dwBufferCount: 1,
        Control: WSABUF {
            len: size_of_val(&control) as u32,
            buf: control.as_mut_ptr().cast(),
        },
        dwFlags: 0,
    };
    let mut length = 0;
    // SAFETY: the message points at a name, a buffer and control memory that live in this frame or
    // are borrowed for it; without an OVERLAPPED the call is over when it returns.
    let result = unsafe {
        function(
            socket.as_raw_socket() as SOCKET,
            &mut message,
            &mut length,
            std::ptr::null_mut(),
            None,
        )
    };
    let mut truncated = message.dwFlags & MSG_TRUNC != 0;
    if result != 0 {
        let error = io::Error::last_os_error();
        truncated = error.raw_os_error() == Some(WSAEMSGSIZE);
        if !truncated {
            return Err(error);
        }
    }
    let filled = (message.Control.len as usize).min(size_of_val(&control));
    let info = gather(&words_as_bytes(&control), filled);
    // A datagram that is cut fills the buffer, even if the count is different.
    let length = if truncated {
        bytes.len()
    } else {
        (length as usize).min(bytes.len())
    };
    Ok(source(&name).map(|source| Slot {
        position,
        length,
        truncated,
        source,
        info,
    }))
}

fn words_as_bytes(words: &[u64; CONTROL_WORDS]) -> [u8; CONTROL_WORDS * 8] {
    let mut bytes = [0; CONTROL_WORDS * 8];
    for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
        place.copy_from_slice(&word.to_ne_bytes());
    }
    bytes
}

/// Gathers the contents of the control messages. Each one is a header (length with the header,
/// level, kind) and its data, padded to the size of a pointer.
fn gather(control: &[u8], filled: usize) -> PacketInfo {
    const WORD: usize = size_of::<usize>();
    const HEADER: usize = size_of::<CMSGHDR>();
    let mut info = PacketInfo::default();
    let mut rest = control.get(..filled).unwrap_or_default();
    while let Some((header, _)) = rest.split_at_checked(HEADER) {
        let Some(length) = header.first_chunk().copied().map(usize::from_ne_bytes) else {
            break;
        };
        let level = header.get(WORD..).and_then(number);
        let kind = header.get(WORD + 4..).and_then(number);
        let Some(data) = rest.get(HEADER..length) else {
            break;
        };
        if let (Some(level), Some(kind)) = (level, kind) {
            note(&mut info, level as i32, kind as i32, data);
        }
        rest = rest
            .get(length.next_multiple_of(WORD)..)
            .unwrap_or_default();
    }
    info
}

fn note(info: &mut PacketInfo, level: i32, kind: i32, data: &[u8]) {
    match (level, kind) {
        // struct in_pktinfo: destination, interface index
        (IPPROTO_IP, IP_PKTINFO) => {
            let Some((address, index)) = data.split_first_chunk::<4>() else {
                return;
            };
            info.destination = Some(IpAddr::V4(Ipv4Addr::from(*address)));
            info.interface_index = number(index).unwrap_or(0);
        }
        // struct in6_pktinfo: destination, interface index
        (IPPROTO_IPV6, IPV6_PKTINFO) => {
            let Some((address, index)) = data.split_first_chunk::<16>() else {
                return;
            };
            info.destination = Some(IpAddr::V6(Ipv6Addr::from(*address)));
            info.interface_index = number(index).unwrap_or(0);
        }
        (IPPROTO_IP, IP_TTL | IP_HOPLIMIT) | (IPPROTO_IPV6, IPV6_HOPLIMIT) => {
            info.ttl = number(data).and_then(|ttl| u8::try_from(ttl).ok());
        }
        _ => {}
    }
}

fn number(data: &[u8]) -> Option<u32> {
    data.first_chunk().copied().map(u32::from_ne_bytes)
}

fn source(storage: &SOCKADDR_STORAGE) -> Option<SocketAddr> {
    match storage.ss_family {
        AF_INET => {
            // SAFETY: the storage is larger than a sockaddr_in and aligned for it, all bit
            // patterns are valid, and the family says it is one.
            let v4 = unsafe { &*std::ptr::from_ref(storage).cast::<SOCKADDR_IN>() };
            // SAFETY: the union is three views of the same four bytes.
            let bits = unsafe { v4.sin_addr.S_un.S_addr };
            let ip = Ipv4Addr::from(u32::from_be(bits));
            Some(SocketAddr::from((ip, u16::from_be(v4.sin_port))))
        }
        AF_INET6 => {
            // SAFETY: as above, for sockaddr_in6.
            let v6 = unsafe { &*std::ptr::from_ref(storage).cast::<SOCKADDR_IN6>() };
            // SAFETY: the unions are views of the same plain bytes.
            let (octets, scope) = unsafe { (v6.sin6_addr.u.Byte, v6.Anonymous.sin6_scope_id) };
            Some(SocketAddr::V6(SocketAddrV6::new(
                Ipv6Addr::from(octets),
                u16::from_be(v6.sin6_port),
                v6.sin6_flowinfo,
                scope,
            )))
        }
        _ => None,
    }
}

/// Room for packet info and TTL, with some to spare.
const CONTROL_WORDS: usize = 32;
