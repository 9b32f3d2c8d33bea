//! What the cache tells those who ask about its records.
//!
//! In:  a record of the cache that was added, heard again, or removed.
//! Out: a [`Change`], with the record in its form for users. RFC 6762 sections 5.2, 6.1 and 10.

use alloc::boxed::Box;

use cooee_wire::{Name, RData, RecordType, Ttl};

use crate::event::{Answer, Removal};
use crate::link::{Families, LinkId};
use crate::names::{NameId, Names};

/// A change for those who ask about a record.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// A new record was added.
    Added(ChangedRecord),
    /// A record was received over another family, too.
    AlsoHeard(ChangedRecord),
    /// A record is gone.
    Removed(ChangedRecord, Removal),
    /// A denial was received again.
    DeniedAgain(ChangedRecord),
    /// Two hosts contradict each other about a record: ask its owner.
    Contested {
        link: LinkId,
        name: NameId,
        rtype: RecordType,
    },
    /// A record needs a refresh: ask for it now.
    Refresh {
        link: LinkId,
        name: NameId,
        rtype: RecordType,
    },
}

/// The record that changed. The question that it answers holds its name.
#[derive(Clone, Debug)]
pub(crate) struct ChangedRecord {
    pub(crate) link: LinkId,
    pub(crate) name: NameId,
    /// The owner's spelling of the name, where the table has another one.
    pub(crate) spelling: Option<Box<Name>>,
    pub(crate) ttl: Ttl,
    pub(crate) unique: bool,
    pub(crate) data: RData,
    pub(crate) families: Families,
}

impl ChangedRecord {
    /// Returns the record in its form for users.
    pub(crate) fn answer(&self, names: &Names) -> Answer {
        Answer {
            name: self
                .spelling
                .as_deref()
                .unwrap_or(names.name(self.name))
                .clone(),
            ttl: self.ttl,
            unique: self.unique,
            data: self.data.clone(),
            families: self.families,
        }
    }
}
