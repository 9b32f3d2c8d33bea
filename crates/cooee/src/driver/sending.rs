//! The driver's turn, last part: sends the engine's packets, and the goodbyes at the end.
//!
//! In:  the engine's packets.
//! Out: batches through the outbox; how long to pause when the engine repeats a deadline. RFC 6762
//!      section 10.1 (goodbyes).

use std::time::Duration;

use cooee_proto::time::Instant;

use super::Driver;
use crate::lock::lock;
use crate::metrics::count;
use crate::session::publishing::Reply;
use crate::session::queue::{Overflow, Received, channel};

/// How long the driver may wait after it has sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pause {
    /// Until something is due.
    #[default]
    UntilDue,
    /// Not at all: there is more to send.
    None,
    /// Until something is due, and at least this long: the engine repeats a deadline.
    AtLeast(Duration),
}

impl Driver {
    /// Sends the engine's packets, in batches.
    pub(super) fn transmit(&mut self, now: Instant) {
        for _ in 0..TRANSMIT_ROUNDS_MAX {
            if !self.send_batch(now) {
                self.pause = self.pause(now);
                return;
            }
        }
        // The rest is sent in the next turn, after reading.
        self.pause = Pause::None;
    }

    /// Sends one batch. Returns whether there may be more.
    fn send_batch(&mut self, now: Instant) -> bool {
        let more = self.outbox.fill(now, &mut self.agent, &mut self.reflection);
        self.outbox.send(
            &self.links,
            &mut self.monitors,
            &self.names,
            &mut self.metrics.sockets,
        );
        self.outbox
            .report(now, &mut self.agent, &mut self.reflection);
        more
    }

    /// Returns how long to wait when all that was due is sent: until something is due. When the
    /// engine reports a deadline again at once, that is a fault, and must not use up the CPU.
    fn pause(&mut self, now: Instant) -> Pause {
        let due = self.agent.poll_timeout();
        let Some(deadline) = due.filter(|deadline| deadline.at <= now) else {
            return Pause::UntilDue;
        };
        tracing::trace!(?deadline, "a deadline is due again at once");
        count(&mut self.metrics.driver.deadlines_repeated, 1);
        Pause::AtLeast(REPETITION_PAUSE)
    }

    /// Sends goodbyes for everything before the sockets are closed.
    pub(super) fn leave(&mut self, now: Instant) {
        let (reply, receiver) = channel(1, Overflow::DropOldest);
        let agent = &mut self.agent;
        self.publications.withdraw_all(now, agent, reply);
        for _ in 0..LEAVE_ROUNDS_MAX {
            if !self.send_batch(now) {
                break;
            }
        }
        self.tell(now);
        if let Some(Received::Item(Reply(goodbyes))) = receiver.try_next() {
            lock(&self.shared.state).goodbyes = goodbyes;
        }
        self.publish();
        self.publications.wake();
    }
}

/// How long the engine waits if it returns a deadline that has just been handled.
const REPETITION_PAUSE: Duration = Duration::from_millis(2);

/// How many batches are sent in one turn, before the sockets are read again.
const TRANSMIT_ROUNDS_MAX: usize = 8;

/// How many batches are sent at the end: goodbyes for about 100,000 services.
const LEAVE_ROUNDS_MAX: usize = 1_024;
