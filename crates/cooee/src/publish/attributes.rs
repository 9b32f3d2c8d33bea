//! Attributes and their conversion into a TXT record.
//!
//! In:  pairs, single keys, whole records.
//! Out: the strings of one record, or the problem with the first one that cannot be in it. RFC 6763
//!      section 6.

use std::collections::{BTreeMap, HashMap};

use cooee_proto::dnssd::txt::{Txt, TxtBuilder, TxtError};

/// Attributes of a TXT record, as [`Registration::txt`](crate::Registration::txt) takes them.
///
/// - A pair `("path", "/")`, whose value may be bytes.
/// - A key without a value, `"secure"`.
/// - An array, a slice or a `Vec` of these; a `BTreeMap` or a `HashMap` of pairs.
/// - A whole [`Txt`]. Its strings are used as they are, even if it was received or made by
///   [`Txt::exactly`] and breaks the rules for keys.
///
/// For an iterator of pairs there is [`Registration::txt_pairs`](crate::Registration::txt_pairs).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no attribute of a TXT record",
    label = "expected a pair such as `(\"path\", \"/\")`, a key, a `Txt`, or an array, slice, `Vec` or map",
    note = "an iterator of pairs goes to `txt_pairs`; a number becomes text by `to_string()`"
)]
pub trait IntoTxt {
    /// Adds its strings. Nobody else can name the parameter's type, and so implement this.
    #[doc(hidden)]
    fn add_to(self, attributes: &mut Attributes);
}

/// The strings of a TXT record under construction.
#[derive(Clone, Debug, Default)]
pub struct Attributes(TxtBuilder);

impl Attributes {
    pub(crate) fn finish(self) -> Result<Txt, TxtError> {
        self.0.finish().inspect(|txt| {
            if txt.exceeds_recommended_size() {
                let len = txt.data().as_bytes().len();
                tracing::warn!(len, "more bytes of attributes than the recommended 1,300");
            }
        })
    }

    /// Adds a key and its value; a key that contains `=` would end early.
    fn add(&mut self, key: &str, value: Option<&[u8]>) {
        if key.contains('=') {
            self.0.refuse(TxtError::key(key.as_bytes()));
            return;
        }
        let mut string = key.as_bytes().to_vec();
        if let Some(value) = value {
            string.push(b'=');
            string.extend_from_slice(value);
        }
        self.0.attribute(&string);
    }
}

impl<K: AsRef<str>, V: AsRef<[u8]>> IntoTxt for (K, V) {
    fn add_to(self, attributes: &mut Attributes) {
        attributes.add(self.0.as_ref(), Some(self.1.as_ref()));
    }
}

impl<K: AsRef<str>, V: AsRef<[u8]>> IntoTxt for &(K, V) {
    fn add_to(self, attributes: &mut Attributes) {
        attributes.add(self.0.as_ref(), Some(self.1.as_ref()));
    }
}

macro_rules! key {
    ($($text:ty),+) => {$(
        impl IntoTxt for $text {
            fn add_to(self, attributes: &mut Attributes) {
                attributes.add(self.as_ref(), None);
            }
        }
    )+};
}

key!(&str, &&str, String, &String);

impl<T: IntoTxt, const N: usize> IntoTxt for [T; N] {
    fn add_to(self, attributes: &mut Attributes) {
        self.into_iter().for_each(|item| item.add_to(attributes));
    }
}

impl<T: IntoTxt> IntoTxt for Vec<T> {
    fn add_to(self, attributes: &mut Attributes) {
        self.into_iter().for_each(|item| item.add_to(attributes));
    }
}

impl<'a, T> IntoTxt for &'a [T]
where
    &'a T: IntoTxt,
{
    fn add_to(self, attributes: &mut Attributes) {
        self.iter().for_each(|item| item.add_to(attributes));
    }
}

impl<'a, T, const N: usize> IntoTxt for &'a [T; N]
where
    &'a T: IntoTxt,
{
    fn add_to(self, attributes: &mut Attributes) {
        self.as_slice().add_to(attributes);
    }
}

impl<'a, T> IntoTxt for &'a Vec<T>
where
    &'a T: IntoTxt,
{
    fn add_to(self, attributes: &mut Attributes) {
        self.as_slice().add_to(attributes);
    }
}

impl<K: AsRef<str>, V: AsRef<[u8]>> IntoTxt for BTreeMap<K, V> {
    fn add_to(self, attributes: &mut Attributes) {
        self.into_iter().for_each(|pair| pair.add_to(attributes));
    }
}

impl<K: AsRef<str>, V: AsRef<[u8]>> IntoTxt for &BTreeMap<K, V> {
    fn add_to(self, attributes: &mut Attributes) {
        self.iter().for_each(|pair| pair.add_to(attributes));
    }
}

impl<K: AsRef<str>, V: AsRef<[u8]>, S> IntoTxt for HashMap<K, V, S> {
    fn add_to(self, attributes: &mut Attributes) {
        (&self).add_to(attributes);
    }
}

/// Sorts by key, so that the record is the same each time.
impl<K: AsRef<str>, V: AsRef<[u8]>, S> IntoTxt for &HashMap<K, V, S> {
    fn add_to(self, attributes: &mut Attributes) {
        let mut pairs: Vec<_> = self.iter().collect();
        pairs.sort_unstable_by(|(one, _), (other, _)| one.as_ref().cmp(other.as_ref()));
        pairs.into_iter().for_each(|pair| pair.add_to(attributes));
    }
}

/// Adds its strings as they are: it may have been received.
impl IntoTxt for &Txt {
    fn add_to(self, attributes: &mut Attributes) {
        for string in self.exact_strings() {
            attributes.0.string(string);
        }
    }
}

impl IntoTxt for Txt {
    fn add_to(self, attributes: &mut Attributes) {
        (&self).add_to(attributes);
    }
}

#[cfg(test)]
mod tests;
