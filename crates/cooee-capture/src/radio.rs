//! Frames of 802.11, with or without a radiotap header.
//!
//! In:  the bytes of a frame.
//! Out: the ethertype and the packet in it, if it is a data frame without encryption.

use super::order::Order;

/// Returns the ethertype and the packet after a radiotap header.
pub(super) fn after_radiotap(frame: &[u8]) -> Option<&[u8]> {
    let length = usize::from(Order::Little.short(frame, 2)?);
    let header = frame.get(..length)?;
    payload(frame.get(length..)?, is_padded(header).unwrap_or(false))
}

/// Returns whether a radiotap header says that the frame's own header is padded to four bytes.
fn is_padded(header: &[u8]) -> Option<bool> {
    let mut at: usize = 4;
    let present = Order::Little.word(header, at)?;
    // More words of the bit field follow as long as the highest bit is set.
    while Order::Little.word(header, at)? & 1 << 31 != 0 {
        at += 4;
    }
    at += 4;
    if present & TSFT != 0 {
        at = at.next_multiple_of(8) + 8;
    }
    Some(present & FLAGS != 0 && header.get(at)? & FLAG_PADDED != 0)
}

/// Returns the ethertype and the packet in a data frame.
pub(super) fn payload(frame: &[u8], is_padded: bool) -> Option<&[u8]> {
    let (kind, flags) = (*frame.first()?, *frame.get(1)?);
    if kind & KIND != DATA || flags & PROTECTED != 0 {
        return None;
    }
    let mut length: usize = 24;
    if flags & TO_AND_FROM == TO_AND_FROM {
        length += 6;
    }
    if kind & QOS != 0 {
        // Several packets in one frame; no device sends multicasts so.
        if frame.get(length)? & AGGREGATE != 0 {
            return None;
        }
        length += 2;
        if flags & ORDER != 0 {
            length += 4;
        }
    }
    if is_padded {
        length = length.next_multiple_of(4);
    }
    let rest = frame.get(length..)?;
    rest.strip_prefix(&SNAP)
}

/// The version, the type, and the bit of the subtype that says that there is no data.
const KIND: u8 = 0x4f;
const DATA: u8 = 0x08;
const QOS: u8 = 0x80;
const TO_AND_FROM: u8 = 0x03;
const PROTECTED: u8 = 0x40;
const ORDER: u8 = 0x80;
const AGGREGATE: u8 = 0x80;
const SNAP: [u8; 6] = [0xaa, 0xaa, 3, 0, 0, 0];
const TSFT: u32 = 1;
const FLAGS: u32 = 2;
const FLAG_PADDED: u8 = 0x20;
