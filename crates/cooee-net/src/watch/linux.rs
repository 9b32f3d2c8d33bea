//! Watching on Linux: rtnetlink's link and address groups.
//!
//! In:  the kernel's messages. Out: whether they contain anything new.

use std::io;
use std::time::Duration;

use socket2::Socket;

use super::Known;
use crate::interface::linux::{address, describe};
use crate::netlink::{self, Message, Netlink};

#[derive(Debug)]
pub(super) struct Events {
    netlink: Netlink,
    buffer: Box<[u8]>,
    lost: bool,
}

impl Events {
    pub(super) fn open() -> io::Result<Self> {
        let groups = libc::RTMGRP_LINK | libc::RTMGRP_IPV4_IFADDR | libc::RTMGRP_IPV6_IFADDR;
        let netlink = Netlink::open(groups as u32)?;
        netlink.socket().set_nonblocking(true)?;
        Ok(Self {
            netlink,
            buffer: vec![0; netlink::READ_BYTES].into_boxed_slice(),
            lost: false,
        })
    }

    pub(super) fn socket(&self) -> &Socket {
        self.netlink.socket()
    }

    pub(super) fn drain(&mut self, known: &mut Known) -> bool {
        let mut changed = false;
        for _ in 0..READS_MAX {
            match self.netlink.read(&mut self.buffer) {
                Ok(length) => {
                    let bytes = self.buffer.get(..length).unwrap_or_default();
                    for message in netlink::messages(bytes) {
                        changed |= apply(message, known);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return changed | self.make_good(known);
                }
                // Most likely messages were lost (ENOBUFS).
                Err(_) => self.lost = true,
            }
        }
        changed
    }

    /// Lists again after messages were lost. Messages that still wait are older than the lost ones,
    /// so this is done when none waits any more.
    fn make_good(&mut self, known: &mut Known) -> bool {
        let lost = std::mem::take(&mut self.lost);
        if lost {
            tracing::debug!("interface notices lost; listing anew");
            known.refresh();
            known.shake_all();
        }
        lost
    }
}

fn apply(message: Message, known: &mut Known) -> bool {
    match message {
        Message::Link(link) => known.link(describe(link)),
        Message::LinkGone(index) => known.link_gone(index),
        Message::Address(news) => known.address(news.index, address(&news)),
        Message::AddressGone(gone) => known.address_gone(gone.index, &address(&gone)),
        Message::Done | Message::Refused(_) => false,
    }
}

/// A safety net besides the kernel's events.
pub(super) const RECHECK_INTERVAL: Duration = Duration::from_secs(60);

/// Further messages wait for the next wake-up.
const READS_MAX: usize = 1_000;
