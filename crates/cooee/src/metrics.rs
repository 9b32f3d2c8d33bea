//! Metrics: what the driver, its sockets and its queues have done.
//!
//! In:  counts made where things happen.
//! Out: [`Metrics`], a snapshot of plain numbers.

use cooee_proto::stats::Stats;

#[cfg(feature = "metrics")]
mod export;

/// A snapshot of what a driver has done since it started. All counters only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metrics {
    /// What the engine counts.
    pub engine: Stats,
    /// What the sockets did.
    pub sockets: SocketMetrics,
    /// What the consumers' queues did.
    pub queues: QueueMetrics,
    /// What the thread did.
    pub driver: DriverMetrics,
}

/// What the sockets did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SocketMetrics {
    /// Sockets open now.
    pub open: usize,
    /// Datagrams read.
    pub received: u64,
    /// Payload bytes read.
    pub received_bytes: u64,
    /// Datagrams that the kernel dropped because they were not read in time, if the system reports
    /// it.
    pub dropped_by_kernel: u64,
    /// Reads that failed.
    pub receive_errors: u64,
    /// Datagrams sent.
    pub sent: u64,
    /// Payload bytes sent.
    pub sent_bytes: u64,
    /// Datagrams that could not be sent.
    pub send_errors: u64,
    /// Attempts to open a socket that failed.
    pub open_errors: u64,
    /// Sockets opened again after a failure.
    pub reopened: u64,
}

/// What the consumers' queues did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueMetrics {
    /// Requests that run now.
    pub requests: usize,
    /// Events put into queues.
    pub queued: u64,
    /// Events that merged with an unread one.
    pub merged: u64,
    /// How often a queue was full.
    pub lagged: u64,
    /// How often a consumer was woken.
    pub wakes: u64,
}

/// What the driver's thread did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DriverMetrics {
    /// How often it woke up and worked.
    pub turns: u64,
    /// Turns that ended because their budget was used up, with more to read.
    pub turns_cut_short: u64,
    /// Deadlines that were due again at once: a fault of the engine, limited so that it does not
    /// use up the CPU.
    pub deadlines_repeated: u64,
    /// Commands taken from handles.
    pub commands: u64,
    /// Interface changes that were handled.
    pub interface_changes: u64,
    /// How often the machine was found to have slept.
    pub resumes: u64,
}

/// Adds to a counter, which stops at its maximum.
pub(crate) fn count(counter: &mut u64, more: u64) {
    *counter = counter.saturating_add(more);
}
