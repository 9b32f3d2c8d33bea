//! Changes of interfaces and addresses, as the operating system tells them.
//!
//! In:  netlink messages, routing messages or callbacks; the interface list.
//! Out: "something changed", once per change; a [`Damper`] that waits for changes to settle.
//!
//! A message that repeats what is known, as the lifetime updates of IPv6 addresses do with every
//! router advertisement, is no change.

use std::collections::BTreeSet;
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

/// Hears of changes to interfaces and addresses.
///
/// Wait until its descriptor is readable, or [`Watcher::recheck_interval`] has passed, then call
/// [`Watcher::drain`] or [`Watcher::recheck`].
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
    /// Starts to watch; when the operating system refuses its events, by listing now and then.
    ///
    /// # Errors
    /// When the interfaces cannot even be listed.
    pub fn new() -> io::Result<Self> {
        // Listen before looking, so that no change falls in between.
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

    /// Reads the events that wait, without waiting for any; tells whether something changed.
    pub fn drain(&mut self) -> bool {
        match &mut self.source {
            Source::Os(source) => source.drain(&mut self.known),
            Source::Poll(source) => source.drain(&mut self.known),
        }
    }

    /// Lists the interfaces again whatever events came; tells whether something changed.
    pub fn recheck(&mut self) -> bool {
        self.drain() | self.known.refresh()
    }

    /// Gives the interfaces as of the last change.
    pub fn interfaces(&self) -> &[Interface] {
        self.known.interfaces()
    }

    /// Gives the indexes of the interfaces that were gone or lost an address since the last call,
    /// though they may have it back by now.
    ///
    /// The system may have forgotten what such an interface was a member of: Linux does when the
    /// interface visits another namespace, or has an MTU too small for IPv6 for a moment.
    pub fn take_shaken(&mut self) -> BTreeSet<u32> {
        self.known.take_shaken()
    }

    /// Says how often to call [`Watcher::recheck`] at least: rarely as a net under the system's
    /// events, every few seconds where there are none.
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
