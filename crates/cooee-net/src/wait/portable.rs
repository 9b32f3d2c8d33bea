//! Waiting with the crate `polling`: kqueue on BSD and macOS, IOCP on Windows.
//!
//! In:  sockets, each with a key.
//! Out: the keys of the readable ones.

use std::io;
use std::time::Duration;

use polling::{Event, Events, PollMode};

pub(super) use polling::{AsRawSource as RawSource, AsSource as Source};

/// The system's mechanism for waiting on many sockets.
#[derive(Debug)]
pub(super) struct Poller(polling::Poller);

/// Memory for the result of one wait.
pub(super) struct Room(Events);

impl Room {
    pub(super) fn new() -> Self {
        Self(Events::new())
    }
}

impl Poller {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self(polling::Poller::new()?))
    }

    /// Ends a wait, or the next one.
    pub(super) fn notify(&self) -> io::Result<()> {
        self.0.notify()
    }

    /// Adds a socket.
    ///
    /// # Safety
    /// It must be deleted before it is closed.
    pub(super) unsafe fn add(&self, source: impl RawSource, key: usize) -> io::Result<()> {
        let interest = Event::readable(key);
        // SAFETY: guaranteed by the caller.
        unsafe { self.0.add_with_mode(source, interest, PollMode::Level) }
    }

    /// Removes it.
    pub(super) fn delete(&self, source: impl Source) -> io::Result<()> {
        self.0.delete(source)
    }

    /// Waits, and adds the keys of what is readable to `ready`.
    pub(super) fn wait(
        &self,
        room: &mut Room,
        timeout: Option<Duration>,
        ready: &mut Vec<usize>,
    ) -> io::Result<()> {
        room.0.clear();
        self.0.wait(&mut room.0, timeout)?;
        ready.extend(room.0.iter().map(|event| event.key));
        Ok(())
    }
}
