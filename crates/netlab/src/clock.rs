//! The clock that every process in the laboratory shares.
//!
//! In:  `CLOCK_MONOTONIC`, the same in all namespaces.
//! Out: nanoseconds that two processes can compare.

use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};

/// Returns the time on the machine's monotonic clock.
pub fn monotonic() -> Duration {
    clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(Duration::ZERO, Duration::from)
}

/// Calls `done` every 10 ms until it returns true or `limit` has passed. Returns which.
pub fn wait_until(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    loop {
        if done() {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
