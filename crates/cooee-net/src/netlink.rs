//! rtnetlink, for interfaces and addresses only.
//!
//! In:  dump requests, and the bytes that the kernel sends.
//! Out: [`Message`] values. A message that is cut short or unknown is skipped, never trusted.

use std::io::{self, Read, Write};
use std::net::IpAddr;
use std::time::Duration;

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

/// A message from the kernel about an interface or an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Message {
    /// An interface appeared or changed.
    Link(Link),
    /// The interface with this index is gone.
    LinkGone(u32),
    /// An address appeared or changed.
    Address(Address),
    /// An address is gone.
    AddressGone(Address),
    /// A dump is complete.
    Done,
    /// The request was refused with this error number.
    Refused(i32),
}

/// An interface as rtnetlink describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) index: u32,
    pub(crate) name: String,
    pub(crate) flags: u32,
    pub(crate) mtu: u32,
    /// `ARPHRD_*`.
    pub(crate) hardware: u16,
    /// `IFLA_INFO_KIND`, empty for physical devices.
    pub(crate) kind: String,
    /// `IFLA_INFO_SLAVE_KIND`: "bridge" for a port of a bridge.
    pub(crate) member_of: String,
    /// `IFLA_TUN_TYPE`: 1 for tun, 2 for tap.
    pub(crate) tun_type: Option<u8>,
}

/// An address as rtnetlink describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) index: u32,
    pub(crate) ip: IpAddr,
    pub(crate) prefix_len: u8,
    /// `IFA_F_*`.
    pub(crate) flags: u32,
}

/// A routing netlink socket.
#[derive(Debug)]
pub(crate) struct Netlink {
    socket: Socket,
}

impl Netlink {
    /// Opens a socket that receives the given `RTMGRP_*` groups.
    pub(crate) fn open(groups: u32) -> io::Result<Self> {
        let socket = Socket::new(
            Domain::from(libc::AF_NETLINK),
            Type::RAW,
            Some(Protocol::from(libc::NETLINK_ROUTE)),
        )?;
        // SAFETY: the closure writes a whole sockaddr_nl, which is smaller than the zeroed
        // sockaddr_storage it is given, and sets the length to match.
        let ((), address) = unsafe {
            SockAddr::try_init(|storage, length| {
                let netlink = storage.cast::<libc::sockaddr_nl>();
                (*netlink).nl_family = libc::AF_NETLINK as libc::sa_family_t;
                (*netlink).nl_groups = groups;
                *length = size_of::<libc::sockaddr_nl>() as libc::socklen_t;
                Ok(())
            })?
        };
        socket.bind(&address)?;
        Ok(Self { socket })
    }

    /// Returns the socket to wait on.
    pub(crate) fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Reads the waiting messages, or the next ones if the socket blocks.
    pub(crate) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        (&self.socket).read(buffer)
    }

    /// Requests a dump (`RTM_GETLINK`, `RTM_GETADDR`), and repeats it if something changed during
    /// the dump.
    pub(crate) fn dump(&self, request: u16) -> io::Result<Vec<Message>> {
        self.socket.set_read_timeout(Some(DUMP_TIMEOUT))?;
        let mut dump = self.dump_once(request)?;
        for _ in 1..DUMP_ATTEMPTS {
            if !dump.interrupted {
                break;
            }
            dump = self.dump_once(request)?;
        }
        Ok(dump.messages)
    }

    fn dump_once(&self, request: u16) -> io::Result<Dump> {
        (&self.socket).write_all(&dump_request(request))?;
        let mut dump = Dump::default();
        let mut buffer = vec![0; READ_BYTES];
        for _ in 0..DUMP_READS_MAX {
            let length = self.read(&mut buffer)?;
            if dump.take_in(buffer.get(..length).unwrap_or_default())? {
                return Ok(dump);
            }
        }
        Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the kernel's interface list has no end",
        ))
    }
}

/// The result of a dump.
#[derive(Debug, Default)]
struct Dump {
    messages: Vec<Message>,
    /// Something changed during the dump, so entries may be missing.
    interrupted: bool,
}

impl Dump {
    /// Processes the result of one read. Returns whether the dump is complete.
    fn take_in(&mut self, bytes: &[u8]) -> io::Result<bool> {
        self.interrupted |= frames(bytes).any(|frame| frame.flags & INTERRUPTED != 0);
        for message in messages(bytes) {
            match message {
                Message::Done => return Ok(true),
                Message::Refused(errno) => return Err(io::Error::from_raw_os_error(errno)),
                Message::Link(_)
                | Message::LinkGone(_)
                | Message::Address(_)
                | Message::AddressGone(_) => self.messages.push(message),
            }
        }
        Ok(false)
    }
}

/// A message before it is parsed.
struct Frame<'a> {
    message_type: u16,
    flags: u16,
    body: &'a [u8],
}

/// Decodes the netlink messages in `bytes`.
pub(crate) fn messages(bytes: &[u8]) -> impl Iterator<Item = Message> + '_ {
    frames(bytes).filter_map(|frame| decode(frame.message_type, frame.body))
}

/// Iterates over the frames in `bytes`, up to the first one that is cut short.
fn frames(bytes: &[u8]) -> impl Iterator<Item = Frame<'_>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let header = rest.first_chunk::<HEADER_BYTES>()?;
        let length = u32::from_ne_bytes([header[0], header[1], header[2], header[3]]) as usize;
        let body = rest.get(HEADER_BYTES..length)?;
        rest = rest.get(aligned(length)..).unwrap_or_default();
        Some(Frame {
            message_type: u16::from_ne_bytes([header[4], header[5]]),
            flags: u16::from_ne_bytes([header[6], header[7]]),
            body,
        })
    })
}

