//! TXT records in DNS-SD: an ordered list of attributes.
//!
//! In:  key, value and flag from the user; the strings of a TXT record.
//! Out: [`Txt`]: order, binary values and keys without a value are kept; whole records stay
//!      unchanged. RFC 6763 section 6.

use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use cooee_wire::{RData, TxtData, label_to_text};

/// The attributes of a service, in order.
///
/// Comparison of keys ignores ASCII case, and the first of two equal keys counts (RFC 6763 section
/// 6.4). A key without `=` differs from a key with an empty value. A value is bytes, at most 255
/// together with its key.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Txt(TxtData);

/// The value of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TxtValue<'a> {
    /// The key has no value and no `=`.
    KeyOnly,
    /// `key=` and these bytes, which may be empty.
    Bytes(&'a [u8]),
}

/// Why an attribute cannot be part of a TXT record.
///
/// What was given is safe to print: bytes that are not text are `\DDD`, and a long text ends in
/// `...`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TxtError {
    /// The key is empty.
    EmptyKey {
        /// The attribute that was given.
        given: String,
    },
    /// The key contains `=` or a character that is not printable ASCII.
    Key {
        /// The key that was given.
        key: String,
    },
    /// Key, `=` and value together have more than 255 bytes.
    TooLong {
        /// The beginning of the string that was given.
        given: String,
        /// The number of bytes.
        len: usize,
    },
    /// The key already exists; comparison of keys ignores ASCII case.
    Repeated {
        /// The repeated key.
        key: String,
    },
    /// All attributes together have more bytes than a TXT record can hold.
    Full {
        /// The number of bytes.
        len: usize,
    },
}

impl Txt {
    /// Creates a record without attributes: on the wire, one empty string.
    pub fn empty() -> Self {
        Self(TxtData::default())
    }

    /// Uses the strings of a TXT record as they are.
    pub fn from_data(data: TxtData) -> Self {
        Self(data)
    }

    /// Creates a TXT record from whole strings, each as on the wire: `key=value`, `key=` or `key`.
    /// Values are not changed.
    //= https://www.rfc-editor.org/rfc/rfc6763#section-6.5
    //# The value MUST NOT
    //# be enclosed in additional quotation marks or any similar punctuation;
    //# any quotation marks, or leading or trailing spaces, are part of the
    //# value.
    /// # Errors
    ///
    /// Returns an error if a string is empty, begins with `=`, is longer than 255 bytes, or has a
    /// key that is repeated or not printable ASCII; or if all strings together do not fit into a
    /// record.
    pub fn from_strings<'a, I>(strings: I) -> Result<Self, TxtError>
    where
        I: IntoIterator<Item = &'a [u8]>,
    {
        let mut builder = TxtBuilder::default();
        for string in strings {
            builder.attribute(string);
        }
        builder.finish()
    }

    /// Creates a TXT record of exactly these strings. So the record of any device can be
    /// reproduced, with a key twice, without a key or with one that is not printable.
    ///
    /// # Errors
    ///
    /// Returns an error if a string is longer than 255 bytes, or if all together do not fit into a
    /// record.
    pub fn exactly<'a, I>(strings: I) -> Result<Self, TxtError>
    where
        I: IntoIterator<Item = &'a [u8]>,
    {
        let mut builder = TxtBuilder::default();
        for string in strings {
            builder.string(string);
        }
        builder.finish()
    }

    /// Returns whether it is larger than RFC 6763 section 6.2 recommends, 1,300 bytes. If the
    /// record does not fit into one packet with the rest, it is lost more easily.
    //= https://www.rfc-editor.org/rfc/rfc6763#section-6.2
    //# Using TXT records larger than 1300 bytes is NOT RECOMMENDED at this
    //# time.
    pub fn exceeds_recommended_size(&self) -> bool {
        self.0.as_bytes().len() > TXT_LEN_RECOMMENDED_MAX
    }

    /// Returns the record's data.
    pub fn data(&self) -> &TxtData {
        &self.0
    }

    /// Iterates over the strings of the record in order, as on the wire, without empty ones.
    pub fn strings(&self) -> impl Iterator<Item = &[u8]> {
        self.0.strings().filter(|string| !string.is_empty())
    }

    /// Iterates over all strings of the record in order, including empty ones. A record of one
    /// empty string has none: it means that there are no attributes.
    pub fn exact_strings(&self) -> impl Iterator<Item = &[u8]> {
        let is_empty = self.0.as_bytes() == EMPTY;
        self.0.strings().filter(move |_| !is_empty)
    }

