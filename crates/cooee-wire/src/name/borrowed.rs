//! A name inside a message, read only when it is used.
//!
//! In:  the bytes of a message and the offset of a name, compressed or not.
//! Out: [`NameRef`] and its labels; pointers go strictly backwards, and their number is limited.
//!      RFC 1035 section 4.1.4, RFC 6762 section 18.14.

use core::fmt;

use super::{Name, WireBuffer};
use crate::error::{DecodeError, DecodeErrorKind};
use crate::fold::{FoldHasher, eq_folded};
use crate::limits::{HEADER_LEN, NAME_LEN_MAX, POINTERS_MAX};

/// A name at some offset of a message.
///
/// Nothing is checked until it is read: every use reports whether the name is malformed.
#[derive(Copy, Clone)]
pub struct NameRef<'a> {
    message: &'a [u8],
    offset: usize,
}

impl<'a> NameRef<'a> {
    #[inline]
    pub(crate) const fn new(message: &'a [u8], offset: usize) -> Self {
        Self { message, offset }
    }

    /// Returns the message that contains the name.
    #[inline]
    pub(crate) const fn message(&self) -> &'a [u8] {
        self.message
    }

    /// Returns the offset of the name from the start of the message, in bytes.
    #[inline]
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// Returns the labels, the first one first and without the root.
    ///
    /// The first fault ends the iteration.
    #[inline]
    #[must_use]
    pub const fn labels(&self) -> NameRefLabels<'a> {
        NameRefLabels {
            message: self.message,
            position: self.offset,
            floor: self.offset,
            expanded_len: 0,
            pointers: 0,
            done: false,
        }
    }

    /// Returns the name as an owned one.
    ///
    /// # Errors
    ///
    /// Returns an error if the name is malformed.
    pub fn to_name(&self) -> Result<Name, DecodeError> {
        let too_long = |_| DecodeError::new(DecodeErrorKind::NameTooLong, self.offset);
        let mut wire = WireBuffer::new();
        for label in self.labels() {
            wire.push_label(label?).map_err(too_long)?;
        }
        wire.into_name().map_err(too_long)
    }

    /// Returns the hash that [`Name::fold_hash`] returns for an equal name.
    ///
    /// # Errors
    ///
    /// Returns an error if the name is malformed.
    #[inline]
    pub fn fold_hash(&self, seed: u64) -> Result<u64, DecodeError> {
        let mut hasher = FoldHasher::new(seed);
        self.hash_labels(&mut hasher)?;
        Ok(hasher.finish())
    }

    #[inline]
    pub(crate) fn hash_labels(&self, hasher: &mut FoldHasher) -> Result<(), DecodeError> {
        let mut labels = self.labels();
        loop {
            match labels.step() {
                Ok(Some(from_len)) => hasher.label(from_len),
                Ok(None) => return Ok(()),
                Err(kind) => return Err(DecodeError::new(kind, labels.position)),
            }
        }
    }

    /// Returns whether this is `name`, ignoring ASCII case; a malformed name never is.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-16
    //# Hence, if a
    //# querier issues a query for an address record with the name
    //# "myprinter.local.", then a responder having an address record with
    //# the name "MyPrinter.local." should issue a response.
    #[inline]
    #[must_use]
    pub fn matches(&self, name: &Name) -> bool {
        self.matches_by(name, eq_folded)
    }

    /// Returns whether this is `name`, spelt alike; a malformed name never is.
    #[inline]
    #[must_use]
    pub fn is_spelt_as(&self, name: &Name) -> bool {
        self.matches_by(name, |ours, theirs| ours == theirs)
    }

    #[inline]
    fn matches_by(&self, name: &Name, is_same: impl Fn(&[u8], &[u8]) -> bool) -> bool {
        let mut theirs = name.as_wire();
        let end = self.offset.saturating_add(theirs.len());
        // A name in one piece that is spelt alike.
        if self.message.get(self.offset..end) == Some(theirs) {
            return true;
        }
        let mut labels = self.labels();
        loop {
            let from_len = match labels.step() {
                Ok(Some(from_len)) => from_len,
                Ok(None) => return theirs == [0],
                Err(_) => return false,
            };
            let len = from_len.first().copied().map_or(0, usize::from);
            let Some((label, rest)) = theirs.split_at_checked(len.saturating_add(1)) else {
                return false;
            };
            if !from_len
                .get(..label.len())
                .is_some_and(|ours| is_same(ours, label))
            {
                return false;
            }
            theirs = rest;
        }
    }

    /// Returns whether two names are equal, ignoring ASCII case; a malformed name equals none.
    #[must_use]
    pub fn matches_ref(&self, other: &NameRef<'_>) -> bool {
        let mut theirs = other.labels();
        for label in self.labels() {
            let (Ok(ours), Some(Ok(theirs))) = (label, theirs.next()) else {
                return false;
            };
            if !ours.eq_ignore_ascii_case(theirs) {
                return false;
            }
        }
        theirs.next().is_none()
    }

    /// Returns whether this is the root; a malformed name is not.
    #[inline]
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.labels().next().is_none()
    }
}

