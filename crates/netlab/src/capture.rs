//! Frames seen in a host, on every interface it has.
//!
//! In:  a host.
//! Out: the multicast DNS datagrams that passed, with time, interface and direction.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use nix::net::if_::if_nameindex;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, LinkAddr, SockFlag, SockProtocol, SockType, recvfrom, setsockopt, socket,
    sockopt,
};

use crate::clock::monotonic;
use crate::error::{Error, Result};
use crate::frame::Udp;
use crate::lab::Node;

/// The port of multicast DNS.
pub const MDNS_PORT: u16 = 5353;

/// One multicast DNS datagram that passed an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// When, on the machine's monotonic clock.
    pub at: Duration,
    /// The interface's name in the host.
    pub interface: String,
    /// Whether the host sent it, rather than received it.
    pub outgoing: bool,
    /// The sender.
    pub source: SocketAddr,
    /// The destination.
    pub destination: SocketAddr,
    /// Its time to live or hop limit.
    pub ttl: u8,
    /// The DNS message.
    pub payload: Vec<u8>,
}

/// A capture that goes on until it is stopped or dropped.
#[derive(Debug)]
pub struct Capture {
    seen: Arc<Mutex<Vec<Seen>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// How long the thread waits for a frame before it checks whether to stop.
const WAIT_MS: u8 = 20;

/// The requested size of the packet socket's receive buffer.
const RECEIVE_BUFFER_BYTES: usize = 4 << 20;

/// `PACKET_OUTGOING` of `linux/if_packet.h`.
const PACKET_OUTGOING: u8 = 4;

impl Capture {
    /// Starts to capture in `node`; interfaces that come later are seen under their index.
    pub fn start(node: &Node) -> Result<Self> {
        let (socket, names) = node.enter(open)??;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (seen_too, stop_too) = (Arc::clone(&seen), Arc::clone(&stop));
        let thread = std::thread::spawn(move || listen(&socket, &names, &seen_too, &stop_too));
        Ok(Self {
            seen,
            stop,
            thread: Some(thread),
        })
    }

    /// Returns what has been seen so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Returns when the host last sent something.
    pub fn last_outgoing(&self) -> Option<Duration> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let last = seen.iter().rev().find(|seen| seen.outgoing);
        last.map(|seen| seen.at)
    }

    /// Takes what has been seen since it was last taken.
    pub fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Stops and returns what was seen.
    pub fn stop(mut self) -> Vec<Seen> {
        self.end();
        self.seen()
    }

    fn end(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.end();
    }
}

/// Returns the interfaces on which a host sent multicast DNS.
pub fn interfaces_sent_on(seen: &[Seen]) -> BTreeSet<&str> {
    seen.iter()
        .filter(|seen| seen.outgoing)
        .map(|seen| seen.interface.as_str())
        .collect()
}

/// Fails unless the host sent on exactly `wanted`, and on each of these at least once.
pub fn assert_sent_only_on(seen: &[Seen], wanted: &[&str]) -> Result<()> {
    let wanted: BTreeSet<&str> = wanted.iter().copied().collect();
    let sent = interfaces_sent_on(seen);
    if sent == wanted {
        return Ok(());
    }
    Err(Error::new(format!("sent on {sent:?}, wanted {wanted:?}")))
}

type InterfaceNames = BTreeMap<usize, String>;

fn open() -> Result<(OwnedFd, InterfaceNames)> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let socket = socket(
        AddressFamily::Packet,
        SockType::Raw,
        flags,
        SockProtocol::EthAll,
    )?;
    setsockopt(&socket, sockopt::RcvBuf, &RECEIVE_BUFFER_BYTES)?;
    let mut names = InterfaceNames::new();
    for interface in &if_nameindex()? {
        let name = interface.name().to_string_lossy().into_owned();
        names.insert(interface.index() as usize, name);
    }
    Ok((socket, names))
}

fn listen(socket: &OwnedFd, names: &InterfaceNames, seen: &Mutex<Vec<Seen>>, stop: &AtomicBool) {
    let mut buffer = vec![0; 1 << 16];
    while !stop.load(Ordering::Relaxed) {
        let mut fds = [PollFd::new(socket.as_fd(), PollFlags::POLLIN)];
        if poll(&mut fds, PollTimeout::from(WAIT_MS)).is_err() {
            continue;
        }
        while let Ok((length, from)) = recvfrom::<LinkAddr>(socket.as_raw_fd(), &mut buffer) {
            if let Some(heard) = judge(&buffer[..length], from, names) {
                seen.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(heard);
            }
        }
    }
}

fn judge(frame: &[u8], from: Option<LinkAddr>, names: &InterfaceNames) -> Option<Seen> {
    let from = from?;
    let udp = Udp::parse(frame)?;
    if udp.source.port() != MDNS_PORT && udp.destination.port() != MDNS_PORT {
        return None;
    }
    let index = from.ifindex();
    Some(Seen {
        at: monotonic(),
        interface: names
            .get(&index)
            .cloned()
            .unwrap_or_else(|| format!("#{index}")),
        outgoing: from.pkttype() == PACKET_OUTGOING,
        source: udp.source,
        destination: udp.destination,
        ttl: udp.ttl,
        payload: udp.payload.to_vec(),
    })
}
