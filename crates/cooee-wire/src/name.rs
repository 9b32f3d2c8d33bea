//! Domain names, owned and borrowed.
//!
//! In:  labels, uncompressed wire bytes, text, or a position in a message.
//! Out: [`Name`], known to be well-formed, and [`NameRef`], read on demand. RFC 1035 sections 2.3.4
//!      and 3.1, RFC 4343, RFC 6762 section 16.

mod borrowed;
mod label;
mod text;

use alloc::sync::Arc;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};

use crate::fold::{FoldHasher, eq_folded, fold_word, load};
use crate::limits::{LABEL_LEN_MAX, NAME_LEN_MAX};

pub(crate) use borrowed::skip_name;
pub use borrowed::{NameRef, NameRefLabels};
pub use label::{label_from_text, label_to_text};

/// A domain name in uncompressed wire form; its case is kept.
///
/// Clones are cheap. Equality, order and hash ignore the case of ASCII letters only. The order
/// compares label by label from the first.
#[derive(Clone)]
pub struct Name {
    wire: Wire,
}

/// Two words: the pointer to a shared name is never zero, so zero there means a static one.
#[derive(Clone)]
enum Wire {
    Static(&'static &'static [u8]),
    Shared(Arc<[u8]>),
}

/// Why labels, bytes or text are not a domain name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NameError {
    /// A label is empty, as in `a..local`, or there is no text at all.
    EmptyLabel,
    /// A label is longer than 63 bytes.
    LabelTooLong,
    /// The name is longer than 256 bytes on the wire.
    NameTooLong,
    /// A backslash is not followed by a character or by a number from 000 to 255.
    BadEscape,
    /// The bytes are not one complete uncompressed name.
    NotWire,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyLabel => f.write_str("a name must not have an empty label"),
            Self::LabelTooLong => f.write_str("a label must not be longer than 63 bytes"),
            Self::NameTooLong => {
                f.write_str("a name must not be longer than 256 bytes on the wire")
            }
            Self::BadEscape => f.write_str(
                "a backslash must be followed by a character or by three digits from 000 to 255",
            ),
            Self::NotWire => f.write_str("not an uncompressed name in wire form"),
        }
    }
}

impl core::error::Error for NameError {}

impl Name {
    /// The name `local`, the parent of all Multicast DNS names.
    pub const LOCAL: Self = Self::from_static(&(b"\x05local\0" as &[u8]));

    /// Returns the root name, which has no labels.
    #[must_use]
    pub const fn root() -> Self {
        Self {
            wire: Wire::Static(&(b"\0" as &[u8])),
        }
    }

    /// Creates a name from uncompressed wire form known at compile time, without allocating.
    ///
    /// # Panics
    ///
    /// Panics if the bytes are not one complete name; in a constant, this is a compile error.
    #[must_use]
    pub const fn from_static(wire: &'static &'static [u8]) -> Self {
        assert!(is_whole_name(wire), "not an uncompressed name in wire form");
        Self {
            wire: Wire::Static(wire),
        }
    }

    /// Creates a name from its labels, the first one first and without the root.
    ///
    /// # Errors
    ///
    /// Returns an error if a label is empty or too long, or if all of them together are too long.
    pub fn from_labels<'l, I>(labels: I) -> Result<Self, NameError>
    where
        I: IntoIterator<Item = &'l [u8]>,
    {
        let mut wire = WireBuffer::new();
        for label in labels {
            wire.push_label(label)?;
        }
        wire.into_name()
    }

    /// Creates a name from its complete uncompressed wire form, including the root byte.
    ///
    /// # Errors
    ///
    /// Returns [`NameError::NotWire`] unless the bytes are exactly one name.
    pub fn from_wire(wire: &[u8]) -> Result<Self, NameError> {
        if !is_whole_name(wire) {
            return Err(NameError::NotWire);
        }
        Ok(Self::from_valid_wire(wire))
    }

    pub(crate) fn from_valid_wire(wire: &[u8]) -> Self {
        debug_assert!(is_whole_name(wire));
        Self {
            wire: Wire::Shared(Arc::from(wire)),
        }
    }

    /// Returns the uncompressed wire form, including the root byte.
    #[inline]
    #[must_use]
    pub fn as_wire(&self) -> &[u8] {
        match &self.wire {
            Wire::Static(wire) => wire,
            Wire::Shared(wire) => wire,
        }
    }

    /// Returns the length of the uncompressed wire form in bytes, 1 to 255.
    #[inline]
    #[must_use]
    pub fn wire_len(&self) -> usize {
        self.as_wire().len()
    }

