//! The records of one name and type on one link: nearly always one, sometimes thousands.
//!
//! In:  entries that are added, received again and removed.
//! Out: the entries; the one that was received longest ago and that no flush has ended.

use alloc::boxed::Box;
use alloc::vec::Vec;

use cooee_wire::{Name, RecordType};
use slab::Slab;

use super::EntryId;
use super::crowd::Crowd;
use super::entry::Entry;
use super::passive::Suspicion;
use crate::link::LinkId;
use crate::linked_order::LinkedOrder;
use crate::names::NameId;

/// The records of one name and type on one link.
pub(super) struct CachedSet {
    pub(super) link: LinkId,
    pub(super) name: NameId,
    /// The entry, if there is one and no [`More`].
    only: [EntryId; 1],
    pub(super) rtype: RecordType,
    pub(super) asked: bool,
    /// Whether there is an entry and no [`More`].
    has_only: bool,
    /// Whether no flush has ended the only entry.
    heard: bool,
    /// Boxed, because nearly no set has it.
    more: Option<Box<More>>,
}

/// What a set has that is not just one record.
#[derive(Default)]
pub(super) struct More {
    entries: Vec<EntryId>,
    /// Those that no flush has ended, by the time of their last receipt.
    heard: LinkedOrder,
    /// The owner's spelling of the name, where the table has another one.
    pub(super) spelling: Option<Box<Name>>,
    pub(super) suspicion: Option<Suspicion>,
    /// For a set with many records.
    pub(super) crowd: Option<Crowd>,
}

impl CachedSet {
    /// Creates a set without records.
    pub(super) fn new(
        (link, name, rtype): (LinkId, NameId, RecordType),
        spelling: Option<Box<Name>>,
        asked: bool,
    ) -> Self {
        let more = spelling.map(|spelling| More {
            spelling: Some(spelling),
            ..More::default()
        });
        Self {
            link,
            name,
            only: [EntryId(0)],
            rtype,
            asked,
            has_only: false,
            heard: false,
            more: more.map(Box::new),
        }
    }

    /// Returns what it has that is not just one record.
    pub(super) fn more(&self) -> Option<&More> {
        self.more.as_deref()
    }

    /// Returns the owner's spelling of the name, where the table has another one.
    pub(super) fn spelling(&self) -> Option<&Name> {
        self.more()?.spelling.as_deref()
    }

    /// Returns the state of a set that has many records, if it has it.
    pub(super) fn crowd_mut(&mut self) -> Option<&mut Crowd> {
        self.more.as_mut()?.crowd.as_mut()
    }

    /// Takes the questions of others about it that nobody has answered yet.
    pub(super) fn take_suspicion(&mut self) -> Option<Suspicion> {
        let taken = self.more.as_mut()?.suspicion.take();
        self.shrink();
        taken
    }

    /// Returns its entries.
    pub(super) fn entries(&self) -> &[EntryId] {
        match &self.more {
            Some(more) => &more.entries,
            None if self.has_only => &self.only,
            None => &[],
        }
    }

    /// Adds an entry, as the last one that was received. Returns its position.
    pub(super) fn push(&mut self, entries: &mut Slab<Entry>, id: EntryId) -> usize {
        if self.more.is_none() && !self.has_only {
            self.only = [id];
            self.has_only = true;
            self.heard = true;
            return 0;
        }
        let more = self.expand();
        let slot = more.entries.len();
        more.entries.push(id);
        more.heard.push_back(entries, id.0);
        slot
    }

    /// Removes the entry at a position. Returns the one that is there now.
    pub(super) fn remove(&mut self, entries: &mut Slab<Entry>, slot: usize) -> Option<EntryId> {
        let Some(more) = &mut self.more else {
            self.has_only = false;
            return None;
        };
        let id = more.entries.get(slot).copied()?;
        more.heard.take_out(entries, id.0);
        more.entries.swap_remove(slot);
        let moved = more.entries.get(slot).copied();
        self.shrink();
        moved
    }

    /// Returns the entry that was received longest ago and that no flush has ended.
    pub(super) fn oldest(&self) -> Option<EntryId> {
        match &self.more {
            Some(more) => more.heard.front().map(EntryId),
            None => self.entries().first().copied().filter(|_| self.heard),
        }
    }

    /// Records that an entry was received again.
    pub(super) fn heard_again(&mut self, entries: &mut Slab<Entry>, id: EntryId) {
        match &mut self.more {
            Some(more) => more.heard.push_back(entries, id.0),
            None => self.heard = true,
        }
    }

    /// Records that a flush has ended an entry.
    pub(super) fn flushed(&mut self, entries: &mut Slab<Entry>, id: EntryId) {
        match &mut self.more {
            Some(more) => more.heard.take_out(entries, id.0),
            None => self.heard = false,
        }
    }

    /// Makes room for more than one record.
    pub(super) fn expand(&mut self) -> &mut More {
        let only = self.entries().first().copied();
        let is_heard = self.heard;
        self.has_only = false;
        self.more.get_or_insert_with(|| {
            let heard = only.filter(|_| is_heard);
            Box::new(More {
                entries: only.into_iter().collect(),
                heard: heard.map_or_else(LinkedOrder::default, |id| LinkedOrder::of(id.0)),
                ..More::default()
            })
        })
    }

    /// Gives back the room for more than one record, if it is not needed.
    fn shrink(&mut self) {
        let Some(more) = &self.more else { return };
        let has_extra = more.spelling.is_some() || more.suspicion.is_some() || more.crowd.is_some();
        if has_extra || more.entries.len() > 1 {
            return;
        }
        let only = more.entries.first().copied();
        self.heard = more.heard.front().is_some();
        self.has_only = only.is_some();
        self.only = [only.unwrap_or(EntryId(0))];
        self.more = None;
    }
}
