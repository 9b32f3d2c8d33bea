//! Attributes and their conversion into a TXT record.
//!
//! In:  pairs, single keys, whole records.
//! Out: the strings of one record, or the problem with the first one that cannot be in it. RFC 6763
//!      section 6.

use cooee_proto::dnssd::txt::{Txt, TxtBuilder, TxtError};

/// An argument of [`Registration::txt`](crate::Registration::txt).
///
/// It is one of: a pair `("path", "/")`, whose value may be bytes; a key without a value, `"flag"`;
/// a whole [`Txt`]. The strings of a `Txt` are used as they are, even if it was received or made by
/// [`Txt::exactly`] and breaks the rules for keys.
pub trait TxtItem: sealed::Sealed {}

impl<T: sealed::Sealed> TxtItem for T {}

pub(crate) mod sealed {
    /// Private to this crate, so that items can be added to it.
    pub trait Sealed {
        /// Adds its strings.
        fn add_to(self, attributes: &mut super::Attributes);
    }
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
            let key = key.to_owned();
            self.0.refuse(TxtError::Key { key });
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

impl<V: AsRef<[u8]>> sealed::Sealed for (&str, V) {
    fn add_to(self, attributes: &mut Attributes) {
        attributes.add(self.0, Some(self.1.as_ref()));
    }
}

impl sealed::Sealed for &str {
    fn add_to(self, attributes: &mut Attributes) {
        attributes.add(self, None);
    }
}

/// Adds its strings as they are: it may have been received.
impl sealed::Sealed for &Txt {
    fn add_to(self, attributes: &mut Attributes) {
        for string in self.exact_strings() {
            attributes.0.string(string);
        }
    }
}

impl sealed::Sealed for Txt {
    fn add_to(self, attributes: &mut Attributes) {
        (&self).add_to(attributes);
    }
}

#[cfg(test)]
mod tests;
