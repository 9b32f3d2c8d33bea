//! The engine by hand, in virtual time: what it receives and what it sends.

mod additional;
mod answering;
mod asking;
mod claiming;
mod clauses;
mod co_resident;
mod crowd;
mod families;
mod guard;
mod lan;
mod late;
mod listen;
mod packing;
mod probes;
mod reported;
mod room;
mod sending;
mod speak;
mod spelling;
mod truncated;
mod trust;

use alloc::vec::Vec;

use super::Engine;
use crate::time::Instant;
use crate::transmit::{Delivery, Route};

impl Engine {
    /// Polls the next packet, and reports it as sent.
    pub(crate) fn send_next(&mut self, now: Instant, buf: &mut Vec<u8>) -> Option<Route> {
        let transmit = self.poll_transmit(now, buf)?;
        let route = transmit.route;
        self.handle_transmit(now, transmit, Delivery::LEFT);
        Some(route)
    }
}
