//! A capture while it is read.
//!
//! In:  frames with their times.
//! Out: the datagrams in them.

use std::time::Duration;

use super::capture::{Capture, Captured};
use super::fragments::Fragments;
use super::frame::{Found, LinkType};

/// A capture while it is read.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) capture: Capture,
    fragments: Fragments,
    /// The time of the first frame, in nanoseconds.
    began: Option<u64>,
    latest: Duration,
}

impl Reading {
    /// Adds a frame of an interface: its kind of link, time in nanoseconds, bytes, and length on the
    /// link.
    pub(super) fn frame(
        &mut self,
        (interface, link): (usize, LinkType),
        nanos: u64,
        bytes: &[u8],
        length: usize,
    ) {
        let began = *self.began.get_or_insert(nanos);
        // Clocks may be set while a capture runs; time does not go back here.
        self.latest = self
            .latest
            .max(Duration::from_nanos(nanos.saturating_sub(began)));
        self.capture.frames += 1;
        if bytes.len() < length {
            self.capture.cut += 1;
        }
        let udp = match link.packet(bytes) {
            Found::IpPacket(packet) => self.fragments.udp(packet),
            Found::Nothing => None,
            Found::UnknownLink => {
                self.capture.unknown_links += 1;
                None
            }
        };
        let Some(udp) = udp else { return };
        if [udp.source.port(), udp.destination.port()].contains(&MDNS_PORT) {
            self.capture.datagrams.push(Captured {
                at: self.latest,
                since_epoch: Duration::from_nanos(nanos),
                interface,
                hop_limit: udp.hop_limit,
                source: udp.source,
                destination: udp.destination,
                bytes: udp.payload,
            });
        }
    }
}

const MDNS_PORT: u16 = 5353;
