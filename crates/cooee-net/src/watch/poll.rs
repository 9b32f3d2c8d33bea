//! Watching without events: lists the interfaces every few seconds and compares.
//!
//! In:  the interface list. Out: whether it differs from the one before.

use std::io;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use super::Known;

/// A source that is never readable; only time passes. It exists so that there is something to wait
/// on.
#[derive(Debug)]
pub(super) struct Polling {
    socket: Socket,
}

impl Polling {
    pub(super) fn open() -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)
            .or_else(|_| Socket::new(Domain::IPV6, Type::DGRAM, None))?;
        Ok(Self { socket })
    }

    pub(super) fn socket(&self) -> &Socket {
        &self.socket
    }

    pub(super) fn drain(&mut self, known: &mut Known) -> bool {
        known.refresh()
    }
}

/// How long a user who plugs in a cable is willing to wait.
pub(super) const RECHECK_INTERVAL: Duration = Duration::from_secs(5);
