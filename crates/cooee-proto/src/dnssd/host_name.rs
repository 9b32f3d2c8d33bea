//! Host names under `local`: which can be looked up, which can be published, and those made from
//! the system's name for this host.
//!
//! In:  names that a user gave; the system's host name, which may be any text.
//! Out: full names under `local`, or why not. RFC 6762 sections 3, 13 and 21; RFC 6763 section
//!      4.1.1.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

use cooee_wire::{Name, NameError};

/// Why a name is not the name of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostNameError {
    /// It has no label.
    Empty,
    /// It has several labels and does not end in `.local`.
    NotLocal,
    /// It is longer than one label under `local`.
    NotOneLabel,
    /// It holds a control character, or bytes that are not UTF-8.
    NotPrintable,
    /// It is too long with `.local`.
    Name(NameError),
}

impl fmt::Display for HostNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            Self::NotLocal => f.write_str("it does not end in `.local`"),
            Self::NotOneLabel => f.write_str(
                r"it is not one label under `local`; write a dot inside the label as `\.`",
            ),
            Self::NotPrintable => f.write_str("it holds a control character or is not UTF-8"),
            Self::Name(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl core::error::Error for HostNameError {}

/// Returns the name to look up for one that a user gave: a single label gets `.local`.
///
/// # Errors
///
/// Returns an error if the name is empty, is too long, or has several labels and does not end in
/// `.local`.
//= https://www.rfc-editor.org/rfc/rfc6762#section-3
//# Any DNS query for a name ending with ".local." MUST be sent to the
//# mDNS IPv4 link-local multicast address 224.0.0.251 (or its IPv6
//# equivalent FF02::FB).
pub fn host_to_look_up(given: Name) -> Result<Name, HostNameError> {
    if given.is_root() {
        return Err(HostNameError::Empty);
    }
    if given.label_count() == 1 {
        return given.concat(&Name::LOCAL).map_err(HostNameError::Name);
    }
    //= https://www.rfc-editor.org/rfc/rfc6762#section-13
    //# The option to fail-over to Multicast DNS for names not ending in
    //# ".local." SHOULD be a user-configured option, and SHOULD be disabled
    //# by default because of the possible security issues related to
    //# unintended local resolution of apparently global names.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-21
    //# To avoid this, a host MUST NOT append the search suffix ".local.", if
    //# present, to any relative (partially qualified) host name containing
    //# two or more labels.
    if given.ends_with(&Name::LOCAL) {
        Ok(given)
    } else {
        Err(HostNameError::NotLocal)
    }
}

/// Returns the full name to publish for a host name that a user gave: one label under `local`.
///
/// # Errors
///
/// Returns an error if the name has another form, or its label is not printable UTF-8.
pub fn host_to_publish(given: Name) -> Result<Name, HostNameError> {
    let name = match given.label_count() {
        1 => given.concat(&Name::LOCAL).map_err(HostNameError::Name)?,
        _ => given,
    };
    if name.label_count() != 2 || !name.ends_with(&Name::LOCAL) {
        return Err(HostNameError::NotOneLabel);
    }
    let text = name.first_label().map(core::str::from_utf8);
    match text {
        Some(Ok(label)) if is_printable(label) => Ok(name),
        _ => Err(HostNameError::NotPrintable),
    }
}

/// Returns whether a label can be shown to people: it is not empty and holds no control character.
pub fn is_printable(label: &str) -> bool {
    !label.is_empty() && !label.chars().any(char::is_control)
}

/// Returns the system's host name under `local`, or `cooee.local` if the system has none that fits.
/// Every resolver accepts it: its label is made of letters, digits and hyphens.
pub fn system_host_name(given: Option<&str>) -> Name {
    let label = sanitised(given.unwrap_or_default());
    let name = Name::LOCAL.prepend(label.as_bytes());
    name.unwrap_or_else(|_| Name::from_static(&(b"\x05cooee\x05local\0" as &[u8])))
}

fn sanitised(given: &str) -> String {
    let plain: String = given
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(LABEL_LEN_MAX)
        .collect();
    match plain.trim_matches('-') {
        "" | "localhost" => FALLBACK.to_owned(),
        label => label.to_owned(),
    }
}

/// Returns the instance label of a service to which its user gave none: the system's name for this
/// host, without control characters, cut to 63 bytes; `cooee` if the system has no name.
//= https://www.rfc-editor.org/rfc/rfc6763#section-4.1.1
//# The default name should be short and
//# descriptive, and SHOULD NOT include the device's Media Access Control
//# (MAC) address, serial number, or any similar incomprehensible
//# hexadecimal string in an attempt to make the name globally unique.
pub fn default_label(system: &str) -> String {
    let mut label: String = system.chars().filter(|c| !c.is_control()).collect();
    while label.len() > LABEL_LEN_MAX {
        label.pop();
    }
    match label.trim() {
        "" | "localhost" => FALLBACK.to_owned(),
        label => label.to_owned(),
    }
}

const FALLBACK: &str = "cooee";

/// The longest label, in bytes (RFC 1035 section 2.3.4).
pub const LABEL_LEN_MAX: usize = 63;

#[cfg(test)]
mod tests;
