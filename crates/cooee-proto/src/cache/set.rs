//! The records of one name and type on one link: nearly always one, sometimes thousands.
//!
//! In:  entries that are added, received again and removed.
//! Out: the entries; the one that was received longest ago and that no flush has ended.

use alloc::boxed::Box;

use cooee_wire::{Name, RecordType};
use slab::Slab;

use super::EntryId;
use super::crowd::Crowd;
use super::entry::Entry;
use super::passive::Suspicion;
use crate::collections::insert;
use crate::link::LinkId;
use crate::linked_order::{Linked, LinkedOrder, OrderLinks};
use crate::names::NameId;

/// The records of one name and type on one link.
pub(super) struct CachedSet {
    pub(super) link: LinkId,
    pub(super) name: NameId,
    /// The only entry, if there is one.
    only: EntryId,
    state: Only,
    pub(super) asked: bool,
    pub(super) rtype: RecordType,
    /// Boxed, because nearly no set has it.
    more: Option<Box<More>>,
}

/// What a set without [`More`] has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Only {
    /// No entry.
    Nothing,
    /// One entry.
    Heard,
    /// One entry, which a flush has ended.
    Flushed,
}

/// What a set has that is not just one record.
#[derive(Default)]
pub(super) struct More {
    nodes: Slab<Node>,
    /// Those that no flush has ended, by the time of their last receipt.
    heard: LinkedOrder,
    /// The owner's spelling of the name, where the table has another one.
    pub(super) spelling: Option<Box<Name>>,
    pub(super) suspicion: Option<Suspicion>,
    /// Whether its entries are found by their data: it has more than a few.
    pub(super) is_indexed: bool,
    /// For a set with many records.
    pub(super) crowd: Option<Crowd>,
}

/// An entry of a set that has several.
struct Node {
    id: EntryId,
    /// Its position in the order of receipt.
    links: OrderLinks,
}

impl Linked for Node {
    fn order_links(&mut self) -> &mut OrderLinks {
        &mut self.links
    }
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
            only: EntryId(0),
            state: Only::Nothing,
            asked,
            rtype,
            more: more.map(Box::new),
        }
    }

    /// Returns what it has that is not just one record.
    pub(super) fn more(&self) -> Option<&More> {
        self.more.as_deref()
    }

    /// Returns whether its entries are found by their data.
    pub(super) fn is_indexed(&self) -> bool {
        self.more().is_some_and(|more| more.is_indexed)
    }

    /// Returns the owner's spelling of the name, where the table has another one.
    pub(super) fn spelling(&self) -> Option<&Name> {
        self.more()?.spelling.as_deref()
    }

    /// Returns the state of a set that has many records, if it has it.
    pub(super) fn crowd_mut(&mut self) -> Option<&mut Crowd> {
        self.more.as_mut()?.crowd.as_mut()
    }

    /// Notes that its entries are not found by their data any more.
    pub(super) fn unindexed(&mut self, entries: &mut Slab<Entry>) {
        if let Some(more) = &mut self.more {
            more.is_indexed = false;
        }
        self.shrink(entries);
    }

    /// Takes the questions of others about it that nobody has answered yet.
    pub(super) fn take_suspicion(&mut self, entries: &mut Slab<Entry>) -> Option<Suspicion> {
        let taken = self.more.as_mut()?.suspicion.take();
        self.shrink(entries);
        taken
    }

    /// Takes the state of a set that has many records.
    pub(super) fn take_crowd(&mut self, entries: &mut Slab<Entry>) -> Option<Crowd> {
        let taken = self.more.as_mut()?.crowd.take();
        self.shrink(entries);
        taken
    }

    /// Returns its entries.
    pub(super) fn entries(&self) -> impl Iterator<Item = EntryId> + '_ {
        let more = self.more.iter();
        let several = more.flat_map(|more| more.nodes.iter().map(|(_, node)| node.id));
        self.only().into_iter().chain(several)
    }

    /// Returns how many entries it has.
    pub(super) fn len(&self) -> usize {
        match &self.more {
            Some(more) => more.nodes.len(),
            None => self.only().iter().len(),
        }
    }

    /// Adds an entry, as the last one that was received. Returns its position.
    pub(super) fn push(&mut self, id: EntryId) -> u32 {
        if self.more.is_none() && self.state == Only::Nothing {
            self.only = id;
            self.state = Only::Heard;
            return 0;
        }
        let more = self.expand();
        let links = OrderLinks::default();
        let slot = insert(&mut more.nodes, Node { id, links });
        more.heard.push_back(&mut more.nodes, slot);
        slot
    }

    /// Removes the entry at a position.
    pub(super) fn remove(&mut self, entries: &mut Slab<Entry>, slot: u32) {
        if let Some(more) = &mut self.more {
            more.heard.take_out(&mut more.nodes, slot);
            more.nodes.try_remove(slot as usize);
        }
        self.state = Only::Nothing;
        self.shrink(entries);
    }

    /// Returns the entry that was received longest ago and that no flush has ended.
    pub(super) fn oldest(&self) -> Option<EntryId> {
        match &self.more {
            Some(more) => {
                let node = more.nodes.get(more.heard.front()? as usize);
                node.map(|node| node.id)
            }
            None => self.only().filter(|_| self.state == Only::Heard),
        }
    }

    /// Records that the entry at a position was received again.
    pub(super) fn heard_again(&mut self, slot: u32) {
        match &mut self.more {
            Some(more) => more.heard.push_back(&mut more.nodes, slot),
            None => self.state = Only::Heard,
        }
    }

    /// Records that a flush has ended the entry at a position.
    pub(super) fn flushed(&mut self, slot: u32) {
        match &mut self.more {
            Some(more) => more.heard.take_out(&mut more.nodes, slot),
            None => self.state = Only::Flushed,
        }
    }

    /// Makes room for more than one record.
    pub(super) fn expand(&mut self) -> &mut More {
        let only = self.only();
        let state = core::mem::replace(&mut self.state, Only::Nothing);
        self.more.get_or_insert_with(|| {
            let mut more = Box::<More>::default();
            if let Some(id) = only {
                // An only entry is at position 0, which is the first one here.
                let links = OrderLinks::default();
                let slot = insert(&mut more.nodes, Node { id, links });
                if state == Only::Heard {
                    more.heard = LinkedOrder::of(slot);
                }
            }
            more
        })
    }

    fn only(&self) -> Option<EntryId> {
        let is_there = self.more.is_none() && self.state != Only::Nothing;
        is_there.then_some(self.only)
    }

    /// Gives back the room for more than one record, if it is not needed.
    fn shrink(&mut self, entries: &mut Slab<Entry>) {
        let Some(more) = &self.more else { return };
        let has_extra = more.spelling.is_some() || more.suspicion.is_some() || more.crowd.is_some();
        if has_extra || more.is_indexed || more.nodes.len() > 1 {
            return;
        }
        let left = more.nodes.iter().next().map(|(_, node)| node.id);
        self.state = match (left, more.heard.front()) {
            (None, _) => Only::Nothing,
            (Some(_), None) => Only::Flushed,
            (Some(_), Some(_)) => Only::Heard,
        };
        if let Some(id) = left {
            self.only = id;
            if let Some(entry) = entries.get_mut(id.0 as usize) {
                entry.slot = 0;
            }
        }
        self.more = None;
    }
}
