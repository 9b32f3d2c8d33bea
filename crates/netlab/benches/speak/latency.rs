//! How soon a query for a unique record is answered by multicast.
//!
//! In:  a subject; one query after the other, for another record each time.
//! Out: the time from each query to its answer. RFC 6762 section 6: a unique answer need not wait.
//!
//! Querier and subject share one processor during this: the time in which another processor wakes
//! from its sleep says nothing about either.

use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::time::{Duration, Instant};

use netlab::capture::MDNS_PORT;
use netlab::error::{Context, Result};

use crate::legacy::GROUP;
use crate::query::{is_answer, query};

/// Asks for up to [`PINGS_MAX`] services; call it inside the querying host.
///
/// Returns the time of each answer; a query that is not answered is left out.
pub(crate) fn ping(services: u32, any: bool) -> Result<Vec<Duration>> {
    let socket = UdpSocket::bind(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, MDNS_PORT))?;
    socket.join_multicast_v4(GROUP.ip(), &Ipv4Addr::UNSPECIFIED)?;
    socket.set_multicast_loop_v4(false)?;
    socket.set_multicast_ttl_v4(255)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let mut times = Vec::new();
    let mut buffer = [0; 9000];
    for number in 0..services.min(PINGS_MAX) {
        let query = query(number, 0)?;
        let start = Instant::now();
        socket.send_to(&query, GROUP).context("query")?;
        while let Ok((length, _)) = socket.recv_from(&mut buffer) {
            let time = start.elapsed();
            let bytes = buffer.get(..length).unwrap_or_default();
            if any || is_answer(bytes) {
                times.push(time);
                break;
            }
        }
    }
    Ok(times)
}

/// How many queries are asked; a record is multicast once a second, so each is asked for once.
const PINGS_MAX: u32 = 1000;

/// When a query counts as not answered.
const PATIENCE: Duration = Duration::from_millis(300);
