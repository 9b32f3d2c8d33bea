//! Reassembles IP packets from their fragments.
//!
//! In:  IP packets, one after the other.
//! Out: the UDP datagrams in them, as soon as each is complete.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::order::Order;

/// A UDP datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Udp {
    pub(super) source: SocketAddr,
    pub(super) destination: SocketAddr,
    pub(super) hop_limit: u8,
    pub(super) payload: Vec<u8>,
}

/// What fragments of one packet have in common.
type Key = (IpAddr, IpAddr, u32);

/// The packets of which only some fragments have arrived.
#[derive(Default)]
pub(super) struct Fragments {
    waiting: BTreeMap<Key, Pieces>,
}

#[derive(Default)]
struct Pieces {
    parts: BTreeMap<usize, Vec<u8>>,
    /// Known when the last fragment has arrived.
    length: Option<usize>,
}

/// An IP packet with its header read.
struct IpPacket<'a> {
    source: IpAddr,
    destination: IpAddr,
    hop_limit: u8,
    fragment: Option<Fragment>,
    payload: &'a [u8],
}

struct Fragment {
    id: u32,
    offset: usize,
    is_last: bool,
}

impl Fragments {
    /// Returns the datagram that this packet completes.
    pub(super) fn udp(&mut self, packet: &[u8]) -> Option<Udp> {
        let packet = match packet.first()? >> 4 {
            4 => v4(packet)?,
            6 => v6(packet)?,
            _ => return None,
        };
        let Some(fragment) = &packet.fragment else {
            return udp(&packet, packet.payload);
        };
        let key = (packet.source, packet.destination, fragment.id);
        if self.waiting.len() >= WAITING_MAX && !self.waiting.contains_key(&key) {
            self.waiting.pop_first();
        }
        let pieces = self.waiting.entry(key).or_default();
        if fragment.is_last {
            pieces.length = Some(fragment.offset + packet.payload.len());
        }
        pieces
            .parts
            .insert(fragment.offset, packet.payload.to_vec());
        let whole = pieces.whole()?;
        self.waiting.remove(&key);
        udp(&packet, &whole)
    }
}

impl Pieces {
    fn whole(&self) -> Option<Vec<u8>> {
        let length = self.length?;
        let mut whole = Vec::new();
        for (offset, part) in &self.parts {
            if *offset != whole.len() {
                return None;
            }
            whole.extend(part);
        }
        (whole.len() == length).then_some(whole)
    }
}

fn v4(packet: &[u8]) -> Option<IpPacket<'_>> {
    let short = |at| Order::Big.short(packet, at);
    if *packet.get(9)? != UDP {
        return None;
    }
    let header = usize::from(packet.first()? & 0x0f) * 4;
    let flags = short(6)?;
    let offset = usize::from(flags & 0x1fff) * 8;
    let is_last = flags & 0x2000 == 0;
    // Padding of the frame does not belong to the packet.
    let end = usize::from(short(2)?).min(packet.len());
    let address = |at| Some(Ipv4Addr::from(Order::Big.word(packet, at)?));
    let fragment = Fragment {
        id: u32::from(short(4)?),
        offset,
        is_last,
    };
    Some(IpPacket {
        source: address(12)?.into(),
        destination: address(16)?.into(),
        hop_limit: *packet.get(8)?,
        fragment: (offset > 0 || !is_last).then_some(fragment),
        payload: packet.get(header..end)?,
    })
}

fn v6(packet: &[u8]) -> Option<IpPacket<'_>> {
    let address = |at: usize| {
        let octets: [u8; 16] = *packet.get(at..)?.first_chunk()?;
        Some(IpAddr::V6(Ipv6Addr::from(octets)))
    };
    let length = usize::from(Order::Big.short(packet, 4)?);
    let end = (V6_HEADER_BYTES + length).min(packet.len());
    let mut next = *packet.get(6)?;
    let mut rest = packet.get(V6_HEADER_BYTES..end)?;
    let mut fragment = None;
    while next != UDP {
        let (header, bytes) = match next {
            FRAGMENT => {
                let flags = Order::Big.short(rest, 2)?;
                fragment = Some(Fragment {
                    id: Order::Big.word(rest, 4)?,
                    offset: usize::from(flags & 0xfff8),
                    is_last: flags & 1 == 0,
                });
                (next, 8)
            }
            HOP_BY_HOP | ROUTING | DESTINATION_OPTIONS => {
                (next, 8 + usize::from(*rest.get(1)?) * 8)
            }
            _ => return None,
        };
        next = *rest.first()?;
        rest = rest.get(bytes..)?;
        // After the header of a fragment comes its payload, whatever it contains.
        if header == FRAGMENT {
            if next != UDP {
                return None;
            }
            break;
        }
    }
    Some(IpPacket {
        source: address(8)?,
        destination: address(24)?,
        hop_limit: *packet.get(7)?,
        fragment,
        payload: rest,
    })
}

fn udp(packet: &IpPacket<'_>, segment: &[u8]) -> Option<Udp> {
    let short = |at| Order::Big.short(segment, at);
    let end = usize::from(short(4)?).min(segment.len());
    Some(Udp {
        source: SocketAddr::new(packet.source, short(0)?),
        destination: SocketAddr::new(packet.destination, short(2)?),
        hop_limit: packet.hop_limit,
        payload: segment.get(UDP_HEADER_BYTES..end)?.to_vec(),
    })
}

const UDP: u8 = 17;
const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const DESTINATION_OPTIONS: u8 = 60;
const V6_HEADER_BYTES: usize = 40;
const UDP_HEADER_BYTES: usize = 8;
/// How many packets may wait for their fragments; the oldest is dropped.
const WAITING_MAX: usize = 256;
