//! The newer format: blocks of many kinds, and sections with their own byte orders.
//!
//! In:  the bytes of a file.
//! Out: the frames in its packet blocks, with times computed from the descriptions of its
//!      interfaces.

use super::capture::NotACapture;
use super::frame::LinkType;
use super::order::Order;
use super::reading::Reading;

/// An interface that frames were captured on.
#[derive(Clone, Copy)]
struct CapturedInterface {
    link: LinkType,
    /// Its place among all interfaces of the file.
    place: usize,
    /// How many units of time make a second.
    resolution: u64,
    /// What is added to every time, in seconds.
    offset_secs: u64,
}

/// Returns whether a file is of this format.
pub(super) fn is(file: &[u8]) -> bool {
    file.starts_with(&SECTION.to_be_bytes())
}

/// Reads a whole file.
pub(super) fn read(file: &[u8], reading: &mut Reading) -> Result<(), NotACapture> {
    let mut order = Order::Little;
    let mut interfaces = Vec::new();
    let mut latest = 0;
    let mut at = 0;
    while at < file.len() {
        let wrong = |what| NotACapture { at, what };
        let rest = file.get(at..).unwrap_or_default();
        if is(rest) {
            let found = ORDERS
                .iter()
                .find(|(magic, _)| rest.get(8..12) == Some(magic));
            order = found.ok_or(wrong("a section without a byte order"))?.1;
            interfaces.clear();
        }
        let Some((kind, length)) = order.word(rest, 0).zip(order.size(rest, 4)) else {
            reading.capture.ends_early = true;
            break;
        };
        if length < BLOCK_BYTES_MIN || length % 4 != 0 {
            return Err(wrong("a block of an impossible length"));
        }
        let Some(body) = rest.get(8..length - 4) else {
            reading.capture.ends_early = true;
            break;
        };
        match kind {
            INTERFACE if reading.capture.interfaces.len() >= INTERFACES_MAX => {
                return Err(wrong("too many interfaces"));
            }
            INTERFACE => {
                let names = &mut reading.capture.interfaces;
                let interface = interface(body, order, names);
                interfaces.push(interface.ok_or(wrong("an interface without a link type"))?);
            }
            PACKET | OLD_PACKET => {
                packet(kind, body, order, &interfaces, &mut latest, reading)
                    .ok_or(wrong("a packet block that contradicts itself"))?;
            }
            SIMPLE_PACKET => {
                let length = order.size(body, 0);
                let frame = length.and_then(|length| {
                    let data = body.get(4..)?;
                    Some((length, data.get(..length).unwrap_or(data)))
                });
                let (length, data) = frame.ok_or(wrong("a packet without a length"))?;
                let first = interfaces
                    .first()
                    .ok_or(wrong("a packet of no interface"))?;
                // It has no time of its own.
                reading.frame((first.place, first.link), latest, data, length);
            }
            _ => {}
        }
        at += length;
    }
    Ok(())
}

/// Adds a block with a frame, its interface and its time.
fn packet(
    kind: u32,
    body: &[u8],
    order: Order,
    interfaces: &[CapturedInterface],
    latest: &mut u64,
    reading: &mut Reading,
) -> Option<()> {
    let number = match kind {
        OLD_PACKET => usize::from(order.short(body, 0)?),
        _ => order.size(body, 0)?,
    };
    let interface = interfaces.get(number)?;
    let units = u64::from(order.word(body, 4)?) << 32 | u64::from(order.word(body, 8)?);
    let (captured, length) = (order.size(body, 12)?, order.size(body, 16)?);
    *latest = interface.nanos(units);
    let bytes = body.get(20..)?.get(..captured)?;
    reading.frame((interface.place, interface.link), *latest, bytes, length);
    Some(())
}

impl CapturedInterface {
    fn nanos(self, units: u64) -> u64 {
        let secs = (units / self.resolution).saturating_add(self.offset_secs);
        let fraction = u128::from(units % self.resolution) * 1_000_000_000;
        let fraction = fraction / u128::from(self.resolution);
        let fraction = u64::try_from(fraction).unwrap_or_default();
        secs.saturating_mul(1_000_000_000).saturating_add(fraction)
    }
}

fn interface(body: &[u8], order: Order, names: &mut Vec<String>) -> Option<CapturedInterface> {
    let mut name = String::new();
    let link = order.short(body, 0)?;
    let mut interface = CapturedInterface {
        link: LinkType::of(u32::from(link), order),
        place: names.len(),
        resolution: 1_000_000,
        offset_secs: 0,
    };
    let mut rest = body.get(8..).unwrap_or_default();
    while let Some((code, length)) = order.short(rest, 0).zip(order.short(rest, 2)) {
        let length = usize::from(length);
        let value = rest.get(4..4 + length).unwrap_or_default();
        match (code, value) {
            (OPTION_NAME, value) => name = String::from_utf8_lossy(value).into_owned(),
            (OPTION_RESOLUTION, &[exponent]) => interface.resolution = resolution(exponent),
            (OPTION_OFFSET, value) => {
                let half = |at| order.word(value, at).map_or(0, u64::from);
                let (high, low) = match order {
                    Order::Big => (half(0), half(4)),
                    Order::Little => (half(4), half(0)),
                };
                interface.offset_secs = high << 32 | low;
            }
            (END_OF_OPTIONS, _) => break,
            _ => {}
        }
        rest = rest
            .get(4 + length.next_multiple_of(4)..)
            .unwrap_or_default();
    }
    names.push(name);
    Some(interface)
}

/// Returns how many units make a second: a power of ten, or with the highest bit of two.
fn resolution(exponent: u8) -> u64 {
    let (base, exponent) = match exponent & 0x80 {
        0 => (10u64, exponent),
        _ => (2u64, exponent & 0x7f),
    };
    base.checked_pow(u32::from(exponent)).unwrap_or(u64::MAX)
}

const SECTION: u32 = 0x0a0d_0d0a;
const ORDERS: [([u8; 4], Order); 2] = [
    ([0x1a, 0x2b, 0x3c, 0x4d], Order::Big),
    ([0x4d, 0x3c, 0x2b, 0x1a], Order::Little),
];
const INTERFACE: u32 = 1;
const OLD_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const PACKET: u32 = 6;
const END_OF_OPTIONS: u16 = 0;
const OPTION_NAME: u16 = 2;
const OPTION_RESOLUTION: u16 = 9;
const OPTION_OFFSET: u16 = 14;
/// A block's kind and its length, twice.
const BLOCK_BYTES_MIN: usize = 12;
/// More than any machine has; a file cannot make the reader store more.
const INTERFACES_MAX: usize = 4_096;
