//! Name compression: the positions of names in the message that is being written.
//!
//! In:  names in wire form, and the message so far.
//! Out: the names appended, their longest known suffix replaced by a pointer. RFC 1035 section
//!      4.1.4, RFC 6762 section 18.14.

use alloc::vec::Vec;

use arrayvec::ArrayVec;

use crate::fold::load;
use crate::limits::{LABEL_LEN_MAX, NAME_LEN_MAX};

/// The positions of suffixes of names in a message.
///
/// Entries are kept in the order in which they were written, so that a roll-back removes the last
/// ones. They are found by a hash of their first label and their length. A contiguous copy of each
/// name makes comparison a single step. Both tables have a fixed size: a name that comes when they
/// are full is written, but not used for pointers. Early names are what other names end in, so they
/// are worth most.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    // The latest entry of each bucket.
    heads: [Link; BUCKETS],
    entries: ArrayVec<Entry, ENTRIES>,
    copies: ArrayVec<u8, COPIES>,
}

/// A suffix of a name in the message.
#[derive(Clone, Copy, Debug)]
struct Entry {
    tag: u16,
    /// Its position in the message.
    offset: u16,
    /// Its position among the copies.
    copy: u16,
    /// The length of the expanded suffix, without its root byte.
    labels_len: u8,
    /// The previous entry in its bucket.
    before: Link,
}

/// The number of an entry plus one, or zero for none.
type Link = u8;

/// The size of a [`Table`], to which it can return.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    entries: u8,
    copies: u16,
}

/// The result of a look-up in a [`Table`].
#[derive(Clone, Copy, Debug)]
pub(crate) enum Found {
    /// Found: the pointer to it.
    At([u8; 2]),
    /// Not found: its tag, for when it is written.
    No { tag: u16 },
}

impl Table {
    #[inline]
    pub(crate) const fn new() -> Self {
        Self {
            heads: [0; BUCKETS],
            entries: ArrayVec::new_const(),
            copies: ArrayVec::new_const(),
        }
    }

    /// Returns the present size, to return to.
    #[inline]
    pub(crate) const fn known(&self) -> Known {
        Known {
            entries: self.entries.len() as u8,
            copies: self.copies.len() as u16,
        }
    }

    /// Removes everything that was added since.
    pub(crate) fn forget(&mut self, known: Known) {
        self.copies.truncate(usize::from(known.copies));
        while self.entries.len() > usize::from(known.entries) {
            let Some(entry) = self.entries.pop() else {
                return;
            };
            if let Some(head) = self.heads.get_mut(bucket(entry.tag)) {
                *head = entry.before;
            }
        }
    }

    /// Looks for a whole name.
    #[inline]
    pub(crate) fn look_up(&self, wire: &[u8]) -> Found {
        // The root is shorter than a pointer to it would be.
        let Some(label) = first_label(wire) else {
            return Found::No { tag: 0 };
        };
        let tag = tag(label, wire.len());
        self.find(tag, wire).map_or(Found::No { tag }, Found::At)
    }

    /// Appends a name that was not found as a whole, compressed as far as its suffixes are known.
    pub(crate) fn write(&mut self, wire: &[u8], tag_of_whole: u16, buffer: &mut Vec<u8>) {
        let copy = self.copies.len();
        let room = self.copies.remaining_capacity() >= wire.len();
        let mut rest = wire;
        let mut new = 0;
        let mut next_tag = tag_of_whole;
        while let Some(label) = first_label(rest) {
            let offset = buffer.len().saturating_add(new);
            if room && offset < POINTER_LIMIT {
                self.insert(next_tag, rest.len(), offset, copy.saturating_add(new));
            }
            new = new.saturating_add(label.len());
            rest = rest.get(label.len()..).unwrap_or_default();
            match self.look_up(rest) {
                Found::At(pointer) => {
                    buffer.extend_from_slice(wire.get(..new).unwrap_or_default());
                    buffer.extend_from_slice(&pointer);
                    return self.remember(wire, copy);
                }
                Found::No { tag } => next_tag = tag,
            }
        }
        buffer.extend_from_slice(wire);
        self.remember(wire, copy);
    }

    /// Finds a suffix, case included, and returns the pointer to it.
    #[inline]
    fn find(&self, tag: u16, suffix: &[u8]) -> Option<[u8; 2]> {
        let mut link = *self.heads.get(bucket(tag))?;
        for _ in 0..PROBES {
            let entry = self.entries.get(usize::from(link.checked_sub(1)?))?;
            if entry.tag == tag && self.copy(entry) == Some(suffix) {
                return Some((POINTER | entry.offset).to_be_bytes());
            }
            link = entry.before;
        }
        None
    }

    /// Returns the copy of a suffix; empty while its name is being written.
    #[inline]
    fn copy(&self, entry: &Entry) -> Option<&[u8]> {
        let start = usize::from(entry.copy);
        let len = usize::from(entry.labels_len).saturating_add(1);
        self.copies.get(start..start.saturating_add(len))
    }

    #[inline]
    fn insert(&mut self, tag: u16, wire_len: usize, offset: usize, copy: usize) {
        let Some(head) = self.heads.get_mut(bucket(tag)) else {
            return;
        };
        let entry = Entry {
            tag,
            offset: offset as u16,
            copy: copy as u16,
            labels_len: wire_len.saturating_sub(1) as u8,
            before: *head,
        };
        if self.entries.try_push(entry).is_ok() {
            *head = self.entries.len() as Link;
        }
    }

    /// Copies the name just written, if an entry refers to its copy.
    #[inline]
    fn remember(&mut self, wire: &[u8], copy: usize) {
        if self
            .entries
            .last()
            .is_some_and(|entry| usize::from(entry.copy) >= copy)
        {
            // There is room: that was checked before the entry was made.
            let _ = self.copies.try_extend_from_slice(wire);
        }
    }
}

/// Returns the label at the front of a name with its length byte, or `None` at the root.
#[inline]
fn first_label(rest: &[u8]) -> Option<&[u8]> {
    let len = usize::from(*rest.first()?);
    if len == 0 { None } else { rest.get(..=len) }
}

/// Mixes the two ends of the first label and the length of the suffix.
#[inline]
fn tag(label: &[u8], wire_len: usize) -> u16 {
    let last = label
        .last_chunk()
        .map_or(0, |last| u64::from_le_bytes(*last));
    let mixed = load(label) ^ last.rotate_left(29) ^ (wire_len as u64).rotate_left(56);
    (mixed.wrapping_mul(MULTIPLIER) >> 48) as u16
}

#[inline]
const fn bucket(tag: u16) -> usize {
    tag as usize % BUCKETS
}

/// Returns the length of the uncompressed name at the front of the bytes.
pub(crate) fn whole_name_len(bytes: &[u8]) -> Option<usize> {
    let mut position = 0;
    loop {
        let len = usize::from(*bytes.get(position)?);
        position = position.saturating_add(len.saturating_add(1));
        if len == 0 {
            return (position <= NAME_LEN_MAX).then_some(position);
        }
        if len > LABEL_LEN_MAX {
            return None;
        }
    }
}

/// How many suffixes are stored.
const ENTRIES: usize = 128;
/// How many bytes of names are stored.
const COPIES: usize = 4096;
const BUCKETS: usize = 64;
/// How many entries of a bucket are checked.
const PROBES: usize = 8;
const POINTER: u16 = 0xc000;
/// No pointer can contain an offset of more than 14 bits.
const POINTER_LIMIT: usize = 0x4000;
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