impl fmt::Debug for NameRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NameRef({self})")
    }
}

/// The labels of a [`NameRef`]; the first fault is the last item.
#[derive(Clone, Debug)]
pub struct NameRefLabels<'a> {
    message: &'a [u8],
    position: usize,
    // Where the present run of labels starts; a pointer must go below it.
    floor: usize,
    expanded_len: usize,
    pointers: u8,
    done: bool,
}

impl<'a> NameRefLabels<'a> {
    /// Returns the message from the length byte of the next label on; the whole label is there.
    #[inline]
    fn step(&mut self) -> Result<Option<&'a [u8]>, DecodeErrorKind> {
        loop {
            let rest = self.message.get(self.position..).unwrap_or_default();
            let &first = rest.first().ok_or(DecodeErrorKind::NameTruncated)?;
            match first {
                0 => return Ok(None),
                1..=63 => {
                    let len = usize::from(first).saturating_add(1);
                    if rest.len() < len {
                        return Err(DecodeErrorKind::NameTruncated);
                    }
                    self.expanded_len = self.expanded_len.saturating_add(len);
                    if self.expanded_len >= NAME_LEN_MAX {
                        return Err(DecodeErrorKind::NameTooLong);
                    }
                    self.position = self.position.saturating_add(len);
                    return Ok(Some(rest));
                }
                64..=191 => return Err(DecodeErrorKind::LabelType),
                192..=255 => {
                    let low = rest.get(1).ok_or(DecodeErrorKind::NameTruncated)?;
                    self.follow(usize::from(first & 0x3f) << 8 | usize::from(*low))?;
                }
            }
        }
    }

    //= https://www.rfc-editor.org/rfc/rfc1035#section-4.1.4
    //# In this
    //# scheme, an entire domain name or a list of labels at
    //# the end of a domain name is replaced with a pointer to a prior occurance
    //# of the same name.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-18.14
    //# Implementations receiving Multicast DNS messages MUST correctly
    //# decode compressed names appearing in the Question Section, and
    //# compressed names of resource records appearing in other sections.
    #[inline]
    fn follow(&mut self, target: usize) -> Result<(), DecodeErrorKind> {
        if target >= self.floor {
            return Err(DecodeErrorKind::PointerForward);
        }
        if target < HEADER_LEN {
            return Err(DecodeErrorKind::PointerIntoHeader);
        }
        self.pointers = self.pointers.saturating_add(1);
        if self.pointers > POINTERS_MAX {
            return Err(DecodeErrorKind::PointerChain);
        }
        self.position = target;
        self.floor = target;
        Ok(())
    }
}

impl<'a> Iterator for NameRefLabels<'a> {
    type Item = Result<&'a [u8], DecodeError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        match self.step() {
            Ok(Some(from_len)) => {
                let (&len, rest) = from_len.split_first()?;
                rest.get(..usize::from(len)).map(Ok)
            }
            Ok(None) => {
                self.done = true;
                None
            }
            Err(kind) => {
                self.done = true;
                Some(Err(DecodeError::new(kind, self.position)))
            }
        }
    }
}

/// Returns the offset after the name at `offset`, without following its pointer.
///
/// # Errors
///
/// Returns an error if the end cannot be found: the bytes end inside the name, or a label is of a
/// reserved type.
#[inline]
pub(crate) fn skip_name(bytes: &[u8], offset: usize) -> Result<usize, DecodeError> {
    let mut position = offset;
    while let Some(&first) = bytes.get(position) {
        match first {
            0 => return Ok(position.saturating_add(1)),
            1..=63 => position = position.saturating_add(usize::from(first).saturating_add(1)),
            64..=191 => return Err(DecodeError::new(DecodeErrorKind::LabelType, position)),
            192..=255 => {
                let end = position.saturating_add(2);
                if end > bytes.len() {
                    break;
                }
                return Ok(end);
            }
        }
    }
    Err(DecodeError::new(DecodeErrorKind::NameTruncated, offset))
}

#[cfg(test)]
mod tests;
