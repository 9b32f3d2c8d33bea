//! Waits for any of many sockets, an interface change, a wake-up from another thread, or a timeout.
//!
//! In:  sockets and a watcher, each with a key.
//! Out: the keys of those that have something to read.
//!
//! A guard owns each source, and stops waiting on it before closing it.

use std::fmt;
use std::io;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod portable;

#[cfg(any(target_os = "linux", target_os = "android"))]
use linux as os;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
use portable as os;

use crate::socket::MulticastSocket;
use crate::watch::Watcher;
use os::{Poller, RawSource, Room, Source};

/// Waits for sockets to become readable.
pub struct Waiter {
    poller: Arc<Poller>,
    room: Room,
}

impl Waiter {
    /// Creates a waiter without sources.
    ///
    /// # Errors
    /// Returns an error if the operating system has no more descriptors.
    pub fn new() -> io::Result<Self> {
        let poller = Arc::new(Poller::new()?);
        Ok(Self {
            poller,
            room: Room::new(),
        })
    }

    /// Returns a handle with which another thread can end a wait.
    pub fn alarm(&self) -> Alarm {
        Alarm(Arc::clone(&self.poller))
    }

    /// Adds a socket, until the guard is dropped.
    ///
    /// # Errors
    /// Returns the operating system's error.
    pub fn watch_socket(
        &self,
        socket: MulticastSocket,
        key: usize,
    ) -> io::Result<Waited<MulticastSocket>> {
        Waited::new(Arc::clone(&self.poller), socket, key)
    }

    /// Adds interface changes, until the guard is dropped.
    ///
    /// # Errors
    /// Returns the operating system's error.
    pub fn watch_changes(&self, watcher: Watcher, key: usize) -> io::Result<Waited<Watcher>> {
        Waited::new(Arc::clone(&self.poller), watcher, key)
    }

    /// Waits until something is readable, an [`Alarm`] rings, or the timeout expires. Then replaces
    /// the contents of `ready` with the keys of the readable sources.
    ///
    /// # Errors
    /// Returns the operating system's error. An interruption by a signal is no error.
    pub fn wait(&mut self, timeout: Option<Duration>, ready: &mut Vec<usize>) -> io::Result<()> {
        ready.clear();
        match self.poller.wait(&mut self.room, timeout, ready) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

impl fmt::Debug for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiter").finish_non_exhaustive()
    }
}

/// Ends a wait, or the next one if no thread waits.
#[derive(Clone)]
pub struct Alarm(Arc<Poller>);

impl Alarm {
    /// Ends the wait.
    ///
    /// # Errors
    /// Returns the operating system's error. An alarm that already rings is no error.
    pub fn ring(&self) -> io::Result<()> {
        self.0.notify()
    }
}

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Alarm")
    }
}

/// A source that is waited on. Dropping it ends that, and closes the source.
#[derive(Debug)]
pub struct Waited<T: Source> {
    poller: Arc<Poller>,
    source: T,
}

impl<T: Source> Waited<T>
where
    for<'a> &'a T: RawSource,
{
    fn new(poller: Arc<Poller>, source: T, key: usize) -> io::Result<Self> {
        // SAFETY: the source is deleted from the poller in `Drop`, before it is closed. Until then
        // the guard owns it and nobody can take it out: only `MulticastSocket` and `Watcher` are
        // used here, and neither ever changes its descriptor.
        unsafe { poller.add(&source, key)? };
        Ok(Self { poller, source })
    }
}

impl Waited<Watcher> {
    /// Reads the waiting events. Returns whether something changed.
    pub fn drain(&mut self) -> bool {
        self.source.drain()
    }

    /// Lists the interfaces again, even without events. Returns whether something changed.
    pub fn recheck(&mut self) -> bool {
        self.source.recheck()
    }

    /// Returns the interfaces that were gone or lost an address since the last call.
    pub fn take_interrupted(&mut self) -> Vec<u32> {
        self.source.take_interrupted()
    }
}

impl<T: Source> Deref for Waited<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.source
    }
}

impl<T: Source> Drop for Waited<T> {
    fn drop(&mut self) {
        // Fails only if the system has already forgotten the descriptor.
        let _ = self.poller.delete(&self.source);
    }
}

#[cfg(test)]
mod tests;
