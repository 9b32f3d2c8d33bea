//! Legacy queries, as many as are answered.
//!
//! In:  a subject; queries from ports other than 5353, each port with a number of outstanding ones.
//! Out: how many were answered in what time, and what that cost the subject. RFC 6762 section 6.7.

use std::io::{IoSlice, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, Instant};

use netlab::capture::MDNS_PORT;
use netlab::error::{Error, Result};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, recvmmsg, sendmmsg};

use crate::options::Load;
use crate::query::{is_answer, query};

/// The group, with its port.
pub(crate) const GROUP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(224, 0, 0, 251), MDNS_PORT);

/// The result of a load of queries.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Answered {
    /// Queries that were answered.
    pub(crate) answers: u64,
    /// Queries that were not.
    pub(crate) lost: u64,
    /// From the first query to the last answer.
    pub(crate) time: Duration,
    /// The processor time of the subject during this.
    pub(crate) cpu: Duration,
}

/// Asks for the services in turn; call it inside the querying host.
///
/// With `any`, everything that comes back counts as an answer.
pub(crate) fn ask(services: u32, load: &Load, to: Ipv4Addr, any: bool) -> Result<Answered> {
    let to = if load.to_group { *GROUP.ip() } else { to };
    let queries = (0..services)
        .map(|number| query(number, number as u16))
        .collect::<Result<Vec<_>>>()?;
    let mut asker = Asker {
        queries,
        next: 0,
        left: load.queries,
        to: SockaddrIn::from(SocketAddrV4::new(to, MDNS_PORT)),
        buffers: vec![[0; DATAGRAM_BYTES]; BATCH],
        heads_in: MultiHeaders::preallocate(BATCH, None),
        heads_out: MultiHeaders::preallocate(BATCH, None),
        answered: Answered::default(),
        any,
    };
    let mut ports = (0..load.ports)
        .map(|_| Port::open())
        .collect::<Result<Vec<_>>>()?;
    asker.run(&mut ports, load.outstanding.clamp(1, BATCH))?;
    Ok(asker.answered)
}

struct Asker {
    queries: Vec<Vec<u8>>,
    next: usize,
    left: u64,
    to: SockaddrIn,
    buffers: Vec<[u8; DATAGRAM_BYTES]>,
    heads_in: MultiHeaders<SockaddrIn>,
    heads_out: MultiHeaders<SockaddrIn>,
    answered: Answered,
    any: bool,
}

/// One source port.
struct Port {
    socket: UdpSocket,
    outstanding: usize,
    heard_at: Instant,
}

impl Port {
    fn open() -> Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        socket.set_nonblocking(true)?;
        socket.set_multicast_loop_v4(false)?;
        Ok(Self {
            socket,
            outstanding: 0,
            heard_at: Instant::now(),
        })
    }
}

impl Asker {
    fn run(&mut self, ports: &mut [Port], outstanding: usize) -> Result<()> {
        let start = Instant::now();
        while self.left > 0 || ports.iter().any(|port| port.outstanding > 0) {
            let now = Instant::now();
            if now - start > TIME_MAX {
                self.left = 0;
            }
            let mut is_idle = true;
            for port in &mut *ports {
                let heard = self.receive(port)?;
                if heard > 0 {
                    port.heard_at = now;
                    self.answered.time = now - start;
                }
                if port.outstanding > 0 && now - port.heard_at > PATIENCE {
                    self.answered.lost += port.outstanding as u64;
                    port.outstanding = 0;
                }
                let room = outstanding - port.outstanding;
                if room >= outstanding.div_ceil(2) && self.left > 0 {
                    if port.outstanding == 0 {
                        port.heard_at = now;
                    }
                    self.send(port, room)?;
                    is_idle = false;
                }
            }
            if is_idle {
                wait(ports)?;
            }
        }
        Ok(())
    }

    /// Reads what has arrived at a port. Returns how much.
    fn receive(&mut self, port: &mut Port) -> Result<usize> {
        let mut slices: Vec<[IoSliceMut<'_>; 1]> = self
            .buffers
            .iter_mut()
            .map(|buffer| [IoSliceMut::new(buffer)])
            .collect();
        let fd = port.socket.as_raw_fd();
        let flags = MsgFlags::MSG_DONTWAIT;
        let lengths: Vec<usize> =
            match recvmmsg(fd, &mut self.heads_in, slices.iter_mut(), flags, None) {
                Ok(received) => received.map(|message| message.bytes).collect(),
                Err(Errno::EAGAIN) => return Ok(0),
                Err(error) => return Err(error.into()),
            };
        let taken = lengths.len();
        for (buffer, length) in self.buffers.iter().zip(lengths) {
            if !self.any && !is_answer(buffer.get(..length).unwrap_or_default()) {
                return Err(Error::new("what came back is no answer"));
            }
        }
        port.outstanding = port.outstanding.saturating_sub(taken);
        self.answered.answers += taken as u64;
        Ok(taken)
    }

    /// Asks for the next `count` services from a port.
    fn send(&mut self, port: &mut Port, count: usize) -> Result<()> {
        let count = count.min(usize::try_from(self.left).unwrap_or(count));
        let queries = (0..count).filter_map(|offset| {
            let place = (self.next + offset) % self.queries.len();
            Some([IoSlice::new(self.queries.get(place)?)])
        });
        let queries: Vec<[IoSlice<'_>; 1]> = queries.collect();
        let sent = sendmmsg(
            port.socket.as_raw_fd(),
            &mut self.heads_out,
            queries.iter(),
            [Some(self.to); BATCH],
            [],
            MsgFlags::empty(),
        );
        let sent = match sent {
            Ok(results) => results.count(),
            Err(Errno::EAGAIN) => 0,
            Err(error) => return Err(error.into()),
        };
        self.next = (self.next + sent) % self.queries.len().max(1);
        self.left -= sent as u64;
        port.outstanding += sent;
        Ok(())
    }
}

fn wait(ports: &[Port]) -> Result<()> {
    let mut fds: Vec<PollFd<'_>> = ports
        .iter()
        .map(|port| PollFd::new(port.socket.as_fd(), PollFlags::POLLIN))
        .collect();
    match poll(&mut fds, PollTimeout::from(WAIT_MS)) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// How many datagrams a system call takes.
const BATCH: usize = 64;

/// Longer than any answer.
const DATAGRAM_BYTES: usize = 1500;

/// When a query counts as lost.
const PATIENCE: Duration = Duration::from_millis(200);

/// How long queries are sent at most, however slowly they are answered.
const TIME_MAX: Duration = Duration::from_secs(3);

const WAIT_MS: u8 = 20;
