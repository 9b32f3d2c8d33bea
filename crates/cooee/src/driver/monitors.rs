//! Monitors: copies of every message for consumers that want to see them.
//!
//! In:  datagrams as they pass.
//! Out: [`Message`]s in the monitors' queues; with no monitor, nothing is copied.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use cooee_proto::link::LinkId;
use cooee_proto::transmit::{Datagram, Verdict};

use crate::event::message::{Direction, Message};
use crate::event::service::InterfaceNames;
use crate::session::SubscriptionId;
use crate::session::queue::Sender;

/// The monitors.
#[derive(Default)]
pub(super) struct Monitors {
    monitors: Vec<MonitorQueue>,
    unreported: bool,
}

struct MonitorQueue {
    id: SubscriptionId,
    /// The only link it shows; all links if `None`.
    link: Option<LinkId>,
    sender: Sender<Message>,
}

impl Monitors {
    pub(super) fn add(
        &mut self,
        id: SubscriptionId,
        link: Option<LinkId>,
        sender: Sender<Message>,
    ) {
        self.monitors.push(MonitorQueue { id, link, sender });
    }

    pub(super) fn remove(&mut self, id: SubscriptionId) {
        self.monitors.retain(|monitor| monitor.id != id);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.monitors.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.monitors.len()
    }

    /// Passes on a message that was received.
    pub(super) fn seen(
        &mut self,
        datagram: &Datagram<'_>,
        verdict: Verdict,
        hop_limit: Option<u8>,
        names: &InterfaceNames,
    ) {
        let Datagram {
            link,
            source,
            destination,
            bytes,
        } = *datagram;
        let direction = Direction::Seen {
            source,
            destination,
            verdict,
        };
        self.show(link, direction, hop_limit, bytes, names);
    }

    /// Passes on a message that was sent.
    pub(super) fn sent(
        &mut self,
        link: LinkId,
        destination: SocketAddr,
        bytes: &[u8],
        names: &InterfaceNames,
    ) {
        self.show(link, Direction::Sent { destination }, None, bytes, names);
    }

    /// Wakes the waiting consumers, once for all messages. Returns how many waited.
    pub(super) fn wake(&mut self) -> u64 {
        if !std::mem::take(&mut self.unreported) {
            return 0;
        }
        self.monitors
            .iter()
            .map(|monitor| u64::from(monitor.sender.wake()))
            .sum()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a capture is reported the time of day, which decides nothing"
    )]
    fn show(
        &mut self,
        link: LinkId,
        direction: Direction,
        hop_limit: Option<u8>,
        bytes: &[u8],
        names: &InterfaceNames,
    ) {
        let shows = |monitor: &&MonitorQueue| monitor.link.is_none_or(|only| only == link);
        if !self.monitors.iter().any(|monitor| shows(&monitor)) {
            return;
        }
        let message = Message {
            at: SystemTime::now(),
            direction,
            interface: names.of(link),
            hop_limit,
            bytes: Arc::from(bytes),
        };
        for monitor in self.monitors.iter().filter(shows) {
            monitor.sender.push(message.clone());
        }
        self.unreported = true;
    }
}
