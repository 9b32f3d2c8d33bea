//! Arguments of calls: text, or a value that was parsed before.
//!
//! In:  `"_http._tcp"`, a `String`, a [`ServiceType`](crate::ServiceType).
//! Out: the parsed value, or why the text is invalid.

use std::borrow::Cow;
use std::str::FromStr;

use cooee_proto::dnssd::instance_name::InstanceName;
use cooee_proto::dnssd::service_type::{ServiceType, ServiceTypeError, Subtype};
use cooee_wire::Name;

/// Text, or a `T` that was parsed before.
///
/// Implemented for `&str`, `String`, `Cow<str>`, `T` and references to them, where `T` is
/// [`ServiceType`](crate::ServiceType), [`Subtype`](crate::Subtype), [`Name`](crate::Name) or
/// [`InstanceName`](crate::InstanceName). If a text is not a valid `T`, the call that starts the
/// request returns an error.
///
/// ```no_run
/// use cooee::{Mdns, ServiceType};
///
/// let mdns = Mdns::new()?;
/// let known: ServiceType = "_http._tcp".parse()?;
/// let by_text = mdns.browse("_http._tcp").start()?;
/// let by_value = mdns.browse(&known).start()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither text nor a `{T}`",
    label = "expected a `&str`, a `String` or a `{T}`"
)]
pub trait TextOr<T: FromStr>: sealed::Readable<T> {}

pub(crate) mod sealed {
    use super::NotParsed;

    /// Private to this crate, so that methods can be added to it.
    pub trait Readable<T: std::str::FromStr> {
        /// Reads it.
        fn read(self) -> Result<T, NotParsed<T::Err>>;
    }
}

/// A text that could not be parsed.
#[derive(Debug)]
pub struct NotParsed<E> {
    /// The text.
    pub(crate) given: String,
    /// What is wrong with it.
    pub(crate) error: E,
}

fn parse<T: FromStr>(text: &str) -> Result<T, NotParsed<T::Err>> {
    text.parse().map_err(|error| NotParsed {
        given: text.to_owned(),
        error,
    })
}

macro_rules! text {
    ($($text:ty),+) => {$(
        impl<T: FromStr> TextOr<T> for $text {}

        impl<T: FromStr> sealed::Readable<T> for $text {
            fn read(self) -> Result<T, NotParsed<T::Err>> {
                parse(self.as_ref())
            }
        }
    )+};
}

text!(&str, &&str, String, &String, Cow<'_, str>, &Cow<'_, str>);

macro_rules! parsed {
    ($($parsed:ty),+) => {$(
        impl TextOr<$parsed> for $parsed {}

        impl sealed::Readable<$parsed> for $parsed {
            fn read(self) -> Result<$parsed, NotParsed<<$parsed as FromStr>::Err>> {
                Ok(self)
            }
        }

        impl TextOr<$parsed> for &$parsed {}

        impl sealed::Readable<$parsed> for &$parsed {
            fn read(self) -> Result<$parsed, NotParsed<<$parsed as FromStr>::Err>> {
                Ok(self.clone())
            }
        }
    )+};
}

parsed!(ServiceType, Subtype, Name, InstanceName);

/// Reads a type that is followed by a name. If the two are in each other's place, the error says so.
pub(crate) fn type_before(
    name: &str,
    given: impl TextOr<ServiceType>,
) -> Result<ServiceType, ServiceTypeError> {
    given
        .read()
        .map_err(|not| match name.parse::<ServiceType>() {
            Ok(service_type) => ServiceTypeError::Swapped {
                given: not.given,
                service_type: service_type.to_string(),
            },
            Err(_) => not.error,
        })
}

#[cfg(test)]
mod tests;
