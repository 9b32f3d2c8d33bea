//! The handle: users hold, clone and drop it.
//!
//! In:  calls from any thread.
//! Out: commands to the driver, which lives as long as a handle or a stream does.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::command::Command;
use super::shared::Shared;

/// A handle to a Multicast DNS driver: one thread with its sockets and its cache.
///
/// Handles are cheap to clone and can be used from any thread. The driver ends, and its sockets are
/// closed, when the last handle and the last stream are dropped, or by [`Mdns::shutdown`]. Dropping
/// the last one waits for that: usually some milliseconds, at most half a second.
#[derive(Clone)]
pub struct Mdns(Arc<Handle>);

impl Mdns {
    pub(crate) fn from_shared(shared: Arc<Shared>) -> Self {
        Self(Arc::new(Handle { shared }))
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0.shared
    }
}

impl fmt::Debug for Mdns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mdns")
            .field("stopped", &self.shared().stopped.is_set())
            .finish()
    }
}

/// Shared by all clones of a handle; dropping the last one ends the driver.
struct Handle {
    shared: Arc<Shared>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        if self.shared.send(Command::Shutdown).is_ok() && !self.shared.is_own_thread() {
            // Makes sure that sockets and thread are gone when the handle is. Usually takes less
            // than a millisecond.
            self.shared.stopped.wait(CLOSE_WAIT_MAX);
        }
    }
}

/// How long dropping the last handle waits for the driver to close its sockets.
const CLOSE_WAIT_MAX: Duration = Duration::from_millis(500);
