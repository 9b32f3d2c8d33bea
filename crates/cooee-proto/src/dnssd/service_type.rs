//! Service types: `_http._tcp`, with an optional subtype.
//!
//! In:  text from the user, names from the network.
//! Out: [`ServiceType`] and [`Subtype`], valid by construction; for publishing, whether a type
//!      follows the rules for service names. RFC 6763 sections 4.1.2, 7 (service names), 7.1
//!      (subtypes), 9 (lists of types); RFC 6335 section 5.1.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use core::fmt;
use core::str::FromStr;

use cooee_wire::Name;

/// The type of a service, such as `_http._tcp`; the domain is `local`.
///
/// It can be any label that begins with an underscore, under `_tcp` or `_udp`, so that any device
/// can be found. [`check_service_name`](Self::check_service_name) checks whether it can be
/// published. Comparison ignores ASCII case (RFC 6763 section 7). Its text form is that of a
/// [`Name`], in which a dot within the label is `\.` and a byte that is not text is `\DDD`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceType {
    name: Name,
}

/// The label of a subtype, such as `_printer` (RFC 6763 section 7.1).
///
/// At most 63 bytes. The underscore is customary and not required.
#[derive(Clone, Debug)]
pub struct Subtype(Arc<str>);

/// Why a text is not a service type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServiceTypeError {
    /// It does not have the form `_service._tcp` or `_service._udp`.
    Form {
        /// The given value.
        given: String,
    },
    /// It is a name, and the type was given in the place of the name.
    Swapped {
        /// The given value.
        given: String,
        /// The type.
        service_type: String,
    },
    /// Its service name breaks a rule of RFC 6335 section 5.1, which applies to publishers.
    ServiceName {
        /// The type.
        given: String,
        /// The rule.
        rule: &'static str,
    },
    /// A subtype label is empty or longer than 63 bytes.
    Subtype {
        /// The given value.
        given: String,
    },
}

impl ServiceType {
    /// Returns its full name, such as `_http._tcp.local`.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// Shares the bytes of an equal name; another name, or another spelling, changes nothing.
    pub(super) fn share(&mut self, same: &Name) {
        if self.name.as_wire() == same.as_wire() {
            self.name = same.clone();
        }
    }

    /// Returns the name with which to ask for its instances of a subtype:
    /// `_printer._sub._http._tcp.local`.
    pub fn subtype_name(&self, subtype: &Subtype) -> Name {
        self.name
            .prepend(SUB_LABEL)
            .and_then(|name| name.prepend(subtype.as_bytes()))
            .unwrap_or_else(|_| self.name.clone())
    }

    /// Returns the label of the service with its underscore, such as `_http`; bytes that are not
    /// UTF-8 are replaced.
    pub fn service(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.service_bytes())
    }

    /// Returns the label of the service on the wire.
    pub fn service_bytes(&self) -> &[u8] {
        self.name.first_label().unwrap_or_default()
    }

    /// Returns `_tcp` or `_udp`.
    pub fn protocol(&self) -> &str {
        let label = self.name.labels().nth(1).unwrap_or_default();
        core::str::from_utf8(label).unwrap_or_default()
    }

    /// Reads a service type from a full name such as `_http._tcp.local`.
    ///
    /// Returns `None` if it does not have the form `_service._tcp.local` or `_service._udp.local`,
    /// where the service can be any label that begins with an underscore.
    pub fn from_name(name: &Name) -> Option<Self> {
        let mut labels = name.labels();
        let service = labels.next()?;
        let protocol = labels.next()?;
        let domain = labels.next()?;
        let well_formed = is_service(service)
            && is_protocol(protocol)
            && domain.eq_ignore_ascii_case(LOCAL_LABEL)
            && labels.next().is_none();
        well_formed.then(|| Self { name: name.clone() })
    }

    /// Reads a service type from the data of a PTR record that lists types. The domain is always
    /// `local`, because some devices leave it out.
    //= https://www.rfc-editor.org/rfc/rfc6763#section-9
    //# Including the domain in the PTR rdata allows
    //# for slightly better name compression in Unicast DNS responses, but
    //# only the first two labels are relevant for the purposes of service
    //# type enumeration.
    pub(super) fn from_listing(listed: &Name) -> Option<Self> {
        Self::from_name(listed).or_else(|| Self::from_labels(listed.labels().take(2)))
    }

    fn from_labels<'a>(labels: impl Iterator<Item = &'a [u8]>) -> Option<Self> {
        let domain = core::iter::once(LOCAL_LABEL);
        Self::from_name(&Name::from_labels(labels.chain(domain)).ok()?)
    }

    /// Checks that its service name follows the rules, as a published one should.
    ///
    /// # Errors
    ///
    /// Returns [`ServiceTypeError::ServiceName`], which contains the rule.
    pub fn check_service_name(&self) -> Result<(), ServiceTypeError> {
        let service = self.service_bytes();
        let bare = service.strip_prefix(b"_").unwrap_or(service);
        match broken_rule(bare) {
            None => Ok(()),
            Some(rule) => Err(ServiceTypeError::ServiceName {
                given: self.to_string(),
                rule,
            }),
        }
    }
}