    /// Iterates over the attributes in order: key and value.
    //= https://www.rfc-editor.org/rfc/rfc6763#section-6.4
    //# DNS-SD TXT record strings beginning with an '=' character
    //# (i.e., the key is missing) MUST be silently ignored.
    pub fn iter(&self) -> impl Iterator<Item = (Cow<'_, str>, TxtValue<'_>)> {
        self.strings()
            .map(split)
            .filter(|(key, _)| !key.is_empty())
            .map(|(key, value)| (String::from_utf8_lossy(key), value))
    }

    /// Returns the value of a key, ignoring ASCII case; `None` if there is no such key.
    //= https://www.rfc-editor.org/rfc/rfc6763#section-6.4
    //# If a client receives a TXT record containing the same key more than
    //# once, then the client MUST silently ignore all but the first
    //# occurrence of that attribute.
    //= https://www.rfc-editor.org/rfc/rfc6763#section-6.3
    //# If an implementation sees unknown keys
    //# in a service TXT record, it MUST silently ignore them.
    pub fn value(&self, key: &str) -> Option<TxtValue<'_>> {
        self.strings()
            .map(split)
            .find(|(candidate, _)| candidate.eq_ignore_ascii_case(key.as_bytes()))
            .map(|(_, value)| value)
    }

    /// Returns the value of a key as text; `None` if there is no such key, if it has no value, or
    /// if its value is not UTF-8. [`value`](Self::value) distinguishes these cases.
    pub fn get(&self, key: &str) -> Option<&str> {
        match self.value(key)? {
            TxtValue::KeyOnly => None,
            TxtValue::Bytes(bytes) => core::str::from_utf8(bytes).ok(),
        }
    }

    /// Returns the same attributes with the value of one key set: in its place if the key is there,
    /// else at the end.
    ///
    /// # Errors
    ///
    /// Returns an error if the key or the value cannot be part of a TXT record.
    pub fn with(&self, key: &str, value: &[u8]) -> Result<Self, TxtError> {
        let changed = [key.as_bytes(), b"=", value].concat();
        check_key(key.as_bytes(), &changed)?;
        if key.contains('=') {
            return Err(TxtError::key(key.as_bytes()));
        }
        let mut builder = TxtBuilder::default();
        let mut is_set = false;
        for string in self.exact_strings() {
            if !is_of(string, key) {
                builder.string(string);
            } else if !core::mem::replace(&mut is_set, true) {
                builder.string(&changed);
            }
        }
        if !is_set {
            builder.string(&changed);
        }
        builder.finish()
    }

    /// Returns the same attributes without a key.
    pub fn without(&self, key: &str) -> Self {
        let mut builder = TxtBuilder::default();
        for string in self.exact_strings().filter(|string| !is_of(string, key)) {
            builder.string(string);
        }
        // Fewer strings fit where all did.
        builder.finish().unwrap_or_default()
    }

    /// Returns whether there are no attributes.
    pub fn is_empty(&self) -> bool {
        self.strings().next().is_none()
    }
}

/// The strings of a TXT record under construction. A problem with one is reported at the end.
#[derive(Clone, Debug, Default)]
pub struct TxtBuilder {
    wire: Vec<u8>,
    /// The keys of the attributes, in lower case.
    keys: BTreeSet<Vec<u8>>,
    wrong: Option<TxtError>,
}

impl TxtBuilder {
    /// Adds an attribute as on the wire: `key=value`, `key=` or `key`. Its key must follow the
    /// rules and differ from those added before.
    pub fn attribute(&mut self, string: &[u8]) -> &mut Self {
        let (key, _) = split(string);
        match check_key(key, string) {
            Err(wrong) => self.refuse(wrong),
            //= https://www.rfc-editor.org/rfc/rfc6763#section-6.4
            //# A given key SHOULD NOT appear more than once in a TXT record.
            Ok(()) if !self.keys.insert(key.to_ascii_lowercase()) => {
                self.refuse(TxtError::Repeated { key: shown(key) })
            }
            Ok(()) => self.string(string),
        }
    }

    /// Adds a string of any bytes, unchanged.
    pub fn string(&mut self, string: &[u8]) -> &mut Self {
        let Ok(len) = u8::try_from(string.len()) else {
            let (given, len) = (shown(string), string.len());
            return self.refuse(TxtError::TooLong { given, len });
        };
        self.wire.push(len);
        self.wire.extend_from_slice(string);
        self
    }

