//! Ethernet frames that carry UDP.
//!
//! In:  bytes from a packet socket, or addresses and a payload.
//! Out: a borrowed view of the datagram, or a frame with right checksums.
//! RFC 768, RFC 791 and RFC 8200, as far as multicast DNS needs them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A hardware address.
pub type Mac = [u8; 6];

/// A UDP datagram inside a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Udp<'a> {
    /// The sender's hardware address.
    pub source_mac: Mac,
    /// The sender's address and port.
    pub source: SocketAddr,
    /// The receiver's address and port.
    pub destination: SocketAddr,
    /// The time to live or hop limit.
    pub ttl: u8,
    /// What the datagram carries.
    pub payload: &'a [u8],
}

const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_IPV6: u16 = 0x86dd;
const PROTOCOL_UDP: u8 = 17;
const UDP_HEADER_BYTES: usize = 8;
const HEADER_V4_BYTES: usize = 20;
/// What one fragment carries: a multiple of eight that fits an Ethernet frame with its header.
const FRAGMENT_BYTES: usize = 1480;
const MORE_FRAGMENTS: u16 = 0x2000;

impl<'a> Udp<'a> {
    /// Finds the datagram in a frame; `None` for anything else and for fragments.
    pub fn parse(frame: &'a [u8]) -> Option<Self> {
        let source_mac = frame.get(6..12)?.try_into().ok()?;
        let packet = frame.get(14..)?;
        match word(frame, 12)? {
            ETHERTYPE_IPV4 => Self::parse_v4(source_mac, packet),
            ETHERTYPE_IPV6 => Self::parse_v6(source_mac, packet),
            _ => None,
        }
    }

    /// Returns the frame that carries this datagram to `destination_mac`.
    pub fn build(&self, destination_mac: Mac) -> Vec<u8> {
        let udp_bytes = UDP_HEADER_BYTES + self.payload.len();
        let mut frame = Vec::with_capacity(14 + 40 + udp_bytes);
        frame.extend_from_slice(&destination_mac);
        frame.extend_from_slice(&self.source_mac);
        let pseudo = match (self.source.ip(), self.destination.ip()) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                frame.extend_from_slice(&ETHERTYPE_IPV4.to_be_bytes());
                header_v4(&mut frame, source, destination, self.ttl, udp_bytes);
                sum(&source.octets()) + sum(&destination.octets())
            }
            (source, destination) => {
                let (source, destination) = (mapped(source), mapped(destination));
                frame.extend_from_slice(&ETHERTYPE_IPV6.to_be_bytes());
                header_v6(&mut frame, source, destination, self.ttl, udp_bytes);
                sum(&source.octets()) + sum(&destination.octets())
            }
        };
        let start = frame.len();
        for field in [
            self.source.port(),
            self.destination.port(),
            udp_bytes as u16,
            0,
        ] {
            frame.extend_from_slice(&field.to_be_bytes());
        }
        frame.extend_from_slice(self.payload);
        let total = pseudo + u64::from(PROTOCOL_UDP) + udp_bytes as u64 + sum(&frame[start..]);
        let checksum = match !fold(total) {
            0 => u16::MAX,
            other => other,
        };
        frame[start + 6..start + 8].copy_from_slice(&checksum.to_be_bytes());
        frame
    }

    fn parse_v4(source_mac: Mac, packet: &'a [u8]) -> Option<Self> {
        let header_bytes = usize::from(packet.first()? & 0x0f) * 4;
        let fragment = word(packet, 6)? & 0x3fff;
        if *packet.get(9)? != PROTOCOL_UDP || fragment != 0 {
            return None;
        }
        let octets: [u8; 8] = packet.get(12..20)?.try_into().ok()?;
        let [a, b, c, d, e, f, g, h] = octets;
        let (source, destination) = (Ipv4Addr::new(a, b, c, d), Ipv4Addr::new(e, f, g, h));
        let ttl = *packet.get(8)?;
        Self::parse_udp(
            source_mac,
            source.into(),
            destination.into(),
            ttl,
            packet.get(header_bytes..)?,
        )
    }

    fn parse_v6(source_mac: Mac, packet: &'a [u8]) -> Option<Self> {
        if *packet.get(6)? != PROTOCOL_UDP {
            return None;
        }
        let address = |at: usize| -> Option<Ipv6Addr> {
            Some(Ipv6Addr::from(
                <[u8; 16]>::try_from(packet.get(at..at + 16)?).ok()?,
            ))
        };
        let (source, destination) = (address(8)?, address(24)?);
        let ttl = *packet.get(7)?;
        Self::parse_udp(
            source_mac,
            source.into(),
            destination.into(),
            ttl,
            packet.get(40..)?,
        )
    }

    fn parse_udp(
        source_mac: Mac,
        source: IpAddr,
        destination: IpAddr,
        ttl: u8,
        datagram: &'a [u8],
    ) -> Option<Self> {
        let source = SocketAddr::new(source, word(datagram, 0)?);
        let destination = SocketAddr::new(destination, word(datagram, 2)?);
        let payload = datagram.get(UDP_HEADER_BYTES..usize::from(word(datagram, 4)?))?;
        Some(Self {
            source_mac,
            source,
            destination,
            ttl,
            payload,
        })
    }
}

