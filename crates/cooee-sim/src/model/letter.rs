//! What hostile hosts write and what they have heard.
//!
//! In:  bytes of a packet; records that hosts have sent.
//! Out: a [`Letter`] to post; names among the records.

use std::net::IpAddr;
use std::time::Duration;

use cooee_wire::{Name, RData, Record, RecordType};

/// A hostile packet.
pub(super) struct Letter {
    pub(super) bytes: Vec<u8>,
    /// The only host that hears it.
    pub(super) only: Option<String>,
    /// Where it says that it comes from, if it matters.
    pub(super) source: Option<IpAddr>,
    /// How long the hostile host waits after it.
    pub(super) then: Duration,
}

impl Letter {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            only: None,
            source: None,
            then: Duration::ZERO,
        }
    }
}

/// A record that a host has sent.
pub(super) struct Said {
    pub(super) record: Record,
}

/// Returns the name of the services of the model.
pub(super) fn type_name() -> Name {
    let name = format!("{}.local", super::TYPE);
    name.parse().expect("a name")
}

/// The names with records of a type among what was said.
pub(super) fn names_with(said: &[Said], wanted: &[RecordType]) -> Vec<Name> {
    let mut names: Vec<Name> = Vec::new();
    for said in said {
        let fits = wanted.contains(&said.record.rtype());
        if fits && !names.contains(&said.record.name) {
            names.push(said.record.name.clone());
        }
    }
    names
}

/// The pointers that hosts have said.
pub(super) fn is_pointer(said: &&Said) -> bool {
    matches!(said.record.data, RData::Ptr(_))
}
