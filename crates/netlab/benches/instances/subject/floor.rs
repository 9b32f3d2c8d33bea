//! The lowest possible cost of any subject: one question, then nothing but reading.
//!
//! In:  the link.
//! Out: how many datagrams came, and what reading them cost.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use cooee_wire::{Class, Flags, MessageBuilder, RecordType};
use netlab::bench::own_cpu;
use netlab::capture::MDNS_PORT;
use netlab::error::{Context, Result};
use nix::sys::socket::{
    AddressFamily, IpMembershipRequest, MsgFlags, SockFlag, SockType, SockaddrIn, bind, recv,
    sendto, setsockopt, socket, sockopt,
};
use nix::sys::time::{TimeVal, TimeValLike};

use super::Measured;

const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
const RECEIVE_BUFFER_BYTES: usize = 4 << 20;

pub(crate) fn browse(count: u32, limit: Duration) -> Result<Measured> {
    let own = own_address()?;
    let receiver = open(Ipv4Addr::UNSPECIFIED)?;
    setsockopt(&receiver, sockopt::RcvBuf, &RECEIVE_BUFFER_BYTES)?;
    setsockopt(
        &receiver,
        sockopt::IpAddMembership,
        &IpMembershipRequest::new(GROUP, Some(own)),
    )?;
    setsockopt(
        &receiver,
        sockopt::ReceiveTimeout,
        &TimeVal::milliseconds(500),
    )?;
    // Bound to the interface's address, it needs no route to the group.
    let sender = open(own)?;
    setsockopt(&sender, sockopt::IpMulticastTtl, &255)?;
    setsockopt(&sender, sockopt::IpMulticastLoop, &false)?;
    let (start, cpu) = (Instant::now(), own_cpu());
    let to = SockaddrIn::from(SocketAddrV4::new(GROUP, MDNS_PORT));
    sendto(sender.as_raw_fd(), &question()?, &to, MsgFlags::empty())?;
    let (mut found, mut last, mut buffer) = (0, start, [0; 9000]);
    while found < count && start.elapsed() < limit {
        if recv(receiver.as_raw_fd(), &mut buffer, MsgFlags::empty()).is_err() {
            break;
        }
        found += 1;
        last = Instant::now();
    }
    Ok(Measured {
        found,
        time: last - start,
        cpu: own_cpu().saturating_sub(cpu),
    })
}

fn open(address: Ipv4Addr) -> Result<OwnedFd> {
    let socket = socket(
        AddressFamily::Inet,
        SockType::Datagram,
        SockFlag::SOCK_CLOEXEC,
        None,
    )?;
    setsockopt(&socket, sockopt::ReuseAddr, &true)?;
    bind(
        socket.as_raw_fd(),
        &SockaddrIn::from(SocketAddrV4::new(address, MDNS_PORT)),
    )?;
    Ok(socket)
}

/// Returns the address of the only interface.
fn own_address() -> Result<Ipv4Addr> {
    let addresses = nix::ifaddrs::getifaddrs()?.filter_map(|interface| {
        let address = interface.address?.as_sockaddr_in()?.ip();
        (!address.is_loopback()).then_some(address)
    });
    addresses
        .last()
        .ok_or_else(|| netlab::Error::new("no address"))
}

fn question() -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut message = MessageBuilder::new(&mut bytes, 0, Flags::QUERY, 1440);
    let name = format!("{}.local", super::SERVICE_TYPE)
        .parse()
        .context("name")?;
    message
        .question(&name, RecordType::PTR, Class::IN, false)
        .context("question")?;
    message.finish();
    Ok(bytes)
}