/// The hardware address to which a multicast group is sent.
pub fn multicast_mac(group: IpAddr) -> Mac {
    match group {
        IpAddr::V4(group) => {
            let [_, b, c, d] = group.octets();
            [0x01, 0x00, 0x5e, b & 0x7f, c, d]
        }
        IpAddr::V6(group) => {
            let [.., a, b, c, d] = group.octets();
            [0x33, 0x33, a, b, c, d]
        }
    }
}

/// Returns the frame as it crosses an Ethernet link: whole, or in fragments if its IPv4 packet is
/// longer than 1,500 bytes. Fragments of one packet share `id`.
pub fn fragments(frame: Vec<u8>, id: u16) -> Vec<Vec<u8>> {
    let is_v4 = word(&frame, 12) == Some(ETHERTYPE_IPV4);
    let Some((head, body)) = frame.split_at_checked(14 + HEADER_V4_BYTES) else {
        return vec![frame];
    };
    if !is_v4 || body.len() <= FRAGMENT_BYTES {
        return vec![frame];
    }
    let last = (body.len() - 1) / FRAGMENT_BYTES;
    let pieces = body.chunks(FRAGMENT_BYTES).enumerate();
    let fragment = |(number, piece): (usize, &[u8])| {
        let mut fragment = [head, piece].concat();
        let more = if number < last { MORE_FRAGMENTS } else { 0 };
        let offset = (number * FRAGMENT_BYTES / 8) as u16;
        let length = (HEADER_V4_BYTES + piece.len()) as u16;
        for (at, field) in [(2, length), (4, id), (6, more | offset), (10, 0)] {
            fragment[14 + at..16 + at].copy_from_slice(&field.to_be_bytes());
        }
        let checksum = !fold(sum(&fragment[14..14 + HEADER_V4_BYTES]));
        fragment[24..26].copy_from_slice(&checksum.to_be_bytes());
        fragment
    };
    pieces.map(fragment).collect()
}

fn header_v4(frame: &mut Vec<u8>, source: Ipv4Addr, destination: Ipv4Addr, ttl: u8, udp: usize) {
    let start = frame.len();
    let [high, low] = (20 + udp as u16).to_be_bytes();
    frame.extend_from_slice(&[0x45, 0, high, low, 0, 0, 0x40, 0, ttl, PROTOCOL_UDP, 0, 0]);
    frame.extend_from_slice(&source.octets());
    frame.extend_from_slice(&destination.octets());
    let checksum = !fold(sum(&frame[start..]));
    frame[start + 10..start + 12].copy_from_slice(&checksum.to_be_bytes());
}

fn header_v6(frame: &mut Vec<u8>, source: Ipv6Addr, destination: Ipv6Addr, ttl: u8, udp: usize) {
    let [high, low] = (udp as u16).to_be_bytes();
    frame.extend_from_slice(&[0x60, 0, 0, 0, high, low, PROTOCOL_UDP, ttl]);
    frame.extend_from_slice(&source.octets());
    frame.extend_from_slice(&destination.octets());
}

fn mapped(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn sum(bytes: &[u8]) -> u64 {
    let words = bytes.chunks(2).map(|pair| match *pair {
        [high, low] => u64::from(u16::from_be_bytes([high, low])),
        [high] => u64::from(u16::from_be_bytes([high, 0])),
        _ => 0,
    });
    words.sum()
}

fn fold(mut total: u64) -> u16 {
    while total > 0xffff {
        total = (total & 0xffff) + (total >> 16);
    }
    total as u16
}

#[cfg(test)]
mod tests;
