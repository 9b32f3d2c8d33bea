//! Service instance names: a label for people, a service type, the domain.
//!
//! In:  an instance label from the user, to publish or to ask for; a full name from the user or the
//!      network.
//! Out: [`InstanceName`], valid by construction; its label for people, exactly, and as bytes. RFC
//!      6763 sections 4.1 (structure) and 4.3 (the label is not escaped text).

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use cooee_wire::{Name, label_from_text, label_to_text};

use super::nfc;
use super::service_type::ServiceType;

/// The name of one service instance, such as `Front Desk._ipp._tcp.local`.
///
/// Compares ignoring ASCII case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceName {
    full: Name,
    service_type: ServiceType,
}

/// Why a text is not an instance label.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InstanceNameError {
    /// It is empty.
    Empty,
    /// It is longer than 63 bytes of UTF-8.
    TooLong {
        /// How many bytes it has.
        len: usize,
    },
    /// It contains an ASCII control character.
    ControlCharacter {
        /// The position of the byte.
        at: usize,
    },
    /// A full name was expected, and it does not end with a service type.
    NotFull {
        /// The given value.
        given: String,
    },
}

impl InstanceName {
    /// Creates an instance name to publish from its label, which is plain text without escapes. The
    /// label is converted to form NFC (RFC 6762 section 16).
    ///
    /// # Errors
    ///
    /// Returns an error if the label is empty, longer than 63 bytes, or contains a control
    /// character (RFC 6763 section 4.1.1).
    pub fn new(label: &str, service_type: &ServiceType) -> Result<Self, InstanceNameError> {
        let label = &*nfc::label(label);
        //= https://www.rfc-editor.org/rfc/rfc6763#section-4.1.1
        //# It
        //# MUST NOT contain ASCII control characters (byte values 0x00-0x1F and
        //# 0x7F) [RFC20] but otherwise is allowed to contain any characters,
        //# without restriction, including spaces, uppercase, lowercase,
        //# punctuation -- including dots -- accented characters, non-Roman text,
        //# and anything else that may be represented using Net-Unicode.
        if let Some(at) = label.bytes().position(|byte| byte.is_ascii_control()) {
            return Err(InstanceNameError::ControlCharacter { at });
        }
        Self::from_label(label.as_bytes(), service_type)
    }

    /// Creates an instance name to ask for from its label on the wire, with any contents. So
    /// whatever was found can be asked for.
    ///
    /// # Errors
    ///
    /// Returns an error if the label is empty or longer than 63 bytes.
    pub fn from_label(label: &[u8], service_type: &ServiceType) -> Result<Self, InstanceNameError> {
        let len = label.len();
        if len == 0 {
            return Err(InstanceNameError::Empty);
        }
        let full = service_type.name().prepend(label);
        Ok(Self {
            full: full.map_err(|_| InstanceNameError::TooLong { len })?,
            service_type: service_type.clone(),
        })
    }

    /// Creates an instance name to ask for from the text form of its label, which
    /// [`text`](Self::text) returns: plain text, in which `\DDD` is a byte, `\\` a backslash and
    /// `\.` a dot.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`from_label`](Self::from_label).
    pub fn from_text(text: &str, service_type: &ServiceType) -> Result<Self, InstanceNameError> {
        let label = label_from_text(text);
        match core::str::from_utf8(&label) {
            Ok(plain) => Self::to_ask_for(plain, service_type),
            Err(_) => Self::from_label(&label, service_type),
        }
    }

    /// Creates an instance name to ask for from plain text, unchanged if that fits into a label.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`from_label`](Self::from_label).
    pub fn to_ask_for(plain: &str, service_type: &ServiceType) -> Result<Self, InstanceNameError> {
        let joined = || Self::from_label(nfc::label(plain).as_bytes(), service_type);
        Self::from_label(plain.as_bytes(), service_type).or_else(|_| joined())
    }

