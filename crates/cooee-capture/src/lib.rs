//! Capture files: reads the Multicast DNS in pcap and pcapng files, and writes pcapng files.
//!
//! In:  the bytes of a file, of many kinds of link; or datagrams to write.
//! Out: the datagrams, with their times, addresses and interfaces; how many frames had none, and
//!      whether the file is cut short. Or the blocks of a file ([`mod@write`]).
//!
//! ```
//! use std::time::Duration;
//!
//! use cooee_capture::{Capture, write};
//!
//! let mut file = Vec::new();
//! write::section_header(&mut file);
//! write::interface_description(&mut file, "eth0", write::LINKTYPE_ETHERNET);
//! let (source, group) = ("10.0.0.9:5353".parse()?, "224.0.0.251:5353".parse()?);
//! let frame = write::frame(source, group, 255, b"a message");
//! write::enhanced_packet(&mut file, 0, Duration::from_secs(7), &frame);
//!
//! let capture = Capture::read(&file)?;
//! assert_eq!(capture.interfaces, ["eth0"]);
//! assert_eq!(capture.datagrams[0].bytes, b"a message");
//! assert_eq!(capture.datagrams[0].since_epoch, Duration::from_secs(7));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod capture;
mod fragments;
mod frame;
mod order;
mod pcap;
mod pcapng;
mod radio;
mod reading;
pub mod write;

pub use capture::{Capture, Captured, NotACapture};

use reading::Reading;

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

#[cfg(test)]
mod tests;
