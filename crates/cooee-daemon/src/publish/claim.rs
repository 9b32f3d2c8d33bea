//! A record that this host publishes, and who does it.
//!
//! In:  nothing.
//! Out: the vocabulary of the registry.

use cooee::{Name, RData};

use crate::avahi::flags::{PublishFlags, Scope};

/// Who publishes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Owner {
    /// This daemon: its host, and what its files say.
    Daemon,
    /// A client, by its number.
    Client(u32),
}

/// A record that is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) owner: Owner,
    pub(crate) scope: Scope,
    pub(crate) flags: PublishFlags,
    pub(crate) name: Name,
    pub(crate) data: RData,
}
