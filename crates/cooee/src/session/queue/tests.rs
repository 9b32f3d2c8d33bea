//! Queues: a slow consumer reads the truth, and costs no more than the queue's room.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use proptest::prelude::*;

use super::{Coalesce, End, Overflow, Pushed, Received, Receiver, Sender, channel};
use crate::error::DriverError;

/// A thing that comes, changes and goes: what services, records and types have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Toy {
    Added(u8, u32),
    Updated(u8, u32),
    Removed(u8),
    /// Concerns nothing in particular.
    Loose(u32),
}

impl Coalesce for Toy {
    type Key = u8;

    fn key(&self) -> Option<u8> {
        match self {
            Self::Added(key, _) | Self::Updated(key, _) | Self::Removed(key) => Some(*key),
            Self::Loose(_) => None,
        }
    }

    fn merge(self, newer: Self) -> Option<Self> {
        match (self, newer) {
            (Self::Added(..), Self::Updated(key, value)) => Some(Self::Added(key, value)),
            (Self::Added(..), Self::Removed(_)) => None,
            (Self::Removed(_), Self::Added(key, value)) => Some(Self::Updated(key, value)),
            (_, newer) => Some(newer),
        }
    }
}

/// What happens on the driver's side, or that the consumer reads once.
#[derive(Clone, Copy, Debug)]
enum Step {
    Set(u8),
    Clear(u8),
    Read,
}

/// How many things are true at once at most.
const ROOM_MIN: usize = 12;

/// Plays steps against a queue, with the truth on one side and the consumer's belief on the other.
#[derive(Default)]
struct Play {
    truth: BTreeMap<u8, u32>,
    belief: BTreeMap<u8, u32>,
    version: u32,
    lagged: u32,
}

impl Play {
    fn step(&mut self, step: Step, sender: &Sender<Toy>, receiver: &Receiver<Toy>) {
        match step {
            Step::Set(key) if self.truth.len() >= ROOM_MIN && !self.truth.contains_key(&key) => {}
            Step::Set(key) => {
                self.version += 1;
                let event = match self.truth.insert(key, self.version) {
                    None => Toy::Added(key, self.version),
                    Some(_) => Toy::Updated(key, self.version),
                };
                sender.push(event);
            }
            Step::Clear(key) => {
                if self.truth.remove(&key).is_some() {
                    sender.push(Toy::Removed(key));
                }
            }
            Step::Read => {
                if let Some(received) = receiver.try_next() {
                    self.read(received, sender);
                }
            }
        }
    }

    fn read(&mut self, received: Received<Toy>, sender: &Sender<Toy>) {
        match received {
            Received::Item(Toy::Added(key, value)) => {
                let before = self.belief.insert(key, value);
                assert_eq!(before, None, "added twice: {key}");
            }
            Received::Item(Toy::Updated(key, value)) => {
                let before = self.belief.insert(key, value);
                assert!(before.is_some(), "updated before it was added: {key}");
            }
            Received::Item(Toy::Removed(key)) => {
                let before = self.belief.remove(&key);
                assert!(before.is_some(), "removed before it was added: {key}");
            }
            Received::Item(Toy::Loose(_)) => unreachable!("not played"),
            Received::Lagged(missed) => {
                assert!(missed > 0);
                self.lagged += 1;
                self.belief.clear();
                sender.resume();
                for (key, value) in &self.truth {
                    sender.push(Toy::Added(*key, *value));
                }
            }
        }
    }

    fn read_all(&mut self, sender: &Sender<Toy>, receiver: &Receiver<Toy>) {
        while let Some(received) = receiver.try_next() {
            self.read(received, sender);
        }
        assert_eq!(self.belief, self.truth);
    }
}

#[test]
fn whatever_happens_in_seven_steps_with_two_things_the_consumer_ends_with_the_truth() {
    const STEPS: [Step; 5] = [
        Step::Set(0),
        Step::Clear(0),
        Step::Set(1),
        Step::Clear(1),
        Step::Read,
    ];
    for choice in 0..5_u32.pow(7) {
        let (sender, receiver) = channel(8, Overflow::Restart);
        let mut play = Play::default();
        for place in 0..7 {
            let step = STEPS[(choice / 5_u32.pow(place) % 5) as usize];
            play.step(step, &sender, &receiver);
        }
        play.read_all(&sender, &receiver);
    }
}

