//! An order kept inside the elements of a slab: move to the back, remove, and front, each in
//! constant time.
//!
//! In:  elements of a slab that hold [`OrderLinks`].
//! Out: the element that was moved to the back longest ago.

use slab::Slab;

/// An element's place in a [`LinkedOrder`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct OrderLinks {
    before: u32,
    after: u32,
}

impl Default for OrderLinks {
    fn default() -> Self {
        Self {
            before: NOBODY,
            after: NOBODY,
        }
    }
}

/// An element of an order. It can be in one order at a time.
pub(crate) trait Linked {
    fn order_links(&mut self) -> &mut OrderLinks;
}

/// The two ends of an order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinkedOrder {
    first: u32,
    last: u32,
}

impl Default for LinkedOrder {
    fn default() -> Self {
        Self {
            first: NOBODY,
            last: NOBODY,
        }
    }
}

impl LinkedOrder {
    /// Returns the order of one element, which is in no order yet.
    pub(crate) fn of(id: u32) -> Self {
        Self {
            first: id,
            last: id,
        }
    }

    /// Returns the element that was moved to the back longest ago.
    pub(crate) fn front(&self) -> Option<u32> {
        (self.first != NOBODY).then_some(self.first)
    }

    /// Moves an element to the back, from wherever it is.
    pub(crate) fn push_back<T: Linked>(&mut self, elements: &mut Slab<T>, id: u32) {
        if self.last == id {
            return;
        }
        self.take_out(elements, id);
        let last = self.last;
        match elements.get_mut(last as usize) {
            Some(last) => last.order_links().after = id,
            None => self.first = id,
        }
        if let Some(element) = elements.get_mut(id as usize) {
            element.order_links().before = last;
        }
        self.last = id;
    }

    /// Removes an element; one that is not in any order stays so.
    pub(crate) fn take_out<T: Linked>(&mut self, elements: &mut Slab<T>, id: u32) {
        let Some(element) = elements.get_mut(id as usize) else {
            return;
        };
        let OrderLinks { before, after } = core::mem::take(element.order_links());
        match elements.get_mut(before as usize) {
            Some(before) => before.order_links().after = after,
            None if self.first == id => self.first = after,
            None => {}
        }
        match elements.get_mut(after as usize) {
            Some(after) => after.order_links().before = before,
            None if self.last == id => self.last = before,
            None => {}
        }
    }
}

/// No slab grows this far.
const NOBODY: u32 = u32::MAX;

#[cfg(test)]
mod tests;
