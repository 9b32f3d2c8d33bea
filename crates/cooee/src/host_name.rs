//! Names made from the system's name for this host.
//!
//! In:  the system's host name, which may be any text.
//! Out: a name of one label under `local` (RFC 6762 section 3); a name for people (RFC 6763 section
//!      4.1.1).

use cooee_wire::Name;

/// Returns the system's host name under `local`, or `cooee.local` if the system has none that fits.
pub(crate) fn system_host(given: Option<&str>) -> Name {
    let label = sanitised(given.unwrap_or_default());
    let name = Name::LOCAL.prepend(label.as_bytes());
    name.unwrap_or_else(|_| Name::from_static(b"\x05cooee\x05local\0"))
}

/// Returns the name for people of a service without a name: the system's name for this host,
/// unchanged.
pub(crate) fn default_name() -> String {
    presentable(&cooee_net::system_host_name().unwrap_or_default())
}

pub(crate) fn is_printable(label: &str) -> bool {
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
pub(crate) const LABEL_LEN_MAX: usize = 63;

#[cfg(test)]
mod tests;