proptest! {
    /// All that is true fits, but not together with what is gone: the queue starts again.
    #[test]
    fn a_queue_that_runs_over_ends_with_the_truth(
        steps in proptest::collection::vec((0_u8..12, 0_u8..60), 0..600),
        capacity in ROOM_MIN..ROOM_MIN + 4,
    ) {
        let (sender, receiver) = channel(capacity, Overflow::Restart);
        let mut play = Play::default();
        for (kind, key) in steps {
            let step = match kind {
                0..6 => Step::Set(key),
                6..11 => Step::Clear(key),
                _ => Step::Read,
            };
            play.step(step, &sender, &receiver);
        }
        play.read_all(&sender, &receiver);
    }

    #[test]
    fn a_queue_smaller_than_the_truth_says_so_and_never_holds_more_than_its_room(
        steps in proptest::collection::vec((0_u8..6, 0_u8..40), 0..400),
        capacity in 1_usize..8,
    ) {
        let (sender, receiver) = channel(capacity, Overflow::Restart);
        for (kind, key) in steps {
            match kind {
                0..3 => drop(sender.push(Toy::Added(key, 0))),
                3..5 => drop(sender.push(Toy::Removed(key))),
                _ => {
                    if matches!(receiver.try_next(), Some(Received::Lagged(_))) {
                        sender.resume();
                    }
                }
            }
            let state = super::lock(&receiver.0);
            prop_assert!(state.live <= capacity);
            prop_assert_eq!(state.slots.iter().flatten().count(), state.live);
            prop_assert_eq!(state.keyed().len(), state.live);
            match &state.places {
                Some(places) => prop_assert_eq!(&**places, &state.keyed()),
                None => prop_assert!(state.slots.len() <= super::SEARCHED_MAX),
            }
            prop_assert!(state.slots.len() <= 2 * capacity + super::EMPTY_SLOTS_MAX);
        }
    }
}

#[test]
fn a_consumer_that_never_reads_costs_no_more_memory_after_a_million_events() {
    let (sender, receiver) = channel(16, Overflow::Restart);
    sender.push(Toy::Added(255, 0));
    for round in 0..1_000_000_u32 {
        let key = (round % 200) as u8;
        sender.push(Toy::Added(key, round));
        sender.push(Toy::Removed(key));
    }
    let state = super::lock(&receiver.0);
    assert_eq!(state.live, 1);
    assert!(state.slots.len() <= 2 + super::EMPTY_SLOTS_MAX);
    assert!(state.slots.capacity() <= 256);
}

#[test]
fn items_come_in_the_order_in_which_their_things_first_changed() {
    let (sender, receiver) = channel(8, Overflow::Restart);
    for item in [Toy::Added(1, 1), Toy::Added(2, 2), Toy::Updated(1, 3)] {
        sender.push(item);
    }
    assert_eq!(receiver.try_next(), Some(Received::Item(Toy::Added(1, 3))));
    assert_eq!(receiver.try_next(), Some(Received::Item(Toy::Added(2, 2))));
    assert_eq!(receiver.try_next(), None);
}

#[test]
fn a_full_queue_forgets_all_says_so_once_and_takes_nothing_until_resumed() {
    let (sender, receiver) = channel(2, Overflow::Restart);
    assert_eq!(sender.push(Toy::Added(1, 0)), Pushed::Queued);
    assert_eq!(sender.push(Toy::Added(2, 0)), Pushed::Queued);
    assert_eq!(sender.push(Toy::Updated(2, 1)), Pushed::Merged);
    assert_eq!(sender.push(Toy::Added(3, 0)), Pushed::Lagged);
    assert_eq!(sender.push(Toy::Added(4, 0)), Pushed::Refused);
    assert_eq!(receiver.try_next(), Some(Received::Lagged(3)));
    assert_eq!(sender.push(Toy::Added(5, 0)), Pushed::Refused);
    assert_eq!(receiver.try_next(), None);
    sender.resume();
    assert_eq!(sender.push(Toy::Added(6, 0)), Pushed::Queued);
    assert_eq!(receiver.try_next(), Some(Received::Item(Toy::Added(6, 0))));
}