    /// Records a problem, unless there is already one.
    pub fn refuse(&mut self, wrong: TxtError) -> &mut Self {
        self.wrong.get_or_insert(wrong);
        self
    }

    /// Returns the record.
    ///
    /// # Errors
    ///
    /// Returns the first problem; or an error if all strings together do not fit into a record.
    pub fn finish(self) -> Result<Txt, TxtError> {
        if let Some(wrong) = self.wrong {
            return Err(wrong);
        }
        let len = self.wire.len();
        if len > TXT_LEN_MAX {
            return Err(TxtError::Full { len });
        }
        Ok(Txt(
            TxtData::from_wire(&self.wire).unwrap_or_else(|_| TxtData::default())
        ))
    }
}

impl Default for Txt {
    fn default() -> Self {
        Self::empty()
    }
}

/// As in a zone file: each string in quotation marks.
impl fmt::Display for Txt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&RData::Txt(self.0.clone()), f)
    }
}

impl fmt::Debug for Txt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.strings().map(String::from_utf8_lossy))
            .finish()
    }
}

impl TxtError {
    /// Returns the error of a key with a character that no key may have.
    pub fn key(key: &[u8]) -> Self {
        Self::Key { key: shown(key) }
    }
}

impl fmt::Display for TxtError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyKey { given } => {
                write!(
                    f,
                    "the TXT attribute `{given}` needs a key: expected `key=value` or `key`"
                )
            }
            Self::Key { key } => {
                write!(
                    f,
                    "the TXT key `{key}` may hold only printable ASCII without `=`"
                )
            }
            Self::Repeated { key } => {
                write!(f, "the TXT key `{key}` is given more than once")
            }
            Self::TooLong { given, len } => {
                write!(
                    f,
                    "the TXT attribute `{given}` has {len} bytes; at most 255 fit"
                )
            }
            Self::Full { len } => {
                write!(
                    f,
                    "the TXT attributes have {len} bytes; at most {TXT_LEN_MAX} fit"
                )
            }
        }
    }
}

impl core::error::Error for TxtError {}

/// Returns whether a string is the attribute of a key.
fn is_of(string: &[u8], key: &str) -> bool {
    split(string).0.eq_ignore_ascii_case(key.as_bytes())
}

/// Splits a string into key and value at the first `=`.
fn split(string: &[u8]) -> (&[u8], TxtValue<'_>) {
    match string
        .iter()
        .position(|&byte| byte == b'=')
        .and_then(|at| string.split_at_checked(at))
    {
        Some((key, rest)) => (
            key,
            TxtValue::Bytes(rest.split_first().map_or(&[], |(_, value)| value)),
        ),
        None => (string, TxtValue::KeyOnly),
    }
}

//= https://www.rfc-editor.org/rfc/rfc6763#section-6.4
//# The key MUST be at least one character.
fn check_key(key: &[u8], string: &[u8]) -> Result<(), TxtError> {
    if key.is_empty() {
        let given = shown(string);
        return Err(TxtError::EmptyKey { given });
    }
    //= https://www.rfc-editor.org/rfc/rfc6763#section-6.4
    //# The characters of a key MUST be printable US-ASCII values (0x20-0x7E)
    //# [RFC20], excluding '=' (0x3D).
    if key.iter().all(|byte| (0x20..=0x7e).contains(byte)) {
        return Ok(());
    }
    Err(TxtError::key(key))
}

/// Returns what an error shows of a string.
fn shown(string: &[u8]) -> String {
    let text = label_to_text(string);
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some(_) => text
            .chars()
            .take(SHOWN_CHARS_MAX)
            .chain("...".chars())
            .collect(),
        None => text.into_owned(),
    }
}

/// How much of a string an error shows: enough to find it.
const SHOWN_CHARS_MAX: usize = 40;

/// One empty string (RFC 6763 section 6.1).
const EMPTY: &[u8] = b"\0";

/// RFC 6763 section 6.2, in bytes.
const TXT_LEN_RECOMMENDED_MAX: usize = 1_300;

/// What fits into one packet beside the header and the names, in bytes: a TXT record must be sent
/// whole (RFC 6762 section 17 limits per packet to 9,000 bytes).
const TXT_LEN_MAX: usize = 8_192;

#[cfg(test)]
mod tests;
