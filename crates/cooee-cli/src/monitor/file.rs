//! Messages written to a pcapng file.
//!
//! In:  messages with their interfaces.
//! Out: a file that other programs read.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use cooee_capture::write::{
    LINKTYPE_ETHERNET, enhanced_packet, frame, interface_description, section_header,
};

use crate::failure::Failure;
use crate::traffic::{ShownMessage, since_epoch};

/// A file that is being written.
pub(super) struct CaptureFile {
    file: BufWriter<File>,
    path: String,
    /// The interfaces in the file, by their numbers there.
    interfaces: Vec<String>,
}

impl CaptureFile {
    /// Creates the file, or empties it.
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        let shown = path.display().to_string();
        let file = File::create(path)
            .map_err(|error| Failure::Argument(format!("cannot write {shown}: {error}")))?;
        let mut file = Self {
            file: BufWriter::new(file),
            path: shown,
            interfaces: Vec::new(),
        };
        let mut header = Vec::new();
        section_header(&mut header);
        file.append(&header)?;
        Ok(file)
    }

    /// Writes a message.
    pub(super) fn write(&mut self, seen: &ShownMessage<'_>) -> Result<(), Failure> {
        let mut blocks = Vec::new();
        let known = self
            .interfaces
            .iter()
            .position(|name| *name == seen.interface);
        let place = known.unwrap_or_else(|| {
            interface_description(&mut blocks, seen.interface, LINKTYPE_ETHERNET);
            self.interfaces.push(seen.interface.to_owned());
            self.interfaces.len().saturating_sub(1)
        });
        let sighting = &seen.sighting;
        let frame = frame(
            sighting.source,
            sighting.destination,
            sighting.hop_limit.unwrap_or(HOP_LIMIT),
            sighting.bytes,
        );
        let number = u32::try_from(place).unwrap_or_default();
        enhanced_packet(&mut blocks, number, since_epoch(sighting.at), &frame);
        self.append(&blocks)
    }

    /// Makes everything written so far visible to readers.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        let flushed = self.file.flush();
        flushed.map_err(|error| self.failure(&error))
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let written = self.file.write_all(bytes);
        written.map_err(|error| self.failure(&error))
    }

    fn failure(&self, error: &io::Error) -> Failure {
        Failure::Start {
            message: format!("cannot write {}: {error}", self.path),
            hint: None,
        }
    }
}

/// The hop limit of a message of which it is unknown: that of every message of this library.
const HOP_LIMIT: u8 = 255;
