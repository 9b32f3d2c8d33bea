//! A record as it was heard, and what has become of it.
//!
//! In:  nothing.
//! Out: the vocabulary of browsers and resolvers: one item per record, interface and family.

use cooee::{Family, Name, RData, RecordType};

/// A record on one interface, heard over one family.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct HeardRecord {
    pub(crate) interface: u32,
    pub(crate) family: Family,
    pub(crate) name: Name,
    pub(crate) data: RData,
}

/// What has become of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Came(HeardRecord),
    Went(HeardRecord),
    /// The owner of the name says on an interface that it has no record of the type.
    Denied(u32, RecordType),
}

impl Change {
    /// Returns whether it is of interest to who wants to hear of one family, or of both.
    pub(super) fn concerns(&self, protocol: Option<Family>) -> bool {
        match self {
            Self::Came(item) | Self::Went(item) => {
                protocol.is_none_or(|wanted| wanted == item.family)
            }
            Self::Denied(..) => true,
        }
    }
}