    /// Splits the text of a full name, such as `Front Desk._ipp._tcp.local`, into the text of its
    /// label and its service type; `None` if it does not end with a service type. A dot within the
    /// label may be escaped or not. The domain may be missing.
    ///
    /// [`from_text`](Self::from_text) reads the text of the label.
    //= https://www.rfc-editor.org/rfc/rfc6763#section-4.1.1
    //# It
    //# MUST NOT contain ASCII control characters (byte values 0x00-0x1F and
    //# 0x7F) [RFC20] but otherwise is allowed to contain any characters,
    //# without restriction, including spaces, uppercase, lowercase,
    //# punctuation -- including dots -- accented characters, non-Roman text,
    //# and anything else that may be represented using Net-Unicode.
    pub fn split_text(full: &str) -> Option<(&str, ServiceType)> {
        let mut is_escaped = false;
        full.char_indices().find_map(|(at, character)| {
            let is_literal = core::mem::take(&mut is_escaped);
            is_escaped = character == '\\' && !is_literal;
            if character != '.' || is_literal {
                return None;
            }
            let (label, service_type) = full.split_at_checked(at)?;
            Some((label, service_type.get(1..)?.parse().ok()?))
        })
    }

    /// Reads an instance name from a full name; `None` if it does not have the form
    /// `label._service._tcp.local`.
    pub fn from_name(full: &Name) -> Option<Self> {
        let service_type = ServiceType::from_name(&full.parent()?)?;
        Some(Self {
            full: full.clone(),
            service_type,
        })
    }

    /// Like [`from_name`](Self::from_name), if it is of this type, whose name it then shares.
    pub(super) fn of_type(full: &Name, service_type: &ServiceType) -> Option<Self> {
        let labels = service_type.name().label_count().saturating_add(1);
        let of_type = full.ends_with(service_type.name()) && full.label_count() == labels;
        of_type.then(|| Self {
            full: full.clone(),
            service_type: service_type.clone(),
        })
    }

    /// Takes the spelling of an equal name; another name changes nothing. Returns the spelling
    /// before, if it was another.
    pub(super) fn spell(&mut self, spelling: &Name) -> Option<Name> {
        let is_new = self.full == *spelling && self.full.as_wire() != spelling.as_wire();
        is_new.then(|| core::mem::replace(&mut self.full, spelling.clone()))
    }

    /// Returns its full name, such as `Front Desk._ipp._tcp.local`.
    pub fn name(&self) -> &Name {
        &self.full
    }

    /// Returns its service type.
    pub fn service_type(&self) -> &ServiceType {
        &self.service_type
    }

    /// Returns the label, the part for people; bytes that are not UTF-8 are replaced.
    pub fn label(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.label_bytes())
    }

    /// Returns the exact label as text: plain where [`from_text`](Self::from_text) reads that back,
    /// otherwise with escapes. It is safe to print on a terminal.
    pub fn text(&self) -> Cow<'_, str> {
        label_to_text(self.label_bytes())
    }

    /// Returns the label on the wire.
    pub fn label_bytes(&self) -> &[u8] {
        self.full.first_label().unwrap_or_default()
    }
}

impl FromStr for InstanceName {
    type Err = InstanceNameError;

    /// Reads a full name to ask for, such as `Front Desk._ipp._tcp.local`, as
    /// [`split_text`](Self::split_text) splits it.
    fn from_str(text: &str) -> Result<Self, InstanceNameError> {
        let given = || InstanceNameError::NotFull { given: text.into() };
        let (label, service_type) = Self::split_text(text).ok_or_else(given)?;
        Self::from_text(label, &service_type)
    }
}

/// Writes one string, in which dots and backslashes of the label are escaped.
//= https://www.rfc-editor.org/rfc/rfc6763#section-4.3
//# If client software takes the <Instance>, <Service>, and <Domain>
//# portions of a Service Instance Name and internally concatenates them
//# together into a single string, then because the <Instance> portion is
//# allowed to contain any characters, including dots, appropriate
//# precautions MUST be taken to ensure that DNS label boundaries are
//# properly preserved.
impl fmt::Display for InstanceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.full, f)
    }
}

impl fmt::Debug for InstanceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InstanceName({})", self.full)
    }
}

impl fmt::Display for InstanceNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("an instance name must not be empty"),
            Self::TooLong { len } => {
                write!(
                    f,
                    "an instance name has at most 63 bytes of UTF-8; this one has {len}"
                )
            }
            Self::ControlCharacter { at } => {
                write!(
                    f,
                    "an instance name must not hold a control character; byte {at} is one"
                )
            }
            Self::NotFull { given } => {
                write!(
                    f,
                    "`{given}` is not a full instance name: expected something like \
                     `Front Desk._ipp._tcp.local`"
                )
            }
        }
    }
}

impl core::error::Error for InstanceNameError {}

#[cfg(test)]
mod tests;
