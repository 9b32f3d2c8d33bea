//! Work beside other work.
//!
//! In:  a future.
//! Out: a [`Task`]; dropping it ends the work.

use tokio::task::JoinHandle;

/// A task that ends when this is dropped.
pub(crate) struct Task(JoinHandle<()>);

impl Task {
    /// Starts a task. Must run in a `LocalSet`.
    pub(crate) fn spawn(work: impl Future<Output = ()> + 'static) -> Self {
        Self(tokio::task::spawn_local(work))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
