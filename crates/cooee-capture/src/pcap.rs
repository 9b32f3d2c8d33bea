//! The older format: a header, then frames, each after its time and its lengths.
//!
//! In:  the bytes of a file.
//! Out: its frames.

use super::capture::NotACapture;
use super::frame::LinkType;
use super::order::Order;
use super::reading::Reading;

/// Reads a whole file.
pub(super) fn read(file: &[u8], reading: &mut Reading) -> Result<(), NotACapture> {
    let found = MAGICS.iter().find(|(magic, ..)| file.starts_with(magic));
    let &(_, order, unit) = found.ok_or(NotACapture {
        at: 0,
        what: "neither pcap nor pcapng",
    })?;
    let link = order.word(file, 20).ok_or(NotACapture {
        at: 0,
        what: "a header that is cut short",
    })?;
    let link = LinkType::of(link & LINK_MASK, order);
    reading.capture.interfaces.push(String::new());
    let mut at = HEADER_BYTES;
    while at < file.len() {
        let Some(next) = frame(file, at, order, unit, link, reading) else {
            reading.capture.ends_early = true;
            break;
        };
        at = next;
    }
    Ok(())
}

/// Adds the frame at an offset, and returns the position of the next one.
fn frame(
    file: &[u8],
    at: usize,
    order: Order,
    unit: u64,
    link: LinkType,
    reading: &mut Reading,
) -> Option<usize> {
    let word = |number: usize| order.word(file, at + 4 * number);
    let nanos = u64::from(word(0)?) * 1_000_000_000 + u64::from(word(1)?) * unit;
    let (captured, length) = (word(2)?.try_into().ok()?, word(3)?.try_into().ok()?);
    let start = at + FRAME_HEADER_BYTES;
    let end = start.checked_add(captured)?;
    reading.frame((0, link), nanos, file.get(start..end)?, length);
    Some(end)
}

/// How a file may begin, with its byte order and the unit of its fractions of seconds.
const MAGICS: [([u8; 4], Order, u64); 4] = [
    ([0xa1, 0xb2, 0xc3, 0xd4], Order::Big, 1_000),
    ([0xd4, 0xc3, 0xb2, 0xa1], Order::Little, 1_000),
    ([0xa1, 0xb2, 0x3c, 0x4d], Order::Big, 1),
    ([0x4d, 0x3c, 0xb2, 0xa1], Order::Little, 1),
];
const HEADER_BYTES: usize = 24;
const FRAME_HEADER_BYTES: usize = 16;
/// The bits above give the length of a checksum at the end of each frame.
const LINK_MASK: u32 = 0xffff;
