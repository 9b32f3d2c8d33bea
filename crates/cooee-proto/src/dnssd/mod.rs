//! DNS-Based Service Discovery on top of the engine: browse, resolve, look up.
//!
//! RFC 6763.

pub mod event;
pub mod instance_name;
pub mod service;
pub mod service_type;
pub mod txt;

use cooee_wire::Name;

/// The domain of Multicast DNS (RFC 6762 section 3).
pub(crate) fn local() -> Name {
    Name::from_static(b"\x05local\0")
}

/// What separates a subtype from its type (RFC 6763 section 7.1).
pub(crate) const SUB_LABEL: &[u8] = b"_sub";
