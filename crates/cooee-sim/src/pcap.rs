//! Recordings as pcapng, for tshark and other programs.
//!
//! In:  a [`Recording`].
//! Out: one section; an interface per link; an Ethernet frame per packet, with true checksums
//! and nanosecond times.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;

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
            let nanos = transmission.at.as_nanos();
            for packet in &transmission.packets {
                enhanced_packet(&mut out, link, nanos, &frame(packet));
            }
        }
        out
    }
}

pub(crate) fn section_header(out: &mut Vec<u8>) {
    let mut body = Vec::new();
    body.extend(0x1a2b_3c4d_u32.to_le_bytes());
    body.extend(1u16.to_le_bytes());
    body.extend(0u16.to_le_bytes());
    body.extend(u64::MAX.to_le_bytes());
    block(out, 0x0a0d_0d0a, &body);
}

pub(crate) fn interface_description(out: &mut Vec<u8>, name: &str, link_type: u16) {
    let mut body = Vec::new();
    body.extend(link_type.to_le_bytes());
    body.extend(0u16.to_le_bytes());
    body.extend(0u32.to_le_bytes());
    option(&mut body, IF_NAME, name.as_bytes());
    option(&mut body, IF_TSRESOL, &[NANOSECONDS]);
    option(&mut body, END_OF_OPTIONS, &[]);
    block(out, 1, &body);
}

pub(crate) fn enhanced_packet(out: &mut Vec<u8>, link: u32, nanos: u64, frame: &[u8]) {
    let length = u32::try_from(frame.len()).expect("a frame is under 4 GiB");
    let [.., h3, h2, h1, h0] = (nanos >> 32).to_be_bytes();
    let [.., l3, l2, l1, l0] = nanos.to_be_bytes();
    let mut body = Vec::new();
    body.extend(link.to_le_bytes());
    body.extend([h0, h1, h2, h3, l0, l1, l2, l3]);
    body.extend(length.to_le_bytes());
    body.extend(length.to_le_bytes());
    body.extend(frame);
    pad(&mut body);
    block(out, 6, &body);
}

fn block(out: &mut Vec<u8>, kind: u32, body: &[u8]) {
    let length = u32::try_from(body.len() + 12).expect("a block is under 4 GiB");
    out.extend(kind.to_le_bytes());
    out.extend(length.to_le_bytes());
    out.extend(body);
    out.extend(length.to_le_bytes());
}

fn option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
    body.extend(code.to_le_bytes());
    body.extend(
        u16::try_from(value.len())
            .expect("a short option")
            .to_le_bytes(),
    );
    body.extend(value);
    pad(body);
}

fn pad(body: &mut Vec<u8>) {
    body.resize(body.len().next_multiple_of(4), 0);
}

/// Returns the Ethernet frame that carries a packet.
pub(crate) fn frame(packet: &Packet) -> Vec<u8> {
    let (source, destination) = (packet.source.ip(), packet.destination.ip());
    let udp = udp(packet.source, packet.destination, &packet.bytes);
    let mut frame = Vec::new();
    frame.extend(hardware_address(destination));
    frame.extend(hardware_address(source));
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            frame.extend(ETHERTYPE_IPV4.to_be_bytes());
            frame.extend(ipv4_header(source, destination, udp.len()));
        }
        (IpAddr::V6(_) | IpAddr::V4(_), IpAddr::V6(_) | IpAddr::V4(_)) => {
            frame.extend(ETHERTYPE_IPV6.to_be_bytes());
            frame.extend(ipv6_header(as_v6(source), as_v6(destination), udp.len()));
        }
    }
    frame.extend(udp);
    frame
}

fn ipv4_header(source: Ipv4Addr, destination: Ipv4Addr, payload: usize) -> Vec<u8> {
    let mut header = vec![0x45, 0];
    header.extend(short(payload + 20).to_be_bytes());
    header.extend([0, 0, 0x40, 0, HOPS, PROTOCOL_UDP, 0, 0]);
    header.extend(source.octets());
    header.extend(destination.octets());
    let sum = checksum(&header).to_be_bytes();
    header.splice(10..12, sum);
    header
}

fn ipv6_header(source: Ipv6Addr, destination: Ipv6Addr, payload: usize) -> Vec<u8> {
    let mut header = vec![0x60, 0, 0, 0];
    header.extend(short(payload).to_be_bytes());
    header.extend([PROTOCOL_UDP, HOPS]);
    header.extend(source.octets());
    header.extend(destination.octets());
    header
}

fn udp(source: SocketAddr, destination: SocketAddr, payload: &[u8]) -> Vec<u8> {
    let length = short(payload.len() + 8);
    let mut segment = Vec::new();
    segment.extend(source.port().to_be_bytes());
    segment.extend(destination.port().to_be_bytes());
    segment.extend(length.to_be_bytes());
    segment.extend([0, 0]);
    segment.extend(payload);
    let mut summed = Vec::new();
    for ip in [source.ip(), destination.ip()] {
        match ip {
            IpAddr::V4(v4) => summed.extend(v4.octets()),
            IpAddr::V6(v6) => summed.extend(v6.octets()),
        }
    }
    summed.extend([0, PROTOCOL_UDP]);
    summed.extend(length.to_be_bytes());
    summed.extend(&segment);
    // RFC 768: a sum of zero is sent as all ones, since zero means none.
    let sum = match checksum(&summed) {
        0 => 0xffff,
        sum => sum,
    };
    segment.splice(6..8, sum.to_be_bytes());
    segment
}

pub(crate) fn checksum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|pair| match *pair {
        [high, low] => u32::from(u16::from_be_bytes([high, low])),
        [high] => u32::from(u16::from_be_bytes([high, 0])),
        _ => 0,
    });
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !short(sum as usize)
}

/// Returns a hardware address derived from the IP address: the mapped group, or a local one.
fn hardware_address(ip: IpAddr) -> [u8; 6] {
    match ip {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            if v4.is_multicast() {
                [0x01, 0x00, 0x5e, b & 0x7f, c, d]
            } else {
                [2, 0, a, b, c, d]
            }
        }
        IpAddr::V6(v6) => {
            let [.., a, b, c, d] = v6.octets();
            if v6.is_multicast() {
                [0x33, 0x33, a, b, c, d]
            } else {
                [2, 6, a, b, c, d]
            }
        }
    }
}

fn as_v6(ip: IpAddr) -> Ipv6Addr {
    match ip {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    }
}

fn short(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

const LINKTYPE_ETHERNET: u16 = 1;
const IF_NAME: u16 = 2;
const IF_TSRESOL: u16 = 9;
const NANOSECONDS: u8 = 9;
const END_OF_OPTIONS: u16 = 0;
const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_IPV6: u16 = 0x86dd;
const PROTOCOL_UDP: u8 = 17;
const HOPS: u8 = 255;

#[cfg(test)]
mod tests;
