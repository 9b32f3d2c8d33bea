//! Asks DNS servers one question, over UDP and TCP.
//!
//! In:  a question, the servers.
//! Out: its records, or what each server did instead. A server that does not answer in time, or not
//!      with records, is passed over for the next one. RFC 1035 sections 4.2 and 7, RFC 5452
//!      (replies that others send), RFC 7766 (TCP).

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cooee::{Name, Rcode};

use super::message::{ALIASES_MAX, DnsQuestion, DnsReply, ZoneRecords, query, read};
use super::resolv_conf::ServerList;
use crate::quiescence::after;

/// The records of a question, and others that came with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LookedUp {
    pub(super) records: ZoneRecords,
    pub(super) others: HashMap<DnsQuestion, ZoneRecords>,
}

/// Asks servers.
pub(super) struct DnsResolver {
    list: ServerList,
    /// The server that answered last, which is asked first.
    preferred: AtomicUsize,
}

/// What a server did instead of answering.
#[derive(Debug)]
enum ServerFault {
    Silent,
    Error(Rcode),
    Referral,
    Malformed,
    Io(io::Error),
}

impl DnsResolver {
    /// Asks these servers.
    pub(super) fn new(list: ServerList) -> Self {
        Self {
            list,
            preferred: AtomicUsize::new(0),
        }
    }

    /// Asks until a server answers; or returns what each of them did instead. An alias is followed.
    pub(super) fn ask(&self, question: &DnsQuestion) -> Result<LookedUp, String> {
        let mut asked = question.clone();
        let mut ttl_secs_max = u32::MAX;
        for _ in 0..ALIASES_MAX {
            match self.ask_servers(&asked)? {
                ServerAnswer::Records(mut records, others) => {
                    records.ttl_secs = records.ttl_secs.min(ttl_secs_max);
                    return Ok(LookedUp { records, others });
                }
                ServerAnswer::Alias(target, ttl_secs) => {
                    asked.name = target;
                    ttl_secs_max = ttl_secs_max.min(ttl_secs);
                }
            }
        }
        Err(format!(
            "`{}` is an alias of too many others",
            question.name
        ))
    }

    fn ask_servers(&self, question: &DnsQuestion) -> Result<ServerAnswer, String> {
        let servers = &self.list.servers;
        let first = self.preferred.load(Ordering::Relaxed);
        let mut faults: HashMap<usize, ServerFault> = HashMap::new();
        for _ in 0..self.list.attempts {
            for (index, server) in servers
                .iter()
                .enumerate()
                .cycle()
                .skip(first)
                .take(servers.len())
            {
                // Another answer is not expected so soon.
                if faults.get(&index).is_some_and(ServerFault::is_final) {
                    continue;
                }
                match self.ask_server(*server, question) {
                    Ok(answer) => {
                        self.preferred.store(index, Ordering::Relaxed);
                        return Ok(answer);
                    }
                    Err(fault) => drop(faults.insert(index, fault)),
                }
            }
        }
        let texts = servers.iter().enumerate().filter_map(|(index, server)| {
            let fault = faults.get(&index)?;
            Some(format!("{} {fault}", shown(server)))
        });
        Err(texts.collect::<Vec<_>>().join("; "))
    }

    fn ask_server(
        &self,
        server: SocketAddr,
        question: &DnsQuestion,
    ) -> Result<ServerAnswer, ServerFault> {
        let mut with_edns = true;
        let mut reply = self.over_udp(server, question, with_edns)?;
        // So answers a server without EDNS (RFC 6891 section 7).
        if reply == DnsReply::Error(Rcode::FORM_ERR) {
            with_edns = false;
            reply = self.over_udp(server, question, with_edns)?;
        }
        if reply == DnsReply::Truncated {
            reply = self.over_tcp(server, question, with_edns)?;
        }
        match reply {
            DnsReply::Records(records, others) => Ok(ServerAnswer::Records(records, others)),
            DnsReply::Alias { target, ttl_secs } => Ok(ServerAnswer::Alias(target, ttl_secs)),
            DnsReply::Referral => Err(ServerFault::Referral),
            DnsReply::Error(code) => Err(ServerFault::Error(code)),
            DnsReply::Foreign | DnsReply::Truncated | DnsReply::Malformed => {
                Err(ServerFault::Malformed)
            }
        }
    }

