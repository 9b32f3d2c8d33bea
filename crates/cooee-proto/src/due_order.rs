//! The elements of a slab in the order in which they are due.
//!
//! In:  elements of a slab that store a [`DuePlace`].
//! Out: the one that is due first; adding and removing any of them in a few steps.
//!
//! It is a heap of which each element knows its place. A search tree takes three times the room.

use alloc::vec::Vec;

use slab::Slab;

use crate::collections::lengthen;
use crate::time::Instant;

/// An element's place in a [`DueOrder`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct DuePlace(u32);

impl Default for DuePlace {
    fn default() -> Self {
        Self(u32::MAX)
    }
}

/// An element of an order. It can be in one order at a time.
pub(crate) trait Scheduled {
    fn due_place(&mut self) -> &mut DuePlace;
}

/// Some elements of a slab, by the time at which they are due, then by id.
#[derive(Debug, Default)]
pub(crate) struct DueOrder {
    heap: Vec<Item>,
}

/// When an element is due. It has the alignment of an id, so it takes no more than its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    /// The upper and the lower half of the nanoseconds.
    at: [u32; 2],
    id: u32,
}

impl DueOrder {
    /// Returns the element that is due first, and when.
    pub(crate) fn first(&self) -> Option<(Instant, u32)> {
        self.heap.first().map(|item| (item.at(), item.id))
    }

    /// Adds an element that is in no order.
    pub(crate) fn add<T: Scheduled>(&mut self, elements: &mut Slab<T>, at: Instant, id: u32) {
        let item = Item::new(at, id);
        let place = self.heap.len();
        lengthen(&mut self.heap, place.saturating_add(1), || item);
        self.rise(elements, place, item);
    }

    /// Removes an element. Returns when it was due; `None` if it is not in this order.
    pub(crate) fn remove<T: Scheduled>(
        &mut self,
        elements: &mut Slab<T>,
        id: u32,
    ) -> Option<Instant> {
        let element = elements.get_mut(id as usize)?;
        let place = core::mem::take(element.due_place()).0 as usize;
        let removed = *self.heap.get(place).filter(|item| item.id == id)?;
        let last = self.heap.pop()?;
        if last.id != id {
            if last < removed {
                self.rise(elements, place, last);
            } else {
                self.sink(elements, place, last);
            }
        }
        Some(removed.at())
    }

    /// Puts an item at a place or above it.
    fn rise<T: Scheduled>(&mut self, elements: &mut Slab<T>, mut place: usize, item: Item) {
        while place > 0 {
            let parent = place.saturating_sub(1) / CHILDREN;
            let Some(&above) = self.heap.get(parent).filter(|above| item < **above) else {
                break;
            };
            self.put(elements, place, above);
            place = parent;
        }
        self.put(elements, place, item);
    }

    /// Puts an item at a place or below it.
    fn sink<T: Scheduled>(&mut self, elements: &mut Slab<T>, mut place: usize, item: Item) {
        loop {
            let first = place.saturating_mul(CHILDREN).saturating_add(1);
            let children = self.heap.get(first..).unwrap_or_default().iter();
            let least = (first..)
                .zip(children.take(CHILDREN))
                .min_by_key(|(_, item)| **item);
            let Some((child, &below)) = least.filter(|(_, below)| **below < item) else {
                break;
            };
            self.put(elements, place, below);
            place = child;
        }
        self.put(elements, place, item);
    }

    fn put<T: Scheduled>(&mut self, elements: &mut Slab<T>, place: usize, item: Item) {
        if let Some(slot) = self.heap.get_mut(place) {
            *slot = item;
        }
        if let Some(element) = elements.get_mut(item.id as usize) {
            *element.due_place() = DuePlace(place as u32);
        }
    }
}

impl Item {
    fn new(at: Instant, id: u32) -> Self {
        let nanos = at.as_nanos();
        let at = [(nanos >> 32) as u32, nanos as u32];
        Self { at, id }
    }

    fn at(self) -> Instant {
        let [upper, lower] = self.at.map(u64::from);
        Instant::from_nanos(upper << 32 | lower)
    }
}

/// How many items are directly below each other one: with four, fewer places are read than with
/// two.
const CHILDREN: usize = 4;

#[cfg(test)]
mod tests;
