//! Name compression: which names stand where in the message being written.
//!
//! In:  names in wire form, and the message so far.
//! Out: the names appended, their longest known suffix replaced by a pointer.
//! RFC 1035 section 4.1.4, RFC 6762 section 18.14.

use alloc::vec::Vec;

use crate::fold::load;
use crate::limits::{LABEL_LEN_MAX, LABELS_MAX, NAME_LEN_MAX};

/// Where suffixes of names stand in a message, by hash.
///
/// The table has a fixed size and forgets what it has no room for. An entry is a hint: what
/// stands in the message is compared before a pointer to it is written, so hints left behind by a
/// roll-back do no harm.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    slots: [Slot; SLOTS],
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    tag: u16,
    // Zero when free: no name stands in the header.
    offset: u16,
}

/// The labels of a name: where each starts, and a hash of it and all after it.
struct Suffixes {
    starts: [u8; LABELS_MAX],
    count: usize,
}

impl Table {
    #[inline]
    pub(crate) const fn new() -> Self {
        Self {
            slots: [Slot { tag: 0, offset: 0 }; SLOTS],
        }
    }

    /// Appends a name, compressed as far as the table knows its suffixes.
    pub(crate) fn write(&mut self, wire: &[u8], buffer: &mut Vec<u8>) {
        let suffixes = Suffixes::of(wire);
        let mut hashes = [0_u32; LABELS_MAX];
        let mut hash = 0;
        let starts = suffixes.starts.get(..suffixes.count).unwrap_or_default();
        for (start, slot) in starts.iter().zip(&mut hashes).rev() {
            let rest = wire.get(usize::from(*start)..).unwrap_or_default();
            hash = hash_label(hash, rest);
            *slot = hash;
        }
        for (start, hash) in starts.iter().zip(hashes) {
            let start = usize::from(*start);
            let suffix = wire.get(start..).unwrap_or_default();
            if let Some(offset) = self.find(hash, suffix, buffer) {
                buffer.extend_from_slice(wire.get(..start).unwrap_or_default());
                buffer.extend_from_slice(&(POINTER | offset).to_be_bytes());
                return;
            }
            self.insert(hash, buffer.len() + start);
        }
        buffer.extend_from_slice(wire);
    }

    fn find(&self, hash: u32, suffix: &[u8], message: &[u8]) -> Option<u16> {
        let (first, tag) = place(hash);
        for step in 0..PROBES {
            let slot = self.slots.get((first + step) % SLOTS)?;
            if slot.offset == 0 {
                return None;
            }
            if slot.tag == tag && stands_at(message, slot.offset, suffix) {
                return Some(slot.offset);
            }
        }
        None
    }

    fn insert(&mut self, hash: u32, offset: usize) {
        let Ok(offset) = u16::try_from(offset) else {
            return;
        };
        if offset >= POINTER_LIMIT {
            return;
        }
        let (first, tag) = place(hash);
        for step in 0..PROBES {
            if let Some(slot) = self.slots.get_mut((first + step) % SLOTS) {
                if slot.offset == 0 {
                    *slot = Slot { tag, offset };
                    return;
                }
            }
        }
    }
}

impl Suffixes {
    fn of(wire: &[u8]) -> Self {
        let mut suffixes = Self {
            starts: [0; LABELS_MAX],
            count: 0,
        };
        let mut position = 0;
        while let Some(&len) = wire.get(position) {
            if len == 0 {
                break;
            }
            let Some(start) = suffixes.starts.get_mut(suffixes.count) else {
                break;
            };
            *start = position as u8;
            suffixes.count += 1;
            position += 1 + usize::from(len);
        }
        suffixes
    }
}

/// Tells whether the name that stands at an offset of the message is `suffix`, case included.
fn stands_at(message: &[u8], offset: u16, suffix: &[u8]) -> bool {
    let mut position = usize::from(offset);
    let mut rest = suffix;
    loop {
        let Some(there) = message.get(position..) else {
            return false;
        };
        let Some((&first, after)) = there.split_first() else {
            return false;
        };
        if first & 0xc0 == 0xc0 {
            let Some(low) = after.first() else {
                return false;
            };
            let target = usize::from(first & 0x3f) << 8 | usize::from(*low);
            if target >= position {
                return false;
            }
            position = target;
            continue;
        }
        let len = 1 + usize::from(first);
        let (Some(theirs), Some(ours)) = (there.get(..len), rest.get(..len)) else {
            return false;
        };
        if theirs != ours {
            return false;
        }
        if first == 0 {
            return true;
        }
        rest = rest.get(len..).unwrap_or_default();
        position += len;
    }
}

/// Returns the length of the uncompressed name at the front of the bytes.
pub(crate) fn whole_name_len(bytes: &[u8]) -> Option<usize> {
    let mut position = 0;
    loop {
        let len = usize::from(*bytes.get(position)?);
        position += 1 + len;
        if len == 0 {
            return (position <= NAME_LEN_MAX).then_some(position);
        }
        if len > LABEL_LEN_MAX {
            return None;
        }
    }
}

/// Hashes the label at the front of `rest`, given the hash of what follows it.
#[inline]
fn hash_label(after: u32, rest: &[u8]) -> u32 {
    let len = rest.first().map_or(0, |len| 1 + usize::from(*len));
    let label = rest.get(..len).unwrap_or_default();
    let mut hash = u64::from(after) ^ MULTIPLIER;
    for chunk in label.chunks(8) {
        hash = (hash ^ load(chunk)).wrapping_mul(MULTIPLIER);
        hash ^= hash >> 32;
    }
    hash as u32
}

/// Returns the first slot to try and the tag to look for.
#[inline]
const fn place(hash: u32) -> (usize, u16) {
    (hash as usize % SLOTS, (hash >> 16) as u16)
}

const SLOTS: usize = 64;
const PROBES: usize = 8;
const POINTER: u16 = 0xc000;
const POINTER_LIMIT: u16 = 0x4000;
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
