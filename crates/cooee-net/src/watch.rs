//! Changes of interfaces and addresses, as the operating system reports them.
//!
//! In:  netlink messages, routing messages or callbacks; the interface list.
//! Out: "something changed", once per change; a [`Damper`] that waits for changes to settle.
//!
//! A message without new information is no change. For example, each router advertisement updates
//! the lifetimes of IPv6 addresses.

use std::io;
use std::time::Duration;

use crate::interface::{Interface, interfaces};

mod damper;
mod known;
mod poll;

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
mod bsd;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
use bsd as os;
#[cfg(target_os = "linux")]
use linux as os;
#[cfg(target_os = "android")]
use poll as os;
#[cfg(windows)]
use windows as os;

pub use damper::Damper;
use known::Known;

/// Reports changes of interfaces and addresses.
///
/// Wait until its descriptor is readable, or until [`Watcher::recheck_interval`] has passed. Then
/// call [`Watcher::drain`] or [`Watcher::recheck`].
#[derive(Debug)]
pub struct Watcher {
    source: Source,
    known: Known,
}

#[derive(Debug)]
enum Source {
    Os(os::Events),
    Poll(poll::Polling),
}

impl Watcher {
    /// Starts to watch. If the operating system refuses its events, the watcher lists the
    /// interfaces now and then.
    ///
    /// # Errors
    /// Returns an error if the interfaces cannot even be listed.
    pub fn new() -> io::Result<Self> {
        // Subscribe before listing, so that no change falls in between.
        let source = match os::Events::open() {
            Ok(source) => Source::Os(source),
            Err(error) => {
                tracing::warn!(%error, "no interface events from the system; listing now and then");
                Source::Poll(poll::Polling::open()?)
            }
        };
        Ok(Self {
            source,
            known: Known::new(interfaces()?),
        })
    }

    /// Reads the waiting events without blocking. Returns whether something changed.
    pub fn drain(&mut self) -> bool {
        match &mut self.source {
            Source::Os(source) => source.drain(&mut self.known),
            Source::Poll(source) => source.drain(&mut self.known),
        }
    }

    /// Lists the interfaces again, even without events. Returns whether something changed.
    pub fn recheck(&mut self) -> bool {
        self.drain() | self.known.refresh()
    }

    /// Returns the interfaces as of the last change.
    pub fn interfaces(&self) -> &[Interface] {
        self.known.interfaces()
    }

    /// Returns the indexes of the interfaces that were gone or lost an address since the last call,
    /// even if they have it again.
    ///
    /// The system may have dropped the memberships of such an interface. Linux does so when the
    /// interface moves to another namespace, or has an MTU too small for IPv6 for a moment.
    pub fn take_interrupted(&mut self) -> Vec<u32> {
        self.known.take_interrupted()
    }

    /// Returns how often to call [`Watcher::recheck`] at least: rarely, as a safety net, where the
    /// system has events, and every few seconds where it has none.
    pub fn recheck_interval(&self) -> Duration {
        match &self.source {
            Source::Os(_) => os::RECHECK_INTERVAL,
            Source::Poll(_) => poll::RECHECK_INTERVAL,
        }
    }
}

#[cfg(unix)]
impl std::os::fd::AsFd for Watcher {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        match &self.source {
            Source::Os(source) => source.socket().as_fd(),
            Source::Poll(source) => source.socket().as_fd(),
        }
    }
}

#[cfg(unix)]
impl std::os::fd::AsRawFd for Watcher {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        use std::os::fd::AsFd;
        self.as_fd().as_raw_fd()
    }
}

#[cfg(windows)]
impl std::os::windows::io::AsSocket for Watcher {
    fn as_socket(&self) -> std::os::windows::io::BorrowedSocket<'_> {
        match &self.source {
            Source::Os(source) => source.socket().as_socket(),
            Source::Poll(source) => source.socket().as_socket(),
        }
    }
}

#[cfg(windows)]
impl std::os::windows::io::AsRawSocket for Watcher {
    fn as_raw_socket(&self) -> std::os::windows::io::RawSocket {
        use std::os::windows::io::AsSocket;
        self.as_socket().as_raw_socket()
    }
}

#[cfg(test)]
mod tests;
