//! Waiting on Linux: `epoll`, with an `eventfd` as the alarm.
//!
//! In:  descriptors, each with a key.
//! Out: the keys of the readable ones. A wait is one system call, and an alarm another.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub(super) use std::os::fd::{AsFd as RawSource, AsFd as Source};

/// An `epoll`, and the alarm that it always waits for.
#[derive(Debug)]
pub(super) struct Poller {
    epoll: OwnedFd,
    alarm: OwnedFd,
    /// The kernel (before 5.11, or in a sandbox) supports only waits in milliseconds.
    is_coarse: AtomicBool,
}

/// Memory for the result of one wait.
pub(super) struct Room([libc::epoll_event; EVENTS_MAX]);

impl Room {
    pub(super) fn new() -> Self {
        Self([libc::epoll_event { events: 0, u64: 0 }; EVENTS_MAX])
    }
}

impl Poller {
    pub(super) fn new() -> io::Result<Self> {
        // SAFETY: takes flags alone.
        let epoll = owned(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
        // SAFETY: takes a number and flags alone.
        let alarm = owned(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) })?;
        let poller = Self {
            epoll,
            alarm,
            is_coarse: AtomicBool::new(false),
        };
        // It is reported once each time it rings, so it need not be read.
        let interest = (libc::EPOLLIN | libc::EPOLLET) as u32;
        poller.control(
            libc::EPOLL_CTL_ADD,
            poller.alarm.as_raw_fd(),
            interest,
            ALARM_KEY,
        )?;
        Ok(poller)
    }

    /// Ends a wait, or the next one.
    pub(super) fn notify(&self) -> io::Result<()> {
        let one = 1_u64.to_ne_bytes();
        // SAFETY: the pointer and the length describe `one`, which the kernel only reads.
        let written =
            unsafe { libc::write(self.alarm.as_raw_fd(), one.as_ptr().cast(), one.len()) };
        if written == 8 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::WouldBlock {
            return Err(error);
        }
        // It has rung 2^64 - 2 times; start again.
        let mut count = [0; 8];
        // SAFETY: the pointer and the length describe `count`.
        unsafe {
            libc::read(
                self.alarm.as_raw_fd(),
                count.as_mut_ptr().cast(),
                count.len(),
            )
        };
        self.notify()
    }

    /// Adds a descriptor.
    ///
    /// # Safety
    /// It must be deleted before it is closed. Otherwise a key could be reported that no longer has
    /// a meaning.
    pub(super) unsafe fn add(&self, source: impl RawSource, key: usize) -> io::Result<()> {
        let fd = source.as_fd().as_raw_fd();
        self.control(libc::EPOLL_CTL_ADD, fd, libc::EPOLLIN as u32, key as u64)
    }

    /// Removes it.
    pub(super) fn delete(&self, source: impl Source) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_DEL, source.as_fd().as_raw_fd(), 0, 0)
    }

    /// Waits, and adds the keys of what is readable to `ready`.
    pub(super) fn wait(
        &self,
        room: &mut Room,
        timeout: Option<Duration>,
        ready: &mut Vec<usize>,
    ) -> io::Result<()> {
        let Room(events) = room;
        let count = if self.is_coarse.load(Ordering::Relaxed) {
            self.wait_millis(timeout, events)?
        } else {
            match self.wait_nanos(timeout, events) {
                Err(error) if is_unknown(&error) => {
                    self.is_coarse.store(true, Ordering::Relaxed);
                    self.wait_millis(timeout, events)?
                }
                counted => counted?,
            }
        };
        let keys = events.iter().take(count).map(|event| event.u64);
        ready.extend(
            keys.filter(|key| *key != ALARM_KEY)
                .filter_map(|key| usize::try_from(key).ok()),
        );
        Ok(())
    }

    fn wait_nanos(
        &self,
        timeout: Option<Duration>,
        events: &mut [libc::epoll_event; EVENTS_MAX],
    ) -> io::Result<usize> {
        let timeout = timeout.map(|timeout| KernelTimespec {
            seconds: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
            nanoseconds: i64::from(timeout.subsec_nanos()),
        });
        let timeout: *const KernelTimespec = timeout
            .as_ref()
            .map_or(std::ptr::null(), std::ptr::from_ref);
        // SAFETY: `events` has room for EVENTS_MAX events, `timeout` is null or points to what
        // lives through the call, and there is no signal mask.
        let count = unsafe {
            libc::syscall(
                libc::SYS_epoll_pwait2,
                self.epoll.as_raw_fd(),
                events.as_mut_ptr(),
                EVENTS_MAX as libc::c_int,
                timeout,
                std::ptr::null::<libc::sigset_t>(),
                0_usize,
            )
        };
        usize::try_from(count).map_err(|_| io::Error::last_os_error())
    }

    /// Like [`Self::wait_nanos`], in milliseconds; never returns too early.
    fn wait_millis(
        &self,
        timeout: Option<Duration>,
        events: &mut [libc::epoll_event; EVENTS_MAX],
    ) -> io::Result<usize> {
        let millis = timeout.map_or(-1, |timeout| {
            let millis = timeout.as_nanos().div_ceil(1_000_000);
            libc::c_int::try_from(millis).unwrap_or(libc::c_int::MAX)
        });
        // SAFETY: `events` has room for EVENTS_MAX events.
        let count = unsafe {
            libc::epoll_wait(
                self.epoll.as_raw_fd(),
                events.as_mut_ptr(),
                EVENTS_MAX as libc::c_int,
                millis,
            )
        };
        usize::try_from(count).map_err(|_| io::Error::last_os_error())
    }

    fn control(
        &self,
        operation: libc::c_int,
        fd: RawFd,
        interest: u32,
        key: u64,
    ) -> io::Result<()> {
        let mut event = libc::epoll_event {
            events: interest,
            u64: key,
        };
        // SAFETY: `event` lives through the call, and the kernel only reads it.
        let done =
            unsafe { libc::epoll_ctl(self.epoll.as_raw_fd(), operation, fd, &raw mut event) };
        if done == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }
}

/// `struct __kernel_timespec`: 64 bits each on every architecture.
#[repr(C)]
struct KernelTimespec {
    seconds: i64,
    nanoseconds: i64,
}

/// Neither the kernel nor the sandbox supports the call.
fn is_unknown(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EPERM))
}

fn owned(fd: RawFd) -> io::Result<OwnedFd> {
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just created it for us, and nobody else uses it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// How many readable descriptors one wait reports; the others come with the next.
const EVENTS_MAX: usize = 32;

/// The key of the alarm, which no source has.
const ALARM_KEY: u64 = u64::MAX;
