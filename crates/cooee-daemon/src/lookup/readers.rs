//! The readers of a query that wait for news.
//!
//! In:  each reader's waker; news, from whatever thread.
//! Out: every reader is woken. One that is woken for nothing goes on waiting.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

use super::found_records::ReaderId;

/// The readers of a query, in the order of their numbers.
#[derive(Default)]
pub(super) struct Readers(Mutex<Vec<(ReaderId, Waker)>>);

impl Readers {
    /// Notes how a reader is woken. It stays noted.
    pub(super) fn enter(&self, reader: ReaderId, waker: &Waker) {
        let mut all = self.lock();
        let outdated = match all.binary_search_by_key(&reader, |(reader, _)| *reader) {
            Ok(at) => {
                let known = all.get_mut(at).map(|(_, known)| known);
                let known = known.filter(|known| !known.will_wake(waker));
                known.map(|known| std::mem::replace(known, waker.clone()))
            }
            Err(at) => {
                if all.is_empty() {
                    // Most queries have one reader.
                    all.reserve_exact(1);
                }
                all.insert(at, (reader, waker.clone()));
                None
            }
        };
        // Outside the lock: a waker may be the last that holds a task.
        drop(all);
        drop(outdated);
    }

    pub(super) fn leave(&self, reader: ReaderId) {
        let mut all = self.lock();
        let at = all.binary_search_by_key(&reader, |(reader, _)| *reader);
        let left = at.ok().map(|at| all.remove(at));
        // As above.
        drop(all);
        drop(left);
    }

    /// Wakes all but one.
    pub(super) fn wake_others(&self, reader: ReaderId) {
        let all = self.lock();
        let others = all.iter().filter(|(other, _)| *other != reader);
        others.for_each(|(_, waker)| waker.wake_by_ref());
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(ReaderId, Waker)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Readers {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.lock()
            .iter()
            .for_each(|(_, waker)| waker.wake_by_ref());
    }
}
