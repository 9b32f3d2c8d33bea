//! Future events, in order of time; events of one instant keep the order in which they were added.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::rc::Rc;

use cooee_proto::time::Instant;

use crate::recording::Packet;

/// Something that will happen to one host.
#[derive(Debug)]
pub(crate) enum Coming {
    /// A packet reaches one interface of a host.
    Arrival {
        host: usize,
        interface: usize,
        packet: Rc<Packet>,
    },
    /// A host's own deadline.
    Deadline { host: usize },
}

/// Holds everything that is to come.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    heap: BinaryHeap<Reverse<Entry>>,
    pushed: u64,
}

impl Queue {
    pub(crate) fn push(&mut self, at: Instant, coming: Coming) {
        self.pushed += 1;
        self.heap.push(Reverse(Entry {
            at,
            order: self.pushed,
            coming,
        }));
    }

    pub(crate) fn pop_until(&mut self, limit: Instant) -> Option<(Instant, Coming)> {
        if self.next_at()? > limit {
            return None;
        }
        self.heap
            .pop()
            .map(|Reverse(entry)| (entry.at, entry.coming))
    }

    fn next_at(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse(entry)| entry.at)
    }
}

#[derive(Debug)]
struct Entry {
    at: Instant,
    order: u64,
    coming: Coming,
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earlier_first_and_first_come_first_served_within_an_instant() {
        let mut queue = Queue::default();
        for (at, host) in [(5, 0), (3, 1), (5, 2), (3, 3), (9, 4)] {
            queue.push(Instant::from_nanos(at), Coming::Deadline { host });
        }
        let mut hosts = Vec::new();
        while let Some((_, coming)) = queue.pop_until(Instant::from_nanos(5)) {
            match coming {
                Coming::Deadline { host } | Coming::Arrival { host, .. } => hosts.push(host),
            }
        }
        assert_eq!(hosts, [1, 3, 0, 2]);
        assert!(queue.pop_until(Instant::from_nanos(9)).is_some());
    }
}
