//! Withdrawing something registered: awaited, or waited for.
//!
//! In:  the guard of a service, a host or a record.
//! Out: the goodbyes that were sent (RFC 6762 section 10.1).

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use super::guard::Guard;
use crate::error::DriverError;
use crate::event::publication::Goodbyes;
use crate::options::options;

/// A withdrawal: await it. See [`Registered::unregister`](crate::Registered::unregister).
///
/// Dropping it withdraws as well, with best-effort goodbyes, and reports nothing. Awaiting it gives
/// an error if the driver has shut down; it has then sent goodbyes for everything.
#[must_use = "only awaiting it tells when the goodbyes are sent"]
pub struct Unregister {
    guard: Guard,
}

options! {
    Unregister {
        wait(Result<Goodbyes, DriverError>),
    }
}

impl Unregister {
    pub(super) fn new(guard: Guard) -> Self {
        Self { guard }
    }
}

impl IntoFuture for Unregister {
    type Output = Result<Goodbyes, DriverError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.guard.withdraw())
    }
}

impl fmt::Debug for Unregister {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unregister").finish_non_exhaustive()
    }
}
