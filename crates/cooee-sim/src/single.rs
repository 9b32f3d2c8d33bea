//! Processes what a single agent sends, without a world.
//!
//! In:  an agent.
//! Out: a panic if it sends without end.

use cooee_proto::time::Instant;
use cooee_proto::transmit::{Delivery, Route};
use cooee_wire::{DecodeError, Message};

use crate::Node;
use crate::nodes::Listener;

/// Takes all that an agent sends now, and reports that it left; passes each packet to `check`.
pub(crate) fn send_all(
    node: &mut Listener,
    now: Instant,
    sends_max: u32,
    mut check: impl FnMut(Route, &[u8]),
) {
    let mut buffer = Vec::new();
    for sent in 0.. {
        buffer.clear();
        let Some(outgoing) = node.poll_transmit(now, &mut buffer) else {
            return;
        };
        assert!(sent < sends_max, "sends without end");
        check(outgoing.route, &buffer);
        if let Some(transmit) = outgoing.report {
            node.handle_transmit(now, transmit, Delivery::LEFT);
        }
    }
}

/// Decodes all of a message.
pub(crate) fn read_whole(bytes: &[u8]) -> Result<Message<'_>, DecodeError> {
    let message = Message::parse(bytes)?;
    for question in message.questions() {
        question?;
    }
    for record in message.records() {
        let (_, record) = record?;
        record.data()?;
    }
    Ok(message)
}
