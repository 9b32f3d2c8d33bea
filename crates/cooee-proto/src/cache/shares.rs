//! Shares: no one host fills the room of the records that nobody asks about, or of one name.
//!
//! In:  records, each with a number of the host that sent it.
//! Out: which host has the most; which of its records makes room: the one that ends soonest.
//!
//! Hosts are distinguished by eight bits of a keyed hash, so a record stores one byte. Hosts with
//! the same eight bits share their room.

use alloc::boxed::Box;

use super::EntryId;
use crate::ordered::{Key, OrderedSet};
use crate::time::Instant;

/// Records that nobody asks about, by sender.
#[derive(Default)]
pub(super) struct Shares {
    counts: Counts,
    /// By host, then by the time at which they end.
    order: OrderedSet<(u8, Instant, EntryId)>,
}

/// How many records each host has, as a tree in which every node holds the larger of the two values
/// below it. The root is at 1; the hosts are the leaves, from [`HOSTS`].
pub(super) struct Counts(Box<[u32; 2 * HOSTS]>);

impl Shares {
    pub(super) fn add(&mut self, source: u8, deadline: Instant, id: EntryId) {
        if self.order.insert((source, deadline, id)) {
            self.counts.add(source);
        }
    }

    pub(super) fn take(&mut self, source: u8, deadline: Instant, id: EntryId) {
        if self.order.remove((source, deadline, id)) {
            self.counts.take(source);
        }
    }

    /// Returns the record that makes room for another one.
    pub(super) fn first_to_go(&self) -> Option<EntryId> {
        let from = (self.counts.largest(), Key::first(), Key::first());
        self.order.from(from).map(|(_, _, id)| id)
    }
}

impl Default for Counts {
    fn default() -> Self {
        Self(Box::new([0; 2 * HOSTS]))
    }
}

impl Counts {
    pub(super) fn add(&mut self, source: u8) {
        self.change(source, |count| count.saturating_add(1));
    }

    pub(super) fn take(&mut self, source: u8) {
        self.change(source, |count| count.saturating_sub(1));
    }

    /// Returns how many records a host has.
    pub(super) fn of(&self, source: u8) -> u32 {
        self.at(HOSTS.saturating_add(source.into()))
    }

    fn at(&self, node: usize) -> u32 {
        self.0.get(node).copied().unwrap_or_default()
    }

    fn change(&mut self, source: u8, change: impl FnOnce(u32) -> u32) {
        let mut node = HOSTS.saturating_add(source.into());
        let mut count = change(self.at(node));
        while let Some(place) = self.0.get_mut(node).filter(|_| node > 0) {
            *place = count;
            count = count.max(self.at(node ^ 1));
            node /= 2;
        }
    }

    /// Returns the host that has the most records; one of them, if there are several.
    pub(super) fn largest(&self) -> u8 {
        let mut node: usize = 1;
        while node < HOSTS {
            let left = node.saturating_mul(2);
            node = left | usize::from(self.at(left) < self.at(left | 1));
        }
        u8::try_from(node.saturating_sub(HOSTS)).unwrap_or_default()
    }
}

/// How many hosts are distinguished.
const HOSTS: usize = 256;

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn the_largest_is_found_whatever_grows_and_shrinks() {
        let (mut counts, mut plain) = (Counts::default(), [0_u32; 256]);
        let mut number = 1_u32;
        for _ in 0..20_000 {
            number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let source = (number >> 24) as u8;
            let grows = number & 0x0003_0000 != 0;
            let change = |count: u32| match grows {
                true => count + 1,
                false => count.saturating_sub(1),
            };
            counts.change(source, change);
            plain[usize::from(source)] = change(plain[usize::from(source)]);
            let largest = usize::from(counts.largest());
            assert_eq!(Some(&plain[largest]), plain.iter().max());
        }
    }
}
