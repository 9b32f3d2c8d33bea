//! Waiting for any of many sockets, an interface change, a wake-up from another thread, or time.
//!
//! In:  sockets and a watcher, each with a key.
//! Out: the keys of those that have something to read.
//!
//! What is waited on is owned by its guard, which stops waiting on it before closing it.

use std::collections::BTreeSet;
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
    /// Makes a waiter that waits for nothing yet.
    ///
    /// # Errors
    /// When the operating system gives no more descriptors.
    pub fn new() -> io::Result<Self> {
        let poller = Arc::new(Poller::new()?);
        Ok(Self {
            poller,
            room: Room::new(),
        })
    }

    /// Gives a handle by which another thread ends a wait.
    pub fn alarm(&self) -> Alarm {
        Alarm(Arc::clone(&self.poller))
    }

    /// Waits for a socket from now on, until the guard is dropped.
    ///
    /// # Errors
    /// What the operating system answers.
    pub fn watch_socket(
        &self,
        socket: MulticastSocket,
        key: usize,
    ) -> io::Result<Waited<MulticastSocket>> {
        Waited::new(Arc::clone(&self.poller), socket, key)
    }

    /// Waits for interface changes from now on, until the guard is dropped.
    ///
    /// # Errors
    /// What the operating system answers.
    pub fn watch_changes(&self, watcher: Watcher, key: usize) -> io::Result<Waited<Watcher>> {
        Waited::new(Arc::clone(&self.poller), watcher, key)
    }

    /// Waits until something is readable, an [`Alarm`] rings, or the time is over; then replaces
    /// what `ready` holds with the keys of what is readable.
    ///
    /// # Errors
    /// What the operating system answers; being interrupted by a signal is no error.
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

/// Ends a wait, or the next one if none is going on.
#[derive(Clone)]
pub struct Alarm(Arc<Poller>);

impl Alarm {
    /// Rings.
    ///
    /// # Errors
    /// What the operating system answers; that the alarm already rings is no error.
    pub fn ring(&self) -> io::Result<()> {
        self.0.notify()
    }
}

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Alarm")
    }
}

/// Something that is waited on; dropping it stops that and closes it.
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
        // SAFETY: the source is deleted from the poller in `Drop`, before it is closed; until
        // then the guard owns it and nobody can take it out: only `MulticastSocket` and `Watcher`
        // get here, and neither ever changes its descriptor.
        unsafe { poller.add(&source, key)? };
        Ok(Self { poller, source })
    }
}

impl Waited<Watcher> {
    /// Reads the events that wait; tells whether something changed.
    pub fn drain(&mut self) -> bool {
        self.source.drain()
    }

    /// Lists the interfaces again whatever events came; tells whether something changed.
    pub fn recheck(&mut self) -> bool {
        self.source.recheck()
    }

    /// Gives the interfaces that were gone or lost an address since the last call.
    pub fn take_shaken(&mut self) -> BTreeSet<u32> {
        self.source.take_shaken()
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
        // Fails only when the system has forgotten the descriptor by itself.
        let _ = self.poller.delete(&self.source);
    }
}

#[cfg(test)]
mod tests;
