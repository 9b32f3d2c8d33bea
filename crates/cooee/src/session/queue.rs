//! The queue between the driver and one consumer: bounded, merging, never blocking.
//!
//! In:  items from the driver.
//! Out: the same items, each once, in order; an item that makes an unread one out of date merges
//!      with it. A consumer that never reads costs `capacity` items and blocks nobody.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use crate::callback;
use crate::error::DriverError;
use crate::lock::lock;

/// An item that can wait in a queue.
pub(crate) trait Coalesce: Sized {
    /// The subject of an item.
    type Key: Hash + Eq;

    /// Returns the item's subject; items with the same subject merge. `None`: never merges.
    fn key(&self) -> Option<Self::Key>;

    /// Returns what remains to report when `newer` comes while `self` is unread; `None` if nothing
    /// remains.
    fn merge(self, newer: Self) -> Option<Self>;
}

/// What happens when the queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overflow {
    /// Everything unread is discarded; nothing more is accepted until [`Sender::resume`].
    Restart,
    /// The oldest item is dropped.
    DropOldest,
}

/// Why no more items will come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The driver has ended, or it is not possible to wait for it.
    Driver(DriverError),
    /// The deadline of the request has passed.
    TimedOut,
    /// Everything has been reported.
    Done,
}

/// The result of a read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Received<T> {
    /// An item.
    Item(T),
    /// This many items were dropped before the next one.
    Lagged(u64),
}

/// What happened to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// It waits in the queue.
    Queued,
    /// It merged with an unread one.
    Merged,
    /// It found the queue full.
    Lagged,
    /// The queue has no reader any more, or waits for a restart.
    Refused,
}

/// Creates a queue of at most `capacity` items (at least one).
pub(crate) fn channel<T: Coalesce>(
    capacity: usize,
    overflow: Overflow,
) -> (Sender<T>, Receiver<T>) {
    let state = QueueState {
        slots: VecDeque::new(),
        first: 0,
        live: 0,
        places: None,
        capacity: capacity.max(1),
        overflow,
        missed: 0,
        suspended: false,
        end: None,
        abandoned: false,
        waker: None,
    };
    let shared = Arc::new(Mutex::new(state));
    (Sender(Arc::clone(&shared)), Receiver(shared))
}

/// The driver's end; dropping it ends the queue and wakes the consumer.
pub(crate) struct Sender<T: Coalesce>(Arc<Mutex<QueueState<T>>>);

impl<T: Coalesce> Sender<T> {
    /// Adds an item without blocking. The consumer is informed by the next [`Sender::wake`].
    pub(crate) fn push(&self, item: T) -> Pushed {
        lock(&self.0).push(item)
    }

    /// Wakes the consumer, if it waits and there is something to read. Returns whether it did.
    pub(crate) fn wake(&self) -> bool {
        let waker = lock(&self.0).take_waker();
        // Outside the lock: a waker is the consumer's code.
        let waits = waker.is_some();
        if let Some(waker) = waker {
            callback::wake(waker);
        }
        waits
    }

    /// Marks the end: no more items will come, but unread ones can still be read.
    pub(crate) fn close(&self, end: End) {
        lock(&self.0).end.get_or_insert(end);
    }

    /// Returns whether the consumer is gone.
    pub(crate) fn is_abandoned(&self) -> bool {
        lock(&self.0).abandoned
    }

    /// Accepts items again after a restart.
    pub(crate) fn resume(&self) {
        lock(&self.0).suspended = false;
    }
}

impl<T: Coalesce> Drop for Sender<T> {
    fn drop(&mut self) {
        self.close(End::Driver(DriverError::Stopped));
        self.wake();
    }
}

/// The consumer's end.
pub(crate) struct Receiver<T: Coalesce>(Arc<Mutex<QueueState<T>>>);

impl<T: Coalesce> Receiver<T> {
    /// Returns the next item, or why there will be none.
    pub(crate) fn poll(&self, context: &mut Context<'_>) -> Poll<Result<Received<T>, End>> {
        let outdated;
        {
            let mut state = lock(&self.0);
            if let Some(received) = state.pop() {
                return Poll::Ready(Ok(received));
            }
            if let Some(end) = state.end {
                return Poll::Ready(Err(end));
            }
            if state
                .waker
                .as_ref()
                .is_some_and(|waker| waker.will_wake(context.waker()))
            {
                return Poll::Pending;
            }
        }
        // Outside the lock: cloning and dropping a waker is the consumer's code.
        let fresh = context.waker().clone();
        {
            let mut state = lock(&self.0);
            if let Some(received) = state.pop() {
                return Poll::Ready(Ok(received));
            }
            if let Some(end) = state.end {
                return Poll::Ready(Err(end));
            }
            outdated = state.waker.replace(fresh);
        }
        drop(outdated);
        Poll::Pending
    }

    /// Returns the next item if there is one.
    pub(crate) fn try_next(&self) -> Option<Received<T>> {
        lock(&self.0).pop()
    }
}

impl<T: Coalesce> Drop for Receiver<T> {
    fn drop(&mut self) {
        let (unread, waker);
        {
            let mut state = lock(&self.0);
            state.abandoned = true;
            unread = std::mem::take(&mut state.slots);
            waker = state.waker.take();
            state.places = None;
            state.live = 0;
        }
        drop((unread, waker));
    }
}

