//! Messages as a monitor shows them: with bytes, addresses and a text form.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::SystemTime;

use cooee_proto::transmit::Verdict;
use cooee_wire::dig::Dig;

use super::discovery::lagged;
use super::service::InterfaceId;

/// An event of a monitor.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum MonitorEvent {
    /// A message was received or sent.
    Message(Message),
    /// The consumer read too slowly and the oldest messages were dropped.
    Lagged {
        /// How many messages were dropped.
        missed: u64,
    },
}

/// A message that was received or sent. It is cheap to clone.
///
/// Its text form is one line with time, direction and addresses, then the message in the form of
/// [`cooee_wire::dig`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Message {
    /// When the driver handled it.
    pub at: SystemTime,
    /// Whether it was received, with the engine's verdict, or sent.
    pub direction: Direction,
    /// The interface on which it was received or sent.
    pub interface: InterfaceId,
    /// Its IP TTL or hop limit on arrival, if the system tells it; nothing for what was sent.
    pub hop_limit: Option<u8>,
    /// Its payload.
    pub bytes: Arc<[u8]>,
}

/// The direction of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Direction {
    /// It was received.
    Seen {
        /// The sender.
        source: SocketAddr,
        /// The address it was sent to: the group, or one of this host's.
        destination: IpAddr,
        /// The engine's verdict.
        verdict: Verdict,
    },
    /// It was sent.
    Sent {
        /// The destination: the group, or one host.
        destination: SocketAddr,
    },
}

impl fmt::Display for MonitorEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(message) => fmt::Display::fmt(message, f),
            Self::Lagged { missed } => lagged(f, *missed),
        }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = self
            .at
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let (secs, micros) = (since.as_secs(), since.subsec_micros());
        let (interface, len) = (&self.interface, self.bytes.len());
        match self.direction {
            Direction::Seen {
                source,
                destination,
                ..
            } => {
                writeln!(
                    f,
                    ";; {secs}.{micros:06} seen on {interface}: {source} -> {destination}, {len} bytes"
                )?;
            }
            Direction::Sent { destination } => {
                writeln!(
                    f,
                    ";; {secs}.{micros:06} sent on {interface}: -> {destination}, {len} bytes"
                )?;
            }
        }
        match cooee_wire::Message::parse(&self.bytes) {
            Ok(message) => write!(f, "{}", Dig(&message)),
            Err(error) => writeln!(f, "; malformed: {error}"),
        }
    }
}

#[cfg(test)]
mod tests;
