//! Calls of user functions by the driver, protected so that they cannot harm it.
//!
//! In:  a function that may panic, or try to wait for the driver that calls it.
//! Out: its return value, or a fallback; [`DriverError::InCallback`] for code that waits inside it.
#![allow(
    clippy::missing_const_for_thread_local,
    reason = "the lint overlooks the `const` on systems whose thread-local storage is by keys"
)]

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::DriverError;

/// A user's function. The driver calls every user function through this type.
///
/// A panic in the function, or in the drop of its captured values, ends here. The first one is
/// logged.
pub(crate) struct Callback<F> {
    /// Which function it is, and what happens when it panics.
    what: &'static str,
    /// `None` only while it is being dropped.
    function: Option<F>,
    has_panicked: AtomicBool,
}

impl<F> Callback<F> {
    /// Wraps a function. `what` says which function it is, and what a panic in it leads to.
    pub(crate) fn new(what: &'static str, function: F) -> Self {
        Self {
            what,
            function: Some(function),
            has_panicked: AtomicBool::new(false),
        }
    }

    /// Calls the function by `call`. Returns `fallback` if it panics.
    pub(crate) fn call<T>(&self, fallback: T, call: impl FnOnce(&F) -> T) -> T {
        let Some(function) = &self.function else {
            return fallback;
        };
        let inside = Inside::enter();
        let answer = contain(self.what, &self.has_panicked, || call(function));
        drop(inside);
        answer.unwrap_or(fallback)
    }
}

impl<F> Drop for Callback<F> {
    fn drop(&mut self) {
        let function = self.function.take();
        contain(self.what, &self.has_panicked, || drop(function));
    }
}

/// Wakes a consumer. Its waker is user code too, but may run a whole executor, which polls other
/// futures. Those do not wait inside a callback.
pub(crate) fn wake(waker: std::task::Waker) {
    wake_by(|| waker.wake());
}

/// Wakes consumers with a function that wakes them.
pub(crate) fn wake_by(wake: impl FnOnce()) {
    static HAS_PANICKED: AtomicBool = AtomicBool::new(false);
    contain("a waker: its task is not woken", &HAS_PANICKED, wake);
}

/// Runs user code. The user is responsible for state that a panic leaves inconsistent.
fn contain<T>(what: &'static str, has_panicked: &AtomicBool, run: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(answer) => Some(answer),
        Err(payload) => {
            if !has_panicked.swap(true, Ordering::Relaxed) {
                tracing::error!("a panic in {what}; further ones are not logged");
            }
            // The payload is also the user's, and may panic when it is dropped.
            let dropped = catch_unwind(AssertUnwindSafe(|| drop(payload)));
            if let Err(payload) = dropped {
                std::mem::forget(payload);
            }
            None
        }
    }
}

/// Marks this thread as a driver's thread.
pub(crate) fn enter_driver_thread() {
    PLACE.set(Place::Driver);
}

/// Returns whether this code may wait for a driver: not inside a function that a driver calls.
pub(crate) fn may_wait() -> Result<(), DriverError> {
    match PLACE.get() {
        Place::Inside => Err(DriverError::InCallback),
        Place::Elsewhere | Place::Driver => Ok(()),
    }
}

/// While this value lives, this thread must not wait for a driver, if it is a driver's thread.
pub(crate) struct Inside(Place);

impl Inside {
    pub(crate) fn enter() -> Self {
        let before = PLACE.get();
        match before {
            Place::Elsewhere => {}
            Place::Driver | Place::Inside => PLACE.set(Place::Inside),
        }
        Self(before)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        PLACE.set(self.0);
    }
}

/// The role of a thread.
#[derive(Clone, Copy)]
enum Place {
    /// It is not a driver's thread.
    Elsewhere,
    /// It is a driver's thread, and does the driver's work.
    Driver,
    /// It is a driver's thread, and runs a user's function.
    Inside,
}

thread_local! {
    static PLACE: Cell<Place> = const { Cell::new(Place::Elsewhere) };
}

#[cfg(test)]
mod tests;
