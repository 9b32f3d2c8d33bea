//! Monitoring: every message that is seen or sent.
//!
//! In:  datagrams as they pass the driver.
//! Out: a stream of [`Message`]s, with bytes, addresses and a text form.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::SystemTime;

use cooee_proto::transmit::Verdict;
use cooee_wire::dig::Dig;

use crate::command::Command;
use crate::error::MonitorError;
use crate::mdns::Mdns;
use crate::queue::{Coalesce, Overflow, channel};
use crate::service::InterfaceId;
use crate::stream::{Feed, Told, stream};

stream! {
    /// A stream of every message seen or sent. Dropping it stops the monitoring.
    ///
    /// Whoever reads slowly loses the oldest messages and is told how many.
    Monitor of Message => MonitorEvent
}

/// What a monitor tells.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum MonitorEvent {
    /// A message was seen or sent.
    Message(Message),
    /// The consumer read too slowly and the oldest messages were dropped.
    Lagged {
        /// How many messages were dropped.
        missed: u64,
    },
}

/// A message that was seen or sent. A cheap clone.
///
/// Its text form is one line with time, direction and addresses, then the message as
/// [`cooee_wire::dig`] shows it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Message {
    /// When the driver handled it.
    pub at: SystemTime,
    /// Whether it was seen, and what became of it, or sent.
    pub direction: Direction,
    /// The interface it was seen or sent on.
    pub interface: InterfaceId,
    /// Its payload.
    pub bytes: Arc<[u8]>,
}

/// Which way a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Direction {
    /// It was seen.
    Seen {
        /// Who sent it.
        source: SocketAddr,
        /// The address it was sent to: the group, or one of this host's.
        destination: IpAddr,
        /// What became of it.
        verdict: Verdict,
    },
    /// It was sent.
    Sent {
        /// To whom: the group, or one host.
        destination: SocketAddr,
    },
}

impl Mdns {
    /// Shows every message seen or sent from now on.
    ///
    /// # Errors
    ///
    /// The driver has shut down.
    pub fn monitor(&self) -> Result<Monitor, MonitorError> {
        let (sender, receiver) = channel(MESSAGES_MAX, Overflow::DropOldest);
        let id = self.shared().next_id();
        self.shared().send(Command::Monitor { id, sender })?;
        Ok(Monitor {
            feed: Feed::new(receiver, id, self.clone()),
        })
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

impl Coalesce for Message {
    type Key = ();

    fn key(&self) -> Option<()> {
        None
    }

    fn merge(self, newer: Self) -> Option<Self> {
        Some(newer)
    }
}

impl Told for Message {
    type Event = MonitorEvent;

    fn told(self) -> MonitorEvent {
        MonitorEvent::Message(self)
    }

    fn lagged(missed: u64) -> Option<MonitorEvent> {
        Some(MonitorEvent::Lagged { missed })
    }
}

/// How many messages wait for a monitor: at 9,000 bytes each, 18 MB at the most.
const MESSAGES_MAX: usize = 2_048;

#[cfg(test)]
mod tests;
