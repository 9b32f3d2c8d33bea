//! The clocks of Windows: the interrupt time with and without suspend.
//!
//! In:  `QueryInterruptTimePrecise` and `QueryUnbiasedInterruptTimePrecise`, looked up at the first
//!      use. Windows 10 has them. Wine 8 does not, and could not start a program that is linked to
//!      them.
//! Out: times. Without those functions, both are the performance counter's.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleA, GetProcAddress};

type Query = unsafe extern "system" fn(*mut u64);

pub(super) fn with_suspend() -> Duration {
    static QUERY: OnceLock<Option<Query>> = OnceLock::new();
    read(*QUERY.get_or_init(|| find(c"QueryInterruptTimePrecise")))
}

pub(super) fn without_suspend() -> Duration {
    static QUERY: OnceLock<Option<Query>> = OnceLock::new();
    read(*QUERY.get_or_init(|| find(c"QueryUnbiasedInterruptTimePrecise")))
}

fn read(query: Option<Query>) -> Duration {
    let Some(query) = query else { return counter() };
    let mut ticks = 0;
    // SAFETY: the pointer is to a u64 that lives through the call.
    unsafe { query(&mut ticks) };
    // Units of 100 nanoseconds.
    Duration::new(ticks / 10_000_000, (ticks % 10_000_000) as u32 * 100)
}

/// Returns the time since this was first called, one second ahead so that it is never zero.
fn counter() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed() + Duration::from_secs(1)
}

/// Finds a function that takes a pointer to a u64, as all functions named by the callers do.
fn find(name: &std::ffi::CStr) -> Option<Query> {
    // SAFETY: both strings end with a zero; kernelbase is loaded in every process and stays.
    let found = unsafe {
        let module = GetModuleHandleA(c"kernelbase.dll".as_ptr().cast());
        (!module.is_null())
            .then(|| GetProcAddress(module, name.as_ptr().cast()))
            .flatten()
    };
    // SAFETY: both functions that are looked up have this signature.
    found.map(|function| unsafe {
        std::mem::transmute::<unsafe extern "system" fn() -> isize, Query>(function)
    })
}
