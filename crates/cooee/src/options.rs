//! Methods that requests have in common: one interface, a deadline, a blocking twin.
//!
//! In:  a request with the fields `interface` and `deadline`, as far as it has them.
//! Out: its methods, the same everywhere.

use std::time::Duration;

/// How long to wait for one answer: enough for three questions (at 0, 1 and 3 seconds).
pub(crate) const DEADLINE: Duration = Duration::from_secs(5);

/// Generates the methods that requests have in common.
macro_rules! options {
    ($name:ident { $($option:ident $(($($argument:tt)+))?),+ $(,)? }) => {
        impl $name {
            $($crate::options::options! { @$option $(($($argument)+))? })+
        }
    };
    (@interface) => {
        /// Limits the request to one interface in use, by name or index.
        pub fn interface(mut self, interface: impl Into<cooee_net::InterfaceSelector>) -> Self {
            self.interface = Some(interface.into());
            self
        }
    };
    (@deadline($($default:literal)+)) => {
        /// Sets how long to wait, from when it is awaited on.
        ///
        $(#[doc = $default])+
        pub fn deadline(mut self, deadline: std::time::Duration) -> Self {
            self.deadline = Some(deadline);
            self
        }
    };
    (@wait($output:ty)) => {
        /// Waits on this thread: the blocking twin of awaiting it.
        ///
        /// # Errors
        ///
        /// Returns the same errors as awaiting it.
        pub fn wait(self) -> $output {
            $crate::session::blocking::wait(std::future::IntoFuture::into_future(self))
        }
    };
}

pub(crate) use options;