#[test]
fn a_queue_of_messages_drops_the_oldest_and_says_how_many() {
    let (sender, receiver) = channel(2, Overflow::DropOldest);
    for number in 0..5 {
        sender.push(Toy::Loose(number));
    }
    assert_eq!(receiver.try_next(), Some(Received::Lagged(3)));
    assert_eq!(receiver.try_next(), Some(Received::Item(Toy::Loose(3))));
    assert_eq!(receiver.try_next(), Some(Received::Item(Toy::Loose(4))));
    assert_eq!(receiver.try_next(), None);
}

/// Counts its wake-ups, and reads the queue from inside one, which a lock held would prevent.
struct Counting {
    wakes: AtomicUsize,
    receiver: Receiver<Toy>,
}

impl Wake for Counting {
    fn wake(self: Arc<Self>) {
        self.wakes.fetch_add(1, Ordering::SeqCst);
        while self.receiver.try_next().is_some() {}
    }
}

#[test]
fn a_consumer_is_woken_once_for_many_items_and_outside_the_lock() {
    let (sender, receiver) = channel(8, Overflow::Restart);
    let counting = Arc::new(Counting {
        wakes: AtomicUsize::new(0),
        receiver,
    });
    let waker = Waker::from(Arc::clone(&counting));
    let mut context = Context::from_waker(&waker);
    assert!(counting.receiver.poll(&mut context).is_pending());
    assert!(!sender.wake(), "woken with nothing to read");
    sender.push(Toy::Added(1, 0));
    sender.push(Toy::Added(2, 0));
    assert!(sender.wake());
    assert!(!sender.wake());
    assert_eq!(counting.wakes.load(Ordering::SeqCst), 1);
    assert!(counting.receiver.poll(&mut context).is_pending());
}

#[test]
fn what_is_unread_when_the_driver_ends_is_read_before_the_end() {
    let (sender, receiver) = channel(8, Overflow::Restart);
    let mut context = Context::from_waker(Waker::noop());
    sender.push(Toy::Added(1, 0));
    drop(sender);
    let first = receiver.poll(&mut context);
    assert_eq!(first, Poll::Ready(Ok(Received::Item(Toy::Added(1, 0)))));
    assert_eq!(
        receiver.poll(&mut context),
        Poll::Ready(Err(End::Driver(DriverError::Stopped)))
    );
    assert_eq!(
        receiver.poll(&mut context),
        Poll::Ready(Err(End::Driver(DriverError::Stopped)))
    );
}

#[test]
fn the_first_reason_for_the_end_is_the_one_that_is_told() {
    let (sender, receiver) = channel::<Toy>(8, Overflow::Restart);
    sender.close(End::TimedOut);
    assert_eq!(sender.push(Toy::Added(1, 0)), Pushed::Refused);
    drop(sender);
    let mut context = Context::from_waker(Waker::noop());
    assert_eq!(receiver.poll(&mut context), Poll::Ready(Err(End::TimedOut)));
}

#[test]
fn an_abandoned_queue_takes_nothing() {
    let (sender, receiver) = channel(8, Overflow::Restart);
    sender.push(Toy::Added(1, 0));
    drop(receiver);
    assert_eq!(sender.push(Toy::Added(2, 0)), Pushed::Refused);
}

#[test]
fn changing_more_things_than_there_is_room_for_makes_the_queue_start_anew() {
    let (sender, receiver) = channel(ROOM_MIN, Overflow::Restart);
    let mut play = Play::default();
    for key in 0..ROOM_MIN as u8 {
        play.step(Step::Set(key), &sender, &receiver);
    }
    play.read_all(&sender, &receiver);
    for key in 0..ROOM_MIN as u8 {
        play.step(Step::Clear(key), &sender, &receiver);
        play.step(Step::Set(key + 100), &sender, &receiver);
    }
    play.read_all(&sender, &receiver);
    assert_eq!(play.lagged, 1);
}
