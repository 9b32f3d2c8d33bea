//! Packets in transit: what each contains, until its result is known.
//!
//! In:  packets that were polled; which of them is reported.
//! Out: the contents of a reported packet, once; those of packets without a report.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::collections::SmallList;
use crate::compose::query::Composed;
use crate::link::Family;
use crate::registrations::RegistrationId;
use crate::responder::UnsentGoodbye;
use crate::responder::record::RecordId;
use crate::time::Instant;
use crate::transmit::Route;

/// A packet to the group that was polled and has no report yet.
pub(super) struct Parcel {
    number: u64,
    pub(super) polled: Instant,
    pub(super) route: Route,
    /// A hash of its content, by which an echo is recognised.
    pub(super) content: u64,
    pub(super) payload: Payload,
}

/// The contents of a packet. They were taken out of the queues, and return there if it was not
/// sent.
pub(super) enum Payload {
    Goodbyes(Vec<UnsentGoodbye>),
    Probes(SmallList<RegistrationId, 4>),
    Answers(SmallList<RecordId, 8>),
    Questions(Box<Composed>),
    /// Nothing: it only tests whether packets leave on the link, or over one family of it.
    Knock(Option<Family>),
}

/// The packets without a report, in the order in which they were polled.
#[derive(Default)]
pub(super) struct InFlight {
    parcels: VecDeque<Parcel>,
    /// How many packets to the group were polled.
    polled: u64,
}

impl InFlight {
    /// Adds a packet. Returns its number.
    pub(super) fn add(
        &mut self,
        polled: Instant,
        route: Route,
        content: u64,
        payload: Payload,
    ) -> u64 {
        self.polled = self.polled.wrapping_add(1);
        self.parcels.push_back(Parcel {
            number: self.polled,
            polled,
            route,
            content,
            payload,
        });
        self.polled
    }

    /// Takes the packet with a number, if it has no report yet.
    pub(super) fn take(&mut self, number: u64) -> Option<Parcel> {
        let mut parcels = self.parcels.iter();
        match parcels.position(|parcel| parcel.number == number) {
            // As a rule they are reported in their order.
            Some(0) => self.parcels.pop_front(),
            Some(place) => self.parcels.remove(place),
            None => None,
        }
    }

    /// Takes the packet that was polled first.
    pub(super) fn take_first(&mut self) -> Option<Parcel> {
        self.parcels.pop_front()
    }

    /// Returns when packets without a report are given up.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        // They are in the order in which they were polled.
        self.parcels.front().map(|parcel| parcel.polled)
    }
}
