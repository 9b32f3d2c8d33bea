//! Output that is written on a separate thread, so that a reader that does not read blocks nobody.
//!
//! In:  bytes, which are accepted at once.
//! Out: the same bytes, written in order as fast as they are read; how many still wait.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::Instant;

/// A handle to the output. Clones write to the same one.
#[derive(Clone)]
pub(crate) struct Background(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// Something is to be written.
    filled: Condvar,
    /// Something has been written, or cannot be.
    written: Condvar,
    /// The thread that may wait for that without the lock.
    user: Thread,
}

#[derive(Default)]
struct State {
    waiting: Vec<u8>,
    /// Taken by the thread and not yet written.
    in_hand: usize,
    failure: Option<io::Error>,
    has_failed: bool,
}

impl Background {
    /// Writes to `writer` from now on, and wakes this thread when less waits.
    pub(crate) fn start(writer: impl Write + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            filled: Condvar::new(),
            written: Condvar::new(),
            user: thread::current(),
        });
        let theirs = Arc::clone(&shared);
        thread::Builder::new()
            .name("output".to_owned())
            .spawn(move || theirs.run(writer))?;
        Ok(Self(shared))
    }

    /// Returns how many bytes wait; none when they cannot be written any more.
    pub(crate) fn waiting(&self) -> usize {
        let state = self.0.lock();
        if state.has_failed {
            0
        } else {
            state.unwritten()
        }
    }

    /// Waits until everything is written, or cannot be, or until `end`. Returns whether it is.
    pub(crate) fn wait(&self, end: Instant) -> bool {
        let mut state = self.0.lock();
        while state.unwritten() > 0 && !state.has_failed {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.0.written.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        !state.has_failed
    }
}

impl Write for Background {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.0.lock();
        state.check()?;
        state.waiting.extend_from_slice(bytes);
        self.0.filled.notify_one();
        Ok(bytes.len())
    }

    /// Fails if earlier bytes could not be written; never blocks.
    fn flush(&mut self) -> io::Result<()> {
        self.0.lock().check()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread: writes everything, until that fails.
    fn run(&self, mut writer: impl Write) {
        loop {
            let mut state = self.lock();
            while state.waiting.is_empty() {
                let filled = self.filled.wait(state);
                state = filled.unwrap_or_else(PoisonError::into_inner);
            }
            let bytes = std::mem::take(&mut state.waiting);
            state.in_hand = bytes.len();
            drop(state);
            let done = writer.write_all(&bytes).and_then(|()| writer.flush());
            let mut state = self.lock();
            state.in_hand = 0;
            let failed = done.is_err();
            (state.failure, state.has_failed) = (done.err(), failed);
            drop(state);
            self.written.notify_all();
            self.user.unpark();
            if failed {
                return;
            }
        }
    }
}

impl State {
    fn unwritten(&self) -> usize {
        self.waiting.len().saturating_add(self.in_hand)
    }

    /// Returns why nothing can be written: the system's reason the first time.
    fn check(&mut self) -> io::Result<()> {
        match self.failure.take() {
            Some(failure) => Err(failure),
            None if self.has_failed => Err(io::ErrorKind::BrokenPipe.into()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
