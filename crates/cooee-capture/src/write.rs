//! Pcapng files, for tshark and other programs.
//!
//! In:  interfaces, and frames with their times.
//! Out: the blocks of a file; an Ethernet frame for a datagram, with true checksums. Times are in
//!      nanoseconds.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

/// Appends the header of a file.
pub fn section_header(out: &mut Vec<u8>) {
    let mut body = Vec::new();
    body.extend(0x1a2b_3c4d_u32.to_le_bytes());
    body.extend(1u16.to_le_bytes());
    body.extend(0u16.to_le_bytes());
    body.extend(u64::MAX.to_le_bytes());
    block(out, 0x0a0d_0d0a, &body);
}

/// Appends an interface. The first has the number 0, the next one 1, and so on.
pub fn interface_description(out: &mut Vec<u8>, name: &str, link_type: u16) {
    let mut body = Vec::new();
    body.extend(link_type.to_le_bytes());
    body.extend(0u16.to_le_bytes());
    body.extend(0u32.to_le_bytes());
    option(&mut body, IF_NAME, name.as_bytes());
    option(&mut body, IF_TSRESOL, &[NANOSECONDS]);
    option(&mut body, END_OF_OPTIONS, &[]);
    block(out, 1, &body);
}

/// Appends a frame of an interface, with its time since 1970.
pub fn enhanced_packet(out: &mut Vec<u8>, interface: u32, since_epoch: Duration, frame: &[u8]) {
    let nanos = u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX);
    let length = word(frame.len());
    let [.., h3, h2, h1, h0] = (nanos >> 32).to_be_bytes();
    let [.., l3, l2, l1, l0] = nanos.to_be_bytes();
    let mut body = Vec::new();
    body.extend(interface.to_le_bytes());
    body.extend([h0, h1, h2, h3, l0, l1, l2, l3]);
    body.extend(length.to_le_bytes());
    body.extend(length.to_le_bytes());
    body.extend(frame);
    pad(&mut body);
    block(out, 6, &body);
}

fn block(out: &mut Vec<u8>, kind: u32, body: &[u8]) {
    let length = word(body.len().saturating_add(12));
    out.extend(kind.to_le_bytes());
    out.extend(length.to_le_bytes());
    out.extend(body);
    out.extend(length.to_le_bytes());
}

fn option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
    body.extend(code.to_le_bytes());
    let value = value.get(..OPTION_BYTES_MAX).unwrap_or(value);
    body.extend(short(value.len()).to_le_bytes());
    body.extend(value);
    pad(body);
}

fn pad(body: &mut Vec<u8>) {
    body.resize(body.len().next_multiple_of(4), 0);
}

/// Returns the Ethernet frame that carries a datagram. Its hardware addresses are derived from its
/// IP addresses.
pub fn frame(source: SocketAddr, destination: SocketAddr, hop_limit: u8, bytes: &[u8]) -> Vec<u8> {
    let udp = udp(source, destination, bytes);
    let (source, destination) = (source.ip(), destination.ip());
    let mut frame = Vec::new();
    frame.extend(hardware_address(destination));
    frame.extend(hardware_address(source));
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            frame.extend(ETHERTYPE_IPV4.to_be_bytes());
            frame.extend(ipv4_header(source, destination, hop_limit, udp.len()));
        }
        (IpAddr::V6(_) | IpAddr::V4(_), IpAddr::V6(_) | IpAddr::V4(_)) => {
            frame.extend(ETHERTYPE_IPV6.to_be_bytes());
            frame.extend(ipv6_header(
                as_v6(source),
                as_v6(destination),
                hop_limit,
                udp.len(),
            ));
        }
    }
    frame.extend(udp);
    frame
}

fn ipv4_header(source: Ipv4Addr, destination: Ipv4Addr, hops: u8, payload: usize) -> Vec<u8> {
    let mut header = vec![0x45, 0];
    header.extend(short(payload + 20).to_be_bytes());
    header.extend([0, 0, 0x40, 0, hops, PROTOCOL_UDP, 0, 0]);
    header.extend(source.octets());
    header.extend(destination.octets());
    let sum = checksum(&header).to_be_bytes();
    header.splice(10..12, sum);
    header
}

fn ipv6_header(source: Ipv6Addr, destination: Ipv6Addr, hops: u8, payload: usize) -> Vec<u8> {
    let mut header = vec![0x60, 0, 0, 0];
    header.extend(short(payload).to_be_bytes());
    header.extend([PROTOCOL_UDP, hops]);
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

/// Returns the checksum of RFC 1071.
pub fn checksum(bytes: &[u8]) -> u16 {
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

fn word(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn short(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

/// The kind of link of the frames of [`frame`].
pub const LINKTYPE_ETHERNET: u16 = 1;
/// Longer than any name of an interface.
const OPTION_BYTES_MAX: usize = 1_024;
const IF_NAME: u16 = 2;
const IF_TSRESOL: u16 = 9;
const NANOSECONDS: u8 = 9;
const END_OF_OPTIONS: u16 = 0;
const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_IPV6: u16 = 0x86dd;
const PROTOCOL_UDP: u8 = 17;
