//! Reading the clocks of Unix systems.
//!
//! In:  nothing.
//! Out: the time with and without sleep, and on Linux the time of the wall clock.

use std::time::Duration;

#[cfg(any(target_os = "linux", target_os = "android"))]
const CLOCKS: (libc::clockid_t, libc::clockid_t) = (libc::CLOCK_BOOTTIME, libc::CLOCK_MONOTONIC);
// The first equals mach_continuous_time, the second mach_absolute_time.
#[cfg(target_vendor = "apple")]
const CLOCKS: (libc::clockid_t, libc::clockid_t) =
    (libc::CLOCK_MONOTONIC_RAW, libc::CLOCK_UPTIME_RAW);
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
const CLOCKS: (libc::clockid_t, libc::clockid_t) = (libc::CLOCK_MONOTONIC, libc::CLOCK_MONOTONIC);

pub(super) fn with_suspend() -> Duration {
    read(CLOCKS.0)
}

pub(super) fn without_suspend() -> Duration {
    read(CLOCKS.1)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn wall() -> Duration {
    read(libc::CLOCK_REALTIME)
}

fn read(clock: libc::clockid_t) -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is to a timespec that lives through the call.
    let result = unsafe { libc::clock_gettime(clock, &mut time) };
    debug_assert_eq!(result, 0, "the clocks named above exist on this system");
    Duration::new(
        time.tv_sec.try_into().unwrap_or(0),
        time.tv_nsec.try_into().unwrap_or(0),
    )
}
