//! Recordings as pcapng, for tshark and other programs.
//!
//! In:  a [`Recording`].
//! Out: one section; an interface per link; an Ethernet frame per packet.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use cooee_capture::write::{
    self, LINKTYPE_ETHERNET, enhanced_packet, interface_description, section_header,
};

use crate::recording::{Packet, Recording};

impl Recording {
    /// Returns all traffic as a pcapng file.
    pub fn pcapng(&self) -> Vec<u8> {
        let mut out = Vec::new();
        section_header(&mut out);
        let mut links: BTreeMap<Rc<str>, u32> = BTreeMap::new();
        for transmission in &self.transmissions {
            let known = u32::try_from(links.len()).expect("few links");
            let link = *links
                .entry(Rc::clone(&transmission.link))
                .or_insert_with(|| {
                    interface_description(&mut out, &transmission.link, LINKTYPE_ETHERNET);
                    known
                });
            let at = Duration::from_nanos(transmission.at.as_nanos());
            for packet in &transmission.packets {
                enhanced_packet(&mut out, link, at, &frame(packet));
            }
        }
        out
    }
}

/// Returns the Ethernet frame that carries a packet.
pub(crate) fn frame(packet: &Packet) -> Vec<u8> {
    write::frame(packet.source, packet.destination, HOPS, &packet.bytes)
}

const HOPS: u8 = 255;

#[cfg(test)]
mod tests;
