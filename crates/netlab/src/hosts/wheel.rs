//! A timer wheel with one slot per millisecond.
//!
//! In:  items with the millisecond at which they are due.
//! Out: the items that are due, in order of their milliseconds.

use std::collections::VecDeque;

/// How far ahead an item may be due, in milliseconds.
const SLOTS: u64 = 4096;

/// Items by the millisecond at which they are due.
#[derive(Debug)]
pub(crate) struct Wheel<T> {
    slots: Vec<VecDeque<T>>,
    /// The next millisecond to check.
    hand: u64,
    len: usize,
}

impl<T> Wheel<T> {
    pub(crate) fn new() -> Self {
        Self {
            slots: (0..SLOTS).map(|_| VecDeque::new()).collect(),
            hand: 0,
            len: 0,
        }
    }

    /// Adds an item; one that is due too far ahead is due at the wheel's end instead.
    pub(crate) fn add(&mut self, now: u64, due: u64, item: T) {
        if self.len == 0 {
            self.hand = self.hand.max(now);
        }
        let due = due.clamp(self.hand, self.hand + SLOTS - 1);
        self.slot(due).push_back(item);
        self.len += 1;
    }

    /// Returns the millisecond of the next item.
    pub(crate) fn next_due(&self) -> Option<u64> {
        if self.len == 0 {
            return None;
        }
        (self.hand..self.hand + SLOTS).find(|due| {
            self.slots
                .get((due % SLOTS) as usize)
                .is_some_and(|slot| !slot.is_empty())
        })
    }

    /// Takes one item that is due at `now`, with the millisecond at which it was.
    pub(crate) fn pop(&mut self, now: u64) -> Option<(u64, T)> {
        while self.len > 0 && self.hand <= now {
            let hand = self.hand;
            if let Some(item) = self.slot(hand).pop_front() {
                self.len -= 1;
                return Some((hand, item));
            }
            self.hand += 1;
        }
        None
    }

    fn slot(&mut self, due: u64) -> &mut VecDeque<T> {
        &mut self.slots[(due % SLOTS) as usize]
    }
}

#[cfg(test)]
mod tests;
