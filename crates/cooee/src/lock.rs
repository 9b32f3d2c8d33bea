//! Locks that stay usable after a panic.
//!
//! In:  a mutex.
//! Out: its guard, even if a thread panicked while it held the lock.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks the mutex; a consumer's panic elsewhere does not make its contents unusable.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
