//! Reads captures: pcap and pcapng files, of many kinds of link.
//!
//! In:  the bytes of a file.
//! Out: the Multicast DNS datagrams in it, with their times and addresses; how many frames had
//!      none, and whether the file is cut short.

use std::net::SocketAddr;
use std::time::Duration;

use fragments::Fragments;
use frame::{Found, LinkType};

mod fragments;
mod frame;
mod pcap;
mod pcapng;

/// The Multicast DNS contents of a file of captured frames.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capture {
    /// The datagrams to or from port 5353, in the order of the file.
    pub datagrams: Vec<Captured>,
    /// How many frames there were.
    pub frames: usize,
    /// How many frames were not captured completely.
    pub cut: usize,
    /// How many frames were of an unknown kind of link.
    pub unknown_links: usize,
    /// Whether the file ends inside a frame, as it does when a capture program is killed.
    pub ends_early: bool,
}

/// One datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    /// The time since the first frame of the file; never earlier than the one before.
    pub at: Duration,
    /// The sender.
    pub source: SocketAddr,
    /// The destination.
    pub destination: SocketAddr,
    /// Its contents.
    pub bytes: Vec<u8>,
}

/// Why a file cannot be read as a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotACapture {
    /// The offset in the file.
    pub at: usize,
    /// What is wrong there.
    pub what: &'static str,
}

impl std::fmt::Display for NotACapture {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} at byte {}", self.what, self.at)
    }
}

impl std::error::Error for NotACapture {}

impl Capture {
    /// Reads a pcap or pcapng file.
    ///
    /// # Errors
    /// Returns an error if it is neither, or contradicts itself. A file that only ends too early is
    /// read as far as it goes.
    pub fn read(file: &[u8]) -> Result<Self, NotACapture> {
        let mut reading = Reading::default();
        if pcapng::is(file) {
            pcapng::read(file, &mut reading)?;
        } else {
            pcap::read(file, &mut reading)?;
        }
        Ok(reading.capture)
    }
}

/// A capture while it is read.
#[derive(Default)]
struct Reading {
    capture: Capture,
    fragments: Fragments,
    /// The time of the first frame, in nanoseconds.
    began: Option<u64>,
    latest: Duration,
}

impl Reading {
    /// Adds a frame: its kind of link, time in nanoseconds, bytes, and length on the link.
    fn frame(&mut self, link: LinkType, nanos: u64, bytes: &[u8], length: usize) {
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
        if [udp.source.port(), udp.destination.port()].contains(&crate::MDNS_PORT) {
            self.capture.datagrams.push(Captured {
                at: self.latest,
                source: udp.source,
                destination: udp.destination,
                bytes: udp.payload,
            });
        }
    }
}

/// The byte order of a file's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Big,
    Little,
}

impl Order {
    fn short(self, bytes: &[u8], at: usize) -> Option<u16> {
        let bytes = bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Big => u16::from_be_bytes(*bytes),
            Self::Little => u16::from_le_bytes(*bytes),
        })
    }

    fn word(self, bytes: &[u8], at: usize) -> Option<u32> {
        let bytes = bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Big => u32::from_be_bytes(*bytes),
            Self::Little => u32::from_le_bytes(*bytes),
        })
    }

    /// Returns a length or an offset.
    fn size(self, bytes: &[u8], at: usize) -> Option<usize> {
        self.word(bytes, at)?.try_into().ok()
    }
}

#[cfg(test)]
mod tests;