    /// Returns the labels, the first one first and without the root.
    #[inline]
    #[must_use]
    pub fn labels(&self) -> Labels<'_> {
        Labels {
            rest: self.as_wire(),
        }
    }

    /// Returns how many labels there are, without the root.
    #[must_use]
    pub fn label_count(&self) -> usize {
        self.labels().count()
    }

    /// Returns the first label, or `None` for the root.
    #[must_use]
    pub fn first_label(&self) -> Option<&[u8]> {
        self.labels().next()
    }

    /// Returns whether this is the root.
    #[inline]
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.wire_len() == 1
    }

    /// Returns the name without its first label, or `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let mut labels = self.labels();
        labels.next()?;
        Some(Self::from_valid_wire(labels.rest))
    }

    /// Returns whether `suffix` is this name or one of its parents, ignoring ASCII case.
    #[must_use]
    pub fn ends_with(&self, suffix: &Self) -> bool {
        let suffix = suffix.as_wire();
        let mut labels = self.labels();
        loop {
            if labels.rest.len() <= suffix.len() {
                return labels.rest.eq_ignore_ascii_case(suffix);
            }
            labels.next();
        }
    }

    /// Returns this name with one more label in front.
    ///
    /// # Errors
    ///
    /// Returns an error if the label is empty or too long, or if the name becomes too long.
    pub fn prepend(&self, label: &[u8]) -> Result<Self, NameError> {
        Self::from_labels(core::iter::once(label).chain(self.labels()))
    }

    /// Returns the labels of this name followed by those of `suffix`.
    ///
    /// # Errors
    ///
    /// Returns an error if the name becomes too long.
    pub fn concat(&self, suffix: &Self) -> Result<Self, NameError> {
        Self::from_labels(self.labels().chain(suffix.labels()))
    }

    /// Returns a hash that ignores ASCII case, keyed by `seed`.
    ///
    /// Equal names have equal hashes for one seed, and so does a [`NameRef`] to an equal name.
    /// Without the seed, nobody can choose names that collide.
    #[inline]
    #[must_use]
    pub fn fold_hash(&self, seed: u64) -> u64 {
        let mut hasher = FoldHasher::new(seed);
        self.hash_labels(&mut hasher);
        hasher.finish()
    }

    #[inline]
    pub(crate) fn hash_labels(&self, hasher: &mut FoldHasher) {
        let mut labels = self.labels();
        loop {
            let from_len = labels.rest;
            if labels.next().is_none() {
                return;
            }
            hasher.label(from_len);
        }
    }
}

impl PartialEq for Name {
    //= https://www.rfc-editor.org/rfc/rfc6762#section-16
    //# No other
    //# automatic equivalences should be assumed.  In particular, all UTF-8
    //# multibyte characters (codes 0x80 and higher) are compared by simple
    //# binary comparison of the raw byte values.
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        eq_folded(self.as_wire(), other.as_wire())
    }
}

impl Eq for Name {}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        let fold = |label: &u8| label.to_ascii_lowercase();
        for (ours, theirs) in self.labels().zip(other.labels()) {
            let order = ours.iter().map(fold).cmp(theirs.iter().map(fold));
            if order.is_ne() {
                return order;
            }
        }
        self.label_count().cmp(&other.label_count())
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_folded(self.as_wire(), state);
    }
}

/// Passes bytes to a hasher, with ASCII letters in lower case, in an order that depends on nothing
/// else.
pub(crate) fn hash_folded<H: Hasher>(bytes: &[u8], state: &mut H) {
    for chunk in bytes.chunks(8) {
        state.write_u64(fold_word(load(chunk)));
    }
    state.write_usize(bytes.len());
}

/// The labels of a [`Name`], the first one first and without the root.
#[derive(Clone, Debug)]
pub struct Labels<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Labels<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let (&len, rest) = self.rest.split_first()?;
        if len == 0 {
            return None;
        }
        let (label, rest) = rest.split_at_checked(usize::from(len))?;
        self.rest = rest;
        Some(label)
    }
}

/// A name under construction, on the stack.
pub(crate) struct WireBuffer {
    bytes: [u8; NAME_LEN_MAX],
    len: usize,
}

impl WireBuffer {
    #[inline]
    pub(crate) const fn new() -> Self {
        Self {
            bytes: [0; NAME_LEN_MAX],
            len: 0,
        }
    }

    #[inline]
    pub(crate) fn push_label(&mut self, label: &[u8]) -> Result<(), NameError> {
        if label.is_empty() {
            return Err(NameError::EmptyLabel);
        }
        if label.len() > LABEL_LEN_MAX {
            return Err(NameError::LabelTooLong);
        }
        let end = self.len.saturating_add(label.len().saturating_add(1));
        // One byte is reserved for the root.
        if end >= NAME_LEN_MAX {
            return Err(NameError::NameTooLong);
        }
        let room = self
            .bytes
            .get_mut(self.len..end)
            .and_then(<[u8]>::split_first_mut);
        let (len_byte, text) = room.ok_or(NameError::NameTooLong)?;
        *len_byte = label.len() as u8;
        text.copy_from_slice(label);
        self.len = end;
        Ok(())
    }

    #[inline]
    pub(crate) fn into_name(self) -> Result<Name, NameError> {
        // Bytes after `len` were never written: the root byte is already there.
        let wire = self.bytes.get(..=self.len).ok_or(NameError::NameTooLong)?;
        Ok(Name::from_valid_wire(wire))
    }
}

/// Returns whether the bytes are exactly one uncompressed name.
//= https://www.rfc-editor.org/rfc/rfc1035#section-3.1
//# Domain names in messages are expressed in terms of a sequence of labels.
//# Each label is represented as a one octet length field followed by that
//# number of octets.  Since every domain name ends with the null label of
//# the root, a domain name is terminated by a length byte of zero.
const fn is_whole_name(wire: &[u8]) -> bool {
    if wire.len() > NAME_LEN_MAX {
        return false;
    }
    let mut rest = wire;
    while let Some((&len, tail)) = rest.split_first() {
        if len == 0 {
            return tail.is_empty();
        }
        if len as usize > LABEL_LEN_MAX {
            return false;
        }
        match tail.split_at_checked(len as usize) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests;