struct QueueState<T: Coalesce> {
    /// Unread items in order; `None` where two have cancelled each other out.
    slots: VecDeque<Option<T>>,
    /// The running number of the first slot.
    first: u64,
    /// How many slots hold an item.
    live: usize,
    /// The running number of the slot about a key; none as long as there are few slots.
    #[expect(
        clippy::box_collection,
        reason = "absent from most queues, and a map is six times as large as its box"
    )]
    places: Option<Box<HashMap<T::Key, u64>>>,
    capacity: usize,
    overflow: Overflow,
    /// How many items were dropped since the consumer was last informed.
    missed: u64,
    /// Whether the queue waits for a restart.
    suspended: bool,
    end: Option<End>,
    /// Whether the consumer is gone.
    abandoned: bool,
    waker: Option<Waker>,
}

impl<T: Coalesce> QueueState<T> {
    fn push(&mut self, item: T) -> Pushed {
        if self.abandoned || self.end.is_some() || self.suspended {
            return Pushed::Refused;
        }
        let key = item.key();
        if let Some(place) = key.as_ref().and_then(|key| self.place(key)) {
            self.merge(place, item);
            return Pushed::Merged;
        }
        if self.live >= self.capacity {
            self.overflow();
            if self.suspended {
                return Pushed::Lagged;
            }
        }
        let place = self.first.wrapping_add(self.slots.len() as u64);
        match (key, &mut self.places) {
            (Some(key), Some(places)) => drop(places.insert(key, place)),
            (Some(key), None) if self.slots.len() >= SEARCHED_MAX => {
                let mut places = self.keyed();
                places.insert(key, place);
                self.places = Some(Box::new(places));
            }
            (Some(_), None) | (None, _) => {}
        }
        self.slots.push_back(Some(item));
        self.live = self.live.saturating_add(1);
        if self.missed > 0 {
            Pushed::Lagged
        } else {
            Pushed::Queued
        }
    }

    fn merge(&mut self, place: u64, newer: T) {
        let index = usize::try_from(place.wrapping_sub(self.first)).unwrap_or(usize::MAX);
        let Some(slot) = self.slots.get_mut(index) else {
            return;
        };
        let Some(older) = slot.take() else { return };
        let key = older.key();
        match older.merge(newer) {
            Some(merged) => *slot = Some(merged),
            None => {
                self.live = self.live.saturating_sub(1);
                self.forget(key);
                self.tidy();
            }
        }
    }

    fn overflow(&mut self) {
        match self.overflow {
            Overflow::Restart => {
                self.missed = self
                    .missed
                    .saturating_add(self.live as u64)
                    .saturating_add(1);
                self.slots.clear();
                self.places = None;
                self.live = 0;
                self.suspended = true;
            }
            Overflow::DropOldest => {
                if self.pop_item().is_some() {
                    self.missed = self.missed.saturating_add(1);
                }
            }
        }
    }

    fn pop(&mut self) -> Option<Received<T>> {
        if self.missed > 0 {
            return Some(Received::Lagged(std::mem::take(&mut self.missed)));
        }
        self.pop_item().map(Received::Item)
    }

    fn pop_item(&mut self) -> Option<T> {
        while let Some(slot) = self.slots.pop_front() {
            self.first = self.first.wrapping_add(1);
            let Some(item) = slot else { continue };
            self.live = self.live.saturating_sub(1);
            if self.slots.is_empty() {
                self.release();
            } else {
                self.forget(item.key());
            }
            return Some(item);
        }
        None
    }

    /// Removes empty slots when there are more of them than items.
    fn tidy(&mut self) {
        if self.live == 0 {
            self.first = self.first.wrapping_add(self.slots.len() as u64);
            self.release();
            return;
        }
        if self.slots.len() <= self.live.saturating_mul(2).saturating_add(EMPTY_SLOTS_MAX) {
            return;
        }
        self.slots.retain(Option::is_some);
        self.places = Some(Box::new(self.keyed()));
    }

    /// Gives back the room of a queue that is empty. There can be thousands of them, and they are
    /// empty nearly all the time.
    fn release(&mut self) {
        self.slots = VecDeque::new();
        self.places = None;
    }

    fn place(&self, key: &T::Key) -> Option<u64> {
        if let Some(places) = &self.places {
            return places.get(key).copied();
        }
        let mut slots = self.slots.iter().zip(self.first..);
        let found = slots.find(|(slot, _)| slot.as_ref().and_then(T::key).as_ref() == Some(key));
        found.map(|(_, place)| place)
    }

    /// Returns the running number of the slot about each key.
    fn keyed(&self) -> HashMap<T::Key, u64> {
        let slots = self.slots.iter().zip(self.first..);
        let keyed = slots.filter_map(|(slot, place)| Some((slot.as_ref()?.key()?, place)));
        keyed.collect()
    }

    fn forget(&mut self, key: Option<T::Key>) {
        if let (Some(key), Some(places)) = (key, &mut self.places) {
            places.remove(&key);
        }
    }

    fn take_waker(&mut self) -> Option<Waker> {
        let readable = self.live > 0 || self.missed > 0 || self.end.is_some();
        if readable { self.waker.take() } else { None }
    }
}

/// How many slots are searched one by one.
const SEARCHED_MAX: usize = 8;

/// How many empty slots a short queue may hold before it is tidied.
const EMPTY_SLOTS_MAX: usize = 64;

#[cfg(test)]
mod tests;
