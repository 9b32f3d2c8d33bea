//! What the observer says of one message.
//!
//! In:  nothing.
//! Out: [`Observation`].

use std::net::IpAddr;

use cooee_wire::DecodeError;

use super::breach::Breach;
use super::kind::MessageKind;

/// What one message is, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Observation {
    /// The purpose of the message.
    pub kind: MessageKind,
    /// The first fault in its bytes, with its offset.
    pub fault: Option<DecodeError>,
    /// The rules that it breaks; empty for a message that is right.
    pub breaches: Vec<Breach>,
    /// The other host that sent the same response just before, if a reflector repeats it.
    pub repeats: Option<IpAddr>,
    /// The host that sent the same records on another link just before, if a reflector brings them
    /// across.
    pub reflects: Option<IpAddr>,
}
