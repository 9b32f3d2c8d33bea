//! Frames of the kinds of link that captures are made on.
//!
//! In:  a link type, and the bytes of a frame.
//! Out: the IP packet in it.

use super::order::Order;
use super::radio;

/// A kind of link, by its number in capture files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LinkType {
    Ethernet,
    /// The protocol family in four bytes, in the byte order of the capturing machine.
    Loopback(Order),
    /// No header at all.
    Raw,
    /// The format of `any` on Linux.
    Cooked,
    /// The same, in its second version.
    Cooked2,
    /// 802.11.
    Radio,
    /// 802.11 after a header about the reception.
    Radiotap,
    Unknown,
}

/// The contents of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// An IP packet.
    IpPacket(&'a [u8]),
    /// Something else, or nothing complete.
    Nothing,
    /// Unknown, because the kind of link is.
    UnknownLink,
}

impl LinkType {
    /// Returns the kind for a number in a file.
    pub(super) const fn of(number: u32, order: Order) -> Self {
        match number {
            0 => Self::Loopback(order),
            1 => Self::Ethernet,
            12 | 14 | 101 | 228 | 229 => Self::Raw,
            108 => Self::Loopback(Order::Big),
            105 => Self::Radio,
            127 => Self::Radiotap,
            113 => Self::Cooked,
            276 => Self::Cooked2,
            _ => Self::Unknown,
        }
    }

    /// Returns the packet in a frame.
    pub(super) fn packet(self, frame: &[u8]) -> Found<'_> {
        let packet = match self {
            Self::Ethernet => ethernet(frame),
            Self::Loopback(order) => loopback(frame, order),
            Self::Raw => Some(frame),
            Self::Cooked => typed(frame, 14, 16),
            Self::Cooked2 => typed(frame, 0, 20),
            Self::Radio => radio::payload(frame, false).and_then(|rest| typed(rest, 0, 2)),
            Self::Radiotap => radio::after_radiotap(frame).and_then(|rest| typed(rest, 0, 2)),
            Self::Unknown => return Found::UnknownLink,
        };
        packet.map_or(Found::Nothing, Found::IpPacket)
    }
}

/// Returns the packet in an Ethernet frame, after up to two VLAN tags.
fn ethernet(frame: &[u8]) -> Option<&[u8]> {
    let mut at = 12;
    for _ in 0..VLAN_TAGS_MAX {
        match Order::Big.short(frame, at)? {
            VLAN | SERVICE_VLAN => at += 4,
            _ => break,
        }
    }
    typed(frame, at, at + 2)
}

/// Returns the packet that begins at an offset, if the ethertype at another says that it is one.
fn typed(frame: &[u8], ethertype: usize, start: usize) -> Option<&[u8]> {
    match Order::Big.short(frame, ethertype)? {
        IPV4 | IPV6 => frame.get(start..),
        _ => None,
    }
}

fn loopback(frame: &[u8], order: Order) -> Option<&[u8]> {
    match order.word(frame, 0)? {
        FAMILY_V4 | FAMILY_V6_LINUX | FAMILY_V6_BSD | FAMILY_V6_FREEBSD | FAMILY_V6_DARWIN => {
            frame.get(4..)
        }
        _ => None,
    }
}

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
const VLAN: u16 = 0x8100;
const SERVICE_VLAN: u16 = 0x88a8;
const VLAN_TAGS_MAX: usize = 2;
const FAMILY_V4: u32 = 2;
const FAMILY_V6_LINUX: u32 = 10;
const FAMILY_V6_BSD: u32 = 24;
const FAMILY_V6_FREEBSD: u32 = 28;
const FAMILY_V6_DARWIN: u32 = 30;