    fn over_udp(
        &self,
        server: SocketAddr,
        question: &DnsQuestion,
        with_edns: bool,
    ) -> Result<DnsReply, ServerFault> {
        let any = match server {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        };
        // Each question has a port that the system chooses, and hears only the server.
        let socket = UdpSocket::bind(any)?;
        socket.connect(server)?;
        let id = random_id();
        socket.send(&query(id, question, with_edns))?;
        let end = after(Instant::now(), self.list.timeout);
        let mut buffer = vec![0; DATAGRAM_BYTES];
        loop {
            socket.set_read_timeout(Some(left(end)?))?;
            let len = match socket.recv(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                received => received?,
            };
            let reply = read(buffer.get(..len).unwrap_or_default(), id, question);
            if reply != DnsReply::Foreign {
                return Ok(reply);
            }
        }
    }

    fn over_tcp(
        &self,
        server: SocketAddr,
        question: &DnsQuestion,
        with_edns: bool,
    ) -> Result<DnsReply, ServerFault> {
        let end = after(Instant::now(), self.list.timeout);
        let mut stream = TcpStream::connect_timeout(&server, left(end)?)?;
        let id = random_id();
        let query = query(id, question, with_edns);
        // A query is never so long that it would not fit.
        let len = u16::try_from(query.len()).unwrap_or_default();
        let message = [&len.to_be_bytes(), query.as_slice()].concat();
        stream.set_write_timeout(Some(left(end)?))?;
        stream.write_all(&message)?;
        let mut len = [0; 2];
        fill(&mut stream, &mut len, end)?;
        let mut reply = vec![0; usize::from(u16::from_be_bytes(len))];
        fill(&mut stream, &mut reply, end)?;
        Ok(read(&reply, id, question))
    }
}

/// What a server has answered.
enum ServerAnswer {
    Records(ZoneRecords, HashMap<DnsQuestion, ZoneRecords>),
    Alias(Name, u32),
}

impl ServerFault {
    /// Returns whether the server has answered, so that asking again at once changes nothing.
    fn is_final(&self) -> bool {
        match self {
            Self::Error(_) | Self::Referral | Self::Malformed => true,
            Self::Silent | Self::Io(_) => false,
        }
    }
}

impl fmt::Display for ServerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent => f.write_str("does not answer"),
            Self::Error(Rcode::SERV_FAIL) => f.write_str("could not find it out (SERVFAIL)"),
            Self::Error(Rcode::NOT_IMP) => f.write_str("does not know such questions (NOTIMP)"),
            Self::Error(Rcode::REFUSED) => f.write_str("refuses to answer (REFUSED)"),
            Self::Error(code) => write!(f, "answers with the error code {}", code.0),
            Self::Referral => f.write_str("only refers to other servers: it is not a resolver"),
            Self::Malformed => f.write_str("sent a malformed answer"),
            Self::Io(error) => write!(f, "cannot be asked: {error}"),
        }
    }
}

impl From<io::Error> for ServerFault {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind::{TimedOut, WouldBlock};
        if matches!(error.kind(), WouldBlock | TimedOut) {
            Self::Silent
        } else {
            Self::Io(error)
        }
    }
}

/// Returns how much time is left; an error if there is none.
fn left(end: Instant) -> Result<Duration, ServerFault> {
    let left = end.saturating_duration_since(Instant::now());
    if left.is_zero() {
        Err(ServerFault::Silent)
    } else {
        Ok(left)
    }
}

/// Reads as much as the buffer holds, however slowly it comes, until `end`.
fn fill(stream: &mut TcpStream, mut rest: &mut [u8], end: Instant) -> Result<(), ServerFault> {
    while !rest.is_empty() {
        stream.set_read_timeout(Some(left(end)?))?;
        let len = match stream.read(rest) {
            Ok(0) => return Err(ServerFault::Malformed),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            read => read?,
        };
        rest = rest.get_mut(len..).unwrap_or_default();
    }
    Ok(())
}

/// Returns a number that others cannot guess: each state has keys of its own.
fn random_id() -> u16 {
    let [a, b, ..] = RandomState::new().hash_one(0_u8).to_le_bytes();
    u16::from_le_bytes([a, b])
}

/// Returns a server as it is written in a list; the usual port is left out.
fn shown(server: &SocketAddr) -> String {
    match (server.port(), server.to_string()) {
        (53, text) => {
            let text = text.strip_suffix(":53").unwrap_or(&text);
            text.trim_matches(['[', ']']).to_owned()
        }
        (_, text) => text,
    }
}

/// Room for more than a server may send.
const DATAGRAM_BYTES: usize = 4_096;

#[cfg(test)]
mod tests;
