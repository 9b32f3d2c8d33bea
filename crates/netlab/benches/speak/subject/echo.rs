//! The lowest possible cost of an answer: each datagram goes back unchanged.
//!
//! In:  datagrams to the group and to this host.
//! Out: the same: to the group if they came from its port, otherwise to their sender.

use std::io::{IoSlice, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::os::fd::AsRawFd;

use netlab::capture::MDNS_PORT;
use netlab::error::Result;
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, recvmmsg, sendmmsg};

use super::begin;
use crate::legacy::GROUP;

/// How many datagrams a system call takes.
const BATCH: usize = 64;

/// Longer than any datagram of this bench.
const DATAGRAM_BYTES: usize = 1500;

pub(crate) fn one_by_one() -> Result<()> {
    let socket = open()?;
    let mut buffer = [0; DATAGRAM_BYTES];
    loop {
        let (length, source) = socket.recv_from(&mut buffer)?;
        let to = match source.port() {
            MDNS_PORT => GROUP.into(),
            _ => source,
        };
        socket.send_to(buffer.get(..length).unwrap_or_default(), to)?;
    }
}

pub(crate) fn in_batches() -> Result<()> {
    let socket = open()?;
    let mut buffers = vec![[0; DATAGRAM_BYTES]; BATCH];
    let mut heads_in: MultiHeaders<SockaddrIn> = MultiHeaders::preallocate(BATCH, None);
    let mut heads_out: MultiHeaders<SockaddrIn> = MultiHeaders::preallocate(BATCH, None);
    loop {
        let mut slices: Vec<[IoSliceMut<'_>; 1]> = buffers
            .iter_mut()
            .map(|buffer| [IoSliceMut::new(buffer)])
            .collect();
        let received = recvmmsg(
            socket.as_raw_fd(),
            &mut heads_in,
            slices.iter_mut(),
            MsgFlags::MSG_WAITFORONE,
            None,
        )?;
        let heads: Vec<(usize, Option<SockaddrIn>)> = received
            .map(|message| (message.bytes, message.address))
            .collect();
        let answers: Vec<[IoSlice<'_>; 1]> = buffers
            .iter()
            .zip(&heads)
            .map(|(buffer, (length, _))| [IoSlice::new(buffer.get(..*length).unwrap_or_default())])
            .collect();
        let addresses: Vec<Option<SockaddrIn>> = heads
            .iter()
            .map(|(_, source)| match source {
                Some(source) if source.port() != MDNS_PORT => Some(*source),
                Some(_) | None => Some(SockaddrIn::from(GROUP)),
            })
            .collect();
        sendmmsg(
            socket.as_raw_fd(),
            &mut heads_out,
            answers.iter(),
            addresses,
            [],
            MsgFlags::empty(),
        )?;
    }
}

fn open() -> Result<UdpSocket> {
    let any = SocketAddr::from(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, MDNS_PORT));
    let socket = UdpSocket::bind(any)?;
    socket.join_multicast_v4(GROUP.ip(), &Ipv4Addr::UNSPECIFIED)?;
    socket.set_multicast_loop_v4(false)?;
    begin();
    Ok(socket)
}