fn decode(message_type: u16, body: &[u8]) -> Option<Message> {
    match message_type {
        libc::RTM_NEWLINK => decode_link(body).map(Message::Link),
        libc::RTM_DELLINK => decode_link(body).map(|link| Message::LinkGone(link.index)),
        libc::RTM_NEWADDR => decode_address(body).map(Message::Address),
        libc::RTM_DELADDR => decode_address(body).map(Message::AddressGone),
        DONE => Some(Message::Done),
        ERROR => {
            let code = i32::from_ne_bytes(*body.first_chunk()?);
            (code != 0).then_some(Message::Refused(-code))
        }
        _ => None,
    }
}

// struct ifinfomsg: family u8, pad u8, type u16, index i32, flags u32, change u32
fn decode_link(body: &[u8]) -> Option<Link> {
    let (info, attributes) = body.split_first_chunk::<16>()?;
    if info[0] != libc::AF_UNSPEC as u8 {
        return None; // a bridge's view of its port, in AF_BRIDGE
    }
    let mut link = Link {
        hardware: u16::from_ne_bytes([info[2], info[3]]),
        index: u32::from_ne_bytes([info[4], info[5], info[6], info[7]]),
        flags: u32::from_ne_bytes([info[8], info[9], info[10], info[11]]),
        ..Link::default()
    };
    for (kind, value) in attributes_of(attributes) {
        match kind {
            libc::IFLA_IFNAME => link.name = text(value),
            libc::IFLA_MTU => link.mtu = number(value).unwrap_or(0),
            libc::IFLA_LINKINFO => decode_link_info(value, &mut link),
            _ => {}
        }
    }
    Some(link)
}

fn decode_link_info(info: &[u8], link: &mut Link) {
    for (kind, value) in attributes_of(info) {
        match kind {
            libc::IFLA_INFO_KIND => link.kind = text(value),
            libc::IFLA_INFO_SLAVE_KIND => link.member_of = text(value),
            libc::IFLA_INFO_DATA => {
                // The kind comes before its data, and only tun's data is needed.
                link.tun_type = attributes_of(value)
                    .find(|(kind, _)| *kind == TUN_TYPE)
                    .and_then(|(_, value)| value.first().copied())
                    .filter(|_| link.kind == "tun");
            }
            _ => {}
        }
    }
}

// struct ifaddrmsg: family u8, prefix length u8, flags u8, scope u8, index u32
fn decode_address(body: &[u8]) -> Option<Address> {
    let (info, attributes) = body.split_first_chunk::<8>()?;
    let family = i32::from(info[0]);
    let mut flags = u32::from(info[2]);
    let (mut local, mut address) = (None, None);
    for (kind, value) in attributes_of(attributes) {
        match kind {
            libc::IFA_LOCAL => local = ip(family, value),
            libc::IFA_ADDRESS => address = ip(family, value),
            libc::IFA_FLAGS => flags = number(value).unwrap_or(flags),
            _ => {}
        }
    }
    Some(Address {
        index: u32::from_ne_bytes([info[4], info[5], info[6], info[7]]),
        // On a point-to-point link IFA_ADDRESS is the peer's and IFA_LOCAL is ours.
        ip: local.or(address)?,
        prefix_len: info[1],
        flags,
    })
}

/// Iterates over the attributes in `bytes`: their type without the two flag bits, and their value.
fn attributes_of(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let header = rest.first_chunk::<4>()?;
        let length = usize::from(u16::from_ne_bytes([header[0], header[1]]));
        let kind = u16::from_ne_bytes([header[2], header[3]]) & ATTRIBUTE_TYPE_MASK;
        let value = rest.get(4..length)?;
        rest = rest.get(aligned(length)..).unwrap_or_default();
        Some((kind, value))
    })
}

fn ip(family: i32, value: &[u8]) -> Option<IpAddr> {
    match family {
        libc::AF_INET => <[u8; 4]>::try_from(value).ok().map(IpAddr::from),
        libc::AF_INET6 => <[u8; 16]>::try_from(value).ok().map(IpAddr::from),
        _ => None,
    }
}

fn text(value: &[u8]) -> String {
    let end = value
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(value.len());
    String::from_utf8_lossy(value.get(..end).unwrap_or_default()).into_owned()
}

fn number(value: &[u8]) -> Option<u32> {
    value.first_chunk().copied().map(u32::from_ne_bytes)
}

fn dump_request(request: u16) -> [u8; HEADER_BYTES + 16] {
    let mut bytes = [0; HEADER_BYTES + 16];
    let flags = (libc::NLM_F_REQUEST | libc::NLM_F_DUMP) as u16;
    bytes[0..4].copy_from_slice(&((HEADER_BYTES + 16) as u32).to_ne_bytes());
    bytes[4..6].copy_from_slice(&request.to_ne_bytes());
    bytes[6..8].copy_from_slice(&flags.to_ne_bytes());
    bytes
}

fn aligned(length: usize) -> usize {
    length.saturating_add(3) & !3
}

/// The read buffer; the kernel fills at most 32 KiB of a dump at a time.
pub(crate) const READ_BYTES: usize = 32 * 1024;

const HEADER_BYTES: usize = 16;
const DONE: u16 = libc::NLMSG_DONE as u16;
const ERROR: u16 = libc::NLMSG_ERROR as u16;
const ATTRIBUTE_TYPE_MASK: u16 = 0x3fff;
const TUN_TYPE: u16 = 3;
/// `NLM_F_DUMP_INTR`.
const INTERRUPTED: u16 = 0x10;
const DUMP_ATTEMPTS: usize = 4;
const DUMP_TIMEOUT: Duration = Duration::from_secs(2);
const DUMP_READS_MAX: usize = 10_000;

#[cfg(test)]
mod tests;
