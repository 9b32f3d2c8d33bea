//! Names and addresses of hosts to publish.
//!
//! In:  the system's host name; the user's arguments.
//! Out: a name of one label under `local`, addresses that a host can have, or a [`RegisterError`].
//!      RFC 6762 section 3.

use std::net::IpAddr;

use cooee_proto::dnssd::Unreachable;
use cooee_wire::Name;

use super::RegisterError;
use super::error::NOT_ONE_LABEL;
use crate::argument::TextOr;

/// Returns the system's host name under `local`, or `cooee.local` if the system has none that fits.
pub(crate) fn system_host(given: Option<&str>) -> Name {
    let name = local_host_name(sanitised(given.unwrap_or_default()));
    name.unwrap_or_else(|_| Name::from_static(b"\x05cooee\x05local\0"))
}

/// Returns the name for people of a service without a name: the system's name for this host,
/// unchanged.
pub(super) fn default_name() -> String {
    presentable(&cooee_net::system_host_name().unwrap_or_default())
}

/// Reads `printer` or `printer.local`.
pub(crate) fn local_host_name(given: impl TextOr<Name>) -> Result<Name, RegisterError> {
    let wrong = |given: String, reason: String| RegisterError::Host { given, reason };
    let name = given
        .read()
        .map_err(|not| wrong(not.given, not.error.to_string()))?;
    let given = name.to_string();
    let wrong = |reason: String| wrong(given.clone(), reason);
    let local = Name::from_static(b"\x05local\0");
    let name = match name.label_count() {
        1 => name
            .concat(&local)
            .map_err(|error| wrong(format!("{error}")))?,
        _ => name,
    };
    if name.label_count() != 2 || !name.ends_with(&local) {
        return Err(wrong(NOT_ONE_LABEL.to_owned()));
    }
    let is_text = name
        .first_label()
        .is_some_and(|label| std::str::from_utf8(label).is_ok_and(is_printable));
    if is_text {
        Ok(name)
    } else {
        Err(wrong(
            "it holds a control character or is not UTF-8".to_owned(),
        ))
    }
}

/// Checks that a host can have these addresses, and takes each once.
pub(crate) fn addresses(
    host: &Name,
    given: impl Iterator<Item = IpAddr>,
) -> Result<Vec<IpAddr>, RegisterError> {
    let mut addresses = Vec::new();
    for ip in given {
        if let Some(reason) = Unreachable::of(ip) {
            return Err(RegisterError::Address { ip, reason });
        }
        if !addresses.contains(&ip) {
            addresses.push(ip);
        }
    }
    if addresses.is_empty() {
        let given = host.to_string();
        return Err(RegisterError::NoAddress { given });
    }
    Ok(addresses)
}

pub(super) fn is_printable(label: &str) -> bool {
    !label.is_empty() && !label.chars().any(char::is_control)
}

/// Returns a label that every resolver accepts: letters, digits and hyphens.
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

//= https://www.rfc-editor.org/rfc/rfc6763#section-4.1.1
//# The default name should be short and
//# descriptive, and SHOULD NOT include the device's Media Access Control
//# (MAC) address, serial number, or any similar incomprehensible
//# hexadecimal string in an attempt to make the name globally unique.
fn presentable(given: &str) -> String {
    let mut label: String = given.chars().filter(|c| !c.is_control()).collect();
    while label.len() > LABEL_LEN_MAX {
        label.pop();
    }
    match label.trim() {
        "" | "localhost" => FALLBACK.to_owned(),
        label => label.to_owned(),
    }
}

const FALLBACK: &str = "cooee";

/// RFC 1035 section 2.3.4.
pub(super) const LABEL_LEN_MAX: usize = 63;

#[cfg(test)]
mod tests;
