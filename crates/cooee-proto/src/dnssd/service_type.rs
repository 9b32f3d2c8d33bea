//! Service types: `_http._tcp`, with an optional subtype.
//!
//! In:  text from the user, names from the network.
//! Out: [`ServiceType`] and [`Subtype`], valid by construction.
//! RFC 6763 sections 4.1.2, 7 (service names), 7.1 (subtypes); RFC 6335 section 5.1.

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use core::str::FromStr;

use cooee_wire::Name;

use super::{SUB_LABEL, local};

/// The type of a service, such as `_http._tcp`; the domain is `local`.
///
/// Compares ignoring ASCII case (RFC 6763 section 7).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceType {
    name: Name,
}

/// The label of a subtype, such as `_printer` (RFC 6763 section 7.1).
///
/// At most 63 bytes. The underscore is customary and not required.
#[derive(Clone, Debug)]
pub struct Subtype(Arc<str>);

/// Why a text is no service type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServiceTypeError {
    /// It has not the form `_service._tcp` or `_service._udp`.
    Form {
        /// What was given.
        given: String,
    },
    /// Its service name breaks a rule of RFC 6335 section 5.1.
    ServiceName {
        /// What was given.
        given: String,
        /// The rule.
        rule: &'static str,
    },
    /// A subtype label is empty or longer than 63 bytes.
    Subtype {
        /// What was given.
        given: String,
    },
}

impl ServiceType {
    /// Its full name, such as `_http._tcp.local`.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The name to ask for its instances of a subtype: `_printer._sub._http._tcp.local`.
    pub fn subtype_name(&self, subtype: &Subtype) -> Name {
        self.name
            .prepend(SUB_LABEL)
            .and_then(|name| name.prepend(subtype.as_bytes()))
            .unwrap_or_else(|_| self.name.clone())
    }

    /// The service name with its underscore, such as `_http`.
    pub fn service(&self) -> &str {
        self.label(0)
    }

    /// `_tcp` or `_udp`.
    pub fn protocol(&self) -> &str {
        self.label(1)
    }

    /// Reads a service type from a full name such as `_http._tcp.local`.
    ///
    /// More is accepted from the network than from the user: any service label that starts with
    /// an underscore. `None` if it is not of the form `_service._tcp.local` or `_udp`.
    pub fn from_name(name: &Name) -> Option<Self> {
        let mut labels = name.labels();
        let service = labels.next()?;
        let protocol = labels.next()?;
        let domain = labels.next()?;
        let well_formed = service.first() == Some(&b'_')
            && service.len() > 1
            && core::str::from_utf8(service).is_ok()
            && is_protocol(protocol)
            && domain.eq_ignore_ascii_case(b"local")
            && labels.next().is_none();
        well_formed.then(|| Self { name: name.clone() })
    }

    fn label(&self, index: usize) -> &str {
        let label = self.name.labels().nth(index).unwrap_or_default();
        core::str::from_utf8(label).unwrap_or_default()
    }
}

impl FromStr for ServiceType {
    type Err = ServiceTypeError;

    /// Reads `_http._tcp`; `_http._tcp.local` and a trailing dot are taken too.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = || ServiceTypeError::Form { given: text.into() };
        let trimmed = text.strip_suffix('.').unwrap_or(text);
        let trimmed = strip_local(trimmed);
        let (service, protocol) = trimmed.split_once('.').ok_or_else(form)?;
        if !is_protocol(protocol.as_bytes()) {
            return Err(form());
        }
        let bare = service.strip_prefix('_').ok_or_else(form)?;
        if let Some(rule) = broken_rule(bare) {
            return Err(ServiceTypeError::ServiceName {
                given: text.into(),
                rule,
            });
        }
        let name = local()
            .prepend(protocol.as_bytes())
            .and_then(|name| name.prepend(service.as_bytes()))
            .map_err(|_| form())?;
        Ok(Self { name })
    }
}

impl fmt::Display for ServiceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.service(), self.protocol())
    }
}

impl fmt::Debug for ServiceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceType({self})")
    }
}

impl Subtype {
    /// The label as it was given.
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
                    "`{given}` is not a service type: expected one like `_http._tcp`"
                )
            }
            Self::ServiceName { given, rule } => {
                write!(
                    f,
                    "the service name of `{given}` {rule}; a right one is `_http._tcp`"
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

fn strip_local(text: &str) -> &str {
    const SUFFIX: &str = ".local";
    let split = text.len().saturating_sub(SUFFIX.len());
    match text.split_at_checked(split) {
        Some((head, tail)) if tail.eq_ignore_ascii_case(SUFFIX) => head,
        Some(_) | None => text,
    }
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
fn broken_rule(bare: &str) -> Option<&'static str> {
    let bytes = bare.as_bytes();
    if bytes.is_empty() || bytes.len() > SERVICE_NAME_LEN_MAX {
        return Some("must have 1 to 15 characters after the underscore");
    }
    if !bytes
        .iter()
        .all(|&byte| byte.is_ascii_alphanumeric() || byte == b'-')
    {
        return Some("may hold only letters, digits and hyphens after the underscore");
    }
    if bare.starts_with('-') || bare.ends_with('-') || bare.contains("--") {
        return Some("must not begin or end with a hyphen or hold two in a row");
    }
    if !bytes.iter().any(u8::is_ascii_alphabetic) {
        return Some("must hold at least one letter");
    }
    None
}

const SERVICE_NAME_LEN_MAX: usize = 15;

#[cfg(test)]
mod tests;