impl FromStr for ServiceType {
    type Err = ServiceTypeError;

    /// Reads `_http._tcp` in the text form of names; `_http._tcp.local` and a trailing dot are also
    /// accepted.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = || ServiceTypeError::Form { given: text.into() };
        let given: Name = text.parse().map_err(|_| form())?;
        let local_is_implied = || Self::from_labels(given.labels());
        Self::from_name(&given)
            .or_else(local_is_implied)
            .ok_or_else(form)
    }
}

impl fmt::Display for ServiceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.name.labels().take(2);
        match Name::from_labels(labels) {
            Ok(both) => fmt::Display::fmt(&both, f),
            Err(_) => fmt::Display::fmt(&self.name, f),
        }
    }
}

impl fmt::Debug for ServiceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceType({self})")
    }
}

impl Subtype {
    /// Returns the label as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl PartialEq for Subtype {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Subtype {}

impl FromStr for Subtype {
    type Err = ServiceTypeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() || text.len() > 63 {
            return Err(ServiceTypeError::Subtype { given: text.into() });
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Subtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ServiceTypeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form { given } => {
                write!(
                    f,
                    "`{given}` is not a service type: expected something like `_http._tcp`"
                )
            }
            Self::Swapped {
                given,
                service_type,
            } => {
                write!(
                    f,
                    "`{given}` is not a service type, but `{service_type}` is: the type comes \
                     first, then the name"
                )
            }
            Self::ServiceName { given, rule } => {
                write!(
                    f,
                    "`{given}` is not a type to publish: its service name {rule}"
                )
            }
            Self::Subtype { given } => {
                write!(
                    f,
                    "`{given}` is not a subtype: expected 1 to 63 bytes like `_printer`"
                )
            }
        }
    }
}

impl core::error::Error for ServiceTypeError {}

/// Returns the convention of SRV records that distinguishes a type from other names.
//= https://www.rfc-editor.org/rfc/rfc6763#section-7
//# The first label of the pair is an
//# underscore character followed by the Service Name [RFC6335].
fn is_service(label: &[u8]) -> bool {
    label.len() > 1 && label.first() == Some(&b'_')
}

fn is_protocol(label: &[u8]) -> bool {
    label.eq_ignore_ascii_case(b"_tcp") || label.eq_ignore_ascii_case(b"_udp")
}

//= https://www.rfc-editor.org/rfc/rfc6763#section-7
//# The rules for Service Names [RFC6335] state that they may be no more
//# than fifteen characters long (not counting the mandatory underscore),
//# consisting of only letters, digits, and hyphens, must begin and end
//# with a letter or digit, must not contain consecutive hyphens, and
//# must contain at least one letter.
fn broken_rule(bytes: &[u8]) -> Option<&'static str> {
    if bytes.is_empty() || bytes.len() > SERVICE_NAME_LEN_MAX {
        return Some("must have 1 to 15 characters after the underscore");
    }
    if !bytes
        .iter()
        .all(|&byte| byte.is_ascii_alphanumeric() || byte == b'-')
    {
        return Some("may hold only letters, digits and hyphens after the underscore");
    }
    if bytes.starts_with(b"-") || bytes.ends_with(b"-") || bytes.windows(2).any(|two| two == b"--")
    {
        return Some("must not begin or end with a hyphen or hold two in a row");
    }
    if !bytes.iter().any(u8::is_ascii_alphabetic) {
        return Some("must hold at least one letter");
    }
    None
}

const SERVICE_NAME_LEN_MAX: usize = 15;
const LOCAL_LABEL: &[u8] = b"local";

/// Returns the name whose PTR records list the service types (RFC 6763 section 9).
pub(crate) const fn service_types() -> Name {
    Name::from_static(&(b"\x09_services\x07_dns-sd\x04_udp\x05local\0" as &[u8]))
}

/// What separates a subtype from its type (RFC 6763 section 7.1).
const SUB_LABEL: &[u8] = b"_sub";

#[cfg(test)]
mod tests;
